//! Signals without a terminal in raw mode.

use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::WithOrigin;

use super::Exit;
use crate::system::files;
use crate::terminal::endings::{Effect, Endings, LOST};
use crate::terminal::{self, is_typed};

/// The time that a thread that cannot wait for signals sleeps between two looks.
const GLANCE: Duration = Duration::from_millis(250);

/// The requests of signals.
#[derive(Clone, Debug, Default)]
pub struct Interrupts {
    /// The number of the signal that asked the run to stop, 0 for none.
    signal: Arc<AtomicI32>,
    hung_up: Arc<AtomicBool>,
    save: Arc<AtomicBool>,
    endings: Arc<Mutex<Endings>>,
}

impl Interrupts {
    /// Listens for signals in a thread of its own, for the rest of the process's life. The first of SIGINT and SIGTERM
    /// is kept for [`Interrupts::received`]; what another one does is for [`Endings`] to say, and where it ends the
    /// process at once, that is with 128 and its number. SIGHUP and SIGUSR1 are kept too; a SIGHUP that is ignored
    /// already, as under `nohup`, stays ignored.
    ///
    /// # Errors
    /// The system refuses.
    pub fn listen() -> io::Result<Interrupts> {
        let interrupts = Interrupts::default();
        let hung_up = (!is_ignored(SIGHUP)).then_some(SIGHUP);
        let (read, write) = UnixStream::pair()?;
        let heard = [SIGINT, SIGTERM, SIGUSR1].into_iter().chain(hung_up);
        let mut signals = SignalDelivery::with_pipe(read, write, WithOrigin::default(), heard)?;
        let kept = interrupts.clone();
        thread::Builder::new().name("interrupts".into()).spawn(move || {
            let start = Instant::now();
            loop {
                match poll(&mut [PollFd::new(signals.get_read(), PollFlags::IN)], None) {
                    Ok(_) | Err(Errno::INTR) => {}
                    // Nothing to wait on: still look for signals now and then.
                    Err(_) => thread::sleep(GLANCE),
                }
                for origin in signals.pending() {
                    let typed = is_typed(&origin);
                    match origin.signal {
                        SIGHUP => kept.hung_up.store(true, Ordering::Relaxed),
                        SIGUSR1 => kept.save.store(true, Ordering::Relaxed),
                        signal => kept.end(signal, typed, start),
                    }
                }
            }
        })?;
        Ok(interrupts)
    }

    fn end(&self, signal: i32, typed: bool, start: Instant) {
        let effect = self.endings.lock().unwrap_or_else(PoisonError::into_inner).hear(signal, typed, start.elapsed());
        match effect {
            Effect::Stop => self.signal.store(signal, Ordering::Relaxed),
            Effect::Nothing => {}
            Effect::AtOnce => {
                if typed && terminal::accepts_words() {
                    // The bar may stand on this line.
                    let _ = writeln!(crate::system::output::err(), "\n{LOST}");
                }
                signal_hook::low_level::exit(128 + signal);
            }
        }
    }

    /// The exit that a signal asked for, if one did.
    pub fn received(&self) -> Option<Exit> {
        Exit::of_signal(self.signal.load(Ordering::Relaxed))
    }

    /// Whether SIGHUP came since this was last asked.
    pub fn hung_up(&self) -> bool {
        self.hung_up.swap(false, Ordering::Relaxed)
    }

    /// Whether SIGUSR1 came since this was last asked: a checkpoint is wanted.
    pub fn save(&self) -> bool {
        self.save.swap(false, Ordering::Relaxed)
    }

    /// Notes that the run is over and all of it is kept, so that a signal that comes again may end the process.
    pub fn saved(&self) {
        self.endings.lock().unwrap_or_else(PoisonError::into_inner).saved();
    }
}

/// Whether the process ignores this signal, where the system tells.
fn is_ignored(signal: i32) -> bool {
    let status = files::read_text(Path::new("/proc/self/status"), 1 << 20).unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}
