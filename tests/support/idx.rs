//! Image files in the IDX format, in memory and on disk.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

pub fn header(magic: u32, sizes: &[u32]) -> Vec<u8> {
    std::iter::once(magic).chain(sizes.iter().copied()).flat_map(u32::to_be_bytes).collect()
}

/// Three images of 2 rows and 4 columns; every pixel of image i is 85·i.
pub fn three_images() -> Vec<u8> {
    let mut bytes = header(0x803, &[3, 2, 4]);
    for i in 0..3u8 {
        bytes.extend([85 * i; 8]);
    }
    bytes
}

/// Labels as a file has them.
pub fn labels(labels: &[u8]) -> Vec<u8> {
    [header(0x801, &[labels.len() as u32]), labels.to_vec()].concat()
}

/// So many images of 3 × 3 pixels, no two alike.
pub fn many_images(count: u32) -> Vec<u8> {
    let pixel = |i: u32| (i.wrapping_mul(2_654_435_761) >> 24) as u8;
    let pixels = (0..9 * count).map(|i| if i % 9 == 0 { (i / 9) as u8 } else { pixel(i) });
    header(0x803, &[count, 3, 3]).into_iter().chain(pixels).collect()
}

/// So many pictures with sides of 8 pixels: a bright square on a dark ground, at places that differ.
pub fn squares(count: u32) -> Vec<u8> {
    let picture = |i: u32| {
        (0..64u32).map(move |p| {
            let (y, x) = (p / 8, p % 8);
            let inside = (i % 5..i % 5 + 3).contains(&y) && (i / 5 % 5..i / 5 % 5 + 3).contains(&x);
            if inside { 255 - (i % 40) as u8 } else { (i % 30) as u8 }
        })
    };
    header(0x803, &[count, 8, 8]).into_iter().chain((0..count).flat_map(picture)).collect()
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(bytes).expect("memory");
    packer.finish().expect("memory")
}

pub fn write(dir: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.join(name);
    fs::write(&path, bytes).expect("a file in a temporary directory");
    path
}
