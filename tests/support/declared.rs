//! A run that declares metrics of its own: an accuracy with every step, a distance every 500 steps.

use gantop::domain::*;
use gantop::link::*;

use super::records::record;
use super::runs;

/// The steps between two values of `fid`.
pub const EVERY: u64 = 500;

/// The metrics of the run.
pub fn metrics() -> MetricTable {
    let accuracy = MetricInfo {
        label: "real".into(),
        group: "accuracy".into(),
        better: Better::Higher,
        ..MetricInfo::named("d_real_acc")
    };
    let fid = MetricInfo {
        label: "FID".into(),
        group: "quality".into(),
        better: Better::Lower,
        cadence: Cadence::Occasional,
        ..MetricInfo::named("fid")
    };
    MetricTable::declaring([accuracy, fid]).expect("names that can be")
}

/// The first report's content of the run, with these settings on top.
pub fn info(sets: &[&str]) -> RunInfo {
    RunInfo { metrics: metrics(), ..runs::info(runs::config("ring", sets)) }
}

/// What `fid` is after a step, where it comes.
pub fn fid(step: u64) -> Option<f32> {
    step.is_multiple_of(EVERY).then(|| 100.0 - step as f32 / 100.0)
}

/// The record of a step.
pub fn declared(step: u64) -> StepRecord {
    let [accuracy, distance] = ["d_real_acc", "fid"].map(|name| metrics().find(name).expect("declared"));
    let mut record = record(step);
    record.values.set(accuracy, 0.5 + (step % 10) as f32 / 100.0);
    if let Some(value) = fid(step) {
        record.values.set(distance, value);
    }
    record
}

/// The records of the steps `first..=last`.
pub fn all(first: u64, last: u64) -> Vec<StepRecord> {
    (first..=last).map(declared).collect()
}
