//! Images in the IDX format of MNIST, plain or gzip, read once and kept as bytes.
//!
//! A header is never believed before the file has shown that it holds what the header says: nothing is allocated from
//! a claimed size alone, and decompression stops one byte after it.

mod error;
mod find;
mod format;

use std::fs;
use std::io::{BufReader, Read};
use std::path::Path;

use rand::Rng as _;

use crate::config::PixelRange;
use crate::files;
use crate::link::SampleShape;
use crate::seed::Rng;

pub use error::Error;
use error::Problem;
use format::Header;

/// The most pixel bytes a file may claim: 4 GiB.
pub const MAX_BYTES: u64 = 1 << 32;

/// Images in memory.
#[derive(Clone)]
pub struct Images {
    width: usize,
    height: usize,
    channels: usize,
    range: PixelRange,
    /// Whole images, one after the other, row-major, channels last. At least one.
    pixels: Vec<u8>,
}

/// Reads the images of `path`, an IDX file or a directory with MNIST's training images in it.
///
/// `limit` keeps the first so many images, 0 all of them; the file is checked to its end either way.
///
/// # Errors
/// One [`Error`] that names the file and what is wrong with it.
pub fn read(path: &Path, limit: usize, range: PixelRange) -> Result<Images, Error> {
    let path = find::file(path)?;
    let len = fs::metadata(&path).map(|meta| meta.len());
    let images = len
        .map_err(Problem::Read)
        .and_then(|len| Ok((len, files::open(&path).map_err(Problem::Read)?)))
        .and_then(|(len, file)| parse(file, len, named_gz(&path), limit));
    let (header, pixels) = images.map_err(|problem| problem.at(&path))?;
    let Header { width, height, channels, .. } = header;
    Ok(Images { width, height, channels, range, pixels })
}

fn named_gz(path: &Path) -> bool {
    path.extension().is_some_and(|ext| ext.eq_ignore_ascii_case("gz"))
}

/// Parses an IDX file of `len` bytes, unpacking it first if it starts as gzip does.
fn parse(file: impl Read, len: u64, named_gz: bool, limit: usize) -> Result<(Header, Vec<u8>), Problem> {
    let mut file = BufReader::with_capacity(1 << 16, file);
    let head = format::peek(&mut file)?;
    if head.starts_with(&format::GZIP) {
        // A gzip file may have several members; read as one, as gzip itself does.
        let mut unpacked = BufReader::new(flate2::bufread::MultiGzDecoder::new(file));
        format::read(&mut unpacked, None, limit).map_err(Problem::inside_gzip)
    } else if named_gz && !format::looks_like_idx(&head) {
        Err(Problem::NotGzip(format::describe(&head)))
    } else {
        format::read(&mut file, Some(len), limit)
    }
}

impl Images {
    /// The shape of one image.
    pub fn shape(&self) -> SampleShape {
        SampleShape::Image { width: self.width, height: self.height, channels: self.channels }
    }

    /// How many there are; never none.
    pub fn count(&self) -> usize {
        self.pixels.len() / self.shape().len()
    }

    /// Fills `out` with images drawn with replacement.
    pub fn fill(&self, rng: &mut Rng, out: &mut [f32]) {
        let (len, count) = (self.shape().len(), self.count());
        // Division, unlike multiplication by a reciprocal, maps 0 and 255 exactly onto the ends of the range.
        let (divisor, offset) = match self.range {
            PixelRange::Signed => (127.5, 1.0),
            PixelRange::Unit => (255.0, 0.0),
        };
        for sample in out.chunks_exact_mut(len) {
            let at = rng.gen_range(0..count) * len;
            for (out, &byte) in sample.iter_mut().zip(&self.pixels[at..at + len]) {
                *out = f32::from(byte) / divisor - offset;
            }
        }
    }
}

impl std::fmt::Debug for Images {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Images({} of {:?}, {:?})", self.count(), self.shape(), self.range)
    }
}

#[cfg(test)]
mod tests;
