//! Reading the files of a run line by line, whatever became of their writer.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// The longest line that is read, in bytes: far more than any has.
pub(super) const MAX_LINE: usize = 1 << 20;

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

/// The whole lines of a file. One that ends in no newline is torn, until more is written behind it.
#[derive(Debug)]
pub struct Lines {
    path: PathBuf,
    file: BufReader<File>,
    text: Vec<u8>,
    /// The line that `text` is, counted from 1.
    line: usize,
    torn: Option<Torn>,
    /// Whether the rest of a line that is too long is still to be passed over.
    overlong: bool,
}

impl Lines {
    /// # Errors
    /// The file cannot be opened.
    pub fn open(path: &Path) -> Result<Lines, ReadError> {
        let file = crate::system::files::open(path).map_err(|why| ReadError::File { path: path.to_owned(), why })?;
        let file = BufReader::with_capacity(1 << 16, file);
        Ok(Lines { path: path.to_owned(), file, text: Vec::new(), line: 0, torn: None, overlong: false })
    }

    /// The next whole line, without its newline. After the last one there may be more later, of a file that grows.
    ///
    /// # Errors
    /// The file cannot be read, or the line is no text of a reasonable length; the next call goes on behind it.
    pub fn next_line(&mut self) -> Result<Option<&[u8]>, ReadError> {
        loop {
            // A torn line goes on where it stopped.
            if self.torn.take().is_none() {
                self.text.clear();
                self.line += usize::from(!self.overlong);
            }
            let most = (MAX_LINE + 1).saturating_sub(self.text.len()) as u64;
            let read = self.file.by_ref().take(most).read_until(b'\n', &mut self.text);
            read.map_err(|why| ReadError::File { path: self.path.clone(), why })?;
            let whole = self.text.last() == Some(&b'\n');
            if self.overlong {
                match (whole, self.text.is_empty()) {
                    (_, true) => return Ok(None),
                    (whole, _) => self.overlong = !whole,
                }
                continue;
            }
            if whole {
                self.text.pop();
                return Ok(Some(&self.text));
            }
            if self.text.len() > MAX_LINE {
                self.overlong = true;
                return Err(self.wrong(1, "the line is longer than 1 MiB"));
            }
            if self.text.is_empty() {
                // Nothing of this line is there yet.
                self.line -= 1;
            } else {
                self.torn = Some(Torn { path: self.path.clone(), line: self.line });
            }
            return Ok(None);
        }
    }

    /// Finds its place again in a file that has become shorter, as metrics.csv does when a run is gone on with from a
    /// checkpoint: behind what is left. Says whether it had to.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn follow_cut(&mut self) -> Result<bool, ReadError> {
        let fail = |why| ReadError::File { path: self.path.clone(), why };
        let here = self.file.stream_position().map_err(fail)?;
        let end = self.file.get_ref().metadata().map_err(fail)?.len();
        if end >= here {
            return Ok(false);
        }
        self.file.seek(SeekFrom::Start(end)).map_err(fail)?;
        (self.torn, self.overlong) = (None, false);
        Ok(true)
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
            self.next_line()?;
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
