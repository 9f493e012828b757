//! What the dashboard costs: steps a second with it over steps a second without it.
//!
//! Starts the built program twice, with the dashboard and headless, each in a pseudo-terminal of 120×36 that is read,
//! and lets them train in turns: while one does, the other is stopped. The order alternates, so that a machine
//! that slows down or speeds up favours neither; both have long begun, so loading libtorch and the first charts are left
//! out. Steps are counted by asking the runs.
//!
//!     cargo bench --bench throughput
//!     cargo bench --bench throughput -- --pairs 100 --seconds 2 moons --set threads=1
//!
//! What follows the options is passed to gantop. A fixed thread count keeps gantop from choosing one anew in each run.

#![allow(clippy::print_stdout)]

mod by_hand;
mod teller;
mod turns;

use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use teller::Teller;

/// The program under test, built as this benchmark was.
const GANTOP: &str = env!("CARGO_BIN_EXE_gantop");
const SIZE: PtySize = PtySize { rows: 36, cols: 120, pixel_width: 0, pixel_height: 0 };
/// The least share of headless throughput that the dashboard is to leave on the default preset.
const GOAL: f64 = 0.99;
/// How long a run goes on before anything is counted, and after it was stopped.
const SETTLE: (Duration, Duration) = (Duration::from_secs(6), Duration::from_millis(500));

/// Compares steps a second with the dashboard and without.
#[derive(Parser)]
struct Args {
    /// How many pairs of turns
    #[arg(long, default_value_t = 40)]
    pairs: usize,
    /// How long a turn is
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// What to run: a config and options of gantop
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, default_values = ["ring", "--set", "threads=2"])]
    gantop: Vec<String>,
}

fn main() -> anyhow::Result<()> {
    let Some(args) = by_hand::args::<Args>("the throughput") else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let mut with = Run::start(&args.gantop, &[], folder.path().join("with"))?;
    let mut without = Run::start(&args.gantop, &["--headless"], folder.path().join("without"))?;
    println!("gantop {}: {} pairs of turns of {} s", args.gantop.join(" "), args.pairs, args.seconds);
    println!("pair   dashboard    headless   ratio   KiB/s to the terminal");
    let (mut shown, mut hidden, mut ratios, mut output) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for pair in 1..=args.pairs.max(2) {
        let turn = |first: bool| if first { with.turn(args.seconds) } else { without.turn(args.seconds) };
        let ((dashboard, kib), (headless, _)) = turns::pair(pair, turn)?;
        println!("{pair:>4} {dashboard:>11.1} {headless:>11.1} {:>7.3} {kib:>9.1}", dashboard / headless);
        shown.push(dashboard);
        hidden.push(headless);
        ratios.push(dashboard / headless);
        output.push(kib);
    }
    let mean = ratios.iter().sum::<f64>() / ratios.len() as f64;
    let squares: f64 = ratios.iter().map(|ratio| (ratio - mean).powi(2)).sum();
    let error = (squares / ((ratios.len() - 1) * ratios.len()) as f64).sqrt();
    let (shown, hidden, ratios) = (Spread::of(shown), Spread::of(hidden), Spread::of(ratios));
    println!("steps/s with the dashboard: {shown:.1}");
    println!("steps/s headless:           {hidden:.1}");
    println!("KiB/s to the terminal:      {:.1}", Spread::of(output));
    println!("ratio:                      {ratios:.3}; mean {mean:.3}, standard error {error:.3}");
    println!("goal of {GOAL} {}", if ratios.median >= GOAL { "reached" } else { "missed" });
    Ok(())
}

/// The middle and the ends of some figures.
struct Spread {
    median: f64,
    least: f64,
    most: f64,
}

impl Spread {
    /// Of at least one figure.
    fn of(mut figures: Vec<f64>) -> Spread {
        figures.sort_by(f64::total_cmp);
        let half = figures.len() / 2;
        let middle = &figures[(figures.len() - 1) / 2..=half];
        let median = middle.iter().sum::<f64>() / middle.len() as f64;
        Spread { median, least: figures[0], most: figures[figures.len() - 1] }
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let places = f.precision().unwrap_or(1);
        let Spread { median, least, most } = self;
        write!(f, "median {median:.places$}, from {least:.places$} to {most:.places$}")
    }
}

/// A run that trains in turns, and is stopped otherwise.
struct Run {
    child: Box<dyn Child + Send + Sync>,
    pid: Pid,
    teller: Teller,
    /// Bytes that came to the terminal.
    bytes: Arc<AtomicUsize>,
}

impl Run {
    fn start(gantop: &[String], further: &[&str], directory: PathBuf) -> anyhow::Result<Run> {
        let pair = native_pty_system().openpty(SIZE).context("cannot open a pseudo-terminal")?;
        let mut command = CommandBuilder::new(GANTOP);
        command.args(gantop);
        command.args(["--steps", "0", "--glyphs", "braille", "--theme", "256"]);
        command.args(further);
        command.arg("--run-dir");
        command.arg(&directory);
        command.env("TERM", "xterm-256color");
        command.cwd(std::env::current_dir().context("cannot tell the current directory")?);
        let child = pair.slave.spawn_command(command)?;
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader()?;
        let bytes = Arc::new(AtomicUsize::new(0));
        let count = bytes.clone();
        thread::spawn(move || {
            // The terminal is there for as long as it is read.
            let _master = pair.master;
            let mut bytes = [0; 1 << 16];
            while let Ok(n @ 1..) = reader.read(&mut bytes) {
                count.fetch_add(n, Ordering::Relaxed);
            }
        });
        teller::wait(&directory)?;
        let pid = child.process_id().and_then(|pid| Pid::from_raw(pid as i32)).context("no process")?;
        let run = Run { child, pid, teller: Teller::connect(&directory)?, bytes };
        thread::sleep(SETTLE.0);
        kill_process(run.pid, Signal::STOP)?;
        Ok(run)
    }

    /// Steps a second, and KiB a second to the terminal, of a turn of so many seconds.
    fn turn(&mut self, seconds: f64) -> anyhow::Result<(f64, f64)> {
        kill_process(self.pid, Signal::CONT)?;
        thread::sleep(SETTLE.1);
        let (begun, bytes) = (self.teller.step()?, self.bytes.load(Ordering::Relaxed));
        thread::sleep(Duration::from_secs_f64(seconds));
        let (ended, sent) = (self.teller.step()?, self.bytes.load(Ordering::Relaxed) - bytes);
        kill_process(self.pid, Signal::STOP)?;
        Ok((teller::rate(begun, ended), sent as f64 / 1024.0 / (ended.1 - begun.1).as_secs_f64()))
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
