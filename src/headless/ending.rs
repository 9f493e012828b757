//! The end of a run, and the figures that are told then.

use signal_hook::consts::{SIGINT, SIGTERM};

use crate::domain::exit;
use crate::link::{RunInfo, Snapshot, Summary};
use crate::truth::{self, Analysis};

/// The end of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Its last step was done.
    Done,
    /// It broke, or paused with nobody there to resume it.
    Failed,
    /// SIGINT.
    Interrupted,
    /// SIGTERM.
    Terminated,
    /// The terminal went away, and the config wants the run to end then.
    HungUp,
    /// Whoever read standard output has gone: no failure, as in a pipe into `head`.
    Unread,
}

impl Exit {
    /// The exit that a signal of this number asks for, if it asks for one.
    pub fn of_signal(signal: i32) -> Option<Exit> {
        match signal {
            SIGINT => Some(Exit::Interrupted),
            SIGTERM => Some(Exit::Terminated),
            _ => None,
        }
    }

    /// The process's exit code.
    pub fn code(self) -> u8 {
        match self {
            Exit::Done | Exit::Unread => exit::DONE,
            Exit::Failed => exit::FAILED,
            Exit::Interrupted => exit::INTERRUPTED,
            Exit::Terminated => exit::TERMINATED,
            Exit::HungUp => exit::HUNG_UP,
        }
    }

    /// In one word.
    pub fn name(self) -> &'static str {
        match self {
            Exit::Done => "done",
            Exit::Failed => "failed",
            Exit::Interrupted => "interrupted",
            Exit::Terminated => "terminated",
            Exit::HungUp => "hung-up",
            Exit::Unread => "unread",
        }
    }
}

/// The end of a run, for the caller.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub exit: Exit,
    /// The failure, for a person.
    pub why: Option<String>,
    /// The run's figures; of a run that broke, as far as they are known.
    pub summary: Option<Summary>,
}

/// The figures that a view tells at the end.
#[derive(Clone, Debug, PartialEq)]
pub struct Ending<'a> {
    pub outcome: &'a Outcome,
    /// The findings about the snapshot that the run ended with, if it ended with one.
    pub analysis: Option<Analysis>,
}

impl<'a> Ending<'a> {
    /// The ending of a run, with the last snapshot that was taken of it and the analysis of it, where there is one
    /// already.
    pub fn new(
        outcome: &'a Outcome,
        info: Option<&RunInfo>,
        snapshot: Option<&Snapshot>,
        analysis: Option<Analysis>,
    ) -> Ending<'a> {
        let analysis = analysis.or_else(|| match (info, snapshot, &outcome.summary) {
            // A snapshot of an earlier step would tell of another generator.
            (Some(info), Some(snapshot), Some(summary)) if snapshot.step == summary.steps => {
                Some(truth::analyse(snapshot, &info.modes))
            }
            _ => None,
        });
        Ending { outcome, analysis }
    }
}
