//! The checkpoint that a run goes on from.

use std::io;
use std::path::{Path, PathBuf};

use crate::config::live::{Assignments, STEPS};
use crate::config::{self, Config, Revised};
use crate::link::checkpoint::{self, Checkpoint};
use crate::link::{Settings, Summary};
use crate::run::checkpoints::{self, Item};
use crate::run::{self, At, CONFIG_FILE, Hold, folder};
use crate::serve::server::socket;
use crate::session::Train;
use crate::system::files::{self, Directory};
use crate::ui::Shelf;

/// The checkpoint that a run goes on from.
#[derive(Debug)]
pub struct Taken {
    /// Its config, with what the arguments changed.
    pub config: Config,
    /// Settings to put in force before anything else is done.
    pub set: Assignments,
    pub checkpoint: Checkpoint,
    pub file: PathBuf,
    /// The directory that is written on, if it is the run's own: held since before anything in it was read.
    pub hold: Option<Hold>,
    /// Rows of its metrics.csv at that step.
    pub rows: u64,
    /// The notes for the person.
    pub notes: Vec<String>,
}

impl Taken {
    /// Takes over what `source` changes, and notes it key by key.
    fn revise(&mut self, revised: Revised, source: &str) {
        let Revised { config, wanted, set, differences } = revised;
        let step = self.checkpoint.info.step;
        let live = |key: &str| config::live::known(key).is_some();
        self.notes.extend(differences.iter().map(|difference| match live(&difference.key) {
            true => format!("{source}, from step {step} on: {difference}"),
            false => format!("{source}: {difference}"),
        }));
        let began = Settings::of(&self.config).keys();
        self.set.extend(Settings::of(&wanted).keys().without(&began));
        self.set.extend(set);
        self.config = config;
    }

    /// The place at which its directory is taken up.
    pub fn at(&self) -> At {
        At { step: self.checkpoint.info.step, rows: self.rows }
    }
}

/// Why a run cannot be gone on with.
#[derive(Debug, thiserror::Error)]
pub enum BadResume {
    #[error("--resume: {0}")]
    Run(String),
    /// The fault in what its config or the arguments now say.
    #[error("--resume: {0}")]
    Config(config::Error),
}

/// The decision about a run that is to go on.
#[derive(Debug)]
pub enum Fate {
    GoesOn(Box<Taken>),
    /// All its steps were done, and only its end was not written: now it is, as this says.
    Over(String),
}

/// The checkpoint that `--resume` names: of a run directory the newest checkpoint that can be read, to go on in that
/// directory unless `--run-dir` gives another one; else a checkpoint's file, whose run is left alone.
pub fn find(named: &Path, args: &Train) -> Result<Fate, BadResume> {
    refuse_changes(args)?;
    let run = &own(named)?;
    if !run.exists() {
        return Err(BadResume::Run(format!("there is no {}", run.display())));
    }
    if !run.is_dir() {
        let checkpoint = checkpoint::read(run).map_err(|error| BadResume::Run(error.to_string()))?;
        let (hold, rows, notes) = (None, 0, Vec::new());
        let (config, set) = (checkpoint.info.config.clone(), Assignments::default());
        let taken = Taken { config, set, checkpoint, file: run.to_owned(), hold, rows, notes };
        return go_on(taken, None, args);
    }
    let elsewhere = args.run_dir.is_some() || args.no_record;
    let hold = if elsewhere { None } else { Some(Hold::take(run).map_err(|error| BadResume::Run(error.to_string()))?) };
    let held = hold.as_ref().is_some_and(Hold::is_marked);
    let found = newest(run).and_then(|taken| go_on(Taken { hold, ..taken }, Some(run), args));
    if held && found.is_err() {
        // What a process that was killed left there is in nobody's use.
        socket::clear(run);
    }
    found
}

/// The run directory or file that a person names. One that was only looked up in `runs` must be this user's own.
fn own(named: &Path) -> Result<PathBuf, BadResume> {
    let run = folder::find(named).map_err(|error| BadResume::Run(error.to_string()))?;
    let is_own = run == named || Directory::open(&run).and_then(|dir| dir.is_own()).unwrap_or(true);
    if is_own {
        return Ok(run);
    }
    let path = run.display();
    Err(BadResume::Run(format!(
        "{path} belongs to another user; to go on there all the same, name it in full: --resume {path}"
    )))
}

/// The newest checkpoint in a run directory.
fn newest(run: &Path) -> Result<Taken, BadResume> {
    let (header, file, checkpoint, damaged) = checkpoints::newest(run).map_err(|why| {
        let config = run.join(CONFIG_FILE);
        let none = checkpoints::list(run).is_ok_and(|items| items.is_empty());
        let advice = format!("; it ended before its first one: start it again with gantop train {}", config.display());
        BadResume::Run(if none && config.is_file() { why + &advice } else { why })
    })?;
    let notes = damaged.iter().map(|why| format!("skipped a checkpoint: {why}")).collect();
    let (config, set) = (checkpoint.info.config.clone(), Assignments::default());
    Ok(Taken { config, set, checkpoint, file, hold: None, rows: header.rows, notes })
}

/// The run that is taken up, with what the config of its directory `run` and the arguments change, if there are steps
/// left to be done.
fn go_on(mut taken: Taken, run: Option<&Path>, args: &Train) -> Result<Fate, BadResume> {
    // Where damage asks for too much memory, or for another network than the run's, the damage is what to tell of.
    taken.checkpoint.check_size().map_err(|error| BadResume::Run(error.to_string()))?;
    if taken.config.record.every == 0 {
        // Chosen by the number of steps, which may change now; the rows of one file are equally far apart.
        taken.config.record.every = crate::run::row_every(&taken.config);
    }
    let kept = taken.checkpoint.info.scheduled;
    if let Some(file) = run.map(|run| run.join(CONFIG_FILE)).filter(|file| is_said(file)) {
        let revised = config::with_file(&taken.config, kept, &file).map_err(BadResume::Config)?;
        taken.revise(revised, &file.display().to_string());
    }
    let revised = config::with_arguments(&taken.config, kept, &args.config.set);
    let revised = revised.map_err(BadResume::Config)?;
    taken.revise(revised, "--set");
    let (done, mut config) = (taken.checkpoint.info.step, taken.config.clone());
    // The last word on it: the arguments', the file's where it was changed, what was in force at the checkpoint.
    let named = args.config.steps.or(taken.set.count(STEPS));
    let moved =
        taken.checkpoint.info.settings.steps.take().filter(|_| config.steps == taken.checkpoint.info.config.steps);
    config.steps = named.or(moved).unwrap_or(config.steps);
    taken.set.remove(STEPS);
    config.device = args.config.device.unwrap_or(config.device);
    if config.steps == 0 || config.steps > done {
        return Ok(Fate::GoesOn(Box::new(Taken { config, ..taken })));
    }
    let why = format!("{} has done {done} of {} steps", taken.file.display(), config.steps);
    match taken.hold {
        Some(hold) if config.steps == done && !hold.has_summary() => {
            close(hold, &config, &taken.checkpoint, taken.rows)
                .map(|()| Fate::Over(format!("{why}, and its end has been written; --steps N with a larger N goes on")))
                .map_err(|error| BadResume::Run(error.to_string()))
        }
        _ => Err(BadResume::Run(format!("{why}: give --steps N with a larger N, or 0 for no last step"))),
    }
}

/// Writes the end of a run that has done its steps.
fn close(hold: Hold, config: &Config, last: &Checkpoint, rows: u64) -> Result<(), run::Error> {
    let (device, threads) = hold.started().unwrap_or_default();
    let (steps, seconds, metrics) = (last.info.step, last.info.seconds, last.info.metrics.clone());
    let end = Summary { steps, seconds, metrics, stopped: false, device, threads };
    run::close(hold, config, At { step: steps, rows }, end)
}

/// Whether a file of a run holds a config: one that is gone, or empty as a loss of power leaves it, says nothing; nor
/// does one that is not the run's own, which is made anew.
fn is_said(file: &Path) -> bool {
    let own = files::parent(file).and_then(|(dir, name)| dir.check_own(name));
    // One that nobody may write is read all the same.
    own.map_or_else(|error| error.kind() == io::ErrorKind::PermissionDenied, |()| true) && files::read(file, 0).is_err()
}

/// A run that goes on keeps its config and its seed; single keys may change.
fn refuse_changes(args: &Train) -> Result<(), BadResume> {
    let given = [("a config", args.config.config.is_some()), ("--seed", args.config.seed.is_some())];
    match given.iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((what, _)) => Err(BadResume::Run(format!(
            "a run goes on with its own config, and {what} cannot change it; leave it out. --set changes single keys, \
             and --steps, --device and --run-dir may be given"
        ))),
    }
}

/// The way to go on with a run that failed, if it has kept something.
pub fn way_back(directory: &Path) -> Option<String> {
    let items = checkpoints::list(directory).ok()?;
    let (path, header) = items.iter().find_map(|item| Some((&item.path, item.header.as_ref().ok()?)))?;
    let (path, directory) = (path.display(), directory.display());
    Some(format!(
        "the last checkpoint is {path}, of step {}; gantop train --resume {directory} goes on",
        header.info.step
    ))
}

/// The checkpoints of the run in this directory, for the dashboard.
#[derive(Debug)]
pub struct RunShelf(pub PathBuf);

impl Shelf for RunShelf {
    fn list(&self) -> Result<Vec<Item>, String> {
        checkpoints::list(&self.0).map_err(|error| format!("{}: {error}", self.0.display()))
    }

    fn load(&self, file: &Path) -> Result<Checkpoint, String> {
        checkpoint::read(file).map_err(|error| error.to_string())
    }
}
