//! The findings of an evaluation: figures of the quality of samples, with all that they mean nothing without.

use serde::{Deserialize, Serialize};

use crate::domain::format;
use crate::domain::quality::{EvaluationFact, FeatureKind, Quality};
use crate::domain::{MetricTable, Metrics, number};

/// An evaluation begins, goes on, ends.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluationReport {
    /// Steps completed when this is told; the evaluation is of this step, or of one before.
    pub step: u64,
    pub news: EvaluationNews,
}

/// The news of an evaluation.
#[derive(Clone, Debug, PartialEq)]
pub enum EvaluationNews {
    /// It has begun.
    Begun,
    /// The progress of it.
    Progress {
        /// The work under way, for a person.
        stage: String,
        /// The share of that which is done, from 0 to 1.
        done: f64,
    },
    /// The findings.
    Found(Box<Evaluation>),
    /// It ended without figures: why, for a person.
    Ended(String),
}

impl EvaluationReport {
    /// Whether it tells how far the evaluation is: who misses one hears the next.
    pub fn is_progress(&self) -> bool {
        matches!(self.news, EvaluationNews::Progress { .. })
    }

    /// The news in a sentence for a person; none of mere progress.
    pub fn sentence(&self) -> Option<String> {
        match &self.news {
            EvaluationNews::Begun => Some(format!("evaluating step {}", self.step)),
            EvaluationNews::Progress { .. } => None,
            EvaluationNews::Found(found) => Some(format!("evaluated {}", found.sentence())),
            EvaluationNews::Ended(why) => Some(why.clone()),
        }
    }
}

/// The progress of an evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluating {
    /// The work under way, for a person.
    stage: String,
    /// The share of that which is done, from 0 to 1, where it is known.
    done: Option<f64>,
}

impl Evaluating {
    /// The progress of an evaluation after this was told; none where none is under way then.
    pub fn after(report: &EvaluationReport) -> Option<Evaluating> {
        match &report.news {
            EvaluationNews::Begun => Some(Evaluating { stage: "evaluating".to_owned(), done: None }),
            EvaluationNews::Progress { stage, done } => Some(Evaluating { stage: stage.clone(), done: Some(*done) }),
            EvaluationNews::Found(_) | EvaluationNews::Ended(_) => None,
        }
    }

    /// In two or three words: `evaluating 40 %`.
    pub fn words(&self) -> String {
        let done = self.done.map_or(String::new(), |done| format!(" {} %", (100.0 * done.clamp(0.0, 1.0)) as u32));
        format!("{}{done}", self.stage)
    }
}

/// The findings of an evaluation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Steps completed when the generator was as it is here.
    pub step: u64,
    /// The number of samples were generated.
    pub samples: usize,
    /// Of how many real samples the moments are.
    pub real_samples: usize,
    /// The real samples: the run's own, or where they are from.
    pub against: String,
    /// The source of samples' features.
    pub features: FeatureKind,
    /// The exact source of features, for a person: figures compare only where this is equal.
    pub which: String,
    /// Features of a sample.
    pub dims: usize,
    /// Of what kind of generator: whether of the average of its weights.
    pub averaged: bool,
    /// The figures, in the order in which they are shown.
    pub figures: Vec<Figured>,
    /// Seconds that it took.
    pub seconds: f64,
    /// The remarks, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// A figure and its value.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figured {
    pub figure: Quality,
    #[serde(with = "number")]
    pub value: f64,
}

impl Evaluation {
    /// The value of a figure, if it was taken.
    pub fn get(&self, figure: Quality) -> Option<f64> {
        self.figures.iter().find(|figured| figured.figure == figure).map(|figured| figured.value)
    }

    /// Gives those metrics their values that the run's table has.
    pub fn fill(&self, metrics: &mut Metrics, table: &MetricTable) {
        let mut set = |name: &str, value: f64| {
            if let Some(metric) = table.find(name) {
                metrics.set(metric, value as f32);
            }
        };
        for Figured { figure, value } in &self.figures {
            set(&figure.name(self.features), *value);
        }
        for fact in EvaluationFact::ALL {
            let value = match fact {
                EvaluationFact::Step => self.step as f64,
                EvaluationFact::Samples => self.samples as f64,
                EvaluationFact::Seconds => self.seconds,
            };
            set(fact.name(), value);
        }
    }

    /// In one line, for a person.
    pub fn sentence(&self) -> String {
        let figures: Vec<String> = self.said().map(|(_, label, value)| format!("{label} {value}")).collect();
        let (samples, real) = (format::count(self.samples as u64), format::count(self.real_samples as u64));
        format!(
            "step {}: {}; {samples} samples against {real} of {}, {}",
            self.step,
            figures.join(", "),
            self.against,
            self.which
        )
    }

    /// The figures by their labels, a deviation beside its mean.
    pub fn said(&self) -> impl Iterator<Item = (Quality, String, String)> {
        let deviation = |of: Quality| match of {
            Quality::Kernel => self.get(Quality::KernelDeviation),
            Quality::Score => self.get(Quality::ScoreDeviation),
            _ => None,
        };
        let shown = |figured: &&Figured| !matches!(figured.figure, Quality::KernelDeviation | Quality::ScoreDeviation);
        self.figures.iter().filter(shown).map(move |Figured { figure, value }| {
            let deviation = deviation(*figure).map_or(String::new(), |of| format!(" ± {}", digits(of)));
            (*figure, figure.label(self.features), format!("{}{deviation}", digits(*value)))
        })
    }
}

/// Four significant digits.
fn digits(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if !(1e-4..1e5).contains(&size) => format!("{value:.3e}"),
        size => {
            let decimals = (3 - size.log10().floor() as i32).clamp(0, 7) as usize;
            let text = format!("{value:.decimals$}");
            if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
        }
    }
}
