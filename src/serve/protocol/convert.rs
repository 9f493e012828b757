//! Reports as lines, and back.

use std::path::Path;

use super::columns::{named, of_named};
use super::{Answered, Finished, Happened, ServerMessage, Spans, Started, Status, Steps, check};
use crate::config;
use crate::domain::MetricTable;
use crate::domain::number::Plain;
use crate::link::{self, Answer, Report, RunInfo, Summary};
use crate::run::journal::What;

impl ServerMessage {
    /// The line that says this of a run with these metrics.
    pub fn of(report: Report, metrics: &MetricTable) -> ServerMessage {
        match report {
            Report::Started(info) => ServerMessage::Started(Box::new(Started::of(&info))),
            Report::Steps(records) => ServerMessage::Steps(Steps::of(&records, metrics)),
            Report::Merged(spans) => ServerMessage::Merged(Spans::of(&spans, metrics)),
            Report::Snapshot(snapshot) => ServerMessage::Snapshot(snapshot),
            Report::Answered(answer) => ServerMessage::Answer(Answered::of(answer)),
            Report::Finished(summary) => ServerMessage::Finished(Finished::of(&summary, metrics)),
            Report::Failed(why) => ServerMessage::Failed { why },
            report @ (Report::State(_)
            | Report::Applied(_)
            | Report::Rejected(_)
            | Report::Saved(_)
            | Report::Restored(_)
            | Report::Evaluation(_)
            | Report::Noted(_)
            | Report::Alert(_)) => match What::of(&report, 0) {
                Some((step, what)) => ServerMessage::Event(Happened { step, what }),
                // These are all events; a note is of a foreign run, which nobody serves.
                None => ServerMessage::Refused { why: "an event has no name".to_owned() },
            },
        }
    }

    /// The report that this line of the run in `dir`, which has these metrics, is; none for what belongs to the
    /// connection.
    ///
    /// # Errors
    /// The problem with it.
    pub fn report(self, dir: &Path, metrics: &MetricTable) -> Result<Option<Report>, String> {
        check::wrong(&self)?;
        Ok(Some(match self {
            ServerMessage::Started(started) => Report::Started(Box::new(started.info()?)),
            ServerMessage::Steps(steps) => Report::Steps(steps.records(metrics)?),
            ServerMessage::Merged(spans) => {
                let spans = spans.spans(metrics)?;
                check::spans(&spans, metrics)?;
                Report::Merged(spans)
            }
            ServerMessage::Snapshot(snapshot) => Report::Snapshot(snapshot),
            ServerMessage::Finished(finished) => Report::Finished(finished.summary(metrics)),
            ServerMessage::Failed { why } => Report::Failed(why),
            ServerMessage::Event(Happened { step, what }) => return Ok(what.report(step, dir)),
            ServerMessage::Hello(_) | ServerMessage::Answer(_) | ServerMessage::Refused { .. } => return Ok(None),
        }))
    }
}

impl Started {
    fn of(info: &RunInfo) -> Started {
        let RunInfo { config, device, threads, threads_why, engine, shape, modes, metrics, settings, .. } =
            info.clone();
        Started {
            config: serde_json::to_value(&config)
                .ok()
                .and_then(|config| config.as_object().cloned())
                .unwrap_or_default(),
            device,
            threads,
            threads_why,
            engine,
            shape,
            modes,
            metrics: metrics.declared().to_vec(),
            generator_weights: info.generator_weights,
            critic_weights: info.critic_weights,
            settings,
        }
    }

    fn info(mut self) -> Result<RunInfo, String> {
        self.config.entry("steps").or_insert(0.into());
        let text = toml::to_string(&self.config).map_err(|error| format!("its `config` is none: {error}"))?;
        let config = config::parse(&text, "config").map_err(|error| format!("its `config` is not valid: {error}"))?;
        Ok(RunInfo {
            config,
            device: self.device,
            threads: self.threads,
            threads_why: self.threads_why,
            engine: self.engine,
            shape: self.shape,
            modes: self.modes,
            metrics: MetricTable::declaring(self.metrics)?,
            generator_weights: self.generator_weights,
            critic_weights: self.critic_weights,
            settings: self.settings,
        })
    }
}

impl Answered {
    fn of(answer: Answer) -> Answered {
        let events = answer.said.iter().filter_map(|report| What::of(report, 0));
        Answered {
            id: answer.id,
            refused: answer.refusal().map(str::to_owned),
            events: events.map(|(step, what)| Happened { step, what }).collect(),
            status: answer.status.map(|status| Box::new(Status::of(*status))),
        }
    }

    /// The answer to a command that was not even understood.
    pub fn refusal(id: u64, why: String) -> Answered {
        Answered { id, refused: Some(why), ..Answered::default() }
    }
}

impl Status {
    fn of(status: link::Status) -> Status {
        let link::Status { name, state, step, steps, seconds, settings, metrics, table, watchers, dropped, .. } =
            status;
        let steps_per_second = status.steps_per_second.map(Plain);
        let metrics = metrics.as_ref().map(|metrics| named(metrics, &table)).unwrap_or_default();
        let (refused_connections, refused_lines) = (0, 0);
        Status {
            name,
            state,
            step,
            steps,
            seconds,
            steps_per_second,
            alerts: status.alerts,
            settings,
            metrics,
            watchers,
            dropped,
            refused_connections,
            refused_lines,
        }
    }
}

impl Finished {
    fn of(summary: &Summary, table: &MetricTable) -> Finished {
        let Summary { steps, seconds, metrics, stopped, device, threads } = summary.clone();
        let metrics = metrics.as_ref().map(|metrics| named(metrics, table));
        Finished { steps, seconds, metrics, stopped, device, threads }
    }

    fn summary(self, table: &MetricTable) -> Summary {
        let Finished { steps, seconds, metrics, stopped, device, threads } = self;
        let metrics = metrics.as_ref().map(|metrics| of_named(metrics, table));
        Summary { steps, seconds, metrics, stopped, device, threads }
    }
}
