//! Signals that come more than once, from outside, or to a job in the background.

use std::path::Path;
use std::time::{Duration, Instant};

use gantop::link::checkpoint::Reason;
use gantop::run::checkpoints;
use portable_pty::CommandBuilder;
use rustix::process::{Pid, Signal, kill_process};

use super::dashboard::{WIDE, dashboard, in_terminal, press, under_way};
use super::small;
use crate::support::TEST_TIMEOUT;
use crate::support::program::{ended, gantop, metrics, steps};
use crate::support::pty::Pty;

/// The arguments of a run without end in `dir`.
fn endless(dir: &Path) -> Vec<&str> {
    small(&["ring", "--steps", "0", "--set", "record.every=1", "--run-dir", dir.to_str().unwrap()])
}

/// The newest checkpoint is that of the last step.
#[track_caller]
fn assert_kept(dir: &Path) {
    let header = checkpoints::list(dir).unwrap().first().expect("a checkpoint").header.clone().unwrap();
    let done = steps(&metrics(dir)).len() as u64;
    assert_eq!((header.info.step, header.info.reason), (done, Reason::End));
}

#[track_caller]
fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < TEST_TIMEOUT, "{what} did not come");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The steps that are on disk.
fn recorded(dir: &Path) -> usize {
    std::fs::read_to_string(dir.join("metrics.csv")).map_or(0, |text| text.lines().count().saturating_sub(1))
}

/// A run without end in a shell with job control, which does this with it as `"$0" "$@"`.
fn in_shell(script: &str, dir: &Path) -> Option<Pty> {
    let script = format!("set -m; {script}");
    let words = [&["-c", &script, env!("CARGO_BIN_EXE_gantop")], &endless(dir)[..]].concat();
    Pty::start(in_terminal(CommandBuilder::new("sh"), &words), WIDE)
}

#[test]
fn however_often_a_supervisor_tells_it_to_end_everything_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("headless");
    let mut child = gantop(&[&endless(&dir)[..], &["--headless"]].concat());
    let mut child = child.stdout(std::process::Stdio::null()).spawn().unwrap();
    wait_until("a step", || recorded(&dir) > 0);
    let pid = Pid::from_child(&child);
    while child.try_wait().unwrap().is_none() {
        let _ = kill_process(pid, Signal::TERM);
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(ended(&mut child).code(), Some(143));
    assert_kept(&dir);

    let dir = folder.path().join("dashboard");
    let Some(mut pty) = dashboard(&endless(&dir)) else { return };
    pty.wait_for_text("running");
    while pty.runs() {
        pty.signal(Signal::TERM);
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(pty.end().exit_code(), 143);
    pty.assert_restored();
    assert_kept(&dir);
}

#[test]
fn a_person_who_presses_ctrl_c_again_does_not_wait_and_is_told_what_that_costs() {
    // A step that takes minutes.
    let slow = ["ring", "--set", "critic.steps=1000000"];
    for first in [None, Some(Signal::TERM)] {
        let (args, shows) = match first {
            None => ([&slow[..], &["--headless"]].concat(), "ring: seed 1"),
            Some(_) => (slow.to_vec(), "running"),
        };
        let Some(mut pty) = dashboard(&args) else { return };
        pty.wait_for_text(shows);
        match first {
            None => {
                press(&mut pty, "\x03");
                // The kernel's echo of the first, so that there are two.
                pty.wait_for_text("^C");
            }
            Some(signal) => {
                pty.signal(signal);
                pty.wait_for_text("Ctrl-C ends it at once");
                pty.assert_restored();
            }
        }
        while pty.runs() {
            pty.type_keys(b"\x03");
            std::thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(pty.end().exit_code(), 130);
        pty.assert_restored();
        pty.wait_for_text("since its last checkpoint is lost");
    }
}

#[test]
fn ctrl_c_while_it_leaves_before_anybody_has_read_that_leaves_nothing_of_the_screen() {
    for _ in 0..3 {
        let Some(mut pty) = under_way(&[]) else { return };
        press(&mut pty, "\x03");
        pty.wait_for_text("and quit?");
        pty.read(false);
        // A whole frame is more than what is read at once.
        press(&mut pty, "\x0cy");
        while pty.runs() && !pty.is_cooked() {
            std::thread::sleep(Duration::from_millis(1));
        }
        // The kernel throws away what nobody has read.
        press(&mut pty, "\x03");
        pty.read(true);
        pty.end();
        pty.assert_restored();
        pty.assert_modes_off();
    }
}

#[test]
fn a_stop_from_outside_gives_the_terminal_back_first() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let Some(mut pty) = in_shell(r#""$0" "$@"; echo in the shell; read line; fg; echo ended"#, &dir) else { return };
    pty.wait_for_text("coverage");
    kill_process(pty.foreground(), Signal::TSTP).unwrap();
    pty.wait_for_text("in the shell");
    pty.assert_restored();
    pty.assert_modes_off();
    press(&mut pty, "\n");
    pty.assert_entered();
    pty.wait_for_text("coverage");
    press(&mut pty, "qy");
    pty.wait_for_text("ended");
    pty.end();
    pty.assert_restored();
    assert_kept(&dir);
}

#[test]
fn started_in_the_background_it_has_no_screen_and_ends_when_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let script = r#""$0" "$@" & read line; kill $!; wait $!; echo ended $?"#;
    let Some(mut pty) = in_shell(script, &dir) else { return };
    pty.wait_for_text("started in the background, so the run has no screen; gantop attach");
    wait_until("a step", || recorded(&dir) > 0);
    press(&mut pty, "\n");
    pty.wait_for_text("ended 143");
    pty.end();
    pty.assert_restored();
    assert!(!String::from_utf8_lossy(&pty.bytes()).contains("\x1b[?1049h"), "it took the screen");
    assert_kept(&dir);
}

#[test]
fn put_in_the_background_it_goes_on_without_its_screen_and_ends_when_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let script = r#""$0" "$@"; bg; echo in the shell; read line; kill %1; wait %1; echo ended $?"#;
    let Some(mut pty) = in_shell(script, &dir) else { return };
    pty.wait_for_text("coverage");
    press(&mut pty, "\x1a");
    pty.wait_for_text("in the shell");
    let before = recorded(&dir);
    wait_until("another step", || recorded(&dir) > before + 10);
    pty.assert_restored();
    press(&mut pty, "\n");
    pty.wait_for_text("ended 143");
    pty.end();
    pty.assert_restored();
    assert_kept(&dir);
}
