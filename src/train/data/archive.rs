//! Zip archives, read from any place by any number of threads.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

use crate::system::files;

/// An archive. Copies share its file and its table of contents.
pub type Archive = ZipArchive<At>;

/// Bytes read at once where little is asked for: a table of contents is read in numbers of two and four bytes.
const AHEAD: usize = 1 << 13;

/// Opens the archive `path` and reads its table of contents.
///
/// # Errors
/// It cannot be read, or is none: why, without its name.
pub fn open(path: &Path) -> Result<Archive, String> {
    let file = files::open(path).map_err(|why| why.to_string())?;
    let len = file.metadata().map_err(|why| why.to_string())?.len();
    ZipArchive::new(At { file: Arc::new(file), len, at: 0, ahead: Vec::new(), from: 0 }).map_err(|why| told(&why))
}

/// All bytes of a file in the archive, of `most` at most, whose checksum is right.
///
/// # Errors
/// It is not there, is damaged, encrypted or larger, or packed in another way: why, without its name.
pub fn unpack(archive: &Archive, name: &str, most: u64) -> Result<Vec<u8>, String> {
    read(archive, name, |file| {
        let mut bytes = Vec::new();
        file.take(most + 1).read_to_end(&mut bytes).map_err(|why| format!("damaged: {why}"))?;
        if bytes.len() as u64 > most { Err(format!("larger than {} MiB, unpacked", most >> 20)) } else { Ok(bytes) }
    })
}

/// The result of `read` on a file in the archive.
///
/// # Errors
/// Those of `read`; there is no such file, or it is encrypted or packed in another way: why, without its name.
pub fn read<T>(
    archive: &Archive,
    name: &str,
    read: impl FnOnce(ZipFile<'_>) -> Result<T, String>,
) -> Result<T, String> {
    // A copy has a place of its own in the file.
    let mut archive = archive.clone();
    let file = archive.by_name(name).map_err(|why| told(&why))?;
    read(file)
}

fn told(error: &ZipError) -> String {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => "encrypted".to_owned(),
        ZipError::InvalidArchive(_) => format!("damaged, cut short, or not a zip archive ({error})"),
        error => error.to_string(),
    }
}

/// A place in a file that is shared.
#[derive(Debug)]
pub struct At {
    file: Arc<File>,
    len: u64,
    at: u64,
    /// Bytes that have been read from `from` on.
    ahead: Vec<u8>,
    from: u64,
}

impl Clone for At {
    fn clone(&self) -> At {
        At { file: self.file.clone(), len: self.len, at: self.at, ahead: Vec::new(), from: 0 }
    }
}

impl Read for At {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.len() >= AHEAD {
            let got = self.file.read_at(buffer, self.at)?;
            self.at += got as u64;
            return Ok(got);
        }
        let is_ahead = (self.from..self.from + self.ahead.len() as u64).contains(&self.at);
        if !is_ahead {
            self.ahead.resize(AHEAD, 0);
            let got = self.file.read_at(&mut self.ahead, self.at)?;
            self.ahead.truncate(got);
            self.from = self.at;
        }
        let rest = self.ahead.get((self.at - self.from) as usize..).unwrap_or_default();
        let got = rest.len().min(buffer.len());
        buffer[..got].copy_from_slice(&rest[..got]);
        self.at += got as u64;
        Ok(got)
    }
}

impl Seek for At {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.len.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a place before the beginning"))?;
        Ok(self.at)
    }
}
