//! The record of every step, and several steps' records as one.

use super::metric::{Metric, MetricId};

/// gantop's own metrics, a number each, indexed by [`Metric`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Own<T = f32>(pub [T; Metric::COUNT]);

impl<T> std::ops::Index<Metric> for Own<T> {
    type Output = T;
    fn index(&self, metric: Metric) -> &T {
        &self.0[metric as usize]
    }
}

impl<T> std::ops::IndexMut<Metric> for Own<T> {
    fn index_mut(&mut self, metric: Metric) -> &mut T {
        &mut self.0[metric as usize]
    }
}

/// The metrics of one step: gantop's own densely, in place; the others only where they come.
#[derive(Clone, Debug, PartialEq)]
pub struct Metrics {
    pub own: Own,
    /// The declared metrics that the step has, in the order of the run's table. Without any nothing is allocated.
    others: Vec<(MetricId, f32)>,
}

impl Metrics {
    /// gantop's own metrics alone.
    pub fn of(own: [f32; Metric::COUNT]) -> Metrics {
        Metrics { own: Own(own), others: Vec::new() }
    }

    /// No metric has a finite value.
    pub fn none() -> Metrics {
        Metrics::of([f32::NAN; Metric::COUNT])
    }

    /// The value of a metric, if the step has one.
    pub fn get(&self, metric: impl Into<MetricId>) -> Option<f32> {
        let metric = metric.into();
        match metric.declared() {
            None => self.own.0.get(metric.index()).copied(),
            Some(_) => self.place(metric).ok().map(|at| self.others[at].1),
        }
    }

    /// Gives a metric its value.
    pub fn set(&mut self, metric: impl Into<MetricId>, value: f32) {
        let metric = metric.into();
        match (metric.declared(), self.place(metric)) {
            (None, _) => self.own.0[metric.index()] = value,
            (Some(_), Ok(at)) => self.others[at].1 = value,
            (Some(_), Err(at)) => self.others.insert(at, (metric, value)),
        }
    }

    /// The declared metrics that the step has, in the order of the table.
    pub fn others(&self) -> &[(MetricId, f32)] {
        &self.others
    }

    /// Takes in the metrics of the next step: the latest value of each.
    pub fn follow(&mut self, next: &Metrics) {
        self.own = next.own;
        next.others.iter().for_each(|(metric, value)| self.set(*metric, *value));
    }

    fn place(&self, metric: MetricId) -> Result<usize, usize> {
        self.others.binary_search_by_key(&metric, |(other, _)| *other)
    }
}

impl std::ops::Index<Metric> for Metrics {
    type Output = f32;
    fn index(&self, metric: Metric) -> &f32 {
        &self.own[metric]
    }
}

impl std::ops::IndexMut<Metric> for Metrics {
    fn index_mut(&mut self, metric: Metric) -> &mut f32 {
        &mut self.own[metric]
    }
}

/// One step's record.
#[derive(Clone, Debug, PartialEq)]
pub struct StepRecord {
    /// The step, counted from 1.
    pub step: u64,
    /// Seconds of training at its end, pauses left out.
    pub seconds: f64,
    pub values: Metrics,
}

impl StepRecord {
    /// Takes the next step in after the last one, if there was one.
    pub fn advance(last: &mut Option<StepRecord>, next: &StepRecord) {
        match last {
            Some(last) => last.follow(next),
            None => *last = Some(next.clone()),
        }
    }

    /// Takes in the next step: its numbers, and the latest value of each metric.
    pub fn follow(&mut self, next: &StepRecord) {
        (self.step, self.seconds) = (next.step, next.seconds);
        self.values.follow(&next.values);
    }
}

/// The summary of some values of one metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tally {
    /// The number of values, those that are not finite included.
    pub count: u64,
    /// The number of those that are not finite.
    pub non_finite: u64,
    /// Smallest, largest and mean finite value; NaN where there is none.
    pub min: f32,
    pub max: f32,
    pub mean: f32,
}

impl Tally {
    /// Of no value.
    pub const NONE: Tally = Tally { count: 0, non_finite: 0, min: f32::NAN, max: f32::NAN, mean: f32::NAN };

    /// Of one value.
    pub fn of(value: f32) -> Tally {
        let finite = if value.is_finite() { value } else { f32::NAN };
        Tally { count: 1, non_finite: u64::from(!value.is_finite()), min: finite, max: finite, mean: finite }
    }

    /// Takes in the values that follow.
    pub fn merge(&mut self, next: &Tally) {
        let [a, b] = [&*self, next].map(|tally| tally.count.saturating_sub(tally.non_finite) as f64);
        // f32::min and max leave out a NaN on either side.
        self.min = self.min.min(next.min);
        self.max = self.max.max(next.max);
        self.mean = match (self.mean.is_nan(), next.mean.is_nan()) {
            (true, _) => next.mean,
            (_, true) => self.mean,
            _ => ((f64::from(self.mean) * a + f64::from(next.mean) * b) / (a + b)) as f32,
        };
        self.count = self.count.saturating_add(next.count);
        self.non_finite = self.non_finite.saturating_add(next.non_finite);
    }
}

/// Several consecutive steps' records as one: extremes kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// First and last step merged.
    pub first: u64,
    pub last: u64,
    /// The number of records that were merged.
    pub count: u64,
    /// Seconds of training at the end of the last one.
    pub seconds: f64,
    /// Smallest, largest and mean finite value of each of gantop's own metrics; NaN where there was none.
    pub min: Own,
    pub max: Own,
    pub mean: Own,
    /// The number of values of each that were not finite.
    pub non_finite: Own<u64>,
    /// The declared metrics that came, in the order of the run's table.
    pub others: Vec<(MetricId, Tally)>,
    /// The last record's values; of a metric that it does not have, the last one that came.
    pub latest: Metrics,
}

impl Span {
    /// The span of a single record.
    pub fn of(record: &StepRecord) -> Span {
        let own = record.values.own.0;
        let finite = Own(own.map(|v| if v.is_finite() { v } else { f32::NAN }));
        Span {
            first: record.step,
            last: record.step,
            count: 1,
            seconds: record.seconds,
            min: finite,
            max: finite,
            mean: finite,
            non_finite: Own(own.map(|v| u64::from(!v.is_finite()))),
            others: record.values.others.iter().map(|(metric, value)| (*metric, Tally::of(*value))).collect(),
            latest: record.values.clone(),
        }
    }

    /// The summary of the values of one of gantop's own metrics.
    pub fn own(&self, metric: Metric) -> Tally {
        let (count, non_finite) = (self.count, self.non_finite[metric]);
        Tally { count, non_finite, min: self.min[metric], max: self.max[metric], mean: self.mean[metric] }
    }

    /// Puts in what the values of one of gantop's own metrics come to.
    pub fn set_own(&mut self, metric: Metric, tally: &Tally) {
        (self.min[metric], self.max[metric], self.mean[metric]) = (tally.min, tally.max, tally.mean);
        self.non_finite[metric] = tally.non_finite;
    }

    /// The summary of the values of a metric.
    pub fn tally(&self, metric: MetricId) -> Tally {
        match Metric::ALL.get(metric.index()) {
            Some(own) => self.own(*own),
            None => {
                let at = self.others.binary_search_by_key(&metric, |(other, _)| *other);
                at.map_or(Tally::NONE, |at| self.others[at].1)
            }
        }
    }

    /// Takes in the span that follows this one.
    pub fn merge(&mut self, next: &Span) {
        for metric in Metric::ALL {
            let mut tally = self.own(metric);
            tally.merge(&next.own(metric));
            self.set_own(metric, &tally);
        }
        for (metric, tally) in &next.others {
            match self.others.binary_search_by_key(metric, |(other, _)| *other) {
                Ok(at) => self.others[at].1.merge(tally),
                Err(at) => self.others.insert(at, (*metric, *tally)),
            }
        }
        self.last = next.last;
        self.count = self.count.saturating_add(next.count);
        self.seconds = next.seconds;
        self.latest.follow(&next.latest);
    }

    /// The last record, as far as the span knows it.
    pub fn last_record(&self) -> StepRecord {
        StepRecord { step: self.last, seconds: self.seconds, values: self.latest.clone() }
    }
}
