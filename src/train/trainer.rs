//! The trainer thread: the command loop around the steps.

mod data;
mod end;
mod evaluation;
mod health;
mod orders;
mod schedule;
mod snapshots;
mod state;
mod undo;

use std::time::{Duration, Instant};

use crossbeam_channel::{RecvTimeoutError, Sender, TryRecvError};

use self::evaluation::Evaluations;
use self::health::HealthActions;
use self::undo::UndoStates;
use super::checkpoint_policy::CheckpointPolicy;
use super::clock::Clock;
use super::game::Game;
use super::guard::{Guard, NonFinite, Quantity, check};
use super::meter::{Meter, Stamp, Unsound};
use super::outbox::Outbox;
use super::setback::Setback;
use super::{Setup, threads};
use crate::config::Config;
use crate::domain::rule::{AlertAction, Rule};
use crate::domain::{Metric, MetricTable, Metrics};
use crate::link::checkpoint::Reason;
use crate::link::{
    Alert, Applied, By, Change, Command, Entry, PauseReason, Player, Rejected, Report, Restored, RunInfo, RunState,
    StateChange, StateSource, Summary, TrainerEnd,
};

/// The time for which step records are collected before they are handed out: 30 batches a second.
const BATCH_TIME: Duration = Duration::from_millis(33);
/// The time that a paused trainer waits before it looks whether a full report channel has room again.
const RETRY: Duration = Duration::from_millis(20);

/// Trains as `setup` says, and obeys `end`, until the last step, a stop, or the watcher's departure.
pub fn run(setup: Setup, end: TrainerEnd, recorder: Option<Sender<Entry>>) {
    let chosen = threads::choose(&setup);
    let guard = Guard::new(setup.place.0, setup.deferred_guard);
    let mut game = Game::new(&setup.config, &setup.source, setup.place.0, guard).with_workers(chosen.threads);
    let resumed = setup.from.as_ref().map(|(checkpoint, file)| {
        game.restore(checkpoint).map(|()| Restored {
            from: None,
            to: checkpoint.info.step,
            source: StateSource::File(file.clone()),
            settings: checkpoint.info.settings.clone(),
        })
    });
    let from = setup.from.as_ref().map(|(checkpoint, _)| &checkpoint.info);
    let info = RunInfo {
        config: setup.config.clone(),
        device: setup.place.to_string(),
        threads: chosen.threads,
        threads_why: chosen.why,
        engine: game.engine(),
        shape: setup.source.shape(),
        modes: setup.source.modes(),
        metrics: MetricTable::of(&setup.config),
        generator_weights: game.generator().params.len(),
        critic_weights: game.critic().params.len(),
        settings: game.settings().clone(),
    };
    let mut trainer = Trainer {
        config: &setup.config,
        meter: Meter::new(setup.place.0),
        checkpoint_policy: CheckpointPolicy::new(
            &setup.config.checkpoint,
            recorder.is_some(),
            from.map(|from| from.seconds),
        ),
        health: HealthActions::new(&setup.config, game.settings()),
        undo: UndoStates::default(),
        evaluations: Evaluations::of(&setup, info.metrics.clone()),
        outbox: Outbox::new(end.reports.clone(), recorder),
        end,
        game,
        clock: Clock::after(from.map_or(0.0, |from| from.seconds)),
        state: RunState::Running,
        step: from.map_or(0, |from| from.step),
        scheduled: from.map_or(0, |from| from.scheduled),
        recorded_step: from.map_or(0, |from| from.step),
        owed: None,
        last: from.and_then(|from| from.metrics.clone()),
        handed_out: Instant::now(),
        unread: None,
        waits: setup.waits,
        is_waiting: false,
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
    trainer.begin_with(&setup.set);
    trainer.train_to_the_end(if setup.paused { RunState::Paused } else { RunState::Running });
    trainer.finish(summary_of);
}

struct Trainer<'a> {
    config: &'a Config,
    game: Game<'a>,
    meter: Meter,
    checkpoint_policy: CheckpointPolicy,
    health: HealthActions,
    undo: UndoStates,
    evaluations: Evaluations,
    outbox: Outbox,
    end: TrainerEnd,
    clock: Clock,
    state: RunState,
    /// Steps completed.
    step: u64,
    /// Entries of the schedule that have been kept.
    scheduled: usize,
    /// The step that the recorder last had a look at.
    recorded_step: u64,
    /// Steps to do before the next pause, if that was asked for.
    owed: Option<u64>,
    /// Values of the last record handed out.
    last: Option<Metrics>,
    handed_out: Instant,
    /// The step after which data could last not be read.
    unread: Option<u64>,
    /// Whether the run waits for more after its last step, since somebody looks on.
    waits: bool,
    /// Whether it does now.
    is_waiting: bool,
}

impl Trainer<'_> {
    fn train(&mut self, first: RunState) {
        self.enter(first, (first == RunState::Paused).then_some(PauseReason::Start));
        while self.has_steps() && self.keep_schedule() && self.obey() {
            self.hold_record_of(self.step + 1);
            self.one_step();
            self.record_snapshot(false);
            self.evaluate_if_due();
            if self.checkpoint_policy.is_due(self.step, self.clock.seconds()) {
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
            self.follow_evaluation();
            self.outbox.flush();
            let idle = self.outbox.is_empty() && !self.evaluations.is_under_way();
            let command = match (self.state, idle) {
                (RunState::Paused, true) => self.end.commands.recv().map_err(|_| TryRecvError::Disconnected),
                (RunState::Paused, false) => self.end.commands.recv_timeout(RETRY).map_err(|error| match error {
                    RecvTimeoutError::Timeout => TryRecvError::Empty,
                    RecvTimeoutError::Disconnected => TryRecvError::Disconnected,
                }),
                _ => self.end.commands.try_recv(),
            };
            match command {
                Ok(command) if matches!(command.plain(), Command::Stop) => return false,
                Ok(command) => {
                    self.execute(command);
                    if self.is_waiting && !self.waits {
                        return false;
                    }
                }
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
                self.enter(RunState::Paused, Some(PauseReason::Person));
            }
            Command::Resume | Command::Advance(1..) if self.is_waiting => {
                let why = format!("step {} was the last one: set steps to a larger number first", self.step);
                self.refuse("going on", why);
            }
            Command::Resume => {
                self.owed = None;
                self.enter(RunState::Running, None);
            }
            Command::Advance(steps) => {
                self.owed = Some(self.owed.unwrap_or(0).saturating_add(steps)).filter(|&steps| steps > 0);
                let why = self.is_waiting.then_some(PauseReason::LastStep);
                self.enter(if self.owed.is_some() { RunState::Running } else { self.state }, why);
            }
            Command::Set(change) => {
                self.set(&change, By::Person, false);
                self.go_on_if_there_is_more();
            }
            Command::Assign(set) => {
                self.assign(&set, By::Person);
                self.go_on_if_there_is_more();
            }
            Command::Numbered(id, command) => self.answer(id, *command),
            Command::Save if self.checkpoint_policy.is_possible() => self.keep(Reason::Asked),
            Command::Save => {
                self.refuse("a checkpoint", "the run has no directory; start it with --run-dir DIR".into())
            }
            Command::Restore { checkpoint, file } => self.restore(&checkpoint, file),
            Command::Undo => self.take_back(),
            Command::Evaluate => self.evaluate(),
            Command::CancelEvaluation => self.cancel_evaluation(),
            Command::Snapshot(request) => self.show(request),
            Command::Alert(alert) => {
                self.report_alerts([alert]);
                self.run_actions();
            }
            Command::Unattended => self.waits = false,
            Command::Stop => {}
        }
    }

    /// Makes a change, or says why not; `joins`: of a person's, whether it belongs to the one before. True: it is made.
    fn set(&mut self, change: &Change, by: By, joins: bool) -> bool {
        self.follow_ramps();
        let resolved = self.resolved(change, by);
        let report = match resolved.and_then(|applied| self.computable(applied)) {
            Ok(mut applied) => {
                applied.joins = by == By::Person && (joins || self.remember(change));
                let before = self.game.engine();
                self.checkpoint_policy.changing();
                match change {
                    Change::FreshCritic => self.game.renew_critic(self.step),
                    _ => self.game.set(applied.settings.clone()),
                }
                self.checkpoint_policy.changed();
                let warm_up = self.config.critic.warmup_steps;
                if matches!(change, Change::CriticSteps(_)) && self.step < warm_up {
                    applied.note = Some(format!("from step {} on, after the warm-up", warm_up + 1));
                }
                let engine = self.game.engine();
                if engine != before {
                    let text = format!("the engine is {} now", engine.name());
                    applied.note = Some(applied.note.map_or(text.clone(), |note| format!("{note}; {text}")));
                }
                Report::Applied(applied)
            }
            Err(rejected) => {
                if by == By::Schedule {
                    let text = format!("the schedule cannot set {}: {}", rejected.what, rejected.why);
                    self.outbox.report(Report::Alert(Alert::new(self.step, text)));
                }
                Report::Rejected(rejected)
            }
        };
        let changed = matches!(report, Report::Applied(_));
        self.outbox.report(report);
        if changed && !matches!(change, Change::LastStep(_)) {
            let alerts = self.health.monitor.settle(self.game.settings(), self.step);
            self.report_alerts(alerts);
        }
        changed
    }

    /// Refuses what the engine that the config insists on does not know.
    fn computable(&self, applied: Applied) -> Result<Applied, Rejected> {
        match self.config.engine_under(&applied.settings.constraint) {
            Ok(_) => Ok(applied),
            Err(why) => {
                Err(Rejected { step: self.step, by: applied.by, what: applied.what.into(), why: why.to_string() })
            }
        }
    }

    fn one_step(&mut self) {
        self.follow_ramps();
        let before = self.game.updates();
        let step = self.step + 1;
        self.checkpoint_policy.changing();
        match self.game.step(step) {
            Ok(measured) => {
                let (critic_lr, generator_lr) = (self.game.settings().critic_lr, self.game.settings().generator_lr);
                let critic_updates = self.game.critic_updates(step);
                let seconds = self.clock.seconds();
                let updates = critic_updates + self.game.generator_updates();
                let stamp = Stamp { step, seconds, critic_lr, generator_lr, critic_updates, updates, before };
                self.meter.push(stamp, &measured);
                self.step = step;
                self.checkpoint_policy.changed();
                self.pay();
            }
            Err(Setback::Data(error)) => {
                self.checkpoint_policy.changed();
                self.pause_for_data(&error);
            }
            Err(Setback::NonFinite(number)) => {
                self.checkpoint_policy.changed();
                self.hand_out();
                self.pause_at(step, Some(number));
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
                self.enter(RunState::Paused, Some(PauseReason::Advanced));
            }
        }
    }

    /// Gives the records of the batch to the recorder and the watcher, and does what rules of health ask for then.
    fn hand_out(&mut self) {
        let mut batch = self.meter.take();
        self.evaluations.join(&mut batch.records);
        self.handed_out = Instant::now();
        batch.records.iter().for_each(|record| self.last.get_or_insert_with(Metrics::none).follow(&record.values));
        let alerts: Vec<Alert> = batch.records.iter().flat_map(|record| self.health.monitor.record(record)).collect();
        self.outbox.records(batch.records);
        self.report_alerts(alerts);
        if let Some(Unsound { stamp, values, passed }) = batch.unsound {
            self.step = stamp.step - 1;
            self.game.rewind(stamp.before, passed, stamp.critic_updates);
            // In the order in which the guard looks at them.
            let parts = [
                (Player::Critic, Quantity::Loss, Metric::Bound),
                (Player::Critic, Quantity::Penalty, Metric::Penalty),
                (Player::Critic, Quantity::Loss, Metric::CriticLoss),
                (Player::Critic, Quantity::Gradient, Metric::CriticGradNorm),
                (Player::Generator, Quantity::Loss, Metric::GeneratorLoss),
                (Player::Generator, Quantity::Gradient, Metric::GeneratorGradNorm),
            ];
            let mut found =
                parts.iter().map(|(player, quantity, metric)| check(*player, *quantity, values[*metric] as f64));
            let number = found.find_map(Result::err);
            self.pause_at(stamp.step, number);
        }
        self.run_actions();
    }

    /// Pauses before `step`, which met a number that is not finite.
    fn pause_at(&mut self, step: u64, number: Option<NonFinite>) {
        self.owed = None;
        if let Some(alert) = self.health.monitor.refuse(step, number) {
            self.outbox.report(Report::Alert(alert));
        }
        if self.config.health[Rule::NonFinite].has(AlertAction::Checkpoint) {
            self.keep(Reason::Alert);
        }
        self.enter(RunState::Paused, Some(PauseReason::NonFinite(number)));
    }

    fn enter(&mut self, state: RunState, why: Option<PauseReason>) {
        match state {
            RunState::Running => self.clock.start(),
            _ => self.clock.stop(),
        }
        self.state = state;
        self.outbox.report(Report::State(StateChange { step: self.step, state, why }));
    }

    /// Says that a command is impossible.
    fn refuse(&mut self, what: &str, why: String) {
        self.outbox.report(Report::Rejected(Rejected { step: self.step, what: what.into(), why, by: By::Person }));
    }

    fn finish(mut self, (device, threads): (String, usize)) {
        // The last checkpoint, snapshot and summary are no training, and say the same seconds.
        self.clock.stop();
        self.end_evaluations();
        self.state = RunState::Finished;
        self.keep(Reason::End);
        self.record_snapshot(true);
        let stopped = !self.is_past_the_last();
        self.show_end();
        self.refuse_the_rest();
        self.enter(RunState::Finished, None);
        let seconds = self.clock.seconds();
        let summary = Summary { steps: self.step, seconds, metrics: self.last.clone(), stopped, device, threads };
        self.outbox.report(Report::Finished(summary));
        self.outbox.drain();
    }
}
