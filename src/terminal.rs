//! The terminal: enter, leave, suspend, panic hook, signals. The only writer to the tty.

use crossterm::event::KeyEvent;

/// What reaches the dashboard from the terminal and from the system.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A key was pressed (releases are left out).
    Key(KeyEvent),
    /// Text was pasted.
    Paste(String),
    /// The terminal has another size, or was entered again after a suspension: draw everything.
    Redraw,
    /// The terminal is gone (SIGHUP, or its file descriptor reports a hang-up).
    HangUp,
    /// SIGTERM or SIGINT from outside: stop the run, restore the terminal, end.
    Terminate,
}
