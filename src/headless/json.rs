//! One JSON object a line, each with a `kind`. What is not a finite number is `null`: JSON has no other word for it.

use std::io::{self, Write};
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::look::LOOK;
use super::{Ending, Event, LogEvery, Passed, View};
use crate::domain::{MetricTable, Metrics, StepRecord};
use crate::link::{Evaluation, EvaluationNews, EvaluationReport, RunInfo, Sign};
use crate::system::output;
use crate::theory::distance::modes::Coverage;
use crate::truth::{Analysis, Findings};

/// Writes lines of JSON.
pub struct Json<'a> {
    out: &'a mut dyn Write,
    /// The time between two lines of steps.
    every: LogEvery,
    /// The metrics that the run has.
    metrics: MetricTable,
}

/// One line.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Line<'a> {
    Started {
        name: &'a str,
        seed: u64,
        steps: u64,
        device: &'a str,
        threads: usize,
        threads_why: &'a str,
        engine: &'static str,
    },
    Step {
        step: u64,
        seconds: f64,
        steps_per_second: Option<f64>,
        metrics: Named<'a>,
    },
    Applied {
        step: u64,
        what: &'a str,
        old: &'a str,
        new: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<&'a str>,
    },
    Rejected {
        step: u64,
        what: &'a str,
        why: &'a str,
    },
    State {
        step: u64,
        state: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    Saved {
        step: u64,
        reason: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        file: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        why: Option<&'a str>,
    },
    Restored {
        #[serde(skip_serializing_if = "Option::is_none")]
        from_step: Option<u64>,
        to_step: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        file: Option<String>,
        /// Whether the last change was taken back.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        undo: bool,
    },
    Evaluating {
        step: u64,
    },
    Evaluated {
        step: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        found: Option<&'a Evaluation>,
        #[serde(skip_serializing_if = "Option::is_none")]
        why: Option<&'a str>,
    },
    Alert {
        step: u64,
        text: &'a str,
        #[serde(flatten)]
        sign: Option<Sign>,
    },
    Analysis {
        step: u64,
        #[serde(flatten)]
        found: Findings,
    },
    Summary {
        outcome: &'a str,
        exit_code: u8,
        #[serde(skip_serializing_if = "Option::is_none")]
        why: Option<&'a str>,
        #[serde(flatten)]
        figures: Option<Figures<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        coverage: Option<Covered<'a>>,
    },
}

#[derive(Serialize)]
struct Figures<'a> {
    steps: u64,
    seconds: f64,
    steps_per_second: f64,
    metrics: Option<Named<'a>>,
    device: &'a str,
    threads: usize,
}

#[derive(Serialize)]
struct Covered<'a> {
    covered: usize,
    modes: usize,
    good_share: f64,
    counts: &'a [u64],
    samples: usize,
}

/// Metrics as an object, by name: those that there are.
struct Named<'a>(&'a Metrics, &'a MetricTable);

impl Serialize for Named<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Named(metrics, table) = self;
        serializer.collect_map(table.iter().filter_map(|(metric, info)| Some((&info.name, metrics.get(metric)?))))
    }
}

impl<'a> Json<'a> {
    /// Writes to `out`, a whole line at a time.
    pub fn new(out: &'a mut dyn Write) -> Json<'a> {
        Json::every(out, LogEvery::default())
    }

    /// The same, with a line of steps so often.
    pub fn every(out: &'a mut dyn Write, every: LogEvery) -> Json<'a> {
        Json { out, every, metrics: MetricTable::own() }
    }

    fn line(&mut self, line: &Line) -> io::Result<()> {
        write(self.out, line)
    }
}

/// Writes a line whole.
fn write(out: &mut dyn Write, line: &Line) -> io::Result<()> {
    out.write_all(&output::json::to_line(line)?)?;
    out.flush()
}

impl View for Json<'_> {
    fn is_due(&self, passed: Passed) -> bool {
        self.every.is_due(passed)
    }

    fn started(&mut self, info: &RunInfo) -> io::Result<()> {
        self.metrics = info.metrics.clone();
        self.line(&Line::Started {
            name: &info.config.name,
            seed: info.config.seed,
            steps: info.config.steps,
            device: &info.device,
            threads: info.threads,
            threads_why: &info.threads_why,
            engine: info.engine.name(),
        })
    }

    fn step(&mut self, record: &StepRecord, rate: Option<f64>) -> io::Result<()> {
        let &StepRecord { step, seconds, ref values } = record;
        let metrics = Named(values, &self.metrics);
        write(self.out, &Line::Step { step, seconds, steps_per_second: rate, metrics })
    }

    fn event(&mut self, event: Event) -> io::Result<()> {
        self.line(&match event {
            Event::State(e) => Line::State { step: e.step, state: e.state.to_string(), why: e.sentence() },
            Event::Applied(e) => {
                Line::Applied { step: e.step, what: &e.what, old: &e.old, new: &e.new, note: e.note.as_deref() }
            }
            Event::Rejected(e) => Line::Rejected { step: e.step, what: &e.what, why: &e.why },
            Event::Saved(e) => Line::Saved {
                step: e.step,
                reason: e.reason.name(),
                file: e.file.as_ref().ok().map(|file| file.display().to_string()),
                why: e.file.as_ref().err().map(String::as_str),
            },
            Event::Restored(e) => {
                let file = e.source.file().map(|file| file.display().to_string());
                Line::Restored { from_step: e.from, to_step: e.to, undo: file.is_none(), file }
            }
            Event::Evaluation(EvaluationReport { step, news }) => match news {
                EvaluationNews::Begun | EvaluationNews::Progress { .. } => Line::Evaluating { step: *step },
                EvaluationNews::Found(found) => Line::Evaluated { step: *step, found: Some(found), why: None },
                EvaluationNews::Ended(why) => Line::Evaluated { step: *step, found: None, why: Some(why) },
            },
            Event::Alert(e) => Line::Alert { step: e.step, text: &e.text, sign: e.sign },
        })
    }

    fn look_every(&self, run: Duration) -> Option<Duration> {
        // Much longer than the lines of steps, and less often.
        Some(LOOK.max(self.every.period(run) * 6))
    }

    fn analysis(&mut self, analysis: &Analysis) -> io::Result<()> {
        self.line(&Line::Analysis { step: analysis.step, found: Findings::of(analysis) })
    }

    fn ended(&mut self, ending: &Ending) -> io::Result<()> {
        let (outcome, table) = (ending.outcome, self.metrics.clone());
        let figures = outcome.summary.as_ref().map(|summary| Figures {
            steps: summary.steps,
            seconds: summary.seconds,
            steps_per_second: summary.steps_per_second(),
            metrics: summary.metrics.as_ref().map(|metrics| Named(metrics, &table)),
            device: &summary.device,
            threads: summary.threads,
        });
        if let Some(analysis) = &ending.analysis {
            self.analysis(analysis)?;
        }
        let modes = ending.analysis.as_ref().and_then(|analysis| analysis.modes.as_ref());
        let coverage = modes.map(|found| {
            let Coverage { covered, modes, good_share, counts } = &found.coverage;
            Covered { covered: *covered, modes: *modes, good_share: *good_share, counts, samples: found.samples }
        });
        let (exit, why) = (outcome.exit, outcome.why.as_deref());
        self.line(&Line::Summary { outcome: exit.name(), exit_code: exit.code(), why, figures, coverage })
    }
}
