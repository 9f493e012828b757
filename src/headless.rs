//! No dashboard: the same reports as a progress bar on a terminal, or as lines of JSON.
//!
//! [`run`] follows a run to its end: it shows what the trainer says at a pace that a person or a log can take, stops
//! the run on SIGINT and SIGTERM, or when nobody reads any more, and says how it ended.
//!
//! It uses `domain`, `system`, `theory`, `config`, `link`, `truth`, `run` and `terminal`. Start reading at [`run`].

mod bar;
mod ending;
mod json;
mod manner;
mod shown;
mod signals;

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{RecvTimeoutError, TrySendError};
use indicatif::ProgressDrawTarget;

use crate::config::OnHangup;
use crate::domain::{Metrics, StepRecord};
use crate::link::{
    Alert, Applied, Command, Link, Rejected, Report, Restored, RunInfo, RunState, RunStatus, Saved, Snapshot,
    SnapshotRequest, StateChange,
};
use crate::system::output;
use crate::terminal;
use crate::truth::{self, Analysis, Analyst, CoverageRule};

pub use bar::Bar;
pub use ending::{Ending, Exit, Outcome};
pub use json::Json;
pub use manner::{Manner, Unattended};
pub use signals::Interrupts;

/// How long a signal may wait to be seen.
const TICK: Duration = Duration::from_millis(50);

/// How long to wait before each look at the run, usually.
const LOOK: Duration = Duration::from_secs(5);

/// Samples of each kind in a look at the run on the way.
const LOOKED_AT: usize = 1000;

/// How a run is shown without a dashboard. Each method may fail as writing does.
pub trait View {
    /// At least so much time passes between two calls of `step`, but for the last record's.
    fn period(&self) -> Duration;
    /// The run is ready for its first step.
    fn started(&mut self, info: &RunInfo) -> io::Result<()>;
    /// The latest record, and the steps a second since the one before, where time has passed.
    fn step(&mut self, record: &StepRecord, rate: Option<f64>) -> io::Result<()>;
    /// Something happened.
    fn event(&mut self, event: Event) -> io::Result<()>;
    /// How long to wait before each look at the run, for its analysis; none by itself.
    fn look_every(&self) -> Option<Duration> {
        None
    }
    /// Whether anybody sees it: what is worked out for the eye alone is left out otherwise.
    fn is_seen(&self) -> bool {
        true
    }
    /// Whether it shows itself on the terminal, and has nothing to show itself on once that has gone.
    fn needs_terminal(&self) -> bool {
        false
    }
    /// What a look at the run has shown.
    fn analysis(&mut self, _analysis: &Analysis) -> io::Result<()> {
        Ok(())
    }
    /// The run ended: the last call.
    fn ended(&mut self, ending: &Ending) -> io::Result<()>;
}

/// What can happen besides steps.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    State(&'a StateChange),
    Applied(&'a Applied),
    Rejected(&'a Rejected),
    Alert(&'a Alert),
    Saved(&'a Saved),
    Restored(&'a Restored),
}

/// Follows the run to its end on this process's standard output: a progress bar if that is a terminal, else JSON.
///
/// The first of SIGINT and SIGTERM stops the run, the second ends the process at once, SIGUSR1 keeps a checkpoint, SIGHUP
/// does what `manner` says. What the person should still be told, on standard error, is in [`Outcome::why`]: a run that
/// fails is an outcome, not an error.
///
/// `settle` is called when the run has ended, before that is shown: it ends what records the run, and says what of it is
/// not on disk, with which the run counts as failed wherever its end is told.
pub fn run(link: &Link, interrupts: &Interrupts, manner: Manner, settle: Settle) -> Outcome {
    let mut out = output::out();
    if out.is_terminal() {
        let mut bar = Bar::new(ProgressDrawTarget::stdout_with_hz(10), &mut out);
        Watch::new(&mut bar, manner, settle).follow_run(link, interrupts)
    } else {
        Watch::new(&mut Json::new(&mut out), manner, settle).follow_run(link, interrupts)
    }
}

/// What ends the recording of a run that has ended, and says what is not on disk.
pub type Settle<'a> = &'a mut dyn FnMut() -> Option<String>;

/// Follows the run to its end in the usual manner.
pub fn follow(link: &Link, view: &mut dyn View, interrupts: &Interrupts) -> Outcome {
    follow_as(link, view, interrupts, Manner::default())
}

/// Follows the run to its end.
pub fn follow_as(link: &Link, view: &mut dyn View, interrupts: &Interrupts, manner: Manner) -> Outcome {
    Watch::new(view, manner, &mut || None).follow_run(link, interrupts)
}

/// What is known of the run, and what is to be done about it.
struct Watch<'a> {
    view: &'a mut dyn View,
    manner: Manner,
    run: RunStatus,
    /// The last record, with what came since one was shown, and whether it has been shown itself.
    latest: Option<(StepRecord, bool)>,
    /// When a record was last shown, and which.
    shown: Option<(Instant, StepRecord)>,
    snapshot: Option<Arc<Snapshot>>,
    /// The rule of health over the analyst's figures, and what it found that the trainer has not been told yet.
    coverage: Option<CoverageRule>,
    found: Option<Alert>,
    /// Analyses snapshots on the way, from the first look on.
    analyst: Option<Analyst>,
    /// When the run was last looked at, or first seen.
    looked: Instant,
    /// Why the run is to stop, and what to tell the person, once it is.
    stop: Option<(Exit, Option<String>)>,
    /// Whether the trainer has been asked to stop.
    asked: bool,
    /// Whether it is still to be asked for a checkpoint.
    save: bool,
    /// Whether anybody can still see what is shown.
    watched: bool,
    /// Whether nobody can come who resumes a run that has paused: its screen has gone, and it has no directory.
    alone: bool,
    /// See [`run`].
    settle: Settle<'a>,
}

impl<'a> Watch<'a> {
    fn new(view: &'a mut dyn View, mut manner: Manner, settle: Settle<'a>) -> Watch<'a> {
        let info = manner.info.take();
        Watch {
            watched: view.is_seen(),
            view,
            alone: info.is_some() && !manner.waits,
            manner,
            latest: None,
            shown: None,
            snapshot: None,
            coverage: info.as_deref().and_then(coverage),
            run: RunStatus { info, ..RunStatus::default() },
            found: None,
            analyst: None,
            looked: Instant::now(),
            stop: None,
            asked: false,
            save: false,
            settle,
        }
    }

    fn follow_run(mut self, link: &Link, interrupts: &Interrupts) -> Outcome {
        self.look_around(link);
        loop {
            if let Some(exit) = interrupts.received() {
                self.stop(exit, None);
            }
            if interrupts.hung_up() {
                self.hung_up();
            }
            self.save |= interrupts.save();
            self.ask(link);
            match link.reports.recv_timeout(TICK) {
                Ok(report) => {
                    if let Some(outcome) = self.take(report) {
                        return outcome;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return self.fail("the trainer ended without saying why; this is a defect of gantop".to_owned());
                }
            }
            self.show_step(false);
            self.look(link);
        }
    }

    /// Finds out whether a run that was under way before has long paused: the answer does what a pause does.
    fn look_around(&self, link: &Link) {
        if self.run.info.is_some() && !self.manner.waits {
            // No step more: it is answered with the state that the run is in.
            let _ = link.commands.try_send(Command::Advance(0));
        }
    }

    /// The terminal has gone away, or the process was told so.
    fn hung_up(&mut self) {
        match self.manner.on_hangup {
            OnHangup::Checkpoint => self.stop(Exit::HungUp, None),
            OnHangup::Continue if self.watched && (self.view.needs_terminal() || terminal::has_hung_up()) => {
                self.watched = false;
                // What cannot be pointed away is not written to either.
                let _ = terminal::disown(self.manner.log.as_deref());
            }
            OnHangup::Continue => {}
        }
    }

    /// Wants the run stopped; the first reason counts.
    fn stop(&mut self, exit: Exit, why: Option<String>) {
        self.stop.get_or_insert((exit, why));
    }

    /// Passes what was found, and the wish to stop, on to the trainer, as far as it has not been and there is room.
    fn ask(&mut self, link: &Link) {
        if let Some(alert) = self.found.take()
            && let Err(TrySendError::Full(Command::Alert(alert))) = link.commands.try_send(Command::Alert(alert))
        {
            self.found = Some(alert);
        }
        if self.save {
            self.save = matches!(link.commands.try_send(Command::Save), Err(TrySendError::Full(_)));
        }
        if self.stop.is_some() && !self.asked {
            self.asked = !matches!(link.commands.try_send(Command::Stop), Err(TrySendError::Full(_)));
        }
    }

    /// Takes a report in; the last one gives the outcome.
    fn take(&mut self, report: Report) -> Option<Outcome> {
        self.run.take(&report);
        match report {
            Report::Started(info) => {
                self.show(|view| view.started(&info));
                self.coverage = coverage(&info);
            }
            Report::Steps(records) => records.iter().for_each(|record| self.follow(record)),
            Report::Merged(spans) => spans.iter().for_each(|span| self.follow(&span.last_record())),
            Report::State(change) => self.state(&change),
            Report::Applied(applied) => self.show(|view| view.event(Event::Applied(&applied))),
            Report::Rejected(rejected) => self.show(|view| view.event(Event::Rejected(&rejected))),
            Report::Alert(alert) => self.show(|view| view.event(Event::Alert(&alert))),
            Report::Saved(saved) => self.show(|view| view.event(Event::Saved(&saved))),
            Report::Restored(restored) => self.show(|view| view.event(Event::Restored(&restored))),
            Report::Snapshot(snapshot) => {
                let snapshot = Arc::<Snapshot>::from(snapshot);
                if let Some(analyst) = &self.analyst {
                    analyst.submit(snapshot.clone());
                }
                self.snapshot = Some(snapshot);
            }
            // Of others' commands, whose effects are told anyway; but that the end was asked for is told only here.
            Report::Answered(answer) => {
                if answer.said.iter().any(|report| matches!(report, Report::Finished(_))) {
                    self.stop(Exit::Done, None);
                }
            }
            Report::Failed(why) => return Some(self.fail(why)),
            Report::Finished(summary) => {
                let unasked = || {
                    let why = format!("the run was stopped at step {}, before its last", summary.steps);
                    if summary.stopped && !self.manner.waits { (Exit::Failed, Some(why)) } else { (Exit::Done, None) }
                };
                let (exit, why) = self.stop.take().unwrap_or_else(unasked);
                return Some(self.end(Outcome { exit, why, summary: Some(summary) }));
            }
        }
        None
    }

    /// Takes in the record of the next step.
    fn follow(&mut self, record: &StepRecord) {
        match &mut self.latest {
            Some((latest, shown)) => {
                latest.follow(record);
                *shown = false;
            }
            None => self.latest = Some((record.clone(), false)),
        }
    }

    fn state(&mut self, change: &StateChange) {
        self.show(|view| view.event(Event::State(change)));
        // A pause without a reason is somebody's wish, who can also resume; not where nobody can come any more.
        let stuck = change.state == RunState::Paused && !self.manner.waits && (change.is_trouble() || self.alone);
        if stuck && self.stop.is_none() {
            let reason = change.sentence().map(|why| format!(": {why}")).unwrap_or_default();
            let text =
                format!("paused at step {}{reason}; nobody can resume a headless run, so it is stopped", change.step);
            self.show(|view| view.event(Event::Alert(&Alert::new(change.step, text.clone()))));
            self.stop(Exit::Failed, Some(text));
        }
    }

    /// Shows the latest record if it is new and its time has come, or the run's end.
    fn show_step(&mut self, last: bool) {
        let Some((record, false)) = &self.latest else { return };
        let now = Instant::now();
        if !last && self.shown.as_ref().is_some_and(|(then, _)| now.duration_since(*then) < self.view.period()) {
            return;
        }
        let (step, seconds) = self.shown.as_ref().map_or((0, 0.0), |(_, before)| (before.step, before.seconds));
        let passed = record.seconds - seconds;
        let rate = (passed > 0.0).then(|| record.step.saturating_sub(step) as f64 / passed);
        let record = record.clone();
        self.show(|view| view.step(&record, rate));
        // What comes now and then is in the first line after it came.
        let own = Metrics::of(record.values.own.0);
        self.latest = Some((StepRecord { step: record.step, seconds: record.seconds, values: own }, true));
        self.shown = Some((now, record));
    }

    /// Asks for a snapshot when it is time for one, and shows what the analyst has made of those before.
    fn look(&mut self, link: &Link) {
        let Some(found) = self.analyst.as_ref().map(|analyst| analyst.found().try_recv()) else {
            if self.look_is_due() {
                self.analyst = self.run.info.as_ref().and_then(|info| Analyst::start(info, truth::SHARE).ok());
                // Without a thread it is tried again, a look later.
                self.request(link);
            }
            return;
        };
        match found {
            Ok(Ok(analysis)) => {
                let found = self.coverage.as_mut().and_then(|coverage| coverage.analysis(&analysis));
                self.found = found.or(self.found.take());
                self.show(|view| view.analysis(&analysis));
            }
            Ok(Err(text)) => {
                let step = self.run.step;
                self.show(|view| view.event(Event::Alert(&Alert::new(step, text))));
            }
            Err(_) => {}
        }
        if self.look_is_due() {
            self.request(link);
        }
    }

    /// Whether it is time to look at the run: for the view, or for the rule that needs it.
    fn look_is_due(&self) -> bool {
        let every = self.view.look_every().or(self.coverage.as_ref().map(|_| LOOK));
        every.is_some_and(|time| self.looked.elapsed() >= time)
    }

    /// Asks for a snapshot. One that there is no room for is left out.
    fn request(&mut self, link: &Link) {
        self.looked = Instant::now();
        let _ = link.commands.try_send(Command::Snapshot(SnapshotRequest { samples: LOOKED_AT, weights: false }));
    }

    fn fail(&mut self, why: String) -> Outcome {
        let summary = self.run.summary();
        self.end(Outcome { exit: Exit::Failed, why: Some(why), summary })
    }

    fn end(&mut self, mut outcome: Outcome) -> Outcome {
        self.show_step(true);
        if let Some(lost) = (self.settle)() {
            outcome.exit = Exit::Failed;
            outcome.why = Some(outcome.why.map_or_else(|| lost.clone(), |why| format!("{why}; {lost}")));
        }
        let snapshot = self.snapshot.as_deref().filter(|_| self.watched);
        let ending = Ending::new(&outcome, self.run.info.as_deref(), snapshot);
        self.show(|view| view.ended(&ending));
        // The summary itself may have found nobody there.
        if let Some((exit, why)) = self.stop.take()
            && outcome.exit == Exit::Done
        {
            (outcome.exit, outcome.why) = (exit, why);
        }
        outcome
    }
}

/// The rule of health over the analyst's figures, where it can say something of the run.
fn coverage(info: &RunInfo) -> Option<CoverageRule> {
    CoverageRule::new(&info.config.health).filter(|_| !info.modes.is_empty())
}
