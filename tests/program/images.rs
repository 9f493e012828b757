//! Image files that are no good, through the program: one clear error each.

use std::path::PathBuf;

use super::dashboard::{dashboard, press};
use super::small;
use crate::support::TEST_TIMEOUT;
use crate::support::idx::{gzip, header, three_images, write};
use crate::support::program::{gantop, said};
use crate::support::pty::Pty;

#[test]
fn each_malformed_file_has_its_error() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    let run = place.join("run");
    let whole = three_images();
    let packed = gzip(&whole);
    let pixels = whole.len() - 5;
    let file = |name: &str, bytes: &[u8]| write(place, name, bytes);
    let empty = place.join("directory");
    std::fs::create_dir(&empty).unwrap();
    let cases: [(&str, PathBuf); 12] = [
        ("truncated", file("truncated", &whole[..pixels])),
        ("truncated, then packed", file("truncated.gz", &gzip(&whole[..pixels]))),
        ("packed, then truncated", file("cut.gz", &packed[..packed.len() / 2])),
        ("truncated in its header", file("header", &whole[..10])),
        ("empty", file("empty", &[])),
        ("labels", file("labels", &[header(0x801, &[3]), vec![1, 2, 3]].concat())),
        ("wrong magic", file("magic", &[header(0xdead_beef, &[3, 2, 4]), vec![0; 24]].concat())),
        ("sizes that overflow", file("overflow", &header(0x803, &[u32::MAX; 3]))),
        ("sizes that overflow, packed", file("overflow.gz", &gzip(&header(0x803, &[u32::MAX; 3])))),
        ("not gzip", file("page.gz", b"<!DOCTYPE html><title>Not found</title>")),
        ("a directory without one", empty),
        ("a missing path", place.join("missing")),
    ];
    let mut told = Vec::new();
    for (case, path) in &cases {
        let path = format!("data.path={}", path.display());
        let args = ["mnist-wgan", "--set", &path, "--steps", "1", "--run-dir", run.to_str().unwrap()];
        let (code, out, err) = said(gantop(&small(&args)));
        assert_eq!((code, out.as_str()), (2, ""), "{case}: {err}");
        assert_eq!(err.lines().count(), 1, "{case}: {err}");
        assert!(!run.exists(), "{case}");
        told.push(format!("{case}:\n  {}", err.trim_end().replace(place.to_str().unwrap(), "PLACE")));
    }
    let (code, out, err) = said(gantop(&["mnist-wgan", "--run-dir", run.to_str().unwrap()]));
    assert_eq!((code, out.as_str(), run.exists()), (2, "", false), "{err}");
    told.push(format!("no path:\n  {}", err.trim_end()));
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_good_file_is_trained_on() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "train-images-idx3-ubyte.gz", &gzip(&three_images()));
    let path = format!("data.path={}", folder.path().display());
    let (code, out, err) = said(gantop(&small(&["mnist-wgan", "--set", &path, "--steps", "2"])));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.lines().last().unwrap().contains("\"steps\":2"), "{out}");
}

#[test]
fn the_terminal_draws_them_where_it_is_told_that_it_can() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "train-images-idx3-ubyte.gz", &gzip(&three_images()));
    let path = format!("data.path={}", folder.path().display());
    let args = ["mnist-wgan", "--set", &path, "--steps", "0", "--images", "kitty"];
    let Some(mut pty) = dashboard(&small(&args)) else { return };
    let count = |pty: &Pty, wanted: &str| String::from_utf8_lossy(&pty.bytes()).matches(wanted).count();
    let (draw, delete) = ("\x1b_Ga=T,", "\x1b_Ga=d,");
    let start = std::time::Instant::now();
    while count(&pty, draw) == 0 {
        assert!(start.elapsed() < TEST_TIMEOUT, "no picture came:\n{}", pty.contents());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    press(&mut pty, " ");
    pty.wait_for_text("paused");
    press(&mut pty, "2");
    pty.wait_for_text("m smooth");
    // Each but the last is deleted by the next, the last with its page.
    assert_eq!(count(&pty, draw), count(&pty, delete));
    press(&mut pty, "qy");
    assert_eq!(pty.end().exit_code(), 0);
    pty.assert_restored();
}
