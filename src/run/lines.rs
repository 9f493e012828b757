//! Reading the files of a run line by line, whatever became of their writer.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// The longest line that is read, in bytes: far more than any has.
const MAX_LINE: usize = 1 << 20;

/// Why a file of a run cannot be read. Each says all there is to say: it has no source.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("{}: cannot be read: {why}", path.display())]
    File { path: PathBuf, why: io::Error },
    /// A line is not what it should be; line and column count from 1.
    #[error("{}:{line}:{column}: {why}", path.display())]
    Line { path: PathBuf, line: usize, column: usize, why: String },
}

/// The last line of a file, torn by the end of who wrote it, and skipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Torn {
    pub path: PathBuf,
    /// Counted from 1.
    pub line: usize,
}

impl fmt::Display for Torn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: the last line is not whole and was skipped", self.path.display(), self.line)
    }
}

/// The whole lines of a file. One that ends in no newline is torn.
#[derive(Debug)]
pub struct Lines {
    path: PathBuf,
    file: BufReader<File>,
    text: Vec<u8>,
    /// The line that `text` is, counted from 1.
    line: usize,
    torn: Option<Torn>,
}

impl Lines {
    /// # Errors
    /// The file cannot be opened.
    pub fn open(path: &Path) -> Result<Lines, ReadError> {
        let file = File::open(path).map_err(|why| ReadError::File { path: path.to_owned(), why })?;
        let file = BufReader::with_capacity(1 << 16, file);
        Ok(Lines { path: path.to_owned(), file, text: Vec::new(), line: 0, torn: None })
    }

    /// The next whole line, without its newline.
    ///
    /// # Errors
    /// The file cannot be read, or the line is no text of a reasonable length.
    pub fn next(&mut self) -> Result<Option<&[u8]>, ReadError> {
        self.text.clear();
        self.line += 1;
        let most = MAX_LINE as u64 + 1;
        let read = self.file.by_ref().take(most).read_until(b'\n', &mut self.text);
        read.map_err(|why| ReadError::File { path: self.path.clone(), why })?;
        match self.text.pop() {
            None => Ok(None),
            Some(b'\n') => Ok(Some(&self.text)),
            Some(_) if self.text.len() >= MAX_LINE => Err(self.wrong(1, "the line is longer than 1 MiB")),
            Some(_) => {
                self.torn = Some(Torn { path: self.path.clone(), line: self.line });
                Ok(None)
            }
        }
    }

    /// Goes on with the first line that begins within the last so many bytes. What is told from there on has no true
    /// line number.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn skip_to_the_last(&mut self, bytes: usize) -> Result<(), ReadError> {
        let fail = |why| ReadError::File { path: self.path.clone(), why };
        let here = self.file.stream_position().map_err(fail)?;
        let end = self.file.seek(SeekFrom::End(0)).map_err(fail)?;
        let there = end.saturating_sub(bytes as u64).max(here);
        self.file.seek(SeekFrom::Start(there)).map_err(fail)?;
        if there > here {
            self.next()?;
        }
        Ok(())
    }

    /// The torn last line that was skipped, once there are no more lines.
    pub fn torn(&self) -> Option<&Torn> {
        self.torn.as_ref()
    }

    /// The error that the line last read is wrong from `column`, counted from 1.
    pub fn wrong(&self, column: usize, why: impl Into<String>) -> ReadError {
        ReadError::Line { path: self.path.clone(), line: self.line, column, why: why.into() }
    }
}
