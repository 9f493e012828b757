//! The trainer's part in commands that come with keys, or with a number.

use super::Trainer;
use crate::config::live::Assignments;
use crate::link::checkpoint::Reason;
use crate::link::{Answer, By, Change, Command, Report};

impl Trainer<'_> {
    /// Makes the changes that set these keys, from the settings in force.
    pub(super) fn assign(&mut self, set: &Assignments, by: By) {
        let mut joins = false;
        for change in Change::of_keys(self.game.settings(), set) {
            joins |= self.set(&change, by, joins);
        }
    }

    /// Answers what still waits when the run has ended.
    pub(super) fn refuse_the_rest(&mut self) {
        while let Ok(command) = self.end.commands.try_recv() {
            match command.plain() {
                Command::Set(_) | Command::Assign(_) => self.refuse("a change", "the run has ended".to_owned()),
                Command::Save => self.refuse("a checkpoint", "the run has ended".to_owned()),
                Command::Restore { .. } => self.refuse("going back", "the run has ended".to_owned()),
                Command::Undo => self.refuse("taking back", "the run has ended".to_owned()),
                Command::Evaluate => self.refuse("an evaluation", "the run has ended".to_owned()),
                _ => {}
            }
        }
    }

    /// Makes the changes that a run which goes on begins with, after those that its schedule has for that step, and
    /// keeps the state, so that what comes after a crash has them too.
    pub(super) fn begin_with(&mut self, set: &Assignments) {
        if set.is_empty() {
            return;
        }
        self.keep_schedule();
        self.assign(set, By::Person);
        self.keep(Reason::Due);
    }

    /// Obeys a command, and says after everything else that answers it that it has been.
    pub(super) fn answer(&mut self, id: u64, command: Command) {
        self.execute(command);
        self.outbox.report(Report::Answered(Answer::plain(id)));
    }
}
