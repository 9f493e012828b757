//! Image files as people have them on disk, good and bad, through the public door.

use std::fs;
use std::io::Write;
use std::path::Path;

use gantop::config::{Data, PixelRange};
use gantop::data::Source;
use gantop::link::SampleShape;
use gantop::seed::{self, Stream};

use crate::support::idx::{gzip, header, three_images, write};

fn idx(path: &Path, limit: usize) -> Data {
    Data::Idx { path: path.to_owned(), limit, range: PixelRange::Unit }
}

/// The values of all pixels that many draws show, in order and without repeats.
fn values(data: &Data) -> Vec<f32> {
    let source = Source::open(data).expect("images");
    assert_eq!(source.shape(), SampleShape::Image { width: 4, height: 2, channels: 1, range: PixelRange::Unit });
    let mut out = vec![f32::NAN; 8 * 200];
    source.fill(&mut seed::rng(1, Stream::Data, 1), &mut out);
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
fn colour_with_channels_last() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut bytes = header(0x804, &[1, 1, 2, 3]);
    bytes.extend([255, 0, 51, 0, 102, 204]);
    let source = Source::open(&idx(&write(dir.path(), "colour", &bytes), 0)).expect("images");
    assert_eq!(source.shape(), SampleShape::Image { width: 2, height: 1, channels: 3, range: PixelRange::Unit });
    let mut out = [f32::NAN; 6];
    source.fill(&mut seed::rng(1, Stream::Data, 1), &mut out);
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
    for (name, sizes) in [("a", [u32::MAX; 3]), ("b", [65_536, 65_536, 2])] {
        let bytes = header(0x803, &sizes);
        says(&error(&write(dir.path(), name, &bytes)), &["4 GiB"]);
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
