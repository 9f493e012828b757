//! The trainer's part in the config's schedule: changes at their steps, and numbers that change with every step.

use super::Trainer;
use crate::link::{By, Change};

impl Trainer<'_> {
    /// Makes the changes that the schedule has for the steps completed so far, before anybody else's. Always true.
    pub(super) fn keep_schedule(&mut self) -> bool {
        while let Some(entry) = self.config.schedule.get(self.scheduled)
            && entry.at <= self.step
        {
            // This may put the run back to a step before.
            self.hand_out();
            if entry.at > self.step {
                break;
            }
            self.scheduled += 1;
            self.assign(&entry.set, By::Schedule);
            if let Some(ramp) = entry.ramp {
                self.set(&Change::Ramp(ramp), By::Schedule, false);
            }
        }
        true
    }

    /// Puts in force what the ramps say after the steps completed so far.
    pub(super) fn follow_ramps(&mut self) {
        let now = self.game.settings();
        if now.ramps.is_empty() {
            return;
        }
        let moved = now.after(self.step);
        if moved != *now {
            self.checkpoint_policy.changing();
            self.game.set(moved);
            self.checkpoint_policy.changed();
        }
    }
}
