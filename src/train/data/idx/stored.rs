//! Images that stay in their file, read one by one.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use super::super::Error;
use super::super::images::Shelf;

/// An open file of images.
#[derive(Debug)]
pub struct Stored {
    pub file: File,
    pub path: PathBuf,
    /// The place of its first image, in bytes.
    pub start: u64,
    /// The number of its images to draw from.
    pub count: usize,
}

impl Shelf for Stored {
    fn read(&self, index: usize, pixels: &mut [u8]) -> Result<(), Error> {
        // The file held all of them when it was opened, so this is no more than its length.
        let at = self.start + index as u64 * pixels.len() as u64;
        self.file.read_exact_at(pixels, at).map_err(|why| {
            let why = match why.kind() {
                io::ErrorKind::UnexpectedEof => "the file has been cut short since it was opened".to_owned(),
                _ => why.to_string(),
            };
            Error::Sample { path: self.path.clone(), index, count: self.count, why }
        })
    }
}
