//! The trainer's reports, on their way out.
//!
//! The trainer never waits for a watcher: while the report channel is full, what is said waits in a [`Queue`], where
//! there is never more than there were commands. What goes to the recorder is complete, and waited for.

use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, TrySendError};

use crate::domain::StepRecord;
use crate::link::checkpoint::Checkpoint;
use crate::link::{Alert, Entry, Queue, RecordedSnapshot, Report, Snapshot};

/// The wait for the recorder in all before that is said.
const RECORDER_WAIT: Duration = Duration::from_secs(1);

/// The trainer's way out.
#[derive(Debug)]
pub struct Outbox {
    reports: Sender<Report>,
    recorder: Option<Sender<Entry>>,
    waiting: Queue,
    /// The wait for the recorder in all.
    waited: Duration,
    /// The last step whose record was handed out.
    step: u64,
}

impl Outbox {
    pub fn new(reports: Sender<Report>, recorder: Option<Sender<Entry>>) -> Outbox {
        Outbox { reports, recorder, waiting: Queue::default(), waited: Duration::ZERO, step: 0 }
    }

    /// Hands out the records of a batch of steps.
    pub fn records(&mut self, records: Vec<StepRecord>) {
        if records.is_empty() {
            return;
        }
        self.step = records.last().map_or(self.step, |record| record.step);
        self.record(|| Entry::Steps(records.clone()));
        self.say(Report::Steps(records));
    }

    /// Gives a checkpoint to the recorder.
    pub fn checkpoint(&mut self, checkpoint: Checkpoint) {
        self.record(|| Entry::Checkpoint(Box::new(checkpoint)));
    }

    /// Says `report`, after everything that waits. The recorder hears it too, unless it is only for who
    /// watches.
    pub fn report(&mut self, report: Report) {
        if !matches!(report, Report::Snapshot(_) | Report::Answered(_)) {
            self.record(|| Entry::Said(report.clone()));
        }
        self.say(report);
    }

    /// Whether there is a recorder.
    pub fn is_recorded(&self) -> bool {
        self.recorder.is_some()
    }

    /// Gives the recorder a look at the run.
    pub fn record_snapshot(&mut self, snapshot: RecordedSnapshot) {
        self.record(|| Entry::RecordedSnapshot(Box::new(snapshot)));
    }

    /// Says what the run ends with, to the recorder too.
    pub fn last_snapshot(&mut self, snapshot: Snapshot) {
        self.record(|| Entry::LastSnapshot(Box::new(snapshot.clone())));
        self.say(Report::Snapshot(Box::new(snapshot)));
    }

    /// Gives an entry to the recorder, waiting for it as long as that takes; says once that it took long.
    fn record(&mut self, entry: impl FnOnce() -> Entry) {
        let Some(recorder) = &self.recorder else { return };
        // A recorder that has ended has said why in an alert.
        let Err(TrySendError::Full(entry)) = recorder.try_send(entry()) else { return };
        let since = Instant::now();
        let _ = recorder.send(entry);
        let before = self.waited;
        self.waited += since.elapsed();
        if before <= RECORDER_WAIT && self.waited > RECORDER_WAIT {
            let text = "the disk does not keep up: the run has waited a second in all for its records to be written. \
                 It goes on waiting, so that nothing is left out";
            self.report(Report::Alert(Alert::new(self.step, text)));
        }
    }

    fn say(&mut self, report: Report) {
        self.waiting.say(report, &self.reports);
    }

    /// Sends what waits, as far as there is room.
    pub fn flush(&mut self) {
        self.waiting.flush(&self.reports);
    }

    /// Whether everything was sent, or nobody is there to read it.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Sends everything that waits, for as long as that takes: for the end of a run, when nothing is held up by it.
    pub fn drain(&mut self) {
        self.waiting.drain(&self.reports);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Metric, Metrics};
    use crate::link::queue::MOST_SPANS;

    fn record(step: u64, bound: f32) -> StepRecord {
        let mut values = Metrics::of([0.0; Metric::COUNT]);
        values[Metric::Bound] = bound;
        StepRecord { step, seconds: step as f64, values }
    }

    #[test]
    fn a_stalled_watcher_costs_bounded_memory_and_loses_no_extreme_and_no_alert() {
        let (tx, rx) = crossbeam_channel::bounded(1);
        let mut outbox = Outbox::new(tx, None);
        outbox.records(vec![record(1, 0.0)]);
        for step in 2..=100_000 {
            outbox.records(vec![record(step, if step == 777 { 50.0 } else { 1.0 })]);
            if step == 50_000 {
                outbox.report(Report::Alert(Alert::new(step, "half")));
            }
        }
        assert!(outbox.waiting.len() <= 4);
        let reader = std::thread::spawn(move || rx.iter().collect::<Vec<_>>());
        outbox.drain();
        drop(outbox);
        let reports = reader.join().unwrap();
        let (mut steps, mut spans, mut peak, mut alerts) = (0, 0, 0f32, 0);
        for report in reports {
            match report {
                Report::Steps(records) => steps += records.len() as u64,
                Report::Merged(merged) => {
                    spans += merged.len();
                    for span in merged {
                        steps += span.count;
                        peak = peak.max(span.max[Metric::Bound]);
                    }
                }
                Report::Alert(alert) => {
                    assert_eq!((alert.step, steps), (50_000, 50_000));
                    alerts += 1;
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((steps, alerts, peak), (100_000, 1, 50.0));
        assert!(spans <= 2 * MOST_SPANS + 2, "{spans}");
    }

    #[test]
    fn the_recorder_gets_every_record_while_the_watcher_stalls() {
        let (tx, _rx) = crossbeam_channel::bounded(1);
        let (recorder, recorded) = crossbeam_channel::bounded(4);
        let count = std::thread::spawn(move || {
            let steps = |entry| if let Entry::Steps(records) = entry { records.len() } else { 0 };
            recorded.iter().map(steps).sum::<usize>()
        });
        let mut outbox = Outbox::new(tx, Some(recorder));
        for step in 1..=1000 {
            outbox.records(vec![record(step, 0.0)]);
        }
        drop(outbox);
        assert_eq!(count.join().unwrap(), 1000);
    }

    #[test]
    fn a_slow_recorder_is_told_of_once() {
        let (tx, rx) = crossbeam_channel::unbounded();
        let (recorder, recorded) = crossbeam_channel::bounded(1);
        let slow = std::thread::spawn(move || {
            for _ in recorded.iter() {
                std::thread::sleep(Duration::from_millis(300));
            }
        });
        let mut outbox = Outbox::new(tx, Some(recorder));
        for step in 1..=8 {
            outbox.records(vec![record(step, 0.0)]);
        }
        drop(outbox);
        slow.join().unwrap();
        let alerts = rx.iter().filter(|report| matches!(report, Report::Alert(alert) if alert.step > 1));
        assert_eq!(alerts.count(), 1);
    }

    #[test]
    fn nothing_waits_for_a_watcher_that_left() {
        let (tx, rx) = crossbeam_channel::bounded(1);
        drop(rx);
        let mut outbox = Outbox::new(tx, None);
        outbox.records(vec![record(1, 0.0)]);
        assert!(outbox.is_empty());
    }
}
