//! Images to draw from, whatever their format: as bytes in memory, or read one by one as they are drawn.

use std::fmt;
use std::sync::Arc;
use std::thread;

use rand::Rng as _;

use super::Error;
use super::batch::Batch;
use super::pictures::Survey;
use crate::config::ImageData;
use crate::domain::seed::Rng;
use crate::domain::{PixelRange, SampleShape};
use crate::system::machine::free;

/// Images, one of them at least, all of one shape.
pub struct Images {
    pub shape: SampleShape,
    /// The number of images; never none.
    pub count: usize,
    pub pixels: Pixels,
    /// The class of each image, where it is known.
    pub labels: Option<Vec<u16>>,
    /// Whether a sample is mirrored left to right with probability ½.
    pub flip: bool,
    /// The survey of the files, where images are files.
    pub survey: Survey,
}

/// The pixels: whole images, one after the other, row-major, channels last.
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

    /// The number of threads that may read at once and be the faster for it.
    fn threads(&self) -> usize {
        1
    }
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
        let labels = self.labels.as_ref()?;
        let used = labels.iter().max().map_or(0, |&label| usize::from(label) + 1);
        // Of classes with names there may be some without images.
        Some(used.max(self.survey.classes.len()))
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
        let mut chosen = Vec::new();
        for (i, sample) in batch.samples.chunks_exact_mut(len).enumerate() {
            let (index, mirrored) = self.choose(rng);
            match &self.pixels {
                Pixels::Memory(pixels) => self.convert(&pixels[index * len..(index + 1) * len], mirrored, sample),
                Pixels::Disk(_) => chosen.push((index, mirrored)),
            }
            if let Some(label) = batch.labels.as_mut().and_then(|labels| labels.get_mut(i)) {
                *label = of[index];
            }
        }
        match &self.pixels {
            Pixels::Memory(_) => Ok(()),
            Pixels::Disk(shelf) => self.fetch(&**shelf, &chosen, batch.samples),
        }
    }

    /// Reads images from disk, on as many threads as that is the faster for.
    fn fetch(&self, shelf: &dyn Shelf, chosen: &[(usize, bool)], samples: &mut [f32]) -> Result<(), Error> {
        let len = self.shape.len();
        let read = |chosen: &[(usize, bool)], samples: &mut [f32]| -> Result<(), Error> {
            let mut bytes = vec![0; len];
            for (&(index, mirrored), sample) in chosen.iter().zip(samples.chunks_exact_mut(len)) {
                shelf.read(index, &mut bytes)?;
                self.convert(&bytes, mirrored, sample);
            }
            Ok(())
        };
        let share = chosen.len().div_ceil(shelf.threads().max(1)).max(1);
        if share >= chosen.len() {
            return read(chosen, samples);
        }
        thread::scope(|scope| {
            let parts = chosen.chunks(share).zip(samples.chunks_mut(share * len));
            let begun: Vec<_> = parts.map(|(chosen, samples)| scope.spawn(move || read(chosen, samples))).collect();
            // All are waited for; the first of the samples that failed is told.
            begun.into_iter().map(|part| part.join().unwrap_or(Err(Error::Stopped))).fold(Ok(()), Result::and)
        })
    }

    /// Reads the image number `index`, counted from 0, whole into `bytes`.
    pub fn read(&self, index: usize, bytes: &mut [u8]) -> Result<(), Error> {
        match &self.pixels {
            Pixels::Memory(pixels) => {
                let from = index * bytes.len();
                bytes.copy_from_slice(&pixels[from..from + bytes.len()]);
                Ok(())
            }
            Pixels::Disk(shelf) => shelf.read(index, bytes),
        }
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
    pub fn convert(&self, bytes: &[u8], mirrored: bool, sample: &mut [f32]) {
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
