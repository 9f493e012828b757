//! The limits of every line, whoever says it: the dashboard counts on them.

use super::{ServerMessage, Started};
use crate::config::limits::MAX_WHOLE;
use crate::domain::control::{self, MOST_CONTROLS};
use crate::domain::{MetricTable, SampleShape, Span, StepRecord, Tally};
use crate::link::{Filters, PairedHistogram, Report, Settings, Snapshot};
use crate::run::journal::What;

/// The most numbers of a sample.
const MOST_NUMBERS: usize = 1 << 24;

/// Whether what a line says can be, or what is wrong with it.
pub fn wrong(said: &ServerMessage) -> Result<(), String> {
    match said {
        ServerMessage::Started(started) => of_started(started),
        ServerMessage::Snapshot(snapshot) => of_snapshot(snapshot),
        ServerMessage::Steps(steps) => of_steps(&steps.step, &steps.seconds),
        ServerMessage::Merged(spans) => {
            of_steps(&spans.first, &spans.seconds).and_then(|()| of_steps(&spans.last, &[]))
        }
        ServerMessage::Event(event) => of_steps(&[event.step], &[]).and_then(|()| of_event(&event.what)),
        ServerMessage::Finished(finished) => of_steps(&[finished.steps], &[finished.seconds]),
        ServerMessage::Hello(_)
        | ServerMessage::Answer(_)
        | ServerMessage::Failed { .. }
        | ServerMessage::Refused { .. } => Ok(()),
    }
}

/// Whether merged records can be, or what is wrong with the first that cannot.
pub fn spans(spans: &[Span], metrics: &MetricTable) -> Result<(), String> {
    for span in spans {
        let Span { first, last, count, .. } = *span;
        let steps = if first == last { format!("step {first}") } else { format!("steps {first} to {last}") };
        if first > last {
            return Err(format!("{steps}: the first must not come after the last"));
        }
        if !(1..=MAX_WHOLE).contains(&count) {
            return Err(format!("{steps}: {count} records: must be from 1 to {MAX_WHOLE}"));
        }
        for (metric, info) in metrics.iter() {
            tally(&span.tally(metric)).map_err(|why| format!("{steps}: `{}`: {why}", info.name))?;
        }
    }
    Ok(())
}

/// Whether values can come to this, or why not.
fn tally(tally: &Tally) -> Result<(), String> {
    let &Tally { count, non_finite, min, max, mean } = tally;
    if count > MAX_WHOLE {
        return Err(format!("{count} values: must be at most {MAX_WHOLE}"));
    }
    if non_finite > count {
        return Err(format!("{non_finite} of {count} values are not finite: must be at most all"));
    }
    if non_finite == count {
        let none = [min, max, mean].iter().all(|figure| figure.is_nan());
        let why = || "no value is finite, so `min`, `max` and `mean` must be NaN or left out".to_owned();
        return if none { Ok(()) } else { Err(why()) };
    }
    if let Some(figure) = [min, max, mean].into_iter().find(|figure| !figure.is_finite()) {
        return Err(format!("one of `min`, `max` and `mean` is {figure}: must be finite, as some of the values are"));
    }
    // The mean of values that are alike may be rounded away from them.
    let slack = (min.abs().max(max.abs()) * 1e-5).max(f32::MIN_POSITIVE);
    if min > max || mean < min - slack || mean > max + slack {
        return Err(format!("must be `min` ≤ `mean` ≤ `max`, and is {min}, {mean}, {max}"));
    }
    Ok(())
}

/// The order of a run's steps: each comes once, and they rise, but where the run goes back.
#[derive(Clone, Copy, Debug, Default)]
pub struct StepOrder {
    /// The last step so far.
    last: Option<u64>,
}

impl StepOrder {
    /// Takes in what is reported, or says why its steps cannot come here; then nothing is taken in.
    pub fn admit(&mut self, report: &Report) -> Result<(), String> {
        let mut order = *self;
        match report {
            Report::Started(_) => order.last = None,
            Report::Restored(restored) => order.last = Some(restored.to),
            Report::Steps(records) => {
                records.iter().try_for_each(|StepRecord { step, .. }| order.follow(*step, *step))?;
            }
            Report::Merged(spans) => spans.iter().try_for_each(|span| order.follow(span.first, span.last))?,
            _ => {}
        }
        *self = order;
        Ok(())
    }

    /// The last step so far; 0 before the first.
    pub fn last(&self) -> u64 {
        self.last.unwrap_or(0)
    }

    fn follow(&mut self, first: u64, last: u64) -> Result<(), String> {
        match self.last.replace(last) {
            Some(before) if first <= before => {
                Err(format!("step {first} comes after step {before}: steps must rise, but after an event `restored`"))
            }
            _ => Ok(()),
        }
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

fn of_event(what: &What) -> Result<(), String> {
    match what {
        What::Applied { settings, .. } | What::Restored { settings, .. } => of_controls(settings),
        _ => Ok(()),
    }
}

/// The values of the controls in these settings.
fn of_controls(settings: &Settings) -> Result<(), String> {
    let count = settings.controls.len();
    if count > MOST_CONTROLS {
        return Err(format!("{count} controls: must be at most {MOST_CONTROLS}"));
    }
    match settings.controls.keys().find(|name| !control::is_name(name)) {
        Some(_) => Err("a control has a name that cannot be: letters, digits and characters of _-./@".to_owned()),
        None => Ok(()),
    }
}

fn of_started(started: &Started) -> Result<(), String> {
    of_controls(&started.settings)?;
    let numbers = numbers(started.shape)?;
    match started.modes.iter().find(|mode| mode.mean.len() != numbers) {
        Some(mode) => Err(format!("a mode has {} coordinates: must be {numbers}", mode.mean.len())),
        None => Ok(()),
    }
}

fn of_snapshot(snapshot: &Snapshot) -> Result<(), String> {
    let numbers = numbers(snapshot.shape)?;
    of_steps(&[snapshot.step], &[])?;
    for (name, samples) in [("real", &snapshot.real), ("fake", &snapshot.fake), ("averaged", &snapshot.averaged)] {
        if samples.len() % numbers != 0 {
            return Err(format!("`{name}` has {} numbers: must be a multiple of {numbers}", samples.len()));
        }
    }
    let real = snapshot.real.len() / numbers;
    if !snapshot.labels.is_empty() && snapshot.labels.len() != real {
        return Err(format!("`labels` has {} classes: must be as many as real samples, {real}", snapshot.labels.len()));
    }
    snapshot.values.iter().chain([&snapshot.critic]).try_for_each(of_histogram)?;
    let layers = snapshot.weights.iter().flat_map(|weights| weights.critic.iter().chain(&weights.generator));
    layers.clone().map(|layer| &layer.histogram).try_for_each(|histogram| of_bins(histogram.low, histogram.high))?;
    layers.filter_map(|layer| layer.filters.as_ref()).try_for_each(of_filters)?;
    for (name, field) in [("field", &snapshot.field), ("wide", &snapshot.wide)] {
        if let Some(field) = field
            && field.columns.checked_mul(field.rows) != Some(field.scores.len())
        {
            let (columns, rows, scores) = (field.columns, field.rows, field.scores.len());
            return Err(format!("`{name}` has {scores} scores: must be {columns} × {rows}"));
        }
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
    if real != fake {
        return Err(format!("a histogram has {real} and {fake} bins: must be as many"));
    }
    of_bins(histogram.low, histogram.high)
}

fn of_filters(filters: &Filters) -> Result<(), String> {
    let numbers = numbers(filters.shape)?;
    match filters.values.len() % numbers {
        0 => Ok(()),
        _ => Err(format!("`filters` has {} numbers: must be a multiple of {numbers}", filters.values.len())),
    }
}

/// The interval of a histogram. Weights that are not finite may give it an end that is no number.
fn of_bins(low: f32, high: f32) -> Result<(), String> {
    if high < low {
        Err(format!("a histogram goes from {low} to {high}: `low` must not be above `high`"))
    } else {
        Ok(())
    }
}
