//! What the dashboard sends to the terminal, at full speed. Upper bounds: a slow machine sends less.

use std::time::Duration;

use super::dashboard::{in_terminal, press};
use crate::support::pty::Pty;
use portable_pty::CommandBuilder;

/// The default preset in a pseudo-terminal of 120×36, once it shows how fast it goes and what the machine does.
fn under_way(args: &[&str]) -> Option<Pty> {
    let preset = ["ring", "--steps", "0", "--no-record", "--set", "threads=1"];
    let command = in_terminal(CommandBuilder::new(env!("CARGO_BIN_EXE_gantop")), &[&preset, args].concat());
    let mut pty = Pty::start(command, (36, 120))?;
    pty.wait_for_text("steps/s");
    pty.wait_for_text("coverage");
    pty.wait_for_text("frames/s");
    Some(pty)
}

/// KiB a second over so many seconds.
fn rate(pty: &Pty, seconds: u64) -> f64 {
    let before = pty.bytes().len();
    std::thread::sleep(Duration::from_secs(seconds));
    (pty.bytes().len() - before) as f64 / 1024.0 / seconds as f64
}

#[test]
fn a_running_dashboard_sends_little_and_a_paused_one_next_to_nothing() {
    let Some(mut pty) = under_way(&[]) else { return };
    // In the first seconds the scales of all charts change; how soon they settle depends on the machine.
    let settles = (0..12).any(|_| (0.1..12.0).contains(&rate(&pty, 5)));
    assert!(settles, "a running dashboard sends 12 KiB a second or more for a minute");
    press(&mut pty, " ");
    pty.wait_for_text(" paused  step ");
    // The last snapshot and its analysis come first; on a busy machine they take their time.
    let is_quiet = (0..20).any(|_| rate(&pty, 3) < 1.0);
    assert!(is_quiet, "a paused dashboard sends more than a KiB a second for a minute");
}

#[test]
fn a_slow_line_can_be_served() {
    let Some(mut pty) = under_way(&["--fps", "1"]) else { return };
    let settles = (0..12).any(|_| (0.1..4.0).contains(&rate(&pty, 5)));
    assert!(settles, "a frame a second is 4 KiB a second or more for a minute");
    // Keys are answered all the same.
    press(&mut pty, "?");
    pty.wait_for_text("pause training, or go on");
}
