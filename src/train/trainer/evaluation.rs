//! The trainer's part in evaluations: which steps are evaluated, and what becomes of what is found.

use std::time::Duration;

use crossbeam_channel::RecvTimeoutError;
use tch::Device;

use super::super::evaluator::{News, Worker};
use super::super::generate::Sampler;
use super::super::{Setup, evaluation};
use super::Trainer;
use crate::config::Evaluate;
use crate::domain::seed::{self, Stream};
use crate::domain::{MetricTable, StepRecord};
use crate::evaluate::{Cache, Progress};
use crate::link::{Alert, Command, Evaluation, EvaluationNews, EvaluationReport, Report, RunState};

/// The time that the trainer waits before it looks again at an evaluation's progress, when there is nothing else to do.
const LOOK: Duration = Duration::from_millis(50);

/// The evaluations of a run.
pub(super) struct Evaluations {
    /// The measuring of samples.
    config: Evaluate,
    /// Where what is costly is kept.
    cache: Cache,
    /// The metrics that the run has.
    table: MetricTable,
    device: Device,
    /// The worker that computes, from the first evaluation on.
    worker: Option<Worker>,
    /// The step that is being evaluated.
    at: Option<u64>,
    /// The step that was evaluated last.
    last: Option<u64>,
    /// The progress that was told last: the stage and whole percents.
    told: Option<Progress>,
    /// The findings that have not come with a record yet.
    found: Option<Box<Evaluation>>,
    /// Whether the record of the last step is held back until an evaluation is done.
    holds: bool,
    held: Option<StepRecord>,
}

impl Evaluations {
    /// The evaluations of a run with these metrics.
    pub fn of(setup: &Setup, table: MetricTable) -> Evaluations {
        let config = setup.config.evaluate.clone().unwrap_or_else(|| evaluation::usual(&setup.source));
        let (worker, at, last, told, found, held) = (None, None, None, None, None, None);
        let (cache, device) = (setup.cache.clone(), setup.place.0);
        Evaluations { config, cache, table, device, worker, at, last, told, found, holds: false, held }
    }

    /// Whether one is under way.
    pub fn is_under_way(&self) -> bool {
        self.at.is_some()
    }

    /// Puts what was found into the last of these records; holds that one back while it waits for more.
    pub fn join(&mut self, records: &mut Vec<StepRecord>) {
        if let Some(held) = self.held.take() {
            records.insert(0, held);
        }
        if let Some(record) = records.last_mut()
            && let Some(found) = self.found.take()
        {
            found.fill(&mut record.values, &self.table);
        }
        if self.holds {
            self.held = records.pop();
        }
    }
}

impl Trainer<'_> {
    /// Begins an evaluation where one is due after the step just done. One that would overlap the last is left out.
    pub(super) fn evaluate_if_due(&mut self) {
        let due = self.evaluates_by_steps() && self.step.is_multiple_of(self.evaluations.config.every_steps);
        // The last step has its own, which is waited for.
        if due
            && self.step != self.last_step()
            && !self.evaluations.is_under_way()
            && self.evaluations.last != Some(self.step)
        {
            self.begin_evaluation();
        }
    }

    /// Begins the evaluation that somebody asks for.
    pub(super) fn evaluate(&mut self) {
        match self.evaluations.at {
            Some(step) => {
                let why = format!("the evaluation of step {step} is under way; wait for it, or cancel it");
                self.refuse("an evaluation", why);
            }
            None => self.begin_evaluation(),
        }
    }

    /// Cancels the evaluation that is under way.
    pub(super) fn cancel_evaluation(&mut self) {
        match (self.evaluations.at.take(), &self.evaluations.worker) {
            (Some(step), Some(worker)) => {
                worker.cancel();
                self.tell_evaluation(EvaluationNews::Ended(format!("the evaluation of step {step} was cancelled")));
            }
            _ => self.refuse("cancelling an evaluation", "none is under way".to_owned()),
        }
    }

    fn begin_evaluation(&mut self) {
        let (step, seed, n) = (self.step, self.config.seed, self.evaluations.config.samples);
        if self.evaluations.worker.is_none() {
            let Evaluations { config, cache, device, .. } = &self.evaluations;
            let data = (self.config, self.game.source());
            let worker = Worker::start((config.clone(), cache.clone()), data, *device);
            match worker {
                Ok(worker) => self.evaluations.worker = Some(worker),
                Err(why) => {
                    let text = format!("no evaluation: there is no thread for it: {why}");
                    return self.outbox.report(Report::Alert(Alert::new(step, text)));
                }
            }
        }
        let averaged = self.game.averaged();
        let generator = averaged.unwrap_or_else(|| self.game.generator()).twin();
        let rng = seed::rng(seed, Stream::Evaluate, step);
        let shape = self.game.source().shape();
        let sampler = Sampler::of(generator, self.config, shape, n, rng, self.evaluations.device);
        let averaged = averaged.is_some();
        if let Some(worker) = &self.evaluations.worker {
            worker.evaluate(step, averaged, sampler);
        }
        (self.evaluations.at, self.evaluations.last, self.evaluations.told) = (Some(step), Some(step), None);
        self.tell_evaluation(EvaluationNews::Begun);
    }

    /// Takes in what the evaluation has to say, if one is under way.
    pub(super) fn follow_evaluation(&mut self) {
        let Some(step) = self.evaluations.at else { return };
        let Some(worker) = &self.evaluations.worker else { return };
        if let Some(now) = worker.progress() {
            let whole = |progress: Progress| (progress.stage, (100.0 * progress.done) as u32);
            if self.evaluations.told.map(whole) != Some(whole(now)) {
                self.evaluations.told = Some(now);
                let (stage, done) = (now.stage.words().to_owned(), now.done);
                return self.tell_evaluation(EvaluationNews::Progress { stage, done });
            }
        }
        match worker.news() {
            None => {}
            Some(News::Found(found)) => {
                self.evaluations.at = None;
                self.evaluations.found = Some(found.clone());
                self.tell_evaluation(EvaluationNews::Found(found));
            }
            Some(News::Failed(why)) => {
                self.evaluations.at = None;
                self.tell_evaluation(EvaluationNews::Ended(format!("no evaluation of step {step}: {why}")));
            }
        }
    }

    /// Says it, after the records of the steps before.
    fn tell_evaluation(&mut self, news: EvaluationNews) {
        if !matches!(news, EvaluationNews::Progress { .. }) {
            self.hand_out();
        }
        let step = self.step;
        self.outbox.report(Report::Evaluation(EvaluationReport { step, news }));
    }

    /// Whether evaluations are by steps.
    fn evaluates_by_steps(&self) -> bool {
        self.config.evaluate.is_some() && self.evaluations.config.every_steps > 0
    }

    /// Before the step of this number: holds its record back if it is the last one and is going to have figures.
    pub(super) fn hold_record_of(&mut self, step: u64) {
        let evaluated = self.evaluates_by_steps() || self.evaluations.is_under_way();
        self.evaluations.holds = step == self.last_step() && evaluated;
    }

    /// After the last step: has that evaluated too, where evaluations are by steps, and waits for what is under way,
    /// obeying commands meanwhile. The record that was held back goes with the figures.
    pub(super) fn evaluate_the_end(&mut self) {
        let by_steps = self.evaluates_by_steps();
        if by_steps && !self.evaluations.is_under_way() && self.evaluations.last != Some(self.step) {
            self.begin_evaluation();
        }
        self.clock.stop();
        let end = self.step;
        let mut goes_on = true;
        while goes_on && self.step == end && self.evaluations.is_under_way() {
            self.outbox.flush();
            match self.end.commands.recv_timeout(LOOK) {
                Ok(command) if matches!(command.plain(), Command::Stop) => goes_on = false,
                Ok(command) => {
                    if matches!(command.plain(), Command::Restore { .. } | Command::Undo) {
                        self.evaluations.holds = false;
                    }
                    self.execute(command);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => goes_on = false,
            }
            self.follow_evaluation();
            if by_steps && self.step == end && self.evaluations.last != Some(end) && !self.evaluations.is_under_way() {
                // What was under way was of an earlier step.
                self.begin_evaluation();
            }
        }
        self.evaluations.holds = false;
        self.hand_out();
        if self.step < end && self.state == RunState::Running {
            self.clock.start();
        }
    }

    /// Has nothing more evaluated.
    pub(super) fn end_evaluations(&mut self) {
        if let (Some(step), Some(worker)) = (self.evaluations.at.take(), &self.evaluations.worker) {
            worker.cancel();
            let why = format!("the evaluation of step {step} was cancelled: the run has ended");
            self.tell_evaluation(EvaluationNews::Ended(why));
        }
    }
}
