//! The dashboard of a run in another process.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;

use super::listen::{self, Waited};
use super::resume::RunShelf;
use super::runs;
use super::screen::{self, Left, NoScreen};
use crate::domain::exit;
use crate::run::folder;
use crate::run::list::{Found, State, list};
use crate::serve::client::{self, Remote};
use crate::serve::protocol::Capabilities;
use crate::serve::server::socket::{self, Place};
use crate::session::request::Attach;
use crate::system::output;
use crate::ui::state::attached::{self, Attached};
use crate::ui::{self, Ending, Exit, Shelf};

/// Why a run cannot be attached to or commanded. Each says all there is to say: it has no source.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("gantop attach shows a dashboard, which {0}; gantop ctl commands a run from a script")]
    NoScreen(NoScreen),
    #[error("there is no live run in {}: name a run's directory, or look at one that is over with gantop view",
        .0.display())]
    NoRuns(PathBuf),
    #[error("there is no run {}: gantop runs lists those in {}", .0.display(), folder::RUNS)]
    NoRun(PathBuf),
    #[error("the run {run} is over{how}: gantop view {run} shows it", run = .run.display())]
    Over { run: PathBuf, how: String },
    #[error("{0}")]
    Command(String),
    #[error("the run has not started yet")]
    NotStarted,
    #[error("the run has no checkpoint to go back to: gantop ctl RUN checkpoint makes one")]
    NoCheckpoint,
    #[error("cannot wait for a trainer there: {0}")]
    NoPlace(socket::Error),
    #[error("the run {} goes on, but cannot be reached: {why}", run.display())]
    Unreached { run: PathBuf, why: client::Error },
}

/// Shows the dashboard of a run in another process.
///
/// # Errors
///
/// There is no terminal, or no such run; the terminal broke.
pub fn attach(args: &Attach) -> anyhow::Result<ExitCode> {
    let Left { code, line, runs } = dashboard(args)?;
    if runs {
        return runs::come(args.run.as_deref(), line, &args.display);
    }
    if let Some(line) = line {
        let _ = writeln!(output::out(), "gantop: {line}");
    }
    Ok(ExitCode::from(code))
}

/// As [`attach`], without a word of its own.
pub(super) fn dashboard(args: &Attach) -> anyhow::Result<Left> {
    screen::can_show().map_err(Error::NoScreen)?;
    // Nobody comes to a dashboard that cannot be shown.
    let own = crate::config::own()?;
    let place = args.listen.as_deref().map(Place::take).transpose().map_err(Error::NoPlace)?;
    let (mut remote, dir) = match (&args.listen, &place) {
        (Some(path), Some(place)) => match listen::wait(place, path).context("cannot wait for a trainer")? {
            Waited::Come(remote) => (*remote, path.clone()),
            Waited::Told(signal) => return Ok(Left::with(128 + signal as u8)),
        },
        _ => {
            let dir = meant(args.run.as_deref())?;
            (connect(&dir)?, dir)
        }
    };
    // It shows one trainer: others find nobody.
    let listens = place.is_some();
    drop(place);
    remote.greet(true, args.read_only)?;
    let mut capabilities = Capabilities::of(&remote.hello);
    if listens {
        // Checkpoints of another program are no files of a run directory.
        capabilities = capabilities.without("restore");
    }
    let run = remote.hello.run.clone();
    let to = Attached { run, path: dir.display().to_string(), read_only: args.read_only, listens, capabilities };
    let link = remote.link().context("cannot start the threads of a connection")?;
    let notifies = own.alerts.reaches_the_terminal();
    let mut options =
        ui::Options { keymap: own.keys.keymap(), notifies, ..super::screen::options(&args.display, own.ui) };
    if listens {
        // What its data are is not known.
        options.analyst_share = 0.0;
    }
    let to_run = to.clone();
    // Nothing is written in the run's directory, which may be anybody's.
    let mut terminal = super::screen::enter(None, &args.display, own.ui)?;
    terminal.set_alerts(own.alerts);
    let (events, shelf) = (terminal.events(), RunShelf(dir));
    let shelf: Option<&dyn Shelf> = if listens { None } else { Some(&shelf) };
    let left = attached::attach(&mut terminal, events, &link, options, shelf, to);
    terminal.leave();
    drop(link);
    let runs = matches!(left, Ok(Exit::Runs));
    let (code, line) = match left {
        Ok(Exit::Quit(Some(ending)) | Exit::Ended(ending)) => told(&ending, &to_run),
        Ok(Exit::Quit(None) | Exit::Detach | Exit::Runs) => (exit::DONE, to_run.goes_on()),
        Ok(Exit::Terminate(_)) => (exit::TERMINATED, to_run.goes_on()),
        Ok(Exit::Interrupt(_)) => (exit::INTERRUPTED, to_run.goes_on()),
        // A terminal that cannot be written to has gone.
        Ok(Exit::HangUp(_)) | Err(_) => return Ok(Left::with(exit::HUNG_UP)),
    };
    Ok(Left { code, line: Some(line), runs })
}

fn told(ending: &Ending, to: &Attached) -> (u8, String) {
    match ending {
        Ending::Finished(summary) => {
            let how = if summary.stopped { "was stopped" } else { "has finished" };
            let recorded = if to.listens { String::new() } else { format!("; recorded in {}", to.path) };
            (exit::DONE, format!("the run {how} after {} steps{recorded}", summary.steps))
        }
        Ending::Failed(why) => (exit::FAILED, format!("the run has failed: {why}")),
        Ending::Gone => (exit::FAILED, to.lost()),
    }
}

/// The run of this name; where none is named, or by [`folder::NEWEST`], the newest that goes on.
pub(super) fn meant(run: Option<&Path>) -> anyhow::Result<PathBuf> {
    match run {
        Some(run) if run.as_os_str() != folder::NEWEST => Ok(folder::find(run)?),
        _ => Ok(newest(Path::new(folder::RUNS))?),
    }
}

/// The newest run that goes on.
fn newest(parent: &Path) -> Result<PathBuf, Error> {
    let goes_on = |found: &Found| matches!(found, Found::Run(run) if run.state == State::Running);
    let found = list(parent).unwrap_or_default().into_iter().find(|run| goes_on(&run.found));
    found.map(|run| run.dir).ok_or_else(|| Error::NoRuns(parent.to_owned()))
}

/// Connects to the run in `dir`, or says what has become of it.
pub(super) fn connect(dir: &Path) -> Result<Remote, Error> {
    Remote::connect(dir).map_err(|why| {
        let run = dir.to_owned();
        let nobody = matches!(why, client::Error::Socket(socket::Error::System { .. }));
        if !dir.join(crate::run::CONFIG_FILE).is_file() {
            Error::NoRun(run)
        } else if nobody && !folder::is_written(dir) {
            let how = crate::run::summary::Summary::read(dir).ok().flatten();
            let how = how.map_or(String::new(), |summary| format!(" ({} at step {})", summary.state, summary.steps));
            Error::Over { run, how }
        } else {
            Error::Unreached { run, why }
        }
    })
}
