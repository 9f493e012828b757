//! `gantop view` through the program, in a real pseudo-terminal. Where none can be opened these tests say so and pass.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::SystemTime;

use gantop::domain::MetricTable;
use rustix::process::{Pid, Signal, kill_process};

use super::{TINY, train};
use crate::program::dashboard::{WIDE, in_terminal, press, wait_for_state};
use crate::support::program::{ended, gantop, said};
use crate::support::pty::Pty;

/// `gantop view` of these, in a terminal; None where there are none.
fn view(directory: &Path, runs: &[&str]) -> Option<Pty> {
    let args: Vec<&str> = ["view"].into_iter().chain(runs.iter().copied()).collect();
    let mut command = in_terminal(portable_pty::CommandBuilder::new(env!("CARGO_BIN_EXE_gantop")), &args);
    command.cwd(directory);
    Pty::start(command, WIDE)
}

/// Every file below a directory, with its bytes and when it was last written.
fn files(directory: &Path) -> BTreeMap<String, (Vec<u8>, SystemTime)> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let written = fs::metadata(&path).unwrap().modified().unwrap();
            found.insert(path.display().to_string(), (fs::read(&path).unwrap(), written));
        }
    }
    found
}

#[test]
fn recorded_runs_are_shown_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let dir = |name: &str| folder.path().join("runs").join(name);
    train(&dir("b"), 60, &["constraint.clip=0.5"]);
    train(&dir("a"), 30, &["constraint.clip=0.02"]);
    // What a writer that was killed leaves is left, too.
    fs::write(dir("a").join("checkpoints/x.partial"), "half").unwrap();
    let before = files(folder.path());
    // The newest without a name.
    let Some(mut pty) = view(folder.path(), &[]) else { return };
    wait_for_state(&mut pty, "finished", 30);
    // Samples come from the checkpoint that a run ends with, and are analysed.
    pty.wait_for_text("coverage");
    pty.wait_for_text("step 30 ");
    pty.assert_entered();
    press(&mut pty, " ");
    pty.wait_for_text("gantop view only looks");
    press(&mut pty, "q");
    assert_eq!(pty.end().exit_code(), 0);
    pty.assert_restored();
    // Two by name.
    let Some(mut pty) = view(folder.path(), &["a", "runs/b"]) else { return };
    pty.wait_for_text("1 clip 0.02 step 30");
    pty.wait_for_text("clip 0.5 step 60");
    press(&mut pty, "\x03");
    assert_eq!(pty.end().exit_code(), 0);
    pty.assert_restored();
    assert_eq!(files(folder.path()), before);
}

#[test]
fn a_live_run_is_followed_to_its_end_and_beyond() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let sets = TINY.iter().flat_map(|set| ["--set", set]);
    let rest = ["--set", "checkpoint.every_steps=50", "--run-dir", dir.to_str().unwrap()];
    let args: Vec<&str> = ["train", "--headless", "--steps", "0"].into_iter().chain(sets).chain(rest).collect();
    let mut trainer = gantop(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let start = std::time::Instant::now();
    while gantop::run::metrics::last(&dir.join("metrics.csv"), &MetricTable::own()).ok().flatten().is_none() {
        assert!(start.elapsed() < crate::support::TEST_TIMEOUT, "nothing is recorded");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let Some(mut pty) = view(folder.path(), &["run"]) else {
        trainer.kill().unwrap();
        ended(&mut trainer);
        return;
    };
    pty.wait_for_text(" running  step ");
    let step = |screen: &vt100::Screen| {
        let text = screen.contents();
        let number = text.lines().next()?.split("  step ").nth(1)?.split_whitespace().next()?.replace(',', "");
        number.parse::<u64>().ok()
    };
    pty.wait_for("some steps", |screen| step(screen).is_some_and(|step| step > 100));
    pty.wait_for("samples of a checkpoint", |screen| screen.contents().contains("coverage"));
    kill_process(Pid::from_child(&trainer), Signal::KILL).unwrap();
    ended(&mut trainer);
    pty.wait_for_text("interrupted");
    press(&mut pty, "q");
    assert_eq!(pty.end().exit_code(), 0);
}

#[test]
fn runs_of_other_programs_are_viewed_and_listed() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign/fixtures");
    let (code, out, err) = said(gantop(&["runs", fixtures.to_str().unwrap()]));
    assert_eq!((code, err.as_str()), (0, ""));
    let row = |name: &str| out.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}: {out}"));
    assert!(row("lightning").contains("199") && row("lightning").contains("1.0050"), "{out}");
    assert!(row("events").contains("198") && row("huggingface").contains("200"), "{out}");
    let (code, out, _) = said(gantop(&["runs", "--json", fixtures.to_str().unwrap()]));
    assert!(code == 0 && out.lines().any(|line| line.contains("\"foreign\":\"TensorBoard event files\"")), "{out}");
    let Some(mut pty) = view(&fixtures, &["lightning", "keras", "--tag", "fid=val/fid"]) else { return };
    pty.wait_for_text("following");
    pty.wait_for_text("lightning step 199");
    pty.wait_for_text("keras step 19");
    press(&mut pty, "q");
    assert_eq!(pty.end().exit_code(), 0);
    pty.assert_restored();
}

#[test]
fn what_cannot_be_viewed_is_said() {
    let folder = tempfile::tempdir().unwrap();
    // Without a terminal.
    let (code, out, err) = said(gantop(&["view", folder.path().to_str().unwrap()]));
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("needs a terminal"), "{err}");
    fs::create_dir(folder.path().join("empty")).unwrap();
    fs::create_dir(folder.path().join("wrong")).unwrap();
    fs::write(folder.path().join("wrong/config.toml"), "seed = -1\n").unwrap();
    let many = ["empty"; 10];
    for (runs, why) in [
        (&[][..], "there is no run in runs: name a run's directory"),
        (&["empty"], "empty: not a run: neither a config.toml"),
        (&["nowhere"], "nowhere: no such file or directory"),
        (&["wrong"], "wrong/config.toml:1:8: `seed` is -1"),
        (&many, "10 runs are too many"),
    ] {
        let Some(mut pty) = view(folder.path(), runs) else { return };
        pty.wait_for_text(why);
        assert_eq!(pty.end().exit_code(), 2, "{runs:?}: {}", pty.contents());
    }
}
