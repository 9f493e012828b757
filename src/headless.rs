//! No dashboard: the same reports as a progress bar on a terminal, or as lines of JSON.
//!
//! [`run`] follows a run to its end: it shows what the trainer says at a pace that a person or a log can take, stops
//! the run on SIGINT and SIGTERM, or when nobody reads any more, and says how it ended.
//!
//! It uses `domain`, `system`, `theory`, `config`, `link`, `truth`, `run` and `terminal`. Start reading at [`run`].

mod bar;
mod ending;
mod evaluating;
mod json;
mod look;
mod manner;
mod reading;
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
    Alert, Applied, Command, EvaluationReport, Link, Rejected, Report, Restored, RunInfo, RunState, RunStatus, Saved,
    Snapshot, StateChange,
};
use crate::system::output;
use crate::terminal;
use crate::truth::{Analysis, Analyst, CoverageRule};

pub use bar::Bar;
pub use ending::{Ending, Exit, Outcome};
pub use evaluating::EvaluatingBar;
pub use json::Json;
pub use manner::{LogEvery, Manner, Passed, Unattended};
pub use reading::ReadingBar;
pub use signals::Interrupts;

/// The longest time that a signal may wait to be seen.
const TICK: Duration = Duration::from_millis(50);

/// The view of a run without a dashboard. Each method may fail as writing does.
pub trait View {
    /// Whether the latest record is to be shown, after so much since the last one was; the run's last one is in any
    /// case.
    fn is_due(&self, passed: Passed) -> bool;
    /// The run is ready for its first step.
    fn started(&mut self, info: &RunInfo) -> io::Result<()>;
    /// The latest record, and the steps a second since the one before, where time has passed.
    fn step(&mut self, record: &StepRecord, rate: Option<f64>) -> io::Result<()>;
    /// Something happened.
    fn event(&mut self, event: Event) -> io::Result<()>;
    /// The wait before each look at a run that has been followed for so long, for its analysis; none by itself.
    fn look_every(&self, _run: Duration) -> Option<Duration> {
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
    /// The result of a look at the run.
    fn analysis(&mut self, _analysis: &Analysis) -> io::Result<()> {
        Ok(())
    }
    /// The run ended: the last call.
    fn ended(&mut self, ending: &Ending) -> io::Result<()>;
}

/// An event besides steps.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    State(&'a StateChange),
    Applied(&'a Applied),
    Rejected(&'a Rejected),
    Alert(&'a Alert),
    Saved(&'a Saved),
    Restored(&'a Restored),
    Evaluation(&'a EvaluationReport),
}

/// Follows the run to its end on this process's standard output: a progress bar if that is a terminal that can be drawn on, else JSON.
///
/// The first of SIGINT and SIGTERM stops the run, the second ends the process at once, SIGUSR1 keeps a checkpoint,
/// SIGHUP does what `manner` says. What the person should still be told, on standard error, is in [`Outcome::why`]: a
/// run that fails is an outcome, not an error.
///
/// `settle` is called when the run has ended, before that is shown: it ends what records the run, and says what of it
/// is not on disk, with which the run counts as failed wherever its end is told.
pub fn run(link: &Link, interrupts: &Interrupts, manner: Manner, settle: Settle) -> Outcome {
    let mut out = output::out();
    if out.is_terminal() && !terminal::is_dumb() {
        let mut bar = Bar::new(ProgressDrawTarget::stdout_with_hz(10), &mut out);
        Watch::new(&mut bar, manner, settle).follow_run(link, interrupts)
    } else {
        Watch::new(&mut Json::every(&mut out, manner.log_every), manner, settle).follow_run(link, interrupts)
    }
}

/// The end of the recording of a run that has ended.
pub type Settle<'a> = &'a mut dyn FnMut() -> Settled;

/// The outcome of the recording of a run that has ended.
#[derive(Debug, Default)]
pub struct Settled {
    /// The parts that are not on disk.
    pub lost: Option<String>,
    /// The findings about the snapshot that the run ended with, where they are known.
    pub analysis: Option<Analysis>,
}

/// Follows the run to its end in the usual manner.
pub fn follow(link: &Link, view: &mut dyn View, interrupts: &Interrupts) -> Outcome {
    follow_as(link, view, interrupts, Manner::default())
}

/// Follows the run to its end.
pub fn follow_as(link: &Link, view: &mut dyn View, interrupts: &Interrupts, manner: Manner) -> Outcome {
    Watch::new(view, manner, &mut Settled::default).follow_run(link, interrupts)
}

/// The facts about the run, and what is to be done about it.
struct Watch<'a> {
    view: &'a mut dyn View,
    manner: Manner,
    run: RunStatus,
    /// The last record, with what came since one was shown, and whether it has been shown itself.
    latest: Option<(StepRecord, bool)>,
    /// When a record was last shown, and which.
    shown: Option<(Instant, StepRecord)>,
    snapshot: Option<Arc<Snapshot>>,
    /// The rule of health over mode coverage, and what it found that the trainer has not been told yet.
    coverage: Option<CoverageRule>,
    found: Option<Alert>,
    /// Analyses snapshots on the way, from the first look on.
    analyst: Option<Analyst>,
    /// When the run was last looked at, or first seen.
    looked: Instant,
    /// When it was first seen.
    began: Instant,
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
            coverage: info.as_deref().and_then(look::coverage),
            run: RunStatus { info, ..RunStatus::default() },
            found: None,
            analyst: None,
            looked: Instant::now(),
            began: Instant::now(),
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
                self.coverage = look::coverage(&info);
            }
            Report::Steps(records) => records.iter().for_each(|record| self.follow(record)),
            Report::Merged(spans) => spans.iter().for_each(|span| self.follow(&span.last_record())),
            Report::State(change) => self.state(&change),
            Report::Applied(applied) => self.show(|view| view.event(Event::Applied(&applied))),
            Report::Rejected(rejected) => self.show(|view| view.event(Event::Rejected(&rejected))),
            Report::Alert(alert) => self.show(|view| view.event(Event::Alert(&alert))),
            Report::Saved(saved) => self.show(|view| view.event(Event::Saved(&saved))),
            Report::Restored(restored) => self.show(|view| view.event(Event::Restored(&restored))),
            Report::Evaluation(news) if news.is_progress() => {}
            Report::Evaluation(news) => self.show(|view| view.event(Event::Evaluation(&news))),
            Report::Snapshot(snapshot) => {
                let snapshot = Arc::<Snapshot>::from(snapshot);
                if let Some(analyst) = &self.analyst {
                    analyst.submit(snapshot.clone());
                }
                self.watch_coverage(&snapshot);
                self.snapshot = Some(snapshot);
            }
            // Of others' commands, whose effects are told anyway; but that the end was asked for is told only here.
            Report::Answered(answer) => {
                if answer.said.iter().any(|report| matches!(report, Report::Finished(_))) {
                    self.stop(Exit::Done, None);
                }
            }
            // Of a foreign run, which nobody follows so.
            Report::Noted(_) => {}
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
        let early = |(then, before): &(Instant, StepRecord)| {
            let steps = record.step.saturating_sub(before.step);
            !self.view.is_due(Passed { time: now.duration_since(*then), steps, run: now.duration_since(self.began) })
        };
        if !last && self.shown.as_ref().is_some_and(early) {
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

    fn fail(&mut self, why: String) -> Outcome {
        let summary = self.run.summary();
        self.end(Outcome { exit: Exit::Failed, why: Some(why), summary })
    }

    fn end(&mut self, mut outcome: Outcome) -> Outcome {
        self.show_step(true);
        let Settled { lost, analysis } = (self.settle)();
        if let Some(lost) = lost {
            outcome.exit = Exit::Failed;
            outcome.why = Some(outcome.why.map_or_else(|| lost.clone(), |why| format!("{why}; {lost}")));
        }
        let snapshot = self.snapshot.as_deref().filter(|_| self.watched);
        let ending = Ending::new(&outcome, self.run.info.as_deref(), snapshot, analysis);
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
