//! A real run for tests: a trainer on the CPU, commanded and listened to through its channels.

use std::path::Path;
use std::thread::JoinHandle;

use gantop::config::presets;
use gantop::domain::{Metric, StepRecord};
use gantop::evaluate::Cache;
use gantop::link::{
    self, Alert, Applied, By, Change, Command, EvaluationReport, Link, PauseReason, Rejected, Report, Restored,
    RunInfo, RunState, Saved, Settings, Snapshot, SnapshotRequest, Summary, Weights,
};
use gantop::run::Recorder;
use gantop::train::Setup;

use super::{TEST_TIMEOUT, runs};

/// A run and everything it has said.
pub struct Run {
    link: Option<Link>,
    thread: Option<JoinHandle<()>>,
    info: Option<RunInfo>,
    step: u64,
    pub state: RunState,
    /// The reason of the last state that had one.
    pub why: Option<String>,
    /// Why it paused last.
    pub paused: Option<PauseReason>,
    pub records: Vec<StepRecord>,
    pub snapshots: Vec<Snapshot>,
    settings: Option<Settings>,
    pub saved: Vec<Saved>,
    pub restored: Vec<Restored>,
    answer: Option<Result<Applied, Rejected>>,
    /// Every change and refusal heard of.
    pub applied: Vec<Applied>,
    pub rejected: Vec<Rejected>,
    /// What rules of health said, and what was told of changes that the schedule could not make; any other alert is a
    /// failure.
    pub alerts: Vec<Alert>,
    /// What was told of evaluations.
    pub evaluations: Vec<EvaluationReport>,
    summary: Option<Summary>,
    last: Option<Report>,
    recorder: Option<Recorder>,
}

impl Run {
    /// Starts a run, paused before its first step, of the preset that the first word names, if it has no `=`, else of
    /// the default preset, with these settings on top.
    pub fn start(sets: &[&str]) -> Run {
        Run::start_in(None, sets, false)
    }

    /// The same, as with a dashboard: after its last step it waits for more.
    pub fn waiting(dir: Option<&Path>, sets: &[&str]) -> Run {
        Run::start_in(dir, sets, true)
    }

    /// The same with a run directory.
    pub fn recorded(dir: &Path, sets: &[&str]) -> Run {
        Run::start_in(Some(dir), sets, false)
    }

    fn start_in(dir: Option<&Path>, sets: &[&str], waits: bool) -> Run {
        let (preset, sets) = match sets {
            [preset, sets @ ..] if !preset.contains('=') => (*preset, sets),
            sets => (presets::DEFAULT, sets),
        };
        let config = runs::config(preset, sets);
        let (link, end) = link::pair();
        let recorder = dir.map(|dir| Recorder::start(dir, &config, end.reports.clone()).expect("a new directory"));
        let (recorder, feed) = recorder.unzip();
        let setup = Setup::new(config).expect("the data and the device").paused();
        let setup = if waits { setup.waiting_for_more() } else { setup };
        // Nothing is kept between tests, nor with the person who runs them.
        let thread = setup.keeping_in(Cache::default()).spawn(end, feed).expect("a thread");
        Run {
            link: Some(link),
            thread: Some(thread),
            info: None,
            step: 0,
            state: RunState::Paused,
            why: None,
            paused: None,
            records: Vec::new(),
            snapshots: Vec::new(),
            settings: None,
            saved: Vec::new(),
            restored: Vec::new(),
            answer: None,
            applied: Vec::new(),
            rejected: Vec::new(),
            alerts: Vec::new(),
            evaluations: Vec::new(),
            summary: None,
            last: None,
            recorder,
        }
    }

    /// Steps completed, as far as was told.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// What the trainer said of itself first.
    pub fn info(&self) -> &RunInfo {
        self.info.as_ref().expect("the trainer has started")
    }

    /// The settings in force, waiting for the trainer's first word if need be.
    pub fn settled(&mut self) -> Settings {
        self.wait(|run| run.settings.is_some());
        self.settings.clone().expect("settings")
    }

    fn link(&self) -> &Link {
        self.link.as_ref().expect("not abandoned")
    }

    pub fn send(&self, command: Command) {
        self.link().commands.send(command).expect("a trainer that listens");
    }

    /// Listens until `ready`.
    pub fn wait(&mut self, ready: impl Fn(&Run) -> bool) {
        while !ready(self) {
            let report = self.link().reports.recv_timeout(TEST_TIMEOUT).expect("a word of the trainer");
            self.hear(report);
        }
    }

    fn hear(&mut self, report: Report) {
        match report.clone() {
            Report::Started(info) => {
                self.settings = Some(info.settings.clone());
                self.info = Some(*info);
            }
            Report::Steps(records) => {
                self.step = records.last().map_or(self.step, |record| record.step);
                self.records.extend(records);
            }
            Report::Merged(spans) => panic!("a test that listens gets every record, not {spans:?}"),
            Report::State(change) => {
                self.state = change.state;
                self.step = change.step;
                self.paused = change.why.clone().or(self.paused.take());
                self.why = change.sentence().or(self.why.take());
            }
            Report::Applied(applied) => {
                self.settings = Some(applied.settings.clone());
                self.applied.push(applied.clone());
                self.answer = Some(Ok(applied)).filter(|_| self.applied.last().is_some_and(|a| a.by == By::Person));
            }
            Report::Rejected(rejected) => {
                self.rejected.push(rejected.clone());
                self.answer = Some(Err(rejected)).filter(|_| self.rejected.last().is_some_and(|r| r.by == By::Person));
            }
            Report::Alert(alert) if alert.sign.is_some() || alert.text.starts_with("the schedule cannot") => {
                self.alerts.push(alert)
            }
            Report::Saved(saved) => self.saved.push(saved),
            Report::Restored(restored) => {
                self.step = restored.to;
                self.settings = Some(restored.settings.clone());
                self.restored.push(restored);
            }
            Report::Snapshot(snapshot) => self.snapshots.push(*snapshot),
            Report::Alert(alert) => panic!("{alert:?}"),
            Report::Finished(summary) => self.summary = Some(summary),
            Report::Evaluation(report) => self.evaluations.push(report),
            Report::Answered(_) | Report::Noted(_) => {}
            Report::Failed(why) => panic!("{why}"),
        }
        self.last = Some(report);
    }

    /// Does so many steps of a paused run.
    pub fn advance(&mut self, steps: u64) {
        let goal = self.step + steps;
        self.send(Command::Advance(steps));
        self.wait(|run| run.step == goal && run.state == RunState::Paused);
    }

    /// Asks for a change and waits for the answer.
    pub fn set(&mut self, change: Change) -> Result<Applied, Rejected> {
        self.answer = None;
        self.send(Command::Set(change));
        self.wait(|run| run.answer.is_some());
        self.answer.take().expect("an answer")
    }

    /// Asks for a snapshot and waits for it.
    pub fn snapshot(&mut self, samples: usize) -> Snapshot {
        self.look(SnapshotRequest { samples, weights: false, fixed: false })
    }

    /// Asks for a snapshot with the weights and waits for it.
    pub fn weights(&mut self) -> Weights {
        self.look(SnapshotRequest { samples: 1, weights: true, fixed: false }).weights.expect("the weights")
    }

    /// Asks for a snapshot and waits for it.
    pub fn look(&mut self, request: SnapshotRequest) -> Snapshot {
        let before = self.snapshots.len();
        self.send(Command::Snapshot(request));
        self.wait(|run| run.snapshots.len() > before);
        self.snapshots.last().expect("a snapshot").clone()
    }

    /// Lets the run go on.
    pub fn resume(&mut self) {
        self.send(Command::Resume);
        self.wait(|run| run.state != RunState::Paused);
    }

    /// Lets the run go on and listens to its end.
    pub fn go_to_the_end(&mut self) -> Summary {
        self.send(Command::Resume);
        self.listen_to_the_end()
    }

    /// Listens to the end of the run.
    pub fn listen_to_the_end(&mut self) -> Summary {
        self.wait(|run| run.summary.is_some());
        self.summary.clone().expect("a summary")
    }

    /// The last report heard.
    pub fn last_report(&self) -> Option<&Report> {
        self.last.as_ref()
    }

    /// Hangs up and waits for the trainer's thread, and the recorder's, to end.
    pub fn abandon(self) {}
}

impl Drop for Run {
    fn drop(&mut self) {
        drop(self.link.take());
        // The tests must not end while the trainer computes: libtorch's destructors would free what it uses.
        let ended = self.thread.take().map(JoinHandle::join);
        let recorded = self.recorder.take().map(Recorder::finish);
        if !std::thread::panicking() {
            ended.transpose().expect("the trainer ends without a panic");
            recorded.transpose().expect("every row is written");
        }
    }
}

/// The records without their times, to the bit.
pub type Bits = Vec<(u64, [u32; Metric::COUNT])>;

pub fn values(records: &[StepRecord]) -> Bits {
    records.iter().map(|record| (record.step, record.values.own.0.map(f32::to_bits))).collect()
}

/// The first step in which two runs differ, if they do.
pub fn difference(a: &Bits, b: &Bits) -> Option<u64> {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).find(|(a, b)| a != b).map(|(a, _)| a.0)
}
