//! The dashboard in a real pseudo-terminal. Where none can be opened these tests say so and pass.

use std::time::{Duration, Instant};

use portable_pty::CommandBuilder;
use rustix::process::Signal;

use super::small;
use crate::support::TEST_TIMEOUT;
use crate::support::program::{NOBODY, gantop, said};
use crate::support::pty::Pty;

pub const WIDE: (u16, u16) = (36, 120);

/// The program with a small run, as a command for a pseudo-terminal.
fn command(args: &[&str]) -> CommandBuilder {
    in_terminal(CommandBuilder::new(env!("CARGO_BIN_EXE_gantop")), &small(args))
}

pub fn in_terminal(mut command: CommandBuilder, args: &[&str]) -> CommandBuilder {
    command.args(args);
    for (name, value) in [
        ("TERM", "xterm-256color"),
        ("LC_ALL", "C.UTF-8"),
        ("XDG_CONFIG_HOME", NOBODY),
        ("XDG_CACHE_HOME", "/dev/null"),
    ] {
        command.env(name, value);
    }
    for name in ["NO_COLOR", "COLORTERM", "RUST_BACKTRACE"] {
        command.env_remove(name);
    }
    command.cwd(env!("CARGO_MANIFEST_DIR"));
    command
}

/// The program with a small run in a pseudo-terminal; None where there are none.
pub fn dashboard(args: &[&str]) -> Option<Pty> {
    Pty::start(command(args), WIDE)
}

/// A run without end that has drawn its first charts and samples.
pub fn under_way(args: &[&str]) -> Option<Pty> {
    let mut pty = dashboard(&[&["ring", "--steps", "0"], args].concat())?;
    pty.wait_for_text("running");
    pty.wait_for_text("coverage");
    pty.assert_entered();
    Some(pty)
}

/// Types these characters.
pub fn press(pty: &mut Pty, keys: &str) {
    pty.type_keys(keys.as_bytes());
}

/// Waits until the header shows this state at this step.
#[track_caller]
pub fn wait_for_state(pty: &mut Pty, state: &str, step: u64) {
    let wanted = format!(" {state}  step {step} ");
    pty.wait_for(&wanted, |screen| screen.contents().lines().next().is_some_and(|line| line.contains(&wanted)));
}

/// Waits until nothing has been written for a while, but something has.
#[track_caller]
fn settle(pty: &Pty) {
    let start = Instant::now();
    loop {
        let before = pty.bytes().len();
        std::thread::sleep(Duration::from_millis(700));
        if before > 0 && pty.bytes().len() == before {
            return;
        }
        assert!(start.elapsed() < TEST_TIMEOUT, "the screen does not come to rest:\n{}", pty.contents());
    }
}

/// How lines of the analyst's figures begin on the overview.
const ANALYSED: [&str; 3] = [" coverage ", " divergence ", " EM "];

/// What the screen shows, without blanks at the ends of lines: written or not, they look the same. The line on the
/// machine, which goes its own way, is left out, and so are the analyst's figures, which come when they are ready.
fn seen(pty: &Pty) -> String {
    let contents = pty.contents();
    let lines = contents.lines().filter(|line| !line.contains("frames/s"));
    let cut = |line: &str| ANALYSED.iter().find_map(|name| line.find(name)).unwrap_or(line.len());
    lines.map(|line| line[..cut(line)].trim_end()).collect::<Vec<_>>().join("\n")
}

/// What the screen of a paused run shows in the end.
#[track_caller]
fn rest(pty: &mut Pty) -> String {
    settle(pty);
    // What was said last, by an alert too, stands in the header until a key is pressed.
    press(pty, "\x07");
    settle(pty);
    seen(pty)
}

/// Pauses the run, if it goes on. What is on the screen then is what a drawing from nothing puts there.
#[track_caller]
pub fn assert_drawn_right(pty: &mut Pty) {
    let says = |screen: &vt100::Screen, state: &str| {
        screen.contents().lines().next().is_some_and(|header| header.contains(state))
    };
    let is_paused = |screen: &vt100::Screen| says(screen, "  training paused  ");
    // Until a command is obeyed the header says neither.
    pty.wait_for("what the run does", |screen| is_paused(screen) || says(screen, "  running  "));
    if !pty.shows(is_paused) {
        press(pty, "p");
    }
    pty.wait_for("a paused run", is_paused);
    let shown = rest(pty);
    pty.forget();
    press(pty, "\x0c");
    let drawn = rest(pty);
    assert_eq!(shown, drawn, "on the screen, and drawn anew:\n{shown}\n\n{drawn}\n");
}

/// Leaves with `keys`, and finds the terminal as it was, with the run in a line.
#[track_caller]
fn leave(mut pty: Pty, keys: &str) {
    press(&mut pty, keys);
    assert_eq!(pty.end().exit_code(), 0);
    pty.assert_restored();
    let left = pty.contents();
    let said: Vec<&str> = left.lines().filter(|line| !line.is_empty()).collect();
    assert!(matches!(said[..], [line] if line.starts_with("gantop: ") && line.contains(" steps in ")), "{left}");
}

/// The colours that a terminal is told to use.
fn colours(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let sequences = text.split("\x1b[").skip(1);
    let selections = sequences.filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != ';' && c != ':')?;
        rest[end..].starts_with('m').then(|| rest[..end].to_owned())
    });
    let is_colour = |part: &str| matches!(part.parse(), Ok(30..=38 | 40..=48 | 90..=97 | 100..=107));
    selections.filter(|selection| selection.split([';', ':']).any(is_colour)).collect()
}

#[test]
fn it_draws_and_obeys() {
    let Some(mut pty) = under_way(&[]) else { return };
    for part in
        ["gantop", "ring", "losses", "critic values", "histograms", "samples", "controls", "clip range", "events"]
    {
        pty.wait_for_text(part);
    }
    pty.wait_for_text("steps/s");
    press(&mut pty, " ");
    pty.wait_for_text(" paused  step ");
    let shown = pty.contents().lines().next().unwrap().to_owned();
    let step: u64 =
        shown.split("step ").nth(1).unwrap().split_whitespace().next().unwrap().replace(',', "").parse().unwrap();
    press(&mut pty, "s");
    let next = format!("step {} ", grouped(step + 1));
    pty.wait_for_text(&next);
    press(&mut pty, "?");
    pty.wait_for_text("pause training, or go on");
    press(&mut pty, "\x1b");
    pty.wait_for("the help to go", |screen| !screen.contents().contains("pause training, or go on"));
    press(&mut pty, "q");
    pty.wait_for_text("and quit?");
    press(&mut pty, "n");
    pty.wait_for("the question to go", |screen| !screen.contents().contains("and quit?"));
    press(&mut pty, " ");
    pty.wait_for_text(" running  step ");
    leave(pty, "qy");
}

/// A number with its thousands set apart.
fn grouped(number: u64) -> String {
    gantop::domain::format::count(number)
}

/// As a container's first program starts it: the group and the session that it came from have no number there.
#[test]
fn in_a_namespace_of_its_own_it_draws_and_obeys() {
    let unshare = ["--pid", "--fork", "--kill-child", "--mount-proc", "--"];
    let possible = std::process::Command::new("unshare").args(unshare).arg("true").output();
    if !possible.is_ok_and(|output| output.status.success()) {
        println!("skipped: unshare makes no namespace of processes here");
        return;
    }
    let mut args = [&unshare[..], &["sh", "-c", "\"$0\" \"$@\"; exit $?", env!("CARGO_BIN_EXE_gantop")]].concat();
    args.extend(small(&["ring", "--steps", "0"]));
    let Some(mut pty) = Pty::start(in_terminal(CommandBuilder::new("unshare"), &args), WIDE) else { return };
    pty.wait_for_text("running");
    // Nobody could continue it: it stays.
    press(&mut pty, "\x1a");
    press(&mut pty, " ");
    pty.wait_for_text(" paused  step ");
    leave(pty, "qy");
}

#[test]
fn a_second_ctrl_c_leaves() {
    let Some(mut pty) = under_way(&[]) else { return };
    press(&mut pty, "\x03");
    pty.wait_for_text("and quit?");
    leave(pty, "\x03");
}

#[test]
fn a_finished_run_is_left_without_a_question() {
    let Some(mut pty) = dashboard(&["ring", "--steps", "30"]) else { return };
    wait_for_state(&mut pty, "finished", 30);
    leave(pty, "q");
}

#[test]
fn a_time_in_which_the_process_was_stopped_is_no_training() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let Some(mut pty) = under_way(&["--set", "record.every=1", "--run-dir", dir.to_str().unwrap()]) else { return };
    pty.signal(Signal::STOP);
    std::thread::sleep(Duration::from_secs(3));
    let stopped = std::fs::read_to_string(dir.join("metrics.csv")).unwrap().lines().count();
    pty.signal(Signal::CONT);
    press(&mut pty, "S500\r");
    pty.wait_for_text(" paused  step ");
    leave(pty, "qy");
    let text = std::fs::read_to_string(dir.join("metrics.csv")).unwrap();
    let seconds = |row: &str| row.split(',').nth(1).unwrap().parse::<f64>().unwrap();
    let seconds: Vec<f64> = text.lines().skip(1).map(seconds).collect();
    assert!(seconds.len() > stopped && seconds.is_sorted());
    let longest = seconds.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max);
    assert!(longest < 2.5, "a step took {longest} s");
}

#[test]
fn it_follows_the_size_of_the_terminal() {
    let Some(mut pty) = under_way(&[]) else { return };
    pty.resize((24, 80));
    pty.wait_for("the footer of 80×24", |screen| {
        screen.rows(0, 80).nth(23).is_some_and(|line| line.contains("pause") && line.contains("q quit"))
    });
    pty.resize((8, 30));
    pty.wait_for_text("gantop needs 60×16");
    pty.resize(WIDE);
    pty.wait_for("the footer of 120×36", |screen| {
        screen.rows(0, 120).nth(35).is_some_and(|line| line.contains("k constraint") && line.contains("q quit"))
    });
    leave(pty, "qy");
}

#[test]
fn the_first_key_after_another_size_is_heard_at_once() {
    let Some(mut pty) = under_way(&[]) else { return };
    for (rows, columns) in [(24, 80), (36, 120), (30, 100)] {
        pty.resize((rows, columns));
        pty.wait_for("a footer at the new bottom", |screen| {
            screen.rows(0, columns).nth(usize::from(rows) - 1).is_some_and(|line| line.contains("q quit"))
        });
        press(&mut pty, "o");
        pty.wait_for_text("reverse-kl");
        press(&mut pty, "\x07");
        pty.wait_for("the popup closed", |screen| !screen.contents().contains("reverse-kl"));
    }
    leave(pty, "qy");
}

#[test]
fn colours_are_used_only_where_they_are_wanted() {
    for (name, value, coloured) in [("TERM", "xterm-256color", true), ("NO_COLOR", "1", false)] {
        let mut command = command(&["ring", "--steps", "30"]);
        command.env(name, value);
        let Some(mut pty) = Pty::start(command, WIDE) else { return };
        wait_for_state(&mut pty, "finished", 30);
        press(&mut pty, "q");
        assert_eq!(pty.end().exit_code(), 0);
        let colours = colours(&pty.bytes());
        assert_eq!(!colours.is_empty(), coloured, "{name}={value}: {colours:?}");
    }
}

#[test]
fn a_terminal_that_cannot_be_drawn_on_gets_lines() {
    let mut command = command(&["ring", "--steps", "30"]);
    command.env("TERM", "dumb");
    let Some(mut pty) = Pty::start(command, WIDE) else { return };
    assert_eq!(pty.end().exit_code(), 0);
    let said = String::from_utf8(pty.bytes()).unwrap();
    assert!(!said.contains('\x1b'), "{said:?}");
    assert!(said.contains("TERM=dumb") && said.contains("\"kind\":\"summary\""), "{said}");
    // Where there is nothing but a dashboard, that is the end.
    for args in [&["view", "runs/none"], &["attach", "runs/none"]] {
        let mut command = in_terminal(CommandBuilder::new(env!("CARGO_BIN_EXE_gantop")), args);
        command.env("TERM", "dumb");
        let Some(mut pty) = Pty::start(command, WIDE) else { return };
        assert_eq!(pty.end().exit_code(), 2, "{args:?}");
        let said = String::from_utf8(pty.bytes()).unwrap();
        assert!(said.contains("TERM=dumb") && !said.contains('\x1b'), "{args:?}: {said:?}");
    }
}

#[test]
fn a_config_says_what_is_drawn_with() {
    for (set, beyond_ascii) in [("ui.glyphs='ascii'", false), ("ui.glyphs='block'", true)] {
        let Some(mut pty) = dashboard(&["ring", "--steps", "30", "--set", set]) else { return };
        wait_for_state(&mut pty, "finished", 30);
        press(&mut pty, "q");
        assert_eq!(pty.end().exit_code(), 0);
        assert_eq!(!pty.bytes().is_ascii(), beyond_ascii, "{set}");
    }
}

#[test]
fn a_third_ctrl_c_leaves_in_the_middle_of_a_step() {
    // A step that takes minutes.
    let Some(mut pty) = dashboard(&["ring", "--set", "critic.steps=1000000"]) else { return };
    pty.wait_for_text("running");
    press(&mut pty, "\x03");
    pty.wait_for_text("and quit?");
    press(&mut pty, "\x03");
    pty.wait_for_text("stopping…");
    press(&mut pty, "\x03");
    let status = pty.end();
    assert!(status.success(), "{status}");
    pty.assert_restored();
    pty.wait_for_text("the run was left in the middle of a step");
}

#[test]
fn a_run_that_is_taken_up_shows_its_past() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let run = run.to_str().unwrap();
    let small = ["ring", "--headless", "--steps", "300", "--run-dir", run, "--set", "critic.hidden=[8]"];
    let (code, _, err) = said(gantop(&[&["train"], &small[..]].concat()));
    assert_eq!(code, 0, "{err}");
    let program = CommandBuilder::new(env!("CARGO_BIN_EXE_gantop"));
    let again = in_terminal(program, &["train", "--resume", run, "--steps", "0", "--paused"]);
    let Some(mut pty) = Pty::start(again, WIDE) else { return };
    pty.wait_for_text("training paused");
    press(&mut pty, "2");
    pty.wait_for_text("latest, step 300");
    pty.type_keys(b"\x1b[H");
    pty.wait_for_text("at step 1 ");
    press(&mut pty, "qy");
    assert_eq!(pty.end().exit_code(), 0);
}
