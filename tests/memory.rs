//! Configs that no machine has the memory for: an error before anything starts, never an abort.

use std::path::Path;

use crate::support::program::{NOBODY, gantop, said};

/// A critic of 64 layers as wide as can be: a terabyte of weights alone.
fn wide() -> String {
    format!("hidden = [{}]", vec!["65536"; 64].join(", "))
}

/// The start of what is said of a critic that is too large in this file, and what helps.
#[track_caller]
fn assert_refused((code, out, err): (i32, String, String), at: &str) {
    assert_eq!((code, out.as_str()), (2, ""), "{err}");
    assert!(err.starts_with(&format!("{at}: `critic.hidden`: the run needs ")), "{err}");
    assert!(err.contains("lower `critic.hidden`") && err.lines().count() < 9, "{err}");
}

#[test]
fn a_config_that_fits_nowhere_is_refused_at_its_key() {
    if !Path::new("/proc/meminfo").exists() {
        return println!("skipped: nobody tells how much memory there is");
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wide.toml");
    let path = file.to_str().unwrap();
    std::fs::write(&file, format!("name = \"wide\"\n[critic]\n{}\n", wide())).unwrap();
    assert_refused(said(gantop(&["check", path])), &format!("{path}:3:10"));
    for engine in ["explicit", "autograd"] {
        let engine = format!("engine={engine}");
        let mut command = gantop(&["train", path, "--headless", "--run-dir", "run", "--set", &engine]);
        command.current_dir(folder.path());
        assert_refused(said(command), &format!("{path}:3:10"));
        assert!(!folder.path().join("run").exists(), "nothing was begun");
    }
}

#[test]
fn a_recorded_run_that_fits_nowhere_is_not_trained_again() {
    if !Path::new("/proc/meminfo").exists() {
        return println!("skipped: nobody tells how much memory there is");
    }
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let path = run.to_str().unwrap();
    let sets = ["--set", "threads=1", "--set", "batch_size=8", "--set", "generator.hidden=[4]"];
    let args = ["train", "ring", "--headless", "--steps", "2", "--run-dir", path];
    let (code, _, err) = said(gantop(&[&args[..], &sets[..], &["--set", "critic.hidden=[8]"]].concat()));
    assert_eq!(code, 0, "{err}");
    let config = run.join("config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("hidden = [8]", &wide())).unwrap();
    let line = text.lines().position(|line| line == "hidden = [8]").unwrap() + 1;
    assert_refused(said(gantop(&["replay", path])), &format!("{}:{line}:10", config.display()));
}

#[test]
fn what_the_process_may_take_counts_too() {
    let Ok(meminfo) = std::fs::read_to_string("/proc/meminfo") else {
        return println!("skipped: nobody tells how much memory there is");
    };
    let kilobytes: u64 = meminfo.split_whitespace().nth(1).unwrap().parse().unwrap();
    // More than libtorch maps, less than the run needs.
    let limited = "ulimit -v 16777216 || exit 77; exec \"$0\" \"$@\"";
    let mut command = std::process::Command::new("sh");
    command.args(["-c", limited, env!("CARGO_BIN_EXE_gantop"), "check", "ring", "--set"]);
    command.arg(format!("critic.{}", wide().replace(' ', ""))).env("XDG_CONFIG_HOME", NOBODY);
    let (code, _, err) = said(command);
    if code == 77 || kilobytes < 16 << 20 {
        return println!("skipped: this limit cannot be set, or the machine has less");
    }
    assert!(code == 2 && err.contains("and 16.0 GiB are all there is"), "{err}");
}
