//! Samples as a picture: images on a sheet, points in the plane.

use super::SampleShape;

/// An RGB picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    pub width: usize,
    pub height: usize,
    /// Row by row, three bytes a pixel.
    pub pixels: Vec<u8>,
}

/// The most bytes of a picture that is read back.
const MOST_BYTES: usize = 1 << 28;
/// Pixels along each side of a picture of points.
const SIDE: usize = 256;
const WHITE: [u8; 3] = [255; 3];
const GREY: [u8; 3] = [170; 3];
const BLUE: [u8; 3] = [0, 90, 200];

impl Picture {
    fn filled(width: usize, height: usize, colour: [u8; 3]) -> Picture {
        Picture { width, height, pixels: colour.repeat(width * height) }
    }

    fn set(&mut self, x: usize, y: usize, colour: [u8; 3]) {
        if x < self.width && y < self.height {
            let at = 3 * (y * self.width + x);
            self.pixels[at..at + 3].copy_from_slice(&colour);
        }
    }

    /// A PNG file.
    ///
    /// # Errors
    /// The picture is empty, or too large for the format.
    pub fn png(&self) -> Result<Vec<u8>, png::EncodingError> {
        let mut bytes = Vec::new();
        let side = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let mut encoder = png::Encoder::new(&mut bytes, side(self.width), side(self.height));
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.write_header()?.write_image_data(&self.pixels)?;
        Ok(bytes)
    }

    /// The picture in a PNG file that [`Picture::png`] made.
    ///
    /// # Errors
    /// It is no such file, or damaged, or larger than gantop writes them.
    pub fn of_png(file: &[u8]) -> Result<Picture, png::DecodingError> {
        let limits = png::Limits { bytes: MOST_BYTES };
        let mut reader = png::Decoder::new_with_limits(std::io::Cursor::new(file), limits).read_info()?;
        let size = reader.output_buffer_size().filter(|&size| size <= MOST_BYTES);
        let mut pixels = vec![0; size.ok_or(png::DecodingError::LimitsExceeded)?];
        let info = reader.next_frame(&mut pixels)?;
        if (info.color_type, info.bit_depth) != (png::ColorType::Rgb, png::BitDepth::Eight) {
            return Err(std::io::Error::other("a picture that is not in eight bits a colour").into());
        }
        Ok(Picture { width: info.width as usize, height: info.height as usize, pixels })
    }
}

/// A pixel's value, of an interval, as a byte.
pub fn byte(value: f32, low: f32, high: f32) -> u8 {
    (255.0 * (value - low) / (high - low)).round().clamp(0.0, 255.0) as u8
}

/// Images of this shape, one after the other in `samples`, side by side on a sheet about as wide as high, a pixel
/// apart. `low..=high` is the interval that pixel values span. None where the shape is no image, or there is no sample.
pub fn sheet(shape: SampleShape, samples: &[f32], low: f32, high: f32) -> Option<Picture> {
    let SampleShape::Image { width, height, channels, .. } = shape else { return None };
    let count = samples.len().checked_div(shape.len()).filter(|&count| count > 0)?;
    let columns = (1..=count).find(|side| side * side >= count).unwrap_or(1);
    let rows = count.div_ceil(columns);
    let mut picture = Picture::filled(columns * (width + 1) - 1, rows * (height + 1) - 1, WHITE);
    for (i, image) in samples.chunks_exact(shape.len()).enumerate() {
        let (left, top) = (i % columns * (width + 1), i / columns * (height + 1));
        for (at, pixel) in image.chunks_exact(channels).enumerate() {
            let colour = |channel: usize| byte(pixel[channel.min(channels - 1)], low, high);
            picture.set(left + at % width, top + at / width, [colour(0), colour(1), colour(2)]);
        }
    }
    Some(picture)
}

/// Points of the plane, real ones grey and generated ones blue over them, in the window of the real ones with a margin.
/// None where the shape is not a point of the plane, or no real point is finite.
pub fn plane(shape: SampleShape, real: &[f32], fake: &[f32]) -> Option<Picture> {
    if shape != (SampleShape::Point { dims: 2 }) {
        return None;
    }
    let window = |axis: usize| {
        let finite = real.iter().skip(axis).step_by(2).copied().filter(|value| value.is_finite());
        let (low, high) = finite.fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        let margin = ((high - low) / 4.0).max(1e-6);
        (low <= high).then_some((low - margin, high + margin))
    };
    let (x, y) = (window(0)?, window(1)?);
    let mut picture = Picture::filled(SIDE, SIDE, WHITE);
    for (points, colour) in [(real, GREY), (fake, BLUE)] {
        for point in points.chunks_exact(2) {
            let along = |value: f32, (low, high): (f32, f32)| (value - low) / (high - low) * (SIDE - 1) as f32;
            let (right, up) = (along(point[0], x), along(point[1], y));
            let inside = 0.0..=(SIDE - 1) as f32;
            if inside.contains(&right) && inside.contains(&up) {
                picture.set(right.round() as usize, SIDE - 1 - up.round() as usize, colour);
            }
        }
    }
    Some(picture)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_has_every_image_in_its_place() {
        let shape = SampleShape::Image { width: 2, height: 1, channels: 1, range: Default::default() };
        let picture = sheet(shape, &[-1.0, 1.0, 0.0, f32::NAN, 9.0, -9.0], -1.0, 1.0).unwrap();
        assert_eq!((picture.width, picture.height), (5, 3));
        let grey: Vec<u8> = picture.pixels.chunks(3).map(|pixel| pixel[0]).collect();
        assert_eq!(grey, [0, 255, 255, 128, 0, 255, 255, 255, 255, 255, 255, 0, 255, 255, 255]);
        assert_eq!(sheet(shape, &[], -1.0, 1.0), None);
    }

    #[test]
    fn points_are_drawn_where_they_lie_and_others_left_out() {
        let shape = SampleShape::Point { dims: 2 };
        let picture = plane(shape, &[0.0, 0.0, 2.0, 2.0, f32::NAN, 1.0], &[3.0, -1.0, f32::INFINITY, 0.0, 1.0, 1.0]);
        let picture = picture.unwrap();
        let at = |x: usize, y: usize| &picture.pixels[3 * (y * SIDE + x)..][..3];
        // A quarter of the width is the margin: (0, 0) lies a sixth from the left and from the bottom.
        assert_eq!((at(43, SIDE - 1 - 43), at(128, SIDE - 1 - 128)), (&GREY[..], &BLUE[..]));
        let coloured = picture.pixels.chunks(3).filter(|pixel| **pixel != WHITE).count();
        assert_eq!(coloured, 3);
        assert_eq!(plane(shape, &[f32::NAN; 4], &[]), None);
    }

    #[test]
    fn a_png_holds_the_pixels() {
        let shape = SampleShape::Image { width: 3, height: 2, channels: 3, range: Default::default() };
        let picture = sheet(shape, &(0..18).map(|i| i as f32).collect::<Vec<_>>(), 0.0, 255.0).unwrap();
        let png = picture.png().unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(&png)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height, &pixels), (3, 2, &picture.pixels));
        assert_eq!(Picture::of_png(&png).unwrap(), picture);
        assert!(Picture::of_png(&png[..40]).is_err());
    }
}
