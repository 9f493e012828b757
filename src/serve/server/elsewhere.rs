//! The socket of a run whose directory can have none, as on some network and container file systems: it lies in a
//! private directory of the user, and a small file in the run directory points to it.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use rustix::process::geteuid;
use rustix::system::uname;
use serde::{Deserialize, Serialize};

use super::socket::{Bound, Error, clear_as, connect_as, listen_as};
use crate::system::files::{self, Directory};

/// The name of the file in a run directory that points to its socket.
pub const SIGN: &str = crate::run::SOCKET_SIGN_FILE;
/// The longest such file that is read, in bytes.
const LONGEST: u64 = 1 << 13;
/// The name of the directory of sockets in the directory that the system gives a user.
const FOLDER: &str = "gantop";

/// Where a socket lies.
#[derive(Debug, Serialize, Deserialize)]
struct Sign {
    /// Its path.
    socket: PathBuf,
    /// The machine that it is on: others see the run directory, but cannot connect.
    host: String,
}

/// Directories that sockets of this user may lie in, the best first: what lies above each, and its name.
pub fn places() -> Vec<(PathBuf, String)> {
    let own = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
    let own = own.map(|own| (own, FOLDER.to_owned()));
    let shared = (PathBuf::from("/tmp"), format!("{FOLDER}-{}", geteuid().as_raw()));
    own.into_iter().chain([shared]).collect()
}

/// Listens for the run in `dir` in the first of these places that can have a socket; `why` it is not in `dir`.
///
/// # Errors
/// None can, or the file that points there cannot be written.
pub fn listen(dir: &Path, places: &[(PathBuf, String)], why: String) -> Result<Bound, Error> {
    let mut whys = vec![why];
    for (above, name) in places {
        match in_place(dir, above, name) {
            Ok(bound) => return Ok(bound),
            Err(Error::InUse(path)) => return Err(Error::InUse(path)),
            Err(why) => whys.push(why.to_string()),
        }
    }
    Err(Error::Nowhere(whys))
}

fn in_place(dir: &Path, above: &Path, name: &str) -> Result<Bound, Error> {
    let place = above.join(name);
    let fail = |path: &Path| {
        let path = path.to_owned();
        move |why| Error::System { path, why }
    };
    // What another user has made there, or made readable, is not used.
    let held = Directory::open(above).and_then(|above| above.make_folder(name)).map_err(fail(&place))?;
    if !held.is_private().map_err(fail(&place))? {
        return Err(Error::Foreign(place));
    }
    // The same for every process that goes on with the run, so that what a dead one left is found and replaced.
    let own = files::identity(dir).map_err(fail(dir))?;
    let file = format!("{own}.sock");
    let listener = listen_as(&place, &file)?;
    let path = place.join(&file);
    let sign = dir.join(SIGN);
    let text = serde_json::to_vec(&Sign { socket: path.clone(), host: host() }).map_err(io::Error::from);
    text.and_then(|text| files::replace(&sign, &text)).map_err(fail(&sign)).inspect_err(|_| {
        let _ = files::remove(&path);
    })?;
    Ok(Bound { listener, path, sign: Some(sign) })
}

/// The name of this machine.
fn host() -> String {
    uname().nodename().to_string_lossy().into_owned()
}

/// The sign that the run in `dir` gives of its socket.
fn read(dir: &Path) -> Option<Sign> {
    serde_json::from_slice(&files::read(&dir.join(SIGN), LONGEST).ok()?).ok()
}

/// Connects to where the run in `dir` says that its socket lies; none where it says nothing.
pub fn connect(dir: &Path) -> Option<Result<UnixStream, Error>> {
    let Sign { socket, host: theirs } = read(dir)?;
    if theirs != host() {
        return Some(Err(Error::OtherHost { host: theirs }));
    }
    Some(private(&socket).and_then(|(place, name)| connect_as(place, name)))
}

/// Takes away the socket that a dead process left for the run in `dir`, and what points to it.
pub fn clear(dir: &Path) {
    if let Some(Sign { socket, host: theirs }) = read(dir)
        && theirs == host()
        && let Ok((place, name)) = private(&socket)
    {
        clear_as(place, name);
        if connect_as(place, name).is_err() {
            let _ = files::remove(&dir.join(SIGN));
        }
    }
}

/// The directory and the name of a socket that a run points to. A run may come from anybody: only sockets in a private
/// directory of this user that have such a name are spoken to.
fn private(socket: &Path) -> Result<(&Path, &str), Error> {
    let place = socket.parent().filter(|_| socket.is_absolute());
    let name = socket.file_name().and_then(|name| name.to_str()).filter(|name| name.ends_with(".sock"));
    let is_private = |place: &&Path| {
        let (above, folder) = (place.parent(), place.file_name().and_then(|name| name.to_str()));
        above.zip(folder).is_some_and(|(above, folder)| {
            let held = Directory::open(above).and_then(|above| above.folder(folder));
            folder.starts_with(FOLDER) && held.and_then(|held| held.is_private()).unwrap_or(false)
        })
    };
    place.filter(is_private).zip(name).ok_or_else(|| Error::Foreign(socket.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::super::socket;
    use super::*;

    /// A folder for sockets, and the directory of a run.
    fn set_up() -> (tempfile::TempDir, PathBuf, Vec<(PathBuf, String)>) {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("run");
        fs::create_dir(&run).unwrap();
        let places =
            vec![(folder.path().join("none"), "gantop".to_owned()), (folder.path().to_owned(), "gantop-1".to_owned())];
        (folder, run, places)
    }

    #[test]
    fn a_run_is_found_where_its_directory_points() {
        let (folder, run, places) = set_up();
        assert!(connect(&run).is_none());
        let bound = listen(&run, &places, "run: no sockets".into()).unwrap();
        assert!(bound.path.starts_with(folder.path().join("gantop-1")), "{bound:?}");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(bound.path.parent().unwrap()), mode(&bound.path)), (0o700, 0o600));
        socket::connect(&run).unwrap();
        assert!(matches!(listen(&run, &places, String::new()), Err(Error::InUse(_))));
        // One that a dead process left is replaced, and taken away with what points to it.
        drop(bound.listener);
        assert!(socket::connect(&run).is_err());
        let again = listen(&run, &places, String::new()).unwrap();
        socket::connect(&run).unwrap();
        socket::clear(&run);
        assert!(again.path.exists() && run.join(SIGN).exists(), "it lives");
        drop(again.listener);
        socket::clear(&run);
        assert!(!again.path.exists() && !run.join(SIGN).exists());
    }

    #[test]
    fn a_place_that_others_can_look_into_is_not_used() {
        let (folder, run, places) = set_up();
        let place = folder.path().join("gantop-1");
        fs::create_dir(&place).unwrap();
        fs::set_permissions(&place, Permissions::from_mode(0o755)).unwrap();
        let error = listen(&run, &places, "run: no sockets".into()).unwrap_err().to_string();
        for why in ["run: no sockets", "none/gantop", "gantop-1: is not yours"] {
            assert!(error.contains(why), "{error}");
        }
        fs::remove_dir(&place).unwrap();
        let elsewhere = folder.path().join("theirs");
        fs::create_dir(&elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &place).unwrap();
        assert!(listen(&run, &places, String::new()).unwrap_err().to_string().contains("link"));
        assert!(!run.join(SIGN).exists());
    }

    #[test]
    fn a_run_points_only_to_private_sockets_of_this_machine() {
        let (folder, run, places) = set_up();
        let bound = listen(&run, &places, String::new()).unwrap();
        let say = |socket: &Path, host: &str| {
            let text = serde_json::to_vec(&Sign { socket: socket.to_owned(), host: host.to_owned() }).unwrap();
            fs::write(run.join(SIGN), text).unwrap();
            socket::connect(&run).unwrap_err()
        };
        assert!(matches!(say(&bound.path, "elsewhere"), Error::OtherHost { .. }));
        // Another program's socket of the same user.
        let other = socket::listen(folder.path()).unwrap();
        assert!(matches!(say(&folder.path().join("socket"), &host()), Error::Foreign(_)));
        assert!(matches!(say(Path::new("socket"), &host()), Error::Foreign(_)));
        drop(other);
        fs::write(run.join(SIGN), "{").unwrap();
        assert!(matches!(socket::connect(&run), Err(Error::System { .. })));
    }
}
