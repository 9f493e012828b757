//! The socket in a run directory: where it is, who may use it, and whether one that is there still lives.

use std::fs::{self, Permissions};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, open};
use rustix::net::sockopt::socket_peercred;
use rustix::process::geteuid;

/// The socket's name in a run directory.
pub const SOCKET: &str = "socket";
/// The longest path that a socket's address surely holds.
const LONGEST: usize = 100;

/// What is wrong with a socket. Each says all there is to say: it has no source.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{}: another process listens there", .0.display())]
    InUse(PathBuf),
    #[error("{}: is no socket: move it away", .0.display())]
    NoSocket(PathBuf),
    #[error("{}: is not yours", .0.display())]
    Foreign(PathBuf),
    #[error("{}: {why}", path.display())]
    System { path: PathBuf, why: io::Error },
}

/// Listens in `dir`, for this user alone. A socket that a dead process left there is replaced.
///
/// # Errors
/// There is something else, or a living process's, or the system refuses.
pub fn listen(dir: &Path) -> Result<UnixListener, Error> {
    listen_as(dir, SOCKET)
}

/// As [`listen`], with another name in `dir`.
fn listen_as(dir: &Path, name: &str) -> Result<UnixListener, Error> {
    let path = dir.join(name);
    let fail = |why| Error::System { path: path.clone(), why };
    match fs::symlink_metadata(&path) {
        Ok(meta) if !meta.file_type().is_socket() => return Err(Error::NoSocket(path)),
        Ok(meta) if meta.uid() != geteuid().as_raw() => return Err(Error::Foreign(path)),
        Ok(_) if dial(dir, name).is_ok() => return Err(Error::InUse(path)),
        _ => {}
    }
    // Its name until others may see it.
    let hidden = format!(".{name}.new");
    let new = dir.join(&hidden);
    match fs::remove_file(&new) {
        Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(fail(why)),
        _ => {}
    }
    let (address, _held) = address(dir, &hidden).map_err(fail)?;
    let listener = UnixListener::bind(address).map_err(fail)?;
    // Nobody connects by a name that is not known yet.
    let shown = fs::set_permissions(&new, Permissions::from_mode(0o600)).and_then(|()| fs::rename(&new, &path));
    shown.map_err(fail)?;
    Ok(listener)
}

/// A socket at a path of a person's choice, for this user alone; taken away when dropped.
#[derive(Debug)]
pub struct Place {
    pub listener: UnixListener,
    path: PathBuf,
    /// Which file it is: another's that stands there by then is left alone.
    file: Option<(u64, u64)>,
}

impl Place {
    /// Listens there, as [`listen`] does in a directory.
    ///
    /// # Errors
    /// Those of [`listen`].
    pub fn take(path: &Path) -> Result<Place, Error> {
        let fail = |why| Error::System { path: path.to_owned(), why };
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| fail(io::Error::other("its last part is no file's name")))?;
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // An absolute path means the same file whatever becomes of the working directory.
        let dir = parent.canonicalize().map_err(fail)?;
        let listener = listen_as(&dir, name)?;
        let path = dir.join(name);
        let file = which(&path);
        Ok(Place { listener, path, file })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.file.is_some() && which(&self.path) == self.file {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn which(path: &Path) -> Option<(u64, u64)> {
    fs::symlink_metadata(path).ok().map(|meta| (meta.dev(), meta.ino()))
}

/// Connects to the socket in `dir`, if it is one of this user's. Follows no link there.
///
/// # Errors
/// There is none, it is somebody else's, or nobody listens.
pub fn connect(dir: &Path) -> Result<UnixStream, Error> {
    let path = dir.join(SOCKET);
    let fail = |why| Error::System { path: path.clone(), why };
    let meta = fs::symlink_metadata(&path).map_err(fail)?;
    if !meta.file_type().is_socket() {
        return Err(Error::NoSocket(path));
    }
    if meta.uid() != geteuid().as_raw() {
        return Err(Error::Foreign(path));
    }
    let stream = dial(dir, SOCKET).map_err(fail)?;
    if is_ours(&stream) { Ok(stream) } else { Err(Error::Foreign(path)) }
}

/// Whether the other end of a connection is a process of this user.
pub fn is_ours(stream: &UnixStream) -> bool {
    socket_peercred(stream).is_ok_and(|peer| peer.uid == geteuid())
}

fn dial(dir: &Path, name: &str) -> io::Result<UnixStream> {
    let (address, _held) = address(dir, name)?;
    UnixStream::connect(address)
}

/// A path to the socket that fits an address: a long one leads through the open directory, which must be held.
fn address(dir: &Path, name: &str) -> io::Result<(PathBuf, Option<OwnedFd>)> {
    let plain = dir.join(name);
    if plain.as_os_str().len() <= LONGEST {
        return Ok((plain, None));
    }
    let held = open(dir, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let through = format!("/proc/self/fd/{}/{name}", held.as_fd().as_raw_fd());
    Ok((PathBuf::from(through), Some(held)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_socket_is_replaced_and_a_living_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let first = listen(dir.path()).unwrap();
        assert_eq!(fs::metadata(dir.path().join(SOCKET)).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(matches!(listen(dir.path()), Err(Error::InUse(_))));
        drop(first);
        let error = connect(dir.path()).unwrap_err().to_string();
        assert!(error.contains("socket"), "{error}");
        let _second = listen(dir.path()).unwrap();
        connect(dir.path()).unwrap();
    }

    #[test]
    fn what_is_no_socket_is_neither_replaced_nor_used() {
        let dir = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let _listener = listen(elsewhere.path()).unwrap();
        let path = dir.path().join(SOCKET);
        std::os::unix::fs::symlink(elsewhere.path().join(SOCKET), &path).unwrap();
        assert!(matches!(connect(dir.path()), Err(Error::NoSocket(_))));
        assert!(matches!(listen(dir.path()), Err(Error::NoSocket(_))));
        fs::remove_file(&path).unwrap();
        fs::write(&path, "mine").unwrap();
        assert!(matches!(listen(dir.path()), Err(Error::NoSocket(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    }

    #[test]
    fn a_path_may_be_longer_than_an_address() {
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("d".repeat(120));
        fs::create_dir(&deep).unwrap();
        let listener = listen(&deep).unwrap();
        let stream = connect(&deep).unwrap();
        assert!(is_ours(&stream) && is_ours(&listener.accept().unwrap().0));
    }
}
