//! The dashboard of a run in another process, in a real pseudo-terminal. Where none can be opened these tests say so and
//! pass.

use portable_pty::CommandBuilder;

use crate::program::dashboard::{WIDE, in_terminal, press};
use crate::support::pty::Pty;
use crate::support::socket::Served;

/// `gantop attach` of this run.
fn attach(run: &Served, args: &[&str]) -> Option<Pty> {
    let dir = run.dir();
    let command = CommandBuilder::new(env!("CARGO_BIN_EXE_gantop"));
    Pty::start(in_terminal(command, &[&["attach", dir.to_str().unwrap()], args].concat()), WIDE)
}

#[test]
fn it_shows_and_commands_and_leaves_a_run_that_goes_on() {
    let run = Served::start(&["--steps", "0"]);
    let Some(mut pty) = attach(&run, &[]) else { return };
    pty.wait_for_text("attached to run");
    pty.wait_for_text("coverage");
    press(&mut pty, "p");
    pty.wait_for_text(" paused ");
    assert_eq!(run.status()["state"], "paused");
    press(&mut pty, "c0.03\r");
    pty.wait_for_text("±0.03 ");
    // Another one at the same time, which cannot command.
    let Some(mut reader) = attach(&run, &["--read-only"]) else { return };
    reader.wait_for_text("±0.03 ");
    reader.wait_for_text("read-only");
    press(&mut reader, "p");
    reader.wait_for_text("cannot change the run");
    press(&mut reader, "q");
    assert_eq!(reader.end().exit_code(), 0);
    reader.assert_restored();
    press(&mut pty, "D");
    pty.wait_for_text("any other key stays");
    press(&mut pty, "x");
    pty.wait_for("the question to go", |screen| !screen.contents().contains("any other key stays"));
    press(&mut pty, "D\r");
    assert_eq!(pty.end().exit_code(), 0);
    pty.assert_restored();
    pty.wait_for_text("the run goes on");
    assert_eq!(run.status()["state"], "paused");
    // To quit is to leave, unless the run is to be stopped.
    let Some(mut pty) = attach(&run, &[]) else { return };
    pty.wait_for_text("±0.03 ");
    press(&mut pty, "qy");
    assert_eq!(pty.end().exit_code(), 0);
    assert_eq!(run.status()["state"], "paused");
    let Some(mut pty) = attach(&run, &[]) else { return };
    pty.wait_for_text("±0.03 ");
    press(&mut pty, "qs");
    assert_eq!(pty.end().exit_code(), 0);
    pty.wait_for_text("the run was stopped after");
}

#[test]
fn a_run_that_dies_under_it_is_said_to_be_lost() {
    let mut run = Served::start(&["--steps", "0"]);
    let Some(mut pty) = attach(&run, &[]) else { return };
    pty.wait_for_text("coverage");
    run.child.kill().unwrap();
    pty.wait_for_text("connection to the run was lost");
    press(&mut pty, "\rq");
    assert_eq!(pty.end().exit_code(), 1);
    pty.assert_restored();
}
