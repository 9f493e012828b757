//! The runs in a directory: what each is and how far it got, whatever state its files are in.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Serialize;

use super::journal::{self, Event, Outcome, What};
use super::summary::{Summary, by_name};
use super::{CONFIG_FILE, JOURNAL_FILE, METRICS_FILE, checkpoints, folder, metrics};
use crate::config;
use crate::system::files::{self, Directory};

/// A directory that should be a run's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Listed {
    pub dir: PathBuf,
    /// When the run began, or, where that cannot be told, when the directory last changed.
    #[serde(serialize_with = "as_rfc3339")]
    pub started: SystemTime,
    #[serde(flatten)]
    pub found: Found,
}

/// The kind of a directory.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Found {
    Run(Run),
    /// A run of another program.
    Foreign(Foreign),
    /// No run, or a damaged one.
    Wrong {
        /// The problem, for a person.
        wrong: String,
    },
}

/// A run as far as it got.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Run {
    pub name: String,
    /// The objective last in force.
    pub objective: String,
    pub state: State,
    /// Steps completed; of a run without a summary, as far as metrics.csv knows.
    pub steps: u64,
    /// The last recorded metrics, by name; null where one is not finite.
    pub metrics: BTreeMap<String, Option<f32>>,
}

/// A run of another program as far as its files say.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Foreign {
    /// The kind of its files.
    pub foreign: &'static str,
    /// The last step in them.
    pub steps: Option<u64>,
    /// The last values in them, by tag; null where one is not finite.
    pub metrics: BTreeMap<String, Option<f32>>,
}

/// Whether a run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// A process is writing it.
    Running,
    /// Its last step is done.
    Finished,
    /// It was stopped before its last step.
    Stopped,
    /// It broke.
    Failed,
    /// Its process ended without a word.
    Interrupted,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            State::Running => "running",
            State::Finished => "finished",
            State::Stopped => "stopped",
            State::Failed => "failed",
            State::Interrupted => "interrupted",
        })
    }
}

/// The directories in `parent`, the newest run first. Hidden ones and files are passed over.
///
/// # Errors
/// The directory cannot be read. What is wrong with one in it is told with that one.
pub fn list(parent: &Path) -> io::Result<Vec<Listed>> {
    let mut runs = Vec::new();
    for name in Directory::open(parent)?.names()? {
        let (dir, hidden) = (parent.join(&name), name.as_os_str().as_encoded_bytes().starts_with(b"."));
        if !hidden && files::is_directory(&dir) {
            runs.push(look(dir));
        }
    }
    runs.sort_by(|a, b| b.started.cmp(&a.started).then_with(|| b.dir.cmp(&a.dir)));
    Ok(runs)
}

/// The kind of the directory.
fn look(dir: PathBuf) -> Listed {
    let changed = files::modified(&dir).unwrap_or(SystemTime::UNIX_EPOCH);
    match run(&dir) {
        Ok((run, started)) => Listed { dir, started: started.unwrap_or(changed), found: Found::Run(run) },
        Err(wrong) => Listed { dir, started: changed, found: Found::Wrong { wrong } },
    }
}

/// The run in the directory, and when it began, or what is wrong.
fn run(dir: &Path) -> Result<(Run, Option<SystemTime>), String> {
    let time = |text: &str| humantime::parse_rfc3339(text).ok();
    let config = dir.join(CONFIG_FILE);
    if !files::is_file(&config) {
        return Err(format!("not a run: it has no {CONFIG_FILE}"));
    }
    let written = folder::is_written(dir);
    if let Some(summary) = Summary::read(dir)?.filter(|_| !written) {
        let Summary { name, objective, state, steps, metrics, started, .. } = summary;
        let state = state.into();
        return Ok((Run { name, objective, state, steps, metrics }, time(&started)));
    }
    let path = config.to_str().ok_or("its path is not UTF-8")?;
    // A config's errors go on for several lines; the first says where and what.
    let first = |error: config::Error| error.to_string().lines().next().unwrap_or_default().to_owned();
    let config = checkpoints::lost_config(dir).unwrap_or_else(|| config::load(Some(path), &[]).map_err(first))?;
    let (events, _) = journal::read(&dir.join(JOURNAL_FILE)).map_err(|error| error.to_string())?;
    let declared = events.iter().find_map(|event| match &event.what {
        What::Started { metrics, .. } => Some(metrics.as_slice()),
        _ => None,
    });
    let table = metrics::of_header(&dir.join(METRICS_FILE), declared.unwrap_or_default());
    let last = metrics::last(&dir.join(METRICS_FILE), &table).map_err(|error| error.to_string())?;
    let objective = events.iter().rev().find_map(|event| match &event.what {
        What::Applied { settings, .. } | What::Started { settings, .. } | What::Restored { settings, .. } => {
            Some(settings.objective.kind.clone())
        }
        _ => None,
    });
    // The last step, where it was changed while the run went on.
    let moved = events.iter().rev().find_map(|event| match &event.what {
        What::Applied { settings, .. } | What::Restored { settings, .. } => Some(settings.steps),
        _ => None,
    });
    let moved = moved.flatten();
    let steps = last.as_ref().map_or(0, |record| record.step).max(events.last().map_or(0, |event| event.step));
    let run = Run {
        name: config.name,
        objective: objective.unwrap_or(config.objective.kind),
        state: if written { State::Running } else { left(&events, steps, moved.unwrap_or(config.steps)) },
        steps,
        metrics: last.map(|record| by_name(&record.values, &table)).unwrap_or_default(),
    };
    Ok((run, events.first().and_then(|event| time(&event.time))))
}

/// The state of a run that nobody writes and that has no summary: a full disk, or a kill at the last moment, takes that
/// alone. `done` of `steps` steps are known to be done, 0 for no last step.
fn left(events: &[Event], done: u64, steps: u64) -> State {
    for event in events.iter().rev() {
        match event.what {
            What::Ended { outcome, .. } => return outcome.into(),
            What::Started { .. } | What::Restored { .. } => break,
            _ => {}
        }
    }
    // Nothing was left to be done but to write the end.
    if steps != 0 && done >= steps { State::Finished } else { State::Interrupted }
}

impl From<Outcome> for State {
    fn from(outcome: Outcome) -> State {
        match outcome {
            Outcome::Finished => State::Finished,
            Outcome::Stopped => State::Stopped,
            Outcome::Failed => State::Failed,
        }
    }
}

fn as_rfc3339<S: serde::Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&journal::timestamp(*time))
}
