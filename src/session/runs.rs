//! The list of runs on the screen, and the dashboards that are opened from it.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use super::request::{Attach, DisplayArgs, View};
use super::screen::Left;
use super::{attach, view};
use crate::config;
use crate::domain::exit;
use crate::foreign::list::rows;
use crate::run::differences::{self, Keys};
use crate::run::folder;
use crate::run::removal::{self, Contents};
use crate::run::row::Row;
use crate::serve::server::socket;
use crate::system::output;
use crate::ui;
use crate::ui::runs::list::RunList;
use crate::ui::runs::press::told;
use crate::ui::runs::{self, Library, Listing};

/// The least time between two looks at the directory.
const POLL: Duration = Duration::from_secs(2);
/// The rest after a look, in times that the look took.
const REST: u32 = 20;

/// Whether the list can be shown on standard input and output: a terminal that can be drawn on.
pub fn can_browse() -> bool {
    super::screen::can_show().is_ok()
}

/// Shows the list of the runs in `parent`, which are `rows` at first, until the person leaves it; opens the dashboards
/// that are asked for, and comes back.
///
/// # Errors
///
/// The terminal cannot be taken, or broke.
pub fn browse(parent: &Path, rows: Vec<Row>, display: &DisplayArgs) -> anyhow::Result<ExitCode> {
    let own = config::own()?;
    let options = ui::Options { keymap: own.keys.keymap(), ..super::screen::options(display, own.ui) };
    let first = Listing { at: SystemTime::now(), rows: Ok(rows) };
    let mut list = RunList::new(&options, output::one_line(&parent.display().to_string()), first);
    loop {
        let mut terminal = super::screen::enter(None, display, own.ui)?;
        let events = terminal.events();
        let library = Shelves::open(parent).context("cannot start the thread that looks for runs")?;
        let left = runs::choose(&mut terminal, &events, &library, &mut list);
        terminal.leave();
        drop((terminal, library));
        let opened = match left {
            Ok(runs::Left::Quit) => return Ok(ExitCode::from(exit::DONE)),
            Ok(runs::Left::Terminate) => return Ok(ExitCode::from(exit::TERMINATED)),
            Ok(runs::Left::Interrupt) => return Ok(ExitCode::from(exit::INTERRUPTED)),
            // A terminal that cannot be written to has gone.
            Ok(runs::Left::HangUp) | Err(_) => return Ok(ExitCode::from(exit::HUNG_UP)),
            Ok(runs::Left::Attach(dir)) => attached(dir, display),
            Ok(runs::Left::View(dirs)) => viewed(dirs, display),
        };
        match opened {
            Ok(Left { code: code @ (exit::TERMINATED | exit::INTERRUPTED | exit::HUNG_UP), line, .. }) => {
                if let Some(line) = line {
                    let _ = writeln!(output::err(), "gantop: {line}");
                }
                return Ok(ExitCode::from(code));
            }
            Ok(Left { code, line: Some(line), .. }) => list.say(output::one_line(&line), code != exit::DONE),
            Ok(_) => {}
            Err(error) => {
                let text = output::escaped(&format!("{error:#}")).into_owned();
                let lines = told(&list, &text);
                list.tell("this cannot be opened", lines);
            }
        }
    }
}

/// Shows the list that a dashboard was left for: of the directory that its run is in, or the usual one. `said` is what
/// was to be said then.
///
/// # Errors
///
/// Those of [`browse`]; the directory cannot be read.
pub(super) fn come(run: Option<&Path>, said: Option<String>, display: &DisplayArgs) -> anyhow::Result<ExitCode> {
    let run = run.map(folder::find).transpose()?;
    let parent = run.as_deref().and_then(Path::parent).filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new(if run.is_some() { "." } else { folder::RUNS }));
    let rows = rows(parent).with_context(|| format!("{}: cannot be read", parent.display()))?;
    if let Some(said) = said {
        let _ = writeln!(output::out(), "gantop: {said}");
    }
    browse(parent, rows, display)
}

/// Shows the dashboard of a run that goes on.
fn attached(dir: PathBuf, display: &DisplayArgs) -> anyhow::Result<Left> {
    attach::dashboard(&Attach { run: Some(dir), listen: None, read_only: false, display: display.clone() })
}

/// Shows the dashboard of recorded runs.
fn viewed(runs: Vec<PathBuf>, display: &DisplayArgs) -> anyhow::Result<Left> {
    let args = View { runs, divide_steps: 1, tag: Vec::new(), display: display.clone() };
    Ok(view::dashboard(&args)?.0)
}

/// The runs in a directory, which a thread looks at again and again as long as this lives.
struct Shelves {
    listings: Receiver<Listing>,
    /// Letting go of it ends the thread.
    look: Sender<()>,
}

impl Shelves {
    fn open(parent: &Path) -> io::Result<Shelves> {
        let (sender, listings) = crossbeam_channel::bounded(1);
        let (look, asked) = crossbeam_channel::bounded(1);
        let parent = parent.to_owned();
        thread::Builder::new().name("runs".to_owned()).spawn(move || watch(&parent, &sender, &asked))?;
        Ok(Shelves { listings, look })
    }
}

fn watch(parent: &Path, listings: &Sender<Listing>, asked: &Receiver<()>) {
    let mut rest = POLL;
    loop {
        match asked.recv_timeout(rest) {
            Ok(()) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        let begun = Instant::now();
        let rows =
            rows(parent).map_err(|why| output::one_line(&format!("{}: cannot be read: {why}", parent.display())));
        rest = POLL.max(begun.elapsed() * REST);
        if listings.send(Listing { at: SystemTime::now(), rows }).is_err() {
            return;
        }
    }
}

impl Library for Shelves {
    fn listings(&self) -> &Receiver<Listing> {
        &self.listings
    }

    fn look(&self) {
        // One that has been asked already looks anyway.
        let _ = self.look.try_send(());
    }

    fn config(&self, dir: &Path) -> Result<Keys, String> {
        let first = |error: view::Error| error.to_string().lines().next().map(output::one_line).unwrap_or_default();
        view::read_config(dir).map(|config| differences::keys(&config)).map_err(first)
    }

    fn contents(&self, dir: &Path) -> Result<Contents, String> {
        ensure_left(dir)?;
        removal::contents(dir).map_err(|why| why.to_string())
    }

    fn remove(&self, dir: &Path) -> Result<Contents, String> {
        ensure_left(dir)?;
        // What a dead process left is no reason to keep the directory.
        socket::clear(dir);
        removal::remove(dir).map_err(|why| why.to_string())
    }
}

/// That nobody answers for the run in `dir`: where locks say nothing, as between machines, its socket may.
fn ensure_left(dir: &Path) -> Result<(), String> {
    match socket::connect(dir) {
        Ok(_) => Err(removal::Refused::GoesOn(dir.to_owned()).to_string()),
        Err(_) => Ok(()),
    }
}
