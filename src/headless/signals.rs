//! Signals without a terminal in raw mode.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::flag;

use super::Exit;
use crate::files;

/// What signals asked for.
#[derive(Clone, Debug, Default)]
pub struct Interrupts {
    /// The number of the signal that asked the run to stop, 0 for none. Only a first one gets here: a second ends the
    /// process.
    signal: Arc<AtomicUsize>,
    hung_up: Arc<AtomicBool>,
    save: Arc<AtomicBool>,
}

impl Interrupts {
    /// Installs the handlers, for the rest of the process's life. The first of SIGINT and SIGTERM is kept for
    /// [`Interrupts::received`]; a second, of either kind, ends the process at once with 128 and its number. SIGHUP and
    /// SIGUSR1 are kept too; a SIGHUP that is ignored already, as under `nohup`, stays ignored.
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
        flag::register(SIGUSR1, Arc::clone(&interrupts.save))?;
        if !is_ignored(SIGHUP) {
            flag::register(SIGHUP, Arc::clone(&interrupts.hung_up))?;
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

    /// Whether SIGHUP came since this was last asked.
    pub fn hung_up(&self) -> bool {
        self.hung_up.swap(false, Ordering::Relaxed)
    }

    /// Whether SIGUSR1 came since this was last asked: a checkpoint is wanted.
    pub fn save(&self) -> bool {
        self.save.swap(false, Ordering::Relaxed)
    }
}

/// Whether the process ignores this signal, where the system tells.
fn is_ignored(signal: i32) -> bool {
    let status = files::read_text(Path::new("/proc/self/status"), 1 << 20).unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}
