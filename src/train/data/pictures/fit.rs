//! Bringing an image into the shape that is wanted: channels of 8 bits, a square at the centre, a size.

use image::imageops::{self, FilterType};
use image::{DynamicImage, GrayImage, RgbImage};

use super::note::{Note, Notes};
use crate::config::{Filter, Fit};

/// The pixels of an image as `fit` wants them, row by row, channels last, with its width and height.
pub fn bring(image: DynamicImage, fit: &Fit, notes: &mut Notes) -> (Vec<u8>, usize, usize) {
    let colour = image.color();
    notes.add_if(Note::Deep, colour.bytes_per_pixel() > colour.channel_count());
    let image = if colour.has_alpha() { opaque(image, notes) } else { image };
    if fit.channels == 1 {
        notes.add_if(Note::Colour, colour.has_color());
        let image = image.into_luma8();
        let (image, width, height) = sized(image, fit, notes, |image, side| match fit.filter {
            Filter::Lanczos => imageops::resize(&image, side, side, FilterType::Lanczos3),
            Filter::Area => GrayImage::from_raw(side, side, area(&image, image.width(), side, 1)).unwrap_or(image),
        });
        return (image.into_raw(), width, height);
    }
    notes.add_if(Note::Grey, !colour.has_color());
    let (image, width, height) = sized(image.into_rgb8(), fit, notes, |image, side| match fit.filter {
        Filter::Lanczos => imageops::resize(&image, side, side, FilterType::Lanczos3),
        Filter::Area => RgbImage::from_raw(side, side, area(&image, image.width(), side, 3)).unwrap_or(image),
    });
    (image.into_raw(), width, height)
}

/// Lays an image on white, where one can look through it.
fn opaque(image: DynamicImage, notes: &mut Notes) -> DynamicImage {
    let mut image = image.into_rgba8();
    if image.pixels().any(|pixel| pixel[3] < 255) {
        notes.add(Note::Alpha);
        for pixel in image.pixels_mut() {
            let alpha = u32::from(pixel[3]);
            for channel in 0..3 {
                pixel[channel] = ((u32::from(pixel[channel]) * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
            }
            pixel[3] = 255;
        }
    }
    // Greys stay greys: red, green and blue are the same then.
    DynamicImage::ImageRgba8(image)
}

/// The square at the centre, brought to the size by `resize`; as it is where no size is wanted.
fn sized<P: image::Pixel<Subpixel = u8> + 'static>(
    image: image::ImageBuffer<P, Vec<u8>>,
    fit: &Fit,
    notes: &mut Notes,
    resize: impl Fn(image::ImageBuffer<P, Vec<u8>>, u32) -> image::ImageBuffer<P, Vec<u8>>,
) -> (image::ImageBuffer<P, Vec<u8>>, usize, usize) {
    let (width, height) = image.dimensions();
    // A size is one that fits.
    let Some(side) = u32::try_from(fit.size).ok().filter(|&side| side > 0) else {
        return (image, width as usize, height as usize);
    };
    let square = width.min(height);
    let mut image = image;
    if width != height {
        notes.add(Note::Cropped);
        image = imageops::crop_imm(&image, (width - square) / 2, (height - square) / 2, square, square).to_image();
    }
    notes.add_if(Note::Reduced, square > side);
    notes.add_if(Note::Enlarged, square < side);
    if square != side {
        image = resize(image, side);
    }
    (image, fit.size, fit.size)
}

/// A square of `from` × `from` pixels as one of `to` × `to`: each pixel is the mean over the area that it covers.
fn area(pixels: &[u8], from: u32, to: u32, channels: usize) -> Vec<u8> {
    let (from, to) = (from as usize, to as usize);
    let spans = spans(from, to);
    // Across first, then down, in floats between.
    let mut across = vec![0f32; from * to * channels];
    for (row, out) in pixels.chunks_exact(from * channels).zip(across.chunks_exact_mut(to * channels)) {
        for ((first, weights), out) in spans.iter().zip(out.chunks_exact_mut(channels)) {
            for (pixel, weight) in row[first * channels..].chunks_exact(channels).zip(weights) {
                out.iter_mut().zip(pixel).for_each(|(out, &byte)| *out += weight * f32::from(byte));
            }
        }
    }
    let line = to * channels;
    let mut out = Vec::with_capacity(to * line);
    let mut sums = vec![0f32; line];
    for (first, weights) in &spans {
        sums.fill(0.0);
        for (row, weight) in across[first * line..].chunks_exact(line).zip(weights) {
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += weight * value);
        }
        // A cast to u8 stays within it.
        out.extend(sums.iter().map(|sum| sum.round() as u8));
    }
    out
}

/// Of each of `to` pixels the first of `from` that it covers, and the shares of that and those after it, which sum to
/// 1.
fn spans(from: usize, to: usize) -> Vec<(usize, Vec<f32>)> {
    let span = |i: usize| {
        // In parts of a pixel, `to` of them each, so that all is whole numbers.
        let (start, end) = (i * from, (i + 1) * from);
        let share = |pixel: usize| ((pixel + 1) * to).min(end) - (pixel * to).max(start);
        let (first, last) = (start / to, (end - 1) / to);
        (first, (first..=last).map(|pixel| share(pixel) as f32 / from as f32).collect())
    };
    (0..to).map(span).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_is_a_mean_of_what_it_covers() {
        assert_eq!(area(&[0, 100, 50, 250], 2, 1, 1), [100]);
        // Three pixels into two: a whole one and half of the middle one each.
        let row = [0u8, 90, 240];
        assert_eq!(area(&[row, row, row].concat(), 3, 2, 1), [30, 190, 30, 190]);
        assert_eq!(area(&[7, 9], 1, 2, 2), [7, 9].repeat(4));
        for (from, to) in [(5, 3), (3, 5), (64, 7), (1, 1), (1000, 1)] {
            for (first, weights) in spans(from, to) {
                assert!(first + weights.len() <= from && (weights.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            }
        }
    }
}
