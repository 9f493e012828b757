use std::fs;
use std::path::{Path, PathBuf};

use rand_xoshiro::rand_core::SeedableRng as _;

use super::*;
use crate::config::Bytes;
use crate::domain::SampleShape;
use crate::domain::seed::Rng;
use crate::train::data::Batch;

/// A record: its labels, then planes in which red is the column, green the row and blue `blue`.
fn record(labels: &[u8], blue: u8) -> Vec<u8> {
    let planes: [fn(usize, u8) -> u8; 3] = [|i, _| (i % SIDE) as u8, |i, _| (i / SIDE) as u8, |_, blue| blue];
    let pixels = planes.iter().flat_map(|plane| (0..SIDE * SIDE).map(move |i| plane(i, blue)));
    labels.iter().copied().chain(pixels).collect()
}

fn write(dir: &Path, name: &str, records: &[Vec<u8>]) -> PathBuf {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, records.concat()).unwrap();
    path
}

/// One image each of many draws, without repeats, by its blue: that and its label.
fn seen(images: &Images) -> Vec<(u8, u16)> {
    let (mut samples, mut labels) = (vec![0.0; 200 * LEN], vec![0; 200]);
    let mut batch = Batch { samples: &mut samples, labels: Some(&mut labels) };
    images.draw(&mut Rng::seed_from_u64(1), &mut batch).unwrap();
    let mut seen = Vec::new();
    for (sample, label) in samples.chunks_exact(LEN).zip(labels) {
        let byte = |value: f32| ((value + 1.0) * 127.5).round() as u8;
        for (i, pixel) in sample.chunks_exact(CHANNELS).enumerate() {
            assert_eq!((byte(pixel[0]), byte(pixel[1])), ((i % SIDE) as u8, (i / SIDE) as u8), "pixel {i}");
        }
        seen.push((byte(sample[2]), label));
    }
    seen.sort();
    seen.dedup();
    seen
}

fn said(path: &Path) -> String {
    let text = read(&ImageData::of(path), false).unwrap_err().to_string();
    assert!(text.starts_with(&path.display().to_string()) && !text.contains('\n'), "{text}");
    text
}

#[test]
fn directories_and_files_in_memory_and_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("ten");
    let one = write(&place, "data_batch_1.bin", &[record(&[3], 10), record(&[0], 20)]);
    write(&place, "data_batch_2.bin", &[record(&[9], 30)]);
    write(&place, "test_batch.bin", &[record(&[1], 99)]);
    let all = [(10, 3), (20, 0), (30, 9)];
    for memory in [None, Some(Bytes(0))] {
        let open = |path: &Path, limit| read(&ImageData { memory, limit, ..ImageData::of(path) }, false).unwrap();
        let images = open(&place, 0);
        assert_eq!(images.is_streamed(), memory.is_some());
        assert_eq!(images.shape, images::shape(&ImageData::of(&place), 32, 32, 3));
        assert!(matches!(images.shape, SampleShape::Image { width: 32, height: 32, channels: 3, .. }));
        assert_eq!(images.classes(), Some(10));
        assert_eq!(seen(&images), all);
        assert_eq!(seen(&open(&place, 1)), all[..1]);
        assert_eq!(seen(&open(&one, 9)), all[..2]);
    }
    // As its archive unpacks.
    fs::create_dir(dir.path().join("above")).unwrap();
    fs::rename(&place, dir.path().join("above/cifar-10-batches-bin")).unwrap();
    assert_eq!(seen(&read(&ImageData::of(dir.path().join("above")), false).unwrap()), all);
    let none = ImageData { labels: false, ..ImageData::of(dir.path().join("above")) };
    assert_eq!(read(&none, false).unwrap().classes(), None);
}

#[test]
fn a_hundred_classes_have_twenty_above_them() {
    let dir = tempfile::tempdir().unwrap();
    let file = write(dir.path(), "train.bin", &[record(&[19, 99], 1), record(&[0, 17], 2)]);
    for path in [dir.path(), &file] {
        let open = |coarse| read(&ImageData::of(path), coarse).unwrap();
        assert_eq!(seen(&open(false)), [(1, 99), (2, 17)]);
        assert_eq!(seen(&open(true)), [(1, 19), (2, 0)]);
    }
    fs::write(dir.path().join("coarse_label_names.txt"), "name\n".repeat(20) + "\n").unwrap();
    fs::write(dir.path().join("fine_label_names.txt"), "too few").unwrap();
    let names = |coarse| read(&ImageData::of(&file), coarse).unwrap().survey.classes.len();
    assert_eq!((names(true), names(false)), (20, 0));
    let ten = write(dir.path(), "x.bin", &[record(&[1], 1)]);
    let error = read(&ImageData::of(&ten), true).unwrap_err().to_string();
    assert!(error.contains("data.coarse = false"), "{error}");
}

#[test]
fn what_is_wrong_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let bad = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        said(&path)
    };
    let two = [record(&[1], 0), record(&[2], 0)].concat();
    for (name, bytes, parts) in [
        ("cut", &two[..two.len() - 1], ["6145 bytes", "3073 bytes in CIFAR-10 and 3074 in CIFAR-100"]),
        ("packed", b"\x1f\x8b\x08\0\0", ["5 bytes", "gzip"]),
        ("empty", b"", ["empty", "nothing to learn"]),
        ("label", &[record(&[1], 0), record(&[10], 0)].concat(), ["image 1,", "its label is 10"]),
        ("fine", &record(&[3, 100], 0), ["image 0,", "0 to 99"]),
    ] {
        let text = bad(name, bytes);
        assert!(parts.iter().all(|part| text.contains(part)), "{text}");
    }
    assert!(said(&dir.path().join("nowhere")).contains("no such file"));
    let empty = tempfile::tempdir().unwrap();
    assert!(said(empty.path()).contains("data_batch_1.bin"));
    fs::write(empty.path().join("data_batch_1"), b"x").unwrap();
    assert!(said(empty.path()).contains("Python version (data_batch_1)"));
    write(empty.path(), "data_batch_1.bin", &[record(&[1], 0)]);
    write(empty.path(), "data_batch_2.bin", &[record(&[1, 2], 0)]);
    let text = read(&ImageData::of(empty.path()), false).unwrap_err().to_string();
    assert!(text.contains("data_batch_2.bin has others"), "{text}");
}

#[test]
fn a_file_cut_short_later_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = write(dir.path(), "a.bin", &[record(&[1], 0), record(&[2], 0)]);
    let images = read(&ImageData { memory: Some(Bytes(0)), ..ImageData::of(&file) }, false).unwrap();
    fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(9).unwrap();
    let mut out = vec![0.0; LEN];
    let error = images.draw(&mut Rng::seed_from_u64(1), &mut Batch::of(&mut out)).unwrap_err();
    assert_eq!(error.failure().file.as_deref(), file.to_str());
    assert!(error.to_string().contains("cut short"), "{error}");
}
