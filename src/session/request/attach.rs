//! `gantop attach` and `gantop ctl`: runs in other processes.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::DisplayArgs;
use crate::config;
use crate::config::limits::MAX_WHOLE;
use crate::config::live::Assignments;
use crate::serve::protocol::Request;

/// `gantop attach`.
#[derive(Clone, Debug, Args)]
pub struct Attach {
    /// The run's directory, or its name in `runs` [default: the newest run that goes on in `runs`]
    #[arg(value_hint = clap::ValueHint::DirPath)]
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
pub struct Ctl {
    /// The run's directory, or its name in `runs`
    #[arg(value_hint = clap::ValueHint::DirPath)]
    pub run: PathBuf,
    /// Print the answer as JSON
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub verb: Verb,
}

/// What a script may want of a run.
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
    /// Set a key of the config that can change while the run goes on
    Set {
        /// The key, as `constraint.clip`
        key: String,
        #[arg(allow_hyphen_values = true)]
        value: String,
    },
    /// Keep the run's state in a checkpoint
    Checkpoint,
    /// End the run after the current step
    Stop,
    /// Say how the run stands
    Status,
}

impl Verb {
    /// The order to the run.
    ///
    /// # Errors
    /// A key or a value that cannot be set.
    pub fn request(&self) -> Result<Request, config::Error> {
        Ok(match self {
            Verb::Pause => Request::Pause,
            Verb::Resume => Request::Resume,
            Verb::Step { steps } => Request::Advance(*steps),
            Verb::Set { key, value } => Request::set(&Assignments::given(&[(key, value)])?),
            Verb::Checkpoint => Request::Save,
            Verb::Stop => Request::Stop,
            Verb::Status => Request::Status,
        })
    }
}
