//! Runs whose first dashboard has gone, and who comes back to them.

use std::path::Path;

use gantop::link::checkpoint::Reason;
use gantop::run::checkpoints;
use portable_pty::CommandBuilder;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::watchers::steps;
use crate::program::dashboard::{WIDE, in_terminal, press};
use crate::support::pty::{Pty, ends, hang_up};
use crate::support::socket::{Client, SMALL, ctl};

/// What makes a small run without end in `dir`.
fn words(dir: &Path) -> Vec<&str> {
    [&["ring", "--steps", "0", "--run-dir", dir.to_str().unwrap()], &SMALL[..]].concat()
}

#[track_caller]
fn status(dir: &Path) -> Value {
    let (code, out, err) = ctl(dir, &["status", "--json"]);
    assert_eq!((code, err.as_str()), (0, ""));
    serde_json::from_str::<Value>(&out).unwrap()["status"].clone()
}

/// Who watches hears of every step from the first one on.
#[track_caller]
fn the_whole_past_is_told(dir: &Path) {
    assert_eq!(ctl(dir, &["pause"]).0, 0);
    let last = status(dir)["step"].as_u64().unwrap();
    let mut client = Client::connect(dir);
    client.say(&json!({"hello": {"version": 1, "program": "test", "watch": true, "read_only": true}}));
    let mut next = 1;
    while next <= last {
        let line = client.hear().expect("the whole past");
        for (from, to) in steps(&line) {
            assert_eq!(from, next, "{line}");
            next = to + 1;
        }
    }
    assert_eq!(ctl(dir, &["resume"]).0, 0);
}

/// An attached dashboard shows the run from its first step on.
fn attach_shows_all(dir: &Path) {
    let command = CommandBuilder::new(env!("CARGO_BIN_EXE_gantop"));
    let Some(mut pty) = Pty::start(in_terminal(command, &["attach", dir.to_str().unwrap()]), WIDE) else { return };
    pty.wait_for_text("attached to run");
    pty.wait_for_text(" running  step ");
    pty.wait_for("a chart from the start", |screen| {
        screen.contents().lines().any(|line| line.trim_start().starts_with("1   "))
    });
    press(&mut pty, "D\r");
    assert_eq!(pty.end().exit_code(), 0);
    pty.assert_restored();
}

/// The run that is written in a directory: it does not outlive a test that fails.
struct Left<'a>(&'a Path);

impl Drop for Left<'_> {
    fn drop(&mut self) {
        let _ = ctl(self.0, &["stop"]);
    }
}

/// The run's process: the one that holds its journal.
fn process(dir: &Path) -> String {
    let holds = |pid: &String| {
        let fds = std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        let mut files = fds.filter_map(|fd| std::fs::read_link(fd.path()).ok());
        files.any(|file| file.parent() == Some(dir) && file.file_name().is_some_and(|name| name == "journal.jsonl"))
    };
    let all =
        std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    all.filter(|name| name.parse::<u32>().is_ok()).find(holds).expect("a process that writes the run")
}

#[track_caller]
fn ends_with_a_checkpoint(pid: &str, dir: &Path) {
    kill_process(Pid::from_raw(pid.parse().unwrap()).unwrap(), Signal::TERM).unwrap();
    assert!(ends(pid), "the process does not end");
    let header = checkpoints::list(dir).unwrap()[0].header.clone().unwrap();
    assert_eq!(header.info.reason, Reason::End);
}

#[test]
fn detached_in_a_shell_a_run_goes_on_and_is_found_and_can_be_ended() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().canonicalize().unwrap();
    // With and without a shell that knows jobs.
    for (name, before) in [("jobs", "set -m;"), ("none", "")] {
        let dir = folder.join(name).join("run");
        std::fs::create_dir(dir.parent().unwrap()).unwrap();
        let back = if name == "jobs" { "fg; echo in the shell again; read line" } else { "" };
        let script =
            format!(r#"{before} "$0" "$@"; echo in the shell; read line; echo typed $line; read line; {back}"#);
        let command = [&["-c", &script, env!("CARGO_BIN_EXE_gantop")], &words(&dir)[..]].concat();
        let Some(mut pty) = Pty::start(in_terminal(CommandBuilder::new("sh"), &command), WIDE) else { return };
        let _left = Left(&dir);
        pty.wait_for_text("coverage");
        press(&mut pty, "D");
        if name == "jobs" {
            // What cannot be had is said before.
            pty.wait_for_text("The shell will call it stopped");
        }
        press(&mut pty, "\r");
        pty.wait_for_text("the run goes on; gantop attach");
        if name == "jobs" {
            // The shell has its terminal back, and what is typed is its own.
            pty.wait_for_text("in the shell");
            press(&mut pty, "hello\r");
            pty.wait_for_text("typed hello");
            // Back in the foreground it has its screen again, and leaves it again.
            press(&mut pty, "\r");
            pty.wait_for_text("attached to run");
            pty.wait_for_text(" running  step ");
            press(&mut pty, "D\r");
            pty.wait_for_text("in the shell again");
        }
        pty.assert_restored();
        pty.assert_modes_off();
        let before = status(&dir)["step"].as_u64().unwrap();
        while status(&dir)["step"].as_u64() < Some(before + 20) {}
        the_whole_past_is_told(&dir);
        attach_shows_all(&dir);
        ends_with_a_checkpoint(&process(&dir), &dir);
    }
}

#[test]
fn after_a_hang_up_who_attaches_has_the_full_history() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().canonicalize().unwrap().join("run");
    let command = in_terminal(CommandBuilder::new(env!("CARGO_BIN_EXE_gantop")), &words(&dir));
    let _left = Left(&dir);
    let Some(pid) = hang_up(&command, "coverage", "") else { return };
    let before = status(&dir)["step"].as_u64().unwrap();
    while status(&dir)["step"].as_u64() < Some(before + 20) {}
    the_whole_past_is_told(&dir);
    attach_shows_all(&dir);
    ends_with_a_checkpoint(&pid, &dir);
}
