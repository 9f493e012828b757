//! Records and other reports to play.

use gantop::domain::*;
use gantop::link::*;

use super::runs::settings;

/// A number from 0 to 1 that looks random and is always the same.
pub fn noise(i: u64) -> f64 {
    gantop::domain::seed::derive(3, gantop::domain::seed::Stream::Noise, i) as f64 / u64::MAX as f64
}

/// Records of the steps `first..=last` at 400 steps a second: a bound that falls, noisy losses.
pub fn records(first: u64, last: u64) -> Vec<StepRecord> {
    (first..=last)
        .map(|step| {
            let t = step as f64;
            let bound = 0.08 + 0.9 * (-t / 1500.0).exp() + 0.06 * (noise(step) - 0.5);
            let fake = -0.3 - 0.2 * (t / 700.0).sin() + 0.05 * (noise(step + 1_000_000) - 0.5);
            let mut values = Metrics::of([0.0; Metric::COUNT]);
            values[Metric::CriticLoss] = -bound as f32;
            values[Metric::GeneratorLoss] = -fake as f32;
            values[Metric::Bound] = bound as f32;
            values[Metric::CriticReal] = (fake + bound) as f32;
            values[Metric::CriticFake] = fake as f32;
            values[Metric::CriticGradNorm] = (0.8 + 0.3 * noise(step)) as f32;
            values[Metric::GeneratorGradNorm] = (0.2 + 0.1 * noise(step + 7)) as f32;
            values[Metric::ClipShare] = 0.632;
            values[Metric::CriticLr] = 5e-5;
            values[Metric::GeneratorLr] = 5e-5;
            StepRecord { step, seconds: t / 400.0, values }
        })
        .collect()
}

pub fn applied(step: u64, what: &'static str, old: &str, new: &str, note: Option<&str>) -> Report {
    Report::Applied(Applied {
        step,
        what: what.into(),
        old: old.into(),
        new: new.into(),
        note: note.map(str::to_string),
        settings: settings(),
        by: By::Person,
        joins: false,
    })
}

pub fn state(step: u64, state: RunState, why: Option<&str>) -> Report {
    Report::State(StateChange { step, state, why: why.map(|why| PauseReason::Other(why.to_owned())) })
}

pub fn summary(steps: u64, stopped: bool) -> Summary {
    Summary { steps, seconds: steps as f64 / 400.0, metrics: None, stopped, device: "cpu".into(), threads: 2 }
}

/// The record of a step, at 100 steps a second; each metric is the step plus a tenth of its index.
pub fn record(step: u64) -> StepRecord {
    let mut values = Metrics::of([0.0; Metric::COUNT]);
    for (i, value) in values.own.0.iter_mut().enumerate() {
        *value = step as f32 + i as f32 / 10.0;
    }
    StepRecord { step, seconds: step as f64 / 100.0, values }
}
