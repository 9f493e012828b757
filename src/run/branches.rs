//! branches.csv: where a run went back, so that whoever reads metrics.csv can leave out what was abandoned. There is none
//! in a run that never did.
//!
//! A row says that metrics.csv had so many rows when the run went back to a step: those of them that are of later steps
//! were abandoned.

use std::io::{self, Write};
use std::path::Path;

use crate::system::files::{self, Directory};

/// The file's name in a run directory.
pub const BRANCHES_FILE: &str = "branches.csv";
const HEADER: &str = "row,step\n";
/// The largest such file that is read, in bytes: a person's ways back, one by one.
const LARGEST: u64 = 1 << 24;

/// Adds that the run in `dir` went back to `step` when metrics.csv had so many rows.
///
/// # Errors
/// The file cannot be written.
pub fn add(dir: &Path, rows: u64, step: u64) -> io::Result<()> {
    let mut file = files::append(&dir.join(BRANCHES_FILE))?;
    let header = if file.metadata()?.len() == 0 { HEADER } else { "" };
    file.write_all(format!("{header}{rows},{step}\n").as_bytes())
}

/// Leaves out what came after metrics.csv had so many rows: that will be done again.
///
/// # Errors
/// The file cannot be read or written.
pub fn cut(directory: &Directory, rows: u64) -> io::Result<()> {
    let name = Path::new(BRANCHES_FILE);
    if !directory.has(name) {
        return Ok(());
    }
    let text = files::read_text(&directory.path(name), LARGEST)?;
    let row = |line: &str| line.split_once(',').and_then(|(row, _)| row.parse::<u64>().ok());
    let kept = text.lines().filter(|line| row(line).is_some_and(|row| row <= rows));
    let kept: String = kept.map(|line| format!("{line}\n")).collect();
    directory.replace(name, format!("{HEADER}{kept}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_will_be_done_again_is_left_out() {
        let dir = tempfile::tempdir().unwrap();
        let directory = Directory::open(dir.path()).unwrap();
        cut(&directory, 3).unwrap();
        assert!(!dir.path().join(BRANCHES_FILE).exists());
        for (rows, step) in [(10, 4), (15, 6), (20, 2)] {
            add(dir.path(), rows, step).unwrap();
        }
        let text = || std::fs::read_to_string(dir.path().join(BRANCHES_FILE)).unwrap();
        assert_eq!(text(), "row,step\n10,4\n15,6\n20,2\n");
        cut(&directory, 15).unwrap();
        assert_eq!(text(), "row,step\n10,4\n15,6\n");
        std::fs::write(dir.path().join(BRANCHES_FILE), "noise\n1").unwrap();
        cut(&directory, 15).unwrap();
        assert_eq!(text(), "row,step\n");
    }
}
