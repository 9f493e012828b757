//! All that is known of the process's one terminal, in one place.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use super::graphics::ask::Answers;
use super::input::Input;
use super::keyboard::Keyboard;
use super::panics::Panics;
use super::screen::Screen;

/// The only static of this room. A process has one terminal, and whoever must give it back cannot be handed anything:
/// the panic hook, which strikes on any thread, and the thread that hears signals, which lives as long as the process.
static STATE: LazyLock<State> = LazyLock::new(State::default);

/// The state that the threads share, each part with methods of its own.
pub(super) struct State {
    /// The screen: entered, shown, gone.
    pub(super) screen: Screen,
    /// The line discipline before the raw one.
    pub(super) keyboard: Keyboard,
    /// The events that the two threads send, and who hears of signals.
    pub(super) input: Input,
    /// The terminal's answers about its graphics.
    pub(super) answers: Answers,
    /// The panics of other threads.
    pub(super) panics: Panics,
    /// The instant that times are counted from.
    start: Instant,
}

impl Default for State {
    fn default() -> State {
        let (screen, keyboard, input) = (Screen::default(), Keyboard::default(), Input::default());
        State { screen, keyboard, input, answers: Answers::default(), panics: Panics::default(), start: Instant::now() }
    }
}

impl State {
    /// The time since some moment before everything here.
    pub(super) fn now(&self) -> Duration {
        self.start.elapsed()
    }
}

/// The terminal of this process.
pub(super) fn state() -> &'static State {
    &STATE
}
