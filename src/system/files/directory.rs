//! A directory by its descriptor: what happens in it happens there, whatever becomes of its path.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, CWD, Dir, FileType, Mode, OFlags, chmodat, fsync, mkdirat, openat, renameat, statat, unlinkat,
};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::PARTIAL;
use super::read::check_plain;

/// The mode of a new file, whose readers are for the person's umask to say; a new directory is private.
const USUAL: Mode = Mode::from_raw_mode(0o666);
const PRIVATE: Mode = Mode::from_raw_mode(0o700);

/// An entry of a directory: its identity and its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    device: u64,
    inode: u64,
    pub is_socket: bool,
    /// Whether this user owns it.
    pub is_own: bool,
}

/// An open directory.
#[derive(Debug)]
pub struct Directory {
    descriptor: OwnedFd,
    path: PathBuf,
}

impl Directory {
    /// The directory that a person named; links to it are followed.
    ///
    /// # Errors
    /// It is not there, no directory, or cannot be opened.
    pub fn open(path: &Path) -> io::Result<Directory> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Directory { descriptor: openat(CWD, path, flags, Mode::empty())?, path: path.to_owned() })
    }

    /// The path of a file in it, to be shown.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path.join(name)
    }

    /// Whether this user owns it.
    ///
    /// # Errors
    /// The system does not say.
    pub fn is_own(&self) -> io::Result<bool> {
        Ok(rustix::fs::fstat(&self.descriptor)?.st_uid == geteuid().as_raw())
    }

    /// Whether this user owns it and nobody else may look into it or change it.
    ///
    /// # Errors
    /// The system does not say.
    pub fn is_private(&self) -> io::Result<bool> {
        let stat = rustix::fs::fstat(&self.descriptor)?;
        Ok(stat.st_uid == geteuid().as_raw() && stat.st_mode & 0o077 == 0)
    }

    /// A directory in it, which must be one itself and no link.
    ///
    /// # Errors
    /// It is not there, a link or something else, or cannot be opened.
    pub fn folder(&self, name: impl AsRef<Path>) -> io::Result<Directory> {
        let (name, flags) = (name.as_ref(), OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC);
        match openat(&self.descriptor, name, flags, Mode::empty()) {
            Ok(descriptor) => Ok(Directory { descriptor, path: self.path(name) }),
            Err(Errno::NOTDIR | Errno::LOOP) => {
                let why = "is a link or a file; only a directory will do: take it away";
                Err(io::Error::new(io::ErrorKind::NotADirectory, why))
            }
            Err(why) => Err(why.into()),
        }
    }

    /// The same, made if it is not there.
    ///
    /// # Errors
    /// As [`Directory::folder`]; it cannot be made.
    pub fn make_folder(&self, name: &str) -> io::Result<Directory> {
        match mkdirat(&self.descriptor, name, PRIVATE) {
            Ok(()) => {
                self.sync()?;
                self.folder(name)
            }
            Err(Errno::EXIST) => self.folder(name),
            Err(why) => Err(why.into()),
        }
    }

    /// A new file for writing.
    ///
    /// # Errors
    /// There is something of this name, even a link that leads nowhere; or it cannot be made.
    pub fn create(&self, name: &Path) -> io::Result<File> {
        let flags =
            OFlags::WRONLY | OFlags::APPEND | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(File::from(openat(&self.descriptor, name, flags, USUAL)?))
    }

    /// A file to add to and to read, made if there is none.
    ///
    /// # Errors
    /// The entry is a link, no plain file, of another user, or has a second name; or it cannot be opened.
    pub fn append(&self, name: &Path) -> io::Result<File> {
        self.reopen(name, OFlags::CREATE)
    }

    /// A file that is there, to add to and to read.
    ///
    /// # Errors
    /// It is not there, and those of [`Directory::append`].
    pub fn append_existing(&self, name: &Path) -> io::Result<File> {
        self.reopen(name, OFlags::empty())
    }

    /// Whether a file that is there could be added to; nothing is changed.
    ///
    /// # Errors
    /// Those of [`Directory::append_existing`].
    pub fn check_own(&self, name: &Path) -> io::Result<()> {
        self.append_existing(name).map(drop)
    }

    fn reopen(&self, name: &Path, more: OFlags) -> io::Result<File> {
        let flags =
            OFlags::RDWR | OFlags::APPEND | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = match openat(&self.descriptor, name, flags | more, USUAL) {
            Err(Errno::LOOP) => {
                return Err(refused("is a symbolic link; take it away: nothing is written through links"));
            }
            file => File::from(file?),
        };
        let meta = file.metadata()?;
        check_plain(&meta)?;
        if meta.uid() != geteuid().as_raw() {
            return Err(refused("belongs to another user; copy the directory to go on with a copy"));
        }
        if meta.nlink() > 1 {
            return Err(refused(
                "has a second name elsewhere (a hard link), where it would be changed too; copy the directory to go on with a copy",
            ));
        }
        Ok(file)
    }

    /// A file with this content in place of what was there, whole or not at all, on the disk before it has the name. A
    /// link of that name is replaced, not followed.
    ///
    /// # Errors
    /// It cannot be written; then what was there is as it was.
    pub fn replace(&self, name: &Path, content: &[u8]) -> io::Result<()> {
        self.replace_with(name, |file| file.write_all(content))
    }

    /// The same with what `write` writes.
    ///
    /// # Errors
    /// As [`Directory::replace`], and those of `write`.
    pub fn replace_with(&self, name: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
        let partial = name.with_extension(PARTIAL);
        // What an earlier process left of it, or somebody's link.
        self.remove(&partial)
            .map_err(|why| io::Error::new(why.kind(), format!("{} is in the way: {why}", partial.display())))?;
        let written = self.create(&partial).and_then(|mut file| {
            write(&mut file)?;
            file.sync_all()
        });
        written.and_then(|()| self.rename(&partial, name)).and_then(|()| self.sync()).inspect_err(|_| {
            // It is half of something, or nothing.
            let _ = self.remove(&partial);
        })
    }

    /// Gives a file in it another name, in place of what has that name.
    ///
    /// # Errors
    /// The system refuses.
    pub fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        Ok(renameat(&self.descriptor, from, &self.descriptor, to)?)
    }

    /// Takes a name away, if it is there: of a link the link.
    ///
    /// # Errors
    /// It is a directory, or the system refuses.
    pub fn remove(&self, name: &Path) -> io::Result<()> {
        match unlinkat(&self.descriptor, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(why) => Err(why.into()),
        }
    }

    /// Takes an empty directory in it away.
    ///
    /// # Errors
    /// It is not empty, no directory itself, or the system refuses.
    pub fn remove_empty(&self, name: &Path) -> io::Result<()> {
        Ok(unlinkat(&self.descriptor, name, AtFlags::REMOVEDIR)?)
    }

    /// The bytes of a plain file in it, 0 of a link; none where that name has something else, or nothing.
    pub fn length(&self, name: &Path) -> Option<u64> {
        let stat = statat(&self.descriptor, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => Some(stat.st_size.unsigned_abs()),
            FileType::Symlink => Some(0),
            _ => None,
        }
    }

    /// The entry of this name, if there is one; of a link the link.
    ///
    /// # Errors
    /// The system does not say.
    pub fn mark(&self, name: &Path) -> io::Result<Option<Mark>> {
        let stat = match statat(&self.descriptor, name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => return Ok(None),
            stat => stat?,
        };
        let is_socket = FileType::from_raw_mode(stat.st_mode) == FileType::Socket;
        let is_own = stat.st_uid == geteuid().as_raw();
        Ok(Some(Mark { device: stat.st_dev, inode: stat.st_ino, is_socket, is_own }))
    }

    /// Lets nobody but its owner use a socket in it.
    ///
    /// # Errors
    /// The entry of this name is no socket, or the system refuses.
    pub fn protect_socket(&self, name: &Path) -> io::Result<()> {
        let held = openat(&self.descriptor, name, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
        if FileType::from_raw_mode(rustix::fs::fstat(&held)?.st_mode) != FileType::Socket {
            return Err(refused("is not a socket"));
        }
        // By its descriptor: a name could have become a link meanwhile.
        Ok(chmodat(CWD, format!("/proc/self/fd/{}", held.as_raw_fd()), Mode::from_raw_mode(0o600), AtFlags::empty())?)
    }

    /// Whether something has this name, be it a link that leads nowhere.
    pub fn has(&self, name: &Path) -> bool {
        statat(&self.descriptor, name, AtFlags::SYMLINK_NOFOLLOW).is_ok()
    }

    /// Waits until the names in it are on the disk.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn sync(&self) -> io::Result<()> {
        Ok(fsync(&self.descriptor)?)
    }

    /// The names in it, in no order.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn names(&self) -> io::Result<Vec<PathBuf>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.descriptor)? {
            let name = entry?.file_name().to_bytes().to_owned();
            if name != b"." && name != b".." {
                names.push(PathBuf::from(OsString::from_vec(name)));
            }
        }
        Ok(names)
    }
}

impl AsFd for Directory {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

fn refused(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why)
}
