//! Image files as people have them on disk, good and bad, through the public door.

use std::fs;
use std::io::Write;
use std::path::Path;

use gantop::config::{Bytes, Data, ImageData};
use gantop::domain::seed::{self, Stream};
use gantop::domain::{PixelRange, SampleShape};
use gantop::train::data::{Batch, Reader, Source, Turn};

use crate::support::idx::{gzip, header, labels, many_images, three_images, write};

fn idx(path: &Path, limit: usize) -> Data {
    Data::Idx(ImageData { limit, range: PixelRange::Unit, ..ImageData::of(path) })
}

/// The values of all pixels that many draws show, in order and without repeats.
fn values(data: &Data) -> Vec<f32> {
    let source = Source::open(data).expect("images");
    assert_eq!(source.shape(), SampleShape::Image { width: 4, height: 2, channels: 1, range: PixelRange::Unit });
    let mut out = vec![f32::NAN; 8 * 200];
    source.fill(&mut seed::rng(1, Stream::Data, 1), &mut out).expect("images");
    out.sort_by(f32::total_cmp);
    out.dedup();
    out
}

/// The error for `path`: one line that names the file.
fn error(path: &Path) -> String {
    let text = Source::open(&idx(path, 0)).expect_err("an error").to_string();
    assert!(text.starts_with(&format!("data.path: {}", path.display())), "names no file: {text}");
    assert!(!text.contains('\n'), "{text}");
    text
}

#[track_caller]
fn says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "“{text}” does not say “{part}”");
    }
}

#[test]
fn files_and_directories_plain_and_gzip() {
    let third = 1.0 / 3.0;
    for (name, packed) in [
        ("train-images-idx3-ubyte", false),
        ("train-images-idx3-ubyte.gz", true),
        ("train-images.idx3-ubyte", false),
        ("train-images.idx3-ubyte.gz", true),
        // What a browser unpacked without renaming, and what lost its ending.
        ("train-images-idx3-ubyte.gz", false),
        ("train-images-idx3-ubyte", true),
    ] {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let bytes = if packed { gzip(&three_images()) } else { three_images() };
        let file = write(dir.path(), name, &bytes);
        for path in [dir.path(), &file] {
            let got = values(&idx(path, 0));
            assert_eq!(got.len(), 3, "{name}: {got:?}");
            assert!((got[1] - third).abs() < 1e-6 && got[0] == 0.0);
            assert_eq!(values(&idx(path, 1)), [0.0], "{name}: the first image alone");
            assert_eq!(values(&idx(path, 99)).len(), 3, "{name}: a limit beyond the end");
        }
    }
}

#[test]
fn what_torchvision_keeps_and_what_follows_a_packed_file() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let folder = dir.path().join("MNIST/raw");
    std::fs::create_dir_all(&folder).expect("a folder");
    let (zeros, garbage) = ([gzip(&three_images()), vec![0; 700]], [gzip(&three_images()), b"<html>".to_vec()]);
    for (bytes, remarks) in [(zeros.concat(), 0), (garbage.concat(), 1)] {
        write(&folder, "train-images-idx3-ubyte.gz", &bytes);
        assert_eq!(values(&idx(dir.path(), 0)).len(), 3);
        let said = Source::open(&idx(dir.path(), 0)).expect("images").lines();
        assert_eq!(said.len(), remarks, "{said:?}");
        assert!(said.iter().all(|line| line.contains("garbage after the end")), "{said:?}");
    }
}

#[test]
fn colour_with_channels_last() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut bytes = header(0x804, &[1, 1, 2, 3]);
    bytes.extend([255, 0, 51, 0, 102, 204]);
    let source = Source::open(&idx(&write(dir.path(), "colour", &bytes), 0)).expect("images");
    assert_eq!(source.shape(), SampleShape::Image { width: 2, height: 1, channels: 3, range: PixelRange::Unit });
    let mut out = [f32::NAN; 6];
    source.fill(&mut seed::rng(1, Stream::Data, 1), &mut out).expect("images");
    assert_eq!(out, [1.0, 0.0, 0.2, 0.0, 0.4, 0.8]);
    let planar = write(dir.path(), "planar", &[header(0x804, &[1, 3, 1, 2]), vec![0; 6]].concat());
    says(&error(&planar), &["2 channels", "channels last"]);
}

#[test]
fn truncated() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let whole = three_images();
    says(&error(&write(dir.path(), "a", &whole[..whole.len() - 1])), &["truncated", "3 images of 2 × 4", "24", "23"]);
    says(&error(&write(dir.path(), "b", &whole[..10])), &["truncated inside its header", "10 bytes of 16"]);
    says(&error(&write(dir.path(), "c", &[])), &["empty"]);
    let packed = gzip(&whole);
    says(&error(&write(dir.path(), "d.gz", &packed[..packed.len() - 9])), &["damaged gzip", "ends in the middle"]);
    says(&error(&write(dir.path(), "e.gz", &gzip(&whole[..whole.len() - 1]))), &["truncated", "24", "23"]);
    let mut spoiled = packed.clone();
    let checksum = spoiled.len() - 6;
    spoiled[checksum] ^= 1;
    says(&error(&write(dir.path(), "f.gz", &spoiled)), &["damaged gzip", "checksum"]);
}

#[test]
fn trailing_bytes() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let long = [three_images(), vec![0; 5]].concat();
    says(&error(&write(dir.path(), "a", &long)), &["3 images of 2 × 4", "holds 5 more"]);
    says(&error(&write(dir.path(), "b.gz", &gzip(&long))), &["3 images of 2 × 4", "holds some more"]);
}

#[test]
fn wrong_magic() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let labels = [header(0x801, &[3]), vec![1, 2, 3]].concat();
    says(&error(&write(dir.path(), "a", &labels)), &["labels", "0x00000801", "0x00000803"]);
    says(&error(&write(dir.path(), "a.gz", &gzip(&labels))), &["labels", "0x00000801"]);
    says(&error(&write(dir.path(), "b", b"\x89PNG\r\n\x1a\n....")), &["PNG"]);
    says(&error(&write(dir.path(), "c.gz", b"<!doctype html>")), &["named .gz but not gzip", "HTML"]);
}

#[test]
fn absurd_sizes() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for (name, sizes, plain) in [("a", [u32::MAX; 3], "4 GiB"), ("b", [65_536, 65_536, 2], "truncated")] {
        let bytes = header(0x803, &sizes);
        says(&error(&write(dir.path(), name, &bytes)), &[plain]);
        says(&error(&write(dir.path(), "gz", &gzip(&bytes))), &["4 GiB"]);
    }
    // Four GiB exactly are allowed, but must be there.
    let claim = header(0x803, &[65_536, 65_536, 1]);
    says(&error(&write(dir.path(), "c", &claim)), &["truncated", "holds 0"]);
    says(&error(&write(dir.path(), "d", &gzip(&claim))), &["truncated", "holds 0"]);
}

#[test]
fn nothing_in_it() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    says(&error(&write(dir.path(), "a", &header(0x803, &[0, 28, 28]))), &["0 images of 28 × 28", "nothing to learn"]);
    says(&error(&write(dir.path(), "b", &header(0x803, &[5, 0, 28]))), &["5 images of 0 × 28", "nothing to learn"]);
}

#[test]
fn wrong_paths() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    write(dir.path(), "train-labels-idx1-ubyte", &header(0x801, &[0]));
    says(&error(dir.path()), &["holds none of", "train-images-idx3-ubyte.gz", "name the file itself"]);
    says(&error(&dir.path().join("missing")), &["no such file"]);
    says(&error(&dir.path().join("train-labels-idx1-ubyte/inside")), &["no such file"]);
    if Path::new("/dev/zero").exists() {
        says(&error(Path::new("/dev/zero")), &["not a regular file"]);
    }
}

#[test]
fn a_file_without_permission() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = write(dir.path(), "secret", &three_images());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).expect("own file");
    if fs::File::open(&path).is_ok() {
        let _ = writeln!(std::io::stderr(), "skipped: this user may read every file");
        return;
    }
    says(&error(&path), &["cannot be read", "ermission denied"]);
}

/// The samples and the labels of one batch.
fn batch(reader: &mut Reader<'_>, step: u64, update: u64) -> (Vec<u32>, Vec<u16>) {
    let (mut samples, mut labels) = (vec![f32::NAN; 9 * 5], vec![999; 5]);
    let mut turn = Turn { step, update };
    reader.next(&mut turn, Batch { samples: &mut samples, labels: Some(&mut labels) }).expect("a batch");
    assert_eq!(turn, Turn { step, update: update + 1 });
    (samples.into_iter().map(f32::to_bits).collect(), labels)
}

#[test]
fn batches_from_disk_are_those_from_memory() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = write(dir.path(), "train-images-idx3-ubyte", &many_images(200));
    let of_image: Vec<u8> = (0..200).collect();
    write(dir.path(), "train-labels-idx1-ubyte", &labels(&of_image));
    let open = |memory| {
        let (path, range) = (file.clone(), PixelRange::Unit);
        Source::open(&Data::Idx(ImageData { limit: 150, range, memory: Some(Bytes(memory)), ..ImageData::of(path) }))
            .expect("images")
    };
    let (kept, streamed) = (open(150 * 9), open(150 * 9 - 1));
    assert!(!kept.is_streamed() && streamed.is_streamed());
    assert_eq!((kept.shape(), kept.classes()), (streamed.shape(), streamed.classes()));
    let (mut ours, mut theirs) = (Reader::new(&kept, 7, 5), Reader::new(&streamed, 7, 5));
    let mut seen = std::collections::HashMap::new();
    let mut compare = |step, update, updates| {
        if update == 0 {
            theirs.prepare(step, updates).expect("images");
        }
        let (a, b) = (batch(&mut ours, step, update), batch(&mut theirs, step, update));
        assert!(a == b, "step {step}, update {update}");
        // The first pixel of an image is its number, and so is its label.
        for (first, label) in a.0.chunks(9).map(|image| f32::from_bits(image[0])).zip(&a.1) {
            assert_eq!(first, f32::from(*label) / 255.0);
            assert!(*label < 150, "a limit holds for labels too");
        }
        let again = seen.insert((step, update), a.clone());
        assert!(again.is_none_or(|before| before == a), "a batch is a function of step and update");
    };
    // In order, more and fewer updates than the step before, again, backwards, far ahead, and in the middle of a step.
    let plan = [(1, 3), (2, 3), (3, 1), (4, 9), (5, 9), (5, 2), (4, 1), (900, 2), (2, 3), (3, 1)];
    for (step, updates) in plan {
        (0..updates).for_each(|update| compare(step, update, updates));
    }
    compare(12, 4, 5);
    compare(12, 1, 5);
}

#[test]
fn an_image_that_cannot_be_read_is_named() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let bytes = many_images(40);
    let file = write(dir.path(), "images", &bytes);
    let memory = Some(Bytes(0));
    let data = Data::Idx(ImageData { range: PixelRange::Unit, memory, ..ImageData::of(&file) });
    let source = Source::open(&data).expect("images");
    fs::OpenOptions::new().write(true).open(&file).and_then(|file| file.set_len(16)).expect("a shorter file");
    let mut reader = Reader::new(&source, 1, 4);
    let error = reader.prepare(1, 2).expect_err("no images");
    let failure = error.failure();
    assert_eq!(failure.file.as_deref(), file.to_str());
    assert!(failure.index.is_some_and(|index| index < 40) && failure.why.contains("cut short"), "{failure}");
    says(&error.to_string(), &["data.path", "images: image ", "of 40", "cut short"]);
    // It is told each time, and in the middle of a step too, until the file is whole.
    assert!(reader.prepare(1, 2).is_err());
    assert!(reader.next(&mut Turn { step: 1, update: 1 }, Batch::of(&mut [0.0; 36])).is_err());
    fs::write(&file, &bytes).expect("the whole file");
    reader.prepare(1, 2).expect("images");
    assert!(reader.next(&mut Turn { step: 1, update: 0 }, Batch::of(&mut [0.0; 36])).is_ok());
}

#[test]
fn labels_beside_the_images() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let place = |name: &str| {
        let place = dir.path().join(name);
        fs::create_dir(&place).expect("a directory");
        place
    };
    for (i, (images, beside)) in [
        ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
        ("train-images-idx3-ubyte", "train-labels-idx1-ubyte.gz"),
        ("train-images.idx3-ubyte.gz", "train-labels.idx1-ubyte.gz"),
        ("t10k-images.idx3-ubyte.gz", "t10k-labels.idx1-ubyte"),
    ]
    .into_iter()
    .enumerate()
    {
        let place = place(&i.to_string());
        let packed = |name: &str, bytes: Vec<u8>| if name.ends_with(".gz") { gzip(&bytes) } else { bytes };
        let file = write(&place, images, &packed(images, three_images()));
        assert_eq!(Source::open(&idx(&file, 0)).expect("images").classes(), None, "{images} alone");
        write(&place, beside, &packed(beside, labels(&[4, 0, 7])));
        let source = Source::open(&idx(&file, 0)).expect("images");
        assert_eq!(source.classes(), Some(8), "{beside}");
        let (mut samples, mut of) = ([0.0; 8], [99u16]);
        let mut batch = Batch { samples: &mut samples, labels: Some(&mut of) };
        source.draw(&mut seed::rng(1, Stream::Data, 1), &mut batch).expect("an image");
        let image = (samples[0] * 3.0).round() as usize;
        assert_eq!(of[0], [4, 0, 7][image]);
    }
    let place = place("bad");
    let images = write(&place, "train-images-idx3-ubyte", &three_images());
    let said = |bytes: &[u8]| {
        write(&place, "train-labels-idx1-ubyte", bytes);
        let text = Source::open(&idx(&images, 0)).expect_err("no labels").to_string();
        assert!(text.contains("train-labels-idx1-ubyte: "), "{text}");
        text
    };
    says(&said(&labels(&[1, 2])), &["2 labels", "3 images"]);
    says(&said(&labels(&[1, 2, 3])[..10]), &["truncated", "3 labels", "holds 2"]);
    says(&said(&[labels(&[1, 2, 3]), vec![4]].concat()), &["holds more"]);
    says(&said(&three_images()), &["no labels", "plain IDX"]);
    says(&said(b""), &["no labels", "empty"]);
    says(&said(&gzip(&labels(&[1, 2, 3]))[..20]), &["damaged gzip"]);
}

#[test]
fn samples_without_labels_give_none() {
    for data in [Data::Checkerboard, Data::Ring { modes: 3, radius: 1.0, std: 0.1 }] {
        let source = Source::open(&data).expect("points");
        let mut batch = Batch { samples: &mut [0.0; 2], labels: Some(&mut [0]) };
        let error = source.draw(&mut seed::rng(1, Stream::Data, 1), &mut batch).expect_err("no labels");
        assert!(error.to_string().contains("no labels"));
    }
}

#[test]
fn a_packed_file_beyond_the_memory_says_what_to_do() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = write(dir.path(), "images.gz", &gzip(&many_images(40)));
    let open = |limit, memory| {
        let (path, range) = (file.clone(), PixelRange::Unit);
        Source::open(&Data::Idx(ImageData { limit, range, memory: Some(Bytes(memory)), ..ImageData::of(path) }))
    };
    says(&open(0, 359).expect_err("too little memory").to_string(), &["40 images", "data.memory", "unpack"]);
    assert!(open(0, 360).is_ok() && open(39, 359).is_ok());
}
