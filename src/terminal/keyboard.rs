//! The line from the terminal: its modes, whose it is, and the bytes that come on it.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::stdio::stdin;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

use super::job;

/// The bytes read at once.
const CHUNK: usize = 4096;

/// The line discipline: a part of the terminal's state.
#[derive(Default)]
pub(super) struct Keyboard {
    /// The modes before the raw one, while that is on.
    before: Mutex<Option<Termios>>,
}

impl Keyboard {
    /// Puts the terminal into raw mode.
    pub(super) fn raw(&self) -> io::Result<()> {
        let mut before = self.before();
        if before.is_none() {
            let usual = tcgetattr(stdin())?;
            let mut raw = usual.clone();
            raw.make_raw();
            tcsetattr(stdin(), OptionalActions::Now, &raw)?;
            *before = Some(usual);
        }
        Ok(())
    }

    /// Gives the terminal the modes from before.
    pub(super) fn cooked(&self) -> io::Result<()> {
        let mut before = self.before();
        if let Some(usual) = before.as_ref() {
            tcsetattr(stdin(), OptionalActions::Now, usual)?;
            *before = None;
        }
        Ok(())
    }

    fn before(&self) -> MutexGuard<'_, Option<Termios>> {
        self.before.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the terminal is this process's to use: it is in the foreground, or there is no job control on this terminal.
pub fn is_in_foreground() -> bool {
    job::is_in_foreground_of(stdin()).unwrap_or(true)
}

/// Waits for something to read on the terminal.
pub(super) fn wait_for_input(timeout: &Timespec) -> rustix::io::Result<PollFlags> {
    let terminal = stdin();
    let mut fds = [PollFd::new(&terminal, PollFlags::IN)];
    poll(&mut fds, Some(timeout))?;
    Ok(fds[0].revents())
}

/// Whether standard input reports a hang-up, which a read would meet as end of file for ever.
pub(super) fn is_hung_up(flags: PollFlags) -> bool {
    flags.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL)
}

/// Reads what has come: nothing if it was somebody else's.
///
/// # Errors
///
/// The terminal cannot be read from: it is gone.
pub(super) fn read() -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; CHUNK];
    let count = match rustix::io::read(stdin(), &mut bytes) {
        Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
        Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => 0,
        count => count?,
    };
    bytes.truncate(count);
    Ok(bytes)
}
