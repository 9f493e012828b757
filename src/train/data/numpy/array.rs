//! An array of images: what its header says, and from its numbers to bytes.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read};

use super::error::Problem;
use crate::domain::npy::{self, Header};

/// The most bytes of one image's numbers: 1 GiB, a square of 16,384 bytes in four-byte colours.
const MOST_RECORD: u64 = 1 << 30;

/// The layout of the numbers of images in an array, and their kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    pub count: usize,
    pub height: usize,
    pub width: usize,
    pub channels: usize,
    /// Whether channels come before rows and columns.
    planes: bool,
    /// Whether numbers are floats of four bytes, else they are bytes.
    floats: bool,
}

/// The values of black and white.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Levels {
    /// Bytes, 0 and 255.
    Bytes,
    /// Floats, 0 and 1.
    Unit,
    /// Floats, −1 and 1.
    Signed,
    /// Floats, 0 and 255.
    Wide,
}

impl Levels {
    /// The notes about it.
    pub fn remark(self) -> Option<String> {
        let range = match self {
            Levels::Bytes => return None,
            Levels::Unit => "[0, 1]",
            Levels::Signed => "[-1, 1]",
            Levels::Wide => "[0, 255]",
        };
        Some(format!("floats within {range}, rounded to bytes"))
    }
}

/// The header at the beginning of an array, and where the numbers begin.
///
/// # Errors
/// It is no header, or not one of images.
pub fn header(file: &mut impl Read) -> Result<(Layout, usize), Problem> {
    let mut head = Vec::new();
    file.take(npy::MOST_HEADER as u64).read_to_end(&mut head).map_err(Problem::Read)?;
    let (header, rest) = npy::split(&head).map_err(Problem::Format)?;
    Ok((Layout::of(&header)?, head.len() - rest.len()))
}

impl Layout {
    /// The layout of an array of images.
    ///
    /// # Errors
    /// It is not one of images.
    pub fn of(header: &Header) -> Result<Layout, Problem> {
        let Header { descr, fortran, shape } = header;
        let sizes = || format!("sizes {shape:?}");
        let wrong = || Problem::Shape(sizes());
        let floats = match descr.as_str() {
            "|u1" => false,
            "<f4" => true,
            descr => return Err(Problem::Numbers(npy::shown(descr))),
        };
        let (count, height, width, channels, planes) = match shape[..] {
            [n, h, w] => (n, h, w, 1, false),
            // Where both may be channels, those that are last are.
            [n, h, w, c @ (1 | 3)] => (n, h, w, c, false),
            [n, c @ (1 | 3), h, w] => (n, h, w, c, true),
            _ => return Err(wrong()),
        };
        if *fortran {
            return Err(Problem::Fortran);
        }
        let layout = Layout { count, height, width, channels, planes, floats };
        let record = [height, width, channels, if floats { 4 } else { 1 }];
        let record = record.iter().try_fold(1u64, |all, &size| all.checked_mul(size as u64));
        match record {
            Some(1..=MOST_RECORD) if count > 0 => Ok(layout),
            _ => Err(wrong()),
        }
    }

    /// Bytes of one image's numbers.
    pub fn record(&self) -> usize {
        self.len() * if self.floats { 4 } else { 1 }
    }

    /// Numbers in one image.
    fn len(&self) -> usize {
        self.height * self.width * self.channels
    }

    /// Bytes of all numbers, if that can be said.
    pub fn bytes(&self) -> Option<u64> {
        (self.record() as u64).checked_mul(self.count as u64)
    }

    /// Calls `each` with the number and the bytes of one image after the other, `count` of them.
    fn walk(
        &self,
        file: &mut impl Read,
        count: usize,
        mut each: impl FnMut(usize, &[u8]) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let mut record = Vec::new();
        for image in 0..count {
            record.clear();
            let got = file.take(self.record() as u64).read_to_end(&mut record);
            let cut = |why| Problem::Cut { says: self.to_string(), image, why };
            match got {
                Ok(got) if got == self.record() => each(image, &record)?,
                Ok(_) => return Err(cut(io::ErrorKind::UnexpectedEof.into())),
                Err(why) => return Err(cut(why)),
            }
        }
        Ok(())
    }

    /// The levels of all its images, read to the end of `file`.
    ///
    /// # Errors
    /// It is cut short, or goes on; values are not finite, or of no range that is known.
    pub fn levels(&self, file: &mut impl Read) -> Result<Levels, Problem> {
        let mut file = BufReader::with_capacity(1 << 16, file);
        let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
        self.walk(&mut file, self.count, |image, record| {
            if self.floats {
                for value in floats(record) {
                    if !value.is_finite() {
                        return Err(Problem::NotFinite { image });
                    }
                    (low, high) = (low.min(value), high.max(value));
                }
            }
            Ok(())
        })?;
        if !file.fill_buf().map_err(|why| Problem::Format(format!("damaged: {why}")))?.is_empty() {
            return Err(Problem::Long { says: self.to_string() });
        }
        match (low, high) {
            _ if !self.floats => Ok(Levels::Bytes),
            (low, high) if low >= 0.0 && high <= 1.0 => Ok(Levels::Unit),
            (low, high) if low >= -1.0 && high <= 1.0 => Ok(Levels::Signed),
            (low, high) if low >= 0.0 && high <= 255.0 => Ok(Levels::Wide),
            (low, high) => Err(Problem::Levels { low, high }),
        }
    }

    /// The pixels of the first `count` images as bytes.
    ///
    /// # Errors
    /// The file is cut short, or they do not fit into memory.
    pub fn keep(&self, file: &mut impl Read, levels: Levels, count: usize) -> Result<Vec<u8>, Problem> {
        let mut file = BufReader::with_capacity(1 << 16, file);
        let mut pixels = Vec::new();
        self.walk(&mut file, count, |_, record| {
            let refused = |_| Problem::Memory { need: self.len() as u64 * count as u64 };
            // As much as has been read, and not as much as was promised.
            pixels.try_reserve(self.len()).map_err(refused)?;
            let old = pixels.len();
            pixels.resize(old + self.len(), 0);
            self.convert(record, levels, &mut pixels[old..]);
            Ok(())
        })?;
        Ok(pixels)
    }

    /// The numbers of one image as bytes, channels last.
    pub fn convert(&self, record: &[u8], levels: Levels, pixels: &mut [u8]) {
        let (scale, offset) = match levels {
            Levels::Bytes => return self.place(record.iter().copied(), pixels),
            Levels::Unit => (255.0, 0.0),
            Levels::Signed => (127.5, 1.0),
            Levels::Wide => (1.0, 0.0),
        };
        // A cast to u8 stays within it.
        self.place(floats(record).map(|value| ((value + offset) * scale).round() as u8), pixels);
    }

    /// Puts bytes in the array's order where they belong.
    fn place(&self, bytes: impl Iterator<Item = u8>, pixels: &mut [u8]) {
        if !self.planes {
            pixels.iter_mut().zip(bytes).for_each(|(pixel, byte)| *pixel = byte);
            return;
        }
        let plane = self.height * self.width;
        for (i, byte) in bytes.enumerate() {
            if let Some(pixel) = pixels.get_mut(i % plane * self.channels + i / plane) {
                *pixel = byte;
            }
        }
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Layout { count, height, width, channels, .. } = self;
        write!(f, "{count} images of {width} × {height} × {channels}")
    }
}

fn floats(record: &[u8]) -> impl Iterator<Item = f32> {
    record.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes))
}
