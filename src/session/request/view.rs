//! `gantop view`: recorded runs on the dashboard.

use std::path::PathBuf;

use clap::Args;

use super::DisplayArgs;

/// `gantop view`.
#[derive(Clone, Debug, Args)]
pub struct View {
    /// Run directories, or names of some in `runs`; files or directories with JSON lines, a
    /// trainer_state.json or a CSV of another program; all but the first lie over its charts [default: the newest in
    /// `runs`]
    #[arg(value_name = "RUN", value_hint = clap::ValueHint::AnyPath)]
    pub runs: Vec<PathBuf>,
    /// Divide the steps of other programs' runs by so many, as where each of two optimisers has counted
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub divide_steps: u64,
    #[command(flatten)]
    pub display: DisplayArgs,
}
