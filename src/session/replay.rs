//! `gantop replay`: trains a recorded run again from its config and journal, and compares.
//!
//! The journal is first made into a list of acts, each at its step; what a process did after the checkpoint that the
//! next one went on from is left out, for its rows were cut off too. Then a trainer does them, and what it hands to its
//! recorder is compared with metrics.csv and with every checkpoint that is still there.

mod acts;

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use crossbeam_channel::{Receiver, Sender};

use crate::config;
use crate::domain::{Metric, MetricTable, StepRecord};
use crate::link::checkpoint::{self, Checkpoint};
use crate::link::{self, Change, Command, Entry, Report, RunState, Settings, StateChange};
use crate::run::checkpoints::{self, FOLDER};
use crate::run::{self, CONFIG_FILE, JOURNAL_FILE, METRICS_FILE, journal, metrics};
use crate::train::Setup;
use acts::{Act, Deed, acts};

/// The name of the state before a change that was taken back: it is of no file.
const UNDONE: &str = "the state before a change";

/// Why a run cannot be trained again.
#[derive(Debug, thiserror::Error)]
#[error("{}: {why}", path.display())]
pub struct BadRun {
    path: PathBuf,
    why: String,
}

/// The findings of a replay.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Steps done, with those of abandoned branches.
    steps: u64,
    /// Interventions made again.
    acts: u64,
    /// Rows of metrics.csv that were compared.
    rows: u64,
    /// Checkpoints that were compared, and the last one's step.
    checkpoints: u64,
    last: Option<u64>,
    /// The first row that differs.
    metrics_differ: Option<String>,
    /// The first checkpoint that differs.
    weights_differ: Option<String>,
    /// Why it could not go on.
    stuck: Option<String>,
    notes: Vec<String>,
}

impl Outcome {
    /// Whether everything that was compared is the same to the bit, and the weights were among it.
    pub fn is_identical(&self) -> bool {
        let differs = self.metrics_differ.is_some() || self.weights_differ.is_some() || self.stuck.is_some();
        !differs && self.checkpoints > 0
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        writeln!(f, "trained {} steps again, with {} interventions", self.steps, self.acts)?;
        match &self.metrics_differ {
            Some(why) => writeln!(f, "metrics: {why}")?,
            None => writeln!(f, "metrics: {} rows, identical", self.rows)?,
        }
        match (&self.weights_differ, self.last) {
            (Some(why), _) => writeln!(f, "weights: {why}")?,
            (None, Some(step)) => {
                writeln!(f, "weights: identical in {} checkpoints, the last at step {step}", self.checkpoints)?;
            }
            (None, None) => writeln!(f, "weights: the run has no checkpoint to compare with")?,
        }
        match &self.stuck {
            Some(why) => writeln!(f, "stopped early: {why}"),
            None => Ok(()),
        }
    }
}

/// Trains the run in `directory` again.
///
/// # Errors
///
/// The directory lacks a config or a journal that can be read, or the trainer cannot be started. A run that comes out
/// otherwise is an [`Outcome`].
pub fn replay(directory: &Path) -> anyhow::Result<Outcome> {
    let bad = |name: &str, why: String| BadRun { path: directory.join(name), why };
    let text = crate::system::files::read_text(&directory.join(CONFIG_FILE), 1 << 20)
        .map_err(|e| bad(CONFIG_FILE, e.to_string()))?;
    let mut config = match checkpoints::lost_config(directory) {
        Some(known) => known.map_err(|why| BadRun { path: directory.to_owned(), why })?,
        None => config::parse(&text, &directory.join(CONFIG_FILE).display().to_string())?,
    };
    let (events, torn) = journal::read(&directory.join(JOURNAL_FILE)).context("replay needs the journal")?;
    let rows =
        metrics::read(&directory.join(METRICS_FILE), &MetricTable::of(&config)).context("replay needs the metrics")?;
    let every = run::row_every(&config);
    // What the schedule and the rules did stands in the journal, and so does when checkpoints were made.
    config.schedule.clear();
    config.steps = 0;
    // Nobody looks at pictures.
    config.record.tensorboard = false;
    // What an evaluation finds is no part of what is compared.
    config.evaluate = None;
    config.health = config.health.off();
    (config.checkpoint.every_steps, config.checkpoint.every_minutes) = (0, 0.0);
    let plan = acts(&events, &directory.join(FOLDER)).map_err(|why| bad(JOURNAL_FILE, why))?;

    let mut setup = Setup::new(config.clone())?.paused();
    super::memory::ensure_again(&setup.need(true), directory)?;
    let mut settings = Settings::of(&config);
    let mut step = 0;
    if let Some(file) = &plan.from {
        let from = checkpoint::read(file).map_err(|why| bad(JOURNAL_FILE, format!("it goes on from a run: {why}")))?;
        (step, settings) = (from.info.step, from.info.settings.clone());
        setup = setup.resumed(from, file.clone())?;
    }
    let (link, end) = link::pair();
    let (feed, entries) = crossbeam_channel::bounded(link::REPORT_CAPACITY);
    // Everything comes through the feed, in order; nobody watches.
    drop(link.reports);
    let trainer = setup.spawn(end, Some(feed)).context("cannot start the trainer's thread")?;
    let mut replay = Replay {
        commands: link.commands,
        entries,
        step,
        settings,
        rows,
        every: every.max(1),
        folder: directory.join(FOLDER),
        kept: plan.wanted.iter().map(|name| (name.clone(), None)).collect(),
        before: plan.undone.iter().map(|change| (*change, None)).collect(),
        made: None,
        outcome: Outcome::default(),
    };
    replay.outcome.notes.extend(torn.map(|torn| format!("{}: {torn}", directory.join(JOURNAL_FILE).display())));
    // It begins with the pause before its first step.
    let begun = replay.pause().map(drop);
    let ended = begun
        .and_then(|()| plan.acts.iter().try_for_each(|act| replay.act(act)))
        .and_then(|()| replay.follow_rows(directory));
    replay.outcome.stuck = ended.err();
    let Replay { commands, entries, outcome, .. } = replay;
    drop((commands, entries));
    let _ = trainer.join();
    Ok(outcome)
}

/// A run that is trained again.
struct Replay {
    commands: Sender<Command>,
    entries: Receiver<Entry>,
    /// Steps completed.
    step: u64,
    settings: Settings,
    /// The rows that are left of metrics.csv.
    rows: metrics::Rows,
    every: u64,
    folder: PathBuf,
    /// The checkpoints that the run went back to later, once they are made.
    kept: HashMap<String, Option<Arc<Checkpoint>>>,
    /// The states before the changes that were taken back later, by the changes' numbers, once they are made.
    before: HashMap<usize, Option<Arc<Checkpoint>>>,
    /// The last checkpoint that came.
    made: Option<Box<Checkpoint>>,
    outcome: Outcome,
}

impl Replay {
    fn act(&mut self, act: &Act) -> Result<(), String> {
        self.advance(act.step)?;
        match &act.deed {
            Deed::Set { settings, change } => {
                self.remember(*change)?;
                // A journal from before a setting could change says nothing of it.
                let settings = settings.filled(&self.settings);
                // How long it goes on is said by the steps that were made.
                let settings = Settings { steps: self.settings.steps, ..settings };
                self.settings.changes(&settings).into_iter().try_for_each(|change| self.change(change))?;
                self.outcome.acts += 1;
                match self.settings == settings {
                    true => Ok(()),
                    false => Err(format!("step {}: the journal's settings cannot be reached", act.step)),
                }
            }
            Deed::Save { name } => {
                self.send(Command::Save)?;
                self.checkpoint()?;
                self.compare(name);
                self.outcome.acts += 1;
                Ok(())
            }
            Deed::Made { name } => {
                self.compare(name);
                Ok(())
            }
            Deed::Renew { change } => {
                self.remember(*change)?;
                self.outcome.acts += 1;
                self.change(Change::FreshCritic)
            }
            Deed::Undo { change } => {
                let state = self.before.get(change).cloned().flatten();
                self.back_to(state.ok_or("the change that is taken back was not made")?, Path::new(UNDONE))
            }
            Deed::Restore { name, file } => {
                let checkpoint = match self.kept.get(name).cloned().flatten() {
                    Some(checkpoint) => checkpoint,
                    None => {
                        self.outcome.notes.push(format!("{name} was not made again: the run's own is taken"));
                        Arc::new(checkpoint::read(file).map_err(|error| error.to_string())?)
                    }
                };
                self.back_to(checkpoint, file)
            }
            Deed::Refused => {
                self.send(Command::Advance(1))?;
                let change = self.pause()?;
                match change.is_refused_step() && change.step == act.step {
                    true => Ok(()),
                    false => Err(format!("step {} met no number that is not finite, as it did then", act.step + 1)),
                }
            }
        }
    }

    /// Keeps the state before the change of this number, if that is taken back later.
    fn remember(&mut self, change: usize) -> Result<(), String> {
        if self.before.contains_key(&change) {
            self.send(Command::Save)?;
            self.checkpoint()?;
            let state = self.made.take().map(Arc::from);
            self.before.insert(change, state);
        }
        Ok(())
    }

    /// Makes a change.
    fn change(&mut self, change: Change) -> Result<(), String> {
        self.send(Command::Set(change))?;
        match self.answer()? {
            Report::Applied(applied) => self.settings = applied.settings,
            Report::Rejected(refused) => return Err(format!("{}: {}", refused.what, refused.why)),
            _ => {}
        }
        Ok(())
    }

    /// Goes back to a state, which was read from `file`; the branch begins with a checkpoint.
    fn back_to(&mut self, checkpoint: Arc<Checkpoint>, file: &Path) -> Result<(), String> {
        let mut checkpoint = checkpoint;
        if checkpoint.info.settings.steps.is_some() {
            Arc::make_mut(&mut checkpoint).info.settings.steps = None;
        }
        (self.step, self.settings) = (checkpoint.info.step, checkpoint.info.settings.clone());
        self.send(Command::Restore { checkpoint, file: file.to_owned() })?;
        self.checkpoint()?;
        self.outcome.acts += 1;
        Ok(())
    }

    /// Does the steps up to `step`.
    fn advance(&mut self, step: u64) -> Result<(), String> {
        if step == self.step {
            return Ok(());
        }
        let Some(owed) = step.checked_sub(self.step) else {
            return Err(format!("the journal goes from step {} back to {step} without saying how", self.step));
        };
        self.send(Command::Advance(owed))?;
        let change = self.pause()?;
        match change.step == step {
            true => Ok(()),
            false => Err(change.sentence().unwrap_or_else(|| format!("the run paused at step {}", change.step))),
        }
    }

    /// Goes on while metrics.csv does, as after a run that was killed.
    fn follow_rows(&mut self, directory: &Path) -> Result<(), String> {
        let last =
            metrics::last(&directory.join(METRICS_FILE), &MetricTable::own()).map_err(|error| error.to_string())?;
        let more = last.map(|row| row.step).filter(|&step| step > self.step && self.outcome.metrics_differ.is_none());
        more.map_or(Ok(()), |step| self.advance(step))
    }

    fn send(&self, command: Command) -> Result<(), String> {
        self.commands.send(command).map_err(|_| "the trainer has ended".to_owned())
    }

    /// The next entry that is no records; those are compared.
    fn next(&mut self) -> Result<Entry, String> {
        loop {
            match self.entries.recv().map_err(|_| "the trainer has ended".to_owned())? {
                Entry::Steps(records) => self.compare_rows(&records),
                Entry::Said(Report::Failed(why)) => return Err(why),
                entry => return Ok(entry),
            }
        }
    }

    /// Waits for the run to pause; checkpoints that come first are held.
    fn pause(&mut self) -> Result<StateChange, String> {
        loop {
            match self.next()? {
                Entry::Said(Report::State(change)) if change.state == RunState::Paused => {
                    self.step = change.step;
                    return Ok(change);
                }
                Entry::Checkpoint(checkpoint) => self.made = Some(checkpoint),
                _ => {}
            }
        }
    }

    fn answer(&mut self) -> Result<Report, String> {
        loop {
            if let Entry::Said(report @ (Report::Applied(_) | Report::Rejected(_))) = self.next()? {
                return Ok(report);
            }
        }
    }

    /// Waits for a checkpoint.
    fn checkpoint(&mut self) -> Result<(), String> {
        loop {
            match self.next()? {
                Entry::Checkpoint(checkpoint) => {
                    self.made = Some(checkpoint);
                    return Ok(());
                }
                Entry::Said(Report::Rejected(refused)) => return Err(format!("{}: {}", refused.what, refused.why)),
                _ => {}
            }
        }
    }

    /// Compares the last checkpoint that came with the run's own of this name, if that is still there.
    fn compare(&mut self, name: &str) {
        let Some(made) = self.made.take() else { return };
        let file = self.folder.join(name);
        if file.exists() {
            let differs = match checkpoint::read(&file) {
                Ok(theirs) => theirs.differs_from(&made).map(|why| format!("{name}: {why}")),
                Err(error) => {
                    self.outcome.notes.push(error.to_string());
                    None
                }
            };
            self.outcome.checkpoints += 1;
            self.outcome.last = Some(made.info.step);
            self.outcome.weights_differ = self.outcome.weights_differ.take().or(differs);
        }
        if let Some(kept) = self.kept.get_mut(name) {
            *kept = Some(Arc::from(made));
        }
    }

    fn compare_rows(&mut self, records: &[StepRecord]) {
        self.outcome.steps += records.len() as u64;
        for record in records.iter().filter(|record| record.step % self.every == 0) {
            if self.outcome.metrics_differ.is_some() {
                return;
            }
            let differs = match self.rows.next() {
                None => return,
                Some(Err(error)) => Some(error.to_string()),
                Some(Ok(row)) => difference(&row, record),
            };
            self.outcome.rows += 1;
            self.outcome.metrics_differ = differs;
        }
    }
}

/// The first thing in which two rows differ, times left out.
fn difference(was: &StepRecord, is: &StepRecord) -> Option<String> {
    if was.step != is.step {
        return Some(format!("step {} came where the run has step {}", is.step, was.step));
    }
    let same = |a: f32, b: f32| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan());
    let metric = Metric::ALL.into_iter().find(|&metric| !same(was.values[metric], is.values[metric]))?;
    let (name, was_value, is_value) = (metric.name(), was.values[metric], is.values[metric]);
    Some(format!("they differ from step {} on: {name} was {was_value:e} and is {is_value:e}", was.step))
}
