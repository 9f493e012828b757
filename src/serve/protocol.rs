//! The protocol between a run and those who watch it from elsewhere: a JSON object a line, in both directions.
//! docs/protocol.md describes it, with an example of every line.
//!
//! [`ServerMessage`] is what the run says, [`ClientMessage`] what a watcher asks. The run speaks first: with a
//! [`Hello`], which a watcher answers with one. Nobody reads a line that is longer than the other side may make it.

mod capabilities;
mod check;
mod columns;
mod convert;
mod incoming;
mod lines;
mod request;

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use crate::config::EngineChoice;
use crate::domain::number::{self, Plain};
use crate::domain::{ControlInfo, MetricInfo, SampleShape};
use crate::link::{RunState, Settings, Snapshot};
use crate::run::journal::What;
use crate::theory::distance::modes::Mode;

pub use capabilities::Capabilities;
pub use columns::{Spans, Steps};
pub use incoming::Incoming;
pub use lines::{Line, Lines};
pub use request::{BadRequest, Request};

/// The version of the protocol that is spoken.
pub const VERSION: u32 = 1;
/// The longest line that a watcher may send, in bytes, its newline included.
pub const MOST_ASKED: usize = 1 << 16;
/// The longest line that a run may send: a snapshot of a great many images.
pub const MOST_SAID: usize = 1 << 26;
/// The name of this program.
pub const PROGRAM: &str = concat!("gantop ", env!("CARGO_PKG_VERSION"));

/// Metrics by name.
pub type Named = BTreeMap<String, Plain<f32>>;

/// A line of the run's.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServerMessage {
    /// The first line.
    Hello(Hello),
    /// The run is ready for its first step.
    Started(Box<Started>),
    /// Records of steps, each step once, in order.
    Steps(Steps),
    /// Records of several steps as one.
    Merged(Spans),
    /// Something happened.
    Event(Happened),
    Snapshot(Box<Snapshot>),
    /// The answer to a command.
    Answer(Answered),
    /// The last line of a run that ended.
    Finished(Finished),
    /// The last line of a run that broke.
    Failed {
        why: String,
    },
    /// The request is not understood, or nothing more will be said.
    Refused {
        why: String,
    },
}

/// A line of a watcher's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClientMessage {
    /// The first line.
    Hello(WatcherHello),
    Command(Command),
}

/// The speaker for the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    /// The version of the protocol.
    pub version: u32,
    /// The trainer's name and version.
    pub program: String,
    /// The name that tells the run from others: its directory's.
    pub run: String,
    /// The commands that it obeys.
    pub commands: Vec<String>,
    /// The keys that it can set; left out: all those that can change while a run goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<Vec<String>>,
    /// The controls that it has besides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<ControlInfo>,
}

/// The watcher.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WatcherHello {
    pub version: u32,
    pub program: String,
    /// Whether it wants to hear everything, the past first; else only what answers it.
    pub watch: bool,
    /// Whether it gives up commanding.
    #[serde(default)]
    pub read_only: bool,
}

/// A command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Command {
    /// The number that its answer will have.
    pub id: u64,
    #[serde(rename = "do")]
    pub request: Request,
}

/// The facts that are fixed for the whole run, and the settings it starts with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Started {
    /// The config; a key that is left out has its default, but for the steps, of which there is no last one then.
    #[serde(default)]
    pub config: serde_json::Map<String, serde_json::Value>,
    /// The device on which it trains, if that is to be shown.
    #[serde(default = "unsaid")]
    pub device: String,
    /// 0: not told.
    #[serde(default)]
    pub threads: usize,
    #[serde(default)]
    pub threads_why: String,
    #[serde(default = "autograd")]
    pub engine: EngineChoice,
    pub shape: SampleShape,
    #[serde(default)]
    pub modes: Vec<Mode>,
    /// The metrics besides gantop's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<MetricInfo>,
    /// 0: not told.
    #[serde(default)]
    pub generator_weights: usize,
    #[serde(default)]
    pub critic_weights: usize,
    pub settings: Settings,
}

fn unsaid() -> String {
    "a device that it does not name".to_owned()
}

fn autograd() -> EngineChoice {
    EngineChoice::Autograd
}

/// Something that happened: a line of the journal without its time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Happened {
    /// Steps completed then.
    pub step: u64,
    #[serde(flatten)]
    pub what: What,
}

/// The answer to a command.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    /// The command's number.
    pub id: u64,
    /// Why nothing was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// The outcome.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Happened>,
    /// The status of the run, where that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Box<Status>>,
}

/// The status of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    pub name: String,
    pub state: RunState,
    /// Steps completed.
    pub step: u64,
    /// The last step; 0 for none.
    pub steps: u64,
    /// Seconds of training, pauses left out.
    #[serde(with = "number")]
    pub seconds: f64,
    /// Steps a second of training, of the latest records, where there are some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps_per_second: Option<Plain<f64>>,
    /// What the rules of health say that hold now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alerts: Vec<String>,
    pub settings: Option<Settings>,
    /// The last record.
    pub metrics: Named,
    pub watchers: usize,
    /// Watchers that were let go because they did not read.
    pub dropped: u64,
    /// Connections that were refused.
    pub refused_connections: u64,
    /// Lines that were refused.
    pub refused_lines: u64,
}

/// The figures a run ends with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finished {
    pub steps: u64,
    #[serde(with = "number")]
    pub seconds: f64,
    /// The last record, if a step was completed.
    pub metrics: Option<Named>,
    /// Whether the run was stopped before its last step.
    pub stopped: bool,
    pub device: String,
    pub threads: usize,
}

/// The version alone, whatever else a hello of another version holds.
#[derive(Debug, Deserialize)]
pub struct Versioned {
    pub hello: Version,
}

/// See [`Versioned`].
#[derive(Debug, Deserialize)]
pub struct Version {
    pub version: u32,
}

/// Writes a line.
///
/// # Errors
/// Those of the writer.
pub fn write(out: &mut impl Write, line: &impl Serialize) -> io::Result<()> {
    out.write_all(&crate::system::output::json::to_line(line)?)?;
    out.flush()
}

/// The problem with a line, without the place that serde_json gives in a text of one line.
pub fn wrong(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let why = text.split(" at line ").next().unwrap_or_default();
    format!("column {}: {why}", error.column().max(1))
}

#[cfg(test)]
mod tests;
