//! The recorder's thread: what comes in is written, what cannot be written is counted and told.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crossbeam_channel::{Receiver, Sender, TrySendError};

use super::append::Appender;
use super::branches::{self, BRANCHES_FILE};
use super::checkpoints::Store;
use super::journal::{self, Event, Outcome, What};
use super::summary::{Analysed, Summary, by_name};
use super::table::Table;
use super::tensorboard::Events;
use super::{CONFIG_FILE, Files, JOURNAL_FILE, LOG_FILE, METRICS_FILE, SUMMARY_FILE, TENSORBOARD_DIR, log};
use crate::config::Config;
use crate::link::{Alert, Entry, Report, RunEnd, RunStatus, Settings, Snapshot};
use crate::system::files::{self, Directory};
use crate::system::output;
use crate::truth::{self, Analysis};

/// The wait of a message for which there is no room.
const RETRY: Duration = Duration::from_millis(50);
/// The time between two looks while nothing waits.
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
    /// The channel on which trouble is told.
    pub alerts: Sender<Report>,
    pub told: Told,
    pub seen: Seen,
    /// Whether the config is on the disk, and not only with the system.
    pub settled: bool,
    /// The summary that the run ended with.
    pub last: Option<Box<Snapshot>>,
}

/// Trouble with the disk.
#[derive(Debug, Default)]
pub struct Told {
    /// The first thing that went wrong.
    why: Option<String>,
    /// The alert of it, and what became of checkpoints, while there is no room to tell it.
    waiting: VecDeque<Report>,
    missing_events: u64,
    /// The step of the last checkpoint and why it is missing, if it could not be written.
    lost: Option<(u64, String)>,
    /// Whether it has been said that checkpoints lie elsewhere.
    elsewhere: bool,
}

/// The facts about the run.
#[derive(Debug)]
pub struct Seen {
    started: SystemTime,
    run: RunStatus,
}

/// The state of a run's files.
#[derive(Debug)]
pub struct Recorded {
    pub written: u64,
    pub missing: u64,
    pub missing_events: u64,
    /// The step of the last checkpoint, if it could not be written.
    pub lost: Option<u64>,
    /// The first thing that went wrong.
    pub why: Option<String>,
    /// The findings about the snapshot that the run ended with.
    pub analysis: Option<Analysis>,
    /// It bears the mark of a process that writes the run.
    pub journal: Appender,
}

impl Seen {
    /// Nothing yet of a run that begins now.
    pub fn new(config: &Config) -> Seen {
        let run = RunStatus { settings: Some(Settings::of(config)), ..RunStatus::default() };
        Seen { started: SystemTime::now(), run }
    }

    /// Nothing yet of a run that goes on after `step` steps, and began at this time, as far as that is known.
    pub fn resumed(config: &Config, step: u64, began: Option<SystemTime>) -> Seen {
        let Seen { started, run } = Seen::new(config);
        Seen { started: began.unwrap_or(started), run: RunStatus { step, ..run } }
    }
}

impl Keeper {
    /// Writes these files in `dir`; what it says goes to `alerts`.
    pub fn new(dir: &Path, config: &Config, files: Files, seen: Seen, alerts: Sender<Report>) -> Keeper {
        let (table, journal, events) = files;
        let store = Store::open(dir, &config.checkpoint, table.metrics());
        let (dir, config, told) = (dir.to_owned(), config.clone(), Told::default());
        Keeper { dir, config, table, journal, events, store, alerts, told, seen, settled: false, last: None }
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
                self.seen.run.follow(&batch);
                if let Err(e) = self.table.append(&batch) {
                    self.tell(METRICS_FILE, &e, "rows are missing from here");
                }
                self.show(|events| events.records(&batch));
            }
            Entry::LastSnapshot(snapshot) => self.last = Some(snapshot),
            Entry::RecordedSnapshot(recorded) => self.show(|events| events.record_snapshot(&recorded)),
            Entry::Checkpoint(checkpoint) => {
                if let Err((file, e)) = self.settle() {
                    self.tell(file, &e, "what it holds may be lost if the power fails");
                }
                let (saved, elsewhere) = self.store.save(&checkpoint, self.table.written());
                self.told.lost = saved.file.as_ref().err().map(|why| (saved.step, why.clone()));
                let saved = Report::Saved(saved);
                self.note_report(&saved);
                self.told.waiting.push_back(saved);
                if let (Some(why), Some(folder)) = (elsewhere, &self.config.checkpoint.fallback_dir)
                    && !std::mem::replace(&mut self.told.elsewhere, true)
                {
                    self.alert(format!("{why}; checkpoints go to {} as long as it is so", folder.display()));
                }
            }
            Entry::Said(report) => {
                self.note_report(&report);
                if let Report::Restored(restored) = &report {
                    self.show(|events| events.go_back_to(restored.to));
                    if restored.from.is_some()
                        && let Err(e) = branches::add(&self.dir, self.table.written(), restored.to)
                    {
                        self.tell(BRANCHES_FILE, &e, "it does not say where this branch begins");
                    }
                }
                self.seen.run.take(&report);
            }
        }
        self.say();
    }

    /// Waits until all that is written is on the disk: a checkpoint is worth little without what leads to it.
    fn settle(&mut self) -> Result<(), (&'static str, io::Error)> {
        self.table.settle().map_err(|e| (METRICS_FILE, e))?;
        self.journal.settle().map_err(|e| (JOURNAL_FILE, e))?;
        if !self.settled {
            self.settled = true;
            let directory = Directory::open(&self.dir).map_err(|e| (CONFIG_FILE, e))?;
            // One that somebody has taken away cannot be lost.
            match directory.append_existing(Path::new(CONFIG_FILE)) {
                Ok(config) => config.sync_all().map_err(|e| (CONFIG_FILE, e))?,
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => return Err((CONFIG_FILE, e)),
            }
            directory.sync().map_err(|e| (CONFIG_FILE, e))?;
            // The directory's own name; not everybody may look at what lies above.
            let _ = files::parent(&self.dir).and_then(|(parent, _)| parent.sync());
        }
        Ok(())
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
        if let Some(event) = Event::of(report, self.seen.run.step, SystemTime::now()) {
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
        self.alert(format!("{}: cannot be written: {error}; the run goes on, {what}", self.dir.join(file).display()));
    }

    fn alert(&mut self, text: String) {
        let _ = log::note(&self.dir.join(LOG_FILE), &text);
        let report = Report::Alert(Alert::new(self.seen.run.step, text));
        self.note_report(&report);
        self.told.waiting.push_back(report);
    }

    /// Writes the last line and the summary.
    fn end(mut self) -> Recorded {
        let ended = SystemTime::now();
        let run = self.seen.run.clone();
        let (state, why) = match &run.end {
            Some(RunEnd::Failed(why)) => (Outcome::Failed, Some(why.clone())),
            Some(RunEnd::Finished(summary)) if summary.stopped => (Outcome::Stopped, None),
            Some(RunEnd::Finished(_)) => (Outcome::Finished, None),
            None => (Outcome::Stopped, Some("it was left in the middle of a step".to_owned())),
        };
        if run.end.is_none() {
            let (time, step) = (journal::timestamp(ended), run.step);
            self.note(&Event { time, step, what: What::Ended { outcome: state, why: why.clone() } });
        }
        let figures = match run.end.clone() {
            Some(RunEnd::Finished(summary)) => Some(summary),
            _ => run.summary(),
        };
        let metrics = figures.as_ref().and_then(|figures| figures.metrics.as_ref());
        let metrics = metrics.or(run.last.as_ref().map(|record| &record.values));
        let mut summary = Summary {
            name: self.config.name.clone(),
            objective: run.settings.as_ref().map(|settings| settings.objective.kind.clone()).unwrap_or_default(),
            state,
            why,
            steps: run.step,
            seconds: run.seconds,
            metrics: metrics.map(|metrics| by_name(metrics, self.table.metrics())).unwrap_or_default(),
            device: figures.as_ref().map(|figures| figures.device.clone()).unwrap_or_default(),
            threads: figures.as_ref().map_or(0, |figures| figures.threads),
            versions: crate::system::version::PARTS.map(|(name, version)| (name.to_owned(), version.to_owned())).into(),
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
        let analysis = self.analyse();
        if let Some(analysis) = &analysis {
            summary.analysis = serde_json::to_value(Analysed::of(analysis)).ok();
            // A process that is killed meanwhile has a summary without it.
            if let Err(e) = summary.write(&self.dir) {
                self.tell(SUMMARY_FILE, &e, "its summary has no analysis");
            }
        }
        let (written, missing) = (self.table.written(), self.table.missing());
        let (lost, unkept) = self.told.lost.unzip();
        let (missing_events, why) = (self.told.missing_events, self.told.why.or(unkept));
        Recorded { written, missing, missing_events, lost, why, analysis, journal: self.journal }
    }

    /// The findings about the snapshot that the run ended with; nothing where the run ended with none.
    fn analyse(&self) -> Option<Analysis> {
        let (info, snapshot) = (self.seen.run.info.as_ref()?, self.last.as_ref()?);
        // A snapshot of an earlier step would tell of another generator.
        if snapshot.step != self.seen.run.step {
            return None;
        }
        // Whatever an analysis does, the rest of the run is on the disk.
        catch_unwind(AssertUnwindSafe(|| truth::analyse(snapshot, &info.modes))).ok()
    }
}
