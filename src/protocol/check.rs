//! What a line may say at all, whoever says it: the dashboard counts on it.

use super::{Said, Started};
use crate::config::limits::MAX_WHOLE;
use crate::link::{PairedHistogram, SampleShape, Snapshot};

/// The most numbers of a sample.
const MOST_NUMBERS: usize = 1 << 24;

/// Whether what a line says can be, or what is wrong with it.
pub fn wrong(said: &Said) -> Result<(), String> {
    match said {
        Said::Started(started) => of_started(started),
        Said::Snapshot(snapshot) => of_snapshot(snapshot),
        Said::Steps(steps) => of_steps(&steps.step, &steps.seconds),
        Said::Merged(spans) => of_steps(&spans.first, &spans.seconds).and_then(|()| of_steps(&spans.last, &[])),
        Said::Event(event) => of_steps(&[event.step], &[]),
        Said::Finished(finished) => of_steps(&[finished.steps], &[finished.seconds]),
        Said::Hello(_) | Said::Answer(_) | Said::Failed { .. } | Said::Refused { .. } => Ok(()),
    }
}

fn of_steps(steps: &[u64], seconds: &[f64]) -> Result<(), String> {
    if let Some(step) = steps.iter().find(|step| **step > MAX_WHOLE) {
        return Err(format!("step {step}: must be at most {MAX_WHOLE}"));
    }
    match seconds.iter().find(|seconds| !(**seconds >= 0.0 && seconds.is_finite())) {
        Some(seconds) => Err(format!("{seconds} seconds: must be a number from 0 on")),
        None => Ok(()),
    }
}

/// The numbers in a sample of this shape.
fn numbers(shape: SampleShape) -> Result<usize, String> {
    let sides = match shape {
        SampleShape::Point { dims } => [dims, 1, 1],
        SampleShape::Image { width, height, channels, .. } => [width, height, channels],
    };
    let all = sides.into_iter().try_fold(1usize, |all, side| all.checked_mul(side));
    all.filter(|all| (1..=MOST_NUMBERS).contains(all))
        .ok_or_else(|| format!("a sample of {sides:?}: must have from 1 to {MOST_NUMBERS} numbers"))
}

fn of_started(started: &Started) -> Result<(), String> {
    let numbers = numbers(started.shape)?;
    match started.modes.iter().find(|mode| mode.mean.len() != numbers) {
        Some(mode) => Err(format!("a mode has {} coordinates: must be {numbers}", mode.mean.len())),
        None => Ok(()),
    }
}

fn of_snapshot(snapshot: &Snapshot) -> Result<(), String> {
    let numbers = numbers(snapshot.shape)?;
    of_steps(&[snapshot.step], &[])?;
    for (name, samples) in [("real", &snapshot.real), ("fake", &snapshot.fake)] {
        if samples.len() % numbers != 0 {
            return Err(format!("`{name}` has {} numbers: must be a multiple of {numbers}", samples.len()));
        }
    }
    snapshot.values.iter().chain([&snapshot.critic]).try_for_each(of_histogram)?;
    if let Some(field) = &snapshot.field
        && field.columns.checked_mul(field.rows) != Some(field.scores.len())
    {
        let (columns, rows, scores) = (field.columns, field.rows, field.scores.len());
        return Err(format!("`field` has {scores} scores: must be {columns} × {rows}"));
    }
    match &snapshot.law {
        Some(law) if [law.mean.len(), law.scale.len()] != [numbers; 2] => {
            Err(format!("`law` must have {numbers} numbers in `mean` and in `scale`"))
        }
        _ => Ok(()),
    }
}

fn of_histogram(histogram: &PairedHistogram) -> Result<(), String> {
    let [real, fake] = [histogram.real.len(), histogram.fake.len()];
    if real == fake { Ok(()) } else { Err(format!("a histogram has {real} and {fake} bins: must be as many")) }
}
