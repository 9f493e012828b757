//! Runs without a terminal: started so, or left by their dashboard.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Signal, getpid, kill_current_process_group, setsid};
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::domain::exit;
use crate::run::{self, LOG_FILE};
use crate::session::Train;
use crate::system::{files, output};
use crate::terminal;

/// The number of lines of a log that are told of a run that did not come up.
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

/// Starts the run of `config` in a process of its own, without a terminal, and waits until it is up, even where nobody
/// can attach to it; prints its directory. The arguments are this process's own.
///
/// # Errors
///
/// There is no directory for it, or it did not come up: what it said.
pub fn start(config: &Config, args: &Train) -> anyhow::Result<ExitCode> {
    let own =
        args.resume.as_deref().map(run::folder::find).transpose()?.filter(|run| run.is_dir() && args.run_dir.is_none());
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
    if let Some(why) = up?.unreached {
        let _ = writeln!(output::err(), "gantop: nobody can attach to this run: {why}");
    }
    let _ = writeln!(output::out(), "{}", dir.display());
    Ok(ExitCode::from(exit::DONE))
}

/// The most of a log that is looked through for what a process said: 64 MiB.
const MOST_LOG: u64 = 1 << 26;

/// The report of a run without a terminal to whoever started it, once it is up: a line of JSON on its standard output.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Up {
    /// Why nobody can attach to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    unreached: Option<String>,
}

/// The most that is read of it, in bytes.
const MOST_SAID: u64 = 1 << 16;

/// Tells the process that started this one that the run is up, and why nobody can attach to it, if so.
pub fn tell_up(unreached: Option<&str>) {
    let up = Up { unreached: unreached.map(str::to_owned) };
    if let Ok(line) = output::json::to_line(&up) {
        // Who has gone meanwhile misses it.
        let mut out = output::out();
        let _ = out.write_all(&line).and_then(|()| out.flush());
    }
    // Nobody reads more.
    if let Ok(nowhere) = files::nowhere() {
        let _ = rustix::stdio::dup2_stdout(nowhere);
    }
}

fn launch(dir: &Path, new: bool) -> Result<Up, Error> {
    run::folder::make(dir).map_err(Error::Spawn)?;
    let path = dir.join(LOG_FILE);
    let log = files::append(&path).map_err(Error::Spawn)?;
    let before = log.metadata().map_or(0, |meta| meta.len()) as usize;
    let mut command = Command::new(std::env::current_exe().map_err(Error::Spawn)?);
    command.args(std::env::args_os().skip(1).filter(|arg| arg != "--detach")).arg("--detached");
    if new {
        command.arg("--run-dir").arg(dir);
    }
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().map_err(Error::Spawn)?;
    if let Some(up) = wait_until_up(&mut child) {
        return Ok(up);
    }
    let said = files::read(&path, MOST_LOG).unwrap_or_default();
    let said = String::from_utf8_lossy(&said[before.min(said.len())..]).trim().to_owned();
    let lines: Vec<&str> = said.lines().collect();
    let said = lines[lines.len().saturating_sub(TOLD)..].join("\n");
    Err(Error::Failed(if said.is_empty() { "it does not say why".to_owned() } else { said }))
}

/// Waits until the run of a child is up; none where it has ended before, and not well.
fn wait_until_up(child: &mut Child) -> Option<Up> {
    let mut line = Vec::new();
    if let Some(out) = child.stdout.take() {
        let _ = BufReader::new(out.take(MOST_SAID)).read_until(b'\n', &mut line);
    }
    if let Ok(up) = serde_json::from_slice(&line) {
        return Some(up);
    }
    // It says nothing where the run was over before it began, and its end was only written.
    child.wait().is_ok_and(|status| status.success()).then(Up::default)
}

/// Leaves the terminal's session, for a process that was started without one.
pub fn leave_session() {
    // Who leads a process group cannot, and has been started otherwise.
    let _ = setsid();
}

/// The time in which a run that ends with its dashboard says so.
const LAST_WORD: Duration = Duration::from_secs(1);
/// The time between two looks at the terminal, and at whether the run is over.
const GLANCE: Duration = Duration::from_millis(100);

/// Gives the terminal back to the shell, has `follow` follow the run in `dir`, and meanwhile shows its dashboard whenever
/// the shell brings the job to the foreground.
pub fn while_away<T>(dir: Option<&Path>, follow: impl FnOnce() -> T) -> T {
    // Before standard input is pointed away.
    let terminal = io::stdin().as_fd().try_clone_to_owned().ok().filter(|_| terminal::can_be_continued());
    to_background();
    let over = Arc::new(AtomicBool::new(false));
    if let (Some(dir), Some(terminal)) = (dir, terminal) {
        let (dir, over) = (dir.to_owned(), over.clone());
        // Without it fg brings no screen, and attach still does.
        let _ = thread::Builder::new().name("foreground".to_owned()).spawn(move || come_back(&terminal, &dir, &over));
    }
    let followed = follow();
    over.store(true, Ordering::Relaxed);
    followed
}

/// Shows the dashboard in a process of its own, each time that the job is in the foreground again, until the run is over.
fn come_back(terminal: &OwnedFd, dir: &Path, over: &AtomicBool) {
    while !over.load(Ordering::Relaxed) {
        // A shell sends no signal to a job that it knows to be running already.
        if terminal::is_in_foreground_of(terminal) != Some(true) {
            thread::sleep(GLANCE);
            continue;
        }
        // It leads the same job: what stops one stops both.
        let shown = || {
            let mut command = Command::new(std::env::current_exe()?);
            command.arg("attach").arg(dir).stdin(terminal.try_clone()?);
            command.stdout(terminal.try_clone()?).stderr(terminal.try_clone()?).spawn()?.wait()
        };
        let _ = shown();
        // It has been left, or the run has ended.
        let left = Instant::now();
        while !over.load(Ordering::Relaxed) && left.elapsed() < LAST_WORD {
            thread::sleep(GLANCE);
        }
        if !over.load(Ordering::Relaxed) {
            to_background();
        }
    }
}

/// Gives the terminal back to the shell that waits for this process, which goes on as a job in the background: the job
/// stops, as by Ctrl-Z, and a helper continues it. Where no shell waits it goes on all the same.
fn to_background() {
    let job = match terminal::group() {
        Some(group) => format!("-{}", group.as_raw_nonzero()),
        None => getpid().as_raw_nonzero().to_string(),
    };
    let helper = format!("sleep 1; kill -s CONT -- {job}");
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &helper]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // In a group of its own it is not stopped with the job.
    let Ok(mut helper) = command.process_group(0).spawn() else { return };
    let _ = kill_current_process_group(Signal::TSTP);
    let _ = helper.wait();
}
