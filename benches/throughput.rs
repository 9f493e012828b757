//! What the dashboard costs: steps a second with it over steps a second without it.
//!
//! Runs the built program in pairs, each once with the dashboard in a pseudo-terminal of 120×36 that is read and
//! interpreted as a terminal would, and once headless into a pipe. Both do the same steps; the order alternates, so
//! that a machine that slows down or speeds up favours neither. Steps a second are those that the program itself sums
//! up, so loading libtorch is left out. Where other work on the machine makes the ratios differ widely, take more pairs,
//! or run each pair together, and look at the median.
//!
//!     cargo bench --bench throughput
//!     cargo bench --bench throughput -- --pairs 20 --together
//!     cargo bench --bench throughput -- --pairs 20 --seconds 3 moons --set threads=1
//!
//! What follows the options is passed to gantop. A fixed thread count keeps gantop from choosing one anew in each run.

#![allow(clippy::print_stdout)]

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail, ensure};
use clap::Parser;
use portable_pty::{CommandBuilder, PtySize, native_pty_system};

/// The program under test, built as this benchmark was.
const GANTOP: &str = env!("CARGO_BIN_EXE_gantop");
const SIZE: PtySize = PtySize { rows: 36, cols: 120, pixel_width: 0, pixel_height: 0 };
/// The least share of headless throughput that the dashboard is to leave on the default preset.
const GOAL: f64 = 0.99;
/// How long a run may go on without a word.
const PATIENCE: Duration = Duration::from_secs(120);

/// Compares steps a second with the dashboard and without.
#[derive(Parser)]
struct Args {
    /// How many pairs of runs
    #[arg(long, default_value_t = 10)]
    pairs: usize,
    /// About how long one run takes
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
    /// Steps of one run, in place of a time
    #[arg(long)]
    steps: Option<u64>,
    /// Do both runs of a pair at the same time, each on a processor of its own: for a machine that other work slows
    /// down now more, now less
    #[arg(long)]
    together: bool,
    /// What to run: a config and options of gantop
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, default_values = ["ring", "--set", "threads=2"])]
    gantop: Vec<String>,
}

/// What the terminal received from one run.
#[derive(Default)]
struct Received {
    bytes: usize,
    /// From the first byte to the run's end.
    seconds: f64,
}

fn main() -> anyhow::Result<()> {
    // Cargo says so when it benchmarks; in a run of the tests there is nothing to measure.
    if !std::env::args().any(|arg| arg == "--bench") {
        println!("skipped: only `cargo bench` measures the throughput");
        return Ok(());
    }
    let args = Args::parse_from(std::env::args().filter(|arg| arg != "--bench"));
    let steps = match args.steps {
        Some(steps) => steps,
        None => ((headless(&args.gantop, 100)? * args.seconds) as u64).max(10),
    };
    println!("gantop {} --steps {steps}, {} pairs", args.gantop.join(" "), args.pairs);
    println!("pair   dashboard    headless   ratio   KiB/s to the terminal");
    let (mut shown, mut hidden, mut ratios, mut output) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for pair in 1..=args.pairs.max(1) {
        let ((with, received), without) = match (args.together, pair % 2) {
            (true, _) => std::thread::scope(|scope| {
                let without = scope.spawn(|| headless(&args.gantop, steps));
                let with = dashboard(&args.gantop, steps)?;
                anyhow::Ok((with, without.join().map_err(|_| anyhow!("a thread of the benchmark broke"))??))
            })?,
            (false, 1) => (dashboard(&args.gantop, steps)?, headless(&args.gantop, steps)?),
            (false, _) => {
                let without = headless(&args.gantop, steps)?;
                (dashboard(&args.gantop, steps)?, without)
            }
        };
        let rate = received.bytes as f64 / 1024.0 / received.seconds;
        println!("{pair:>4} {with:>11.1} {without:>11.1} {:>7.3} {rate:>9.1}", with / without);
        shown.push(with);
        hidden.push(without);
        ratios.push(with / without);
        output.push(rate);
    }
    let (shown, hidden, ratios) = (Spread::of(shown), Spread::of(hidden), Spread::of(ratios));
    println!("steps/s with the dashboard: {shown:.1}");
    println!("steps/s headless:           {hidden:.1}");
    println!("KiB/s to the terminal:      {:.1}", Spread::of(output));
    println!("ratio:                      {ratios:.3}");
    let verdict = if ratios.median >= GOAL { "reached" } else { "missed" };
    println!("goal of {GOAL} {verdict}; ratio of the medians {:.3}", shown.median / hidden.median);
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

/// Steps a second of a headless run, from the last line that it writes.
fn headless(gantop: &[String], steps: u64) -> anyhow::Result<f64> {
    let steps = steps.to_string();
    let mut command = Command::new(GANTOP);
    command
        .args(gantop)
        .args(["--steps", &steps, "--headless", "--no-record"])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit());
    let output = command.output().with_context(|| format!("cannot run {GANTOP}"))?;
    ensure!(output.status.success(), "the headless run ended with {}", output.status);
    let text = String::from_utf8(output.stdout).context("the headless run wrote bytes that are no text")?;
    let last = text.lines().last().context("the headless run wrote nothing")?;
    let summary: serde_json::Value = serde_json::from_str(last).with_context(|| format!("no JSON: {last}"))?;
    summary["steps_per_second"].as_f64().with_context(|| format!("no steps a second in {last}"))
}

/// Steps a second of a run with the dashboard, from the line that it leaves on the shell's screen.
fn dashboard(gantop: &[String], steps: u64) -> anyhow::Result<(f64, Received)> {
    let pair = native_pty_system().openpty(SIZE).context("cannot open a pseudo-terminal")?;
    let mut command = CommandBuilder::new(GANTOP);
    command.args(gantop);
    command.args(["--no-record", "--steps", &steps.to_string(), "--glyphs", "braille", "--theme", "256"]);
    command.env("TERM", "xterm-256color");
    command.cwd(std::env::current_dir().context("cannot tell the current directory")?);
    let mut child = pair.slave.spawn_command(command)?;
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader()?;
    let mut writer = pair.master.take_writer()?;
    let screen = Arc::new(Mutex::new((vt100::Parser::new(SIZE.rows, SIZE.cols, 0), 0)));
    let shown = screen.clone();
    let terminal = std::thread::spawn(move || {
        let mut bytes = [0; 1 << 16];
        while let Ok(n @ 1..) = reader.read(&mut bytes) {
            let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
            shown.0.process(&bytes[..n]);
            shown.1 += n;
        }
    });
    let look = || {
        let screen = screen.lock().unwrap_or_else(PoisonError::into_inner);
        (screen.0.screen().contents(), screen.1)
    };
    let (mut start, mut received, mut news) = (None, Received::default(), Instant::now());
    loop {
        std::thread::sleep(Duration::from_millis(50));
        let (text, bytes) = look();
        if bytes > received.bytes {
            news = Instant::now();
            received = Received { bytes, seconds: start.get_or_insert(news).elapsed().as_secs_f64() };
        }
        if text.contains("q quits") {
            break;
        }
        if child.try_wait()?.is_some() || news.elapsed() > PATIENCE {
            let _ = child.kill();
            bail!("the run with the dashboard did not come to its end; its screen shows:\n{text}");
        }
    }
    writer.write_all(b"q")?;
    writer.flush()?;
    let status = child.wait()?;
    // The pseudo-terminal ends with its last user.
    let _ = terminal.join();
    let (text, _) = look();
    ensure!(status.success(), "the run with the dashboard ended with {status}; its screen shows:\n{text}");
    let line =
        text.lines().find(|line| line.starts_with("gantop: ")).with_context(|| format!("no last line: {text}"))?;
    let rate = line.split_once('(').and_then(|(_, rest)| rest.split_once(" a second")).map(|(rate, _)| rate.parse());
    let rate = rate.with_context(|| format!("no steps a second in {line}"))?;
    Ok((rate.with_context(|| format!("no number of steps a second in {line}"))?, received))
}
