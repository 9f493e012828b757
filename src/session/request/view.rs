//! `gantop view`: recorded runs on the dashboard.

use std::path::PathBuf;

use clap::Args;

use super::{DisplayArgs, words};
use crate::foreign::Assigned;

/// `gantop view`.
#[derive(Clone, Debug, Args)]
pub struct View {
    /// Run directories, or beginnings of names in `runs`; files or directories with TensorBoard's event files, JSON
    /// lines, a trainer_state.json or a CSV of another program; all but the first lie over its charts [default: the
    /// newest in `runs`]
    #[arg(value_name = "RUN", value_hint = clap::ValueHint::AnyPath, add = words::runs_and_files())]
    pub runs: Vec<PathBuf>,
    /// Divide the steps of other programs' runs by so many, as where each of two optimisers has counted
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub divide_steps: u64,
    /// Show the figure under a tag of other programs' runs in a place on the overview, as in `--tag fid=eval/score`;
    /// may be given again. Places: critic-loss, generator-loss, critic-lr, generator-lr, learning-rate, score-real,
    /// score-generated, fid, kid, inception-score, overview (a chart of its own)
    #[arg(long, value_name = "PLACE=TAG")]
    pub tag: Vec<Assigned>,
    #[command(flatten)]
    pub display: DisplayArgs,
}
