//! A session: a run with its recorder and whoever watches it, from the arguments to the exit code.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use anyhow::Context;

use crate::cli::Train;
use crate::config::Config;
use crate::headless;
use crate::link;
use crate::run::Recorder;
use crate::train::Setup;

/// Trains as `config` says, with the dashboard if standard input and output are a terminal, else without.
///
/// # Errors
///
/// The data, the device or the run directory cannot be used; the trainer or the recorder broke.
pub fn train(config: Config, args: &Train) -> anyhow::Result<ExitCode> {
    let setup = Setup::new(config.clone())?;
    let (link, end) = link::pair();
    let (recorder, feed) = match &args.run_dir {
        Some(dir) => {
            Recorder::start(dir, &config, end.reports.clone()).map(|(recorder, feed)| (Some(recorder), Some(feed)))?
        }
        None => (None, None),
    };
    let trainer = setup.spawn(end, feed).context("cannot start the trainer's thread")?;
    let outcome = headless::run(&link)?;
    // Without anybody to command it the trainer ends, whatever it was doing.
    drop(link);
    let _ = trainer.join();
    if let Some(recorder) = recorder {
        recorder.finish()?;
    }
    if let Some(why) = &outcome.why {
        let _ = writeln!(std::io::stderr(), "{why}");
    }
    let _ = std::io::stdin().is_terminal();
    Ok(ExitCode::from(outcome.exit.code()))
}
