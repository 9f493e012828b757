//! The status of a run: the one fold over its reports, for whoever follows it.

use super::undo::Changes;
use super::{Alert, Evaluating, PauseReason, Report, RunInfo, RunState, Settings, Sign, StateChange, Summary};
use crate::domain::rule::Rule;
use crate::domain::{SampleShape, StepRecord};

/// The status of a run after the reports taken in so far.
#[derive(Clone, Debug)]
pub struct RunStatus {
    /// The description of the run; none until it has started.
    pub info: Option<Box<RunInfo>>,
    pub state: RunState,
    /// Why it is in that state, where that was said.
    pub why: Option<PauseReason>,
    /// Steps completed.
    pub step: u64,
    /// Seconds of training, pauses left out.
    pub seconds: f64,
    /// The last record, with the latest value of each metric; none until a step is done after the start, or after the
    /// run went back.
    pub last: Option<StepRecord>,
    /// The settings in force; none until the run has started.
    pub settings: Option<Settings>,
    /// The changes that can be taken back.
    pub changes: Changes,
    /// The progress of the evaluation that is under way, if one is.
    pub evaluating: Option<Evaluating>,
    /// The alerts of rules of health that hold, in the order in which they were raised.
    pub alerts: Vec<(Rule, String)>,
    /// The run's last word, once it is said.
    pub end: Option<RunEnd>,
}

/// A run's last word.
#[derive(Clone, Debug, PartialEq)]
pub enum RunEnd {
    Finished(Summary),
    /// It broke: why, for a person.
    Failed(String),
}

impl Default for RunStatus {
    fn default() -> RunStatus {
        RunStatus {
            info: None,
            state: RunState::Running,
            why: None,
            step: 0,
            seconds: 0.0,
            last: None,
            settings: None,
            changes: Changes::default(),
            evaluating: None,
            alerts: Vec::new(),
            end: None,
        }
    }
}

impl RunStatus {
    /// Takes in the next report.
    pub fn take(&mut self, report: &Report) {
        self.changes.take(report);
        match report {
            Report::Started(info) => {
                self.settings = Some(info.settings.clone());
                self.info = Some(info.clone());
            }
            Report::Steps(records) => self.follow(records),
            Report::Merged(spans) => spans.iter().for_each(|span| self.follow(&[span.last_record()])),
            Report::State(change) => {
                (self.state, self.why) = (change.state, change.why.clone());
                self.step = self.step.max(change.step);
            }
            Report::Applied(applied) => self.settings = Some(applied.settings.clone()),
            Report::Restored(restored) => {
                self.settings = Some(restored.settings.clone());
                (self.step, self.last) = (restored.to, None);
            }
            Report::Finished(summary) => {
                self.state = RunState::Finished;
                (self.step, self.seconds) = (summary.steps, summary.seconds);
                self.end = Some(RunEnd::Finished(summary.clone()));
            }
            Report::Failed(why) => {
                self.state = RunState::Failed;
                self.end = Some(RunEnd::Failed(why.clone()));
            }
            Report::Alert(Alert { sign: Some(Sign { rule, raised }), text, .. }) => {
                self.alerts.retain(|(held, _)| held != rule);
                if *raised {
                    self.alerts.push((*rule, text.clone()));
                }
            }
            Report::Rejected(_)
            | Report::Saved(_)
            | Report::Snapshot(_)
            | Report::Alert(_)
            | Report::Noted(_)
            | Report::Answered(_) => {}
            Report::Evaluation(report) => self.evaluating = Evaluating::after(report),
        }
    }

    /// Takes in the records of the next steps.
    pub fn follow(&mut self, records: &[StepRecord]) {
        for record in records {
            // The files of a foreign run are not of one mind.
            (self.step, self.seconds) = (self.step.max(record.step), record.seconds);
            if let Some(settings) = &mut self.settings
                && !settings.ramps.is_empty()
            {
                *settings = settings.after(record.step);
            }
            StepRecord::advance(&mut self.last, record);
        }
    }

    /// The last step; 0: there is none, or it is not known yet.
    pub fn last_step(&self) -> u64 {
        let changed = self.settings.as_ref().and_then(|settings| settings.steps);
        changed.or(self.info.as_ref().map(|info| info.config.steps)).unwrap_or(0)
    }

    /// Whether the run has done its last step, and waits for more.
    pub fn waits_for_more(&self) -> bool {
        self.state == RunState::Paused && self.why == Some(PauseReason::LastStep)
    }

    /// Whether the run's samples are images.
    pub fn has_images(&self) -> bool {
        self.info.as_ref().is_some_and(|run| matches!(run.shape, SampleShape::Image { .. }))
    }

    /// The state as a report tells it.
    pub fn change(&self) -> StateChange {
        StateChange { step: self.step, state: self.state, why: self.why.clone() }
    }

    /// The figures of a run that ended without saying so; none of one that has not started.
    pub fn summary(&self) -> Option<Summary> {
        let info = self.info.as_ref()?;
        Some(Summary {
            steps: self.step,
            seconds: self.seconds,
            metrics: self.last.as_ref().map(|record| record.values.clone()),
            stopped: true,
            device: info.device.clone(),
            threads: info.threads,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::domain::{Metric, Metrics, Span};
    use crate::link::{Restored, StateSource};

    fn record(step: u64) -> StepRecord {
        StepRecord { step, seconds: step as f64 / 10.0, values: Metrics::of([step as f32; Metric::COUNT]) }
    }

    #[test]
    fn reports_come_to_how_the_run_stands() {
        let mut run = RunStatus::default();
        let mut settings = Settings::of(&config::load(None, &[]).unwrap());
        run.take(&Report::Steps(vec![record(1), record(2)]));
        run.take(&Report::Merged(vec![Span::of(&record(3)), Span::of(&record(4))]));
        assert_eq!((run.step, run.seconds, run.last.as_ref().map(|last| last.step)), (4, 0.4, Some(4)));
        let why = Some(PauseReason::Person);
        run.take(&Report::State(StateChange { step: 4, state: RunState::Paused, why: why.clone() }));
        assert_eq!(run.change(), StateChange { step: 4, state: RunState::Paused, why });
        settings.critic_steps = 9;
        run.take(&Report::Restored(Restored { from: Some(4), to: 2, source: StateSource::File("x".into()), settings }));
        // Its time goes on: only its steps go back.
        assert_eq!((run.step, run.seconds, run.last.is_none()), (2, 0.4, true));
        assert_eq!(run.settings.as_ref().map(|settings| settings.critic_steps), Some(9));
        run.take(&Report::Failed("no memory".to_owned()));
        assert_eq!((run.state, run.end), (RunState::Failed, Some(RunEnd::Failed("no memory".to_owned()))));
    }
}
