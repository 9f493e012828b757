//! Samples of a checkpoint's generator as files.

use std::fs;
use std::io::Read as _;
use std::path::PathBuf;

use super::*;
use crate::support::idx;
use crate::support::pictures::{encoded, put};

#[test]
fn points_come_out_the_same_as_npy_and_as_csv_and_by_their_seed() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    train(&["--steps", "5", "--run-dir", text(&run)], &TINY);
    let export = |name: &str, more: &[&str]| {
        let out = folder.path().join(name);
        let args = [&["export", text(&run), "--samples", "50", "--out", text(&out)], more].concat();
        let (code, said, err) = said(gantop(&args));
        (code, said + &err, out)
    };
    let (code, told, npy) = export("a.npy", &[]);
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("50 samples of the generator after 5 steps"), "{told}");
    let csv = export("a.csv", &[]).2;
    let read = |path: &Path| {
        let points = gantop::cli::samples::read(path).unwrap();
        assert_eq!((points.len(), points.dims()), (50, 2));
        points.values().iter().map(|&x| x as f32).collect::<Vec<_>>()
    };
    assert_eq!(read(&npy), read(&csv));
    let file = export("b.npy", &["--seed", "77"]).2;
    assert_ne!(read(&file), read(&npy));
    let (code, told, _) = export("a.npy", &["--seed", "77"]);
    assert_eq!(code, 2);
    assert!(told.contains("a.npy: exists; --force"), "{told}");
    assert_eq!(export("a.npy", &["--seed", "77", "--force"]).0, 0);
    assert_eq!(read(&npy), read(&file));
    for (name, why) in [
        ("a.png", "the samples are points"),
        ("a.txt", ".npy, .csv or .png"),
        ("a", ".npy, .csv or"),
        ("a.npz", "the samples are points"),
        ("a.gif", ".npy, .csv"),
    ] {
        let (code, told, out) = export(name, &[]);
        assert!(code == 2 && told.contains(why) && !out.exists(), "{told}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4, "something is left of the writing");
}

#[test]
fn a_sample_of_a_generator_with_batch_norm_does_not_depend_on_how_many_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    train(&["--steps", "5", "--run-dir", text(&run)], &[&TINY[..], &[LINE, "generator.norm='batch'"]].concat());
    let export = |count: &str, seed: &str| {
        let out = folder.path().join(format!("{count}-{seed}.npy"));
        let args = ["export", text(&run), "--samples", count, "--seed", seed, "--out", text(&out)];
        assert_eq!(said(gantop(&args)).0, 0);
        let points = gantop::cli::samples::read(&out).unwrap();
        points.values().iter().map(|&x| x as f32).collect::<Vec<_>>()
    };
    let (one, few, many) = (export("1", "3"), export("5", "3"), export("5000", "3"));
    assert_ne!(one, export("1", "4"), "every seed has a point of its own");
    for (i, x) in few.iter().enumerate() {
        assert!((x - many[i]).abs() < 1e-5, "{i}: {x} {}", many[i]);
    }
    assert!((one[0] - few[0]).abs() < 1e-5);
}

#[test]
fn samples_are_of_the_average_unless_the_weights_themselves_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    train(&["--steps", "30", "--run-dir", text(&run)], &[&TINY[..], &["generator.ema=5000"]].concat());
    let export = |name: &str, more: &[&str]| {
        let out = folder.path().join(name);
        let args = [&["export", text(&run), "--samples", "20", "--out", text(&out)], more].concat();
        let (code, said, err) = said(gantop(&args));
        assert_eq!((code, err.as_str()), (0, ""));
        (said, fs::read(&out).unwrap())
    };
    let (averaged, raw) = (export("a.csv", &[]), export("b.csv", &["--raw"]));
    assert!(averaged.0.contains("20 samples of the averaged generator after 30 steps"), "{}", averaged.0);
    assert!(raw.0.contains("20 samples of the raw generator"), "{}", raw.0);
    assert_ne!(averaged.1, raw.1);
}

#[test]
fn images_come_out_as_a_sheet_without_the_data() {
    let folder = tempfile::tempdir().unwrap();
    let (run, out) = (folder.path().join("run"), folder.path().join("a.png"));
    let images = idx::write(folder.path(), "images", &idx::three_images());
    let data = format!("data={{kind='idx', path='{}'}}", text(&images));
    train(&["--steps", "3", "--run-dir", text(&run)], &[&TINY[..], &[&data]].concat());
    fs::remove_file(&images).unwrap();
    let (code, _, err) = said(gantop(&["export", text(&run), "--samples", "7", "--out", text(&out)]));
    assert_eq!((code, err.as_str()), (0, ""));
    let mut reader = png::Decoder::new(std::io::BufReader::new(fs::File::open(&out).unwrap())).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    // Three by three images, a pixel apart.
    assert_eq!((info.width, info.height), (3 * 5 - 1, 3 * 3 - 1));
}

/// A run of a few steps on colour images, with a checkpoint and a recorded picture every two of them.
fn colours(folder: &Path) -> PathBuf {
    let (run, images) = (folder.join("run"), folder.join("images"));
    for i in 0..3u8 {
        let image = image::RgbImage::from_pixel(4, 4, image::Rgb([80 * i, 20, 200]));
        put(&images, &format!("{i}.png"), &encoded(image, image::ImageFormat::Png));
    }
    let data = format!("data={{kind='folder', path='{}'}}", text(&images));
    let more = [
        data.as_str(),
        "record.snapshot_every=2",
        "checkpoint.every_steps=2",
        "checkpoint.keep=0",
        "generator.ema=100",
    ];
    train(&["--steps", "6", "--run-dir", text(&run)], &[&TINY[..], &more].concat());
    run
}

/// Exports, and says how that ended and what was said.
fn export(run: &Path, out: &Path, more: &[&str]) -> (i32, String) {
    let (code, out, err) = said(gantop(&[&["export", text(run), "--out", text(out)], more].concat()));
    (code, out + &err)
}

#[test]
fn images_come_out_as_files_and_as_bytes_of_an_archive_that_are_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let run = colours(folder.path());
    let (files, archive) = (folder.path().join("out/files/"), folder.path().join("a.npz"));
    for out in [&files, &archive] {
        let (code, told) = export(&run, out, &["--samples", "5"]);
        assert_eq!(code, 0, "{told}");
        assert!(told.contains("5 samples of the averaged generator after 6 steps"), "{told}");
    }
    let mut array = zip::ZipArchive::new(fs::File::open(&archive).unwrap()).unwrap();
    let mut bytes = Vec::new();
    array.by_name("arr_0.npy").unwrap().read_to_end(&mut bytes).unwrap();
    let (header, pixels) = gantop::domain::npy::split(&bytes).unwrap();
    assert_eq!((header.descr.as_str(), header.shape, header.fortran), ("|u1", vec![5, 4, 4, 3], false));
    for (i, pixels) in pixels.chunks_exact(48).enumerate() {
        let file = image::open(files.join(format!("{i:05}.png"))).unwrap().to_rgb8();
        assert_eq!((file.dimensions(), file.as_raw().as_slice()), ((4, 4), pixels), "image {i}");
    }
    assert_eq!(fs::read_dir(&files).unwrap().count(), 5);
    let (code, told) = export(&run, &files, &["--samples", "2"]);
    assert!(code == 2 && told.contains("is not empty; --force"), "{told}");
    assert_eq!(export(&run, &files, &["--samples", "2", "--force"]).0, 0);
}

#[test]
fn what_lies_between_two_samples_begins_and_ends_with_them() {
    let folder = tempfile::tempdir().unwrap();
    let run = colours(folder.path());
    let (files, path) = (folder.path().join("files/"), folder.path().join("path/"));
    assert_eq!(export(&run, &files, &["--samples", "4", "--seed", "9"]).0, 0);
    let (code, told) = export(&run, &path, &["--interpolate", "3", "1", "--frames", "7", "--seed", "9"]);
    assert!(code == 0 && told.contains("7 frames between two samples"), "{told}");
    let read = |file: PathBuf| image::open(file).unwrap().to_rgb8().into_raw();
    let near = |a: &[u8], b: &[u8]| a.iter().zip(b).all(|(a, b)| a.abs_diff(*b) <= 1);
    assert!(near(&read(path.join("00000.png")), &read(files.join("00003.png"))));
    assert!(near(&read(path.join("00006.png")), &read(files.join("00001.png"))));
    assert_eq!(fs::read_dir(&path).unwrap().count(), 7);
    // The same as pictures that move.
    for name in ["a.gif", "a.png"] {
        let out = folder.path().join(name);
        assert_eq!(export(&run, &out, &["--interpolate", "0", "2", "--frames", "5"]).0, 0);
        assert_eq!(frames(&out), 5);
    }
    for (out, more, why) in [
        ("a.csv", &["--interpolate", "0", "1"][..], ".gif or .png"),
        ("b.gif", &["--interpolate", "0"], "2 values"),
        ("b.gif", &["--frames", "3"], "--interpolate"),
        ("b.npy", &["--truncation", "0"], "from 0.01 to 100"),
    ] {
        let (code, told) = export(&run, &folder.path().join(out), more);
        assert!(code == 2 && told.contains(why), "{more:?}: {told}");
    }
}

/// How many frames a picture has that moves.
fn frames(file: &Path) -> usize {
    use image::AnimationDecoder as _;
    use image::codecs::{gif::GifDecoder, png::PngDecoder};
    let bytes = || std::io::BufReader::new(fs::File::open(file).unwrap());
    match file.extension().and_then(|ending| ending.to_str()) {
        Some("gif") => GifDecoder::new(bytes()).unwrap().into_frames().map(Result::unwrap).count(),
        _ => PngDecoder::new(bytes()).unwrap().apng().unwrap().into_frames().map(Result::unwrap).count(),
    }
}

#[test]
fn a_film_is_of_the_recorded_pictures_or_of_the_checkpoints() {
    let folder = tempfile::tempdir().unwrap();
    let run = colours(folder.path());
    let out = folder.path().join("film.gif");
    let (code, told) = export(&run, &out, &["--film"]);
    assert!(code == 0 && told.contains("3 frames from step 2 to step 6, from the recorded pictures"), "{told}");
    assert_eq!(frames(&out), 3);
    let files = |name: &str, more: &[&str]| {
        let out = folder.path().join(name);
        let (code, told) = export(&run, &out, &[&["--film"], more].concat());
        assert_eq!(code, 0, "{told}");
        let mut files: Vec<PathBuf> = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        (told, files.into_iter().map(|file| image::open(file).unwrap().to_rgb8()).collect::<Vec<_>>())
    };
    let (recorded, raw) = (files("recorded/", &[]).1, files("raw/", &["--raw"]).1);
    assert_eq!(recorded.len(), 3);
    assert!(recorded[0] != recorded[2] && recorded != raw);
    // Without them the checkpoints give the same pictures: they are of the same noise.
    fs::remove_dir_all(run.join("tensorboard")).unwrap();
    let (told, kept) = files("kept/", &[]);
    assert!(told.contains("from step 2 to step 6, from the checkpoints"), "{told}");
    assert_eq!(kept.len(), 3);
    for (recorded, kept) in recorded.iter().zip(&kept) {
        assert!(recorded.as_raw().iter().zip(kept.as_raw()).all(|(a, b)| a.abs_diff(*b) <= 1));
    }
    let points = folder.path().join("points");
    train(&["--steps", "4", "--run-dir", text(&points)], &[&TINY[..], &["checkpoint.every_steps=2"]].concat());
    let (code, told) = export(&points, &folder.path().join("b.gif"), &["--film"]);
    assert!(code == 2 && told.contains("no film can be made of them"), "{told}");
    let (code, told) = export(&run.join("checkpoints"), &folder.path().join("b.gif"), &["--film"]);
    assert!(code == 2, "{told}");
    assert!(!folder.path().join("b.gif").exists());
}
