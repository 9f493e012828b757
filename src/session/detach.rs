//! Runs without a terminal: started so, or left by their dashboard.

use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::{Signal, getpgrp, kill_current_process_group, setsid};

use crate::config::Config;
use crate::domain::exit;
use crate::run::{self, LOG_FILE};
use crate::serve::client::Remote;
use crate::session::Train;
use crate::system::{files, output};

/// How often it is looked whether a run is up.
const POLL: Duration = Duration::from_millis(50);
/// How many lines of a log are told of a run that did not come up.
const TOLD: usize = 40;

/// Why a run cannot be started without a terminal. Each says all there is to say.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "--detach needs a run directory, or nobody could come back: leave out --no-record and record.enabled = false"
    )]
    NoDirectory,
    #[error("cannot start a process for the run: {0}")]
    Spawn(io::Error),
    #[error("the run did not start:\n{0}")]
    Failed(String),
}

/// Starts the run of `config` in a process of its own, without a terminal, and waits until it is up; prints its
/// directory. The arguments are this process's own.
///
/// # Errors
///
/// There is no directory for it, or it did not come up: what it said.
pub fn start(config: &Config, args: &Train) -> anyhow::Result<ExitCode> {
    let own = args.resume.as_deref().map(run::folder::find).filter(|run| run.is_dir() && args.run_dir.is_none());
    let new = own.is_none() && args.run_dir.is_none();
    let dir = match own {
        Some(dir) => dir,
        None => super::directory(config, args)?.ok_or(Error::NoDirectory)?,
    };
    let up = launch(&dir, new);
    if up.is_err() && new {
        // Nothing was done in it: do not leave it to be mistaken for a run.
        let _ = files::remove(&dir.join(LOG_FILE));
        let _ = files::remove_empty(&dir);
    }
    up?;
    let _ = writeln!(output::out(), "{}", dir.display());
    Ok(ExitCode::from(exit::DONE))
}

/// The most of a log that is looked through for what a process said: 64 MiB.
const MOST_LOG: u64 = 1 << 26;

fn launch(dir: &Path, new: bool) -> Result<(), Error> {
    run::folder::make(dir).map_err(Error::Spawn)?;
    let path = dir.join(LOG_FILE);
    let log = files::append(&path).map_err(Error::Spawn)?;
    let before = log.metadata().map_or(0, |meta| meta.len()) as usize;
    let mut command = Command::new(std::env::current_exe().map_err(Error::Spawn)?);
    command.args(std::env::args_os().skip(1).filter(|arg| arg != "--detach")).arg("--detached");
    if new {
        command.arg("--run-dir").arg(dir);
    }
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().map_err(Error::Spawn)?;
    if wait_until_up(&mut child, dir) {
        return Ok(());
    }
    let said = files::read(&path, MOST_LOG).unwrap_or_default();
    let said = String::from_utf8_lossy(&said[before.min(said.len())..]).trim().to_owned();
    let lines: Vec<&str> = said.lines().collect();
    let said = lines[lines.len().saturating_sub(TOLD)..].join("\n");
    Err(Error::Failed(if said.is_empty() { "it does not say why".to_owned() } else { said }))
}

/// Waits until the run of a child can be attached to; false: it has ended before, and not well.
fn wait_until_up(child: &mut Child, dir: &Path) -> bool {
    loop {
        if Remote::connect(dir).is_ok() {
            return true;
        }
        match child.try_wait() {
            Ok(None) => thread::sleep(POLL),
            // A short run may be over already.
            Ok(Some(status)) => return status.success(),
            Err(_) => return false,
        }
    }
}

/// Leaves the terminal's session, for a process that was started without one.
pub fn leave_session() {
    // Who leads a process group cannot, and has been started otherwise.
    let _ = setsid();
}

/// Gives the terminal back to the shell that waits for this process, which goes on as a job in the background: the job
/// stops, as by Ctrl-Z, and a helper continues it. Where no shell waits it goes on all the same.
pub fn to_background() {
    let helper = format!("sleep 1; kill -s CONT -- -{}", getpgrp().as_raw_nonzero());
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &helper]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // In a group of its own it is not stopped with the job.
    let Ok(mut helper) = command.process_group(0).spawn() else { return };
    let _ = kill_current_process_group(Signal::TSTP);
    let _ = helper.wait();
}
