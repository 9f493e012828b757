//! `gantop runs` and `gantop journal`: the recorded runs, and what happened in one.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::Context;
use clap::Args;

use crate::config::Scheduled;
use crate::foreign::list::{found_too, rows};
use crate::run::folder::{self, RUNS, find};
use crate::run::journal::{self, Event, NoSchedule, What};
use crate::run::list::list;
use crate::run::row::{Column, Kind, Row};
use crate::run::{JOURNAL_FILE, ReadError};
use crate::session::request::words;
use crate::session::{self, DisplayArgs};
use crate::system::output::{self, one_line};

/// `gantop runs`.
#[derive(Clone, Debug, Args)]
pub struct Runs {
    /// The directory that the runs are in [default: runs]
    pub dir: Option<PathBuf>,
    /// Print a JSON object a line
    #[arg(long, conflicts_with = "plain")]
    pub json: bool,
    /// Print a table, on a terminal too
    #[arg(long)]
    pub plain: bool,
    #[command(flatten)]
    pub display: DisplayArgs,
}

/// `gantop journal`.
#[derive(Clone, Debug, Args)]
pub struct Journal {
    /// A run directory, or the beginning of a name in `runs`
    #[arg(default_value = folder::NEWEST, add = words::runs())]
    pub run: PathBuf,
    /// Print a schedule in TOML that makes the same changes at the same steps
    #[arg(long)]
    pub as_schedule: bool,
}

/// Why there is no list or journal to print.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{}: cannot be read: {why}", dir.display())]
    Directory { dir: PathBuf, why: io::Error },
    #[error(transparent)]
    Journal(#[from] ReadError),
    #[error("{}: {why}", run.display())]
    Schedule { run: PathBuf, why: NoSchedule },
}

impl Runs {
    /// Shows the list on a terminal, and prints it elsewhere.
    ///
    /// # Errors
    /// The directory cannot be read, or the terminal broke.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        if !self.plain && !self.json && session::runs::can_browse() {
            let rows = self.or_none(rows(&self.parent()))?;
            if !rows.is_empty() {
                return session::runs::browse(&self.parent(), rows, &self.display);
            }
        }
        super::print(&self.text()?)
    }

    /// The list.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn text(&self) -> anyhow::Result<String> {
        let dir = self.parent();
        if self.json {
            let listed = self.or_none(list(&dir))?;
            let lines = found_too(listed).iter().map(output::json::to_line).collect::<serde_json::Result<Vec<_>>>();
            let text = lines.context("the list cannot be written as JSON")?.concat();
            return String::from_utf8(text).context("the list cannot be written as JSON");
        }
        let rows = self.or_none(rows(&dir))?;
        if rows.is_empty() {
            return Ok(format!("no runs in {}\n", dir.display()));
        }
        Ok(table(&rows, SystemTime::now()))
    }

    /// The directory that is listed.
    fn parent(&self) -> PathBuf {
        self.dir.clone().unwrap_or_else(|| RUNS.into())
    }

    /// What was found; nothing where no directory was named and the usual one is not there.
    fn or_none<T>(&self, found: io::Result<Vec<T>>) -> Result<Vec<T>, Error> {
        match found {
            Err(why) if self.dir.is_none() && why.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            found => found.map_err(|why| Error::Directory { dir: self.parent(), why }),
        }
    }
}

/// The runs as a table, what is wrong with a directory in place of its row's end.
fn table(rows: &[Row], now: SystemTime) -> String {
    let mut cells = vec![(Column::ALL.map(Column::title), None)];
    cells.extend(rows.iter().map(|row| {
        let wrong = match &row.kind {
            Kind::Wrong(wrong) => Some(wrong.as_str()),
            _ => None,
        };
        (Column::ALL.map(|column| row.cell(column, now)), wrong)
    }));
    let width = |at: usize| cells.iter().map(|(cells, _)| cells[at].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..Column::ALL.len()).map(width).collect();
    let line = |(cells, wrong): &([String; Column::ALL.len()], Option<&str>)| {
        let shown = if wrong.is_some() { 1 } else { cells.len() };
        let cells = Column::ALL.iter().zip(cells).zip(&widths).take(shown);
        // Words to the left, figures to the right.
        let cells = cells.map(|((column, cell), &width)| match column.is_figure() {
            false => format!("{cell:width$}"),
            true => format!("{cell:>width$}"),
        });
        let cells = cells.chain(wrong.map(str::to_owned)).collect::<Vec<_>>().join("  ");
        cells.trim_end().to_owned() + "\n"
    };
    cells.iter().map(line).collect()
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
