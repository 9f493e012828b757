//! A run without a dashboard: on standard output, or with no screen at all, where it has gone.

use std::path::Path;

use anyhow::Context;

use super::Watched;
use crate::config::OnHangup;
use crate::headless::{self, Interrupts, LogEvery, Manner, Settle, Unattended};
use crate::link::{Command, Link, RunInfo};
use crate::system::output;
use crate::{run, terminal};

/// Follows the run without a dashboard.
pub(super) fn on_output(
    link: &Link,
    interrupts: &Interrupts,
    (on_hangup, log_every): (OnHangup, LogEvery),
    dir: Option<&Path>,
    settle: Settle,
) -> Watched {
    let log = dir.map(|dir| dir.join(run::LOG_FILE));
    let outcome = headless::run(link, interrupts, Manner { on_hangup, log, log_every, ..Manner::default() }, settle);
    // Into a pipe goes JSON and nothing else.
    let line = dir.filter(|_| output::out().is_terminal()).map(|dir| format!("recorded in {}", dir.display()));
    Watched { code: outcome.exit.code(), over: true, line, why: outcome.why }
}

/// Lets go of the terminal and follows the run, unseen, to its end: reports are taken in, what is said goes to the log
/// of the run directory `dir`, SIGTERM and SIGINT stop the run with a checkpoint, SIGUSR1 keeps one, SIGHUP does
/// nothing. `info` is what the run is, where it has already said so.
///
/// A recorded run that pauses waits: somebody may come who resumes it. One without a directory is stopped then.
///
/// # Errors
///
/// The signal handlers cannot be installed, or the descriptors cannot be pointed away. The run has not been told
/// anything.
pub(super) fn go_on(link: &Link, dir: Option<&Path>, info: Option<Box<RunInfo>>) -> anyhow::Result<Watched> {
    // Nobody is there who could ask for more after its last step. One that obeys nothing more has ended.
    let _ = link.commands.send(Command::Unattended);
    // In this order: a signal in between is heard by both.
    let interrupts = Interrupts::listen().context("cannot listen for signals")?;
    terminal::disown(dir.map(|dir| dir.join(run::LOG_FILE)).as_deref()).context("cannot let go of the terminal")?;
    Ok(follow(link, &interrupts, dir, info, OnHangup::Continue))
}

/// Follows the run, which has no screen, to its end, as [`go_on`] says.
pub(super) fn follow(
    link: &Link,
    interrupts: &Interrupts,
    dir: Option<&Path>,
    info: Option<Box<RunInfo>>,
    on_hangup: OnHangup,
) -> Watched {
    let manner = Manner { on_hangup, waits: dir.is_some(), info, ..Manner::default() };
    let outcome = headless::follow_as(link, &mut Unattended, interrupts, manner);
    Watched { code: outcome.exit.code(), over: true, line: None, why: outcome.why }
}

/// That a run that was started in the background has no screen, and how to get one.
pub(super) fn in_background(dir: Option<&Path>, served: bool) -> String {
    let way = match dir.filter(|_| served) {
        Some(dir) => format!("gantop attach {} shows it", dir.display()),
        None => "nobody can attach to it, because it has no socket".to_owned(),
    };
    format!("started in the background, so the run has no screen; {way}")
}
