//! `gantop data`: what it says of images, and the sheet that it writes.

use std::fs;
use std::path::Path;

use image::{ImageFormat, Rgb, RgbImage};

use crate::support::idx::{labels, three_images};
use crate::support::pictures::{encoded, picture, put, zipped};
use crate::support::program::{gantop, said};

/// What it prints of this.
fn told(args: &[&str]) -> String {
    let (code, out, err) = said(gantop(&[&["data"], args].concat()));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    out
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[test]
fn a_folder_is_told_and_shown_on_a_sheet() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let red = encoded(RgbImage::from_pixel(4, 4, Rgb([255, 0, 0])), ImageFormat::Png);
    let blue = encoded(RgbImage::from_pixel(4, 4, Rgb([0, 0, 255])), ImageFormat::Png);
    let root = dir.path().join("set");
    for (name, bytes) in [("warm/a.png", &red), ("warm/b.png", &red), ("cold/c.png", &blue), ("warm/d.png", &red)] {
        put(&root, name, bytes);
    }
    put(&root, "cold/cut.png", &blue[..40]);
    put(&root, "cold/.DS_Store", b"x");
    put(&root, "list.csv", b"x");
    let sheet = dir.path().join("sheet.png");
    let out = told(&[text(&root), "--sheet", text(&sheet)]);
    insta::assert_snapshot!(out.replace(text(dir.path()), "DIR"));
    let image = image::open(&sheet).expect("a picture").into_rgb8();
    assert_eq!(image.dimensions(), (9, 9));
    // The classes in order, the cold one first.
    assert_eq!((image.get_pixel(0, 0).0, image.get_pixel(5, 0).0), ([0, 0, 255], [255, 0, 0]));
    // What is there is not written over, unless that is asked for.
    let again = said(gantop(&["data", text(&root), "--sheet", text(&sheet)]));
    assert!(again.0 == 2 && again.2.contains("--force"), "{again:?}");
    told(&[text(&root), "--sheet", text(&sheet), "--force"]);
}

#[test]
fn images_of_several_sizes_are_told_all_the_same() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    put(dir.path(), "a.png", &encoded(picture(8, 8), ImageFormat::Png));
    put(dir.path(), "b.png", &encoded(picture(12, 8), ImageFormat::Png));
    let out = told(&[text(dir.path())]);
    assert!(out.contains("8 × 8 1, 12 × 8 1") && out.contains("set data.size"), "{out}");
    let out = told(&[text(dir.path()), "--set", "data.size=8", "--set", "data.channels=1"]);
    assert!(out.contains("8 × 8, 1 channel\n") && !out.contains("set data.size"), "{out}");
}

#[test]
fn every_kind_is_known_by_its_path_or_said_by_a_config() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let place = dir.path();
    let png = encoded(picture(4, 4), ImageFormat::Png);
    put(place, "torchvision/MNIST/raw/train-images-idx3-ubyte", &three_images());
    let idx = put(place, "digits/train-images-idx3-ubyte", &three_images());
    put(place, "digits/train-labels-idx1-ubyte", &labels(&[4, 0, 4]));
    let cifar = put(place, "c/data_batch_1.bin", &[7; 3073]);
    let zip = put(place, "it's \"all\".zip", &zipped(&[("a.png", png)]));
    let npy =
        b"\x93NUMPY\x01\0\x49\0{'descr': '|u1', 'fortran_order': False, 'shape': (2, 1, 1), }          \n\x00\xff";
    let npy = put(place, "a.npy", npy);
    let config = format!("[data]\nkind = 'npy'\npath = '{}'\n", text(&npy));
    let config = put(place, "a.toml", config.as_bytes());
    let (digits, batches) = (place.join("digits"), place.join("c"));
    for (path, parts) in [
        (&idx, ["3 in", "4 × 2, 1 channel", "0 1, 1 0"]),
        (&digits, ["3 in", "5 classes", "mean       0.333"]),
        (&place.join("torchvision"), ["3 in", "4 × 2", "labels     none"]),
        (&cifar, ["1 in", "32 × 32, 3 channels", "8 classes"]),
        (&batches, ["1 in", "0.027 0.027 0.027", "deviation 0.000"]),
        (&zip, ["1 in", "4 × 4", "labels     none"]),
        (&npy, ["2 in", "1 × 1, 1 channel", "mean       0.500  deviation 0.500"]),
        (&config, ["2 in", "a.npy", "deviation 0.500"]),
    ] {
        let out = told(&[text(path)]);
        let out = out.as_str();
        assert!(parts.iter().all(|part| out.contains(part)), "{}: {out}", path.display());
    }
    let (code, _, err) = said(gantop(&["data", "ring"]));
    assert!(code == 2 && err.contains("no images to look at"), "{err}");
    fs::remove_file(&npy).expect("a file");
    let (code, _, err) = said(gantop(&["data", text(&config)]));
    assert!(code == 2 && err.contains("no such file"), "{err}");
}
