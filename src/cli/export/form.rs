//! The forms in which samples are written.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use image::codecs::gif::{GifEncoder, Repeat};
use image::{Delay, Frame, RgbaImage};

use super::super::samples;
use crate::domain::SampleShape;
use crate::domain::picture::{self, Picture};
use crate::system::files::{self, Directory};

/// The effort in choosing the colours of a GIF: 1 is best and slow.
const GIF_SPEED: i32 = 10;

/// A form of file, or a folder of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Npy,
    Csv,
    /// Bytes as NumPy's `savez` writes one array.
    Npz,
    /// One sheet.
    Png,
    /// A file for each image or frame.
    Folder,
    /// A PNG that moves.
    MovingPng,
    Gif,
}

/// Pictures that follow each other, all as large as the first.
pub struct Frames<'a> {
    pub count: usize,
    pub frames: Box<dyn Iterator<Item = io::Result<Picture>> + 'a>,
}

impl Form {
    /// The form that a path's ending stands for; of something that moves another one in part.
    ///
    /// # Errors
    /// Which endings there are.
    pub fn of(out: &Path, moves: bool) -> Result<Form, String> {
        if out.is_dir() || out.as_os_str().as_encoded_bytes().ends_with(b"/") {
            return Ok(Form::Folder);
        }
        let ending = out.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
        match (ending.as_deref(), moves) {
            (Some("npy"), false) => Ok(Form::Npy),
            (Some("csv"), false) => Ok(Form::Csv),
            (Some("npz"), false) => Ok(Form::Npz),
            (Some("png"), false) => Ok(Form::Png),
            (Some("png" | "apng"), true) => Ok(Form::MovingPng),
            (Some("gif"), true) => Ok(Form::Gif),
            (_, true) => Err("must end in .gif or .png, or in / for a folder of PNG files".to_owned()),
            (_, false) => Err("must end in .npy, .csv or .png, in .npz, or in / for a folder of PNG files".to_owned()),
        }
    }

    /// Whether samples must be images.
    pub fn is_of_images(self) -> bool {
        !matches!(self, Form::Npy | Form::Csv)
    }

    /// Whether it may be written to, or why not.
    pub fn check(self, out: &Path, force: bool) -> Result<(), String> {
        match self {
            _ if force => Ok(()),
            Form::Folder if out.read_dir().is_ok_and(|mut entries| entries.next().is_some()) => {
                Err("is not empty; --force writes into it all the same".to_owned())
            }
            Form::Folder => Ok(()),
            _ if out.exists() => Err("exists; --force writes over it".to_owned()),
            _ => Ok(()),
        }
    }

    /// Writes samples of this shape.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn write(self, out: &Path, shape: SampleShape, values: &[f32], rate: u16) -> io::Result<()> {
        let (low, high) = shape.pixel_range().unwrap_or_default().ends();
        let len = shape.len().max(1);
        match self {
            Form::Npy => replace(out, |file| samples::write_npy(file, values, len)),
            Form::Csv => replace(out, |file| samples::write_csv(file, values, len)),
            Form::Npz => replace(out, |file| npz(file, shape, values)),
            Form::Png => {
                let sheet = picture::sheet(shape, values, low, high);
                let sheet = sheet.ok_or_else(|| io::Error::other("the samples are not images"))?;
                let png = sheet.png()?;
                replace(out, |file| file.write_all(&png))
            }
            Form::Folder | Form::MovingPng | Form::Gif => {
                let picture = |image| picture::sheet(shape, image, low, high);
                let frames = values
                    .chunks_exact(len)
                    .map(move |image| picture(image).ok_or_else(|| io::Error::other("the samples are not images")));
                self.write_frames(out, Frames { count: values.len() / len, frames: Box::new(frames) }, rate)
            }
        }
    }

    /// Writes pictures that follow each other, so many a second where they move.
    ///
    /// # Errors
    /// They cannot be written; one cannot be had, or is of another size than the first.
    pub fn write_frames(self, out: &Path, frames: Frames<'_>, rate: u16) -> io::Result<()> {
        match self {
            Form::Folder => folder(out, frames),
            Form::Gif => replace(out, |file| gif(file, frames, rate)),
            _ => replace(out, |file| moving_png(file, frames, rate)),
        }
    }
}

/// Writes a file under another name, so that nothing is lost of one that is there if this fails.
fn replace(out: &Path, write: impl FnOnce(&mut BufWriter<&mut File>) -> io::Result<()>) -> io::Result<()> {
    let (dir, name) = files::parent(out)?;
    dir.replace_with(name, |file| {
        let mut buffered = BufWriter::new(file);
        write(&mut buffered)?;
        buffered.flush()
    })
}

/// An archive of one array of bytes, \[n, height, width, channels\], as public tools that measure images read it.
fn npz(mut out: impl Write, shape: SampleShape, values: &[f32]) -> io::Result<()> {
    let SampleShape::Image { width, height, channels, range } = shape else {
        return Err(io::Error::other("the samples are not images"));
    };
    let (low, high) = range.ends();
    // In memory: an archive goes back to what it has written, and a file here is only added to.
    let mut archive = zip::ZipWriter::new(io::Cursor::new(Vec::with_capacity(values.len() + 1024)));
    let options = zip::write::FileOptions::default().compression_method(zip::CompressionMethod::Stored);
    archive.start_file("arr_0.npy", options)?;
    let bytes: Vec<u8> = values.iter().map(|&value| picture::byte(value, low, high)).collect();
    let n = values.len() / shape.len().max(1);
    samples::write_npy_bytes(&mut archive, &bytes, &[n, height, width, channels])?;
    out.write_all(archive.finish()?.get_ref())
}

/// A file for each picture, by its number.
fn folder(out: &Path, frames: Frames<'_>) -> io::Result<()> {
    files::make_all(out)?;
    let dir = Directory::open(out)?;
    let digits = frames.count.saturating_sub(1).max(1).ilog10().max(4) as usize + 1;
    for (i, picture) in frames.frames.enumerate() {
        let (name, png) = (format!("{i:0digits$}.png"), picture?.png()?);
        let name = Path::new(&name);
        if dir.has(name) {
            dir.remove(name)?;
        }
        dir.create(name)?.write_all(&png)?;
    }
    Ok(())
}

/// Makes sure that a picture is as large as the first.
fn alike(first: &mut Option<(usize, usize)>, picture: &Picture) -> io::Result<()> {
    let size = (picture.width, picture.height);
    match *first.get_or_insert(size) == size {
        true => Ok(()),
        false => Err(io::Error::other("the pictures are not all of one size")),
    }
}

fn moving_png(out: impl Write, mut frames: Frames<'_>, rate: u16) -> io::Result<()> {
    let side = |side: usize| u32::try_from(side).map_err(io::Error::other);
    let first = frames.frames.next().ok_or_else(|| io::Error::other("there are no pictures"))??;
    let mut size = Some((first.width, first.height));
    let mut encoder = png::Encoder::new(out, side(first.width)?, side(first.height)?);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_animated(side(frames.count)?, 0)?;
    encoder.set_frame_delay(1, rate)?;
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&first.pixels)?;
    for picture in frames.frames {
        let picture = picture?;
        alike(&mut size, &picture)?;
        writer.write_image_data(&picture.pixels)?;
    }
    writer.finish()?;
    Ok(())
}

fn gif(out: impl Write, frames: Frames<'_>, rate: u16) -> io::Result<()> {
    let mut encoder = GifEncoder::new_with_speed(out, GIF_SPEED);
    encoder.set_repeat(Repeat::Infinite).map_err(io::Error::other)?;
    let mut size = None;
    for picture in frames.frames {
        let picture = picture?;
        alike(&mut size, &picture)?;
        let side = |side: usize| u32::try_from(side).map_err(io::Error::other);
        let pixels = picture.pixels.chunks_exact(3).flat_map(|rgb| [rgb[0], rgb[1], rgb[2], 255]).collect();
        let image = RgbaImage::from_raw(side(picture.width)?, side(picture.height)?, pixels);
        let image = image.ok_or_else(|| io::Error::other("a picture lacks pixels"))?;
        let delay = Delay::from_numer_denom_ms(1000, u32::from(rate.max(1)));
        encoder.encode_frame(Frame::from_parts(image, 0, 0, delay)).map_err(io::Error::other)?;
    }
    Ok(())
}
