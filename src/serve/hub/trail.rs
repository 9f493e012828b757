//! The records of a run so far in bounded memory, for a watcher who comes late: the latest exactly, the whole past as
//! spans of equal width.

use std::collections::VecDeque;

use crate::domain::{Span, StepRecord};
use crate::link::Report;

/// The number of the latest records that are kept exactly.
pub const RECENT: usize = 1024;
/// The most spans for the past before them.
pub const SPANS: usize = 1024;

/// The records of a run so far.
#[derive(Debug)]
pub struct Trail {
    /// Oldest first; a span belongs to the slot of its first step, and slots increase.
    past: Vec<Span>,
    /// Steps in a slot.
    width: u64,
    recent: VecDeque<StepRecord>,
    last: Option<StepRecord>,
}

impl Default for Trail {
    fn default() -> Trail {
        Trail { past: Vec::new(), width: 1, recent: VecDeque::new(), last: None }
    }
}

impl Trail {
    /// Takes in the record of the next step.
    pub fn push(&mut self, record: StepRecord) {
        if self.recent.len() == RECENT
            && let Some(oldest) = self.recent.pop_front()
        {
            self.settle(Span::of(&oldest));
        }
        StepRecord::advance(&mut self.last, &record);
        self.recent.push_back(record);
    }

    /// Takes in records that were merged.
    pub fn push_span(&mut self, span: &Span) {
        // What came before it goes first.
        while let Some(oldest) = self.recent.pop_front() {
            self.settle(Span::of(&oldest));
        }
        self.settle(span.clone());
        StepRecord::advance(&mut self.last, &span.last_record());
    }

    /// Forgets every step after `step`; a wide span that began before keeps what it has merged.
    pub fn rewind(&mut self, step: u64) {
        self.recent.retain(|record| record.step <= step);
        self.past.retain(|span| span.first <= step);
        for span in &mut self.past {
            span.last = span.last.min(step);
        }
        let of_past = || self.past.last().map(Span::last_record);
        self.last = self.recent.back().cloned().or_else(of_past);
    }

    /// The last record, with the latest value of each metric.
    pub fn last(&self) -> Option<&StepRecord> {
        self.last.as_ref()
    }

    /// Steps a second of training over the latest records, where there are two.
    pub fn rate(&self) -> Option<f64> {
        let (first, last) = (self.recent.front()?, self.recent.back()?);
        let seconds = last.seconds - first.seconds;
        (seconds > 0.0).then(|| last.step.saturating_sub(first.step) as f64 / seconds)
    }

    /// All of it as reports, oldest first, cut after each of these steps, which rise: what came up to the first of
    /// them, then up to the second, and so on, and what came after the last one.
    pub fn cut(&self, at: &[u64]) -> Vec<Vec<Report>> {
        let (mut past, mut recent) = (self.past.as_slice(), self.recent.iter().cloned().collect::<Vec<_>>());
        let mut parts = Vec::with_capacity(at.len() + 1);
        for step in at.iter().copied().chain([u64::MAX]) {
            let (before, after) = past.split_at(past.partition_point(|span| span.last <= step));
            past = after;
            let rest = if past.is_empty() { recent.partition_point(|record| record.step <= step) } else { 0 };
            let after = recent.split_off(rest);
            let records = std::mem::replace(&mut recent, after);
            let mut part = Vec::new();
            if !before.is_empty() {
                part.push(Report::Merged(before.to_vec()));
            }
            if !records.is_empty() {
                part.push(Report::Steps(records));
            }
            parts.push(part);
        }
        parts
    }

    /// Adds a span to the past.
    fn settle(&mut self, span: Span) {
        let width = self.width;
        match self.past.last_mut() {
            Some(last) if span.first / width <= last.first / width => last.merge(&span),
            _ => self.past.push(span),
        }
        while self.past.len() > SPANS {
            self.width = self.width.saturating_mul(2);
            let width = self.width;
            self.past.dedup_by(|next, kept| {
                let same = next.first / width <= kept.first / width;
                if same {
                    kept.merge(next);
                }
                same
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Metric, Metrics};

    fn record(step: u64, bound: f32) -> StepRecord {
        let mut values = Metrics::of([0.0; Metric::COUNT]);
        values[Metric::Bound] = bound;
        StepRecord { step, seconds: step as f64, values }
    }

    /// The spans of reports, one a record.
    fn spans(reports: &[Report]) -> Vec<Span> {
        let spans = reports.iter().flat_map(|report| match report {
            Report::Steps(records) => records.iter().map(Span::of).collect(),
            Report::Merged(spans) => spans.clone(),
            other => panic!("{other:?}"),
        });
        spans.collect()
    }

    #[test]
    fn a_long_run_fits_keeps_its_spikes_and_ends_exactly() {
        let mut trail = Trail::default();
        for step in 1..=100_000 {
            trail.push(record(step, if step == 777 { 50.0 } else { 1.0 }));
        }
        let all = spans(&trail.cut(&[])[0]);
        assert!(all.len() <= SPANS + RECENT, "{}", all.len());
        assert_eq!(all.iter().map(|span| span.count).sum::<u64>(), 100_000);
        assert!(all.windows(2).all(|pair| pair[0].last + 1 == pair[1].first));
        assert_eq!(all.iter().map(|span| span.max[Metric::Bound]).fold(0.0, f32::max), 50.0);
        assert!(all[all.len() - RECENT..].iter().all(|span| span.count == 1));
        assert_eq!(trail.last().map(|record| record.step), Some(100_000));
    }

    #[test]
    fn it_is_cut_at_steps_and_put_back_to_one() {
        let mut trail = Trail::default();
        (1..=2000).for_each(|step| trail.push(record(step, 0.0)));
        let parts = trail.cut(&[10, 10, 1500]);
        let last = |part: &Vec<Report>| spans(part).last().map(|span| span.last);
        assert_eq!(parts.iter().map(last).collect::<Vec<_>>(), [Some(10), None, Some(1500), Some(2000)]);
        trail.rewind(1200);
        assert_eq!(trail.last().map(|record| record.step), Some(1200));
        trail.rewind(0);
        assert!(trail.last().is_none() && trail.cut(&[])[0].is_empty());
        trail.push(record(1, 0.0));
        assert_eq!(spans(&trail.cut(&[])[0]).len(), 1);
    }

    #[test]
    fn merged_records_keep_their_place() {
        let mut trail = Trail::default();
        trail.push(record(1, 1.0));
        let mut span = Span::of(&record(2, 2.0));
        span.merge(&Span::of(&record(3, 9.0)));
        trail.push_span(&span);
        trail.push(record(4, 1.0));
        let steps: Vec<_> = spans(&trail.cut(&[])[0]).iter().map(|span| (span.first, span.last)).collect();
        assert_eq!(steps, [(1, 1), (2, 3), (4, 4)]);
    }
}
