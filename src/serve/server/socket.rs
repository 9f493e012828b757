//! The socket in a run directory: where it is, who may use it, and whether one that is there still lives.

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::net::sockopt::socket_peercred;
use rustix::process::geteuid;

use super::elsewhere;
use crate::system::files::{self, Directory, Mark};

/// The socket's name in a run directory.
pub const SOCKET: &str = crate::run::SOCKET_FILE;
/// The longest path that a socket's address surely holds.
const LONGEST: usize = 100;

/// A problem with a socket. Each says all there is to say: it has no source.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{}: another process listens there", .0.display())]
    InUse(PathBuf),
    #[error("{}: is not a socket: move it away", .0.display())]
    NoSocket(PathBuf),
    #[error("{}: is not yours", .0.display())]
    Foreign(PathBuf),
    #[error("{}: {why}", path.display())]
    System { path: PathBuf, why: io::Error },
    /// Neither in the run directory nor where sockets of a user are usually.
    #[error("no socket can be made: {}", .0.join("; "))]
    Nowhere(Vec<String>),
    /// The run's socket lies outside its directory, and not on this machine.
    #[error("it listens on the machine {host}: attach to it there")]
    OtherHost { host: String },
}

/// Where a run listens.
#[derive(Debug)]
pub struct Bound {
    pub listener: UnixListener,
    /// The socket's path.
    pub path: PathBuf,
    /// The file in the run directory that points to it, where it lies elsewhere.
    pub sign: Option<PathBuf>,
}

/// Listens for the run in `dir`: there, or where that directory can have no socket in a private one of this user, to
/// which a file in `dir` then points.
///
/// # Errors
/// Another process listens there, or no place can have a socket.
pub fn listen_for(dir: &Path) -> Result<Bound, Error> {
    match listen(dir) {
        Ok(listener) => Ok(Bound { listener, path: dir.join(SOCKET), sign: None }),
        Err(Error::System { path, why }) => {
            elsewhere::listen(dir, &elsewhere::places(), format!("{}: {why}", path.display()))
        }
        Err(other) => Err(other),
    }
}

/// Listens in `dir`, for this user alone. A socket that a dead process left there is replaced.
///
/// # Errors
/// There is something else, or a living process's, or the system refuses.
pub fn listen(dir: &Path) -> Result<UnixListener, Error> {
    listen_as(dir, SOCKET)
}

/// As [`listen`], with another name in `dir`.
pub(super) fn listen_as(dir: &Path, name: &str) -> Result<UnixListener, Error> {
    let path = dir.join(name);
    let fail = |why| Error::System { path: path.clone(), why };
    let directory = Directory::open(dir).map_err(fail)?;
    match directory.mark(Path::new(name)).map_err(fail)? {
        Some(mark) if !mark.is_socket => return Err(Error::NoSocket(path)),
        Some(mark) if !mark.is_own => return Err(Error::Foreign(path)),
        Some(_) if dial(&directory, name).is_ok() => return Err(Error::InUse(path)),
        _ => {}
    }
    // Its name until others may see it.
    let hidden = format!(".{name}.new");
    let new = Path::new(&hidden);
    directory.remove(new).map_err(fail)?;
    let listener = UnixListener::bind(address(&directory, &hidden)).map_err(fail)?;
    // Nobody connects by a name that is not known yet.
    directory.protect_socket(new).and_then(|()| directory.rename(new, Path::new(name))).map_err(fail)?;
    Ok(listener)
}

/// A socket at a path of a person's choice, for this user alone; taken away when dropped.
#[derive(Debug)]
pub struct Place {
    pub listener: UnixListener,
    path: PathBuf,
    /// The identity of the file: another's that stands there by then is left alone.
    file: Option<Mark>,
}

impl Place {
    /// Listens there, as [`listen`] does in a directory.
    ///
    /// # Errors
    /// Those of [`listen`].
    pub fn take(path: &Path) -> Result<Place, Error> {
        let fail = |why| Error::System { path: path.to_owned(), why };
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| fail(io::Error::other("its last part is not the name of a file")))?;
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
            let _ = files::remove(&self.path);
        }
    }
}

fn which(path: &Path) -> Option<Mark> {
    let (dir, name) = files::parent(path).ok()?;
    dir.mark(name).ok().flatten()
}

/// Takes away the socket that a dead process left for the run in `dir`, if there is one.
pub fn clear(dir: &Path) {
    clear_as(dir, SOCKET);
    elsewhere::clear(dir);
}

/// As [`clear`], of the name in `dir`.
pub(super) fn clear_as(dir: &Path, name: &str) {
    if let Ok(directory) = Directory::open(dir)
        && let Ok(Some(Mark { is_socket: true, is_own: true, .. })) = directory.mark(Path::new(name))
        && dial(&directory, name).is_err()
    {
        let _ = directory.remove(Path::new(name));
    }
}

/// Connects to the socket of the run in `dir`, in it or where a sign in it points, if it is one of this user's. Follows
/// no link there.
///
/// # Errors
/// There is none, it is somebody else's, or nobody listens.
pub fn connect(dir: &Path) -> Result<UnixStream, Error> {
    match connect_as(dir, SOCKET) {
        Err(Error::System { path, why }) if why.kind() == io::ErrorKind::NotFound => {
            elsewhere::connect(dir).unwrap_or(Err(Error::System { path, why }))
        }
        connected => connected,
    }
}

/// As [`connect`], to the socket of this name in `dir`.
pub(super) fn connect_as(dir: &Path, name: &str) -> Result<UnixStream, Error> {
    let path = dir.join(name);
    let fail = |why| Error::System { path: path.clone(), why };
    let directory = Directory::open(dir).map_err(fail)?;
    let mark = directory.mark(Path::new(name)).map_err(fail)?;
    let mark = mark.ok_or_else(|| fail(io::ErrorKind::NotFound.into()))?;
    if !mark.is_socket {
        return Err(Error::NoSocket(path));
    }
    if !mark.is_own {
        return Err(Error::Foreign(path));
    }
    let stream = dial(&directory, name).map_err(fail)?;
    if is_ours(&stream) { Ok(stream) } else { Err(Error::Foreign(path)) }
}

/// Whether the other end of a connection is a process of this user.
pub fn is_ours(stream: &UnixStream) -> bool {
    socket_peercred(stream).is_ok_and(|peer| peer.uid == geteuid())
}

fn dial(directory: &Directory, name: &str) -> io::Result<UnixStream> {
    UnixStream::connect(address(directory, name))
}

/// A path to the socket that fits an address: a long one leads through the open directory.
fn address(directory: &Directory, name: &str) -> PathBuf {
    let plain = directory.path(name);
    if plain.as_os_str().len() <= LONGEST {
        return plain;
    }
    PathBuf::from(format!("/proc/self/fd/{}/{name}", directory.as_fd().as_raw_fd()))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

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
