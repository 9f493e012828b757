//! The trainer's part in looks at the run: snapshots for who asks, and for the recorder.

use super::super::{snapshot, weights};
use super::Trainer;
use crate::domain::SampleShape;
use crate::link::{Report, Snapshot, SnapshotRequest};

/// Samples of the snapshot that a run ends with: as many as mode coverage is counted from (PacGAN's protocol).
const FINAL_SAMPLES: usize = 2500;

/// The most samples of each kind in a snapshot: what a screen can show, and never many megabytes.
fn most_samples(shape: SampleShape) -> usize {
    (1_000_000 / shape.len().max(1)).clamp(1, 10_000)
}

impl Trainer<'_> {
    /// Answers a request for a snapshot.
    pub(super) fn show(&mut self, request: SnapshotRequest) {
        let mut taken = self.snapshot(request.samples, request.fixed);
        taken.weights = request.weights.then(|| weights::of(&self.game));
        self.outbox.report(Report::Snapshot(Box::new(taken)));
    }

    /// Shows what a run ends with.
    pub(super) fn show_end(&mut self) {
        let mut last = self.snapshot(FINAL_SAMPLES, false);
        // Whoever looks later has nobody to ask.
        last.weights = Some(weights::of(&self.game));
        self.outbox.last_snapshot(last);
    }

    /// A snapshot with so many samples of each kind, or as many as are allowed; without anything where the data cannot
    /// be read, for every request is answered.
    fn snapshot(&mut self, samples: usize, fixed: bool) -> Snapshot {
        let shape = self.game.source().shape();
        let taken = snapshot::take(&self.game, self.config.seed, self.step, samples.min(most_samples(shape)), fixed);
        taken.unwrap_or_else(|error| {
            self.pause_for_data(&error);
            Snapshot::empty(self.step, shape)
        })
    }

    /// Gives the recorder a look at the run, where one is due, as at the end.
    pub(super) fn record_snapshot(&mut self, end: bool) {
        let every = self.config.record.snapshots(self.config.steps);
        let due = every.is_some_and(|every| end || self.step.is_multiple_of(every));
        if !due || self.step == self.recorded_step {
            return;
        }
        let step = self.step;
        self.recorded_step = step;
        // The records before it go first. This may put the run back to a step before.
        self.hand_out();
        if self.step == step && self.outbox.is_recorded() {
            match snapshot::recorded(&self.game, self.config.seed, step) {
                Ok(snapshot) => self.outbox.record_snapshot(snapshot),
                Err(error) => self.pause_for_data(&error),
            }
        }
    }
}
