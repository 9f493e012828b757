//! A run's whole state at one step, as plain numbers on the host, and as a file.
//!
//! Besides the tensors here, everything of a run derives from (seed, step), so a run that goes on from a checkpoint
//! does what it would have done without the stop, on the CPU to the bit. The format is safetensors: the networks stand
//! there as PyTorch's `Sequential` names them, so that others can load them too; the rest is text in the metadata.

mod file;
mod header;
mod size;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::domain::{Metrics, SampleShape};
use crate::link::Settings;

pub use file::{read, write, write_in};
pub use header::{Header, peek};

/// The version of the format that is written and read.
pub const VERSION: u32 = 1;
/// The ending of checkpoints' names.
pub const EXTENSION: &str = "safetensors";

/// A run's whole state after a step.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    pub info: CheckpointInfo,
    /// Every tensor that does not derive from the config, in any order.
    pub tensors: Vec<Named>,
}

/// All of a checkpoint but its tensors.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckpointInfo {
    /// Steps completed.
    pub step: u64,
    /// Seconds of training, pauses left out.
    pub seconds: f64,
    /// The reason for which it was made.
    pub reason: Reason,
    /// The config of the run.
    pub config: Config,
    /// The settings in force.
    pub settings: Settings,
    /// The shape of one sample.
    pub shape: SampleShape,
    /// The last step's metrics, if a step was done.
    pub metrics: Option<Metrics>,
    /// Updates of the generator's optimiser since its moments were zero.
    pub generator_updates: i64,
    /// The same of the critic's.
    pub critic_updates: i64,
    /// Entries of the config's schedule that have been kept.
    pub scheduled: usize,
}

/// The first part of the names of the tensors of a generator's average.
pub const AVERAGED: &str = "ema";

/// A tensor with its name, e.g. `critic.0.weight`.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    pub name: String,
    pub shape: Vec<usize>,
    /// The numbers, row-major.
    pub values: Vec<f32>,
}

/// The reason for which a checkpoint was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// It was due, by steps or minutes.
    Due,
    /// A person asked for it.
    Asked,
    /// Something was wrong with the run.
    Alert,
    /// A rule of health asked for it.
    Health,
    /// A person was about to change a setting.
    Change,
    /// The run went back to an earlier state, and a branch begins.
    Branch,
    /// The run ended.
    End,
}

/// A problem with a checkpoint. Each says all there is to say.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{}: cannot be read: {why}", path.display())]
    Read { path: PathBuf, why: std::io::Error },
    #[error("{}: cannot be written: {why}", path.display())]
    Write { path: PathBuf, why: String },
    /// Not one of this program's files, or not all of it.
    #[error("{}: {what}", path.display())]
    Damaged { path: PathBuf, what: String },
    /// It belongs to other networks.
    #[error("the checkpoint does not fit its config: {0}")]
    Differs(String),
}

impl Reason {
    const ALL: [Reason; 7] =
        [Reason::Due, Reason::Asked, Reason::Alert, Reason::Health, Reason::Change, Reason::Branch, Reason::End];

    /// In one word.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Due => "due",
            Reason::Asked => "asked",
            Reason::Alert => "alert",
            Reason::Health => "health",
            Reason::Change => "change",
            Reason::Branch => "branch",
            Reason::End => "end",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Reason {
    type Err = String;

    fn from_str(text: &str) -> Result<Reason, String> {
        let found = Reason::ALL.into_iter().find(|reason| reason.name() == text);
        found.ok_or_else(|| format!("`{text}` is not a reason for a checkpoint"))
    }
}

impl Checkpoint {
    /// The tensor of this name.
    pub fn tensor(&self, name: &str) -> Option<&Named> {
        self.tensors.iter().find(|tensor| tensor.name == name)
    }

    /// The differences that keep its tensors from being put into `expected` names and shapes: every name that is
    /// missing or too much, every shape that differs.
    ///
    /// # Errors
    ///
    /// [`Error::Differs`] with the first few of them.
    pub fn fits(&self, expected: &[(String, Vec<usize>)]) -> Result<(), Error> {
        const TOLD: usize = 4;
        let mut wrong: Vec<String> = Vec::new();
        for (name, shape) in expected {
            match self.tensor(name) {
                None => wrong.push(format!("{name} is missing")),
                Some(tensor) if tensor.shape != *shape => {
                    wrong.push(format!("{name} is {:?}, not {shape:?}", tensor.shape));
                }
                Some(_) => {}
            }
        }
        let known = |tensor: &&Named| !expected.iter().any(|(name, _)| *name == tensor.name);
        wrong.extend(self.tensors.iter().filter(known).map(|tensor| format!("{} is one too many", tensor.name)));
        if wrong.is_empty() {
            return Ok(());
        }
        let more = wrong.len().saturating_sub(TOLD);
        let rest = if more > 0 { format!("; and {more} more") } else { String::new() };
        Err(Error::Differs(wrong[..wrong.len().min(TOLD)].join("; ") + &rest))
    }

    /// The first thing in which the state differs from another's, to the bit, for a person. Times, names and reasons
    /// do not count.
    pub fn differs_from(&self, other: &Checkpoint) -> Option<String> {
        if self.info.step != other.info.step {
            return Some(format!("step {} is not step {}", self.info.step, other.info.step));
        }
        // How long a run goes on is no part of what it has become.
        let of = |settings: &Settings| Settings { steps: None, ..settings.clone() };
        if of(&self.info.settings) != of(&other.info.settings) {
            return Some(format!("the settings {:?} are not {:?}", self.info.settings, other.info.settings));
        }
        let counts = |checkpoint: &Checkpoint| (checkpoint.info.generator_updates, checkpoint.info.critic_updates);
        if counts(self) != counts(other) {
            return Some(format!("the optimisers' updates {:?} are not {:?}", counts(self), counts(other)));
        }
        let shapes: Vec<_> = self.tensors.iter().map(|tensor| (tensor.name.clone(), tensor.shape.clone())).collect();
        if let Err(error) = other.fits(&shapes) {
            return Some(error.to_string());
        }
        self.tensors.iter().find_map(|tensor| {
            let theirs = &other.tensor(&tensor.name)?.values;
            let differ = tensor.values.iter().zip(theirs).filter(|(a, b)| a.to_bits() != b.to_bits()).count();
            (differ > 0).then(|| format!("{differ} of {} numbers of {} differ", tensor.values.len(), tensor.name))
        })
    }
}

#[cfg(test)]
mod tests;
