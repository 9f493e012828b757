//! `gantop train --detach`: a run without a terminal.

use std::path::Path;

use crate::support::TEST_TIMEOUT;
use crate::support::program::{gantop, said};
use crate::support::socket::{SMALL, ctl};

#[test]
fn a_run_starts_without_a_terminal_and_its_directory_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = gantop(&[&["train", "ring", "--detach", "--steps", "0"], &SMALL[..]].concat());
    let (code, out, err) = said({
        command.current_dir(folder.path());
        command
    });
    assert_eq!((code, err.as_str()), (0, ""));
    let dir = folder.path().join(out.trim());
    assert!(dir.starts_with(folder.path().join("runs")) && dir.join("config.toml").is_file(), "{out}");
    assert_eq!(ctl(&dir, &["pause"]).0, 0);
    // Without a terminal nobody can show it.
    let (code, _, err) = said({
        let mut command = gantop(&["attach"]);
        command.current_dir(folder.path());
        command
    });
    assert!(code == 2 && err.contains("needs a terminal"), "{err}");
    assert_eq!(ctl(&dir, &["stop"]).0, 0);
    let start = std::time::Instant::now();
    while gantop::run::folder::is_written(&dir) {
        assert!(start.elapsed() < TEST_TIMEOUT, "it does not end");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(dir.join("summary.json").is_file());
}

#[test]
fn a_run_that_does_not_come_up_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let start = |args: &[&str]| {
        let mut command = gantop(&[&["train", "ring", "--detach"], args].concat());
        command.current_dir(folder.path());
        said(command)
    };
    let (code, out, err) = start(&["--device", "cuda:97"]);
    assert!(code == 2 && out.is_empty() && err.contains("cuda"), "{code} {err}");
    let runs = std::fs::read_dir(folder.path().join("runs")).map_or(0, Iterator::count);
    assert_eq!(runs, 0, "an empty directory is left");
    let (code, _, err) = start(&["--set", "record.enabled=false"]);
    assert!(code == 2 && err.contains("run directory"), "{err}");
    assert!(!Path::new(&folder.path().join("runs/x")).exists());
}
