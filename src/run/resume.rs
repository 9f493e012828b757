//! Taking a run directory up again.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::SystemTime;

use super::{JOURNAL_FILE, folder, journal};

/// metrics.csv, opened for appending, without what follows its first `rows` rows: those are of steps that will be done
/// again. A file that has fewer keeps what whole rows it has.
///
/// # Errors
/// It cannot be read or written, or does not begin with `header`.
pub fn cut(path: &Path, header: &str, rows: u64) -> io::Result<File> {
    let mut file = OpenOptions::new().read(true).append(true).open(path)?;
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
pub fn reopen(path: &Path) -> io::Result<File> {
    let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
    folder::mark(&file)?;
    let mut end = file.seek(SeekFrom::End(0))?;
    let whole = end;
    let mut byte = [0];
    while end > 0 {
        file.seek(SeekFrom::Start(end - 1))?;
        file.read_exact(&mut byte)?;
        if byte[0] == b'\n' {
            break;
        }
        end -= 1;
    }
    if end < whole {
        file.set_len(end)?;
    }
    Ok(file)
}

/// Writes a text file anew: whole, or as it was.
///
/// # Errors
/// It cannot be written.
pub fn replace(path: &Path, text: &str) -> io::Result<()> {
    let partial = path.with_extension("partial");
    fs::write(&partial, text)?;
    fs::rename(&partial, path)
}

/// Removes a file, if it is there.
///
/// # Errors
/// It stays.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// When the run in this directory began, as far as its journal says.
pub fn began(dir: &Path) -> Option<SystemTime> {
    let (events, _) = journal::read(&dir.join(JOURNAL_FILE)).ok()?;
    humantime::parse_rfc3339(&events.first()?.time).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_line_goes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.jsonl");
        for (text, left) in [("", ""), ("{\"a\"", ""), ("{}\n{\"b", "{}\n"), ("{}\n", "{}\n")] {
            fs::write(&path, text).unwrap();
            reopen(&path).unwrap();
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
            cut(&path, "a,b\n", rows).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), left, "{rows}");
        }
        assert!(cut(&path, "a,c\n", 1).unwrap_err().to_string().contains("columns"));
    }
}
