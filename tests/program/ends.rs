//! Every way in which the program with the dashboard can end, or leave the screen: the terminal is as it was.
//!
//! The dashboard's own panic is tried in `pty`, where one can be made.

use std::fs;
use std::path::Path;
use std::time::Duration;

use gantop::link::checkpoint::Reason;
use gantop::run::checkpoints;
use portable_pty::CommandBuilder;
use rustix::process::Signal;

use super::dashboard::{WIDE, assert_drawn_right, in_terminal, press};
use super::small;
use crate::support::program::{metrics, steps};
use crate::support::pty::Pty;

/// A way to end.
struct End {
    name: &'static str,
    /// Put before the program's name, by a shell.
    before: &'static str,
    args: &'static [&'static str],
    /// What the screen shows when it is time.
    when: &'static str,
    act: fn(&mut Pty),
    code: u32,
    /// What is left on the main screen.
    said: &'static str,
    /// Whether the run was under way, and so has a checkpoint of its last step now.
    kept: bool,
}

const ENDLESS: &[&str] = &["ring", "--steps", "0"];
const USUAL: End = End {
    name: "quit",
    before: "exec",
    args: ENDLESS,
    when: "coverage",
    act: |pty| press(pty, "qy"),
    code: 0,
    said: " steps in ",
    kept: true,
};

const ENDS: &[End] = &[
    USUAL,
    End { name: "ctrl-c", act: |pty| press(pty, "\x03\x03"), ..USUAL },
    End { name: "finished", args: &["ring", "--steps", "30"], when: " finished ", act: |pty| press(pty, "q"), ..USUAL },
    End { name: "SIGTERM", act: |pty| pty.signal(Signal::TERM), code: 143, ..USUAL },
    End { name: "SIGINT", act: |pty| pty.signal(Signal::INT), code: 130, ..USUAL },
    End {
        name: "SIGTERM after the end",
        args: &["ring", "--steps", "30"],
        when: " finished ",
        act: |pty| pty.signal(Signal::TERM),
        code: 143,
        ..USUAL
    },
    End {
        name: "SIGHUP with a checkpoint",
        args: &["ring", "--steps", "0", "--set", "run.on_hangup=checkpoint"],
        act: |pty| pty.signal(Signal::HUP),
        code: 129,
        ..USUAL
    },
    End {
        name: "SIGHUP, which the run outlives, and SIGTERM",
        act: |pty| {
            pty.signal(Signal::HUP);
            pty.assert_restored();
            std::thread::sleep(Duration::from_millis(500));
            pty.signal(Signal::HUP);
            pty.signal(Signal::TERM);
        },
        code: 143,
        said: "",
        ..USUAL
    },
    End {
        name: "SIGTSTP and SIGCONT",
        act: |pty| {
            pty.signal(Signal::TSTP);
            pty.signal(Signal::CONT);
            std::thread::sleep(Duration::from_millis(300));
            press(pty, "qy");
        },
        ..USUAL
    },
    End {
        name: "a wrong config",
        args: &["ring", "--set", "data.radius=-1"],
        when: "data.radius",
        act: |_| {},
        code: 2,
        said: "`data.radius` is -1",
        kept: false,
        ..USUAL
    },
    End {
        name: "a log that cannot be opened",
        before: "mkdir -p DIR/gantop.log && exec",
        args: ENDLESS,
        when: "cannot open the log",
        act: |_| {},
        code: 1,
        said: "cannot take the terminal",
        kept: true,
    },
];

/// The newest checkpoint's step, and why it was made.
#[track_caller]
fn newest(dir: &Path) -> (u64, Reason) {
    let items = checkpoints::list(dir).unwrap();
    let header = items.first().expect("a checkpoint").header.clone().unwrap();
    (header.info.step, header.info.reason)
}

/// The program in a shell that is gone when it starts.
fn start(end: &End, dir: &Path) -> Option<Pty> {
    let before = end.before.replace("DIR", dir.to_str().unwrap());
    let mut words = vec!["-c".to_owned(), format!(r#"{before} "$0" "$@""#), env!("CARGO_BIN_EXE_gantop").to_owned()];
    // What a case says of the networks counts.
    words.extend(small(&[]).iter().map(|word| word.to_string()));
    words.extend(end.args.iter().map(|word| word.to_string()));
    words.extend(["--set", "record.every=1", "--run-dir", dir.to_str().unwrap()].map(str::to_owned));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    Pty::start(in_terminal(CommandBuilder::new("sh"), &words), WIDE)
}

#[test]
fn whatever_the_end_the_terminal_is_as_it_was() {
    for end in ENDS {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("run");
        let Some(mut pty) = start(end, &dir) else { return };
        println!("{}", end.name);
        pty.wait_for_text(end.when);
        (end.act)(&mut pty);
        assert_eq!(pty.end().exit_code(), end.code, "{}: {}", end.name, pty.contents());
        pty.assert_restored();
        pty.assert_modes_off();
        assert!(pty.contents().contains(end.said), "{}: {}", end.name, pty.contents());
        if end.kept {
            let done = steps(&metrics(&dir));
            assert_eq!(done, (1..=done.len() as u64).collect::<Vec<_>>(), "{}", end.name);
            assert_eq!(newest(&dir), (done.len() as u64, Reason::End), "{}", end.name);
        }
    }
}

#[test]
fn behind_a_terminal_that_does_not_read_a_second_ctrl_c_still_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    // A step that takes minutes.
    let end = End { args: &["ring", "--set", "critic.steps=1000000"], ..USUAL };
    let Some(mut pty) = start(&end, &dir) else { return };
    pty.wait_for_text("running");
    pty.read(false);
    for size in 0..60 {
        // Frame upon frame, until nothing more goes in.
        pty.resize((WIDE.0 + size % 2, WIDE.1));
        std::thread::sleep(Duration::from_millis(30));
    }
    pty.signal(Signal::TERM);
    while pty.runs() {
        // Once the terminal has been given back, the key is a signal.
        if pty.is_cooked() {
            pty.type_keys(b"\x03");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(pty.end().exit_code(), 130);
    pty.read(true);
    pty.assert_restored();
    pty.assert_modes_off();
}

#[test]
fn sigusr1_keeps_a_checkpoint_and_the_run_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let Some(mut pty) = start(&USUAL, &dir) else { return };
    pty.wait_for_text("coverage");
    pty.signal(Signal::USR1);
    pty.wait_for_text("checkpoint");
    let (kept, reason) = newest(&dir);
    assert_eq!(reason, Reason::Asked);
    press(&mut pty, "qy");
    assert_eq!(pty.end().exit_code(), 0);
    assert!(newest(&dir).0 > kept);
}

#[test]
fn another_size_while_it_is_stopped_is_right_when_it_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let before = r#"set -m; "$0" "$@"; echo in the shell; read line; fg; echo the job ended; exit; "#;
    let dir = folder.path().join("run");
    let mut words = vec!["-c", before, env!("CARGO_BIN_EXE_gantop")];
    words.extend(small(&["ring", "--steps", "0", "--run-dir", dir.to_str().unwrap()]));
    let Some(mut pty) = Pty::start(in_terminal(CommandBuilder::new("sh"), &words), WIDE) else { return };
    pty.wait_for_text("coverage");
    press(&mut pty, "\x1a");
    pty.wait_for_text("in the shell");
    pty.assert_restored();
    pty.assert_modes_off();
    pty.resize((30, 100));
    press(&mut pty, "\n");
    pty.assert_entered();
    pty.wait_for("a footer at the new bottom", |screen| {
        screen.rows(0, 100).nth(29).is_some_and(|line| line.contains("q quit"))
    });
    assert_drawn_right(&mut pty);
    press(&mut pty, "qy");
    pty.end();
    assert!(fs::read_to_string(dir.join("summary.json")).unwrap().contains("stopped"));
}

#[test]
fn stopped_and_continued_again_and_again_it_still_ends() {
    let Some((mut pty, _folder)) = super::stall::run(&["--set", "batch_size=16"]) else { return };
    pty.wait_for_text("running");
    for _ in 0..20 {
        // Any thread may be the one whose waiting this breaks off.
        for signal in [Signal::STOP, Signal::WINCH, Signal::CONT] {
            pty.signal(signal);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    pty.signal(Signal::TERM);
    assert_eq!(pty.end().exit_code(), 143);
}
