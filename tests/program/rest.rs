//! A run at rest leaves the processor to others.

use std::time::Duration;

use super::dashboard::{dashboard, press};

#[test]
fn a_paused_run_takes_next_to_no_processor_time() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run").display().to_string();
    // With a directory others can watch, without one nobody can.
    for kept in [&["--run-dir", &dir][..], &["--no-record"]] {
        let Some(mut pty) = dashboard(&[&["ring", "--steps", "0"], kept].concat()) else { return };
        pty.wait_for_text("coverage");
        press(&mut pty, "p");
        pty.wait_for_text("paused");
        let second = || {
            let before = pty.ticks();
            std::thread::sleep(Duration::from_secs(1));
            pty.ticks() - before
        };
        // The last snapshots are still analysed.
        let spent = (0..20).map(|_| second()).find(|spent| *spent < 10);
        assert!(spent.is_some(), "no second of twenty at rest, with {kept:?}");
    }
}
