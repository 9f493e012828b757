//! How long `gantop view` takes to open a run of many rows, and what memory that takes.
//!
//!     cargo bench --bench view
//!     cargo bench --bench view -- --rows 200000
//!
//! Plays a run directory into the state of the dashboard, as the program does, but draws nothing. Prints the size of the
//! metrics.csv, the seconds until its last row is on the charts, and the memory of the process before and after.

#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::fmt::Write as _;
use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::Instant;

use gantop::config::{self, EngineChoice};
use gantop::domain::seed::{Stream, derive};
use gantop::domain::{Metric, SampleShape};
use gantop::link::{self, Report, RunInfo, Settings};
use gantop::run::replayer::{self, Part};
use gantop::ui::state::app::App;
use gantop::ui::update::update;
use gantop::ui::{Message, Options};

const ROWS: u64 = 1_000_000;

fn main() {
    let mut args = std::env::args().skip_while(|arg| arg != "--rows").skip(1);
    let rows = args.next().map_or(ROWS, |rows| rows.parse().expect("--rows and a number"));
    let folder = tempfile::tempdir().expect("a folder");
    for part in [rows / 4, rows] {
        let bytes = write(folder.path(), part);
        let before = memory();
        let (seconds, held) = open(folder.path(), part);
        let (rate, size) = (part as f64 / seconds, bytes as f64 / 1e6);
        println!("{part} rows, {size:.0} MB: {seconds:.2} s, {rate:.0} rows a second; {held} bins held");
        println!("memory {before} before, {} after", memory());
    }
}

/// A metrics.csv of so many rows with as many digits as real ones have; its size in bytes.
fn write(dir: &Path, rows: u64) -> u64 {
    let path = dir.join("metrics.csv");
    let mut file = BufWriter::new(fs::File::create(&path).expect("a file"));
    let names: Vec<&str> = Metric::ALL.iter().map(|metric| metric.name()).collect();
    let mut text = format!("step,seconds,{}\n", names.join(","));
    for step in 1..=rows {
        let _ = write!(text, "{step},{}", step as f64 * 0.00321 + 1e-7);
        for metric in 0..Metric::COUNT as u64 {
            let noise = derive(metric, Stream::Noise, step) as f64 / u64::MAX as f64;
            let _ = write!(text, ",{}", (noise - 0.3) as f32);
        }
        text.push('\n');
        file.write_all(text.as_bytes()).expect("room for the rows");
        text.clear();
    }
    file.flush().expect("room for the rows");
    fs::write(dir.join("journal.jsonl"), "").expect("room for a file");
    fs::metadata(&path).expect("the file").len()
}

/// Seconds until the charts have the last row, and the bins of their history.
fn open(dir: &Path, rows: u64) -> (f64, usize) {
    let start = Instant::now();
    let mut app = App::viewing(Options::default(), String::new(), Vec::new());
    let (link, end) = link::pair();
    replayer::play(dir.to_owned(), info(), Part::Whole, end).expect("a thread");
    while app.run.step < rows {
        let report: Report = link.reports.recv().expect("the player reads on");
        update(&mut app, Message::Report(report));
    }
    (start.elapsed().as_secs_f64(), app.live.history.len())
}

fn info() -> RunInfo {
    let config = config::load(None, &[]).expect("the default preset");
    RunInfo {
        device: "cpu".into(),
        threads: 1,
        threads_why: String::new(),
        engine: EngineChoice::Autograd,
        shape: SampleShape::Point { dims: 2 },
        metrics: gantop::domain::MetricTable::own(),
        modes: Vec::new(),
        generator_weights: 0,
        critic_weights: 0,
        settings: Settings::of(&config),
        config,
    }
}

/// The memory of this process, and the most that it ever had, where the system tells.
fn memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let of = |key: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(key))?;
        Some(line.split_whitespace().next()?.parse::<f64>().ok()? / 1024.0)
    };
    match (of("VmRSS:"), of("VmHWM:")) {
        (Some(now), Some(most)) => format!("{now:.0} MiB (at most {most:.0})"),
        _ => "unknown".to_owned(),
    }
}
