//! When the run's state is kept.

use crate::config::Checkpoints;
use crate::link::checkpoint::Reason;

/// Knows when a checkpoint is due. Nothing of it changes what is trained.
#[derive(Debug)]
pub struct CheckpointPolicy {
    /// Whether there is somebody to write it.
    possible: bool,
    every_steps: u64,
    /// Seconds of training; 0: not by time.
    every_seconds: f64,
    /// Seconds of training when the last one was made.
    last: f64,
    /// Whether the state has changed since the last one.
    changed: bool,
    /// Whether the state is one between two steps: false in the middle of a change.
    whole: bool,
}

impl CheckpointPolicy {
    /// As `config` says, if `possible`; `resumed` are the seconds of the checkpoint that the run goes on from.
    pub fn new(config: &Checkpoints, possible: bool, resumed: Option<f64>) -> CheckpointPolicy {
        CheckpointPolicy {
            possible,
            every_steps: config.every_steps,
            every_seconds: 60.0 * config.every_minutes,
            last: resumed.unwrap_or(0.0),
            changed: resumed.is_none(),
            whole: true,
        }
    }

    /// Whether a checkpoint can be written at all.
    pub fn is_possible(&self) -> bool {
        self.possible
    }

    /// The state is about to change: until it has, nothing is kept.
    pub fn changing(&mut self) {
        self.whole = false;
    }

    /// The state has changed.
    pub fn changed(&mut self) {
        (self.changed, self.whole) = (true, true);
    }

    /// Whether one is due after `step` completed steps and so many seconds of training.
    pub fn is_due(&self, step: u64, seconds: f64) -> bool {
        let by_steps = self.every_steps > 0 && step > 0 && step.is_multiple_of(self.every_steps);
        let by_time = self.every_seconds > 0.0 && seconds - self.last >= self.every_seconds;
        self.possible && self.changed && (by_steps || by_time)
    }

    /// Whether one is to be made now for this reason; if so, it counts as made.
    pub fn takes(&mut self, reason: Reason, seconds: f64) -> bool {
        let takes = self.possible && self.whole && (self.changed || reason == Reason::Asked);
        if takes {
            (self.last, self.changed) = (seconds, false);
        }
        takes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Prefer;

    #[test]
    fn due_by_steps_and_by_time_and_never_twice() {
        let config = Checkpoints {
            every_steps: 10,
            every_minutes: 0.5,
            keep: 5,
            best: "none".into(),
            prefer: Prefer::Min,
            fallback_dir: None,
        };
        let mut policy = CheckpointPolicy::new(&config, true, None);
        assert!(!policy.is_due(0, 0.0) && !policy.is_due(9, 29.0));
        assert!(policy.is_due(10, 1.0) && policy.is_due(11, 30.0));
        assert!(policy.takes(Reason::Due, 5.0));
        assert!(!policy.is_due(10, 5.0) && !policy.takes(Reason::End, 5.0), "nothing has changed since");
        assert!(policy.takes(Reason::Asked, 5.0), "a person gets one all the same");
        policy.changed();
        assert!(!policy.is_due(11, 34.0) && policy.is_due(12, 35.0) && policy.is_due(20, 6.0));
        policy.changing();
        assert!(!policy.takes(Reason::Asked, 36.0), "in the middle of a step");
        policy.changed();
        assert!(policy.takes(Reason::Asked, 36.0));
        assert!(!CheckpointPolicy::new(&config, false, None).is_due(10, 99.0));
    }
}
