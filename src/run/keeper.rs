//! The recorder's thread: what comes in is written, what cannot be written is counted and told.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crossbeam_channel::{Receiver, Sender, TrySendError};

use super::append::Appender;
use super::checkpoints::Store;
use super::journal::{self, Event, Outcome, What};
use super::summary::{Summary, by_name};
use super::table::Table;
use super::tensorboard::Events;
use super::{Files, JOURNAL_FILE, LOG_FILE, METRICS_FILE, SUMMARY_FILE, TENSORBOARD_DIR};
use crate::config::Config;
use crate::files;
use crate::link::{self, Alert, Entry, Report, RunInfo, StepRecord};
use crate::output::{self, Escaping};

/// How long what is to be told waits where there is no room for it.
const RETRY: Duration = Duration::from_millis(50);
/// How long nothing is looked at while nothing waits.
const LONG: Duration = Duration::from_secs(3600);

/// Writes the files of a run directory.
#[derive(Debug)]
pub struct Keeper {
    pub dir: PathBuf,
    pub config: Config,
    pub table: Table,
    pub journal: Appender,
    pub events: Option<Events>,
    pub store: Store,
    /// Where trouble is told.
    pub alerts: Sender<Report>,
    pub told: Told,
    pub seen: Seen,
}

/// Trouble with the disk.
#[derive(Debug, Default)]
pub struct Told {
    /// The first thing that went wrong.
    why: Option<String>,
    /// The alert of it, and what became of checkpoints, while there is no room to tell it.
    waiting: VecDeque<Report>,
    missing_events: u64,
}

/// What is known of the run.
#[derive(Debug)]
pub struct Seen {
    started: SystemTime,
    info: Option<Box<RunInfo>>,
    /// The objective in force.
    objective: String,
    /// Steps completed.
    step: u64,
    last: Option<StepRecord>,
    /// The run's own last word.
    finished: Option<link::Summary>,
    failed: Option<String>,
}

/// What became of a run's files.
#[derive(Debug)]
pub struct Recorded {
    pub written: u64,
    pub missing: u64,
    pub missing_events: u64,
    /// The first thing that went wrong.
    pub why: Option<String>,
}

impl Seen {
    /// Nothing yet of a run that begins now.
    pub fn new(config: &Config) -> Seen {
        let (started, objective) = (SystemTime::now(), config.objective.kind.clone());
        Seen { started, info: None, objective, step: 0, last: None, finished: None, failed: None }
    }

    /// Takes in the records of the next steps.
    fn follow(&mut self, batch: &[StepRecord]) {
        for record in batch {
            self.step = record.step;
            match &mut self.last {
                Some(last) => last.follow(record),
                None => self.last = Some(record.clone()),
            }
        }
    }

    /// Nothing yet of a run that goes on after `step` steps, and began at this time, as far as that is known.
    pub fn resumed(config: &Config, step: u64, began: Option<SystemTime>) -> Seen {
        let seen = Seen::new(config);
        Seen { step, started: began.unwrap_or(seen.started), ..seen }
    }
}

impl Keeper {
    /// Writes these files in `dir`; what it says goes to `alerts`.
    pub fn new(dir: &Path, config: &Config, files: Files, seen: Seen, alerts: Sender<Report>) -> Keeper {
        let (table, journal, events) = files;
        let store = Store::open(dir, &config.checkpoint, table.metrics());
        let (dir, config, told) = (dir.to_owned(), config.clone(), Told::default());
        Keeper { dir, config, table, journal, events, store, alerts, told, seen }
    }

    /// Writes what comes until nothing can come any more, or the end is told; then the summary.
    pub fn work(mut self, entries: &Receiver<Entry>, ended: &Receiver<()>) -> Recorded {
        loop {
            crossbeam_channel::select! {
                recv(entries) -> entry => match entry {
                    Ok(entry) => self.take(entry),
                    Err(_) => break,
                },
                recv(ended) -> _ => {
                    entries.try_iter().for_each(|entry| self.take(entry));
                    break;
                }
                default(if self.told.waiting.is_empty() { LONG } else { RETRY }) => self.say(),
            }
        }
        self.end()
    }

    fn take(&mut self, entry: Entry) {
        match entry {
            Entry::Steps(batch) => {
                self.seen.follow(&batch);
                if let Err(e) = self.table.append(&batch) {
                    self.tell(METRICS_FILE, &e, "rows are missing from here");
                }
                self.show(|events| events.records(&batch));
            }
            Entry::Glance(glance) => self.show(|events| events.glance(&glance)),
            Entry::Checkpoint(checkpoint) => {
                let saved = Report::Saved(self.store.save(&checkpoint, self.table.written()));
                self.note_report(&saved);
                self.told.waiting.push_back(saved);
            }
            Entry::Said(report) => {
                self.note_report(&report);
                match report {
                    Report::Started(info) => self.seen.info = Some(info),
                    Report::Applied(applied) => self.seen.objective = applied.settings.objective.kind,
                    Report::Restored(restored) => {
                        self.seen.objective = restored.settings.objective.kind;
                        (self.seen.step, self.seen.last) = (restored.to, None);
                    }
                    Report::Finished(summary) => self.seen.finished = Some(summary),
                    Report::Failed(why) => self.seen.failed = Some(why),
                    _ => {}
                }
            }
        }
        self.say();
    }

    /// Tells what waits, as far as there is room.
    fn say(&mut self) {
        while let Some(report) = self.told.waiting.pop_front() {
            if let Err(TrySendError::Full(report)) = self.alerts.try_send(report) {
                self.told.waiting.push_front(report);
                break;
            }
        }
    }

    /// Adds a report to the journal, if it belongs there.
    fn note_report(&mut self, report: &Report) {
        if let Some(event) = Event::of(report, self.seen.step, SystemTime::now()) {
            self.note(&event);
        }
    }

    /// Adds to the event file, if there is one.
    fn show(&mut self, add: impl FnOnce(&mut Events) -> io::Result<()>) {
        if let Some(Err(e)) = self.events.as_mut().map(add) {
            self.tell(TENSORBOARD_DIR, &e, "TensorBoard will miss a part of it");
        }
    }

    /// Adds a line to the journal.
    fn note(&mut self, event: &Event) {
        let line = output::json::to_line(event).map_err(io::Error::from);
        let written = line.and_then(|line| self.journal.append(&line));
        if let Err(e) = written {
            self.told.missing_events += 1;
            self.tell(JOURNAL_FILE, &e, "lines are missing from here");
        }
    }

    /// Tells of trouble with a file, if it is the first: on the screen, in the log and in the journal, as far as these
    /// can be reached.
    fn tell(&mut self, file: &str, error: &io::Error, what: &str) {
        if self.told.why.is_some() {
            return;
        }
        self.told.why = Some(error.to_string());
        let step = self.seen.step;
        let text = format!("{}: cannot be written: {error}; the run goes on, {what}", self.dir.join(file).display());
        let log = files::append(&self.dir.join(LOG_FILE));
        let _ = log.and_then(|log| writeln!(Escaping::new(log), "{} {text}", journal::timestamp(SystemTime::now())));
        let report = Report::Alert(Alert::new(step, text));
        self.note_report(&report);
        self.told.waiting.push_back(report);
    }

    /// Writes the last line and the summary.
    fn end(mut self) -> Recorded {
        let ended = SystemTime::now();
        let (state, why) = match (&self.seen.failed, &self.seen.finished) {
            (Some(why), _) => (Outcome::Failed, Some(why.clone())),
            (None, Some(summary)) if summary.stopped => (Outcome::Stopped, None),
            (None, Some(_)) => (Outcome::Finished, None),
            (None, None) => (Outcome::Stopped, Some("it was left in the middle of a step".to_owned())),
        };
        if self.seen.failed.is_none() && self.seen.finished.is_none() {
            let (time, step) = (journal::timestamp(ended), self.seen.step);
            self.note(&Event { time, step, what: What::Ended { outcome: state, why: why.clone() } });
        }
        let (info, last, finished) = (self.seen.info.take(), self.seen.last.take(), self.seen.finished.take());
        let seconds = last.as_ref().map_or(0.0, |record| record.seconds);
        let metrics =
            finished.as_ref().and_then(|summary| summary.metrics.clone()).or(last.map(|record| record.values));
        let summary = Summary {
            name: self.config.name.clone(),
            objective: self.seen.objective.clone(),
            state,
            why,
            steps: finished.as_ref().map_or(self.seen.step, |summary| summary.steps),
            seconds: finished.as_ref().map_or(seconds, |summary| summary.seconds),
            metrics: metrics.as_ref().map(|metrics| by_name(metrics, self.table.metrics())).unwrap_or_default(),
            device: info.as_ref().map(|info| info.device.clone()).unwrap_or_default(),
            threads: info.as_ref().map_or(0, |info| info.threads),
            versions: crate::train::PARTS.map(|(name, version)| (name.to_owned(), version.to_owned())).into(),
            started: journal::timestamp(self.seen.started),
            ended: journal::timestamp(ended),
            rows: self.table.written(),
            missing_rows: self.table.missing(),
            missing_events: self.told.missing_events,
            analysis: None,
        };
        if let Err(e) = summary.write(&self.dir) {
            self.tell(SUMMARY_FILE, &e, "it has no summary");
        }
        let (written, missing) = (self.table.written(), self.table.missing());
        Recorded { written, missing, missing_events: self.told.missing_events, why: self.told.why }
    }
}
