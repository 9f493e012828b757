//! Folders of many images: they are decoded once, and a signal breaks it off at once.

use std::fs;
use std::path::Path;

use super::dashboard::dashboard;
use super::small;
use crate::support::pictures::encoded;
use crate::support::program::{gantop, said};

/// A folder of so many names of one file.
fn many(folder: &Path, count: usize, bytes: &[u8]) {
    fs::create_dir(folder).unwrap();
    let first = folder.join("0.png");
    fs::write(&first, bytes).unwrap();
    for i in 1..count {
        fs::hard_link(&first, folder.join(format!("{i}.png"))).unwrap();
    }
}

fn image(side: u32) -> Vec<u8> {
    let image = image::RgbImage::from_fn(side, side, |x, y| image::Rgb([x as u8, y as u8, (x * y) as u8]));
    encoded(image, image::ImageFormat::Png)
}

#[test]
fn twenty_thousand_files_are_read_before_ones_eyes_and_a_signal_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let images = folder.path().join("images");
    // Each takes so long that they are not through before the signal, on any machine.
    many(&images, 20_000, &image(1500));
    let path = format!("data.path={}", images.display());
    let Some(mut pty) = dashboard(&["mnist-wgan", "--set", "data.kind=folder", "--set", &path, "--set", "data.size=8"])
    else {
        return;
    };
    pty.wait_for_text("/20000 images read");
    pty.type_keys(b"\x03");
    assert_eq!(pty.end().exit_code(), 130);
    pty.assert_restored();
}

#[test]
fn a_folder_is_decoded_once_and_what_is_damaged_or_changed_is_decoded_again() {
    let folder = tempfile::tempdir().unwrap();
    let images = folder.path().join("images");
    many(&images, 300, &image(4));
    fs::write(images.join("bad.png"), "no image").unwrap();
    let (path, kept) = (format!("data.path={}", images.display()), folder.path().join("cache"));
    let with_cache = |args: &[&str]| {
        let mut command = gantop(args);
        command.env("XDG_CACHE_HOME", &kept);
        said(command)
    };
    let train = |size: &str| {
        let sets = [
            "mnist-wgan",
            "--steps",
            "3",
            "--log-every",
            "1",
            "--set",
            "data.kind=folder",
            "--set",
            &path,
            "--set",
            size,
        ];
        let (code, out, err) = with_cache(&[&small(&sets)[..], &["--set", "data.on_bad=skip"]].concat());
        assert_eq!(code, 0, "{err}");
        assert!(err.contains("1 passed over that cannot be used: bad.png"), "{err}");
        let loss = out.lines().rfind(|line| line.contains("critic_loss")).unwrap_or_default().to_owned();
        let loss =
            loss.split("critic_loss").nth(1).unwrap_or_default().split(',').next().unwrap_or_default().to_owned();
        (err.contains("taken from the cache"), loss)
    };
    let (cached, loss) = train("data.size=4");
    assert!(!cached && !loss.is_empty());
    assert_eq!(train("data.size=4"), (true, loss.clone()));
    // Another size, another entry.
    assert!(!train("data.size=2").0);
    let entries =
        || -> Vec<_> { fs::read_dir(kept.join("gantop")).unwrap().map(|entry| entry.unwrap().path()).collect() };
    assert_eq!(entries().len(), 2);
    for entry in entries() {
        let mut bytes = fs::read(&entry).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&entry, bytes).unwrap();
    }
    assert_eq!(train("data.size=4"), (false, loss.clone()));
    assert_eq!(train("data.size=4"), (true, loss));
    // A file that was written again.
    let first = images.join("0.png");
    fs::remove_file(&first).unwrap();
    fs::write(&first, image(5)).unwrap();
    assert!(!train("data.size=4").0);
    let (code, out, _) = with_cache(&["cache"]);
    assert!(code == 0 && out.contains("3 files, ") && out.contains("decoded images"), "{out}");
    let (code, out, _) = with_cache(&["cache", "clear"]);
    assert!(code == 0 && out.contains("removed 3 files"), "{out}");
    assert_eq!(entries().len(), 0);
    let (code, out, _) = with_cache(&["cache"]);
    assert!(code == 0 && out.contains("nothing is kept"), "{out}");
}
