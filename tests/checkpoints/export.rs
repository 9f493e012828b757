//! Samples of a checkpoint's generator as files.

use std::fs;

use super::*;
use crate::support::idx;

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
    for (name, why) in [("a.png", "the samples are points"), ("a.txt", ".npy, .csv or .png"), ("a", ".npy, .csv or")] {
        let (code, told, out) = export(name, &[]);
        assert!(code == 2 && told.contains(why) && !out.exists(), "{told}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4, "something is left of the writing");
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
