//! The reports of a run so far, in bounded memory, for a watcher who comes late.

use std::collections::VecDeque;

use super::trail::Trail;
use crate::link::{Report, RunEnd, RunStatus, Snapshot, Status};

/// The most events that are kept: the latest ones.
pub const EVENTS: usize = 512;

/// The reports of a run so far.
#[derive(Debug, Default)]
pub struct Past {
    /// The status; but the settings in its `info` are those from before the first event that is kept.
    run: RunStatus,
    trail: Trail,
    /// The events, each with the steps completed then. These never fall: what the run went back from counts as having
    /// happened at the checkpoint.
    events: VecDeque<(u64, Report)>,
    snapshot: Option<Box<Snapshot>>,
}

impl Past {
    /// Takes in what was reported.
    pub fn take(&mut self, report: &Report) {
        self.run.take(report);
        match report {
            Report::Steps(records) => records.iter().for_each(|record| self.trail.push(record.clone())),
            Report::Merged(spans) => spans.iter().for_each(|span| self.trail.push_span(span)),
            Report::Snapshot(snapshot) => self.snapshot = Some(snapshot.clone()),
            Report::Started(_) | Report::Finished(_) | Report::Failed(_) | Report::Answered(_) | Report::Noted(_) => {}
            Report::Restored(restored) => {
                self.trail.rewind(restored.to);
                for (at, _) in &mut self.events {
                    *at = restored.to.min(*at);
                }
                self.keep(report);
            }
            Report::Evaluation(news) if news.is_progress() => {}
            Report::Evaluation(_) => self.keep(report),
            Report::State(_) | Report::Applied(_) | Report::Rejected(_) | Report::Alert(_) | Report::Saved(_) => {
                self.keep(report);
            }
        }
    }

    /// Steps completed.
    pub fn step(&self) -> u64 {
        self.run.step
    }

    /// Whether the run has said its last word.
    pub fn is_over(&self) -> bool {
        self.run.end.is_some()
    }

    /// The status of the run.
    pub fn status(&self, watchers: usize, dropped: u64) -> Status {
        let config = self.run.info.as_ref().map(|info| &info.config);
        // After the run has gone back, the checkpoint's step is the last one.
        let last = self.run.last.clone().or_else(|| self.trail.last().cloned());
        Status {
            name: config.map(|config| config.name.clone()).unwrap_or_default(),
            state: self.run.state,
            step: self.step(),
            steps: self.run.last_step(),
            seconds: self.run.seconds,
            steps_per_second: self.trail.rate(),
            alerts: self.run.alerts.iter().map(|(_, text)| text.clone()).collect(),
            settings: self.run.settings.clone(),
            metrics: last.map(|record| record.values.clone()),
            table: self.run.info.as_ref().map(|info| info.metrics.clone()).unwrap_or_default(),
            watchers,
            dropped,
        }
    }

    /// All that is kept as reports, in an order in which a watcher may hear them: nothing at all of a run that has not
    /// started.
    pub fn reports(&self) -> Vec<Report> {
        let Some(info) = &self.run.info else { return Vec::new() };
        let mut reports = vec![Report::Started(info.clone())];
        let steps: Vec<u64> = self.events.iter().map(|(at, _)| *at).collect();
        let mut parts = self.trail.cut(&steps).into_iter();
        for (_, event) in &self.events {
            reports.extend(parts.next().unwrap_or_default());
            reports.push(event.clone());
        }
        reports.extend(parts.flatten());
        // The last state may be among what is no longer kept.
        if !self.events.iter().any(|(_, event)| matches!(event, Report::State(_))) {
            reports.push(Report::State(self.run.change()));
        }
        reports.extend(self.snapshot.clone().map(Report::Snapshot));
        reports.extend(self.run.end.clone().map(|end| match end {
            RunEnd::Finished(summary) => Report::Finished(summary),
            RunEnd::Failed(why) => Report::Failed(why),
        }));
        reports
    }

    /// Keeps an event, and what the oldest one changed if that has to go.
    fn keep(&mut self, event: &Report) {
        // After the ones before it, and with the steps whose records came before it.
        let at = self.step().max(self.events.back().map_or(0, |(at, _)| *at));
        self.events.push_back((at, event.clone()));
        if self.events.len() <= EVENTS {
            return;
        }
        let settings = match self.events.pop_front() {
            Some((_, Report::Applied(applied))) => applied.settings,
            Some((_, Report::Restored(restored))) => restored.settings,
            _ => return,
        };
        if let Some(info) = &mut self.run.info {
            info.settings = settings;
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::config;
    use crate::domain::{Metric, MetricTable, Metrics, SampleShape, StepRecord};
    use crate::link::{Alert, Restored, RunInfo, RunState, Settings, StateChange, StateSource};

    /// The description of some run.
    pub fn info() -> Box<RunInfo> {
        let config = config::load(None, &[]).unwrap();
        Box::new(RunInfo {
            settings: Settings::of(&config),
            device: "cpu".into(),
            threads: 1,
            threads_why: "told".into(),
            engine: config.engine,
            shape: SampleShape::Point { dims: 2 },
            modes: vec![],
            metrics: MetricTable::own(),
            generator_weights: 1,
            critic_weights: 1,
            config,
        })
    }

    fn past() -> Past {
        let mut past = Past::default();
        past.take(&Report::Started(info()));
        past
    }

    fn steps(past: &mut Past, steps: std::ops::RangeInclusive<u64>) {
        let record = |step| StepRecord { step, seconds: step as f64, values: Metrics::of([0.0; Metric::COUNT]) };
        past.take(&Report::Steps(steps.map(record).collect()));
    }

    #[test]
    fn what_happened_comes_between_the_steps_where_it_happened() {
        let mut past = past();
        let settings = past.run.settings.clone().unwrap();
        steps(&mut past, 1..=100);
        past.take(&Report::Alert(Alert::new(40, "late word")));
        steps(&mut past, 101..=200);
        past.take(&Report::Restored(Restored {
            from: Some(200),
            to: 150,
            source: StateSource::File("x".into()),
            settings,
        }));
        steps(&mut past, 151..=160);
        past.take(&Report::State(StateChange { step: 160, state: RunState::Paused, why: None }));
        let mut heard = Vec::new();
        for report in past.reports() {
            heard.push(match report {
                Report::Started(_) => "started".to_owned(),
                Report::Steps(records) => format!("{}-{}", records[0].step, records[records.len() - 1].step),
                Report::Alert(_) => "alert".into(),
                Report::Restored(_) => "restored".into(),
                Report::State(change) => change.state.to_string(),
                other => panic!("{other:?}"),
            });
        }
        assert_eq!(heard, ["started", "1-100", "alert", "101-150", "restored", "151-160", "paused"]);
        assert_eq!(past.step(), 160);
    }

    #[test]
    fn events_are_bounded_and_settings_are_not_lost_with_them() {
        let mut past = past();
        let mut settings = past.run.settings.clone().unwrap();
        settings.critic_steps = 9;
        past.take(&Report::Restored(Restored { from: None, to: 0, source: StateSource::File("x".into()), settings }));
        past.take(&Report::State(StateChange { step: 0, state: RunState::Paused, why: None }));
        for step in 0..2 * EVENTS as u64 {
            past.take(&Report::Alert(Alert::new(step, "again")));
        }
        let reports = past.reports();
        assert!(reports.len() <= EVENTS + 2);
        assert!(matches!(&reports[0], Report::Started(info) if info.settings.critic_steps == 9));
        let paused = |report: &Report| matches!(report, Report::State(change) if change.state == RunState::Paused);
        assert!(reports.iter().any(paused));
        assert_eq!(past.status(0, 0).state, RunState::Paused);
    }
}
