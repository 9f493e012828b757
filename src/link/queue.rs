//! Reports on their way to somebody who may not keep up.
//!
//! While there is no room, step records are merged in pairs so that their number stays bounded, snapshots give way to
//! newer ones, and everything else is kept in order: of thousands of alerts the newest.

use std::collections::VecDeque;

use crossbeam_channel::{Sender, TrySendError};

use super::Report;
use crate::domain::Span;

/// The most spans that wait, but for one in every row of them.
pub const MOST_SPANS: usize = 1024;
/// The most reports that wait before the oldest alerts are dropped.
const MOST_REPORTS: usize = 2048;

/// Reports that wait for room.
#[derive(Debug, Default)]
pub struct Queue(VecDeque<Report>);

impl Queue {
    /// Adds a report, sends what there is room for, and merges what is left. False: nobody is there to read it.
    pub fn say(&mut self, report: Report, to: &Sender<Report>) -> bool {
        self.0.push_back(report);
        let there = self.flush(to);
        self.merge();
        there
    }

    /// Adds reports as they are, and sends what there is room for. False: nobody is there to read them.
    pub fn fill(&mut self, reports: Vec<Report>, to: &Sender<Report>) -> bool {
        self.0.extend(reports);
        self.flush(to)
    }

    /// Sends what waits, as far as there is room. False: nobody is there to read it.
    pub fn flush(&mut self, to: &Sender<Report>) -> bool {
        while let Some(report) = self.0.pop_front() {
            match to.try_send(report) {
                Ok(()) => {}
                Err(TrySendError::Full(report)) => {
                    self.0.push_front(report);
                    return true;
                }
                Err(TrySendError::Disconnected(_)) => {
                    self.0.clear();
                    return false;
                }
            }
        }
        true
    }

    /// Sends everything that waits, for as long as that takes.
    pub fn drain(&mut self, to: &Sender<Report>) {
        for report in self.0.drain(..) {
            if to.send(report).is_err() {
                return;
            }
        }
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of reports that wait.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Joins neighbouring step records, drops a snapshot that has a newer one behind it, and bounds the rest.
    fn merge(&mut self) {
        if self.0.len() < 2 {
            return;
        }
        let newest_snapshot = self.0.iter().rposition(|report| matches!(report, Report::Snapshot(_)));
        let mut spare = self.0.len().saturating_sub(MOST_REPORTS);
        let mut merged: VecDeque<Report> = VecDeque::with_capacity(self.0.len());
        for (index, report) in self.0.drain(..).enumerate() {
            match report {
                Report::Snapshot(_) if Some(index) != newest_snapshot => {}
                Report::Evaluation(report) if report.is_progress() => {}
                // The journal has it.
                Report::Alert(_) if spare > 0 => spare -= 1,
                Report::Steps(records) => join(&mut merged, records.iter().map(Span::of)),
                Report::Merged(spans) => join(&mut merged, spans),
                other => merged.push_back(other),
            }
        }
        self.0 = merged;
        self.thin();
    }

    /// Merges neighbouring spans in pairs, in every row of them, until there are few enough in all: what is said
    /// between them, an alert a second perhaps, cuts them into many rows.
    fn thin(&mut self) {
        let mut rows: Vec<&mut Vec<Span>> = self.0.iter_mut().filter_map(spans_of).collect();
        while rows.iter().map(|row| row.len()).sum::<usize>() > MOST_SPANS.max(rows.len()) {
            rows.iter_mut().for_each(|row| halve(row));
            // Nothing is added to any but the last.
            let before = rows.len().saturating_sub(1);
            rows[..before].iter_mut().for_each(|row| row.shrink_to_fit());
        }
    }
}

/// Adds spans to the row that ends the reports, or begins one.
fn join(reports: &mut VecDeque<Report>, spans: impl IntoIterator<Item = Span>) {
    match reports.back_mut() {
        Some(Report::Merged(before)) => before.extend(spans),
        _ => reports.push_back(Report::Merged(spans.into_iter().collect())),
    }
}

fn spans_of(report: &mut Report) -> Option<&mut Vec<Span>> {
    match report {
        Report::Merged(spans) => Some(spans),
        _ => None,
    }
}

/// Merges neighbours in pairs. In place: large pieces of memory that come and go all the time would leave holes between
/// what stays, and the process would grow.
fn halve(spans: &mut Vec<Span>) {
    let half = spans.len().div_ceil(2);
    for at in 0..half {
        let (kept, rest) = spans.split_at_mut(2 * at + 1);
        if let (Some(span), Some(next)) = (kept.last_mut(), rest.first()) {
            span.merge(next);
        }
        spans.swap(at, 2 * at);
    }
    spans.truncate(half);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Metric, Metrics, StepRecord};
    use crate::link::Alert;

    fn record(step: u64, bound: f32) -> Report {
        let mut values = Metrics::of([0.0; Metric::COUNT]);
        values[Metric::Bound] = bound;
        Report::Steps(vec![StepRecord { step, seconds: step as f64, values }])
    }

    /// A queue that nobody reads, after so many steps and an alert after every `often` of them.
    fn stalled(steps: u64, often: u64) -> (Queue, crossbeam_channel::Receiver<Report>) {
        let (to, from) = crossbeam_channel::bounded(0);
        let mut queue = Queue::default();
        for step in 1..=steps {
            queue.say(record(step, if step == 777 { 50.0 } else { 1.0 }), &to);
            if step % often == 0 {
                queue.say(Report::Alert(Alert::new(step, "again")), &to);
            }
        }
        (queue, from)
    }

    #[test]
    fn alerts_between_them_do_not_keep_records_from_merging() {
        let (mut queue, _from) = stalled(100_000, 500);
        let alerts = queue.0.iter().filter(|report| matches!(report, Report::Alert(_))).count();
        assert_eq!(alerts, 200);
        let rows: Vec<&mut Vec<Span>> = queue.0.iter_mut().filter_map(spans_of).collect();
        let held: usize = rows.iter().map(|row| row.capacity()).sum();
        assert!(held <= 4 * MOST_SPANS, "room for {held} spans");
        let spans: Vec<Span> = rows.into_iter().flat_map(|row| row.iter().cloned()).collect();
        assert!(spans.len() <= MOST_SPANS, "{}", spans.len());
        assert!(spans.windows(2).all(|pair| pair[0].last + 1 == pair[1].first));
        assert_eq!(spans.iter().map(|span| span.count).sum::<u64>(), 100_000);
        assert_eq!(spans.iter().map(|span| span.max[Metric::Bound]).fold(0.0, f32::max), 50.0);
    }

    #[test]
    fn of_more_alerts_than_can_wait_the_newest_are_kept() {
        let (queue, _from) = stalled(5000, 1);
        assert!(queue.len() <= MOST_REPORTS + 1, "{}", queue.len());
        assert!(matches!(queue.0.back(), Some(Report::Alert(alert)) if alert.step == 5000));
    }
}
