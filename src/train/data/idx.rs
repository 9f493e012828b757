//! Images in the IDX format of MNIST, plain or gzip: read once and kept as bytes, or, where they are too many for that and
//! not packed, read one by one as they are drawn.
//!
//! A header is never believed before the file has shown that it holds what the header says: nothing is allocated from
//! a claimed size alone, and decompression stops one byte after it.

mod error;
mod find;
mod format;
mod labels;
mod members;
mod stored;

use std::io::{self, BufRead, BufReader, Read, Seek};
use std::path::Path;

use rand::Rng as _;

use super::batch::Batch;
use crate::domain::seed::Rng;
use crate::domain::{PixelRange, SampleShape};
use crate::system::files;
use crate::system::machine::free;

pub use error::Error;
use error::Problem;
use format::{Header, Promise};
use members::Members;
use stored::Stored;

/// The most pixel bytes that a packed file may claim, whose length says nothing of what it holds: 4 GiB.
pub const MAX_BYTES: u64 = 1 << 32;
/// The most bytes of pixels for which room is made on the word of a packed file's header alone: 256 MiB.
const TRUSTED: u64 = 1 << 28;

/// Images, one of them at least.
pub struct Images {
    width: usize,
    height: usize,
    channels: usize,
    range: PixelRange,
    count: usize,
    pixels: Pixels,
    /// The class of each image, where a file beside the images says it.
    labels: Option<Vec<u8>>,
}

/// Where the pixels are: whole images, one after the other, row-major, channels last.
#[derive(Debug)]
enum Pixels {
    Memory(Vec<u8>),
    File(Stored),
}

/// What a file has been read as.
#[derive(Debug)]
enum Contents {
    Pixels(Vec<u8>),
    /// Too many to keep; the first image begins at this byte.
    Elsewhere {
        start: u64,
    },
}

/// Reads the images of `path`, an IDX file or a directory with MNIST's training images in it.
///
/// `limit` keeps the first so many images, 0 all of them; a file that is read into memory is checked to its end either way.
/// Of those kept, so many bytes of `memory` may be taken, half of what is free if nothing is said: more of them stay in the
/// file, if it is not packed.
///
/// # Errors
/// One [`Error`] that names the file and what is wrong with it, or with the labels beside it.
pub fn read(path: &Path, limit: usize, range: PixelRange, memory: Option<u64>) -> Result<Images, Error> {
    let path = find::file(path)?;
    let memory = memory.or_else(|| Some(free()? / 2)).unwrap_or(u64::MAX);
    let open = || {
        let file = files::open(&path).map_err(Problem::Read)?;
        let len = file.metadata().map_err(Problem::Read)?.len();
        let from_start = || (&file).rewind().map(|()| &file);
        let (header, contents) = parse(from_start, len, named_gz(&path), limit, memory)?;
        Ok((header, contents, file))
    };
    let (header, contents, file) = open().map_err(|problem: Problem| problem.at(&path))?;
    let mut labels = labels::beside(&path, header.all)?;
    if let Some(labels) = &mut labels {
        labels.truncate(header.images);
    }
    let pixels = match contents {
        Contents::Pixels(pixels) => Pixels::Memory(pixels),
        Contents::Elsewhere { start } => Pixels::File(Stored { file, path, start }),
    };
    let Header { images: count, width, height, channels, .. } = header;
    Ok(Images { width, height, channels, range, count, pixels, labels })
}

fn named_gz(path: &Path) -> bool {
    path.extension().is_some_and(|ext| ext.eq_ignore_ascii_case("gz"))
}

/// Parses an IDX file of `len` bytes, unpacking it first if it starts as gzip does. `open` opens it at its beginning. Of
/// images that take more than `memory` bytes, none is read.
fn parse<F: Read>(
    open: impl Fn() -> io::Result<F>,
    len: u64,
    named_gz: bool,
    limit: usize,
    memory: u64,
) -> Result<(Header, Contents), Problem> {
    let open = || open().map(|file| BufReader::with_capacity(1 << 16, file)).map_err(Problem::Read);
    let mut file = open()?;
    let head = format::peek(&mut file)?;
    if head.starts_with(&format::GZIP) {
        unpack(file, open, limit, memory, TRUSTED).map_err(Problem::inside_gzip)
    } else if named_gz && !format::looks_like_idx(&head) {
        Err(Problem::NotGzip(format::describe(&head)))
    } else {
        Promise::read(&mut file, u64::MAX)?.keep(&mut file, Some(len), limit, memory)
    }
}

/// Parses what is packed in a gzip file. One that promises more than `trusted` bytes is unpacked to its end first, with
/// nothing kept, and read only if it keeps its promise.
fn unpack<F: BufRead>(
    file: F,
    open: impl Fn() -> Result<F, Problem>,
    limit: usize,
    memory: u64,
    trusted: u64,
) -> Result<(Header, Contents), Problem> {
    let mut file = BufReader::new(Members::new(file));
    let promise = Promise::read(&mut file, MAX_BYTES)?;
    if promise.kept(limit) <= trusted {
        return promise.keep(&mut file, None, limit, memory);
    }
    promise.check_end(&mut file, 0)?;
    let mut file = BufReader::new(Members::new(open()?));
    Promise::read(&mut file, MAX_BYTES)?.keep(&mut file, None, limit, memory)
}

impl Images {
    /// The shape of one image.
    pub fn shape(&self) -> SampleShape {
        let Images { width, height, channels, range, .. } = *self;
        SampleShape::Image { width, height, channels, range }
    }

    /// How many there are; never none.
    pub fn count(&self) -> usize {
        self.count
    }

    /// See [`super::Source::classes`].
    pub fn classes(&self) -> Option<usize> {
        self.labels.as_ref().map(|labels| labels.iter().max().map_or(0, |&label| usize::from(label) + 1))
    }

    /// Whether they are read from their file as they are drawn.
    pub fn is_streamed(&self) -> bool {
        matches!(self.pixels, Pixels::File(_))
    }

    /// Fills a batch with images drawn with replacement.
    pub fn draw(&self, rng: &mut Rng, batch: &mut Batch<'_>) -> Result<(), super::Error> {
        let (len, count) = (self.shape().len(), self.count());
        let of = match (&batch.labels, &self.labels) {
            (Some(_), None) => return Err(super::Error::Unlabelled),
            (_, labels) => labels.as_deref().unwrap_or_default(),
        };
        // Division, unlike multiplication by a reciprocal, maps 0 and 255 exactly onto the ends of the range.
        let (divisor, offset) = match self.range {
            PixelRange::Signed => (127.5, 1.0),
            PixelRange::Unit => (255.0, 0.0),
        };
        // Takes memory only if images come from their file.
        let mut one = Vec::new();
        for (i, sample) in batch.samples.chunks_exact_mut(len).enumerate() {
            let index = rng.gen_range(0..count);
            let bytes = match &self.pixels {
                Pixels::Memory(pixels) => &pixels[index * len..(index + 1) * len],
                Pixels::File(stored) => {
                    one.resize(len, 0);
                    stored.read(index, count, &mut one)?;
                    &one
                }
            };
            for (out, &byte) in sample.iter_mut().zip(bytes) {
                *out = f32::from(byte) / divisor - offset;
            }
            if let Some(label) = batch.labels.as_mut().and_then(|labels| labels.get_mut(i)) {
                *label = of[index].into();
            }
        }
        Ok(())
    }

    /// Moves `rng` on as drawing `n` images would.
    pub fn skip(&self, rng: &mut Rng, n: usize) {
        for _ in 0..n {
            let _ = rng.gen_range(0..self.count());
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
