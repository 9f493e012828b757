//! Folders of images as people have them, good files and traps, through the public door.

use std::fs;
use std::ops::ControlFlow;
use std::os::unix::fs::symlink;
use std::path::Path;

use gantop::config::{Bytes, Data, Filter, Fit, ImageData, OnBad};
use gantop::domain::seed::{self, Stream};
use gantop::domain::{PixelRange, SampleShape};
use gantop::train::data::{Batch, Progress, Reader, Source, Turn};
use image::{DynamicImage, GrayImage, ImageFormat, Rgba, RgbaImage};
use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::support::pictures::{boasting_png, cmyk_jpeg, encoded, palette_png, picture, put, turned_jpeg, zipped};

fn folder(path: &Path, size: usize, on_bad: OnBad) -> Data {
    let fit = Fit { size, ..Fit::default() };
    Data::Folder { images: ImageData { range: PixelRange::Unit, ..ImageData::of(path) }, fit, on_bad }
}

fn open(data: &Data) -> Result<Source, String> {
    Source::open(data).map_err(|error| error.to_string())
}

/// A sample as bytes.
fn sample(source: &Source) -> Vec<u8> {
    let mut out = vec![f32::NAN; source.shape().len()];
    source.fill(&mut seed::rng(1, Stream::Data, 1), &mut out).expect("an image");
    out.iter().map(|value| (value * 255.0).round() as u8).collect()
}

/// Traps: files by name, each with its bytes.
fn traps() -> Vec<(&'static str, Vec<u8>)> {
    let grey = GrayImage::from_pixel(8, 8, image::Luma([77]));
    let see_through = RgbaImage::from_pixel(8, 8, Rgba([255, 0, 0, 51]));
    let opaque = RgbaImage::from_pixel(8, 8, Rgba([1, 2, 3, 255]));
    let deep = DynamicImage::ImageRgb16(DynamicImage::ImageRgb8(picture(8, 8)).to_rgb16());
    let png = encoded(picture(8, 8), ImageFormat::Png);
    let jpeg = encoded(picture(64, 64), ImageFormat::Jpeg);
    vec![
        ("plain.png", png.clone()),
        ("plain.jpg", encoded(picture(8, 8), ImageFormat::Jpeg)),
        ("plain.webp", encoded(picture(8, 8), ImageFormat::WebP)),
        ("plain.bmp", encoded(picture(8, 8), ImageFormat::Bmp)),
        ("plain.gif", encoded(picture(8, 8), ImageFormat::Gif)),
        ("plain.tiff", encoded(picture(8, 8), ImageFormat::Tiff)),
        ("grey.png", encoded(grey.clone(), ImageFormat::Png)),
        ("grey.jpg", encoded(grey, ImageFormat::Jpeg)),
        ("transparent.png", encoded(see_through, ImageFormat::Png)),
        ("opaque-rgba.png", encoded(opaque, ImageFormat::Png)),
        ("palette.png", palette_png()),
        ("sixteen-bit.png", encoded(deep, ImageFormat::Png)),
        ("cmyk.jpg", cmyk_jpeg(8, [0, 255, 255, 0])),
        ("turned.jpg", turned_jpeg(picture(16, 8))),
        ("wide.png", encoded(picture(24, 8), ImageFormat::Png)),
        ("one-pixel.png", encoded(picture(1, 1), ImageFormat::Png)),
        ("a-png-indeed.jpg", png.clone()),
        ("truncated.png", png[..png.len() - 20].to_vec()),
        ("truncated.jpg", jpeg[..jpeg.len() * 2 / 3].to_vec()),
        ("truncated.webp", encoded(picture(8, 8), ImageFormat::WebP)[..40].to_vec()),
        ("truncated.bmp", encoded(picture(8, 8), ImageFormat::Bmp)[..100].to_vec()),
        ("truncated.gif", encoded(picture(8, 8), ImageFormat::Gif)[..50].to_vec()),
        ("truncated.tiff", encoded(picture(8, 8), ImageFormat::Tiff)[..60].to_vec()),
        ("empty.png", Vec::new()),
        ("text.png", b"not an image at all".to_vec()),
        ("page.jpg", b"<!DOCTYPE html>".to_vec()),
        ("bomb.png", boasting_png(30_000, 30_000)),
        ("boast.png", boasting_png(5_000, 5_000)),
        (".DS_Store", b"\0\0\0\x01Bud1".to_vec()),
        ("notes.txt", b"taken in May".to_vec()),
    ]
}

#[test]
fn what_comes_of_each_trap() {
    let mut table = String::new();
    for (name, bytes) in traps() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        put(dir.path(), name, &bytes);
        let came = match open(&folder(dir.path(), 4, OnBad::Error)) {
            Ok(source) => {
                assert_eq!(
                    source.shape(),
                    SampleShape::Image { width: 4, height: 4, channels: 3, range: PixelRange::Unit },
                );
                let pixels = sample(&source);
                // The lower left and the lower right corner, in quarters of the range: decoders may differ by rounding.
                let quarters = |at: usize| pixels[3 * at..][..3].iter().map(|&byte| (byte as u32 * 4 + 127) / 255);
                let (left, right) = (quarters(12).collect::<Vec<_>>(), quarters(15).collect::<Vec<_>>());
                format!("{left:?} {right:?} {}", source.lines().join("; "))
            }
            Err(error) => {
                let error = error.replace(&dir.path().display().to_string(), "DIR");
                // All but the last line, which says what to do, where there are several.
                let lines: Vec<&str> = error.lines().map(str::trim).collect();
                lines[..(lines.len() - 1).max(1)].join(" ")
            }
        };
        table += &format!("{name:16} {came}\n");
    }
    insta::assert_snapshot!(table);
}

#[test]
fn a_folder_of_traps_names_the_first_five_or_passes_over_them() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let traps = traps();
    traps.iter().for_each(|(name, bytes)| drop(put(dir.path(), name, bytes)));
    symlink(dir.path(), dir.path().join("itself")).expect("a link");
    symlink(dir.path().join("gone.png"), dir.path().join("dangling.png")).expect("a link");
    mknodat(CWD, dir.path().join("pipe.png"), FileType::Fifo, Mode::from_raw_mode(0o600), 0).expect("a pipe");
    let error = open(&folder(dir.path(), 4, OnBad::Error)).expect_err("bad files");
    insta::assert_snapshot!(error.replace(&dir.path().display().to_string(), "DIR"));
    let source = open(&folder(dir.path(), 4, OnBad::Skip)).expect("good files");
    insta::assert_snapshot!(source.lines().join("\n"));
    assert_eq!(source.classes(), None);
    // As they lie they are of different sizes.
    let error = open(&folder(dir.path(), 0, OnBad::Skip)).expect_err("sizes");
    assert!(
        error.contains("of 17 images are not 8 × 8 as a-png-indeed.jpg is") && error.contains("data.size"),
        "{error}"
    );
}

/// An image of one colour: as its class, its number within it, 0.
fn coloured(i: u8) -> Vec<u8> {
    encoded(image::RgbImage::from_pixel(4, 4, image::Rgb([i / 2, i % 2, 0])), ImageFormat::Png)
}

/// Six images in three folders, which are their classes.
fn classes(root: &Path) {
    let names = ["ant/a.png", "ant/b.png", "bee/a.png", "bee/deep/er/b.png", "cow/a.png", "cow/b.png"];
    names.iter().zip(0..).for_each(|(name, i)| drop(put(root, name, &coloured(i))));
}

fn batch(reader: &mut Reader, step: u64, update: u64) -> (Vec<u32>, Vec<u16>) {
    let (mut samples, mut labels) = (vec![f32::NAN; 48 * 5], vec![999; 5]);
    let mut turn = Turn { step, update };
    reader.next(&mut turn, Batch { samples: &mut samples, labels: Some(&mut labels) }).expect("a batch");
    (samples.into_iter().map(f32::to_bits).collect(), labels)
}

#[test]
fn folders_are_classes_and_a_batch_is_the_same_from_memory_and_from_disk() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    classes(dir.path());
    // It is passed over, and so is where it lies.
    put(dir.path(), "bee/broken.png", b"x");
    put(dir.path(), "broken.png", b"x");
    let open = |memory, limit| {
        let images = ImageData { range: PixelRange::Unit, memory, limit, flip: true, ..ImageData::of(dir.path()) };
        Source::open(&Data::Folder { images, fit: Fit::default(), on_bad: OnBad::Skip }).expect("images")
    };
    let (kept, streamed) = (open(None, 0), open(Some(Bytes(0)), 0));
    assert!(!kept.is_streamed() && streamed.is_streamed());
    assert_eq!((kept.classes(), streamed.classes()), (Some(3), Some(3)));
    let (mut ours, mut theirs) = (Reader::new(&kept, 7, 5), Reader::new(&streamed, 7, 5));
    let mut seen = std::collections::BTreeSet::new();
    for step in [1, 2, 3, 9, 2] {
        theirs.prepare(step, 2).expect("images");
        for update in 0..2 {
            let (a, b) = (batch(&mut ours, step, update), batch(&mut theirs, step, update));
            assert_eq!(a, b, "step {step}, update {update}");
            for (image, label) in a.0.chunks(48).zip(&a.1) {
                let byte = |at: usize| (f32::from_bits(image[at]) * 255.0).round() as u16;
                assert_eq!(byte(0), *label);
                seen.insert((byte(0), byte(1)));
            }
        }
    }
    assert_eq!(seen.len(), 6);
    // A limit takes of all classes.
    assert_eq!(open(None, 3).classes(), Some(3));
}

#[test]
fn a_file_that_is_spoilt_later_is_named() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = put(dir.path(), "a.png", &encoded(picture(4, 4), ImageFormat::Png));
    let images = ImageData { memory: Some(Bytes(0)), ..ImageData::of(dir.path()) };
    let source = Source::open(&Data::Folder { images, fit: Fit::default(), on_bad: OnBad::Error }).expect("an image");
    fs::write(&path, encoded(picture(5, 4), ImageFormat::Png)).expect("a file");
    let mut reader = Reader::new(&source, 1, 4);
    let failure = reader.prepare(1, 1).expect_err("another size").failure();
    assert_eq!(failure.file.as_deref(), path.to_str());
    assert!(failure.why.contains("another size, 5 × 4"), "{failure}");
    fs::write(&path, encoded(picture(4, 4), ImageFormat::Png)).expect("a file");
    reader.prepare(1, 1).expect("an image");
}

#[test]
fn sizes_channels_and_filters() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    put(dir.path(), "a.png", &encoded(picture(12, 6), ImageFormat::Png));
    for (filter, ringing) in [(Filter::Area, 1), (Filter::Lanczos, 10)] {
        for (channels, corner) in [(1, 54), (3, 255)] {
            let fit = Fit { size: 3, channels, filter };
            let source = open(&Data::Folder {
                images: ImageData { range: PixelRange::Unit, ..ImageData::of(dir.path()) },
                fit,
                on_bad: OnBad::Error,
            })
            .expect("an image");
            assert_eq!(source.shape().len(), 9 * channels);
            let pixels = sample(&source);
            // The square at the centre: the lower left corner is all red.
            assert!(pixels[6 * channels].abs_diff(corner) <= ringing, "{filter:?} {channels}: {pixels:?}");
        }
    }
    // As they are.
    let source = open(&folder(dir.path(), 0, OnBad::Error)).expect("an image");
    assert_eq!(source.shape(), SampleShape::Image { width: 12, height: 6, channels: 3, range: PixelRange::Unit });
}

#[test]
fn nothing_to_read_is_told() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = put(dir.path(), "below/a.txt", b"x");
    put(dir.path(), ".hidden.png", b"x");
    for (path, parts) in [
        (dir.path(), ["no images in it", "among 1 other files and 1 hidden"]),
        (&dir.path().join("nowhere"), ["no such file", "directory"]),
        (&file, ["not a directory", "name the folder"]),
    ] {
        let error = open(&folder(path, 0, OnBad::Skip)).expect_err("nothing");
        assert!(parts.iter().all(|part| error.contains(part)), "{error}");
    }
}

#[test]
fn reading_is_watched_and_can_be_broken_off() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    classes(dir.path());
    let data = folder(dir.path(), 0, OnBad::Error);
    let mut last = None;
    Source::open_watched(&data, &mut |progress| {
        last = Some(progress);
        ControlFlow::Continue(())
    })
    .expect("images");
    assert_eq!(last, Some(Progress { done: 6, total: 6 }));
    for calls in 0..4 {
        let mut left = calls;
        let error = Source::open_watched(&data, &mut |_| {
            left -= 1;
            if left < 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert!(error.expect_err("broken off").is_interruption(), "after {calls}");
    }
}

#[test]
fn an_archive_is_a_folder_and_its_list_says_the_labels() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let names: Vec<String> = (0..6).map(|i| format!("00000/img{i}.png")).collect();
    let list = names.iter().enumerate().map(|(i, name)| format!("[\"{name}\", {}]", i / 2)).collect::<Vec<_>>();
    let list = format!("{{\"labels\": [{}]}}", list.join(", ")).into_bytes();
    let mut files: Vec<(&str, Vec<u8>)> = names.iter().zip(0..).map(|(name, i)| (name.as_str(), coloured(i))).collect();
    files.extend([("dataset.json", list.clone()), ("__MACOSX/._img0.png", b"x".to_vec()), ("read.me", b"x".to_vec())]);
    let archive = put(dir.path(), "set.zip", &zipped(&files));
    let opened = |path: &Path, memory| {
        let images = ImageData { range: PixelRange::Unit, memory, flip: true, ..ImageData::of(path) };
        Source::open(&Data::Zip { images, fit: Fit::default(), on_bad: OnBad::Error })
    };
    let (kept, streamed) = (opened(&archive, None).expect("images"), opened(&archive, Some(Bytes(0))).expect("images"));
    assert_eq!((kept.is_streamed(), streamed.is_streamed(), kept.classes()), (false, true, Some(3)));
    assert_eq!(kept.lines(), ["1 files of other kinds: read.me", "1 hidden files and folders left alone"]);
    let (mut ours, mut theirs) = (Reader::new(&kept, 7, 5), Reader::new(&streamed, 7, 5));
    for step in [1, 2, 1] {
        theirs.prepare(step, 1).expect("images");
        let (a, b) = (batch(&mut ours, step, 0), batch(&mut theirs, step, 0));
        assert_eq!(a, b, "step {step}");
        for (image, label) in a.0.chunks(48).zip(&a.1) {
            assert_eq!((f32::from_bits(image[0]) * 255.0).round() as u16, *label);
        }
    }
    // The same, unpacked.
    files.iter().for_each(|(name, bytes)| drop(put(dir.path(), &format!("set/{name}"), bytes)));
    let images = ImageData { range: PixelRange::Unit, flip: true, ..ImageData::of(dir.path().join("set")) };
    let unpacked = Source::open(&Data::Folder { images, fit: Fit::default(), on_bad: OnBad::Error }).expect("images");
    assert_eq!((unpacked.classes(), sample(&unpacked)), (Some(3), sample(&kept)));

    // What is no archive, or a damaged one.
    let said = |path: &Path| opened(path, None).expect_err("no images").to_string();
    assert!(said(dir.path()).contains("data.kind = \"folder\""));
    let bytes = fs::read(&archive).expect("the archive");
    assert!(said(&put(dir.path(), "cut.zip", &bytes[..bytes.len() / 2])).contains("cut short, or not a zip archive"));
    let mut spoilt = bytes.clone();
    // In the pixels of the first image, which is not packed: its checksum is wrong.
    spoilt[90] ^= 1;
    let error = said(&put(dir.path(), "spoilt.zip", &spoilt));
    assert!(error.contains("1 of 6 images") && error.contains("00000/img0.png: damaged"), "{error}");
    let broken = zipped(&[("a.png", coloured(0)), ("dataset.json", b"{\"labels\": 3}".to_vec())]);
    assert!(said(&put(dir.path(), "broken.zip", &broken)).contains("dataset.json, its list of labels"));
    assert!(said(&put(dir.path(), "none.zip", &zipped(&[("a.txt", vec![])]))).contains("no images in it"));
}
