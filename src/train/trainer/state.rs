//! The trainer's part in checkpoints: keeping the run's state, and going back to one.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;

use super::Trainer;
use crate::link::checkpoint::{Checkpoint, CheckpointInfo, Reason};
use crate::link::{Report, Restored, RunState, StateSource};

impl Trainer<'_> {
    /// Trains. When that panics, what is known of the steps before is handed out, and the state kept if it is a whole
    /// one; then the panic goes on.
    pub(super) fn train_to_the_end(&mut self, first: RunState) {
        let broke = catch_unwind(AssertUnwindSafe(|| self.train(first))).err();
        if let Some(panic) = broke {
            // What broke once may break again: the first is the one to tell of.
            let _ = catch_unwind(AssertUnwindSafe(|| self.keep(Reason::End)));
            resume_unwind(panic);
        }
    }

    /// Has the recorder keep the state, unless there is none or this very state was kept already and nobody asked.
    pub(super) fn keep(&mut self, reason: Reason) {
        self.hand_out();
        let seconds = self.clock.seconds();
        if !self.checkpoint_policy.takes(reason, seconds) {
            return;
        }
        let state = self.state(reason);
        self.outbox.checkpoint(state);
    }

    /// The whole state, as it is between two steps.
    pub(super) fn state(&mut self, reason: Reason) -> Checkpoint {
        // Whoever asks, and whenever between two steps: ramps stand where the next step will find them.
        self.follow_ramps();
        let updates = self.game.updates();
        Checkpoint {
            info: CheckpointInfo {
                step: self.step,
                seconds: self.clock.seconds(),
                reason,
                config: self.config.clone(),
                settings: self.game.settings().after(self.step),
                shape: self.game.source().shape(),
                metrics: self.last.clone(),
                generator_updates: updates.generator,
                critic_updates: updates.critic,
                scheduled: self.scheduled,
            },
            tensors: self.game.tensors(),
        }
    }

    /// Goes back to a checkpoint, and begins a branch there with a checkpoint of its own.
    pub(super) fn restore(&mut self, checkpoint: &Checkpoint, file: PathBuf) {
        if !checkpoint.info.config.trains_as(self.config) {
            return self.refuse("going back", format!("{} is of another run", file.display()));
        }
        let name = file.display().to_string();
        match self.go_back(checkpoint, StateSource::File(file)) {
            // What was changed before may be of another branch.
            Ok(()) => self.undo.clear(),
            Err(why) => self.refuse("going back", format!("{name}: {why}")),
        }
    }

    /// Puts an earlier state of the run in place of the present one, and begins a branch there.
    ///
    /// # Errors
    /// It does not fit the networks; then nothing is changed.
    pub(super) fn go_back(&mut self, checkpoint: &Checkpoint, source: StateSource) -> Result<(), String> {
        self.checkpoint_policy.changing();
        if let Err(error) = self.game.restore(checkpoint) {
            self.checkpoint_policy.changed();
            return Err(error.to_string());
        }
        let from = Some(std::mem::replace(&mut self.step, checkpoint.info.step));
        self.last = checkpoint.info.metrics.clone();
        (self.scheduled, self.recorded_step) = (checkpoint.info.scheduled, checkpoint.info.step);
        (self.owed, self.is_waiting) = (None, false);
        let settings = checkpoint.info.settings.clone();
        let alerts = self.health.monitor.settle(&settings, self.step);
        self.outbox.report(Report::Restored(Restored { from, to: checkpoint.info.step, source, settings }));
        self.report_alerts(alerts);
        self.checkpoint_policy.changed();
        self.keep(Reason::Branch);
        Ok(())
    }
}
