//! Run directories: what they are called, and whether somebody writes one.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use rustix::fs::{FlockOperation, flock};

use super::journal::in_four_digits;
use super::{Error, JOURNAL_FILE};
use crate::system::files;

/// The directory that run directories are made in where nothing else is said.
pub const RUNS: &str = "runs";

/// Makes a new directory in `parent` for a run called `name` that begins at `time`: `<time>-<name>`, with a number behind
/// it where there is one already.
///
/// # Errors
/// It cannot be made.
pub fn create(parent: &Path, name: &str, time: SystemTime) -> Result<PathBuf, Error> {
    let fail = |dir: &Path, why| Error::Directory { dir: dir.to_owned(), why };
    files::make_all(parent).map_err(|why| fail(parent, why))?;
    let stamp = humantime::format_rfc3339_seconds(in_four_digits(time)).to_string();
    let stamp = stamp.replace(['-', ':', 'Z'], "").replace('T', "-");
    let plain = parent.join(format!("{stamp}-{}", safe(name)));
    let mut dir = plain.clone();
    for number in 2.. {
        match files::make_private(&dir) {
            Ok(()) => break,
            Err(why) if why.kind() == io::ErrorKind::AlreadyExists => {}
            Err(why) => return Err(fail(&dir, why)),
        }
        dir = PathBuf::from(format!("{}-{number}", plain.display()));
    }
    Ok(dir)
}

/// Makes a run directory, and what lies above it, unless they are there. Nobody else may look into it.
///
/// # Errors
/// It cannot be made.
pub fn make(dir: &Path) -> io::Result<()> {
    if let Some(parent) = dir.parent().filter(|parent| !parent.as_os_str().is_empty() && !parent.exists()) {
        files::make_all(parent)?;
    }
    match files::make_private(dir) {
        Err(why) if why.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => Ok(()),
        made => made,
    }
}

/// The run that a person means by `run`: a run directory, or the name of one in `runs`.
pub fn find(run: &Path) -> PathBuf {
    let in_runs = Path::new(RUNS).join(run);
    if !run.exists() && run.components().count() == 1 && in_runs.exists() { in_runs } else { run.to_owned() }
}

/// A name as a part of a path: letters, digits and a few signs, no longer than a file's name may be.
fn safe(name: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || "._+=".contains(c) { c } else { '-' };
    let text: String = name.chars().map(plain).collect();
    let mut text = text.trim_matches(['-', '.']).to_owned();
    while text.len() > 100 {
        text.pop();
    }
    if text.is_empty() { "run".to_owned() } else { text }
}

/// Marks the run as written by this process, for as long as the journal stays open; a process that dies leaves no mark.
///
/// # Errors
/// Another process writes it.
pub fn mark(journal: &File) -> io::Result<()> {
    // Who asks whether it is written holds a lock for a moment, too.
    for _ in 0..50 {
        match flock(journal, FlockOperation::NonBlockingLockExclusive) {
            Err(rustix::io::Errno::WOULDBLOCK) => thread::sleep(Duration::from_millis(10)),
            // Without locks, as on some network file systems, a run that goes on looks interrupted: no more than that.
            _ => return Ok(()),
        }
    }
    Err(io::Error::other("another gantop is writing this run"))
}

/// Whether a process is writing the run.
pub fn is_written(dir: &Path) -> bool {
    let Ok(journal) = files::open(&dir.join(JOURNAL_FILE)) else { return false };
    matches!(flock(&journal, FlockOperation::NonBlockingLockShared), Err(rustix::io::Errno::WOULDBLOCK))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn directories_are_called_by_time_and_name() {
        let dir = tempfile::tempdir().unwrap();
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000);
        let named = |name: &str| {
            let made = create(dir.path(), name, time).unwrap();
            made.file_name().unwrap().to_str().unwrap().to_owned()
        };
        assert_eq!(named("ring"), "20260921-141320-ring");
        assert_eq!(named("ring"), "20260921-141320-ring-2");
        assert_eq!(named("ring"), "20260921-141320-ring-3");
        assert_eq!(named("../a b/ü"), "20260921-141320-a-b-ü");
        assert_eq!(named(" .. "), "20260921-141320-run");
        let before = create(dir.path(), "ring", SystemTime::UNIX_EPOCH - Duration::from_secs(9)).unwrap();
        assert_eq!(before.file_name().unwrap(), "19700101-000000-ring");
    }

    #[test]
    fn a_run_is_marked_while_its_journal_is_open() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!is_written(dir.path()));
        let journal = File::create(dir.path().join(JOURNAL_FILE)).unwrap();
        assert!(!is_written(dir.path()));
        mark(&journal).unwrap();
        let again = File::open(dir.path().join(JOURNAL_FILE)).unwrap();
        assert!(mark(&again).unwrap_err().to_string().contains("another gantop"));
        assert!(is_written(dir.path()) && is_written(dir.path()));
        drop(journal);
        assert!(!is_written(dir.path()));
    }

    proptest! {
        #[test]
        fn any_name_is_one_part_of_a_path(name in "\\PC{0,80}") {
            let part = safe(&name);
            prop_assert!(!part.is_empty() && part.len() <= 100 && !part.contains('/') && !part.starts_with('.'));
        }
    }
}
