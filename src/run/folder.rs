//! Run directories: what they are called, and whether somebody writes one.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use rustix::fs::{FlockOperation, flock};

use super::journal::in_four_digits;
use super::list::{Found, Listed, list};
use super::{CONFIG_FILE, Error, JOURNAL_FILE};
use crate::system::files::{self, Directory};

/// The directory that run directories are made in where nothing else is said.
pub const RUNS: &str = "runs";

/// Makes a new directory in `parent` for a run called `name` that begins at `time`: `<time>-<name>`, with a number
/// behind it where there is one already.
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

/// The name of the newest run in `runs`, which is meant where none is named.
pub const NEWEST: &str = "newest";

/// That it is not clear which run is meant.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum Unclear {
    /// More than one may be, the newest first.
    #[error("`{name}` fits several runs, {}: name one of them", .runs.join(", "))]
    Several { name: String, runs: Vec<String> },
    #[error("there is no run in {}: name a run's directory", .0.display())]
    None(PathBuf),
}

/// The run that a person means by `run`: a run directory or a file; or in `runs` the name of one, [`NEWEST`], or the
/// beginning of a name, with its time or without, that no other begins with. The path itself where there is no such
/// run.
///
/// # Errors
/// More than one may be meant, or the newest of none.
pub fn find(run: &Path) -> Result<PathBuf, Unclear> {
    find_in(Path::new(RUNS), run)
}

fn find_in(runs: &Path, run: &Path) -> Result<PathBuf, Unclear> {
    let itself = || run.to_owned();
    if run.exists() || run.components().count() != 1 {
        return Ok(itself());
    }
    if runs.join(run).exists() {
        return Ok(runs.join(run));
    }
    // One that is no text is no beginning of the name that a run was given.
    let Some(name) = run.to_str() else { return Ok(itself()) };
    if name == NEWEST {
        let is_run = |run: &Listed| matches!(run.found, Found::Run(_));
        let newest = list(runs).unwrap_or_default().into_iter().find(is_run);
        return newest.map(|run| run.dir).ok_or_else(|| Unclear::None(runs.to_owned()));
    }
    let mut names = names(runs);
    names.sort_unstable_by(|a, b| b.cmp(a));
    let begin = |of: &dyn Fn(&str) -> bool| names.iter().filter(|name| of(name)).cloned().collect::<Vec<_>>();
    let found = [begin(&|own| own.starts_with(name)), begin(&|own| without_time(own).starts_with(name))];
    match found.into_iter().find(|found| !found.is_empty()).as_deref() {
        None => Ok(itself()),
        Some([only]) => Ok(runs.join(only)),
        Some(several) => Err(Unclear::Several { name: name.to_owned(), runs: several.to_vec() }),
    }
}

/// The names of the runs in a directory, as far as they are text.
pub fn names(runs: &Path) -> Vec<String> {
    let names = Directory::open(runs).and_then(|runs| runs.names()).unwrap_or_default();
    let names = names.into_iter().filter_map(|name| name.into_os_string().into_string().ok());
    names.filter(|name| files::is_file(&runs.join(name).join(CONFIG_FILE))).collect()
}

/// The name of a directory as [`create`] calls it, without the time before it.
fn without_time(name: &str) -> &str {
    let (Some(time), Some(rest)) = (name.get(..STAMP), name.get(STAMP..)) else { return name };
    let is_time = time.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if is_time { rest } else { name }
}

/// The bytes of a time and the hyphen behind it, as in `20260921-141320-ring`.
const STAMP: usize = 16;

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
    // Without locks, as on some network file systems, a run that goes on looks interrupted: no more than that.
    try_to_mark(journal).map(drop)
}

/// As [`mark`]; says whether the file system keeps the mark, so that nobody else can have one.
///
/// # Errors
/// Another process writes it.
pub fn try_to_mark(journal: &File) -> io::Result<bool> {
    // Who asks whether it is written holds a lock for a moment, too.
    for _ in 0..50 {
        match flock(journal, FlockOperation::NonBlockingLockExclusive) {
            Err(rustix::io::Errno::WOULDBLOCK) => thread::sleep(Duration::from_millis(10)),
            marked => return Ok(marked.is_ok()),
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
    fn a_run_is_found_by_as_much_of_its_name_as_is_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let made = |name: &str| {
            let run = dir.path().join(name);
            std::fs::create_dir(&run).unwrap();
            std::fs::write(run.join(CONFIG_FILE), "").unwrap();
            run
        };
        let found = |name: &str| find_in(dir.path(), Path::new(name));
        assert_eq!(found(NEWEST), Err(Unclear::None(dir.path().into())));
        let [ring, other, moons] =
            ["20260921-141320-ring", "20260922-090000-ring-gan", "20260920-141320-moons"].map(made);
        std::fs::create_dir(dir.path().join("20270101-000000-nothing")).unwrap();
        for (name, run) in [("20260921-141320-ring", &ring), ("20260921", &ring), ("moo", &moons), ("ring-", &other)] {
            assert_eq!(found(name).as_ref(), Ok(run), "{name}");
        }
        // The newest first.
        let error = found("ring").unwrap_err().to_string();
        assert_eq!(error, "`ring` fits several runs, 20260922-090000-ring-gan, 20260921-141320-ring: name one of them");
        // What is no run's is left as it is: whoever wanted it says that there is none.
        for name in ["swiss", "a/b", "/nowhere", "noth", "é"] {
            assert_eq!(found(name), Ok(name.into()));
        }
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
