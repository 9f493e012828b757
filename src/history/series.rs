//! A series of several figures over the steps in bounded memory: the latest pushes exactly, the whole past as bins that
//! double in width.

use std::collections::VecDeque;

use crate::domain::Tally;

/// The number of the latest pushes that are kept exactly.
pub const RECENT: usize = 2048;
/// The most bins for the whole past.
pub const BINS: usize = 2048;

/// The facts about one figure over some steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stat {
    /// Smallest finite value; infinite where there was none.
    min: f32,
    /// Largest finite value; minus infinity where there was none.
    max: f32,
    /// Sum of the finite values.
    sum: f64,
    /// The number of finite values.
    finite: u64,
    /// The number of the others.
    non_finite: u64,
}

impl Stat {
    /// Of no value.
    pub const EMPTY: Stat = Stat { min: f32::INFINITY, max: f32::NEG_INFINITY, sum: 0.0, finite: 0, non_finite: 0 };

    /// Of one value.
    pub fn of(value: f32) -> Stat {
        match value.is_finite() {
            true => Stat { min: value, max: value, sum: value as f64, finite: 1, non_finite: 0 },
            false => Stat { non_finite: 1, ..Stat::EMPTY },
        }
    }

    /// Of several values; those of a tally whose figures cannot be count as not finite.
    pub fn of_many(tally: &Tally) -> Stat {
        let &Tally { count, non_finite, min, max, mean } = tally;
        let finite = count.saturating_sub(non_finite);
        if finite > 0 && [min, max, mean].iter().all(|value| value.is_finite()) {
            Stat { min, max, sum: f64::from(mean) * finite as f64, finite, non_finite: count - finite }
        } else {
            Stat { non_finite: count, ..Stat::EMPTY }
        }
    }

    fn merge(&mut self, other: &Stat) {
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.sum += other.sum;
        self.finite = self.finite.saturating_add(other.finite);
        self.non_finite = self.non_finite.saturating_add(other.non_finite);
    }

    /// The smallest and the largest finite value, if there was one.
    pub fn range(&self) -> Option<(f32, f32)> {
        (self.finite > 0).then_some((self.min, self.max))
    }

    /// The mean of the finite values, if there was one.
    pub fn mean(&self) -> Option<f64> {
        (self.finite > 0).then(|| self.sum / self.finite as f64)
    }

    /// The number of values, and of those that were not finite.
    pub fn counts(&self) -> (u64, u64) {
        (self.finite.saturating_add(self.non_finite), self.non_finite)
    }
}

/// The steps that a bin is of.
#[derive(Clone, Copy, Debug)]
struct Steps {
    first: u64,
    last: u64,
}

/// Bins of consecutive steps, oldest first, figure by figure: whoever looks at one figure reads no other.
#[derive(Clone, Debug)]
struct Bins<const N: usize> {
    steps: VecDeque<Steps>,
    stats: [VecDeque<Stat>; N],
}

impl<const N: usize> Bins<N> {
    fn len(&self) -> usize {
        self.steps.len()
    }

    fn bytes(&self) -> usize {
        let stats: usize = self.stats.iter().map(VecDeque::capacity).sum();
        self.steps.capacity() * size_of::<Steps>() + stats * size_of::<Stat>()
    }

    fn push(&mut self, steps: Steps, stats: &[Stat; N]) {
        self.steps.push_back(steps);
        for (figure, stat) in self.stats.iter_mut().zip(stats) {
            figure.push_back(*stat);
        }
    }

    fn pop_front(&mut self) {
        self.steps.pop_front();
        for figure in &mut self.stats {
            figure.pop_front();
        }
    }

    /// Takes further statistics into the last bin.
    fn merge_last(&mut self, steps: Steps, stats: &[Stat; N]) {
        if let Some(last) = self.steps.back_mut() {
            last.last = last.last.max(steps.last);
        }
        for (figure, stat) in self.stats.iter_mut().zip(stats) {
            if let Some(last) = figure.back_mut() {
                last.merge(stat);
            }
        }
    }

    /// Forgets every step after `step`; a bin that began before keeps what it has merged.
    fn rewind(&mut self, step: u64) {
        let kept: Vec<bool> = self.steps.iter().map(|steps| steps.first <= step).collect();
        fn retain<T>(bins: &mut VecDeque<T>, kept: &[bool]) {
            let mut kept = kept.iter();
            bins.retain(|_| kept.next() == Some(&true));
        }
        retain(&mut self.steps, &kept);
        self.stats.iter_mut().for_each(|figure| retain(figure, &kept));
        for steps in &mut self.steps {
            steps.last = steps.last.min(step);
        }
    }

    /// Merges neighbours that have the same slot.
    fn merge_alike(&mut self, slot: impl Fn(Steps) -> u64) {
        // Whether a bin goes into the one before it.
        let slots: Vec<u64> = self.steps.iter().map(|steps| slot(*steps)).collect();
        let joins = |i: usize| i > 0 && slots[i] == slots[i - 1];
        fn join<T: Copy>(bins: &mut VecDeque<T>, joins: impl Fn(usize) -> bool, merge: impl Fn(&mut T, &T)) {
            let mut kept = 0;
            for i in 0..bins.len() {
                let next = bins[i];
                if joins(i) {
                    merge(&mut bins[kept - 1], &next);
                } else {
                    bins[kept] = next;
                    kept += 1;
                }
            }
            bins.truncate(kept);
        }
        join(&mut self.steps, joins, |kept, next| kept.last = kept.last.max(next.last));
        self.stats.iter_mut().for_each(|figure| join(figure, joins, Stat::merge));
    }
}

impl<const N: usize> Default for Bins<N> {
    fn default() -> Bins<N> {
        Bins { steps: VecDeque::new(), stats: [const { VecDeque::new() }; N] }
    }
}

/// `N` figures of a run so far, told apart by their index.
#[derive(Clone, Debug)]
pub struct Series<const N: usize> {
    /// The latest pushes, one bin each.
    recent: Bins<N>,
    /// The whole past. A bin belongs to the slot ⌊(first − origin)/width⌋, and slots increase.
    past: Bins<N>,
    origin: u64,
    width: u64,
}

impl<const N: usize> Default for Series<N> {
    fn default() -> Series<N> {
        Series { recent: Bins::default(), past: Bins::default(), origin: 0, width: 1 }
    }
}

impl<const N: usize> Series<N> {
    /// Takes in what is known of the next steps, `first..=last`; of `first` alone where `last` comes before it.
    pub fn push(&mut self, first: u64, last: u64, stats: [Stat; N]) {
        let steps = Steps { first, last: last.max(first) };
        match self.past.steps.back() {
            None => {
                self.origin = first;
                self.past.push(steps, &stats);
            }
            // A step that is not newer than the last one also ends up here.
            Some(last) if slot(self.origin, self.width, first) <= slot(self.origin, self.width, last.first) => {
                self.past.merge_last(steps, &stats);
            }
            Some(_) => self.past.push(steps, &stats),
        }
        while self.past.len() > BINS {
            // Doubles the width of a bin.
            self.width = self.width.saturating_mul(2);
            let (origin, width) = (self.origin, self.width);
            self.past.merge_alike(|steps| slot(origin, width, steps.first));
        }
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push(steps, &stats);
    }

    /// Forgets every step after `step`; a wide bin that began before keeps what it has merged.
    pub fn rewind(&mut self, step: u64) {
        self.recent.rewind(step);
        self.past.rewind(step);
    }

    /// The first and the last step known.
    pub fn steps(&self) -> Option<(u64, u64)> {
        Some((self.past.steps.front()?.first, self.past.steps.back()?.last))
    }

    /// The number of bins: never more than [`RECENT`] + [`BINS`].
    pub fn len(&self) -> usize {
        self.recent.len() + self.past.len()
    }

    /// Bytes that the bins take, with the room for more that they have.
    pub fn bytes(&self) -> usize {
        self.recent.bytes() + self.past.bytes()
    }

    /// Whether there has been no step.
    pub fn is_empty(&self) -> bool {
        self.past.len() == 0
    }

    /// The statistics of a figure over the last `count` pushes together, but for steps up to `after`.
    pub fn recently(&self, figure: usize, count: usize, after: u64) -> Stat {
        let mut stat = Stat::EMPTY;
        let latest = self.recent.steps.iter().zip(&self.recent.stats[figure]).rev().take(count);
        for (_, of_bin) in latest.take_while(|(steps, _)| steps.first > after) {
            stat.merge(of_bin);
        }
        stat
    }

    /// The facts about the last steps up to `step`: of the newest bin that begins no later.
    pub fn until(&self, figure: usize, step: u64) -> Option<Stat> {
        let bins = if self.is_exact_from(step) { &self.recent } else { &self.past };
        let at = bins.steps.iter().rposition(|steps| steps.first <= step)?;
        bins.stats[figure].get(at).copied()
    }

    /// The steps `first..=last`, divided evenly into `columns`; `None` in a column without a step.
    ///
    /// Exact where the recent steps reach back to `first`. Elsewhere a bin that is narrower than a column counts in
    /// the column of its first step, and a wider one in every column it covers.
    pub fn columns(&self, figure: usize, first: u64, last: u64, columns: usize) -> Vec<Option<Stat>> {
        let mut out = vec![None; columns];
        if columns == 0 || last < first {
            return out;
        }
        let column = |step: u64| {
            // The same in fewer digits, where they are enough.
            let column = match (step - first).checked_mul(columns as u64).zip((last - first).checked_add(1)) {
                Some((scaled, steps)) => scaled / steps,
                None => ((step - first) as u128 * columns as u128 / ((last - first) as u128 + 1)) as u64,
            };
            (column as usize).min(columns - 1)
        };
        let steps_a_column = ((last - first) / columns as u64).saturating_add(1);
        let bins = if self.is_exact_from(first) { &self.recent } else { &self.past };
        let start = bins.steps.partition_point(|steps| steps.last < first);
        for (steps, stat) in bins.steps.range(start..).zip(bins.stats[figure].range(start..)) {
            if steps.last < first || steps.first > last {
                continue;
            }
            let from = column(steps.first.max(first));
            let is_wide = steps.last - steps.first >= steps_a_column;
            let to = if is_wide { column(steps.last.min(last)) } else { from };
            for cell in &mut out[from..=to] {
                cell.get_or_insert(Stat::EMPTY).merge(stat);
            }
        }
        out
    }

    /// Whether the latest pushes reach back to this step.
    fn is_exact_from(&self, step: u64) -> bool {
        match (self.recent.steps.front(), self.past.steps.front()) {
            (Some(recent), Some(past)) => recent.first <= step.max(past.first),
            _ => false,
        }
    }
}

fn slot(origin: u64, width: u64, step: u64) -> u64 {
    step.saturating_sub(origin) / width
}
