//! What a run goes on from.

use std::path::{Path, PathBuf};

use crate::checkpoint::{self, Checkpoint};
use crate::cli::Train;
use crate::config::Config;
use crate::run::At;
use crate::run::checkpoints::{self, Item};
use crate::ui::Shelf;

/// What a run goes on from.
#[derive(Debug)]
pub struct Taken {
    /// Its config, with what the arguments changed.
    pub config: Config,
    pub checkpoint: Checkpoint,
    pub file: PathBuf,
    /// The directory that is written on, if it is the run's own.
    pub directory: Option<PathBuf>,
    /// Rows of its metrics.csv at that step.
    pub rows: u64,
    /// What the person should know.
    pub notes: Vec<String>,
}

impl Taken {
    /// Where its directory is taken up.
    pub fn at(&self) -> At {
        At { step: self.checkpoint.info.step, rows: self.rows }
    }
}

/// Why a run cannot be gone on with.
#[derive(Debug, thiserror::Error)]
#[error("--resume: {0}")]
pub struct BadResume(String);

/// What `--resume` names: of a run directory the newest checkpoint that can be read, to go on in that directory unless
/// `--run-dir` gives another one; else a checkpoint's file, whose run is left alone.
pub fn find(run: &Path, args: &Train) -> Result<Taken, BadResume> {
    refuse_changes(args)?;
    if !run.exists() {
        return Err(BadResume(format!("there is no {}", run.display())));
    }
    let taken = if run.is_dir() {
        let (header, file, checkpoint, damaged) = checkpoints::newest(run).map_err(BadResume)?;
        let notes = damaged.iter().map(|why| format!("skipped a checkpoint: {why}")).collect();
        let elsewhere = args.run_dir.is_some() || args.no_record;
        let directory = (!elsewhere).then(|| run.to_owned());
        Taken { config: checkpoint.info.config.clone(), checkpoint, file, directory, rows: header.rows, notes }
    } else {
        let checkpoint = checkpoint::read(run).map_err(|error| BadResume(error.to_string()))?;
        let (directory, rows, notes) = (None, 0, Vec::new());
        Taken { config: checkpoint.info.config.clone(), checkpoint, file: run.to_owned(), directory, rows, notes }
    };
    let (done, mut config) = (taken.checkpoint.info.step, taken.config);
    if config.record.every == 0 {
        // Chosen by the number of steps, which may change now; the rows of one file are equally far apart.
        config.record.every = crate::run::row_every(&config);
    }
    config.steps = args.config.steps.unwrap_or(config.steps);
    config.device = args.config.device.unwrap_or(config.device);
    if config.steps != 0 && config.steps <= done {
        let why = format!("{} has done {done} of {} steps", taken.file.display(), config.steps);
        return Err(BadResume(format!("{why}: give --steps N with a larger N, or 0 for no last step")));
    }
    Ok(Taken { config, ..taken })
}

/// A run that goes on keeps its config.
fn refuse_changes(args: &Train) -> Result<(), BadResume> {
    let given = [
        ("a config", args.config.config.is_some()),
        ("--set", !args.config.set.is_empty()),
        ("--seed", args.config.seed.is_some()),
    ];
    match given.iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((what, _)) => Err(BadResume(format!(
            "a run goes on with its own config and settings, and {what} cannot change them; leave it out, and change \
             settings with keys once the run goes on. --steps, --device and --run-dir may be given"
        ))),
    }
}

/// How to go on with a run that failed, if it has kept something.
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
