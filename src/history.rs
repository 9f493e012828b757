//! The history of a run's metrics in bounded memory: recent steps exactly, the whole past as bins that double in width.
//!
//! Whenever the bins run out, neighbours are merged in pairs and every bin from then on is twice as wide. A bin keeps
//! the smallest, largest and mean finite value and how many values were not finite, so a spike of one step in a
//! million is still there, and so is a NaN.

use std::collections::VecDeque;

use crate::link::{Metric, Metrics, Span, StepRecord};

/// How many of the latest pushes are kept exactly.
pub const RECENT: usize = 2048;
/// How many bins the whole past may take.
pub const BINS: usize = 2048;

/// What is known of one metric over some steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stat {
    /// Smallest finite value; infinite where there was none.
    min: f32,
    /// Largest finite value; minus infinity where there was none.
    max: f32,
    /// Sum of the finite values.
    sum: f64,
    /// How many values were finite.
    finite: u64,
    /// How many were not.
    non_finite: u64,
}

impl Stat {
    const EMPTY: Stat = Stat { min: f32::INFINITY, max: f32::NEG_INFINITY, sum: 0.0, finite: 0, non_finite: 0 };

    fn merge(&mut self, other: &Stat) {
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.sum += other.sum;
        self.finite += other.finite;
        self.non_finite += other.non_finite;
    }

    /// The smallest and the largest finite value, if there was one.
    pub fn range(&self) -> Option<(f32, f32)> {
        (self.finite > 0).then_some((self.min, self.max))
    }

    /// The mean of the finite values, if there was one.
    pub fn mean(&self) -> Option<f64> {
        (self.finite > 0).then(|| self.sum / self.finite as f64)
    }

    /// How many values there were, and how many of them were not finite.
    pub fn counts(&self) -> (u64, u64) {
        (self.finite + self.non_finite, self.non_finite)
    }
}

/// Consecutive steps' statistics.
#[derive(Clone, Debug)]
struct Bin {
    first: u64,
    last: u64,
    stats: [Stat; Metric::COUNT],
}

impl Bin {
    fn of(record: &StepRecord) -> Bin {
        let stats = record.values.0.map(|value| match value.is_finite() {
            true => Stat { min: value, max: value, sum: value as f64, finite: 1, non_finite: 0 },
            false => Stat { non_finite: 1, ..Stat::EMPTY },
        });
        Bin { first: record.step, last: record.step, stats }
    }

    fn of_span(span: &Span) -> Bin {
        let mut stats = [Stat::EMPTY; Metric::COUNT];
        for (i, stat) in stats.iter_mut().enumerate() {
            let finite = span.count.saturating_sub(span.non_finite[i]);
            stat.non_finite = span.count - finite;
            if finite > 0 && span.mean.0[i].is_finite() {
                (stat.min, stat.max, stat.finite) = (span.min.0[i], span.max.0[i], finite);
                stat.sum = span.mean.0[i] as f64 * finite as f64;
            }
        }
        Bin { first: span.first, last: span.last, stats }
    }

    fn merge(&mut self, next: &Bin) {
        self.last = self.last.max(next.last);
        for (stat, other) in self.stats.iter_mut().zip(&next.stats) {
            stat.merge(other);
        }
    }
}

/// The metrics of a run so far.
#[derive(Clone, Debug)]
pub struct History {
    /// The latest pushes, one bin each, oldest first.
    recent: VecDeque<Bin>,
    /// The whole past, oldest first. A bin belongs to the slot ⌊(first − origin)/width⌋, and slots increase.
    past: Vec<Bin>,
    origin: u64,
    width: u64,
    latest: Option<Metrics>,
}

impl Default for History {
    fn default() -> History {
        History { recent: VecDeque::new(), past: Vec::new(), origin: 0, width: 1, latest: None }
    }
}

impl History {
    /// Takes in the record of the next step.
    pub fn push(&mut self, record: &StepRecord) {
        self.latest = Some(record.values);
        self.push_bin(Bin::of(record));
    }

    /// Takes in merged records of the next steps.
    pub fn push_span(&mut self, span: &Span) {
        self.latest = Some(span.latest);
        self.push_bin(Bin::of_span(span));
    }

    fn push_bin(&mut self, bin: Bin) {
        match self.past.last_mut() {
            None => {
                self.origin = bin.first;
                self.past.push(bin.clone());
            }
            // A step that is not newer than the last one also ends up here.
            Some(last) if slot(self.origin, self.width, bin.first) <= slot(self.origin, self.width, last.first) => {
                last.merge(&bin);
            }
            Some(_) => self.past.push(bin.clone()),
        }
        while self.past.len() > BINS {
            self.coarsen();
        }
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(bin);
    }

    /// Forgets every step after `step`; a wide bin that began before keeps what it has merged.
    pub fn rewind(&mut self, step: u64) {
        for bin in self.recent.iter_mut().chain(&mut self.past) {
            bin.last = bin.last.min(step);
        }
        self.recent.retain(|bin| bin.first <= step);
        self.past.retain(|bin| bin.first <= step);
    }

    /// Doubles the width of a bin.
    fn coarsen(&mut self) {
        self.width = self.width.saturating_mul(2);
        let (origin, width) = (self.origin, self.width);
        self.past.dedup_by(|next, kept| {
            let same = slot(origin, width, next.first) == slot(origin, width, kept.first);
            if same {
                kept.merge(next);
            }
            same
        });
    }

    /// The first and the last step known.
    pub fn steps(&self) -> Option<(u64, u64)> {
        Some((self.past.first()?.first, self.past.last()?.last))
    }

    /// The values of the last step.
    pub fn latest(&self) -> Option<&Metrics> {
        self.latest.as_ref()
    }

    /// How many bins are held: never more than [`RECENT`] + [`BINS`].
    pub fn len(&self) -> usize {
        self.recent.len() + self.past.len()
    }

    /// Whether there has been no step.
    pub fn is_empty(&self) -> bool {
        self.past.is_empty()
    }

    /// The statistics of `metric` over the last `count` pushes together, but for steps up to `after`.
    pub fn recently(&self, metric: Metric, count: usize, after: u64) -> Stat {
        let mut stat = Stat::EMPTY;
        for bin in self.recent.iter().rev().take(count).take_while(|bin| bin.first > after) {
            stat.merge(&bin.stats[metric as usize]);
        }
        stat
    }

    /// The steps `first..=last`, divided evenly into `columns`; `None` in a column without a step.
    ///
    /// Exact where the recent steps reach back to `first`. Elsewhere a bin that is narrower than a column counts in
    /// the column of its first step, and a wider one in every column it covers.
    pub fn columns(&self, metric: Metric, first: u64, last: u64, columns: usize) -> Vec<Option<Stat>> {
        let mut out = vec![None; columns];
        if columns == 0 || last < first {
            return out;
        }
        let column = |step: u64| {
            ((step - first) as u128 * columns as u128 / ((last - first) as u128 + 1)).min(columns as u128 - 1) as usize
        };
        let mut take = |bin: &Bin| {
            if bin.last < first || bin.first > last {
                return;
            }
            let from = column(bin.first.max(first));
            let steps_a_column = ((last - first) / columns as u64).saturating_add(1);
            let to = if bin.last - bin.first >= steps_a_column { column(bin.last.min(last)) } else { from };
            for cell in &mut out[from..=to] {
                cell.get_or_insert(Stat::EMPTY).merge(&bin.stats[metric as usize]);
            }
        };
        let exact = match (self.recent.front(), self.past.first()) {
            (Some(recent), Some(past)) => recent.first <= first.max(past.first),
            _ => false,
        };
        if exact {
            let start = self.recent.partition_point(|bin| bin.last < first);
            self.recent.iter().skip(start).for_each(&mut take);
        } else {
            let start = self.past.partition_point(|bin| bin.last < first);
            self.past.iter().skip(start).for_each(&mut take);
        }
        out
    }
}

fn slot(origin: u64, width: u64, step: u64) -> u64 {
    step.saturating_sub(origin) / width
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record(step: u64, value: f32) -> StepRecord {
        StepRecord { step, seconds: step as f64, values: Metrics([value; Metric::COUNT]) }
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
