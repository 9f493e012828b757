//! `gantop runs` on a real terminal: dashboards are opened from the list and come back to it. Where no terminal can be
//! opened these tests say so and pass.

use std::path::Path;
use std::process::Stdio;

use super::{TINY, train};
use crate::program::dashboard::{WIDE, in_terminal, press, wait_for_state};
use crate::support::TEST_TIMEOUT;
use crate::support::program::{ended, gantop, said};
use crate::support::pty::Pty;

/// `gantop runs` with these arguments, in a terminal; None where there are none.
fn runs(directory: &Path, args: &[&str]) -> Option<Pty> {
    let args: Vec<&str> = ["runs"].into_iter().chain(args.iter().copied()).collect();
    let mut command = in_terminal(portable_pty::CommandBuilder::new(env!("CARGO_BIN_EXE_gantop")), &args);
    command.cwd(directory);
    Pty::start(command, WIDE)
}

#[test]
fn runs_are_opened_compared_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let dir = |name: &str| folder.path().join("runs").join(name);
    // The order of two runs of the same second is that of their names.
    train(&dir("a"), 30, &["constraint.clip=0.02"]);
    train(&dir("b"), 60, &["constraint.clip=0.5"]);
    let Some(mut pty) = runs(folder.path(), &[]) else { return };
    pty.wait_for_text("2 in all");
    pty.wait_for_text("constraint.clip 0.5");
    pty.assert_entered();
    press(&mut pty, "\r");
    wait_for_state(&mut pty, "finished", 60);
    press(&mut pty, "L");
    pty.wait_for_text("2 in all");
    press(&mut pty, "ac");
    pty.wait_for_text("1 clip 0.5 step 60");
    pty.wait_for_text("clip 0.02 step 30");
    press(&mut pty, "q");
    pty.wait_for_text("2 ticked");
    // No ticks, then the run under the cursor, and first not.
    press(&mut pty, "\x07x");
    pty.wait_for_text("Remove this run for good");
    press(&mut pty, "\rx");
    pty.wait_for_text("Remove this run for good");
    assert!(dir("b").join("metrics.csv").exists());
    press(&mut pty, "y");
    pty.wait_for_text("removed a run");
    pty.wait_for_text("1 in all");
    assert!(!dir("b").exists() && dir("a").join("metrics.csv").exists());
    press(&mut pty, "q");
    assert_eq!(pty.end().exit_code(), 0);
    pty.assert_restored();
    pty.assert_modes_off();
    // On a terminal too, where that is asked for.
    let Some(mut pty) = runs(folder.path(), &["--plain"]) else { return };
    assert_eq!(pty.end().exit_code(), 0);
    assert!(pty.contents().contains("directory  name") && !pty.shows(|screen| screen.alternate_screen()));
}

#[test]
fn a_run_that_goes_on_is_attached_to_and_never_removed() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("runs/live");
    let sets = TINY.iter().flat_map(|set| ["--set", set]);
    let rest = ["train", "--headless", "--steps", "0", "--run-dir", dir.to_str().unwrap()];
    let args: Vec<&str> = rest.into_iter().chain(sets).collect();
    let mut trainer = gantop(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let start = std::time::Instant::now();
    while !dir.join("socket").exists() {
        assert!(start.elapsed() < TEST_TIMEOUT, "the run does not begin");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let left = runs(folder.path(), &[]).map(|mut pty| {
        pty.wait_for_text("1 running");
        press(&mut pty, "x");
        pty.wait_for_text("the run goes on: stop it first");
        press(&mut pty, "\r");
        pty.wait_for_text(" attached to ");
        press(&mut pty, "q");
        pty.wait_for_text("Leave? The run goes on.");
        press(&mut pty, "\r");
        pty.wait_for_text("comes back to it");
        pty.wait_for_text("1 running");
        press(&mut pty, "q");
        pty.end().exit_code()
    });
    let (code, _, _) = said(gantop(&["ctl", dir.to_str().unwrap(), "stop"]));
    assert_eq!(code, 0);
    ended(&mut trainer);
    assert!(left.is_none_or(|code| code == 0) && dir.join("metrics.csv").exists());
}

#[test]
fn a_dashboard_is_left_for_the_list_of_the_directory_that_its_run_is_in() {
    let folder = tempfile::tempdir().unwrap();
    train(&folder.path().join("elsewhere/a"), 20, &[]);
    let mut command =
        in_terminal(portable_pty::CommandBuilder::new(env!("CARGO_BIN_EXE_gantop")), &["view", "elsewhere/a"]);
    command.cwd(folder.path());
    let Some(mut pty) = Pty::start(command, WIDE) else { return };
    wait_for_state(&mut pty, "finished", 20);
    press(&mut pty, ":runs\r");
    pty.wait_for_text("runs in elsewhere");
    pty.wait_for_text("1 in all");
    press(&mut pty, "q");
    assert_eq!(pty.end().exit_code(), 0);
    pty.assert_restored();
}
