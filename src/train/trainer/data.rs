//! The trainer's part in data that cannot be read.

use super::Trainer;
use crate::link::checkpoint::Reason;
use crate::link::{Alert, PauseReason, Report, RunState};
use crate::train::data::Error;

impl Trainer<'_> {
    /// Pauses a run that goes on because its data cannot be read, its state kept. A step's batches are read before its
    /// first update, so the state is that after the step before: nothing is lost, and the step can be tried again. Of a
    /// run that does not go on it is told once a step.
    pub(super) fn pause_for_data(&mut self, error: &Error) {
        // This may put the run back to a step before, and pause it for that.
        self.hand_out();
        let told = self.unread.replace(self.step) == Some(self.step);
        if self.state == RunState::Running {
            self.owed = None;
            self.keep(Reason::Alert);
            self.enter(RunState::Paused, Some(PauseReason::Data(error.failure())));
        } else if !told {
            // A snapshot of a run that is paused or ends.
            self.outbox.report(Report::Alert(Alert::new(self.step, error.failure().to_string())));
        }
    }
}
