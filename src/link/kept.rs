//! The messages about checkpoints.

use std::fmt;
use std::path::{Path, PathBuf};

use super::Settings;
use super::checkpoint::Reason;
use crate::domain::format;

/// A checkpoint was written, or could not be.
#[derive(Clone, Debug, PartialEq)]
pub struct Saved {
    /// Steps completed in it.
    pub step: u64,
    /// The reason for which it was made.
    pub reason: Reason,
    /// The file, or why there is none.
    pub file: Result<PathBuf, String>,
}

/// The run went on from an earlier state: the next step is the one after `to`.
#[derive(Clone, Debug, PartialEq)]
pub struct Restored {
    /// Steps completed before; `None` where a new process takes the run up.
    pub from: Option<u64>,
    /// Steps completed in that state.
    pub to: u64,
    /// Where the state came from.
    pub source: StateSource,
    /// The settings now in force.
    pub settings: Settings,
}

/// Where a state came from that a run went on from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateSource {
    /// This checkpoint's file.
    File(PathBuf),
    /// The trainer's memory: the last change was taken back.
    Undo,
}

impl StateSource {
    /// The checkpoint's file, if it was one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            StateSource::File(file) => Some(file),
            StateSource::Undo => None,
        }
    }
}

impl fmt::Display for Saved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Ok(file) => write!(f, "checkpoint ({}): {}", self.reason, file.display()),
            Err(why) => write!(f, "no checkpoint ({}): {why}", self.reason),
        }
    }
}

impl fmt::Display for Restored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.source, self.from) {
            (StateSource::File(file), Some(from)) => write!(f, "went back from step {from} to {}", file.display()),
            (StateSource::File(file), None) => write!(f, "goes on from {}", file.display()),
            (StateSource::Undo, from) => {
                let since = from.map_or(0, |from| from.saturating_sub(self.to));
                write!(f, "took back the last change, {}", Since(since))
            }
        }
    }
}

/// The steps that go with a change that is taken back, in words.
struct Since(u64);

impl fmt::Display for Since {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("after which no step was done"),
            1 => f.write_str("and the step since"),
            steps => write!(f, "and the {} steps since", format::count(steps)),
        }
    }
}
