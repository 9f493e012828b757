//! Taking a run directory up again.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::SystemTime;

use super::lines::MAX_LINE;
use super::{JOURNAL_FILE, METRICS_FILE, folder, journal};
use crate::files::Directory;

/// metrics.csv, opened for appending, without what follows its first `rows` rows: those are of steps that will be done
/// again. A file that has fewer keeps what whole rows it has.
///
/// # Errors
/// It cannot be read or written, or does not begin with `header`.
pub fn cut(directory: &Directory, header: &str, rows: u64) -> io::Result<File> {
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
    if first != header.as_bytes() {
        let why = "it does not begin with this program's columns; give another --run-dir to go on without it";
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    file.set_len(kept)?;
    Ok(file)
}

/// The journal, opened for appending and marked as ours; a part of a line at its end goes. It is made if it is not there.
///
/// # Errors
/// Another process writes the run; it cannot be read or written.
pub fn reopen(directory: &Directory) -> io::Result<File> {
    let mut file = directory.append(Path::new(JOURNAL_FILE))?;
    folder::mark(&file)?;
    let whole = file.seek(SeekFrom::End(0))?;
    // No line is longer: what has no end within it is no journal, however much of it there is.
    let start = whole.saturating_sub(MAX_LINE as u64 + 1);
    file.seek(SeekFrom::Start(start))?;
    let mut tail = Vec::new();
    file.by_ref().take(whole - start).read_to_end(&mut tail)?;
    let end = match tail.iter().rposition(|byte| *byte == b'\n') {
        Some(at) => start + at as u64 + 1,
        None if start == 0 => 0,
        None => {
            let why =
                "its last line is longer than 1 MiB: this is no journal; give another --run-dir to go on without it";
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
    };
    if end < whole {
        file.set_len(end)?;
    }
    Ok(file)
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
            reopen(&Directory::open(dir.path()).unwrap()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), left);
        }
    }

    #[test]
    fn rows_of_steps_that_will_be_done_again_go() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("metrics.csv");
        for (rows, left) in
            [(0, "a,b\n"), (2, "a,b\n1,2\n2,3\n"), (3, "a,b\n1,2\n2,3\n3,4\n"), (9, "a,b\n1,2\n2,3\n3,4\n")]
        {
            fs::write(&path, "a,b\n1,2\n2,3\n3,4\n4,").unwrap();
            cut(&Directory::open(dir.path()).unwrap(), "a,b\n", rows).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), left, "{rows}");
        }
        let refused = cut(&Directory::open(dir.path()).unwrap(), "a,c\n", 1);
        assert!(refused.unwrap_err().to_string().contains("columns"));
    }
}
