//! Run directories that are taken up again as the end of a process, or of the power, has left them.

use std::fs::{self, File};
use std::os::unix::net::UnixListener;

use gantop::run::journal::{self, Outcome};
use gantop::run::summary::Summary;
use rustix::fs::{FlockOperation, flock};

use super::*;
use crate::support::program::steps;

/// Trains for ten steps with a checkpoint after each fifth.
fn ten_steps(run: &Path) {
    train(&["--steps", "10", "--run-dir", text(run)], &[&TINY[..], &["checkpoint={every_steps=5, keep=0}"]].concat());
}

/// What a refused `--resume` says.
#[track_caller]
fn refusal(args: &[&str]) -> String {
    let (code, _, err) = said(gantop(&[&["train", "--headless", "--resume"], args].concat()));
    assert_eq!(code, 2, "{err}");
    err
}

/// What `gantop runs` says of the only run in a directory.
#[track_caller]
fn listed(parent: &Path) -> serde_json::Value {
    let (code, out, _) = said(gantop(&["runs", "--json", text(parent)]));
    assert_eq!(code, 0);
    let runs: serde_json::Value = serde_json::from_str(&out).unwrap();
    runs.as_array().map_or(runs.clone(), |runs| runs[0].clone())
}

#[test]
fn a_run_that_died_before_it_wrote_its_end_is_finished() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    ten_steps(&run);
    let whole = Summary::read(&run).unwrap().unwrap();
    // As a process leaves it that is killed between its last checkpoint and its end.
    fs::remove_file(run.join("summary.json")).unwrap();
    let journal = fs::read_to_string(run.join("journal.jsonl")).unwrap();
    let (before, _) = journal.trim_end().rsplit_once('\n').unwrap();
    fs::write(run.join("journal.jsonl"), format!("{before}\n")).unwrap();
    assert_eq!(listed(folder.path())["state"], "finished");
    let (rows, kept) = (metrics(&run), files(&run));
    let (code, out, err) = said(gantop(&["train", "--headless", "--resume", text(&run)]));
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("10 of 10 steps") && out.contains("--steps N"), "{out}");
    let again = Summary::read(&run).unwrap().unwrap();
    assert_eq!((again.state, again.steps, again.rows), (Outcome::Finished, 10, 10));
    assert_eq!((again.metrics, again.device, again.threads), (whole.metrics, whole.device, whole.threads));
    assert_eq!((metrics(&run), files(&run)), (rows, kept));
    // Now it is over as any other, and can go on.
    assert!(refusal(&[text(&run)]).contains("give --steps N"));
    train(&["--resume", text(&run), "--steps", "12"], &[]);
    assert_eq!(steps(&metrics(&run)), (1..=12).collect::<Vec<_>>());
}

#[test]
fn files_that_lost_all_they_held_keep_no_run_from_going_on() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, run) = (folder.path().join("whole"), folder.path().join("runs/run"));
    train(&["--steps", "14", "--run-dir", text(&whole)], &TINY);
    fs::create_dir(folder.path().join("runs")).unwrap();
    ten_steps(&run);
    fs::remove_file(run.join("summary.json")).unwrap();
    for name in ["config.toml", "journal.jsonl", "metrics.csv"] {
        fs::write(run.join(name), "").unwrap();
    }
    // Its newest checkpoint knows what it is.
    assert_eq!(
        (
            &listed(&folder.path().join("runs"))["name"],
            listed(&folder.path().join("runs"))["objective"].as_str().is_some()
        ),
        (&serde_json::json!("ring"), true)
    );
    train(&["--resume", text(&run), "--steps", "14"], &[]);
    assert_eq!(newest(&run).differs_from(&newest(&whole)), None);
    assert_eq!(metrics(&run)[1..], metrics(&whole)[11..]);
    let summary = Summary::read(&run).unwrap().unwrap();
    assert_eq!((summary.steps, summary.rows), (14, 4));
    // And once more: the checkpoint knows how many rows there are.
    train(&["--resume", text(&run), "--steps", "15"], &[]);
    assert_eq!(steps(&metrics(&run)), [11, 12, 13, 14, 15]);
    assert!(fs::read_to_string(run.join("config.toml")).unwrap().contains("batch_size = 16"));
}

#[test]
fn nothing_is_read_of_a_run_before_it_is_held() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    ten_steps(&run);
    // Another process that is in the middle of something.
    let journal = File::open(run.join("journal.jsonl")).unwrap();
    flock(&journal, FlockOperation::LockExclusive).unwrap();
    for file in files(&run) {
        fs::write(file, "half").unwrap();
    }
    let said = refusal(&[text(&run), "--steps", "12"]);
    assert!(said.contains("another gantop is writing this run") && !said.contains("checkpoint"), "{said}");
    drop(journal);
    assert!(refusal(&[text(&run), "--steps", "12"]).contains("has no checkpoint that can be read"));
}

#[test]
fn a_run_without_a_checkpoint_is_told_how_to_start_again_and_rid_of_its_socket() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    ten_steps(&run);
    for file in files(&run) {
        fs::remove_file(file).unwrap();
    }
    // As kill -9 leaves it.
    drop(UnixListener::bind(run.join("socket")).unwrap());
    let said = refusal(&[text(&run)]);
    assert!(
        said.contains(&format!("start it again with gantop train {}", run.join("config.toml").display())),
        "{said}"
    );
    assert!(!run.join("socket").exists());
    let (events, _) = journal::read(&run.join("journal.jsonl")).unwrap();
    assert!(!events.is_empty(), "nothing else was changed");
}

#[test]
fn a_run_of_another_user_is_gone_on_with_only_by_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("runs/theirs");
    fs::create_dir(folder.path().join("runs")).unwrap();
    ten_steps(&run);
    if std::os::unix::fs::chown(&run, Some(12_345), None).is_err() {
        println!("skipped: only root may give a directory away");
        return;
    }
    let mut command = gantop(&["train", "--headless", "--resume", "theirs", "--steps", "12"]);
    command.current_dir(folder.path());
    let (code, _, err) = crate::support::program::said(command);
    assert_eq!(code, 2);
    assert!(err.contains("runs/theirs belongs to another user") && err.contains("--resume runs/theirs"), "{err}");
    train(&["--resume", text(&run), "--steps", "12"], &[]);
}

#[test]
fn what_a_checkpoint_needs_is_on_the_disk_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let (run, trace) = (folder.path().join("run"), folder.path().join("trace"));
    let mut command = std::process::Command::new("strace");
    command.args([
        "-f",
        "-y",
        "-e",
        "trace=fsync,fdatasync,renameat",
        "-o",
        text(&trace),
        env!("CARGO_BIN_EXE_gantop"),
    ]);
    command.args(["train", "ring", "--headless", "--steps", "5", "--set", "batch_size=16", "--run-dir", text(&run)]);
    command.env("XDG_CONFIG_HOME", crate::support::program::NOBODY).stdin(std::process::Stdio::null());
    if !command.output().is_ok_and(|output| output.status.success()) {
        println!("skipped: strace is not here, or may not trace");
        return;
    }
    let calls = fs::read_to_string(&trace).unwrap();
    let (before, _) = calls.split_once(".safetensors\"").expect("a checkpoint");
    let synced = finished_syncs(before);
    for name in ["metrics.csv", "journal.jsonl", "config.toml", ".partial"] {
        assert!(synced.iter().any(|path| path.ends_with(name)), "{name}: {calls}");
    }
}

/// The paths whose sync had returned where the trace ends. A call that another thread's interrupts stands on two
/// lines: one ends in `<unfinished ...>`, the other has `resumed`.
fn finished_syncs(trace: &str) -> Vec<&str> {
    let mut begun = std::collections::HashMap::new();
    let mut finished = Vec::new();
    for line in trace.lines() {
        let (thread, call) = line.split_once(' ').expect("a thread and its call");
        if call.contains("sync resumed>") {
            finished.extend(begun.remove(thread));
        } else if let Some((_, path)) = call.split_once("sync(").and_then(|(_, rest)| rest.split_once('<')) {
            let (path, rest) = path.split_once('>').expect("a path in full");
            if rest.contains("<unfinished") {
                begun.insert(thread, path);
            } else {
                finished.push(path);
            }
        }
    }
    finished
}
