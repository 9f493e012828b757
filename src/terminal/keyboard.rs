//! The line from the terminal: its modes, and what comes from it on its way to crossterm.
//!
//! crossterm takes what a terminal answers for keys. So it does not read the terminal itself: once it has settled on file
//! descriptor 0, that becomes a pipe, into which goes what is left when the answers have been taken out.

use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use rustix::stdio::{dup2_stdin, stdin};
use rustix::termios::{OptionalActions, Termios, isatty, tcgetattr, tcsetattr};

use super::answers::Filter;
use super::graphics::ask;

/// How much is read at once.
const CHUNK: usize = 4096;

/// The terminal behind standard input, and the other end of what stands there now.
struct Line {
    terminal: OwnedFd,
    feed: OwnedFd,
}

static LINE: OnceLock<Line> = OnceLock::new();
/// The terminal's modes before the raw one, while that is on.
static MODES: Mutex<Option<Termios>> = Mutex::new(None);

/// Whether standard input is a terminal, or was when it was tapped.
pub(super) fn is_terminal() -> bool {
    LINE.get().map_or_else(|| io::stdin().is_terminal(), |line| isatty(&line.terminal))
}

/// What to wait on for keys and for the hang-up.
pub(super) fn source() -> BorrowedFd<'static> {
    LINE.get().map_or(stdin(), |line| line.terminal.as_fd())
}

/// Comes between the terminal and crossterm, once.
///
/// # Errors
///
/// The system refuses.
pub(super) fn tap() -> io::Result<()> {
    if LINE.get().is_some() {
        return Ok(());
    }
    // It opens what it reads from when it is first asked, and reads nothing yet.
    crossterm::event::poll(Duration::ZERO)?;
    let terminal = rustix::io::fcntl_dupfd_cloexec(stdin(), 3)?;
    let (read, feed) = UnixStream::pair()?;
    // It reads until there is nothing: that must not block.
    read.set_nonblocking(true)?;
    dup2_stdin(&read)?;
    // Nobody else can have come first: the terminal is held by one.
    let _ = LINE.set(Line { terminal, feed: feed.into() });
    Ok(())
}

/// Puts the terminal into raw mode.
pub(super) fn raw() -> io::Result<()> {
    let mut before = modes();
    if before.is_none() {
        let usual = tcgetattr(source())?;
        let mut raw = usual.clone();
        raw.make_raw();
        tcsetattr(source(), OptionalActions::Now, &raw)?;
        *before = Some(usual);
    }
    Ok(())
}

/// Gives the terminal the modes from before.
pub(super) fn cooked() -> io::Result<()> {
    let mut before = modes();
    if let Some(usual) = before.as_ref() {
        tcsetattr(source(), OptionalActions::Now, usual)?;
        *before = None;
    }
    Ok(())
}

/// What reads the terminal.
#[derive(Default)]
pub(super) struct Reader(Filter);

impl Reader {
    /// Whether something is held back that may become an answer.
    pub(super) fn holds(&self) -> bool {
        self.0.holds()
    }

    /// Reads what has come. Keys go to crossterm, and `forward` is called whenever there are some; answers go to
    /// whoever asked.
    ///
    /// # Errors
    ///
    /// The terminal cannot be read from: it is gone.
    pub(super) fn take_in(&mut self, forward: impl FnMut()) -> io::Result<()> {
        let mut bytes = [0; CHUNK];
        let count = match rustix::io::read(source(), &mut bytes) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => return Ok(()),
            count => count?,
        };
        if !self.holds() && !ask::is_open() {
            return feed(vec![bytes[..count].to_vec()], forward);
        }
        let (keys, answers) = self.0.push(&bytes[..count]);
        answers.into_iter().for_each(ask::answered);
        feed(keys, forward)
    }

    /// Takes in that nothing has followed what is held back.
    ///
    /// # Errors
    ///
    /// The system refuses.
    pub(super) fn let_go(&mut self, forward: impl FnMut()) -> io::Result<()> {
        feed(self.0.let_go(), forward)
    }
}

fn feed(pieces: Vec<Vec<u8>>, mut forward: impl FnMut()) -> io::Result<()> {
    let Some(line) = LINE.get() else { return Ok(()) };
    for piece in pieces {
        let mut rest = &piece[..];
        while !rest.is_empty() {
            rest = &rest[rustix::io::write(&line.feed, rest)?..];
        }
        forward();
    }
    Ok(())
}

fn modes() -> MutexGuard<'static, Option<Termios>> {
    MODES.lock().unwrap_or_else(PoisonError::into_inner)
}
