//! The history of a run's metrics in bounded memory: recent steps exactly, the whole past as bins that double in width.
//!
//! Whenever the bins run out, neighbours are merged in pairs and every bin from then on is twice as wide. A bin keeps
//! the smallest, largest and mean finite value and how many values were not finite, so a spike of one step in a
//! million is still there, and so is a NaN.
//!
//! It uses `domain`. Start reading at [`History`].

mod series;
mod thinned;

use crate::domain::{Metric, MetricId, Metrics, Span, StepRecord};
pub use series::{BINS, RECENT, Series, Stat};
pub use thinned::Thinned;

/// The metrics of a run so far.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// gantop's own metrics: of every step.
    series: Series<{ Metric::COUNT }>,
    /// The declared metrics, by their place among those: each of the steps at which it came.
    others: Vec<Series<1>>,
    latest: Option<Metrics>,
}

impl History {
    /// Takes in the record of the next step.
    pub fn push(&mut self, record: &StepRecord) {
        self.follow(&record.values);
        self.series.push(record.step, record.step, record.values.own.0.map(Stat::of));
        for (metric, value) in record.values.others() {
            self.push_other(*metric, (record.step, record.step), Stat::of(*value));
        }
    }

    /// Takes in merged records of the next steps.
    pub fn push_span(&mut self, span: &Span) {
        self.follow(&span.latest);
        let stat = |metric: Metric| Stat::of_many(&span.own(metric));
        self.series.push(span.first, span.last, Metric::ALL.map(stat));
        for (metric, tally) in &span.others {
            self.push_other(*metric, (span.first, span.last), Stat::of_many(tally));
        }
    }

    fn follow(&mut self, values: &Metrics) {
        match &mut self.latest {
            Some(latest) => latest.follow(values),
            None => self.latest = Some(values.clone()),
        }
    }

    fn push_other(&mut self, metric: MetricId, (first, last): (u64, u64), stat: Stat) {
        let Some(at) = metric.declared() else { return };
        if self.others.len() <= at {
            self.others.resize_with(at + 1, Series::default);
        }
        let series = &mut self.others[at];
        // Of a foreign run a metric may go back by itself: what it was from there on is of another branch.
        if series.steps().is_some_and(|(_, known)| first <= known) {
            match first.checked_sub(1) {
                Some(before) => series.rewind(before),
                None => *series = Series::default(),
            }
        }
        series.push(first, last, [stat]);
    }

    /// Forgets every step after `step`: see [`Series::rewind`].
    pub fn rewind(&mut self, step: u64) {
        self.series.rewind(step);
        self.others.iter_mut().for_each(|series| series.rewind(step));
    }

    /// The first and the last step known.
    pub fn steps(&self) -> Option<(u64, u64)> {
        self.series.steps()
    }

    /// The latest value of each metric.
    pub fn latest(&self) -> Option<&Metrics> {
        self.latest.as_ref()
    }

    /// The number of bins: never more than [`RECENT`] + [`BINS`], and as many for each declared metric.
    pub fn len(&self) -> usize {
        self.series.len() + self.others.iter().map(Series::len).sum::<usize>()
    }

    /// Bytes that it takes, at the least.
    pub fn bytes(&self) -> usize {
        self.series.bytes() + self.others.iter().map(Series::bytes).sum::<usize>()
    }

    /// The facts about a metric near a step: of the step alone where it is known, else of the steps merged with it.
    pub fn at(&self, metric: impl Into<MetricId>, step: u64) -> Option<Stat> {
        self.columns(metric, step, step, 1)[0]
    }

    /// The facts about a declared metric when it last came before `step`, or with it.
    pub fn until(&self, metric: MetricId, step: u64) -> Option<Stat> {
        self.others.get(metric.declared()?)?.until(0, step)
    }

    /// Whether there has been no step.
    pub fn is_empty(&self) -> bool {
        self.series.is_empty()
    }

    /// The statistics of `metric` over the last `count` pushes together, but for steps up to `after`.
    pub fn recently(&self, metric: Metric, count: usize, after: u64) -> Stat {
        self.series.recently(metric as usize, count, after)
    }

    /// The steps `first..=last`, divided evenly into `columns`: see [`Series::columns`].
    pub fn columns(&self, metric: impl Into<MetricId>, first: u64, last: u64, columns: usize) -> Vec<Option<Stat>> {
        let metric = metric.into();
        match metric.declared().map(|at| self.others.get(at)) {
            None => self.series.columns(metric.index(), first, last, columns),
            Some(Some(series)) => series.columns(0, first, last, columns),
            Some(None) => vec![None; columns],
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record(step: u64, value: f32) -> StepRecord {
        StepRecord { step, seconds: step as f64, values: Metrics::of([value; Metric::COUNT]) }
    }

    fn filled(steps: u64, value: impl Fn(u64) -> f32) -> History {
        let mut history = History::default();
        (1..=steps).for_each(|step| history.push(&record(step, value(step))));
        history
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn one_spike_and_one_nan_survive(steps in 3u64..40_000, at in 0.0f64..1.0, columns in 1usize..300) {
            let spike = 1 + ((steps - 1) as f64 * at) as u64;
            let nan = if spike == steps { 1 } else { spike + 1 };
            let history = filled(steps, |step| match step {
                s if s == spike => 1e6,
                s if s == nan => f32::NAN,
                s => (s % 7) as f32,
            });
            let columns: Vec<Stat> = history.columns(Metric::Bound, 1, steps, columns).into_iter().flatten().collect();
            prop_assert_eq!(columns.iter().filter_map(Stat::range).map(|(_, high)| high).fold(0.0, f32::max), 1e6);
            prop_assert!(columns.iter().any(|stat| stat.counts().1 > 0));
        }

        #[test]
        fn memory_is_bounded_and_the_mean_exact(steps in 1u64..60_000, columns in 1usize..64) {
            let history = filled(steps, |step| step as f32);
            prop_assert!(history.len() <= RECENT + BINS);
            prop_assert_eq!(history.steps(), Some((1, steps)));
            // Every step is narrower than a column or alone in it, so counts and sums add up.
            let one = history.columns(Metric::Bound, 1, steps, 1)[0].unwrap();
            prop_assert_eq!(one.counts(), (steps, 0));
            let mean = (steps + 1) as f64 / 2.0;
            prop_assert!((one.mean().unwrap() - mean).abs() <= mean * 1e-9);
            // Columns come in order: a rising metric rises.
            let means: Vec<f64> = history.columns(Metric::Bound, 1, steps, columns).into_iter().flatten()
                .filter_map(|stat| stat.mean()).collect();
            prop_assert!(means.windows(2).all(|pair| pair[0] <= pair[1]));
        }

        #[test]
        fn spans_count_as_their_records(steps in 1u64..5_000, width in 1u64..50) {
            let value = |step: u64| if step.is_multiple_of(97) { f32::INFINITY } else { (step % 13) as f32 };
            let single = filled(steps, value);
            let mut merged = History::default();
            for first in (1..=steps).step_by(width as usize) {
                let mut span = Span::of(&record(first, value(first)));
                for step in first + 1..(first + width).min(steps + 1) {
                    span.merge(&Span::of(&record(step, value(step))));
                }
                merged.push_span(&span);
            }
            let (a, b) = (single.columns(Metric::Bound, 1, steps, 1)[0], merged.columns(Metric::Bound, 1, steps, 1)[0]);
            let (a, b) = (a.unwrap(), b.unwrap());
            prop_assert_eq!(a.counts(), b.counts());
            prop_assert_eq!(a.range(), b.range());
            if let (Some(a), Some(b)) = (a.mean(), b.mean()) {
                prop_assert!((a - b).abs() < 1e-4);
            }
        }
    }

    #[test]
    fn the_recent_window_is_exact() {
        let history = filled(10_000, |step| step as f32);
        let last: Vec<f64> = history
            .columns(Metric::Bound, 9_001, 10_000, 1000)
            .iter()
            .map(|stat| stat.unwrap().mean().unwrap())
            .collect();
        assert_eq!(last, (9_001..=10_000).map(f64::from).collect::<Vec<f64>>());
    }

    #[test]
    fn what_was_before_a_step_can_be_left_out_of_the_latest() {
        let history = filled(100, |step| if step <= 90 { -1.0 } else { 1.0 });
        assert_eq!(history.recently(Metric::Bound, 20, 0).mean(), Some(0.0));
        assert_eq!(history.recently(Metric::Bound, 20, 90).mean(), Some(1.0));
        assert_eq!(history.recently(Metric::Bound, 20, 100).mean(), None);
    }

    #[test]
    fn a_window_beyond_the_steps_is_empty_there() {
        let history = filled(10, |step| step as f32);
        let columns = history.columns(Metric::Bound, 1, 20, 20);
        assert!(columns[..10].iter().all(Option::is_some) && columns[10..].iter().all(Option::is_none));
        assert!(history.columns(Metric::Bound, 5, 4, 3).iter().all(Option::is_none));
        assert!(History::default().columns(Metric::Bound, 0, u64::MAX, 3).iter().all(Option::is_none));
    }

    #[test]
    fn a_run_may_start_anywhere_and_repeat_steps() {
        let mut history = History::default();
        for step in [u64::MAX - 2, u64::MAX - 1, u64::MAX - 1, 3, u64::MAX] {
            history.push(&record(step, 1.0));
        }
        let (count, _) = history.columns(Metric::Bound, 0, u64::MAX, 1)[0].unwrap().counts();
        assert_eq!(count, 5);
    }
}
