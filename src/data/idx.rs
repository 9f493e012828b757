//! Images in the IDX format of MNIST, plain or gzip, read once and kept as bytes.
//!
//! A header is never believed before the file has shown that it holds what the header says: nothing is allocated from
//! a claimed size alone, and decompression stops one byte after it.

mod error;
mod find;
mod format;
mod members;

use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use rand::Rng as _;

use crate::config::PixelRange;
use crate::files;
use crate::link::SampleShape;
use crate::seed::Rng;

pub use error::Error;
use error::Problem;
use format::{Header, Promise};
use members::Members;

/// The most pixel bytes a file may claim: 4 GiB.
pub const MAX_BYTES: u64 = 1 << 32;
/// The most bytes of pixels for which room is made on the word of a packed file's header alone: 256 MiB.
const TRUSTED: u64 = 1 << 28;

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
    let len = files::open(&path).and_then(|file| Ok(file.metadata()?.len()));
    let images = len.map_err(Problem::Read).and_then(|len| parse(|| files::open(&path), len, named_gz(&path), limit));
    let (header, pixels) = images.map_err(|problem| problem.at(&path))?;
    let Header { width, height, channels, .. } = header;
    Ok(Images { width, height, channels, range, pixels })
}

fn named_gz(path: &Path) -> bool {
    path.extension().is_some_and(|ext| ext.eq_ignore_ascii_case("gz"))
}

/// Parses an IDX file of `len` bytes, unpacking it first if it starts as gzip does. `open` opens it at its beginning.
fn parse<F: Read>(
    open: impl Fn() -> io::Result<F>,
    len: u64,
    named_gz: bool,
    limit: usize,
) -> Result<(Header, Vec<u8>), Problem> {
    let open = || open().map(|file| BufReader::with_capacity(1 << 16, file)).map_err(Problem::Read);
    let mut file = open()?;
    let head = format::peek(&mut file)?;
    if head.starts_with(&format::GZIP) {
        unpack(file, open, limit, TRUSTED).map_err(Problem::inside_gzip)
    } else if named_gz && !format::looks_like_idx(&head) {
        Err(Problem::NotGzip(format::describe(&head)))
    } else {
        format::read(&mut file, Some(len), limit)
    }
}

/// Parses what is packed in a gzip file. One that promises more than `trusted` bytes is unpacked to its end first, with nothing kept, and
/// read only if it keeps its promise.
fn unpack<F: BufRead>(
    file: F,
    open: impl Fn() -> Result<F, Problem>,
    limit: usize,
    trusted: u64,
) -> Result<(Header, Vec<u8>), Problem> {
    let mut file = BufReader::new(Members::new(file));
    let promise = Promise::read(&mut file)?;
    if promise.kept(limit) <= trusted {
        return promise.keep(&mut file, None, limit);
    }
    promise.check_end(&mut file, 0)?;
    format::read(&mut BufReader::new(Members::new(open()?)), None, limit)
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
