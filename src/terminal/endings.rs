//! Signals to end: which of them count.
//!
//! Whoever supervises a process sends them more than once: `timeout` passes on what its group has heard already, and so
//! do make, npm, shells and batch systems. That must not cost the checkpoint that the first one asks for.

use std::time::Duration;

/// Signals of the same kind within this time are one.
const ONE: Duration = Duration::from_secs(2);

/// The effect of a signal to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The run is to stop, with everything kept.
    Stop,
    /// It has been asked for already.
    Nothing,
    /// The process ends at once: what the run did since its last checkpoint is lost.
    AtOnce,
}

/// The signals to end that have been heard, SIGINT and SIGTERM.
#[derive(Debug, Default)]
pub struct Endings {
    /// When the last one of each kind came that counted, by its number.
    heard: Vec<(i32, Duration)>,
    saved: bool,
}

impl Endings {
    /// Takes in a signal that came at a time after some start. `typed`: a person pressed Ctrl-C on the terminal.
    ///
    /// The first one stops the run. After it a person ends the process at once; what nobody typed does so only when
    /// there is nothing left to be finished, and not within two seconds of the same signal.
    pub fn hear(&mut self, signal: i32, typed: bool, now: Duration) -> Effect {
        let first = self.heard.is_empty();
        let before = self.heard.iter().find(|(kind, _)| *kind == signal).map(|(_, at)| *at);
        let again = before.is_some_and(|at| now.saturating_sub(at) < ONE);
        if before.is_none() {
            self.heard.push((signal, now));
        }
        match () {
            () if first => Effect::Stop,
            () if typed || (self.saved && !again) => Effect::AtOnce,
            () => Effect::Nothing,
        }
    }

    /// The number of the signal that came first, if one has come.
    pub fn first(&self) -> Option<i32> {
        self.heard.first().map(|(signal, _)| *signal)
    }

    /// Notes that the run is over and all of it is kept: from now on nothing can be lost.
    pub fn saved(&mut self) {
        self.saved = true;
    }
}

/// The message when a person ends the process at once.
pub const LOST: &str = "gantop: ended at once: what the run did since its last checkpoint is lost";

#[cfg(test)]
mod tests {
    use signal_hook::consts::{SIGINT, SIGTERM};

    use super::*;

    const fn seconds(seconds: f64) -> Duration {
        Duration::from_millis((seconds * 1e3) as u64)
    }

    #[test]
    fn what_nobody_typed_counts_once_however_often_it_comes() {
        let mut endings = Endings::default();
        assert_eq!(endings.first(), None);
        assert_eq!(endings.hear(SIGTERM, false, seconds(1.0)), Effect::Stop);
        for (signal, at) in [(SIGTERM, 1.0), (SIGTERM, 2.9), (SIGINT, 3.0), (SIGTERM, 600.0), (SIGINT, 900.0)] {
            assert_eq!(endings.hear(signal, false, seconds(at)), Effect::Nothing, "{signal} at {at}");
        }
        assert_eq!(endings.first(), Some(SIGTERM));
    }

    #[test]
    fn a_person_who_presses_again_does_not_wait() {
        let mut endings = Endings::default();
        assert_eq!(endings.hear(SIGINT, true, seconds(1.0)), Effect::Stop);
        // A supervisor's copy of the same key.
        assert_eq!(endings.hear(SIGINT, false, seconds(1.0)), Effect::Nothing);
        assert_eq!(endings.hear(SIGINT, true, seconds(1.2)), Effect::AtOnce);
        let mut endings = Endings::default();
        assert_eq!(endings.hear(SIGTERM, false, seconds(1.0)), Effect::Stop);
        assert_eq!(endings.hear(SIGINT, true, seconds(1.1)), Effect::AtOnce);
    }

    #[test]
    fn once_all_is_kept_another_signal_ends_a_process_that_still_waits() {
        let mut endings = Endings::default();
        assert_eq!(endings.hear(SIGTERM, false, seconds(1.0)), Effect::Stop);
        endings.saved();
        assert_eq!(endings.hear(SIGTERM, false, seconds(2.9)), Effect::Nothing);
        assert_eq!(endings.hear(SIGTERM, false, seconds(3.0)), Effect::AtOnce);
    }
}
