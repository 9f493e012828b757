//! The trainer thread: the command loop around the steps.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossbeam_channel::{RecvTimeoutError, Sender, TryRecvError};

use super::Setup;
use super::clock::Clock;
use super::game::Game;
use super::guard::{Guard, NonFinite, check};
use super::keeping::Keeping;
use super::meter::{Meter, Stamp, Unsound};
use super::outbox::Outbox;
use super::{settings, snapshot, threads};
use crate::checkpoint::{Checkpoint, Reason};
use crate::config::Config;
use crate::link::{
    Alert, By, Change, Command, Entry, Metric, Metrics, Player, Rejected, Report, Restored, RunInfo, RunState,
    SampleShape, StateChange, Summary, TrainerEnd,
};

/// How long step records are collected before they are handed out: 30 batches a second.
const BATCH_TIME: Duration = Duration::from_millis(33);
/// How long a paused trainer waits before it looks whether a full report channel has room again.
const RETRY: Duration = Duration::from_millis(20);

/// Trains as `setup` says, and obeys `end`, until the last step, a stop, or the watcher's departure.
pub fn run(setup: Setup, end: TrainerEnd, recorder: Option<Sender<Entry>>) {
    let chosen = threads::choose(&setup);
    let guard = Guard::new(setup.place.0, setup.deferred_guard);
    let mut game = Game::new(&setup.config, &setup.source, setup.place.0, guard);
    let resumed = setup.from.as_ref().map(|(checkpoint, file)| {
        game.restore(checkpoint).map(|()| Restored {
            from: None,
            to: checkpoint.step,
            file: file.clone(),
            settings: checkpoint.settings.clone(),
        })
    });
    let from = setup.from.as_ref().map(|(checkpoint, _)| checkpoint);
    let info = RunInfo {
        config: setup.config.clone(),
        device: setup.place.to_string(),
        threads: chosen.threads,
        threads_why: chosen.why,
        shape: setup.source.shape(),
        modes: setup.source.modes(),
        generator_weights: game.generator.params.len(),
        critic_weights: game.critic.params.len(),
        settings: game.settings().clone(),
    };
    let mut trainer = Trainer {
        config: &setup.config,
        meter: Meter::new(setup.place.0),
        keeping: Keeping::new(&setup.config.checkpoint, recorder.is_some(), from.map(|from| from.seconds)),
        outbox: Outbox::new(end.reports.clone(), recorder),
        end,
        game,
        clock: Clock::after(from.map_or(0.0, |from| from.seconds)),
        state: RunState::Running,
        step: from.map_or(0, |from| from.step),
        scheduled: from.map_or(0, |from| from.scheduled),
        owed: None,
        last: from.and_then(|from| from.metrics),
        handed_out: Instant::now(),
    };
    let summary_of = (info.device.clone(), info.threads);
    trainer.outbox.report(Report::Started(Box::new(info)));
    match resumed {
        Some(Ok(restored)) => trainer.outbox.report(Report::Restored(restored)),
        Some(Err(error)) => {
            trainer.outbox.report(Report::Failed(error.to_string()));
            return trainer.outbox.drain();
        }
        None => {}
    }
    trainer.train(if setup.paused { RunState::Paused } else { RunState::Running });
    trainer.finish(summary_of);
}

struct Trainer<'a> {
    config: &'a Config,
    game: Game<'a>,
    meter: Meter,
    keeping: Keeping,
    outbox: Outbox,
    end: TrainerEnd,
    clock: Clock,
    state: RunState,
    /// Steps completed.
    step: u64,
    /// Entries of the schedule that have been kept.
    scheduled: usize,
    /// Steps to do before the next pause, if that was asked for.
    owed: Option<u64>,
    /// Values of the last record handed out.
    last: Option<Metrics>,
    handed_out: Instant,
}

impl Trainer<'_> {
    fn train(&mut self, first: RunState) {
        self.enter(first, None);
        while !self.is_done() && self.keep_schedule() && self.obey() {
            self.one_step();
            if self.keeping.is_due(self.step, self.clock.seconds()) {
                self.keep(Reason::Due);
            }
            if self.meter.is_full() || self.handed_out.elapsed() >= BATCH_TIME {
                self.hand_out();
            }
        }
    }

    /// Obeys every command that waits, and, while paused, those that come, until a step may be done. False: stop.
    fn obey(&mut self) -> bool {
        loop {
            self.outbox.flush();
            let command = match (self.state, self.outbox.is_empty()) {
                (RunState::Paused, true) => self.end.commands.recv().map_err(|_| TryRecvError::Disconnected),
                (RunState::Paused, false) => self.end.commands.recv_timeout(RETRY).map_err(|error| match error {
                    RecvTimeoutError::Timeout => TryRecvError::Empty,
                    RecvTimeoutError::Disconnected => TryRecvError::Disconnected,
                }),
                _ => self.end.commands.try_recv(),
            };
            match command {
                Ok(Command::Stop) => return false,
                Ok(command) => self.execute(command),
                Err(TryRecvError::Empty) if self.state == RunState::Paused => {}
                Err(TryRecvError::Empty) => return true,
                // Nobody can command the run any more.
                Err(TryRecvError::Disconnected) => return false,
            }
        }
    }

    fn execute(&mut self, command: Command) {
        // An answer comes after the records of the steps before it. This may pause the run.
        self.hand_out();
        match command {
            Command::Pause => {
                self.owed = None;
                self.enter(RunState::Paused, None);
            }
            Command::Resume => {
                self.owed = None;
                self.enter(RunState::Running, None);
            }
            Command::Advance(steps) => {
                self.owed = Some(self.owed.unwrap_or(0).saturating_add(steps)).filter(|&steps| steps > 0);
                self.enter(if self.owed.is_some() { RunState::Running } else { self.state }, None);
            }
            Command::Set(change) => self.set(&change, By::Person),
            Command::Save if self.keeping.is_possible() => self.keep(Reason::Asked),
            Command::Save => {
                self.refuse("a checkpoint", "the run has no directory; start it with --run-dir DIR".into())
            }
            Command::Restore { checkpoint, file } => self.restore(&checkpoint, file),
            Command::Snapshot(request) => {
                let most = most_samples(self.game.source().shape());
                let taken = snapshot::take(&self.game, self.config.seed, self.step, request.samples.min(most));
                self.outbox.report(Report::Snapshot(Box::new(taken)));
            }
            Command::Stop => {}
        }
    }

    /// Makes the changes that the schedule has for the steps completed so far, before anybody else's. Always true.
    fn keep_schedule(&mut self) -> bool {
        while let Some(entry) = self.config.schedule.get(self.scheduled)
            && entry.at <= self.step
        {
            // This may put the run back to a step before.
            self.hand_out();
            if entry.at > self.step {
                break;
            }
            self.scheduled += 1;
            for change in Change::of_keys(self.game.settings(), &entry.set) {
                self.set(&change, By::Schedule);
            }
        }
        true
    }

    fn set(&mut self, change: &Change, by: By) {
        let report = match settings::resolve(self.game.settings(), self.step, change, by) {
            Ok(mut applied) => {
                self.game.set(applied.settings.clone());
                self.keeping.changed();
                let warm_up = self.config.critic.warmup_steps;
                if matches!(change, Change::CriticSteps(_)) && self.step < warm_up {
                    applied.note = Some(format!("from step {} on, after the warm-up", warm_up + 1));
                }
                Report::Applied(applied)
            }
            Err(rejected) => {
                if by == By::Schedule {
                    let text = format!("the schedule cannot set {}: {}", rejected.what, rejected.why);
                    self.outbox.report(Report::Alert(Alert { step: self.step, text }));
                }
                Report::Rejected(rejected)
            }
        };
        self.outbox.report(report);
    }

    /// Whether the last step is done. Looks at the device before it says so.
    fn is_done(&mut self) -> bool {
        let last = self.config.steps;
        if last == 0 || self.step < last {
            return false;
        }
        self.hand_out();
        self.step >= last
    }

    fn one_step(&mut self) {
        let before = self.game.mark();
        let step = self.step + 1;
        match self.game.step(step) {
            Ok(measured) => {
                let (critic_lr, generator_lr) = (self.game.settings().critic_lr, self.game.settings().generator_lr);
                let critic_updates = self.game.critic_updates(step);
                let seconds = self.clock.seconds();
                let stamp = Stamp { step, seconds, critic_lr, generator_lr, critic_updates, before };
                self.meter.push(stamp, &measured);
                self.step = step;
                self.keeping.changed();
                self.pay();
            }
            Err(NonFinite(what)) => {
                self.keeping.changed();
                self.hand_out();
                self.pause_at(step, &what);
            }
        }
    }

    /// Counts a step off those owed before the next pause.
    fn pay(&mut self) {
        if let Some(owed) = &mut self.owed {
            *owed -= 1;
            if *owed == 0 {
                self.owed = None;
                self.hand_out();
                self.enter(RunState::Paused, None);
            }
        }
    }

    /// Gives the records of the batch to the recorder and the watcher.
    fn hand_out(&mut self) {
        let batch = self.meter.take();
        self.handed_out = Instant::now();
        self.last = batch.records.last().map(|record| record.values).or(self.last);
        self.outbox.records(batch.records);
        if let Some(Unsound { stamp, values, passed }) = batch.unsound {
            self.step = stamp.step - 1;
            self.game.rewind(stamp.before, passed);
            let critic = (values[Metric::CriticLoss] as f64, values[Metric::CriticGradNorm] as f64);
            let generator = (values[Metric::GeneratorLoss] as f64, values[Metric::GeneratorGradNorm] as f64);
            let found = check(Player::Critic, critic.0, critic.1)
                .and_then(|()| check(Player::Generator, generator.0, generator.1));
            let what = found.err().map_or("a loss or gradient is not finite".into(), |NonFinite(what)| what);
            self.pause_at(stamp.step, &what);
        }
    }

    /// Pauses before `step`, which met a number that is not finite.
    fn pause_at(&mut self, step: u64, what: &str) {
        self.owed = None;
        let why = format!(
            "step {step}: {what}; no weight has been touched by it. Change the objective, the clip range or a learning \
             rate, then resume to try the step again"
        );
        self.keep(Reason::Alert);
        self.enter(RunState::Paused, Some(why));
    }

    fn enter(&mut self, state: RunState, why: Option<String>) {
        match state {
            RunState::Running => self.clock.start(),
            _ => self.clock.stop(),
        }
        self.state = state;
        self.outbox.report(Report::State(StateChange { step: self.step, state, why }));
    }

    /// Has the recorder keep the state, unless there is none or this very state was kept already and nobody asked.
    fn keep(&mut self, reason: Reason) {
        self.hand_out();
        let seconds = self.clock.seconds();
        if !self.keeping.takes(reason, seconds) {
            return;
        }
        let (generator_updates, critic_updates) = self.game.mark().updates();
        self.outbox.checkpoint(Checkpoint {
            step: self.step,
            seconds,
            reason,
            config: self.config.clone(),
            settings: self.game.settings().clone(),
            shape: self.game.source().shape(),
            metrics: self.last,
            generator_updates,
            critic_updates,
            scheduled: self.scheduled,
            tensors: self.game.tensors(),
        });
    }

    /// Goes back to a checkpoint, and begins a branch there with a checkpoint of its own.
    fn restore(&mut self, checkpoint: &Checkpoint, file: PathBuf) {
        if !checkpoint.config.trains_as(self.config) {
            return self.refuse("going back", format!("{} is of another run", file.display()));
        }
        if let Err(error) = self.game.restore(checkpoint) {
            return self.refuse("going back", format!("{}: {error}", file.display()));
        }
        let from = Some(std::mem::replace(&mut self.step, checkpoint.step));
        self.last = checkpoint.metrics;
        self.scheduled = checkpoint.scheduled;
        self.owed = None;
        let settings = checkpoint.settings.clone();
        self.outbox.report(Report::Restored(Restored { from, to: checkpoint.step, file, settings }));
        self.keeping.changed();
        self.keep(Reason::Branch);
    }

    /// Says that a command is impossible.
    fn refuse(&mut self, what: &str, why: String) {
        self.outbox.report(Report::Rejected(Rejected { step: self.step, what: what.into(), why, by: By::Person }));
    }

    fn finish(mut self, (device, threads): (String, usize)) {
        self.keep(Reason::End);
        let stopped = self.config.steps == 0 || self.step < self.config.steps;
        let samples = most_samples(self.game.source().shape()).min(FINAL_SAMPLES);
        let last = snapshot::take(&self.game, self.config.seed, self.step, samples);
        self.outbox.report(Report::Snapshot(Box::new(last)));
        // What still waits is answered too.
        while let Ok(command) = self.end.commands.try_recv() {
            match command {
                Command::Set(_) => self.refuse("a change", "the run has ended".to_owned()),
                Command::Save => self.refuse("a checkpoint", "the run has ended".to_owned()),
                Command::Restore { .. } => self.refuse("going back", "the run has ended".to_owned()),
                _ => {}
            }
        }
        self.enter(RunState::Finished, None);
        let seconds = self.clock.seconds();
        let summary = Summary { steps: self.step, seconds, metrics: self.last, stopped, device, threads };
        self.outbox.report(Report::Finished(summary));
        self.outbox.drain();
    }
}

/// Samples of the snapshot that a run ends with: as many as mode coverage is counted from (PacGAN's protocol).
const FINAL_SAMPLES: usize = 2500;

/// The most samples of each kind in a snapshot: what a screen can show, and never many megabytes.
fn most_samples(shape: SampleShape) -> usize {
    (1_000_000 / shape.len().max(1)).clamp(1, 10_000)
}
