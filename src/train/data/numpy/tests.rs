use std::fs;
use std::io::{Cursor, Write};
use std::path::PathBuf;

use super::*;
use crate::config::Bytes;
use crate::domain::SampleShape;

fn array(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
    [crate::domain::npy::MAGIC, &[1, 0], &(header.len() as u16).to_le_bytes(), header.as_bytes(), data].concat()
}

fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn zipped(arrays: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in arrays {
        writer.start_file(format!("{name}.npy"), zip::write::FileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A file that goes with its directory.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    fn put(&self, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join("a");
        fs::write(&path, bytes).unwrap();
        path
    }
}

/// The bytes of all pixels, from memory and, where it can be read so, from disk.
fn pixels(data: &ImageData, read: impl Fn(&ImageData) -> Result<Images, Error>) -> Vec<u8> {
    match read(data).unwrap().pixels {
        Pixels::Memory(pixels) => pixels,
        Pixels::Disk(_) => panic!("all fits into memory"),
    }
}

/// The bytes of an .npy file's pixels, one way and the other.
fn of_npy(bytes: &[u8]) -> Vec<u8> {
    let place = Place::new();
    let data = ImageData::of(place.put(bytes));
    let kept = pixels(&data, npy);
    let streamed = npy(&ImageData { memory: Some(Bytes(0)), ..data }).unwrap();
    let Pixels::Disk(shelf) = &streamed.pixels else { panic!("nothing fits into no memory") };
    let mut out = vec![0; kept.len()];
    for (i, image) in out.chunks_exact_mut(streamed.shape.len()).enumerate() {
        shelf.read(i, image).unwrap();
    }
    assert_eq!(out, kept);
    kept
}

#[test]
fn sizes_in_every_order_and_numbers_of_both_kinds() {
    let bytes: Vec<u8> = (0..24).collect();
    assert_eq!(of_npy(&array("|u1", "(2, 3, 4)", &bytes)), bytes);
    assert_eq!(of_npy(&array("|u1", "(2, 2, 2, 3)", &bytes)), bytes);
    assert_eq!(of_npy(&array("|u1", "(1, 8, 3, 1)", &bytes)), bytes);
    // Planes: the first pixel is of the first of each.
    let planes = of_npy(&array("|u1", "(2, 3, 2, 2)", &bytes));
    assert_eq!(planes, [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11, 12, 16, 20, 13, 17, 21, 14, 18, 22, 15, 19, 23]);
    for (values, expected) in [
        ([0.0, 0.2, 0.6, 1.0], [0, 51, 153, 255]),
        ([-1.0, -0.2, 0.2, 1.0], [0, 102, 153, 255]),
        ([0.0, 51.4, 254.6, 2.0], [0, 51, 255, 2]),
    ] {
        assert_eq!(of_npy(&array("<f4", "(1, 2, 2)", &floats(&values))), expected);
    }
    let place = Place::new();
    let data = ImageData { limit: 1, ..ImageData::of(place.put(&array("<f4", "(2, 1, 1)", &floats(&[0.0, 0.5])))) };
    let images = npy(&data).unwrap();
    assert_eq!((images.count, images.survey.lines()), (1, vec!["floats within [0, 1], rounded to bytes".to_owned()]));
}

#[test]
fn an_archive_has_images_and_labels() {
    let place = Place::new();
    let images = array("|u1", "(3, 2, 1, 1)", &[1, 2, 3, 4, 5, 6]);
    let labels = array("<i8", "(3, 1)", &[7i64, 0, 300].map(i64::to_le_bytes).concat());
    let data = ImageData::of(place.put(&zipped(&[
        ("x_test", images.clone()),
        ("x_train", images.clone()),
        ("y_train", labels.clone()),
    ])));
    let read = npz(&data, "").unwrap();
    assert_eq!((read.count, read.labels, read.shape), (3, Some(vec![7, 0, 300]), images::shape(&data, 1, 2, 1)));
    assert!(matches!(read.shape, SampleShape::Image { width: 1, height: 2, channels: 1, .. }));
    assert_eq!(pixels(&data, |data| npz(data, "x_test")), [1, 2, 3, 4, 5, 6]);
    let two = npz(&ImageData { limit: 2, ..data.clone() }, "x_train").unwrap();
    assert_eq!((two.count, two.labels), (2, Some(vec![7, 0])));

    let said = |arrays: &[(&str, Vec<u8>)], array: &str, memory| {
        npz(&ImageData { memory, ..ImageData::of(place.put(&zipped(arrays))) }, array).unwrap_err().to_string()
    };
    let cut = |bytes: &[u8]| bytes[..bytes.len() - 1].to_vec();
    for (text, parts) in [
        (said(&[("a", images.clone()), ("b", images.clone())], "", None), ["set data.array", "a (|u1 [3, 2, 1, 1])"]),
        (said(&[("a", images.clone())], "z", None), ["no array `z`", "a (|u1"]),
        (said(&[("y", labels.clone())], "", None), ["no array in it is one of images", "y (<i8 [3, 1])"]),
        (said(&[("y", labels.clone())], "y", None), ["array `y`", "numbers are `<i8`"]),
        (said(&[("x", cut(&images))], "", None), ["array `x`", "ends within image 2"]),
        (said(&[("x", [&images[..], &[0]].concat())], "", None), ["array `x`", "holds more"]),
        (said(&[("x", images.clone()), ("y", cut(&labels))], "", None), ["array `y` of labels", "data.labels = false"]),
        (said(&[("x", images.clone())], "", Some(Bytes(5))), ["6 bytes", "data.memory"]),
    ] {
        assert!(parts.iter().all(|part| text.contains(part)), "{text}");
    }
    let text = npz(&ImageData::of(place.put(b"PK")), "").unwrap_err().to_string();
    assert!(text.contains("not an archive of arrays"), "{text}");
}

#[test]
fn what_is_wrong_with_an_array_is_told() {
    let place = Place::new();
    let said = |bytes: &[u8]| npy(&ImageData::of(place.put(bytes))).unwrap_err().to_string();
    let fine = array("|u1", "(2, 2, 2)", &[0; 8]);
    for (bytes, parts) in [
        (array("|u1", "(2, 2)", &[0; 4]), ["sizes [2, 2]", "[n, height, width]"]),
        (array("|u1", "(2, 2, 2, 2)", &[0; 16]), ["sizes [2, 2, 2, 2]", "1 channel or 3"]),
        (array("|u1", "(0, 2, 2)", &[]), ["sizes [0, 2, 2]", "not images"]),
        (array("|u1", "(1, 4294967295, 4294967295)", &[]), ["4294967295", "not images"]),
        (array("|u1", "(99999999999, 9, 9)", &[0; 81]), ["99999999999 images", "81 bytes follow"]),
        (array("<f8", "(1, 1, 1)", &[0; 8]), ["`<f8`", "astype"]),
        (fine[..fine.len() - 1].to_vec(), ["8 bytes", "7 bytes follow"]),
        ([&fine[..], &[0]].concat(), ["8 bytes", "9 bytes follow"]),
        (array("<f4", "(2, 1, 1)", &floats(&[0.0, f32::NAN])), ["image 1", "not finite"]),
        (array("<f4", "(1, 1, 2)", &floats(&[-3.0, 4.0])), ["from -3 to 4", "[0, 255]"]),
        (b"PNG".to_vec(), ["does not begin", "NumPy"]),
    ] {
        let text = said(&bytes);
        assert!(parts.iter().all(|part| text.contains(part)) && !text.contains('\n'), "{text}");
    }
    assert!(npy(&ImageData::of("/nowhere")).unwrap_err().to_string().contains("no such file"));
}
