//! The terminal, tried in a real pseudo-terminal: this program runs itself again as the child on the other side.
//!
//! Whatever way the child ends, the main screen, the cursor, the modes and the line discipline must be as before.
//! Where no pseudo-terminal can be opened these tests say so and pass.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyModifiers};
use gantop::terminal::{Event, Terminal, panic_report};
use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, SlavePty, native_pty_system};
use ratatui::widgets::Paragraph;
use rustix::process::{Pid, Signal, kill_process};

/// Set for the child: the folder for its log and its results.
const FOLDER: &str = "GANTOP_TEST_PTY_FOLDER";
/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

// ---------------------------------------------------------------- the child

/// Not a test but the program under test, when this binary is run again inside a pseudo-terminal.
#[test]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    std::fs::write(folder.join("pid"), std::process::id().to_string()).unwrap();
    let mut terminal = Terminal::enter(Some(&folder.join("log"))).unwrap();
    let events = terminal.events();
    let mut lines = vec!["READY".to_string()];
    loop {
        terminal.draw(|frame| frame.render_widget(Paragraph::new(lines.join("\n")), frame.area())).unwrap();
        let Ok(event) = events.recv_timeout(PATIENCE) else { panic!("no event came") };
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
            Event::Paste(text) => lines.push(format!("pasted {text:?}")),
            Event::Redraw => lines.push("redraw".into()),
            Event::Terminate => {
                lines.push("terminate".into());
                std::fs::write(folder.join("terminated"), "").unwrap();
                break;
            }
            Event::HangUp => {
                // What a second of doing nothing costs, and whether drawing fails as it should.
                let before = cpu_ticks();
                std::thread::sleep(Duration::from_secs(1));
                let spent = cpu_ticks() - before;
                let drawn = terminal.draw(|_| {}).is_ok();
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
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

/// Not a test but, when run again by the hang-up tests, the process that owns the pseudo-terminal: it starts the
/// child, types what it is told, and is killed, so that the kernel closes the terminal under the child.
#[test]
fn owner() {
    let Some(folder) = std::env::var_os("GANTOP_TEST_PTY_OWNER").map(PathBuf::from) else { return };
    let mut command = again("child");
    command.env(FOLDER, &folder);
    command.set_controlling_tty(std::env::var_os("GANTOP_TEST_PTY_CONTROLLING").is_some());
    let Some(mut pty) = Pty::start(command) else {
        std::fs::write(folder.join("skipped"), "").unwrap();
        return;
    };
    pty.wait_for("the first frame", |screen| screen.contents().contains("READY"));
    pty.type_keys(std::env::var("GANTOP_TEST_PTY_TYPED").unwrap().as_bytes());
    std::thread::sleep(Duration::from_millis(300));
    kill_process(rustix::process::getpid(), Signal::KILL).unwrap();
}

// ---------------------------------------------------------------- the tester

/// This test program as a command that runs one of its functions only.
fn again(function: &str) -> CommandBuilder {
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args(["--exact", function, "--nocapture", "--test-threads=1"]);
    command.env("RUST_BACKTRACE", "0");
    command.env_remove("NO_COLOR");
    command.cwd(env!("CARGO_MANIFEST_DIR"));
    command
}

/// A child in a pseudo-terminal, and what its screen shows.
struct Pty {
    child: Box<dyn Child + Send + Sync>,
    screen: Arc<Mutex<vt100::Parser>>,
    writer: Box<dyn Write + Send>,
    master: Box<dyn MasterPty + Send>,
    // Kept open, so that the line discipline can still be looked at when the child has ended.
    _slave: Box<dyn SlavePty + Send>,
    modes: String,
}

impl Pty {
    /// None where there are no pseudo-terminals.
    fn start(command: CommandBuilder) -> Option<Pty> {
        let size = PtySize { rows: 24, cols: 100, pixel_width: 0, pixel_height: 0 };
        let pair = match native_pty_system().openpty(size) {
            Ok(pair) => pair,
            Err(error) => {
                println!("skipped: no pseudo-terminal can be opened here: {error}");
                return None;
            }
        };
        let modes = format!("{:?}", pair.master.get_termios());
        let screen = Arc::new(Mutex::new(vt100::Parser::new(size.rows, size.cols, 0)));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        let shown = screen.clone();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(n @ 1..) = reader.read(&mut bytes) {
                shown.lock().unwrap().process(&bytes[..n]);
            }
        });
        Some(Pty { child, screen, writer, master: pair.master, _slave: pair.slave, modes })
    }

    fn type_keys(&mut self, keys: &[u8]) {
        self.writer.write_all(keys).unwrap();
        self.writer.flush().unwrap();
    }

    #[track_caller]
    fn wait_for(&self, what: &str, condition: impl Fn(&vt100::Screen) -> bool) {
        let start = Instant::now();
        while !condition(self.screen.lock().unwrap().screen()) {
            if start.elapsed() > PATIENCE {
                panic!("{what} did not come; the screen shows:\n{}", self.screen.lock().unwrap().screen().contents());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    #[track_caller]
    fn wait_for_text(&self, text: &str) {
        self.wait_for(text, |screen| screen.contents().contains(text));
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.process_id().unwrap() as i32).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Waits for the child's end.
    #[track_caller]
    fn end(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                // Let the reader catch up.
                std::thread::sleep(Duration::from_millis(100));
                return status;
            }
            if start.elapsed() > PATIENCE {
                let _ = self.child.kill();
                panic!("the child did not end; the screen shows:\n{}", self.screen.lock().unwrap().screen().contents());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn contents(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    /// The dashboard's modes are on.
    #[track_caller]
    fn assert_entered(&self) {
        self.wait_for("the alternate screen", |screen| screen.alternate_screen());
        let parser = self.screen.lock().unwrap();
        assert!(parser.screen().hide_cursor(), "the cursor shows on the dashboard");
        assert!(parser.screen().bracketed_paste(), "a paste would look like keys");
        assert_ne!(format!("{:?}", self.master.get_termios()), self.modes, "not raw");
    }

    /// Everything is as it was before the child.
    #[track_caller]
    fn assert_restored(&self) {
        self.wait_for("the main screen", |screen| !screen.alternate_screen());
        let parser = self.screen.lock().unwrap();
        assert!(!parser.screen().hide_cursor(), "the cursor is hidden");
        assert!(!parser.screen().bracketed_paste(), "bracketed paste is on");
        assert_eq!(format!("{:?}", self.master.get_termios()), self.modes, "the line discipline has changed");
        assert!(!parser.screen().contents().contains("READY"), "a frame is left on the main screen");
    }
}

/// A child that shows its first frame, and its folder; None where there are no pseudo-terminals.
fn started() -> Option<(Pty, tempfile::TempDir)> {
    let folder = tempfile::tempdir().unwrap();
    let mut command = again("child");
    command.env(FOLDER, folder.path());
    let pty = Pty::start(command)?;
    pty.wait_for_text("READY");
    pty.assert_entered();
    Some((pty, folder))
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
    pty.assert_restored();
    assert!(log(folder.path()).contains("a warning from a library"));
    assert!(!pty.contents().contains("a warning from a library"));
    assert!(pty.contents().contains("after leaving"), "file descriptor 2 did not come back");
}

#[test]
fn a_panic_of_the_ui_thread_gives_the_terminal_back_and_shows_its_message() {
    for (key, message) in [(b"x", "the ui broke"), (b"v", "the view broke")] {
        let Some((mut pty, _folder)) = started() else { return };
        pty.type_keys(key);
        assert_eq!(pty.end().exit_code(), 101);
        pty.assert_restored();
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
    pty.assert_restored();
}

#[test]
fn signals_to_end_are_events_while_the_terminal_is_held() {
    for signal in [Signal::TERM, Signal::INT] {
        let Some((mut pty, folder)) = started() else { return };
        pty.signal(signal);
        assert_eq!(pty.end().exit_code(), 0);
        pty.assert_restored();
        assert!(folder.path().join("terminated").exists());
    }
}

#[test]
fn a_new_size_asks_for_a_drawing() {
    let Some((mut pty, _folder)) = started() else { return };
    pty.master.resize(PtySize { rows: 30, cols: 120, pixel_width: 0, pixel_height: 0 }).unwrap();
    pty.wait_for_text("redraw");
    pty.type_keys(b"q");
    assert_eq!(pty.end().exit_code(), 0);
    pty.assert_restored();
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
    pty.assert_restored();
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
    pty.assert_restored();
}

#[test]
fn suspending_gives_the_terminal_to_the_shell_and_takes_it_again() {
    // A shell with job control, or the kernel would not let the job stop at all.
    let script = r#"set -m; "$0" "$@"; echo "in the shell"; read line; echo "typed $line"; fg; echo "the job ended""#;
    let program = again("child");
    let mut command = CommandBuilder::new("sh");
    command.args(["-c", script]);
    command.args(program.get_argv());
    let folder = tempfile::tempdir().unwrap();
    command.env(FOLDER, folder.path());
    command.cwd(env!("CARGO_MANIFEST_DIR"));
    let Some(mut pty) = Pty::start(command) else { return };
    pty.wait_for_text("READY");
    pty.assert_entered();
    pty.type_keys(b"\x1a");
    pty.wait_for_text("in the shell");
    pty.assert_restored();
    // What is typed now must reach the shell alone.
    std::thread::sleep(Duration::from_millis(600));
    pty.type_keys(b"qqq\n");
    pty.wait_for("the dashboard again", |screen| screen.alternate_screen());
    pty.wait_for_text("redraw");
    pty.assert_entered();
    assert!(pty.contents().contains("READY"), "{}", pty.contents());
    pty.type_keys(b"q");
    assert_eq!(pty.end().exit_code(), 0);
    pty.assert_restored();
    assert!(pty.contents().contains("typed qqq"), "{}", pty.contents());
    assert!(pty.contents().contains("the job ended"), "{}", pty.contents());
}

#[test]
fn suspending_without_a_shell_goes_on_at_once() {
    let Some((mut pty, _folder)) = started() else { return };
    pty.type_keys(b"\x1a");
    pty.wait_for_text("redraw");
    pty.assert_entered();
    pty.type_keys(b"q");
    assert_eq!(pty.end().exit_code(), 0);
    pty.assert_restored();
}

/// Closes the terminal under a child and waits for its end; `typed` is what it read last.
#[track_caller]
fn hang_up(controlling: bool, typed: &str) {
    let folder = tempfile::tempdir().unwrap();
    let mut owner = std::process::Command::new(std::env::current_exe().unwrap());
    owner.args(["--exact", "owner", "--nocapture", "--test-threads=1"]);
    owner.env("GANTOP_TEST_PTY_OWNER", folder.path()).env("GANTOP_TEST_PTY_TYPED", typed);
    if controlling {
        owner.env("GANTOP_TEST_PTY_CONTROLLING", "1");
    }
    owner.output().unwrap();
    if folder.path().join("skipped").exists() {
        println!("skipped: no pseudo-terminal can be opened here");
        return;
    }
    let pid = std::fs::read_to_string(folder.path().join("pid")).unwrap();
    let start = Instant::now();
    while is_alive(&pid) {
        assert!(start.elapsed() < PATIENCE, "the process outlives its terminal");
        std::thread::sleep(Duration::from_millis(20));
    }
    let result = std::fs::read_to_string(folder.path().join("hung-up")).expect("no hang-up was reported");
    let (ticks, drawn) = result.split_once(' ').unwrap();
    assert!(
        ticks.parse::<u64>().unwrap() <= 20,
        "{ticks} hundredths of a second of processor time in a second of rest"
    );
    assert_eq!(drawn, "false", "a frame was drawn on a terminal that is gone");
}

/// Whether a process runs; one that has ended and waits to be asked about does not.
fn is_alive(pid: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()))
        .is_ok_and(|stat| !stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('Z')))
}

#[test]
fn a_hang_up_ends_the_process() {
    hang_up(true, "n");
}

#[test]
fn a_hang_up_without_a_signal_ends_the_process() {
    hang_up(false, "n");
}

#[test]
fn a_hang_up_in_the_middle_of_a_key_ends_the_process() {
    hang_up(true, "\x1b[");
    hang_up(false, "\x1b[");
}
