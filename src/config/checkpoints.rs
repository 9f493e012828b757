//! When the run's state is kept.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Evaluate;
use super::defaults as d;
use super::layers::Value;
use super::limits::{MAX_KEPT, MAX_MINUTES, MAX_WHOLE};
use super::section::Section;
use super::value::Bounds;
use crate::domain::Metric;

/// When the run's state is kept in the run directory, besides at the run's end, at an alert and when asked for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Checkpoints {
    /// Every so many steps; 0: not by steps.
    pub every_steps: u64,
    /// Every so many minutes of training; 0: not by time.
    pub every_minutes: f64,
    /// The number of the latest that are kept; 0 keeps all. Those that a person asked for are always kept.
    pub keep: usize,
    /// The metric by which the best one is kept too, by its name in metrics.csv, or `none`.
    pub best: String,
    /// The direction in which that metric is best.
    pub prefer: Prefer,
    /// The directory for checkpoints that cannot be written to the run directory, as on a full disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback_dir: Option<PathBuf>,
}

/// The direction in which a metric is best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Prefer {
    /// The smallest.
    Min,
    /// The largest.
    Max,
}

/// Reads the table, in a config that evaluates so.
pub fn read(mut t: Section<'_, '_>, evaluate: Option<&Evaluate>) -> Checkpoints {
    let evaluated = evaluate.map(Evaluate::declared).unwrap_or_default();
    let evaluated = evaluated.iter().map(|info| info.name.as_ref());
    let own = std::iter::once(d::CHECKPOINT_BEST).chain(Metric::ALL.map(Metric::name));
    let metrics: Vec<&str> = own.chain(evaluated).collect();
    let checkpoints = Checkpoints {
        every_steps: t.whole("every_steps", d::CHECKPOINT_STEPS, 0..=MAX_WHOLE),
        every_minutes: t.number("every_minutes", d::CHECKPOINT_MINUTES, Bounds::Within(0.0, MAX_MINUTES)),
        keep: t.count("keep", d::CHECKPOINT_KEEP, 0..=MAX_KEPT),
        best: t.read("best", |value| value.one_of(&metrics)).unwrap_or(d::CHECKPOINT_BEST).to_owned(),
        prefer: t.variant("prefer", Prefer::Min),
        fallback_dir: t.read("fallback_dir", Value::path),
    };
    t.finish();
    checkpoints
}
