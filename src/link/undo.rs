//! The changes that can be taken back, as reports tell of them.

use std::borrow::Cow;
use std::collections::VecDeque;

use super::{Applied, By, Report, Restored, StateSource};

/// The most changes that can be taken back one after the other: the latest ones.
pub const MOST_CHANGES: usize = 256;
/// The most memory that the trainer keeps states in to go back to, in bytes; the latest ones stay.
pub const MOST_BYTES: u64 = 256 << 20;
/// Nudges of a number that follow one another within fewer steps are one change.
pub const NUDGE_STEPS: u64 = 100;

/// The change that a person made at once: one key, or several by one command, or one number by several nudges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undoable {
    /// Steps completed when it was changed.
    pub step: u64,
    /// The settings, each with its old and its new value.
    parts: Vec<(Cow<'static, str>, String, String)>,
}

impl Undoable {
    fn of(applied: &Applied) -> Undoable {
        let mut change = Undoable { step: applied.step, parts: Vec::new() };
        change.join(applied);
        change
    }

    fn join(&mut self, applied: &Applied) {
        match self.parts.iter_mut().find(|(what, ..)| *what == applied.what) {
            Some((.., new)) => new.clone_from(&applied.new),
            None => self.parts.push((applied.what.clone(), applied.old.clone(), applied.new.clone())),
        }
    }

    /// The change in words, e.g. `constraint clip 0.1 → clip 0.2`.
    pub fn text(&self) -> String {
        let parts: Vec<String> = self.parts.iter().map(|(what, old, new)| format!("{what} {old} → {new}")).collect();
        parts.join(", ")
    }
}

/// The changes of persons since the run was last started or went back to a checkpoint, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes(VecDeque<Undoable>);

impl Changes {
    /// Takes in the next report.
    pub fn take(&mut self, report: &Report) {
        match report {
            Report::Applied(applied) if applied.by == By::Person => match self.0.back_mut() {
                Some(last) if applied.joins => last.join(applied),
                _ => {
                    if self.0.len() == MOST_CHANGES {
                        self.0.pop_front();
                    }
                    self.0.push_back(Undoable::of(applied));
                }
            },
            Report::Restored(Restored { source: StateSource::Undo, .. }) => drop(self.0.pop_back()),
            Report::Restored(Restored { source: StateSource::File(_), .. }) => self.0.clear(),
            _ => {}
        }
    }

    /// The one that is taken back next.
    pub fn last(&self) -> Option<&Undoable> {
        self.0.back()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::link::Settings;

    fn applied(step: u64, [what, old, new]: [&'static str; 3], joins: bool, by: By) -> Report {
        let settings = Settings::of(&config::load(None, &[]).unwrap());
        let (old, new, note) = (old.to_owned(), new.to_owned(), None);
        Report::Applied(Applied { step, what: what.into(), old, new, note, settings, by, joins })
    }

    fn restored(source: StateSource) -> Report {
        let settings = Settings::of(&config::load(None, &[]).unwrap());
        Report::Restored(Restored { from: Some(50), to: 10, source, settings })
    }

    #[test]
    fn changes_of_persons_are_taken_back_last_first() {
        let mut changes = Changes::default();
        let text = |changes: &Changes| changes.last().map(Undoable::text);
        changes.take(&applied(10, ["critic.steps", "5", "4"], false, By::Person));
        changes.take(&applied(20, ["constraint", "clip 0.1", "clip 0.125"], false, By::Person));
        changes.take(&applied(21, ["constraint", "clip 0.125", "clip 0.15625"], true, By::Person));
        changes.take(&applied(21, ["critic.steps", "4", "3"], true, By::Person));
        changes.take(&applied(30, ["critic.steps", "3", "2"], false, By::Schedule));
        assert_eq!(text(&changes).unwrap(), "constraint clip 0.1 → clip 0.15625, critic.steps 4 → 3");
        assert_eq!(changes.last().map(|change| change.step), Some(20));
        changes.take(&restored(StateSource::Undo));
        assert_eq!(text(&changes).unwrap(), "critic.steps 5 → 4");
        changes.take(&restored(StateSource::File("x".into())));
        assert_eq!(text(&changes), None);
    }

    #[test]
    fn they_are_bounded() {
        let mut changes = Changes::default();
        for step in 0..3 * MOST_CHANGES as u64 {
            changes.take(&applied(step, ["critic.steps", "3", "2"], false, By::Person));
        }
        assert_eq!(changes.0.len(), MOST_CHANGES);
    }
}
