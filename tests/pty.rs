//! The terminal, tried in a real pseudo-terminal: this program runs itself again as the child on the other side.
//!
//! Whatever way the child ends, the main screen, the cursor, the modes and the line discipline must be as before.
//! Where no pseudo-terminal can be opened these tests say so and pass.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crossterm::event::{KeyCode, KeyModifiers};
use gantop::terminal::{Event, Terminal, panic_report};
use portable_pty::CommandBuilder;
use ratatui::Frame;
use ratatui::widgets::Paragraph;
use rustix::process::Signal;

use crate::support::TEST_TIMEOUT;
use crate::support::pty::{Pty, Size, again, ends, hang_up, spent, stat};

/// Set for the child: the folder for its log and its results.
const FOLDER: &str = "GANTOP_TEST_PTY_FOLDER";
/// Set for a child that heeds the mouse.
const MOUSE: &str = "GANTOP_TEST_PTY_MOUSE";
/// Rows and columns of the terminal.
const SIZE: Size = (24, 100);

// ---------------------------------------------------------------- the child

/// Not a test but the program under test, when this binary is run again inside a pseudo-terminal.
#[test]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let mut terminal = Terminal::enter(Some(&folder.join("log"))).unwrap();
    let events = terminal.events();
    if std::env::var_os(MOUSE).is_some() {
        terminal.heed_mouse().unwrap();
    }
    let mut lines = vec!["READY".to_string()];
    loop {
        let view = |frame: &mut Frame| {
            frame.render_widget(Paragraph::new(lines.join("\n")), frame.area());
            None
        };
        terminal.draw(view).unwrap();
        let Ok(event) = events.recv_timeout(TEST_TIMEOUT) else { panic!("no event came") };
        match event {
            Event::Key(key) if key.modifiers == KeyModifiers::CONTROL && key.code == KeyCode::Char('z') => {
                terminal.suspend().unwrap()
            }
            Event::Key(key) => match key.code {
                KeyCode::Char('q') => break,
                KeyCode::Char('x') => panic!("the ui broke"),
                KeyCode::Char('v') => terminal.draw(|_| panic!("the view broke")).unwrap(),
                KeyCode::Char('t') => {
                    let thread =
                        std::thread::Builder::new().name("trainer".into()).spawn(|| panic!("the trainer broke"));
                    let thread = thread.unwrap();
                    let id = thread.thread().id();
                    assert!(thread.join().is_err());
                    lines.push(panic_report(id).unwrap().lines().next().unwrap().to_string());
                }
                KeyCode::Char('e') => eprintln!("a warning from a library"),
                KeyCode::Char('d') => std::thread::sleep(Duration::from_secs(2)),
                KeyCode::Char('n') => lines.push("a new line".into()),
                other => lines.push(format!("key {other:?}")),
            },
            Event::Mouse(mouse) => lines.push(format!("{:?} at {} {}", mouse.act, mouse.x, mouse.y)),
            Event::Paste(text) => lines.push(format!("pasted {text:?}")),
            Event::Redraw => lines.push("redraw".into()),
            Event::Terminate | Event::Interrupt => {
                lines.push("terminate".into());
                std::fs::write(folder.join("terminated"), format!("{event:?}")).unwrap();
                break;
            }
            Event::Save => lines.push("save".into()),
            Event::HangUp => {
                // What a second of doing nothing costs, and whether drawing fails as it should.
                let before = cpu_ticks();
                std::thread::sleep(Duration::from_secs(1));
                let spent = cpu_ticks() - before;
                let drawn = terminal.draw(|_| None).is_ok();
                std::fs::write(folder.join("hung-up"), format!("{spent} {drawn}")).unwrap();
                break;
            }
        }
    }
    terminal.leave();
    terminal.leave();
    eprintln!("after leaving");
}

/// Processor time of this process, in clock ticks (a hundredth of a second).
fn cpu_ticks() -> u64 {
    spent(&stat("self").unwrap())
}

// ---------------------------------------------------------------- the tester

/// A child that shows its first frame, and its folder; None where there are no pseudo-terminals.
fn started() -> Option<(Pty, tempfile::TempDir)> {
    let folder = tempfile::tempdir().unwrap();
    let mut command = again("pty::child");
    command.env(FOLDER, folder.path());
    let mut pty = Pty::start(command, SIZE)?;
    pty.wait_for_text("READY");
    pty.assert_entered();
    Some((pty, folder))
}

/// Everything is as it was before the child.
#[track_caller]
fn assert_restored(pty: &mut Pty) {
    pty.assert_restored();
    assert!(!pty.contents().contains("READY"), "a frame is left on the main screen");
}

fn log(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("log")).unwrap()
}

#[test]
fn quitting_gives_the_terminal_back() {
    let Some((mut pty, folder)) = started() else { return };
    pty.type_keys(b"e\x1b[200~two\nlines\x1b[201~");
    pty.wait_for_text(r#"pasted "two\nlines""#);
    pty.type_keys(b"q");
    assert_eq!(pty.end().exit_code(), 0);
    assert_restored(&mut pty);
    assert!(log(folder.path()).contains("a warning from a library"));
    assert!(!pty.contents().contains("a warning from a library"));
    assert!(pty.contents().contains("after leaving"), "file descriptor 2 did not come back");
}

#[test]
fn without_an_alternate_screen_what_is_said_last_stands_on_a_line_of_its_own() {
    let Some((mut pty, _folder)) = started() else { return };
    pty.type_keys(b"q");
    pty.end();
    // As a terminal shows it that has none: GNU screen usually.
    let bytes = String::from_utf8(pty.bytes()).unwrap().replace("\x1b[?1049h", "").replace("\x1b[?1049l", "");
    let mut plain = vt100::Parser::new(SIZE.0, SIZE.1, 0);
    plain.process(bytes.as_bytes());
    let screen = plain.screen().contents();
    assert!(screen.lines().any(|line| line == "after leaving"), "{screen}");
}

#[test]
fn a_panic_of_the_ui_thread_gives_the_terminal_back_and_shows_its_message() {
    for (key, message) in [(b"x", "the ui broke"), (b"v", "the view broke")] {
        let Some((mut pty, _folder)) = started() else { return };
        pty.type_keys(key);
        assert_eq!(pty.end().exit_code(), 101);
        assert_restored(&mut pty);
        assert!(pty.contents().contains(message), "{}", pty.contents());
    }
}

#[test]
fn a_panic_of_another_thread_leaves_the_screen_alone() {
    let Some((mut pty, folder)) = started() else { return };
    pty.type_keys(b"t");
    pty.wait_for_text("thread 'trainer' panicked at tests/pty.rs");
    pty.wait_for_text("the trainer broke");
    pty.assert_entered();
    assert!(log(folder.path()).contains("the trainer broke"));
    pty.type_keys(b"q");
    assert_eq!(pty.end().exit_code(), 0);
    assert_restored(&mut pty);
}

#[test]
fn signals_to_end_are_events_while_the_terminal_is_held() {
    for (signal, event) in [(Signal::TERM, "Terminate"), (Signal::INT, "Interrupt")] {
        let Some((mut pty, folder)) = started() else { return };
        pty.signal(signal);
        assert_eq!(pty.end().exit_code(), 0);
        assert_restored(&mut pty);
        assert_eq!(std::fs::read_to_string(folder.path().join("terminated")).unwrap(), event);
    }
}

#[test]
fn a_new_size_asks_for_a_drawing() {
    let Some((mut pty, _folder)) = started() else { return };
    pty.resize((30, 120));
    pty.wait_for_text("redraw");
    pty.type_keys(b"q");
    assert_eq!(pty.end().exit_code(), 0);
    assert_restored(&mut pty);
}

#[test]
fn a_signal_gets_through_to_a_ui_that_was_deaf_to_a_thousand_keys() {
    let Some((mut pty, folder)) = started() else { return };
    pty.type_keys(b"d");
    for _ in 0..20 {
        pty.type_keys(&[b'n'; 50]);
        std::thread::sleep(Duration::from_millis(20));
    }
    pty.signal(Signal::TERM);
    assert_eq!(pty.end().exit_code(), 0);
    assert_restored(&mut pty);
    assert!(folder.path().join("terminated").exists());
}

#[test]
fn a_stop_from_outside_is_repaired_when_the_process_goes_on() {
    let Some((mut pty, _folder)) = started() else { return };
    pty.signal(Signal::STOP);
    std::thread::sleep(Duration::from_millis(200));
    pty.signal(Signal::CONT);
    pty.wait_for_text("redraw");
    pty.assert_entered();
    pty.type_keys(b"q");
    assert_eq!(pty.end().exit_code(), 0);
    assert_restored(&mut pty);
}

#[test]
fn suspending_gives_the_terminal_to_the_shell_and_takes_it_again() {
    // A shell with job control, or the kernel would not let the job stop at all.
    let script = r#"set -m; "$0" "$@"; echo "in the shell"; read line; echo "typed $line"; fg; echo "the job ended""#;
    let program = again("pty::child");
    let mut command = CommandBuilder::new("sh");
    command.args(["-c", script]);
    command.args(program.get_argv());
    let folder = tempfile::tempdir().unwrap();
    command.env(FOLDER, folder.path());
    command.cwd(env!("CARGO_MANIFEST_DIR"));
    let Some(mut pty) = Pty::start(command, SIZE) else { return };
    pty.wait_for_text("READY");
    pty.assert_entered();
    pty.type_keys(b"\x1a");
    pty.wait_for_text("in the shell");
    assert_restored(&mut pty);
    // What is typed now must reach the shell alone.
    std::thread::sleep(Duration::from_millis(600));
    pty.type_keys(b"qqq\n");
    pty.wait_for("the dashboard again", |screen| screen.alternate_screen());
    pty.wait_for_text("redraw");
    pty.assert_entered();
    assert!(pty.contents().contains("READY"), "{}", pty.contents());
    pty.type_keys(b"q");
    assert_eq!(pty.end().exit_code(), 0);
    assert_restored(&mut pty);
    assert!(pty.contents().contains("typed qqq"), "{}", pty.contents());
    assert!(pty.contents().contains("the job ended"), "{}", pty.contents());
}

#[test]
fn the_mouse_is_heeded_when_asked_for_and_given_back_on_every_way_out() {
    let on = |pty: &Pty| String::from_utf8_lossy(&pty.bytes()).matches("\x1b[?1000h").count();
    for way in [&b"q"[..], b"x", b"v", b"\x1aq", b"T"] {
        let folder = tempfile::tempdir().unwrap();
        let mut command = again("pty::child");
        command.env(FOLDER, folder.path());
        command.env(MOUSE, "1");
        let Some(mut pty) = Pty::start(command, SIZE) else { return };
        pty.wait_for_text("READY");
        // Pressed, released, moved, another button; a wheel, with Ctrl too.
        pty.type_keys(b"\x1b[<0;12;7M\x1b[<0;12;7m\x1b[<35;1;1M\x1b[<1;1;1M\x1b[<2;3;4M\x1b[<80;1;1M\x1b[<0;0;1Mk");
        pty.wait_for_text("key Char('k')");
        let wanted = ["Left at 11 6", "Right at 2 3", "WheelUp at 0 0", "key Char('k')"];
        let contents = pty.contents();
        let said: Vec<&str> = contents.lines().skip_while(|line| *line != wanted[0]).take(4).collect();
        assert_eq!(said, wanted, "{contents}");
        assert_eq!(on(&pty), 1);
        if way == b"T" {
            pty.signal(Signal::TERM);
        } else if let [key @ 0x1a, rest @ ..] = way {
            pty.type_keys(&[*key]);
            pty.wait_for_text("redraw");
            assert_eq!(on(&pty), 2, "the mouse is heeded again");
            pty.type_keys(rest);
        } else {
            pty.type_keys(way);
        }
        pty.end();
        pty.assert_restored();
        pty.assert_modes_off();
    }
    // Nobody asked: what another program left on is nothing.
    let Some((mut pty, _folder)) = started() else { return };
    pty.type_keys(b"\x1b[<0;12;7Mk");
    pty.wait_for_text("key Char('k')");
    assert!(!pty.contents().contains("Left") && on(&pty) == 0, "{}", pty.contents());
    pty.type_keys(b"q");
    pty.end();
}

#[test]
fn suspending_without_a_shell_goes_on_at_once() {
    let Some((mut pty, _folder)) = started() else { return };
    pty.type_keys(b"\x1a");
    pty.wait_for_text("redraw");
    pty.assert_entered();
    pty.type_keys(b"q");
    assert_eq!(pty.end().exit_code(), 0);
    assert_restored(&mut pty);
}

/// Closes the terminal under a child and waits for its end; `typed` is what it read last.
#[track_caller]
fn is_hung_up(controlling: bool, typed: &str) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = again("pty::child");
    command.env(FOLDER, folder.path());
    command.set_controlling_tty(controlling);
    let Some(pid) = hang_up(&command, "READY", typed) else { return };
    assert!(ends(&pid), "the process outlives its terminal");
    let result = std::fs::read_to_string(folder.path().join("hung-up")).expect("no hang-up was reported");
    let (ticks, drawn) = result.split_once(' ').unwrap();
    assert!(
        ticks.parse::<u64>().unwrap() <= 20,
        "{ticks} hundredths of a second of processor time in a second of rest"
    );
    assert_eq!(drawn, "false", "a frame was drawn on a terminal that is gone");
}

#[test]
fn a_hang_up_ends_the_process() {
    is_hung_up(true, "n");
}

#[test]
fn a_hang_up_without_a_signal_ends_the_process() {
    is_hung_up(false, "n");
}

#[test]
fn a_hang_up_in_the_middle_of_a_key_ends_the_process() {
    is_hung_up(true, "\x1b[");
    is_hung_up(false, "\x1b[");
}
