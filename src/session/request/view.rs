//! `gantop view`: recorded runs on the dashboard.

use std::path::PathBuf;

use clap::Args;

use super::DisplayArgs;

/// `gantop view`.
#[derive(Clone, Debug, Args)]
pub struct View {
    /// Run directories, or names of some in `runs`; all but the first lie over its charts [default: the newest in `runs`]
    #[arg(value_name = "RUN", value_hint = clap::ValueHint::DirPath)]
    pub runs: Vec<PathBuf>,
    #[command(flatten)]
    pub display: DisplayArgs,
}
