//! `gantop attach` and `gantop ctl`: runs in other processes.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::typed::Typed;
use super::{DisplayArgs, words};
use crate::config::limits::MAX_WHOLE;

/// `gantop attach`.
#[derive(Clone, Debug, Args)]
pub struct Attach {
    /// The run's directory, or the beginning of its name in `runs` [default: the newest live run in `runs`]
    #[arg(value_hint = clap::ValueHint::DirPath, add = words::runs())]
    pub run: Option<PathBuf>,
    /// Wait at this socket for a trainer of another program, and show it; docs/protocol.md says how one reports
    #[arg(long, value_name = "PATH", conflicts_with = "run", value_hint = clap::ValueHint::FilePath)]
    pub listen: Option<PathBuf>,
    /// Only look: change nothing of the run
    #[arg(long)]
    pub read_only: bool,
    #[command(flatten)]
    pub display: DisplayArgs,
}

/// `gantop ctl`.
#[derive(Clone, Debug, Args)]
#[command(subcommand_precedence_over_arg = true)]
pub struct Ctl {
    /// The run's directory, or the beginning of its name in `runs` [default: the newest live run in `runs`]
    #[arg(value_hint = clap::ValueHint::DirPath, add = words::runs())]
    pub run: Option<PathBuf>,
    /// Print the answer as JSON
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs that a script may ask of a run.
#[derive(Clone, Debug, Subcommand)]
pub enum Verb {
    /// Stop before the next step and wait
    Pause,
    /// Go on
    Resume,
    /// Do so many steps, then pause
    Step {
        #[arg(default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=MAX_WHOLE))]
        steps: u64,
    },
    /// Keep the run's state in a checkpoint
    Checkpoint,
    /// Go back to a checkpoint of the run
    Restore {
        /// The beginning of its file's name, or its step [default: the newest]
        checkpoint: Option<String>,
    },
    /// Measure how good its samples are now, beside the training; the figures are metrics of the run
    Evaluate {
        /// Give up the evaluation that is under way
        #[arg(long)]
        cancel: bool,
    },
    /// End the run after the current step
    Stop,
    /// Say how the run stands
    Status,
    #[command(flatten)]
    Typed(Typed),
}
