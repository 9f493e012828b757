//! SIGINT and SIGTERM without a terminal in raw mode.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::Exit;

/// Whether a signal asked the run to stop.
#[derive(Clone, Debug, Default)]
pub struct Interrupts {
    /// The signal's number, 0 for none. Only a first signal gets here: a second ends the process.
    signal: Arc<AtomicUsize>,
}

impl Interrupts {
    /// Installs the handlers, for the rest of the process's life. The first of SIGINT and SIGTERM is kept for
    /// [`Interrupts::received`]; a second, of either kind, ends the process at once with 128 and its number.
    ///
    /// # Errors
    /// The system refuses.
    pub fn listen() -> io::Result<Interrupts> {
        let interrupts = Interrupts::default();
        let armed = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // In this order: a signal finds the flag as the one before it left it.
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&armed))?;
            flag::register_usize(signal, Arc::clone(&interrupts.signal), signal as usize)?;
            flag::register(signal, Arc::clone(&armed))?;
        }
        Ok(interrupts)
    }

    /// The exit that a signal asked for, if one did.
    pub fn received(&self) -> Option<Exit> {
        match self.signal.load(Ordering::Relaxed) as i32 {
            SIGINT => Some(Exit::Interrupted),
            SIGTERM => Some(Exit::Terminated),
            _ => None,
        }
    }
}
