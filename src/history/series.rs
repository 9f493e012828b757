//! A series of several figures over the steps in bounded memory: the latest pushes exactly, the whole past as bins that
//! double in width.

use std::collections::VecDeque;

/// How many of the latest pushes are kept exactly.
pub const RECENT: usize = 2048;
/// How many bins the whole past may take.
pub const BINS: usize = 2048;

/// What is known of one figure over some steps.
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
    /// Of no value.
    pub const EMPTY: Stat = Stat { min: f32::INFINITY, max: f32::NEG_INFINITY, sum: 0.0, finite: 0, non_finite: 0 };

    /// Of one value.
    pub fn of(value: f32) -> Stat {
        match value.is_finite() {
            true => Stat { min: value, max: value, sum: value as f64, finite: 1, non_finite: 0 },
            false => Stat { non_finite: 1, ..Stat::EMPTY },
        }
    }

    /// Of `count` values, of which `non_finite` are not finite and the others have this range and mean.
    pub fn of_many(count: u64, non_finite: u64, (min, max): (f32, f32), mean: f32) -> Stat {
        let finite = count.saturating_sub(non_finite);
        let lost = Stat { non_finite: count - finite, ..Stat::EMPTY };
        if finite > 0 && mean.is_finite() {
            Stat { min, max, sum: mean as f64 * finite as f64, finite, ..lost }
        } else {
            lost
        }
    }

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

/// Consecutive steps' statistics of each figure.
#[derive(Clone, Debug)]
struct Bin<const N: usize> {
    first: u64,
    last: u64,
    stats: [Stat; N],
}

impl<const N: usize> Bin<N> {
    fn merge(&mut self, next: &Bin<N>) {
        self.last = self.last.max(next.last);
        for (stat, other) in self.stats.iter_mut().zip(&next.stats) {
            stat.merge(other);
        }
    }
}

/// `N` figures of a run so far, told apart by their index.
#[derive(Clone, Debug)]
pub struct Series<const N: usize> {
    /// The latest pushes, one bin each, oldest first.
    recent: VecDeque<Bin<N>>,
    /// The whole past, oldest first. A bin belongs to the slot ⌊(first − origin)/width⌋, and slots increase.
    past: Vec<Bin<N>>,
    origin: u64,
    width: u64,
}

impl<const N: usize> Default for Series<N> {
    fn default() -> Series<N> {
        Series { recent: VecDeque::new(), past: Vec::new(), origin: 0, width: 1 }
    }
}

impl<const N: usize> Series<N> {
    /// Takes in what is known of the next steps, `first..=last`.
    pub fn push(&mut self, first: u64, last: u64, stats: [Stat; N]) {
        let bin = Bin { first, last, stats };
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

    /// How many bins are held: never more than [`RECENT`] + [`BINS`].
    pub fn len(&self) -> usize {
        self.recent.len() + self.past.len()
    }

    /// Bytes that the bins take, with the room for more that they have.
    pub fn bytes(&self) -> usize {
        (self.recent.capacity() + self.past.capacity()) * size_of::<Bin<N>>()
    }

    /// Whether there has been no step.
    pub fn is_empty(&self) -> bool {
        self.past.is_empty()
    }

    /// The statistics of a figure over the last `count` pushes together, but for steps up to `after`.
    pub fn recently(&self, figure: usize, count: usize, after: u64) -> Stat {
        let mut stat = Stat::EMPTY;
        for bin in self.recent.iter().rev().take(count).take_while(|bin| bin.first > after) {
            stat.merge(&bin.stats[figure]);
        }
        stat
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
            ((step - first) as u128 * columns as u128 / ((last - first) as u128 + 1)).min(columns as u128 - 1) as usize
        };
        let mut take = |bin: &Bin<N>| {
            if bin.last < first || bin.first > last {
                return;
            }
            let from = column(bin.first.max(first));
            let steps_a_column = ((last - first) / columns as u64).saturating_add(1);
            let to = if bin.last - bin.first >= steps_a_column { column(bin.last.min(last)) } else { from };
            for cell in &mut out[from..=to] {
                cell.get_or_insert(Stat::EMPTY).merge(&bin.stats[figure]);
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
