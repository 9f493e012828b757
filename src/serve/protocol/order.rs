//! Commands as a watcher writes them.

use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::config::live::Assignments;
use crate::config::{self};
use crate::link::{Change, Command, Player, SnapshotRequest, checkpoint};
use crate::run::checkpoints;

/// What a watcher wants done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
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
    /// End the run after the current step.
    Stop,
    /// Say how the run stands.
    Status,
}

/// Why an order is no command.
#[derive(Debug, thiserror::Error)]
pub enum BadOrder {
    #[error(transparent)]
    Keys(#[from] config::Error),
    #[error("`{0}` is no checkpoint's name: must be like step-000000100.safetensors, without a directory")]
    Name(String),
    #[error(transparent)]
    Checkpoint(#[from] checkpoint::Error),
}

impl Order {
    /// The names of all that a gantop obeys.
    pub const NAMES: [&str; 10] =
        ["pause", "resume", "advance", "set", "scale", "snapshot", "save", "restore", "stop", "status"];

    /// Its name.
    pub fn name(&self) -> &'static str {
        let at = match self {
            Order::Pause => 0,
            Order::Resume => 1,
            Order::Advance(_) => 2,
            Order::Set(_) => 3,
            Order::Scale(_) => 4,
            Order::Snapshot(_) => 5,
            Order::Save => 6,
            Order::Restore(_) => 7,
            Order::Stop => 8,
            Order::Status => 9,
        };
        Order::NAMES[at]
    }

    /// Whether it changes nothing, and so is anybody's to give.
    pub fn only_looks(&self) -> bool {
        matches!(self, Order::Snapshot(_) | Order::Status)
    }

    /// The order to set these keys.
    pub fn set(keys: &Assignments) -> Order {
        match serde_json::to_value(keys) {
            Ok(Value::Object(keys)) => Order::Set(keys),
            _ => Order::Set(Map::new()),
        }
    }

    /// The order that means this command; none for what only a watcher in the run's own process may send.
    pub fn of(command: &Command) -> Option<Order> {
        Some(match command.plain() {
            Command::Pause => Order::Pause,
            Command::Resume => Order::Resume,
            Command::Advance(steps) => Order::Advance(*steps),
            Command::Assign(keys) => Order::set(keys),
            Command::Set(Change::ScaleConstraint(factor)) => Order::Scale(*factor),
            Command::Set(change) => Order::set(&keys(change)),
            Command::Snapshot(wanted) => Order::Snapshot(*wanted),
            Command::Save => Order::Save,
            Command::Restore { file, .. } => Order::Restore(checkpoints::name(file)),
            Command::Stop => Order::Stop,
            Command::Alert(_) | Command::Numbered(..) => return None,
        })
    }

    /// The command to the trainer of the run in `dir`; none to ask how it stands.
    ///
    /// # Errors
    /// Keys or values that cannot be set, a checkpoint that cannot be read.
    pub fn command(self, dir: &Path) -> Result<Option<Command>, BadOrder> {
        Ok(Some(match self {
            Order::Pause => Command::Pause,
            Order::Resume => Command::Resume,
            Order::Advance(steps) => Command::Advance(steps),
            Order::Set(keys) => Command::Assign(assignments(&keys)?),
            Order::Scale(factor) => Command::Set(Change::ScaleConstraint(factor)),
            Order::Snapshot(wanted) => Command::Snapshot(wanted),
            Order::Save => Command::Save,
            Order::Restore(name) => {
                // Anybody's text: a path would lead out of the run's directory.
                let plain = Path::new(&name).file_name().is_some_and(|file| file == name.as_str());
                let file = dir.join(checkpoints::FOLDER).join(&name);
                if !plain || !file.is_file() {
                    return Err(BadOrder::Name(
                        name.chars().filter(|c| !crate::system::output::is_unsafe(*c)).take(100).collect(),
                    ));
                }
                Command::Restore { checkpoint: Arc::new(checkpoint::read(&file)?), file }
            }
            Order::Stop => Command::Stop,
            Order::Status => return Ok(None),
        }))
    }
}

/// The keys that a change sets.
fn keys(change: &Change) -> Assignments {
    let of = |name: &str, table: Result<toml::Table, _>| Assignments::of_table(name, &table.unwrap_or_default());
    let mut set = Assignments::default();
    match change {
        Change::Objective(objective) => set.extend(of("objective", toml::Table::try_from(objective))),
        Change::Constraint(constraint) => set.extend(of("constraint", toml::Table::try_from(constraint))),
        Change::Rate(Player::Generator, rate) => {
            set.insert(config::live::GENERATOR_LR, config::live::Datum::Number(*rate));
        }
        Change::Rate(Player::Critic, rate) => {
            set.insert(config::live::CRITIC_LR, config::live::Datum::Number(*rate));
        }
        Change::CriticSteps(steps) => set.insert(config::live::CRITIC_STEPS, config::live::Datum::Count(*steps)),
        Change::ScaleConstraint(_) => {}
    }
    set
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
