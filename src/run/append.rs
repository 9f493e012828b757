//! Files that are only appended to: what is written is in them whole or not at all.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::Error;
use crate::system::files::{self, Directory};

/// A file that grows.
#[derive(Debug)]
pub struct Appender {
    file: File,
    /// The length of the file up to the end of what was last written whole.
    len: u64,
    /// Whether the file may end in a part of something that has not been cut off yet.
    torn: bool,
}

impl Appender {
    /// To the end of a file that is open for appending.
    pub fn new(file: File) -> Appender {
        let len = file.metadata().map_or(0, |meta| meta.len());
        Appender { file, len, torn: false }
    }

    /// To a new file.
    ///
    /// # Errors
    /// There is one already, or it cannot be made.
    pub fn create(path: &Path) -> Result<Appender, Error> {
        let (dir, name) = files::parent(path).map_err(|why| Error::Write { path: path.to_owned(), why })?;
        Appender::create_in(&dir, name)
    }

    /// To a new file in a directory.
    ///
    /// # Errors
    /// There is one already, or it cannot be made.
    pub fn create_in(dir: &Directory, name: &Path) -> Result<Appender, Error> {
        dir.create(name).map(Appender::new).map_err(|why| match why.kind() {
            io::ErrorKind::AlreadyExists => Error::Exists { path: dir.path(name) },
            _ => Error::Write { path: dir.path(name), why },
        })
    }

    /// Hands all of this to the system, or nothing.
    ///
    /// # Errors
    /// The file was deleted, or cannot take it.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.file.metadata()?.nlink() == 0 {
            return Err(io::Error::other("it was deleted"));
        }
        if self.torn {
            self.file.set_len(self.len)?;
            self.torn = false;
        }
        match self.file.write_all(bytes) {
            Ok(()) => self.len += bytes.len() as u64,
            Err(e) => {
                self.torn = self.file.set_len(self.len).is_err();
                return Err(e);
            }
        }
        Ok(())
    }

    /// Waits until all of it is on the disk.
    ///
    /// # Errors
    /// It cannot be written there.
    pub fn settle(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// The file.
    pub fn file(&self) -> &File {
        &self.file
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_cut_off_before_the_next() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let mut out = Appender::create(&path).unwrap();
        out.append(b"one\n").unwrap();
        // As after a write that got only so far and could not be undone.
        out.file.write_all(b"tw").unwrap();
        out.torn = true;
        out.append(b"three\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\nthree\n");
        assert!(matches!(Appender::create(&path), Err(Error::Exists { .. })));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(out.append(b"four\n").unwrap_err().to_string(), "it was deleted");
    }
}
