//! `gantop runs` and `gantop journal`: what recorded runs are, and what happened in one.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::Context;
use clap::Args;

use crate::config::Scheduled;
use crate::domain::Metric;
use crate::foreign::list::{found_too, stands_for};
use crate::run::folder::{self, RUNS, find};
use crate::run::journal::{self, Event, NoSchedule, What};
use crate::run::list::{Found, Listed, list};
use crate::run::{JOURNAL_FILE, ReadError};
use crate::system::output::{self, one_line};

/// `gantop runs`.
#[derive(Clone, Debug, Args)]
pub struct Runs {
    /// The directory that the runs are in [default: runs]
    pub dir: Option<PathBuf>,
    /// Print a JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `gantop journal`.
#[derive(Clone, Debug, Args)]
pub struct Journal {
    /// A run directory, or the beginning of a name in `runs`
    #[arg(default_value = folder::NEWEST)]
    pub run: PathBuf,
    /// Print a schedule in TOML that makes the same changes at the same steps
    #[arg(long)]
    pub as_schedule: bool,
}

/// Why there is no list or journal to print.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{}: cannot be read: {why}", dir.display())]
    Directory { dir: PathBuf, why: std::io::Error },
    #[error(transparent)]
    Journal(#[from] ReadError),
    #[error("{}: {why}", run.display())]
    Schedule { run: PathBuf, why: NoSchedule },
}

/// The metrics that the list shows.
const SHOWN: [Metric; 3] = [Metric::Bound, Metric::CriticLoss, Metric::GeneratorLoss];

impl Runs {
    /// The list.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn text(&self) -> anyhow::Result<String> {
        let dir = self.dir.clone().unwrap_or_else(|| RUNS.into());
        let listed = match list(&dir) {
            Err(why) if self.dir.is_none() && why.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            listed => found_too(listed.map_err(|why| Error::Directory { dir: dir.clone(), why })?),
        };
        if self.json {
            let lines = listed.iter().map(output::json::to_line).collect::<serde_json::Result<Vec<_>>>();
            let text = lines.context("the list cannot be written as JSON")?.concat();
            return String::from_utf8(text).context("the list cannot be written as JSON");
        }
        if listed.is_empty() {
            return Ok(format!("no runs in {}\n", dir.display()));
        }
        Ok(table(&dir, &listed, SystemTime::now()))
    }
}

/// The runs as a table, what is wrong with a directory in place of its row's end.
fn table(parent: &Path, listed: &[Listed], now: SystemTime) -> String {
    let mut header: Vec<String> = ["directory", "name", "objective", "state", "age", "steps"].map(String::from).into();
    header.extend(SHOWN.map(|metric| metric.name().replace('_', " ")));
    let mut rows = vec![(header, None)];
    for run in listed {
        let directory = one_line(&run.dir.strip_prefix(parent).unwrap_or(&run.dir).to_string_lossy());
        let age = age(now.duration_since(run.started).unwrap_or_default());
        rows.push(match &run.found {
            Found::Run(found) => {
                let mut row =
                    vec![directory, one_line(&found.name), one_line(&found.objective), found.state.to_string(), age];
                row.push(found.steps.to_string());
                row.extend(SHOWN.map(|metric| figure(found.metrics.get(metric.name()))));
                (row, None)
            }
            Found::Foreign(found) => {
                let steps = found.steps.map_or("-".to_owned(), |steps| steps.to_string());
                let mut row = vec![directory, "-".to_owned(), "-".to_owned(), found.foreign.to_owned(), age, steps];
                let of = |metric| found.metrics.iter().find(|(tag, _)| stands_for(tag, metric));
                row.extend(SHOWN.map(|metric| figure(of(metric).map(|(_, value)| value))));
                (row, None)
            }
            Found::Wrong { wrong } => (vec![directory], Some(one_line(wrong))),
        });
    }
    let width = |column: usize| {
        rows.iter().filter_map(|(row, _)| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..rows[0].0.len()).map(width).collect();
    let line = |(row, wrong): &(Vec<String>, Option<String>)| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
            // Words to the left, figures to the right.
            if column < 4 { format!("{cell:width$}") } else { format!("{cell:>width$}") }
        });
        let cells = cells.chain(wrong.clone()).collect::<Vec<_>>().join("  ");
        cells.trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

/// A last value, if there is one; none of one that is not finite.
fn figure(value: Option<&Option<f32>>) -> String {
    match value {
        Some(Some(value)) => format!("{value:.4}"),
        Some(None) => "not finite".to_owned(),
        None => "-".to_owned(),
    }
}

/// The time since, in its largest unit.
fn age(since: Duration) -> String {
    let seconds = since.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

impl Journal {
    /// The journal, or the schedule, and what should be known of the file.
    ///
    /// # Errors
    /// The journal cannot be read, or is no schedule.
    pub fn text(&self) -> anyhow::Result<(String, Option<String>)> {
        let dir = find(&self.run)?;
        let (events, torn) = journal::read(&dir.join(JOURNAL_FILE)).map_err(Error::Journal)?;
        let note = torn.map(|torn| torn.to_string());
        if self.as_schedule {
            let schedule = journal::schedule(&events).map_err(|why| Error::Schedule { run: dir.clone(), why })?;
            return Ok((as_toml(&schedule, &dir)?, note));
        }
        Ok((events.iter().map(|event| one_line(&line(event)) + "\n").collect(), note))
    }
}

fn as_toml(schedule: &[Scheduled], dir: &Path) -> anyhow::Result<String> {
    #[derive(serde::Serialize)]
    struct Part<'a> {
        schedule: &'a [Scheduled],
    }
    let from = one_line(&dir.display().to_string());
    let head = format!("# What was changed in {from}, to stand in its config.toml in place of any schedule there.\n");
    let text = if schedule.is_empty() { String::new() } else { toml::to_string(&Part { schedule })? };
    Ok(head + &text)
}

/// An event in a line.
fn line(event: &Event) -> String {
    let because = |why: &Option<String>| why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    let text = match &event.what {
        What::Started { gantop, device, threads, .. } => {
            format!("started on {device} with {} by gantop {gantop}", crate::link::threads(*threads))
        }
        What::State { state, .. } => {
            let sentence = event.what.state_change(event.step).and_then(|change| change.sentence());
            format!("{state}{}", because(&sentence))
        }
        What::Applied { what, old, new, who, note, .. } => {
            let note = note.as_ref().map(|note| format!("; {note}")).unwrap_or_default();
            format!("{what} {old} → {new} ({who}){note}")
        }
        What::Rejected { what, why, who } => format!("refused {what} ({who}): {why}"),
        What::Alert { text, .. } => format!("alert: {text}"),
        What::Checkpoint { file: Some(file), reason, .. } => format!("checkpoint ({reason}) {file}"),
        What::Checkpoint { file: None, reason, why } => format!("no checkpoint ({reason}){}", because(why)),
        What::Restored { from: Some(from), undo: true, .. } => {
            format!("took back the last change, and with it the steps up to {from}")
        }
        What::Restored { from: Some(from), file, .. } => format!("went back from step {from} to {file}"),
        What::Restored { from: None, file, .. } => format!("goes on from {file}"),
        What::Evaluating {} => "an evaluation begins".to_owned(),
        What::Evaluated { found: Some(found), .. } => format!("evaluated {}", found.sentence()),
        What::Evaluated { found: None, why } => why.clone().unwrap_or_else(|| "the evaluation ended".to_owned()),
        What::Ended { outcome, why } => format!("the run {outcome}{}", because(why)),
    };
    format!("{} {:>9}  {text}", event.time, event.step)
}
