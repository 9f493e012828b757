//! The whole program when something does not go on: behind a terminal that stops reading, as over a stalled connection,
//! and in a step that takes long. Training goes on, memory does not grow, the screen is right once it is read again, and
//! the process can still be told to end.
//!
//! Where no pseudo-terminal can be opened these tests say so and pass.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

const SIZE: PtySize = PtySize { rows: 36, cols: 120, pixel_width: 0, pixel_height: 0 };
/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Steps as short as can be.
const SHORT: [&str; 4] = ["batch_size=8", "generator.hidden=[4]", "critic.hidden=[4]", "critic.steps=1"];
/// Steps that take tens of seconds.
const LONG: [&str; 2] = ["batch_size=40000", "critic.steps=200"];

/// A run with its dashboard, in a terminal that reads when it is told to.
struct Run {
    child: Box<dyn Child + Send + Sync>,
    writer: Box<dyn Write + Send>,
    /// What the screen shows, and how many bytes made it so.
    screen: Arc<Mutex<(vt100::Parser, usize)>>,
    reads: Arc<AtomicBool>,
    folder: tempfile::TempDir,
    _master: Box<dyn MasterPty + Send>,
}

impl Run {
    /// None where there are no pseudo-terminals.
    fn start(sets: &[&str]) -> Option<Run> {
        let pair = match native_pty_system().openpty(SIZE) {
            Ok(pair) => pair,
            Err(error) => {
                println!("skipped: no pseudo-terminal can be opened here: {error}");
                return None;
            }
        };
        let folder = tempfile::tempdir().unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_gantop"));
        command.args(["ring", "--steps", "0", "--fps", "60", "--glyphs", "braille", "--run-dir"]);
        command.arg(folder.path().join("run"));
        for set in ["threads=1", "record.every=1"].iter().chain(sets) {
            command.args(["--set", set]);
        }
        command.env("TERM", "xterm-256color");
        command.cwd(folder.path());
        let mut reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        let screen = Arc::new(Mutex::new((vt100::Parser::new(SIZE.rows, SIZE.cols, 0), 0)));
        let reads = Arc::new(AtomicBool::new(true));
        let (shown, reading) = (screen.clone(), reads.clone());
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            loop {
                while !reading.load(Ordering::SeqCst) {
                    std::thread::sleep(Duration::from_millis(10));
                }
                let Ok(n @ 1..) = reader.read(&mut bytes) else { return };
                let mut shown = shown.lock().unwrap();
                shown.0.process(&bytes[..n]);
                shown.1 += n;
            }
        });
        Some(Run { child, writer, screen, reads, folder, _master: pair.master })
    }

    fn press(&mut self, keys: &[u8]) {
        self.writer.write_all(keys).unwrap();
        self.writer.flush().unwrap();
    }

    /// What the screen shows, without blanks at the ends of lines.
    fn contents(&self) -> String {
        let text = self.screen.lock().unwrap().0.screen().contents();
        text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
    }

    /// Stops reading, and waits until the terminal has long been full.
    fn stall(&self) {
        self.reads.store(false, Ordering::SeqCst);
        std::thread::sleep(Duration::from_secs(3));
    }

    /// Tells the process to end, and gives its exit code.
    fn terminate(&mut self) -> u32 {
        let pid = Pid::from_raw(self.child.process_id().unwrap() as i32).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
        wait_for("the end", self, |run| run.child.try_wait().unwrap().is_some());
        self.child.wait().unwrap().exit_code()
    }

    /// The last step on disk.
    fn recorded(&self) -> u64 {
        let file = std::fs::read_to_string(self.folder.path().join("run/metrics.csv")).unwrap_or_default();
        // The last line may still be on its way.
        let whole = file.rsplit_once('\n').map_or("", |(whole, _)| whole);
        whole.lines().last().and_then(|line| line.split(',').next()?.parse().ok()).unwrap_or(0)
    }

    /// Kilobytes in memory, where the system tells.
    fn memory(&self) -> Option<u64> {
        let path = PathBuf::from(format!("/proc/{}/status", self.child.process_id()?));
        let status = std::fs::read_to_string(path).ok()?;
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse().ok())
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.reads.store(true, Ordering::SeqCst);
        let _ = self.child.kill();
    }
}

/// Waits until `done`, or fails.
#[track_caller]
fn wait_for(what: &str, run: &mut Run, done: impl Fn(&mut Run) -> bool) {
    let start = Instant::now();
    while !done(run) {
        assert!(start.elapsed() < PATIENCE, "{what} did not come; the screen shows:\n{}", run.contents());
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_terminal_that_stops_reading_stops_no_run_and_is_right_when_it_reads_again() {
    let Some(mut run) = Run::start(&SHORT) else { return };
    wait_for("the run", &mut run, |run| run.contents().contains("running") && run.recorded() > 100);
    run.stall();
    let (step, bytes, memory) = (run.recorded(), run.screen.lock().unwrap().1, run.memory());
    wait_for("more steps", &mut run, |run| run.recorded() > step + 2000);
    assert_eq!(run.screen.lock().unwrap().1, bytes, "the terminal was read");
    if let (Some(before), Some(after)) = (memory, run.memory()) {
        assert!(after < before + 16 * 1024, "from {before} kB to {after} kB");
    }
    run.reads.store(true, Ordering::SeqCst);
    run.press(b"p");
    wait_for("the pause", &mut run, |run| run.contents().contains("paused"));
    // What is on the screen must be what a drawing from nothing puts there.
    let settled = |run: &mut Run| {
        let before = run.screen.lock().unwrap().1;
        std::thread::sleep(Duration::from_millis(700));
        before > 0 && run.screen.lock().unwrap().1 == before
    };
    wait_for("rest", &mut run, settled);
    let mended = run.contents();
    *run.screen.lock().unwrap() = (vt100::Parser::new(SIZE.rows, SIZE.cols, 0), 0);
    run.press(b"\x0c");
    wait_for("the drawing from nothing", &mut run, settled);
    assert_eq!(mended, run.contents());
}

#[test]
fn a_process_behind_a_stalled_terminal_ends_when_it_is_told_to() {
    let Some(mut run) = Run::start(&SHORT) else { return };
    wait_for("the run", &mut run, |run| run.contents().contains("running") && run.recorded() > 100);
    run.stall();
    let step = run.recorded();
    assert_eq!(run.terminate(), 143);
    // The recorder had its time.
    let file = std::fs::read_to_string(run.folder.path().join("run/metrics.csv")).unwrap();
    assert!(file.ends_with('\n') && run.recorded() >= step);
}

#[test]
fn a_process_in_a_long_step_ends_when_it_is_told_to() {
    let Some(mut run) = Run::start(&LONG) else { return };
    wait_for("the run", &mut run, |run| run.contents().contains("running"));
    // Killed by a signal it would not have a code of its own.
    assert_eq!(run.terminate(), 143);
    wait_for("why", &mut run, |run| run.contents().contains("in the middle of a step"));
}
