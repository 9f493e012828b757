//! The trainer's part in undo: the state before every change that a person makes, and going back to the last of them.

use std::collections::VecDeque;

use super::Trainer;
use crate::domain::format;
use crate::link::checkpoint::{Checkpoint, Reason};
use crate::link::undo::{MOST_BYTES, MOST_CHANGES, NUDGE_STEPS};
use crate::link::{Change, StateSource};
use crate::system::machine;

/// The states before the latest changes, oldest first.
#[derive(Debug, Default)]
pub(super) struct UndoStates {
    states: VecDeque<State>,
    /// Bytes of all tensors in them.
    bytes: u64,
    /// The step of the last of them that was to be kept as a checkpoint too.
    saved: Option<u64>,
}

#[derive(Debug)]
struct State {
    /// The state, with its bytes, as long as there is room for it.
    kept: Option<(Box<Checkpoint>, u64)>,
    /// Steps completed at the latest change that it is before.
    step: u64,
    /// Whether that change is a nudge of a number.
    nudge: bool,
}

/// Why nothing is taken back.
#[derive(Debug, PartialEq, Eq)]
enum Missing {
    /// No change has been made.
    Nothing,
    /// The state before it is not in memory.
    Forgotten,
}

impl UndoStates {
    /// Whether a change after so many steps goes on with the nudging before it.
    fn goes_on(&self, change: &Change, step: u64) -> bool {
        let last = self.states.back().filter(|last| last.nudge && is_nudge(change));
        last.is_some_and(|last| step.abs_diff(last.step) < NUDGE_STEPS)
    }

    /// Adds the state before a change; none where it does not fit. The oldest go where there is no room for all.
    fn push(&mut self, kept: Option<(Box<Checkpoint>, u64)>, step: u64, nudge: bool) {
        self.bytes += kept.as_ref().map_or(0, |(_, bytes)| *bytes);
        self.states.push_back(State { kept, step, nudge });
        if self.states.len() > MOST_CHANGES {
            let oldest = self.states.pop_front();
            self.forget(oldest.and_then(|state| state.kept));
        }
        let mut at = 0;
        while self.bytes > MOST_BYTES && at < self.states.len() {
            let oldest = self.states[at].kept.take();
            self.forget(oldest);
            at += 1;
        }
    }

    fn forget(&mut self, kept: Option<(Box<Checkpoint>, u64)>) {
        self.bytes -= kept.map_or(0, |(_, bytes)| bytes);
    }

    /// Takes the state before the last change.
    fn pop(&mut self) -> Result<Box<Checkpoint>, Missing> {
        match self.states.back_mut() {
            None => Err(Missing::Nothing),
            Some(State { kept: None, .. }) => Err(Missing::Forgotten),
            Some(State { kept, .. }) => {
                let taken = kept.take();
                self.states.pop_back();
                let (state, bytes) = taken.ok_or(Missing::Forgotten)?;
                self.bytes -= bytes;
                Ok(state)
            }
        }
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        *self = UndoStates::default();
    }
}

fn is_nudge(change: &Change) -> bool {
    matches!(change, Change::ScaleConstraint(_))
}

impl Trainer<'_> {
    /// Keeps the state before a change that a person makes: in memory, and as a checkpoint where the run is recorded,
    /// one for each step. True: it goes on with the change before, and is taken back with it.
    pub(super) fn remember(&mut self, change: &Change) -> bool {
        let (step, nudge) = (self.step, is_nudge(change));
        if self.undo.goes_on(change, step) {
            if let Some(last) = self.undo.states.back_mut() {
                last.step = step;
            }
            return true;
        }
        // Several changes between two steps have the same weights before them; nothing of a first state can be lost.
        if step > 0 && self.undo.saved.replace(step) != Some(step) {
            self.keep(Reason::Change);
        }
        let bytes = self.game.state_bytes();
        // Never at the cost of the training's own memory.
        let fits = bytes <= MOST_BYTES && machine::free().is_none_or(|free| bytes <= free / 4);
        let kept = if fits { Some((Box::new(self.state(Reason::Change)), bytes)) } else { None };
        self.undo.push(kept, step, nudge);
        false
    }

    /// Takes the last change back, together with the steps since.
    pub(super) fn take_back(&mut self) {
        const WHAT: &str = "taking back";
        match self.undo.pop() {
            Ok(state) => {
                if let Err(why) = self.go_back(&state, StateSource::Undo) {
                    self.refuse(WHAT, why);
                }
            }
            Err(Missing::Nothing) => {
                let why = "there is nothing to take back: no change since the run started, was resumed, or went back \
                     to a checkpoint";
                self.refuse(WHAT, why.to_owned());
            }
            Err(Missing::Forgotten) => {
                let most = format::bytes(MOST_BYTES as f64);
                let why = format!(
                    "the state before the last change is not in memory, of which {most} are for such states, and a \
                     state here takes {}; where the run is recorded a checkpoint was made before the change",
                    format::bytes(self.game.state_bytes() as f64)
                );
                self.refuse(WHAT, why);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::domain::SampleShape;
    use crate::link::Settings;
    use crate::link::checkpoint::CheckpointInfo;

    fn state(step: u64) -> Box<Checkpoint> {
        let config = config::load(None, &[]).unwrap();
        Box::new(Checkpoint {
            info: CheckpointInfo {
                step,
                seconds: 0.0,
                reason: Reason::Change,
                settings: Settings::of(&config),
                config,
                shape: SampleShape::Point { dims: 2 },
                metrics: None,
                generator_updates: 0,
                critic_updates: 0,
                scheduled: 0,
            },
            tensors: vec![],
        })
    }

    #[test]
    fn the_latest_states_stay_within_the_memory_for_them() {
        let mut states = UndoStates::default();
        for step in 0..5 {
            states.push(Some((state(step), MOST_BYTES / 3)), step, false);
        }
        assert!(states.bytes <= MOST_BYTES && states.states.len() == 5);
        for step in [4, 3, 2] {
            assert_eq!(states.pop().unwrap().info.step, step);
        }
        assert_eq!((states.pop().unwrap_err(), states.bytes), (Missing::Forgotten, 0));
        states.clear();
        assert_eq!(states.pop().unwrap_err(), Missing::Nothing);
        states.push(None, 9, false);
        assert_eq!(states.pop().unwrap_err(), Missing::Forgotten);
    }

    #[test]
    fn their_number_is_bounded() {
        let mut states = UndoStates::default();
        (0..2 * MOST_CHANGES as u64).for_each(|step| states.push(Some((state(step), 1)), step, false));
        assert_eq!((states.states.len(), states.bytes), (MOST_CHANGES, MOST_CHANGES as u64));
    }

    #[test]
    fn nudges_close_to_one_another_are_one_change() {
        let nudge = Change::ScaleConstraint(1.25);
        let mut states = UndoStates::default();
        assert!(!states.goes_on(&nudge, 10));
        states.push(None, 10, true);
        assert!(states.goes_on(&nudge, 10) && states.goes_on(&nudge, 9 + NUDGE_STEPS));
        assert!(!states.goes_on(&nudge, 10 + NUDGE_STEPS) && !states.goes_on(&Change::CriticSteps(2), 10));
        states.push(None, 12, false);
        assert!(!states.goes_on(&nudge, 12), "another change lies between");
    }
}
