//! The trainer's part in the end of a run: the last step, and the wait for more steps where somebody looks on.

use super::super::settings;
use super::Trainer;
use crate::link::checkpoint::Reason;
use crate::link::{Applied, By, Change, PauseReason, Rejected, RunState};

impl Trainer<'_> {
    /// The last step; 0: there is none.
    pub(super) fn last_step(&self) -> u64 {
        self.game.settings().steps.unwrap_or(self.config.steps)
    }

    /// What a change turns the settings into, or why it cannot be made.
    pub(super) fn resolved(&self, change: &Change, by: By) -> Result<Applied, Rejected> {
        let resolved = settings::resolve(self.game.settings(), self.step, change, by);
        match change {
            // The settings do not know what the config says.
            Change::LastStep(_) => resolved.map(|applied| Applied { old: self.last_step().to_string(), ..applied }),
            _ => resolved,
        }
    }

    /// Whether as many steps are done as there were to be.
    pub(super) fn is_past_the_last(&self) -> bool {
        let last = self.last_step();
        last > 0 && self.step >= last
    }

    /// Whether there is a step to do: where the last one is done, and somebody looks on, once somebody asks for more.
    /// False: the run ends.
    pub(super) fn has_steps(&mut self) -> bool {
        while self.is_done() {
            if !self.waits || !self.wait_for_more() {
                return false;
            }
        }
        true
    }

    /// Whether the last step is done. Looks at the device before it says so.
    fn is_done(&mut self) -> bool {
        self.extend_by_schedule();
        if !self.is_past_the_last() {
            return false;
        }
        self.hand_out();
        if self.is_past_the_last() {
            self.evaluate_the_end();
        }
        self.is_past_the_last()
    }

    /// Keeps the part of the schedule that is due after the last step, where that part says that there are more.
    fn extend_by_schedule(&mut self) {
        let due = |entry: &crate::config::Scheduled| entry.at <= self.step && entry.set.has(crate::config::live::STEPS);
        if self.is_past_the_last()
            && self.config.schedule.get(self.scheduled..).is_some_and(|rest| rest.iter().any(due))
        {
            self.keep_schedule();
        }
    }

    /// Leaves all that a run ends with, and waits until somebody wants more of it. False: it is to end.
    fn wait_for_more(&mut self) -> bool {
        self.owed = None;
        self.keep(Reason::End);
        self.record_snapshot(true);
        self.show_end();
        self.is_waiting = true;
        self.enter(RunState::Paused, Some(PauseReason::LastStep));
        let goes_on = self.obey();
        self.is_waiting = false;
        goes_on
    }

    /// After a change of the last step, or a step back: a run that waited for that goes on.
    pub(super) fn go_on_if_there_is_more(&mut self) {
        if self.is_waiting && !self.is_past_the_last() {
            self.is_waiting = false;
            self.enter(RunState::Running, None);
        }
    }
}
