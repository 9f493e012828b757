//! Reading files of samples: CSV, with or without a header, and NumPy's .npy.
//!
//! A header is never believed before the file has shown that it holds what the header says.

mod csv;
mod npy;
mod write;

use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use crate::system::files;
use crate::theory::distance::{self, Points};
pub use write::{write_csv, write_npy, write_npy_bytes};

/// The largest file that is read: 512 MiB.
pub const MAX_BYTES: u64 = 1 << 29;
/// The most numbers in a file: as many as an .npy file of that size holds in double precision. In a text they may take
/// a quarter of the room that they take in memory.
pub const MAX_NUMBERS: usize = 1 << 26;

/// The problem with a file of samples, and which one it is.
#[derive(Debug, thiserror::Error)]
#[error("{}{problem}", path.display())]
pub struct Error {
    path: PathBuf,
    problem: Problem,
}

/// The problem with it. Each begins with the rest of its place: nothing, or a line and a column.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error(": cannot be read: {0}")]
    Read(io::Error),
    #[error(": larger than {} MiB; keep a part of the samples, distances are estimates anyway", MAX_BYTES >> 20)]
    TooBig,
    #[error(": more than {} million numbers; keep a part of the samples, distances are estimates anyway", .0 / 1_000_000)]
    TooMany(usize),
    #[error(": holds no samples")]
    Empty,
    /// A place in a text file, line and column from 1, the column in characters.
    #[error(":{line}:{column}: {what}")]
    Csv { line: usize, column: usize, what: String },
    #[error(": {0}")]
    Npy(String),
    #[error(": {0}")]
    Points(distance::Error),
}

/// The samples in a file, a row each.
///
/// A file that begins as .npy does is read as that, whatever its name: version 1 or 2, little-endian `f4` or `f8`, in C
/// order, one dimension (samples of one number) or two (a row a sample). Any other is CSV: numbers separated by
/// commas, semicolons, tabs or spaces, a sample a line, the same number of them in every line; the first line may name
/// the columns; empty lines and lines that begin with `#` are skipped.
///
/// # Errors
/// One [`Error`] that names the file, where in it, and what is wrong: unreadable, too large, malformed, empty, or with
/// numbers that are not finite.
pub fn read(path: &Path) -> Result<Points, Error> {
    let named_npy = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("npy"));
    let open = || {
        let file = files::open(path).map_err(Problem::Read)?;
        let len = file.metadata().map_err(Problem::Read)?.len();
        if len > MAX_BYTES {
            return Err(Problem::TooBig);
        }
        // A file may grow while it is read.
        parse(BufReader::with_capacity(1 << 16, file.take(MAX_BYTES)), named_npy)
    };
    open().map_err(|problem| Error { path: path.to_owned(), problem })
}

/// The samples in a file. Text, whose length says little of the numbers in it, is read as it comes, and only they are
/// kept.
fn parse(mut from: impl BufRead, named_npy: bool) -> Result<Points, Problem> {
    let start = from.fill_buf().map_err(Problem::Read)?;
    if start.is_empty() {
        return Err(Problem::Empty);
    }
    if named_npy || start.starts_with(crate::domain::npy::MAGIC) {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).map_err(Problem::Read)?;
        return npy::parse(&bytes);
    }
    csv::parse(from, MAX_NUMBERS)
}

#[cfg(test)]
mod tests;
