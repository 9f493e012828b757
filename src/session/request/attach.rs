//! `gantop attach` and `gantop ctl`: runs in other processes.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::DisplayArgs;
use crate::config::limits::MAX_WHOLE;
use crate::config::live::Assignments;
use crate::config::{self, nearest};
use crate::domain::ControlInfo;
use crate::serve::protocol::Request;

/// `gantop attach`.
#[derive(Clone, Debug, Args)]
pub struct Attach {
    /// The run's directory, or the beginning of its name in `runs` [default: the newest run that goes on in `runs`]
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
#[command(subcommand_precedence_over_arg = true)]
pub struct Ctl {
    /// The run's directory, or the beginning of its name in `runs` [default: the newest run that goes on in `runs`]
    #[arg(value_hint = clap::ValueHint::DirPath)]
    pub run: Option<PathBuf>,
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
}

/// Why something cannot be set. Each says all there is to say: it has no source.
#[derive(Debug, thiserror::Error)]
pub enum BadValue {
    #[error(transparent)]
    Key(#[from] config::Error),
    #[error("{key}: {why}")]
    Control { key: String, why: String },
    #[error("the run has no control `{key}`{}; it has {}", near(key, allowed), allowed.join(", "))]
    NoControl { key: String, allowed: Vec<String> },
}

/// What was probably meant.
fn near(key: &str, allowed: &[String]) -> String {
    let allowed: Vec<&str> = allowed.iter().map(String::as_str).collect();
    nearest(key, &allowed).map_or(String::new(), |near| format!(": did you mean `{near}`?"))
}

impl Verb {
    /// The order to a run with these controls.
    ///
    /// # Errors
    /// A key or a value that cannot be set.
    pub fn request(&self, controls: &[ControlInfo]) -> Result<Request, BadValue> {
        Ok(match self {
            Verb::Pause => Request::Pause,
            Verb::Resume => Request::Resume,
            Verb::Step { steps } => Request::Advance(*steps),
            Verb::Set { key, value } => match controls.iter().find(|control| control.name == *key) {
                Some(control) => {
                    let value = control.read(value).map_err(|why| BadValue::Control { key: key.clone(), why })?;
                    Request::of_control(key, &value)
                }
                None if !controls.is_empty() && config::live::known(key).is_none() => {
                    let allowed = controls.iter().map(|control| control.name.clone()).collect();
                    return Err(BadValue::NoControl { key: key.clone(), allowed });
                }
                None => Request::set(&Assignments::given(&[(key, value)])?),
            },
            Verb::Checkpoint => Request::Save,
            Verb::Evaluate { cancel: false } => Request::Evaluate,
            Verb::Evaluate { cancel: true } => Request::CancelEvaluation,
            Verb::Stop => Request::Stop,
            Verb::Status => Request::Status,
        })
    }
}
