//! Playing a run directory as the reports of the trainer that filled it, up to where it is and on from there.
//!
//! Nothing is written, and nothing is trusted: what can be read is reported, what cannot is told in an alert.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::RecvTimeoutError;

use super::journal::{Event, Events, Outcome, What};
use super::metrics::{self, Rows};
use super::summary::Summary;
use super::{JOURNAL_FILE, METRICS_FILE, ReadError, folder};
use crate::config::Config;
use crate::domain::{MetricTable, StepRecord};
use crate::link::{
    self, Alert, By, Command, PauseReason, REPORT_CAPACITY, Rejected, Report, Restored, RunInfo, RunState, Settings,
    StateChange, StateSource, TrainerEnd,
};

/// The time between two looks at a run that may go on.
const POLL: Duration = Duration::from_millis(200);
/// Rows in a report.
const BATCH: usize = 1024;
/// Why a command is refused.
pub const ONLY_LOOKS: &str = "gantop view only looks: it cannot change a run";

/// The part of a run that is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Records and all that happened.
    Whole,
    /// Records, where the run went back, how it ended, and what cannot be read.
    Records,
}

/// Plays the run in `dir`, which `info` describes, in a thread of its own, until its end or the watcher's departure.
///
/// The first report, that it started, is made before this returns. The records of metrics.csv come with what the
/// journal says in between, each at its step. Commands are refused but for a stop, which ends the playing; a snapshot
/// is not answered, for a run directory has none.
///
/// # Errors
/// There is no thread to be had.
pub fn play(dir: PathBuf, info: RunInfo, part: Part, end: TrainerEnd) -> io::Result<JoinHandle<()>> {
    let (device, settings) = ((info.device.clone(), info.threads), info.settings.clone());
    let metrics = info.metrics.clone();
    // There is room: nobody else has said anything.
    let _ = end.reports.send(Report::Started(Box::new(info)));
    thread::Builder::new().name("player".to_owned()).spawn(move || {
        // The watcher has gone: nobody needs to hear of it.
        let _ = Replayer::new(dir, device, (settings, metrics), part, end).work();
    })
}

/// Tells the past of a run that is about to be taken up again, in order: records, changes, and where it went back. What
/// cannot be read is left out. Nothing is kept here: `hear` is called with each report.
pub fn tell_past(dir: &Path, config: &Config, mut hear: impl FnMut(Report)) {
    let (reports, told) = crossbeam_channel::bounded(REPORT_CAPACITY);
    let end = TrainerEnd { commands: crossbeam_channel::never(), reports };
    let about = (Settings::of(config), MetricTable::of(config));
    let replayer = Replayer::new(dir.to_owned(), (String::new(), 0), about, Part::Whole, end);
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut replayer = replayer;
            // Whoever listens does so to the end.
            let _ = replayer.read();
        });
        let past = |report: &Report| matches!(report, Report::Steps(_) | Report::Applied(_) | Report::Restored(_));
        told.iter().filter(past).for_each(&mut hear);
    });
}

/// Nobody listens any more.
struct Gone;

/// The end of a run, as far as it has been told.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Told {
    /// It goes on, or nobody knows better.
    Nothing,
    /// Its process has ended without a word.
    Interrupted,
    /// That was not so. On file systems without locks nobody can tell, and it is not said again.
    GoesOn,
}

struct Replayer {
    dir: PathBuf,
    part: Part,
    device: (String, usize),
    /// The settings in force.
    settings: Settings,
    /// The metrics that the run has.
    metrics: MetricTable,
    end: TrainerEnd,
    rows: File<Rows>,
    events: File<Events>,
    /// The next of each, where it is known.
    row: Option<StepRecord>,
    event: Option<Event>,
    /// Rows that have not been sent.
    batch: Vec<StepRecord>,
    last: Option<StepRecord>,
    /// The last step of the branch that the run is on.
    at: u64,
    /// Of each time that a new process took the run up and cut metrics.csv: the number of its line of the journal, and
    /// the step.
    cuts: VecDeque<(usize, u64)>,
    /// Lines of the journal so far.
    events_read: usize,
    /// The journal's word on the end, for a run without a summary.
    ended: Option<(Outcome, Option<String>)>,
    told: Told,
    /// Whether it has been told that the summary cannot be read.
    summary_told: bool,
}

/// A file that is read as it grows, and what is wrong with it.
struct File<T> {
    path: PathBuf,
    reader: Option<T>,
    /// Whether it has been told that it cannot be read.
    told: bool,
    /// The first thing that was wrong since the last telling, and how many things.
    wrong: Option<(String, u64)>,
}

impl<T> File<T> {
    fn new(path: PathBuf) -> File<T> {
        File { path, reader: None, told: false, wrong: None }
    }

    /// The next item that `read` finds, lines that are wrong passed over.
    fn next<R>(
        &mut self,
        open: impl Fn(&Path) -> Result<T, ReadError>,
        read: impl Fn(&mut T) -> Result<Option<R>, ReadError>,
    ) -> Option<R> {
        loop {
            let reader = match &mut self.reader {
                Some(reader) => reader,
                None => match open(&self.path) {
                    Ok(reader) => self.reader.insert(reader),
                    Err(error) => {
                        self.unreadable(&error);
                        return None;
                    }
                },
            };
            match read(reader) {
                Ok(found) => return found,
                Err(error @ ReadError::Line { .. }) => {
                    let count = self.wrong.as_ref().map_or(0, |(_, count)| *count);
                    let first = self.wrong.take().map_or_else(|| error.to_string(), |(first, _)| first);
                    self.wrong = Some((first, count + 1));
                }
                Err(error) => {
                    self.unreadable(&error);
                    return None;
                }
            }
        }
    }

    fn unreadable(&mut self, error: &ReadError) {
        if !self.told {
            self.told = true;
            self.wrong.get_or_insert((error.to_string(), 1));
        }
    }

    /// The messages about it.
    fn trouble(&mut self) -> Option<String> {
        let (first, count) = self.wrong.take()?;
        Some(match count {
            1 => first,
            _ => format!("{first}; and {} more lines of that file cannot be read", count - 1),
        })
    }
}

impl Replayer {
    fn new(
        dir: PathBuf,
        device: (String, usize),
        (settings, metrics): (Settings, MetricTable),
        part: Part,
        end: TrainerEnd,
    ) -> Replayer {
        let (rows, events) = (File::new(dir.join(METRICS_FILE)), File::new(dir.join(JOURNAL_FILE)));
        Replayer {
            cuts: cuts(&events.path),
            device,
            settings,
            metrics,
            part,
            dir,
            end,
            rows,
            events,
            row: None,
            event: None,
            batch: Vec::new(),
            last: None,
            at: 0,
            events_read: 0,
            ended: None,
            told: Told::Nothing,
            summary_told: false,
        }
    }

    fn work(mut self) -> Result<(), Gone> {
        loop {
            // Asked before the files are read, so that nothing of a run that has ended is missed.
            let written = folder::is_written(&self.dir);
            let news = self.read()?;
            if !written && self.end_of_run(news)? {
                return Ok(());
            }
            if self.told == Told::Interrupted && (written || news) {
                self.told = if written { Told::Nothing } else { Told::GoesOn };
                self.say(Report::State(StateChange { step: self.at, state: RunState::Running, why: None }))?;
            }
            match self.end.commands.recv_timeout(POLL) {
                Err(RecvTimeoutError::Timeout) | Ok(Command::Snapshot(_)) => {}
                Err(RecvTimeoutError::Disconnected) | Ok(Command::Stop) => return Ok(()),
                Ok(_) => {
                    let (what, why) = ("a command".to_owned(), ONLY_LOOKS.to_owned());
                    self.say(Report::Rejected(Rejected { step: self.at, what, why, by: By::Person }))?;
                }
            }
        }
    }

    fn say(&self, report: Report) -> Result<(), Gone> {
        self.end.reports.send(report).map_err(|_| Gone)
    }

    /// Reports all that is in the files and has not been reported. Whether there was something.
    fn read(&mut self) -> Result<bool, Gone> {
        // A run that is gone on with in its directory loses the rows behind the checkpoint.
        if let Some(Ok(true)) = self.rows.reader.as_mut().map(Rows::follow_cut) {
            self.row = None;
        }
        let mut news = false;
        loop {
            // First what happened: the rows before it are written already.
            if self.event.is_none() {
                self.event = self.events.next(Events::open, Events::event);
                self.events_read += usize::from(self.event.is_some());
            }
            if self.row.is_none() {
                self.row = self.next_row();
            }
            match (self.row.take(), self.event.take()) {
                (None, None) => break,
                (Some(row), event) if event.as_ref().is_none_or(|event| self.comes_before(&row, event)) => {
                    self.event = event;
                    self.take_row(row)?;
                }
                (row, Some(event)) => {
                    self.row = row;
                    self.take_event(event)?;
                }
                (row @ Some(_), None) => self.row = row,
            }
            news = true;
        }
        self.flush()?;
        for trouble in [self.rows.trouble(), self.events.trouble()].into_iter().flatten() {
            self.say(Report::Alert(Alert::new(self.at, trouble)))?;
        }
        Ok(news)
    }

    fn next_row(&mut self) -> Option<StepRecord> {
        // A file that had no whole header yet is opened again.
        if self.rows.reader.as_ref().is_some_and(Rows::is_headless) {
            self.rows.reader = None;
        }
        let table = &self.metrics;
        self.rows.next(|path| metrics::read(path, table), Rows::row)
    }

    /// Whether this row was written before that happened: it goes on with the branch, and not beyond the event.
    fn comes_before(&self, row: &StepRecord, event: &Event) -> bool {
        let until = match event.what {
            What::Restored { from: Some(from), .. } => from,
            _ => event.step,
        };
        // Beyond a cut that is yet to come stand the rows of the new branch.
        let until = self.cuts.iter().map(|(_, step)| *step).fold(until, u64::min);
        row.step > self.at && row.step <= until
    }

    fn take_row(&mut self, row: StepRecord) -> Result<(), Gone> {
        if row.step <= self.at {
            // The journal does not know of it, but the run has gone back.
            self.flush()?;
            self.say(Report::Restored(Restored {
                from: Some(self.at),
                to: row.step.saturating_sub(1),
                source: StateSource::File("a checkpoint that the journal does not name".into()),
                settings: self.settings.clone(),
            }))?;
        }
        self.at = row.step;
        StepRecord::advance(&mut self.last, &row);
        self.batch.push(row);
        if self.batch.len() >= BATCH { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Gone> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let batch = std::mem::take(&mut self.batch);
        self.say(Report::Steps(batch))
    }

    fn take_event(&mut self, event: Event) -> Result<(), Gone> {
        self.flush()?;
        if self.cuts.front().is_some_and(|(line, _)| *line <= self.events_read) {
            self.cuts.pop_front();
        }
        match &event.what {
            What::Restored { settings, .. } => (self.at, self.settings) = (event.step, settings.clone()),
            What::Applied { settings, .. } => self.settings = settings.clone(),
            What::Ended { outcome, why } => self.ended = Some((*outcome, why.clone())),
            _ => {}
        }
        if !matches!(event.what, What::Ended { .. }) {
            self.ended = None;
        }
        if self.part == Part::Records && !matches!(event.what, What::Restored { .. }) {
            return Ok(());
        }
        event.what.report(event.step, &self.dir).map_or(Ok(()), |report| self.say(report))
    }

    /// Tells how the run ended, if it has; true: there will be no more of it. Called when nobody writes it.
    fn end_of_run(&mut self, news: bool) -> Result<bool, Gone> {
        let summary = match Summary::read(&self.dir) {
            Err(text) if !self.summary_told => {
                self.summary_told = true;
                self.say(Report::Alert(Alert::new(self.at, text)))?;
                None
            }
            summary => summary.ok().flatten(),
        };
        let (outcome, why, steps, seconds) = match (summary, self.ended.take()) {
            (Some(summary), _) => (summary.state, summary.why, summary.steps, summary.seconds),
            (None, Some((outcome, why))) => (outcome, why, self.at, self.last.as_ref().map_or(0.0, |row| row.seconds)),
            (None, None) => {
                if !news && self.told == Told::Nothing {
                    self.told = Told::Interrupted;
                    let why = Some(PauseReason::Interrupted);
                    self.say(Report::State(StateChange { step: self.at, state: RunState::Paused, why }))?;
                }
                return Ok(false);
            }
        };
        self.say(match outcome {
            Outcome::Failed => Report::Failed(why.unwrap_or_else(|| "it does not say why".to_owned())),
            Outcome::Finished | Outcome::Stopped => Report::Finished(link::Summary {
                steps,
                seconds,
                metrics: self.last.as_ref().map(|row| row.values.clone()),
                stopped: outcome == Outcome::Stopped,
                device: self.device.0.clone(),
                threads: self.device.1,
            }),
        })?;
        Ok(true)
    }
}

/// The events at which new processes took the run up, by the journal's whole events counted from 1.
fn cuts(journal: &Path) -> VecDeque<(usize, u64)> {
    let mut cuts = VecDeque::new();
    let (mut file, mut number) = (File::new(journal.to_owned()), 0);
    while let Some(event) = file.next(Events::open, Events::event) {
        number += 1;
        if let What::Restored { from: None, .. } = event.what {
            cuts.push_back((number, event.step));
        }
    }
    cuts
}
