//! What is said of checkpoints.

use std::fmt;
use std::path::PathBuf;

use super::Settings;
use super::checkpoint::Reason;

/// A checkpoint was written, or could not be.
#[derive(Clone, Debug, PartialEq)]
pub struct Saved {
    /// Steps completed in it.
    pub step: u64,
    /// What it was made for.
    pub reason: Reason,
    /// The file, or why there is none.
    pub file: Result<PathBuf, String>,
}

/// The run went on from a checkpoint: the next step is the one after `to`.
#[derive(Clone, Debug, PartialEq)]
pub struct Restored {
    /// Steps completed before; `None` where a new process takes the run up.
    pub from: Option<u64>,
    /// Steps completed in the checkpoint.
    pub to: u64,
    /// The checkpoint's file.
    pub file: PathBuf,
    /// The settings now in force.
    pub settings: Settings,
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
        match self.from {
            Some(from) => write!(f, "went back from step {from} to {}", self.file.display()),
            None => write!(f, "goes on from {}", self.file.display()),
        }
    }
}
