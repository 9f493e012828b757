//! Commands as a watcher writes them.

use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::config::live::Assignments;
use crate::config::{self};
use crate::domain::ControlValue;
use crate::link::{Change, Command, SnapshotRequest, checkpoint};
use crate::run::checkpoints;

/// A watcher's request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// Stop before the next step and wait.
    Pause,
    /// Go on.
    Resume,
    /// Do so many steps, then pause.
    Advance(u64),
    /// Set live keys of the config.
    Set(Map<String, Value>),
    /// Multiply the constraint's number.
    Scale(f64),
    /// Answer with a snapshot.
    Snapshot(SnapshotRequest),
    /// Keep the state in a checkpoint.
    Save,
    /// Go back to the checkpoint of the run that has this name.
    Restore(String),
    /// Take the last change back, together with the steps since.
    Undo,
    /// Measure how good the generator's samples are.
    Evaluate,
    /// Give up the evaluation that is under way.
    CancelEvaluation,
    /// End the run after the current step.
    Stop,
    /// Say how the run stands.
    Status,
}

/// Why an order is no command.
#[derive(Debug, thiserror::Error)]
pub enum BadRequest {
    #[error(transparent)]
    Keys(#[from] config::Error),
    #[error("`{0}` is not the name of a checkpoint: must be like step-000000100.safetensors, without a directory")]
    Name(String),
    #[error(transparent)]
    Checkpoint(#[from] checkpoint::Error),
}

impl Request {
    /// The names of all that a gantop obeys.
    pub const NAMES: [&str; 13] = [
        "pause",
        "resume",
        "advance",
        "set",
        "scale",
        "snapshot",
        "save",
        "restore",
        "stop",
        "status",
        "undo",
        "evaluate",
        "cancel-evaluation",
    ];

    /// Its name.
    pub fn name(&self) -> &'static str {
        let at = match self {
            Request::Pause => 0,
            Request::Resume => 1,
            Request::Advance(_) => 2,
            Request::Set(_) => 3,
            Request::Scale(_) => 4,
            Request::Snapshot(_) => 5,
            Request::Save => 6,
            Request::Restore(_) => 7,
            Request::Stop => 8,
            Request::Status => 9,
            Request::Undo => 10,
            Request::Evaluate => 11,
            Request::CancelEvaluation => 12,
        };
        Request::NAMES[at]
    }

    /// Whether it changes nothing, and so is anybody's to give.
    pub fn only_looks(&self) -> bool {
        matches!(self, Request::Snapshot(_) | Request::Status)
    }

    /// The order to set these keys.
    pub fn set(keys: &Assignments) -> Request {
        match serde_json::to_value(keys) {
            Ok(Value::Object(keys)) => Request::Set(keys),
            _ => Request::Set(Map::new()),
        }
    }

    /// The order to set this control.
    pub fn of_control(name: &str, value: &ControlValue) -> Request {
        Request::Set(Map::from_iter([(name.to_owned(), serde_json::to_value(value).unwrap_or_default())]))
    }

    /// The order that means this command; none for what only a watcher in the run's own process may send.
    pub fn of(command: &Command) -> Option<Request> {
        Some(match command.plain() {
            Command::Pause => Request::Pause,
            Command::Resume => Request::Resume,
            Command::Advance(steps) => Request::Advance(*steps),
            Command::Assign(keys) => Request::set(keys),
            Command::Set(Change::ScaleConstraint(factor)) => Request::Scale(*factor),
            Command::Set(Change::Control(name, value)) => Request::of_control(name, value),
            Command::Set(change) => Request::set(&change.keys()),
            Command::Snapshot(wanted) => Request::Snapshot(*wanted),
            Command::Save => Request::Save,
            Command::Restore { file, .. } => Request::Restore(checkpoints::name(file)),
            Command::Undo => Request::Undo,
            Command::Evaluate => Request::Evaluate,
            Command::CancelEvaluation => Request::CancelEvaluation,
            Command::Stop => Request::Stop,
            Command::Alert(_) | Command::Unattended | Command::Numbered(..) => return None,
        })
    }

    /// The command to the trainer of the run in `dir`; none to ask how it stands.
    ///
    /// # Errors
    /// Keys or values that cannot be set, a checkpoint that cannot be read.
    pub fn command(self, dir: &Path) -> Result<Option<Command>, BadRequest> {
        Ok(Some(match self {
            Request::Pause => Command::Pause,
            Request::Resume => Command::Resume,
            Request::Advance(steps) => Command::Advance(steps),
            Request::Set(keys) => Command::Assign(assignments(&keys)?),
            Request::Scale(factor) => Command::Set(Change::ScaleConstraint(factor)),
            Request::Snapshot(wanted) => Command::Snapshot(wanted),
            Request::Save => Command::Save,
            Request::Restore(name) => {
                // Anybody's text: a path would lead out of the run's directory.
                let plain = Path::new(&name).file_name().is_some_and(|file| file == name.as_str());
                let file = dir.join(checkpoints::FOLDER).join(&name);
                if !plain || !file.is_file() {
                    return Err(BadRequest::Name(
                        name.chars().filter(|c| !crate::system::output::is_unsafe(*c)).take(100).collect(),
                    ));
                }
                Command::Restore { checkpoint: Arc::new(checkpoint::read(&file)?), file }
            }
            Request::Undo => Command::Undo,
            Request::Evaluate => Command::Evaluate,
            Request::CancelEvaluation => Command::CancelEvaluation,
            Request::Stop => Command::Stop,
            Request::Status => return Ok(None),
        }))
    }
}

/// The assignments that keys and values in JSON amount to.
fn assignments(keys: &Map<String, Value>) -> Result<Assignments, config::Error> {
    let value = |value: &Value| match value {
        // As TOML, or a text that looks like a number would be one.
        Value::String(text) => toml::Value::from(text.as_str()).to_string(),
        other => other.to_string(),
    };
    let pairs: Vec<(&str, String)> = keys.iter().map(|(key, given)| (key.as_str(), value(given))).collect();
    Assignments::given(&pairs.iter().map(|(key, value)| (*key, value.as_str())).collect::<Vec<_>>())
}
