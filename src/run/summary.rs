//! summary.json: how a run ended. A run that has none goes on, or was interrupted.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::SUMMARY_FILE;
use super::journal::Outcome;
use crate::domain::{MetricTable, Metrics};
use crate::system::files;
use crate::truth::{Analysis, Findings};

/// The largest summary that is read: 16 MiB.
const MOST_BYTES: u64 = 1 << 24;

/// The end of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    pub name: String,
    /// The objective in force at the end.
    pub objective: String,
    pub state: Outcome,
    /// The failure.
    pub why: Option<String>,
    /// Steps completed.
    pub steps: u64,
    /// Seconds of training, pauses left out.
    pub seconds: f64,
    /// The last step's metrics by name; null where one is not finite.
    pub metrics: BTreeMap<String, Option<f32>>,
    pub device: String,
    pub threads: usize,
    /// The versions of gantop and of what it is made of.
    pub versions: BTreeMap<String, String>,
    /// When it began and ended, in RFC 3339, UTC.
    pub started: String,
    pub ended: String,
    /// The rows of metrics.csv that are written, and those that could not be.
    pub rows: u64,
    pub missing_rows: u64,
    /// The lines of journal.jsonl that could not be written.
    pub missing_events: u64,
    /// The truth at the end beside the critic's estimates: the step, and the figures of an `analysis` of headless JSON.
    #[serde(default)]
    pub analysis: Option<serde_json::Value>,
}

/// An analysis in the summary.
#[derive(Serialize)]
pub struct Analysed {
    step: u64,
    #[serde(flatten)]
    figures: Findings,
}

impl Analysed {
    pub fn of(analysis: &Analysis) -> Analysed {
        Analysed { step: analysis.step, figures: Findings::of(analysis) }
    }
}

/// Metrics by name, those that there are; nothing where one is not finite.
pub fn by_name(metrics: &Metrics, table: &MetricTable) -> BTreeMap<String, Option<f32>> {
    let finite = |value: f32| Some(value).filter(|value| value.is_finite());
    table.iter().filter_map(|(metric, info)| Some((info.name.to_string(), finite(metrics.get(metric)?)))).collect()
}

impl Summary {
    /// Writes it into the run directory, whole or not at all.
    ///
    /// # Errors
    /// The directory cannot take it.
    pub fn write(&self, dir: &Path) -> io::Result<()> {
        let mut text = crate::system::output::json::to_vec_pretty(self)?;
        text.push(b'\n');
        files::replace(&dir.join(SUMMARY_FILE), &text)
    }

    /// The summary in the run directory, if it has one.
    ///
    /// # Errors
    /// The problem with it, for a person.
    pub fn read(dir: &Path) -> Result<Option<Summary>, String> {
        let path = dir.join(SUMMARY_FILE);
        let text = match files::read(&path, MOST_BYTES) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("{}: cannot be read: {error}", path.display())),
            Ok(text) => text,
        };
        serde_json::from_slice(&text).map(Some).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let why = error.to_string();
            let why = why.split(" at line ").next().unwrap_or_default();
            format!("{}:{line}:{column}: not a summary of a run: {why}", path.display())
        })
    }
}
