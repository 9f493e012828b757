//! Images to draw from, whatever their format: as bytes in memory, or read one by one as they are drawn.

use std::fmt;
use std::sync::Arc;

use rand::Rng as _;

use super::Error;
use super::batch::Batch;
use crate::config::ImageData;
use crate::domain::seed::Rng;
use crate::domain::{PixelRange, SampleShape};
use crate::system::machine::free;

/// Images, one of them at least, all of one shape.
pub struct Images {
    pub shape: SampleShape,
    /// How many there are; never none.
    pub count: usize,
    pub pixels: Pixels,
    /// The class of each image, where it is known.
    pub labels: Option<Vec<u16>>,
    /// Whether a sample is mirrored left to right with probability ½.
    pub flip: bool,
}

/// Where the pixels are: whole images, one after the other, row-major, channels last.
#[derive(Clone)]
pub enum Pixels {
    Memory(Vec<u8>),
    Disk(Arc<dyn Shelf>),
}

/// Images that stay on disk.
pub trait Shelf: Send + Sync {
    /// Reads the image number `index`, counted from 0, whole into `pixels`.
    ///
    /// # Errors
    /// It cannot be read: an [`Error::Sample`].
    fn read(&self, index: usize, pixels: &mut [u8]) -> Result<(), Error>;
}

/// The most bytes that the pixels of `data` may take in memory.
pub fn memory(data: &ImageData) -> u64 {
    data.memory.map(|bytes| bytes.0).or_else(|| Some(free()? / 2)).unwrap_or(u64::MAX)
}

/// The shape of images of this size.
pub fn shape(data: &ImageData, width: usize, height: usize, channels: usize) -> SampleShape {
    SampleShape::Image { width, height, channels, range: data.range }
}

impl Images {
    /// See [`super::Source::classes`].
    pub fn classes(&self) -> Option<usize> {
        self.labels.as_ref().map(|labels| labels.iter().max().map_or(0, |&label| usize::from(label) + 1))
    }

    /// Whether they are read from disk as they are drawn.
    pub fn is_streamed(&self) -> bool {
        matches!(self.pixels, Pixels::Disk(_))
    }

    /// Fills a batch with images drawn with replacement.
    pub fn draw(&self, rng: &mut Rng, batch: &mut Batch<'_>) -> Result<(), Error> {
        let len = self.shape.len();
        let of = match (&batch.labels, &self.labels) {
            (Some(_), None) => return Err(Error::Unlabelled),
            (_, labels) => labels.as_deref().unwrap_or_default(),
        };
        // Takes memory only if images come from disk.
        let mut one = Vec::new();
        for (i, sample) in batch.samples.chunks_exact_mut(len).enumerate() {
            let (index, mirrored) = self.choose(rng);
            let bytes = match &self.pixels {
                Pixels::Memory(pixels) => &pixels[index * len..(index + 1) * len],
                Pixels::Disk(shelf) => {
                    one.resize(len, 0);
                    shelf.read(index, &mut one)?;
                    &one
                }
            };
            self.convert(bytes, mirrored, sample);
            if let Some(label) = batch.labels.as_mut().and_then(|labels| labels.get_mut(i)) {
                *label = of[index];
            }
        }
        Ok(())
    }

    /// Moves `rng` on as drawing `n` images would.
    pub fn skip(&self, rng: &mut Rng, n: usize) {
        for _ in 0..n {
            let _ = self.choose(rng);
        }
    }

    /// The next image, and whether it is mirrored.
    fn choose(&self, rng: &mut Rng) -> (usize, bool) {
        let index = rng.gen_range(0..self.count);
        // Images that are never mirrored take no random number for it.
        (index, self.flip && rng.r#gen())
    }

    /// The bytes of an image as the values of a sample.
    fn convert(&self, bytes: &[u8], mirrored: bool, sample: &mut [f32]) {
        let SampleShape::Image { width, channels, range, .. } = self.shape else { return };
        // Division, unlike multiplication by a reciprocal, maps 0 and 255 exactly onto the ends of the range.
        let (divisor, offset) = match range {
            PixelRange::Signed => (127.5, 1.0),
            PixelRange::Unit => (255.0, 0.0),
        };
        let value = |byte: u8| f32::from(byte) / divisor - offset;
        if !mirrored {
            sample.iter_mut().zip(bytes).for_each(|(out, &byte)| *out = value(byte));
            return;
        }
        let row = width * channels;
        for (out, bytes) in sample.chunks_exact_mut(row).zip(bytes.chunks_exact(row)) {
            for (out, pixel) in out.chunks_exact_mut(channels).rev().zip(bytes.chunks_exact(channels)) {
                out.iter_mut().zip(pixel).for_each(|(out, &byte)| *out = value(byte));
            }
        }
    }
}

impl fmt::Debug for Images {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Images({} of {:?})", self.count, self.shape)
    }
}

#[cfg(test)]
mod tests;
