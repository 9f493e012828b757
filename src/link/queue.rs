//! Reports on their way to somebody who may not keep up.
//!
//! While there is no room, step records are merged in pairs so that their number stays bounded, snapshots give way to
//! newer ones, and everything else is kept in order.

use std::collections::VecDeque;

use crossbeam_channel::{Sender, TrySendError};

use super::{Report, Span};

/// The most spans that wait in a row.
pub const MOST_SPANS: usize = 1024;

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

    /// How many reports wait.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Joins neighbouring step records, and drops a snapshot that has a newer one behind it.
    fn merge(&mut self) {
        if self.0.len() < 2 {
            return;
        }
        let newest_snapshot = self.0.iter().rposition(|report| matches!(report, Report::Snapshot(_)));
        let mut merged: VecDeque<Report> = VecDeque::with_capacity(self.0.len());
        for (index, report) in self.0.drain(..).enumerate() {
            match report {
                Report::Snapshot(_) if Some(index) != newest_snapshot => {}
                Report::Steps(records) => match merged.back_mut() {
                    Some(Report::Merged(before)) => {
                        before.extend(records.iter().map(Span::of));
                        thin(before);
                    }
                    _ => merged.push_back(Report::Merged(records.iter().map(Span::of).collect())),
                },
                Report::Merged(spans) => match merged.back_mut() {
                    Some(Report::Merged(before)) => {
                        before.extend(spans);
                        thin(before);
                    }
                    _ => merged.push_back(Report::Merged(spans)),
                },
                other => merged.push_back(other),
            }
        }
        self.0 = merged;
    }
}

/// Merges neighbours in pairs until there are few enough. In place: large pieces of memory that come and go all the time
/// would leave holes between what stays, and the process would grow.
fn thin(spans: &mut Vec<Span>) {
    while spans.len() > MOST_SPANS {
        let half = spans.len().div_ceil(2);
        for at in 0..half {
            let mut span = spans[2 * at];
            if let Some(next) = spans.get(2 * at + 1) {
                span.merge(next);
            }
            spans[at] = span;
        }
        spans.truncate(half);
    }
}
