//! What the dashboard sends to the terminal: bytes a second of the built program in a pseudo-terminal, while a run goes
//! on at full speed and while it is paused.
//!
//!     cargo bench --bench output
//!     cargo bench --bench output -- --seconds 30 mnist-wgan --set data.path=DIR
//!
//! What follows the options is passed to gantop, in place of the cases that are measured otherwise. A run that is
//! slowed down by other work sends less: measure on a calm machine.

#![allow(clippy::print_stdout)]

mod by_hand;

use std::io::{Read, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use clap::Parser;
use portable_pty::{CommandBuilder, PtySize, native_pty_system};

/// The program under test, built as this benchmark was.
const GANTOP: &str = env!("CARGO_BIN_EXE_gantop");
/// What begins a frame: a synchronized update.
const FRAME: &[u8] = b"\x1b[?2026h";
/// How long a run may take to begin, or to pause.
const SCREEN_TIMEOUT: Duration = Duration::from_secs(120);
/// How long it goes on before anything is counted.
const SETTLE: Duration = Duration::from_secs(5);

/// Counts what the dashboard sends.
#[derive(Parser)]
struct Args {
    /// How long to count
    #[arg(long, default_value_t = 20.0)]
    seconds: f64,
    /// Columns of the terminal
    #[arg(long, default_value_t = 120)]
    columns: u16,
    /// Rows of the terminal
    #[arg(long, default_value_t = 36)]
    rows: u16,
    /// What to run: a config and options of gantop
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    gantop: Vec<String>,
}

fn main() -> anyhow::Result<()> {
    let Some(args) = by_hand::args::<Args>("the output") else { return Ok(()) };
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let cases = match args.gantop.is_empty() {
        false => vec![args.gantop.clone()],
        true => ["", " --theme 16", " --theme truecolor", " --fps 4", " --fps 2", " --fps 1"]
            .map(|more| words(&format!("ring --set threads=1{more}")))
            .to_vec(),
    };
    println!("{}×{}, {} s each", args.columns, args.rows, args.seconds);
    println!("| gantop … | steps/s | running, KiB/s | frames/s | bytes a frame | paused, KiB/s |");
    println!("|---|---|---|---|---|---|");
    for case in cases {
        let Measured { steps, running, paused } = measure(&case, &args)?;
        println!(
            "| `{}` | {steps} | {:.1} | {:.1} | {:.0} | {:.2} |",
            case.join(" "),
            running.bytes / 1024.0,
            running.frames,
            running.bytes / running.frames.max(1e-9),
            paused.bytes / 1024.0,
        );
    }
    Ok(())
}

/// Bytes and frames a second.
struct Rate {
    bytes: f64,
    frames: f64,
}

struct Measured {
    /// Steps a second, as the screen has it.
    steps: String,
    running: Rate,
    paused: Rate,
}

/// What has come out of the terminal.
struct Shown {
    parser: vt100::Parser,
    frames: usize,
}

fn measure(gantop: &[String], args: &Args) -> anyhow::Result<Measured> {
    let size = PtySize { rows: args.rows, cols: args.columns, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).context("cannot open a pseudo-terminal")?;
    let mut command = CommandBuilder::new(GANTOP);
    command.args(gantop);
    command.args(["--no-record", "--steps", "0", "--glyphs", "braille"]);
    for (name, value) in [("TERM", "xterm-256color"), ("LC_ALL", "C.UTF-8")] {
        command.env(name, value);
    }
    for name in ["NO_COLOR", "COLORTERM", "COLORFGBG"] {
        command.env_remove(name);
    }
    command.cwd(std::env::current_dir().context("cannot tell the current directory")?);
    let mut child = pair.slave.spawn_command(command)?;
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader()?;
    let mut writer = pair.master.take_writer()?;
    let shown = Arc::new(Mutex::new(Shown { parser: vt100::Parser::new(args.rows, args.columns, 0), frames: 0 }));
    let (screen, bytes) = (shown.clone(), Arc::new(AtomicUsize::new(0)));
    let counted = bytes.clone();
    std::thread::spawn(move || {
        let mut buffer = [0; 1 << 16];
        while let Ok(n @ 1..) = reader.read(&mut buffer) {
            counted.fetch_add(n, Ordering::SeqCst);
            let mut screen = screen.lock().unwrap_or_else(PoisonError::into_inner);
            screen.parser.process(&buffer[..n]);
            screen.frames += buffer[..n].windows(FRAME.len()).filter(|window| *window == FRAME).count();
        }
    });
    let look = || {
        let shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
        (shown.parser.screen().contents(), shown.frames)
    };
    let wait_for = |text: &str| -> anyhow::Result<()> {
        let start = Instant::now();
        while !look().0.contains(text) {
            ensure!(start.elapsed() < SCREEN_TIMEOUT, "“{text}” did not come; the screen shows:\n{}", look().0);
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    };
    let count = |seconds: f64| {
        let (before, frames) = (bytes.load(Ordering::SeqCst), look().1);
        std::thread::sleep(Duration::from_secs_f64(seconds));
        let (bytes, frames) = (bytes.load(Ordering::SeqCst) - before, look().1 - frames);
        Rate { bytes: bytes as f64 / seconds, frames: frames as f64 / seconds }
    };
    wait_for(" running  step ")?;
    wait_for("steps/s")?;
    std::thread::sleep(SETTLE);
    let running = count(args.seconds);
    let steps = look().0.lines().next().and_then(|line| {
        let (before, _) = line.split_once(" steps/s")?;
        before.split_whitespace().last().map(str::to_owned)
    });
    writer.write_all(b" ")?;
    writer.flush()?;
    wait_for(" paused  step ")?;
    // The last snapshot and the last analysis are still on their way.
    std::thread::sleep(SETTLE / 2);
    let paused = count(args.seconds / 2.0);
    writer.write_all(b"qy")?;
    writer.flush()?;
    let start = Instant::now();
    while child.try_wait()?.is_none() {
        if start.elapsed() > SCREEN_TIMEOUT {
            let _ = child.kill();
            bail!("the dashboard was not left; the screen shows:\n{}", look().0);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(Measured { steps: steps.unwrap_or_else(|| "?".into()), running, paused })
}
