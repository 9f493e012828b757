//! gantop's side of the comparison with PyTorch; `compare.py` beside this file drives it.
//!
//!     worker prepare CONFIG DIR STEPS [KEY=VALUE…]   what another trainer needs to do the same first steps
//!     worker steps CONFIG [KEY=VALUE…]               reads numbers of steps, does them, writes the seconds they took
//!     worker plain CONFIG [KEY=VALUE…]               the same with tch's own networks and optimisers
//!     worker floor CONFIG [KEY=VALUE…]               the same with the step's matrix products alone, by libtorch

#![allow(clippy::print_stdout)]

mod plain;
mod prepare;
mod products;

use std::io::{BufRead, Write};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, bail};
use gantop::config::{self, Config};
use gantop::link::{self, Command, Link, Report, RunState};
use gantop::train::Setup;

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["prepare", config, dir, steps, ref sets @ ..] => {
            prepare::prepare(load(config, sets)?, Path::new(dir), steps.parse().context("no number of steps")?)
        }
        ["steps", config, ref sets @ ..] => {
            let run = Run::start(load(config, sets)?)?;
            println!("{}", run.how);
            serve(|steps| run.steps(steps))?;
            run.end()
        }
        ["plain", config, ref sets @ ..] => plain::serve(&load(config, sets)?),
        ["floor", config, ref sets @ ..] => products::serve(&load(config, sets)?),
        _ => {
            println!("skipped: benches/pytorch/compare.py runs this");
            Ok(())
        }
    }
}

fn load(path: &str, sets: &[&str]) -> anyhow::Result<Config> {
    let sets: Vec<String> = sets.iter().map(|set| set.to_string()).collect();
    Ok(config::load(Some(path), &sets)?)
}

/// Reads a number of steps a line, has them done, and answers with the seconds.
fn serve(mut work: impl FnMut(u64) -> anyhow::Result<()>) -> anyhow::Result<()> {
    for line in std::io::stdin().lock().lines() {
        let steps = line?.trim().parse().context("no number of steps")?;
        let start = Instant::now();
        work(steps)?;
        println!("{}", start.elapsed().as_secs_f64());
        std::io::stdout().flush()?;
    }
    Ok(())
}

/// A trainer that waits for its steps.
struct Run {
    link: Link,
    thread: std::thread::JoinHandle<()>,
    /// Engine and threads, in words.
    how: String,
}

impl Run {
    fn start(config: Config) -> anyhow::Result<Run> {
        let (link, end) = link::pair();
        let thread = Setup::new(config)?.paused().spawn(end, None)?;
        let Report::Started(info) = link.reports.recv()? else { bail!("a trainer starts with its run") };
        let how = format!("{} engine, {}", info.engine.name(), link::threads(info.threads));
        Ok(Run { link, thread, how })
    }

    /// Does so many steps.
    fn steps(&self, steps: u64) -> anyhow::Result<()> {
        self.link.commands.send(Command::Advance(steps))?;
        let mut running = false;
        loop {
            match self.link.reports.recv()? {
                Report::State(change) if change.state == RunState::Running => running = true,
                Report::State(change) if running && change.state == RunState::Paused => return Ok(()),
                Report::Failed(why) => bail!(why),
                _ => {}
            }
        }
    }

    /// Waits for the trainer's end: libtorch takes it ill when the process ends first.
    fn end(self) -> anyhow::Result<()> {
        self.link.commands.send(Command::Stop)?;
        while !matches!(self.link.reports.recv()?, Report::Finished(_) | Report::Failed(_)) {}
        let _ = self.thread.join();
        Ok(())
    }
}
