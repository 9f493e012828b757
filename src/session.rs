//! A training session: the trainer and whoever watches it.

use std::process::ExitCode;

use crate::cli::Train;
use crate::config::Config;

/// Trains.
///
/// # Errors
///
/// Always: it is not built in yet.
pub fn train(config: Config, _args: &Train) -> anyhow::Result<ExitCode> {
    anyhow::bail!("{}: training is not built in yet", config.name)
}
