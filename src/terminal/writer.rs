//! The bytes written to the terminal: frames, and those that give it back.

use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::stdio::stdout;
use rustix::termios::{QueueSelector, tcflush};

use super::state::state;

/// The longest wait at a time for a terminal that takes no bytes.
const ROOM: Timespec = Timespec { tv_sec: 0, tv_nsec: 250_000_000 };

/// The screen as a writer. What reaches it while the terminal is left or suspended, such as the rest of a frame in
/// which a panic struck, is dropped.
///
/// It waits for a terminal that does not read, but not once the process has been told to end.
pub(super) struct Output {
    /// The terminal opened anew, not to block: on file descriptor 1 that would hold for the shell as well. `None` where
    /// the system does not let us, as after a change of user: then writing waits for as long as it takes.
    terminal: Option<OwnedFd>,
}

impl Output {
    pub(super) fn open() -> Output {
        Output { terminal: open_anew() }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let screen = &state().screen;
        loop {
            let written = match &self.terminal {
                _ if !screen.is_shown() => return Ok(bytes.len()),
                None => write_all(bytes).map(|()| bytes.len()),
                Some(terminal) => {
                    let _writing = screen.writing();
                    // It may have been given back meanwhile.
                    if screen.is_shown() { rustix::io::write(terminal, bytes) } else { continue }
                }
            };
            match (written, &self.terminal) {
                (Err(Errno::INTR), _) => {}
                (Err(Errno::AGAIN), Some(terminal)) => {
                    if !has_room(terminal)? && screen.is_ending() {
                        return Err(io::Error::new(io::ErrorKind::TimedOut, "the terminal does not read"));
                    }
                }
                (written, _) => {
                    screen.wrote(written?);
                    return Ok(written?);
                }
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether the terminal takes bytes now, or soon: one behind a stalled connection would hold us up for ever.
pub(super) fn accepts_output() -> bool {
    has_room(stdout()).unwrap_or(false)
}

/// Waits a moment for room for output; says whether there is some. One that has hung up has: a write will tell.
fn has_room(terminal: impl AsFd) -> rustix::io::Result<bool> {
    let mut fds = [PollFd::new(&terminal, PollFlags::OUT)];
    loop {
        match poll(&mut fds, Some(&ROOM)) {
            Err(Errno::INTR) => {}
            answer => return answer.map(|ready| ready > 0),
        }
    }
}

/// Writes to file descriptor 1 itself: standard output's own buffer would cut every frame into kilobytes.
pub(super) fn write_all(mut bytes: &[u8]) -> rustix::io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(stdout(), bytes) {
            Ok(n) => bytes = &bytes[n..],
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The terminal behind standard output, opened anew so that it does not block.
fn open_anew() -> Option<OwnedFd> {
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let path = rustix::termios::ttyname(stdout(), Vec::new()).ok()?;
    rustix::fs::open(path, flags, Mode::empty()).ok()
}

/// Writes what gives the terminal back. One that takes no bytes has its waiting frames taken back for it, so that it is
/// right once it reads again; and is left alone if there is no room then either.
pub(super) fn write_without_waiting(all: &[u8]) -> rustix::io::Result<()> {
    let Some(terminal) = open_anew() else {
        return if accepts_output() { write_all(all) } else { Ok(()) };
    };
    let (mut rest, mut flushed) = (all, false);
    while !rest.is_empty() {
        match rustix::io::write(&terminal, rest) {
            Ok(n) => rest = &rest[n..],
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) if has_room(&terminal)? => {}
            Err(Errno::AGAIN) if !flushed => {
                tcflush(&terminal, QueueSelector::OFlush)?;
                // What was written of it has been taken back too.
                (rest, flushed) = (all, true);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
