//! The program behind a terminal that stops reading, as over a stalled connection. Training goes on, memory does not
//! grow, the screen is right once it is read again, and the process can still be told to end.

use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tempfile::TempDir;

use super::dashboard::{assert_drawn_right, dashboard};
use crate::support::TEST_TIMEOUT;
use crate::support::pty::Pty;

/// A run without end with as many frames as can be, its directory, and what it is set to.
pub fn run(sets: &[&str]) -> Option<(Pty, TempDir)> {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("run").display().to_string();
    let mut args = vec!["ring", "--steps", "0", "--fps", "60", "--set", "record.every=1", "--run-dir", &directory];
    args.extend(sets);
    Some((dashboard(&args)?, folder))
}

/// The last step on disk.
fn recorded(folder: &Path) -> u64 {
    let file = std::fs::read_to_string(folder.join("run/metrics.csv")).unwrap_or_default();
    // The last line may still be on its way.
    let whole = file.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().last().and_then(|line| line.split(',').next()?.parse().ok()).unwrap_or(0)
}

/// Waits until so many steps are on disk.
#[track_caller]
fn wait_for_steps(folder: &Path, steps: u64) {
    let start = Instant::now();
    while recorded(folder) < steps {
        assert!(start.elapsed() < TEST_TIMEOUT, "{} of {steps} steps", recorded(folder));
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A run behind a terminal that has long been full.
fn stalled() -> Option<(Pty, TempDir)> {
    let (mut pty, folder) = run(&[])?;
    pty.wait_for_text("running");
    wait_for_steps(folder.path(), 100);
    pty.read(false);
    std::thread::sleep(Duration::from_secs(3));
    Some((pty, folder))
}

#[test]
fn a_terminal_that_stops_reading_stops_no_run_and_is_right_when_it_reads_again() {
    let Some((mut pty, folder)) = stalled() else { return };
    let (step, bytes, memory) = (recorded(folder.path()), pty.bytes().len(), pty.memory());
    wait_for_steps(folder.path(), step + 1000);
    assert_eq!(pty.bytes().len(), bytes, "the terminal was read");
    if let (Some(before), Some(after)) = (memory, pty.memory()) {
        assert!(after < before + 16 * 1024, "from {before} kB to {after} kB");
    }
    pty.read(true);
    assert_drawn_right(&mut pty);
}

#[test]
fn a_process_behind_a_stalled_terminal_ends_when_it_is_told_to() {
    let Some((mut pty, folder)) = stalled() else { return };
    let step = recorded(folder.path());
    pty.signal(Signal::TERM);
    assert_eq!(pty.end().exit_code(), 143);
    pty.read(true);
    pty.assert_restored();
    // The recorder had its time.
    let file = std::fs::read_to_string(folder.path().join("run/metrics.csv")).unwrap();
    assert!(file.ends_with('\n') && recorded(folder.path()) >= step);
}
