//! Reading files that a person or a run names.

use std::ffi::OsString;
use std::fmt;
use std::fs::{File, FileType, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;
use std::time::SystemTime;

use rustix::fs::{CWD, Mode, OFlags, fcntl_getfl, fcntl_setfl, openat};

/// A plain file, open for reading. Links that lead to it are followed: whoever names it may have linked it.
///
/// # Errors
/// It cannot be opened, or is a directory, a named pipe, a socket or a device.
pub fn open(path: &Path) -> io::Result<File> {
    // Without waiting: opening a named pipe would wait for whoever writes to it, for ever if nobody does.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = File::from(openat(CWD, path, flags, Mode::empty())?);
    check_plain(&file.metadata()?)?;
    let flags = fcntl_getfl(&file)?;
    fcntl_setfl(&file, flags - OFlags::NONBLOCK)?;
    Ok(file)
}

/// Whether a file is a plain one, else what it is.
///
/// # Errors
/// It is a directory, a named pipe, a socket or a device.
pub(crate) fn check_plain(meta: &Metadata) -> io::Result<()> {
    let kind = meta.file_type();
    let what = match () {
        () if kind.is_file() => return Ok(()),
        () if kind.is_dir() => return Err(io::Error::new(io::ErrorKind::IsADirectory, "is a directory, not a file")),
        () if kind.is_fifo() => "a named pipe",
        () if kind.is_socket() => "a socket",
        () if kind.is_symlink() => "a symbolic link",
        () => "a device",
    };
    Err(io::Error::new(io::ErrorKind::InvalidInput, format!("is {what}; only a plain file will do")))
}

/// All that a plain file holds, of `most` bytes at most.
///
/// # Errors
/// Those of [`open`]; it holds more.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let too_large = || io::Error::new(io::ErrorKind::FileTooLarge, format!("is larger than {most} bytes"));
    // A file may grow while it is read, and some say that they hold nothing.
    if file.metadata()?.len() > most {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most { Err(too_large()) } else { Ok(bytes) }
}

/// The same as text.
///
/// # Errors
/// Those of [`read`]; it is not UTF-8.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read(path, most)?).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "is not UTF-8"))
}

/// When what is there was last changed, as far as the system knows; links are followed.
pub fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|meta| meta.modified()).ok()
}

/// The type of the file that is there, if any; links are followed.
///
/// # Errors
/// The system does not say.
pub fn kind(path: &Path) -> io::Result<Option<FileType>> {
    match std::fs::metadata(path) {
        Ok(meta) => Ok(Some(meta.file_type())),
        Err(why) if matches!(why.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(why) => Err(why),
    }
}

/// An entry of a directory.
#[derive(Debug)]
pub struct Entry {
    pub name: OsString,
    /// The identity of the directory, if it is one or a link to one.
    pub folder: Option<Identity>,
}

/// The identity of a file or directory: the same whatever path leads to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Identity(u64, u64);

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{:x}", self.0, self.1)
    }
}

/// The identity of the file or directory; links are followed.
///
/// # Errors
/// The system does not say.
pub fn identity(path: &Path) -> io::Result<Identity> {
    std::fs::metadata(path).map(|meta| Identity(meta.dev(), meta.ino()))
}

/// The stamp of a file, which changes when it is written or exchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub identity: Identity,
    /// Bytes.
    pub length: u64,
    pub modified: Option<SystemTime>,
}

/// The stamp of what is there; links are followed.
///
/// # Errors
/// The system does not say.
pub fn stamp(path: &Path) -> io::Result<Stamp> {
    let meta = std::fs::metadata(path)?;
    let identity = Identity(meta.dev(), meta.ino());
    Ok(Stamp { identity, length: meta.len(), modified: meta.modified().ok() })
}

/// The first bytes of a plain file, of which there may be fewer than `most`.
///
/// # Errors
/// Those of [`open`].
pub fn beginning(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(most as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The entries of a directory, in the order of the names.
///
/// # Errors
/// It cannot be read.
pub fn entries(path: &Path) -> io::Result<Vec<Entry>> {
    let entry = |entry: io::Result<std::fs::DirEntry>| {
        let entry = entry?;
        let kind = entry.file_type()?;
        // Only links need a second look; one that leads nowhere is a file that cannot be read.
        let is_folder = kind.is_dir() || kind.is_symlink() && entry.path().is_dir();
        let folder = if is_folder { identity(&entry.path()).ok() } else { None };
        Ok(Entry { name: entry.file_name(), folder })
    };
    let mut entries = std::fs::read_dir(path)?.map(entry).collect::<io::Result<Vec<Entry>>>()?;
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

/// Whether there is a directory, or a link to one.
pub fn is_directory(path: &Path) -> bool {
    path.is_dir()
}

/// Whether there is a plain file, or a link to one.
pub fn is_file(path: &Path) -> bool {
    path.is_file()
}
