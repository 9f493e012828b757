//! What five watchers cost a run: one that does not read, one that sends a million random bytes, one that commands, and
//! two that read.
//!
//! Runs the built program without a screen, and has the watchers there and not there in turns of the same length; the
//! order alternates, so that a machine that slows down or speeds up favours neither. Steps are counted by asking the run.
//! The watchers run on the same machine, so that where it has few cores their own work counts too.
//!
//!     cargo bench --bench watchers
//!     cargo bench --bench watchers -- --pairs 10 --seconds 20 moons --set threads=1
//!
//! What follows the options is passed to gantop.

#![allow(clippy::print_stdout)]

mod by_hand;
mod teller;
mod turns;

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use clap::Parser;
use rand::{RngCore, SeedableRng};
use teller::{Teller, greeted};

/// The program under test, built as this benchmark was.
const GANTOP: &str = env!("CARGO_BIN_EXE_gantop");
/// The least share of the throughput that is to be left.
const GOAL: f64 = 0.97;
/// How long it goes on before anything is counted.
const SETTLE: Duration = Duration::from_secs(3);
/// How often somebody commands.
const EVERY: Duration = Duration::from_millis(200);

/// Compares steps a second with five watchers and with none.
#[derive(Parser)]
struct Args {
    /// How many pairs of turns
    #[arg(long, default_value_t = 5)]
    pairs: usize,
    /// How long a turn is
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// What to run: a config and options of gantop
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, default_values = ["ring", "--set", "threads=1"])]
    gantop: Vec<String>,
}

fn main() -> anyhow::Result<()> {
    let Some(args) = by_hand::args::<Args>("what watchers cost") else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let directory = folder.path().join("run");
    let mut command = Command::new(GANTOP);
    command.args(["train", "--headless", "--steps", "0", "--run-dir"]).arg(&directory).args(&args.gantop);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
    teller::wait(&directory)?;
    let mut teller = Teller::connect(&directory)?;
    thread::sleep(SETTLE);
    // Steps a second of a turn.
    let mut turn = |watched: bool| -> anyhow::Result<f64> {
        let watchers = if watched { Watchers::come(&directory)? } else { Watchers::default() };
        thread::sleep(Duration::from_secs(1));
        let begun = teller.step()?;
        let end = Duration::from_secs_f64(args.seconds);
        while begun.1.elapsed() < end {
            thread::sleep(EVERY.min(end.saturating_sub(begun.1.elapsed())));
            if watched {
                teller.ask(r#"{"set":{"optimizer.critic.lr":0.0005}}"#)?;
            }
        }
        let rate = teller::rate(begun, teller.step()?);
        watchers.go();
        Ok(rate)
    };
    println!("gantop {}: turns of {} s", args.gantop.join(" "), args.seconds);
    println!("pair   watched, steps/s   alone, steps/s   ratio");
    let mut ratios = Vec::new();
    for pair in 1..=args.pairs.max(1) {
        let (watched, alone) = turns::pair(pair, &mut turn)?;
        println!("{pair:>4} {watched:>18.1} {alone:>16.1} {:>7.3}", watched / alone);
        ratios.push(watched / alone);
    }
    teller.ask(r#""stop""#)?;
    child.wait()?;
    ratios.sort_by(f64::total_cmp);
    let ratio = ratios[ratios.len() / 2];
    println!("median ratio {ratio:.3}: goal of {GOAL} {}", if ratio >= GOAL { "reached" } else { "missed" });
    Ok(())
}

/// The other four.
#[derive(Default)]
struct Watchers {
    streams: Vec<UnixStream>,
    threads: Vec<JoinHandle<()>>,
}

impl Watchers {
    fn come(directory: &Path) -> anyhow::Result<Watchers> {
        let mut watchers = Watchers::default();
        for _ in 0..2 {
            let stream = greeted(directory, true)?;
            let mut reads = stream.try_clone()?;
            watchers.streams.push(stream);
            watchers.threads.push(thread::spawn(move || {
                let mut bytes = [0; 1 << 16];
                while matches!(reads.read(&mut bytes), Ok(1..)) {}
            }));
        }
        watchers.streams.push(greeted(directory, true)?);
        let mut noisy = greeted(directory, true)?;
        watchers.threads.push(thread::spawn(move || {
            let mut bytes = vec![0; 1_000_000];
            rand::rngs::StdRng::seed_from_u64(1).fill_bytes(&mut bytes);
            // It is sent away before all is said.
            let _ = noisy.write_all(&bytes);
        }));
        Ok(watchers)
    }

    fn go(self) {
        for stream in self.streams {
            let _ = stream.shutdown(Shutdown::Both);
        }
        for thread in self.threads {
            let _ = thread.join();
        }
    }
}
