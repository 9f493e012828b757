//! Images as people have them: files of every format, archives, arrays, CIFAR's records.

use std::fs;

use gantop::config::{Data, Fit, ImageData, OnBad};
use gantop::domain::seed::{self, Stream};
use gantop::train::data::Source;
use image::ImageFormat;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use super::fuzz;
use super::spoil::spoilt;
use crate::support::pictures::{cmyk_jpeg, encoded, palette_png, picture, turned_jpeg, zipped};

/// Data are refused in words, or can be drawn from.
fn check(data: &Data) -> TestCaseResult {
    match Source::open(data) {
        Err(error) => prop_assert!(!error.to_string().is_empty()),
        Ok(source) => {
            let mut out = vec![f32::NAN; source.shape().len()];
            let drawn = source.fill(&mut seed::rng(1, Stream::Data, 1), &mut out);
            prop_assert!(drawn.is_ok() && out.iter().all(|value| (-1.0..=1.0).contains(value)));
        }
    }
    Ok(())
}

/// What is made of a path and the bytes that lie there under this name.
fn target(name: &str, file: &str, files: Vec<Vec<u8>>, data: impl Fn(ImageData) -> Data) {
    let desk = tempfile::tempdir().unwrap();
    fuzz(name, 64, spoilt(files), |bytes| {
        let path = desk.path().join(file);
        fs::write(&path, &bytes).unwrap();
        check(&data(ImageData::of(path)))
    });
}

fn array(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
    [b"\x93NUMPY\x01\0", &(header.len() as u16).to_le_bytes()[..], header.as_bytes(), data].concat()
}

fn arrays() -> Vec<Vec<u8>> {
    vec![array("|u1", "(2, 2, 3, 3)", &[9; 36]), array("<f4", "(3, 2, 2)", &[0; 48])]
}

#[test]
fn files_of_images() {
    let formats = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP, ImageFormat::Bmp, ImageFormat::Gif];
    let mut files: Vec<Vec<u8>> = formats.iter().map(|format| encoded(picture(9, 7), *format)).collect();
    files.extend([encoded(picture(9, 7), ImageFormat::Tiff), palette_png(), turned_jpeg(picture(16, 8))]);
    files.push(cmyk_jpeg(8, [0, 255, 255, 0]));
    let desk = tempfile::tempdir().unwrap();
    fuzz("files of images", 256, spoilt(files), |bytes| {
        fs::write(desk.path().join("a.png"), &bytes).unwrap();
        let fit = Fit { size: 4, ..Fit::default() };
        check(&Data::Folder { images: ImageData::of(desk.path()), fit, on_bad: OnBad::Error })
    });
}

#[test]
fn archives_of_images() {
    let png = encoded(picture(4, 4), ImageFormat::Png);
    let list = br#"{"labels": [["a/1.png", 0], ["b/2.png", 1]]}"#.to_vec();
    let archive = zipped(&[("a/1.png", png.clone()), ("b/2.png", png), ("dataset.json", list)]);
    let data = |images| Data::Zip { images, fit: Fit::default(), on_bad: OnBad::Skip };
    target("zip", "a.zip", vec![archive], data);
    let [bytes, floats] = <[Vec<u8>; 2]>::try_from(arrays()).unwrap();
    let labels = array("<i8", "(2,)", &[0; 16]);
    let archives = vec![zipped(&[("x.npy", bytes), ("y.npy", labels)]), zipped(&[("x.npy", floats)])];
    target("npz", "a.npz", archives, |images| Data::Npz { images, array: String::new() });
}

#[test]
fn arrays_and_records_of_images() {
    target("npy", "a.npy", arrays(), Data::Npy);
    let records = vec![vec![3; 2 * 3073], vec![5; 3074]];
    target("cifar", "a.bin", records, |images| Data::Cifar { images, coarse: false });
}
