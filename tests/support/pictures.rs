//! Image files, good and bad.

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

/// A picture whose left half is red and whose right half is blue, the top row white.
pub fn picture(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| match (x < width / 2, y) {
        (_, 0) => Rgb([255, 255, 255]),
        (true, _) => Rgb([255, 0, 0]),
        (false, _) => Rgb([0, 0, 255]),
    })
}

/// The bytes of a file of this format.
pub fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).expect("an encoder");
    bytes.into_inner()
}

/// A JPEG with data of a camera that says: turn it a quarter to the right.
pub fn turned_jpeg(image: RgbImage) -> Vec<u8> {
    let jpeg = encoded(image, ImageFormat::Jpeg);
    // A TIFF header, big-endian, with one entry: orientation (0x0112), a short, one of it, 6.
    let tiff = [&b"MM\0*\0\0\0\x08\0\x01"[..], &[1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0], &[0; 4]].concat();
    let exif = [&b"Exif\0\0"[..], &tiff].concat();
    let length = (exif.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
}

/// A JPEG in four colours, of one: cyan, magenta, yellow and black, 255 of each is all of it.
pub fn cmyk_jpeg(side: u16, colour: [u8; 4]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let pixels = colour.repeat(usize::from(side) * usize::from(side));
    let encoder = jpeg_encoder::Encoder::new(&mut bytes, 100);
    encoder.encode(&pixels, side, side, jpeg_encoder::ColorType::Cmyk).expect("an encoder");
    bytes
}

/// A PNG with a palette.
pub fn palette_png() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 8, 8);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(vec![10, 20, 30, 200, 100, 50]);
    let mut writer = encoder.write_header().expect("an encoder");
    writer.write_image_data(&[1; 64]).expect("an encoder");
    drop(writer);
    bytes
}

/// A PNG whose header says so many pixels across and down, with next to nothing behind it.
pub fn boasting_png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = png::Encoder::new(&mut bytes, width, height).write_header().expect("an encoder");
    // The beginning of a stream of zlib's.
    writer.write_chunk(png::chunk::IDAT, &[0x78, 0x9c, 0x63, 0]).expect("an encoder");
    drop(writer);
    bytes
}

/// Writes a file, with the folders that it lies in.
pub fn put(root: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = root.join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(&path, bytes).expect("a file in a temporary directory");
    path
}

/// A zip archive with these files.
pub fn zipped(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (i, (name, bytes)) in files.iter().enumerate() {
        // As it comes: packed or not.
        let method = [zip::CompressionMethod::Stored, zip::CompressionMethod::Deflated][i % 2];
        writer.start_file(*name, zip::write::FileOptions::default().compression_method(method)).expect("memory");
        writer.write_all(bytes).expect("memory");
    }
    writer.finish().expect("memory").into_inner()
}
