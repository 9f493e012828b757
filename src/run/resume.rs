//! Taking a run directory up again.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::journal::{self, What};
use super::lines::MAX_LINE;
use super::{Error, JOURNAL_FILE, METRICS_FILE, SUMMARY_FILE, folder};
use crate::system::files::Directory;

/// A run directory that no other process goes on with as long as this lives. Nothing in it has been changed.
#[derive(Debug)]
pub struct Hold {
    pub(super) path: PathBuf,
    pub(super) directory: Directory,
    /// The journal, marked as ours, if there is one.
    journal: Option<File>,
}

impl Hold {
    /// Holds the run in `path`. What is read of it from now on stays as it is.
    ///
    /// # Errors
    /// Another process writes the run; the journal is not this user's own plain file; there is no such directory.
    pub fn take(path: &Path) -> Result<Hold, Error> {
        let directory = Directory::open(path).map_err(|why| Error::Directory { dir: path.to_owned(), why })?;
        let journal = match directory.append_existing(Path::new(JOURNAL_FILE)) {
            Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(None),
            journal => journal.and_then(|journal| folder::mark(&journal).map(|()| Some(journal))),
        };
        let journal = journal.map_err(|why| Error::Write { path: directory.path(JOURNAL_FILE), why })?;
        Ok(Hold { path: path.to_owned(), directory, journal })
    }

    /// The run directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the run has a journal, by which others know that it is held.
    pub fn is_marked(&self) -> bool {
        self.journal.is_some()
    }

    /// Whether the run's end is written.
    pub fn has_summary(&self) -> bool {
        self.directory.has(Path::new(SUMMARY_FILE))
    }

    /// On what device and with how many threads the run was last started, as its journal says.
    pub fn started(&self) -> Option<(String, usize)> {
        let (events, _) = journal::read(&self.path.join(JOURNAL_FILE)).ok()?;
        events.into_iter().rev().find_map(|event| match event.what {
            What::Started { device, threads, .. } => Some((device, threads)),
            _ => None,
        })
    }

    /// The journal, for appending, without a part of a line at its end. It is made if it is not there.
    ///
    /// # Errors
    /// It cannot be read or written, or is no journal.
    pub(super) fn into_journal(self) -> io::Result<File> {
        let mut file = match self.journal {
            Some(file) => file,
            None => {
                let file = self.directory.append(Path::new(JOURNAL_FILE))?;
                folder::mark(&file)?;
                file
            }
        };
        cut_torn(&mut file)?;
        Ok(file)
    }
}

/// metrics.csv, opened for appending, without what follows its first `rows` rows: those are of steps that will be done
/// again; and how many there are. A file that has fewer keeps what whole rows it has, and one that lost even its
/// header, as with the power, gets it again.
///
/// # Errors
/// It cannot be read or written, or does not begin with `header`.
pub fn cut(directory: &Directory, header: &str, rows: u64) -> io::Result<(File, u64)> {
    let mut file = directory.append_existing(Path::new(METRICS_FILE))?;
    let (mut read, mut kept, mut lines) = (0u64, 0u64, 0u64);
    let mut first = Vec::new();
    let mut buffer = vec![0; 1 << 16];
    while lines <= rows {
        let part = match file.read(&mut buffer)? {
            0 => break,
            n => &buffer[..n],
        };
        for (at, _) in part.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
            lines += 1;
            if lines <= rows + 1 {
                kept = read + at as u64 + 1;
            }
        }
        first.extend_from_slice(&part[..part.len().min(header.len().saturating_sub(first.len()))]);
        read += part.len() as u64;
    }
    if first == header.as_bytes() {
        file.set_len(kept)?;
        return Ok((file, lines.saturating_sub(1).min(rows)));
    }
    if read > first.len() as u64 || !header.as_bytes().starts_with(&first) {
        let why = "it does not begin with this program's columns; give another --run-dir to go on without it";
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    file.set_len(0)?;
    file.write_all(header.as_bytes())?;
    Ok((file, 0))
}

/// Cuts off a part of a line at the end of a journal.
fn cut_torn(file: &mut File) -> io::Result<()> {
    let whole = file.seek(SeekFrom::End(0))?;
    // No line is longer: what has no end within it is no journal, however much of it there is.
    let start = whole.saturating_sub(MAX_LINE as u64 + 1);
    file.seek(SeekFrom::Start(start))?;
    let mut tail = Vec::new();
    Read::by_ref(file).take(whole - start).read_to_end(&mut tail)?;
    let end = match tail.iter().rposition(|byte| *byte == b'\n') {
        Some(at) => start + at as u64 + 1,
        None if start == 0 => 0,
        None => {
            let why =
                "its last line is longer than 1 MiB: this is not a journal; give another --run-dir to go on without it";
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
    };
    if end < whole {
        file.set_len(end)?;
    }
    Ok(())
}

/// When the run in this directory began, as far as its journal says.
pub fn began(dir: &Path) -> Option<SystemTime> {
    let (events, _) = journal::read(&dir.join(JOURNAL_FILE)).ok()?;
    humantime::parse_rfc3339(&events.first()?.time).ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_torn_line_goes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.jsonl");
        for (text, left) in [("", ""), ("{\"a\"", ""), ("{}\n{\"b", "{}\n"), ("{}\n", "{}\n")] {
            fs::write(&path, text).unwrap();
            Hold::take(dir.path()).unwrap().into_journal().unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), left);
        }
    }

    #[test]
    fn rows_of_steps_that_will_be_done_again_go() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("metrics.csv");
        let whole = "a,b\n1,2\n2,3\n3,4\n";
        for (rows, left, kept) in [(0, "a,b\n", 0), (2, "a,b\n1,2\n2,3\n", 2), (3, whole, 3), (9, whole, 3)] {
            fs::write(&path, "a,b\n1,2\n2,3\n3,4\n4,").unwrap();
            let (_, there) = cut(&Directory::open(dir.path()).unwrap(), "a,b\n", rows).unwrap();
            assert_eq!((fs::read_to_string(&path).unwrap().as_str(), there), (left, kept), "{rows}");
        }
        for lost in ["", "a", "a,b"] {
            fs::write(&path, lost).unwrap();
            let (_, there) = cut(&Directory::open(dir.path()).unwrap(), "a,b\n", 7).unwrap();
            assert_eq!((fs::read_to_string(&path).unwrap().as_str(), there), ("a,b\n", 0), "{lost:?}");
        }
        fs::write(&path, "a,b\n").unwrap();
        let refused = cut(&Directory::open(dir.path()).unwrap(), "a,c\n", 1);
        assert!(refused.unwrap_err().to_string().contains("columns"));
    }
}
