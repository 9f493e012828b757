//! Images in NumPy's arrays: one in an .npy file, or one of those in an .npz archive, with its labels.
//!
//! Arrays of bytes are taken as they are; of floats their range says which values black and white have. Nothing is
//! allocated on the word of a header.

mod array;
mod error;
mod npz;

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Error as DataError;
use super::images::{self, Images, Pixels, Shelf};
use super::pictures::Survey;
use crate::config::ImageData;
use crate::system::files;
use array::{Layout, Levels};

use super::located::Locate;
pub use error::Error;
use error::Problem;
pub use npz::npz;

/// Reads the images of an .npy file. Of those kept, more than the memory allows stay in the file.
///
/// # Errors
/// One [`Error`] that names the file and what is wrong with it.
pub fn npy(data: &ImageData) -> Result<Images, Error> {
    read_npy(data).map_err(|problem| problem.at(&data.path))
}

fn read_npy(data: &ImageData) -> Result<Images, Problem> {
    let file = open(&data.path)?;
    let len = file.metadata().map_err(Problem::Read)?.len();
    let (layout, start) = array::header(&mut &file)?;
    let got = len.saturating_sub(start as u64);
    if layout.bytes() != Some(got) {
        return Err(Problem::Length { says: layout.to_string(), need: layout.bytes(), got });
    }
    let body = || At { file: &file, at: start as u64 };
    let levels = layout.levels(&mut body())?;
    let count = limited(data, &layout);
    let shelf = |file, levels| Stored { file, path: data.path.clone(), start: start as u64, layout, levels, count };
    let pixels = match kept(data, &layout, count) <= images::memory(data) {
        true => Pixels::Memory(layout.keep(&mut body(), levels, count)?),
        false => Pixels::Disk(Arc::new(shelf(file, levels))),
    };
    Ok(made(data, &layout, levels, count, pixels))
}

/// Opens a file that a person named.
fn open(path: &Path) -> Result<File, Problem> {
    let kind = files::kind(path).map_err(Problem::Read)?;
    if kind.is_none() {
        return Err(Problem::Missing);
    }
    files::open(path).map_err(Problem::Read)
}

/// The number of images that are used.
fn limited(data: &ImageData, layout: &Layout) -> usize {
    if data.limit == 0 { layout.count } else { data.limit.min(layout.count) }
}

/// The bytes of pixels of so many images.
fn kept(data: &ImageData, layout: &Layout, count: usize) -> u64 {
    let len = images::shape(data, layout.width, layout.height, layout.channels).len();
    (len as u64).saturating_mul(count as u64)
}

fn made(data: &ImageData, layout: &Layout, levels: Levels, count: usize, pixels: Pixels) -> Images {
    let shape = images::shape(data, layout.width, layout.height, layout.channels);
    let survey = Survey { remarks: levels.remark().into_iter().collect(), ..Survey::default() };
    Images { shape, count, pixels, labels: None, flip: data.flip, survey }
}

/// A place in a file, read on from there.
struct At<'a> {
    file: &'a File,
    at: u64,
}

impl Read for At<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let got = self.file.read_at(buffer, self.at)?;
        self.at += got as u64;
        Ok(got)
    }
}

/// An array that stays in its file.
struct Stored {
    file: File,
    path: PathBuf,
    /// The place of its first number, in bytes.
    start: u64,
    layout: Layout,
    levels: Levels,
    count: usize,
}

impl Shelf for Stored {
    fn read(&self, index: usize, pixels: &mut [u8]) -> Result<(), DataError> {
        let record = self.layout.record();
        let mut raw = vec![0; record];
        let read = self.file.read_exact_at(&mut raw, self.start + index as u64 * record as u64);
        read.map_err(|why| {
            let why = match why.kind() {
                std::io::ErrorKind::UnexpectedEof => "the file has been cut short since it was opened".to_owned(),
                _ => why.to_string(),
            };
            DataError::Sample { path: self.path.clone(), index, count: self.count, why }
        })?;
        self.layout.convert(&raw, self.levels, pixels);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
