//! `gantop reproduce`: published experiments.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::config::limits::MAX_WHOLE;
use crate::domain::exit;
use crate::headless::Interrupts;
use crate::reproduce::{self, ALL, Broken, Error, Options, Watcher, table};
use crate::system::output;

/// `gantop reproduce`.
#[derive(Clone, Debug, Args)]
pub struct Reproduce {
    /// The experiment; without one they are listed
    pub name: Option<String>,
    /// Print CSV, a line a cell
    #[arg(long)]
    pub csv: bool,
    /// The run seed, or the first of several
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=MAX_WHOLE / 2))]
    pub seed: Option<u64>,
    /// Steps of every run, instead of the experiment's own
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub steps: Option<u64>,
    /// Seeds of every row, where there are several
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub seeds: Option<u64>,
    /// Only these rows, as in `kl,js`
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub objectives: Vec<String>,
    /// Run at the paper's own size where the default is smaller: takes hours
    #[arg(long)]
    pub full: bool,
    /// Runs at a time [default: as many as there are processors]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
}

impl Reproduce {
    /// Lists the experiments, or runs one and prints its tables. What it should have shown and did not is told on
    /// standard error, and ends the program with 1.
    ///
    /// # Errors
    /// There is no such experiment, or not with these options; a run of it failed; standard output cannot be written.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let Some(name) = &self.name else { return super::print(&list()) };
        let interrupts = Interrupts::listen().context("cannot listen for signals")?;
        let options = Options {
            seed: self.seed,
            steps: self.steps,
            seeds: self.seeds,
            objectives: self.objectives.clone(),
            full: self.full,
            jobs: self.jobs.map_or(0, usize::from),
        };
        let bar = Bar::new(&interrupts);
        let outcome = reproduce::run(name, &options, &bar);
        bar.bar.finish_and_clear();
        let outcome = match (outcome, interrupts.received()) {
            (Err(error @ Error::Broken(Broken::Stopped)), Some(signal)) => {
                let _ = writeln!(output::err(), "gantop: {error}");
                return Ok(ExitCode::from(signal.code()));
            }
            (outcome, _) => outcome?,
        };
        let text = match self.csv {
            true => table::CSV_HEAD.to_owned() + &outcome.tables.iter().map(table::Table::csv).collect::<String>(),
            false => outcome.tables.iter().map(table::Table::markdown).collect::<Vec<_>>().join("\n"),
        };
        let printed = super::print(&text)?;
        for line in &outcome.missed {
            let _ = writeln!(output::err(), "gantop: {line}");
        }
        Ok(if outcome.missed.is_empty() { printed } else { ExitCode::from(exit::FAILED) })
    }
}

fn list() -> String {
    let width = ALL.iter().map(|experiment| experiment.name.len()).max().unwrap_or(0);
    ALL.iter().map(|experiment| format!("{:width$}  {}\n", experiment.name, experiment.about)).collect()
}

/// A progress bar over all runs together, on standard error if that is a terminal.
struct Bar<'a> {
    bar: ProgressBar,
    interrupts: &'a Interrupts,
}

impl<'a> Bar<'a> {
    fn new(interrupts: &'a Interrupts) -> Bar<'a> {
        let target = match output::err().is_terminal() {
            true => ProgressDrawTarget::stderr_with_hz(5),
            false => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{wide_bar} {human_pos}/{human_len} steps  {eta} left") {
            bar.set_style(style.progress_chars("=> "));
        }
        Bar { bar, interrupts }
    }
}

impl Watcher for Bar<'_> {
    fn expect(&self, steps: u64) {
        self.bar.set_length(steps);
    }

    fn stepped(&self, steps: u64) {
        self.bar.inc(steps);
    }

    fn stopped(&self) -> bool {
        self.interrupts.received().is_some()
    }
}
