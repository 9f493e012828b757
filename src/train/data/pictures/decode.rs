//! One image file: from its bytes to pixels of the shape that is wanted.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use super::super::idx::describe;
use super::fit;
use super::jpeg;
use super::note::{Note, Notes};
use crate::config::Fit;

/// The most bytes that one image may take while it is decoded: 256 MiB, of which no header is believed that it needs
/// more.
pub const MOST_BYTES: u64 = 1 << 28;
/// The largest file that is read whole: 256 MiB.
pub const MOST_FILE: u64 = 1 << 28;
/// The most pixels across or down.
const MOST_SIDE: u32 = 1 << 16;

/// The formats that are read, with the endings of their files.
const FORMATS: [(ImageFormat, &[&str]); 6] = [
    (ImageFormat::Png, &["png"]),
    (ImageFormat::Jpeg, &["jpg", "jpeg", "jpe", "jfif"]),
    (ImageFormat::WebP, &["webp"]),
    (ImageFormat::Bmp, &["bmp"]),
    (ImageFormat::Gif, &["gif"]),
    (ImageFormat::Tiff, &["tif", "tiff"]),
];

/// An image, as it is wanted.
#[derive(Debug)]
pub struct Decoded {
    /// Row by row, channels last.
    pub pixels: Vec<u8>,
    pub width: usize,
    pub height: usize,
    /// Pixels across and down as it lies in its file, turned upright.
    pub found: (u32, u32),
    /// The conversions made.
    pub notes: Notes,
}

/// The format that the name of a file promises, by its ending.
pub fn promised(name: &str) -> Option<ImageFormat> {
    let ending = name.rsplit_once('.')?.1.to_ascii_lowercase();
    FORMATS.into_iter().find(|(_, endings)| endings.contains(&ending.as_str())).map(|(format, _)| format)
}

/// Decodes the bytes of a file of this name and brings the image into the shape that `fit` says. What the bytes begin
/// with says which format they are in; of several pictures in a file the first one counts.
///
/// # Errors
/// The problem with it, without its name.
pub fn decode(bytes: &[u8], name: &str, fit: &Fit) -> Result<Decoded, String> {
    if bytes.is_empty() {
        return Err("it is empty".to_owned());
    }
    let format = image::guess_format(bytes).ok().filter(|format| FORMATS.iter().any(|(known, _)| known == format));
    let Some(format) = format else {
        return Err(format!("not an image that gantop reads: it is {}", describe(&bytes[..bytes.len().min(8)])));
    };
    let mut notes = Notes::default();
    if promised(name).is_some_and(|promised| promised != format) {
        notes.add(Note::Misnamed);
    }
    match format {
        ImageFormat::Jpeg => {
            let scan = jpeg::scan(bytes);
            if !scan.ends {
                return Err("cut short: it has no end of image".to_owned());
            }
            notes.add_if(Note::Cmyk, scan.components == Some(4));
        }
        // The kind of colour in the header chunk that every file begins with.
        ImageFormat::Png => notes.add_if(Note::Palette, bytes.get(25) == Some(&3)),
        _ => {}
    }
    // Decoders are not ours: what breaks one spoils one file, not the program.
    let image = catch_unwind(AssertUnwindSafe(|| open(bytes, format, &mut notes)));
    let image = image.unwrap_or_else(|_| Err("the decoder broke on it".to_owned()))?;
    let found = (image.width(), image.height());
    let (pixels, width, height) = fit::bring(image, fit, &mut notes);
    Ok(Decoded { pixels, width, height, found, notes })
}

/// The image upright, if it is as large as its header says and no larger than may be.
fn open(bytes: &[u8], format: ImageFormat, notes: &mut Notes) -> Result<DynamicImage, String> {
    let broken = |error: image::ImageError| {
        format!("damaged or cut short: {}", crate::system::output::one_line(&error.to_string()))
    };
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_SIDE);
    limits.max_image_height = Some(MOST_SIDE);
    limits.max_alloc = Some(MOST_BYTES);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits.clone());
    let too_large = |(width, height): (u32, u32)| {
        format!(
            "its header says {width} × {height} pixels: more than the {} MiB that one image may take",
            MOST_BYTES >> 20
        )
    };
    let mut decoder = reader.into_decoder().map_err(|error| match error {
        image::ImageError::Limits(_) => format!("larger than the {} MiB that one image may take", MOST_BYTES >> 20),
        error => broken(error),
    })?;
    let size = decoder.dimensions();
    if size.0 == 0 || size.1 == 0 {
        return Err(format!("its header says {} × {} pixels: there is nothing in it", size.0, size.1));
    }
    if decoder.total_bytes() > MOST_BYTES {
        return Err(too_large(size));
    }
    limits.reserve(decoder.total_bytes()).map_err(|_| too_large(size))?;
    decoder.set_limits(limits).map_err(|_| too_large(size))?;
    // Where the data of a camera are damaged, the picture is still there.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(broken)?;
    notes.add_if(Note::Rotated, orientation != Orientation::NoTransforms);
    image.apply_orientation(orientation);
    Ok(image)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A small image in this format.
    fn file(format: ImageFormat) -> Vec<u8> {
        let image = image::RgbImage::from_fn(9, 7, |x, y| image::Rgb([28 * x as u8, 36 * y as u8, (x * y) as u8]));
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::ImageRgb8(image).write_to(&mut bytes, format).expect("an encoder");
        bytes.into_inner()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_spoilt_file_is_refused_or_gives_an_image_of_the_size_asked_for(
            format in 0..FORMATS.len(),
            spoilt in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
            cut in any::<prop::sample::Index>(),
            is_cut: bool,
        ) {
            let mut bytes = file(FORMATS[format].0);
            for (at, byte) in spoilt {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            if is_cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            let fit = Fit { size: 5, ..Fit::default() };
            match decode(&bytes, "a.png", &fit) {
                Ok(Decoded { pixels, width, height, .. }) => prop_assert_eq!((pixels.len(), width, height), (75, 5, 5)),
                Err(why) => prop_assert!(!why.is_empty() && !why.contains('\n'), "{}", why),
            }
        }
    }

    #[test]
    fn endings_promise_formats() {
        for (name, format) in
            [("a.PNG", Some(ImageFormat::Png)), ("b.c.jpeg", Some(ImageFormat::Jpeg)), ("d.txt", None)]
        {
            assert_eq!(promised(name), format);
        }
        assert_eq!(promised("png"), None);
    }
}
