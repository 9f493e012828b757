//! Taking a run away: the files that gantop wrote in its directory, and the directory where nothing else is in it.
//!
//! Whatever else a person has put there stays. A run that a process writes stays whole, and so does what is no run
//! directory; no link is followed, neither to the directory nor in it.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use super::checkpoints::FOLDER;
use super::{
    CONFIG_FILE, JOURNAL_FILE, LOG_FILE, METRICS_FILE, SOCKET_FILE, SOCKET_SIGN_FILE, SUMMARY_FILE, TENSORBOARD_DIR,
    folder, tensorboard,
};
use crate::link::checkpoint::EXTENSION;
use crate::system::files::{self, Directory, Mark, PARTIAL};

/// The run's own files beside its folders, in the order in which they go. The config and the journal, by which a
/// directory is known for a run's, go last: what is broken off can be taken up again.
const FILES: [&str; 6] = [METRICS_FILE, SUMMARY_FILE, LOG_FILE, SOCKET_SIGN_FILE, CONFIG_FILE, JOURNAL_FILE];

/// Why a run is not removed. Each says all there is to say: it has no source.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("{}: not a run directory of gantop's: it has no {missing} of its own; nothing is removed", dir.display())]
    NoRun { dir: PathBuf, missing: &'static str },
    #[error("{}: a link, or not a directory; nothing is removed through a link", .0.display())]
    Link(PathBuf),
    #[error("{}: the run goes on: stop it first, then remove it", .0.display())]
    GoesOn(PathBuf),
    #[error(
        "{}: its file system keeps no locks, so nobody can tell whether the run is live; remove it by hand",
        .0.display()
    )]
    NoLocks(PathBuf),
    #[error("{}: {why}", path.display())]
    System { path: PathBuf, why: io::Error },
}

/// The contents of a run directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// The number of gantop's own files, and their bytes together.
    pub files: usize,
    pub bytes: u64,
    /// Whatever else is in it, by its path in the directory.
    pub strange: Vec<PathBuf>,
}

/// The contents of the run directory that `dir` is, so that a person can be asked.
///
/// # Errors
/// It is no run directory, the run goes on, or the directory cannot be read.
pub fn contents(dir: &Path) -> Result<Contents, Refused> {
    let held = Held::take(dir)?;
    held.look().map(|found| found.contents)
}

/// Removes the run in `dir`. What is left in the directory is `strange`; where that is empty the directory is gone.
///
/// # Errors
/// It is no run directory, the run goes on, or something cannot be removed: what was there before that is gone.
pub fn remove(dir: &Path) -> Result<Contents, Refused> {
    let held = Held::take(dir)?;
    let Found { contents, own } = held.look()?;
    let fail = |path: PathBuf| move |why| Refused::System { path, why };
    for (inside, names) in &own.folders {
        for name in names {
            inside.remove(name).map_err(fail(inside.path(name)))?;
        }
    }
    for name in &own.files {
        held.directory.remove(name).map_err(fail(held.directory.path(name)))?;
    }
    // A folder with something strange in it stays, and so does what is around it.
    for name in [FOLDER, TENSORBOARD_DIR] {
        let _ = held.directory.remove_empty(Path::new(name));
    }
    if contents.strange.is_empty() {
        held.parent.remove_empty(&held.name).map_err(fail(dir.to_owned()))?;
    }
    Ok(contents)
}

/// A run directory that no other process goes on with as long as this lives.
struct Held {
    parent: Directory,
    name: PathBuf,
    directory: Directory,
    /// It bears the mark.
    _journal: std::fs::File,
}

/// The contents, and the names of what is gantop's own.
struct Found {
    contents: Contents,
    own: Own,
}

#[derive(Default)]
struct Own {
    files: Vec<PathBuf>,
    folders: Vec<(Directory, Vec<PathBuf>)>,
}

impl Held {
    fn take(dir: &Path) -> Result<Held, Refused> {
        let system = |why| Refused::System { path: dir.to_owned(), why };
        let (parent, name) = files::parent(dir).map_err(system)?;
        let directory = parent.folder(name).map_err(|why| match why.kind() {
            io::ErrorKind::NotADirectory => Refused::Link(dir.to_owned()),
            _ => system(why),
        })?;
        let missing = |missing| Refused::NoRun { dir: dir.to_owned(), missing };
        directory.check_own(Path::new(CONFIG_FILE)).map_err(|_| missing(CONFIG_FILE))?;
        let journal = directory.append_existing(Path::new(JOURNAL_FILE)).map_err(|_| missing(JOURNAL_FILE))?;
        match folder::try_to_mark(&journal) {
            Ok(true) => Ok(Held { parent, name: name.to_owned(), directory, _journal: journal }),
            Ok(false) => Err(Refused::NoLocks(dir.to_owned())),
            Err(_) => Err(Refused::GoesOn(dir.to_owned())),
        }
    }

    fn look(&self) -> Result<Found, Refused> {
        let mut found = Found { contents: Contents::default(), own: Own::default() };
        let system = |path: PathBuf| move |why| Refused::System { path, why };
        let is_partial = |name: &Path| name.extension() == Some(OsStr::new(PARTIAL));
        for name in self.directory.names().map_err(system(self.directory.path("")))? {
            let folder = [(FOLDER, is_checkpoint as fn(&Path) -> bool), (TENSORBOARD_DIR, tensorboard::is_events)];
            let folder = folder.into_iter().find(|(known, _)| name == Path::new(known));
            let inside = folder.and_then(|(_, is_own)| Some((self.directory.folder(&name).ok()?, is_own)));
            if let Some((inside, is_own)) = inside {
                let names = inside.names().map_err(system(inside.path("")))?;
                let mut own = Vec::new();
                for file in names {
                    match inside.length(&file).filter(|_| is_own(&file) || is_partial(&file)) {
                        Some(bytes) => {
                            found.contents.add(bytes);
                            own.push(file);
                        }
                        None => found.contents.strange.push(name.join(file)),
                    }
                }
                found.own.folders.push((inside, own));
                continue;
            }
            if name == Path::new(SOCKET_FILE)
                && matches!(self.directory.mark(&name), Ok(Some(Mark { is_socket: true, is_own: true, .. })))
            {
                found.own.files.push(name);
                continue;
            }
            let known = |file: &&str| name == Path::new(file) || name == Path::new(file).with_extension(PARTIAL);
            match self.directory.length(&name).filter(|_| FILES.iter().any(known)) {
                Some(bytes) => {
                    found.contents.add(bytes);
                    found.own.files.push(name);
                }
                None => found.contents.strange.push(name),
            }
        }
        let place = |name: &PathBuf| FILES.iter().position(|file| name == Path::new(file)).map_or(0, |place| place + 1);
        found.own.files.sort_by_key(place);
        found.contents.strange.sort();
        Ok(found)
    }
}

impl Contents {
    fn add(&mut self, bytes: u64) {
        self.files += 1;
        self.bytes += bytes;
    }
}

fn is_checkpoint(name: &Path) -> bool {
    name.extension() == Some(OsStr::new(EXTENSION))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    /// A directory with the files of a run in it: 6 of 1 byte each.
    fn made(parent: &Path, name: &str) -> PathBuf {
        let dir = parent.join(name);
        fs::create_dir_all(dir.join("checkpoints")).unwrap();
        fs::create_dir(dir.join("tensorboard")).unwrap();
        for file in [
            "config.toml",
            "journal.jsonl",
            "metrics.csv",
            "gantop.log",
            "checkpoints/step-000000010.safetensors",
            "tensorboard/events.out.tfevents.1.1.gantop",
        ] {
            fs::write(dir.join(file), "x").unwrap();
        }
        dir
    }

    #[test]
    fn a_run_is_removed_whole_and_its_neighbours_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let (dir, other) = (made(folder.path(), "a"), made(folder.path(), "b"));
        // A process that was killed has left this.
        drop(std::os::unix::net::UnixListener::bind(dir.join("socket")).unwrap());
        assert_eq!(contents(&dir).unwrap(), Contents { files: 6, bytes: 6, strange: vec![] });
        assert!(dir.join("metrics.csv").exists(), "asking removes nothing");
        remove(&dir).unwrap();
        assert!(!dir.exists() && other.join("metrics.csv").exists());
        assert!(matches!(remove(&dir), Err(Refused::System { .. })));
    }

    #[test]
    fn what_gantop_has_not_written_stays() {
        let folder = tempfile::tempdir().unwrap();
        let dir = made(folder.path(), "a");
        fs::write(dir.join("notes.txt"), "mine").unwrap();
        fs::write(dir.join("checkpoints/best.pt"), "mine").unwrap();
        let inner = made(&dir, "inner");
        // The names of gantop's own files, as directories.
        fs::create_dir(dir.join("summary.json")).unwrap();
        fs::write(dir.join("summary.json/mine"), "mine").unwrap();
        let left = remove(&dir).unwrap();
        assert_eq!((left.files, left.strange.len()), (6, 4), "{left:?}");
        assert!(["notes.txt", "checkpoints/best.pt", "summary.json/mine"].iter().all(|file| dir.join(file).exists()));
        assert!(inner.join("metrics.csv").exists() && !dir.join("metrics.csv").exists());
        assert!(matches!(remove(&dir), Err(Refused::NoRun { missing: "config.toml", .. })));
        assert!(remove(&inner).is_ok() && !inner.exists());
    }

    #[test]
    fn what_is_no_run_or_goes_on_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let dir = made(folder.path(), "a");
        let journal = fs::File::open(dir.join("journal.jsonl")).unwrap();
        folder::mark(&journal).unwrap();
        assert!(matches!(remove(&dir), Err(Refused::GoesOn(_))));
        assert!(matches!(contents(&dir), Err(Refused::GoesOn(_))));
        drop(journal);
        let link = folder.path().join("link");
        symlink(&dir, &link).unwrap();
        assert!(matches!(remove(&link), Err(Refused::Link(_))));
        let plain = folder.path().join("plain");
        fs::create_dir(&plain).unwrap();
        fs::write(plain.join("config.toml"), "").unwrap();
        assert!(matches!(remove(&plain), Err(Refused::NoRun { missing: "journal.jsonl", .. })));
        // A journal that is somewhere else is not this directory's own.
        symlink(dir.join("journal.jsonl"), plain.join("journal.jsonl")).unwrap();
        assert!(matches!(remove(&plain), Err(Refused::NoRun { missing: "journal.jsonl", .. })));
        for path in ["..", ".", "/", "a/..", "nowhere"] {
            assert!(remove(&folder.path().join(path)).is_err(), "{path}");
        }
        assert_eq!(contents(&dir).unwrap().files, 6);
        assert!(plain.join("config.toml").exists());
    }

    #[test]
    fn links_go_and_what_they_lead_to_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (dir, far) = (made(folder.path(), "a"), folder.path().join("far"));
        fs::create_dir(&far).unwrap();
        fs::write(far.join("step-000000001.safetensors"), "far").unwrap();
        fs::remove_dir_all(dir.join("checkpoints")).unwrap();
        symlink(&far, dir.join("checkpoints")).unwrap();
        symlink(far.join("step-000000001.safetensors"), dir.join("summary.json")).unwrap();
        // The folder's link is nothing that gantop writes, the file's stands in the place of what it does.
        assert_eq!(remove(&dir).unwrap().strange, [Path::new("checkpoints")]);
        assert!(
            dir.join("checkpoints").symlink_metadata().is_ok() && dir.join("summary.json").symlink_metadata().is_err()
        );
        assert_eq!(fs::read_to_string(far.join("step-000000001.safetensors")).unwrap(), "far");
    }
}
