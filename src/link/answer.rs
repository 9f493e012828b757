//! The answer to a command that came with a number.

use super::{Command, Report, RunState, Settings};
use crate::domain::{MetricTable, Metrics};

/// A command with a number has been obeyed or refused.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The number.
    pub id: u64,
    /// The reports about it, in order: what was applied, why not, the state that follows. The trainer leaves it empty,
    /// for all this has just been reported; the hub fills it in.
    pub said: Vec<Report>,
    /// The status of the run, where that was asked.
    pub status: Option<Box<Status>>,
}

/// The status of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    pub name: String,
    pub state: RunState,
    /// Steps completed.
    pub step: u64,
    /// The last step; 0 for none.
    pub steps: u64,
    /// Seconds of training, pauses left out.
    pub seconds: f64,
    /// Steps a second of training, of the latest records, where there are some.
    pub steps_per_second: Option<f64>,
    /// What the rules of health say that hold now.
    pub alerts: Vec<String>,
    pub settings: Option<Settings>,
    /// The last record's values, if a step was completed.
    pub metrics: Option<Metrics>,
    /// The metrics that the run has.
    pub table: MetricTable,
    /// The number of watchers, the process's own dashboard left out.
    pub watchers: usize,
    /// Watchers that were dropped because they did not read.
    pub dropped: u64,
}

impl Answer {
    /// The trainer's: it says no more than that.
    pub fn plain(id: u64) -> Answer {
        Answer { id, said: Vec::new(), status: None }
    }

    /// Why the command was refused, if it was.
    pub fn refusal(&self) -> Option<&str> {
        self.said.iter().find_map(|report| match report {
            Report::Rejected(rejected) => Some(rejected.why.as_str()),
            _ => None,
        })
    }
}

impl Command {
    /// The command itself, whether or not it has a number.
    pub fn plain(&self) -> &Command {
        match self {
            Command::Numbered(_, command) => command.plain(),
            command => command,
        }
    }
}
