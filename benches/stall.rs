//! What a terminal that stops reading costs the run behind it: steps a second and memory.
//!
//! Runs the built program with the dashboard in a pseudo-terminal of 120×36, which is now read and now not, in turns of
//! the same length; the order alternates, so that a machine that slows down or speeds up favours neither. Steps are
//! counted by asking the run.
//!
//!     cargo bench --bench stall
//!     cargo bench --bench stall -- --pairs 10 --seconds 20 moons --set threads=1
//!
//! What follows the options is passed to gantop.

#![allow(clippy::print_stdout)]

mod by_hand;
mod teller;
mod turns;

use std::fs;
use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use teller::Teller;

/// The program under test, built as this benchmark was.
const GANTOP: &str = env!("CARGO_BIN_EXE_gantop");
const SIZE: PtySize = PtySize { rows: 36, cols: 120, pixel_width: 0, pixel_height: 0 };
/// The least share of the throughput that is to be left, and the most kilobytes that memory is to grow by.
const GOAL: (f64, i64) = (0.99, 4096);
/// How long it goes on before anything is counted.
const SETTLE: Duration = Duration::from_secs(10);

/// Compares steps a second while the terminal does not read and while it does.
#[derive(Parser)]
struct Args {
    /// How many pairs of turns
    #[arg(long, default_value_t = 3)]
    pairs: usize,
    /// How long a turn is
    #[arg(long, default_value_t = 60.0)]
    seconds: f64,
    /// What to run: a config and options of gantop
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, default_values = ["ring", "--set", "threads=1"])]
    gantop: Vec<String>,
}

fn main() -> anyhow::Result<()> {
    let Some(args) = by_hand::args::<Args>("a stall") else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let directory = folder.path().join("run");
    let pair = native_pty_system().openpty(SIZE).context("cannot open a pseudo-terminal")?;
    let mut command = CommandBuilder::new(GANTOP);
    command.args(&args.gantop);
    command.args(["--steps", "0", "--set", "record.every=10", "--run-dir"]);
    command.arg(&directory);
    command.env("TERM", "xterm-256color");
    command.cwd(std::env::current_dir().context("cannot tell the current directory")?);
    let mut child = pair.slave.spawn_command(command)?;
    drop(pair.slave);
    let (mut reader, mut writer) = (pair.master.try_clone_reader()?, pair.master.take_writer()?);
    let reads = Arc::new(AtomicBool::new(true));
    let reading = reads.clone();
    std::thread::spawn(move || {
        let mut bytes = [0; 1 << 16];
        loop {
            while !reading.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(10));
            }
            if !matches!(reader.read(&mut bytes), Ok(1..)) {
                return;
            }
        }
    });
    teller::wait(&directory)?;
    let mut teller = Teller::connect(&directory)?;
    std::thread::sleep(SETTLE);
    let pid = child.process_id();
    // Steps a second, and kilobytes of growth, of a turn.
    let mut turn = |read: bool| -> anyhow::Result<(f64, i64)> {
        reads.store(read, Ordering::SeqCst);
        // The terminal's buffer fills, or is caught up with.
        std::thread::sleep(Duration::from_secs(2));
        let (memory, begun) = (memory(pid)?, teller.step()?);
        std::thread::sleep(Duration::from_secs_f64(args.seconds));
        Ok((teller::rate(begun, teller.step()?), self::memory(pid)? - memory))
    };
    println!("gantop {}: turns of {} s", args.gantop.join(" "), args.seconds);
    println!("pair   stalled, steps/s   read, steps/s   ratio   growth stalled, kB   read, kB");
    let (mut ratios, mut growths) = (Vec::new(), Vec::new());
    for pair in 1..=args.pairs.max(1) {
        let (stalled, read) = turns::pair(pair, |stalled| turn(!stalled))?;
        let ratio = stalled.0 / read.0;
        println!("{pair:>4} {:>18.1} {:>15.1} {ratio:>7.3} {:>20} {:>10}", stalled.0, read.0, stalled.1, read.1);
        ratios.push(ratio);
        growths.push(stalled.1);
    }
    reads.store(true, Ordering::SeqCst);
    writer.write_all(b"qy")?;
    writer.flush()?;
    child.wait()?;
    ratios.sort_by(f64::total_cmp);
    let (ratio, growth) = (ratios[ratios.len() / 2], growths.into_iter().max().unwrap_or_default());
    let reached = |reached: bool| if reached { "reached" } else { "missed" };
    println!("median ratio {ratio:.3}: goal of {} {}", GOAL.0, reached(ratio >= GOAL.0));
    println!("most growth behind a stalled terminal {growth} kB: goal of {} {}", GOAL.1, reached(growth <= GOAL.1));
    Ok(())
}

/// Kilobytes in memory.
fn memory(pid: Option<u32>) -> anyhow::Result<i64> {
    let status = fs::read_to_string(format!("/proc/{}/status", pid.context("no process")?))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("the system does not say")?;
    Ok(line.split_whitespace().next().context("no number")?.parse()?)
}
