//! The state of the process's one terminal: left, shown or suspended, and where file descriptor 2 points meanwhile.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;

use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::queue;
use crossterm::style::{Attribute, SetAttribute};
use crossterm::terminal::{EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::stdio::{dup2_stderr, dup2_stdout, stderr, stdout};
use rustix::termios::{QueueSelector, tcflush};

use super::{graphics, keyboard};
use crate::files;

/// CAN: a terminal forgets the sequence that it is in the middle of.
const CANCEL: u8 = 0x18;

/// What is to be given back when the terminal is left.
struct Held {
    /// The thread that entered.
    owner: ThreadId,
    /// The log or the null device.
    log: File,
    /// Where file descriptor 2 pointed before.
    stderr: OwnedFd,
    /// The terminal, not to block; `None` where the system does not let us open it anew.
    terminal: Option<OwnedFd>,
}

static HELD: Mutex<Option<Held>> = Mutex::new(None);
/// Whether frames may be written and keys read; false while left or suspended.
static SHOWN: AtomicBool = AtomicBool::new(false);
/// Whether the process was stopped and continued behind our back, so that the shell may have reset the terminal.
static STALE: AtomicBool = AtomicBool::new(false);
/// Whether the process was told to end, so that a terminal that takes no bytes is not waited for.
static ENDING: AtomicBool = AtomicBool::new(false);
/// The bytes of all frames so far.
static WRITTEN: AtomicU64 = AtomicU64::new(0);
/// Whether the other end of the terminal is closed.
static GONE: AtomicBool = AtomicBool::new(false);

/// Takes the terminal; see [`super::Terminal::enter`].
pub(super) fn enter(log: Option<&Path>) -> io::Result<()> {
    let mut held = held();
    if held.is_some() {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "the terminal is already entered"));
    }
    for (name, is_terminal) in
        [("standard input", keyboard::is_terminal()), ("standard output", io::stdout().is_terminal())]
    {
        if !is_terminal {
            return Err(io::Error::new(io::ErrorKind::Unsupported, format!("{name} is not a terminal")));
        }
    }
    let log = open_log(log).map_err(|error| {
        let path = log.unwrap_or(Path::new(""));
        io::Error::new(error.kind(), format!("cannot open the log {}: {error}", path.display()))
    })?;
    let stderr = rustix::io::fcntl_dupfd_cloexec(stderr(), 3)?;
    keyboard::tap()?;
    ENDING.store(false, Ordering::SeqCst);
    *held = Some(Held { owner: std::thread::current().id(), log, stderr, terminal: open_anew() });
    drop(held);
    show().inspect_err(|_| leave())
}

/// Puts the dashboard's modes on the terminal, which may hold them already or any others.
pub(super) fn show() -> io::Result<()> {
    if let Some(held) = held().as_ref() {
        dup2_stderr(&held.log)?;
    }
    // First the mode, then the bytes: in the background the former stops the process, as it should.
    keyboard::cooked()?;
    keyboard::raw()?;
    let mut bytes = Vec::new();
    queue!(bytes, EnterAlternateScreen, EnableBracketedPaste, Hide)?;
    SHOWN.store(true, Ordering::SeqCst);
    Ok(write_all(&bytes)?)
}

/// Takes the dashboard's modes off the terminal, to put them back with [`show`].
pub(super) fn suspend() {
    let was_shown = SHOWN.swap(false, Ordering::SeqCst);
    if was_shown {
        // The rest of a frame may be missing: what comes first ends a sequence that is cut off.
        let mut bytes = [vec![CANCEL], graphics::taken_down()].concat();
        let queued = queue!(
            bytes,
            EndSynchronizedUpdate,
            SetAttribute(Attribute::Reset),
            DisableBracketedPaste,
            LeaveAlternateScreen,
            Show
        );
        if queued.is_ok() {
            // A terminal that is gone needs nothing back.
            let _ = write_without_waiting(&bytes);
        }
    }
    let _ = keyboard::cooked();
    if let Some(held) = held().as_ref() {
        let _ = dup2_stderr(&held.stderr);
    }
}

/// Gives the terminal back. Does nothing when it is not held.
pub(super) fn leave() {
    suspend();
    *held() = None;
}

/// Whether the terminal is held, shown or suspended.
pub(super) fn is_held() -> bool {
    held().is_some()
}

/// The log, to add to; without one what swallows everything.
fn open_log(log: Option<&Path>) -> io::Result<File> {
    log.map_or_else(files::nowhere, files::append)
}

/// Points standard output and standard error at the end of `log`, or nowhere without one.
pub(super) fn point_away(log: Option<&Path>) -> io::Result<()> {
    let file = open_log(log).or_else(|_| open_log(None))?;
    dup2_stdout(&file)?;
    Ok(dup2_stderr(&file)?)
}

/// Whether the calling thread entered the terminal and has not left it.
pub(super) fn is_mine() -> bool {
    held().as_ref().is_some_and(|held| held.owner == std::thread::current().id())
}

/// Whether frames may be written and keys read.
pub(super) fn is_shown() -> bool {
    SHOWN.load(Ordering::SeqCst)
}

/// Notes that the process was continued; true if that calls for another [`show`].
pub(super) fn mark_stale() -> bool {
    let stale = is_shown();
    STALE.store(stale, Ordering::SeqCst);
    stale
}

/// Whether [`show`] is due, once.
pub(super) fn take_stale() -> bool {
    STALE.swap(false, Ordering::SeqCst)
}

/// Notes that the process was told to end: a frame that the terminal does not take is given up.
pub(super) fn mark_ending() {
    ENDING.store(true, Ordering::SeqCst);
}

/// Whether the other end of the terminal is closed.
pub(super) fn is_gone() -> bool {
    GONE.load(Ordering::SeqCst)
}

/// Notes that the other end of the terminal is closed; true the first time.
pub(super) fn mark_gone() -> bool {
    !GONE.swap(true, Ordering::SeqCst)
}

/// The bytes of all frames so far.
pub(super) fn written() -> u64 {
    WRITTEN.load(Ordering::Relaxed)
}

/// Whether standard input reports a hang-up, which a read would meet as end of file for ever.
pub(super) fn is_hung_up(flags: PollFlags) -> bool {
    flags.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL)
}

/// Waits for something to read on the terminal.
pub(super) fn wait_for_input(timeout: &Timespec) -> rustix::io::Result<PollFlags> {
    let terminal = keyboard::source();
    let mut fds = [PollFd::new(&terminal, PollFlags::IN)];
    poll(&mut fds, Some(timeout))?;
    Ok(fds[0].revents())
}

/// Whether the terminal takes bytes now, or soon: one behind a stalled connection would hold us up for ever.
pub(super) fn accepts_output() -> bool {
    has_room(stdout()).unwrap_or(false)
}

/// Waits a moment for room for output; says whether there is some. One that has hung up has: a write will tell.
fn has_room(terminal: impl AsFd) -> rustix::io::Result<bool> {
    let mut fds = [PollFd::new(&terminal, PollFlags::OUT)];
    let patience = Timespec { tv_sec: 0, tv_nsec: 250_000_000 };
    loop {
        match poll(&mut fds, Some(&patience)) {
            Err(rustix::io::Errno::INTR) => {}
            answer => return answer.map(|ready| ready > 0),
        }
    }
}

fn held() -> MutexGuard<'static, Option<Held>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes to file descriptor 1 itself: standard output's own buffer would cut every frame into kilobytes.
fn write_all(mut bytes: &[u8]) -> rustix::io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(stdout(), bytes) {
            Ok(n) => bytes = &bytes[n..],
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

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

/// The terminal behind standard output, opened anew so that it does not block.
fn open_anew() -> Option<OwnedFd> {
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let path = rustix::termios::ttyname(stdout(), Vec::new()).ok()?;
    rustix::fs::open(path, flags, Mode::empty()).ok()
}

/// Writes what gives the terminal back. One that takes no bytes has its waiting frames taken back for it, so that it is
/// right once it reads again; and is left alone if there is no room then either.
fn write_without_waiting(mut bytes: &[u8]) -> rustix::io::Result<()> {
    let held = held();
    let Some(terminal) = held.as_ref().and_then(|held| held.terminal.as_ref()) else {
        drop(held);
        return if accepts_output() { write_all(bytes) } else { Ok(()) };
    };
    let mut flushed = false;
    while !bytes.is_empty() {
        match rustix::io::write(terminal, bytes) {
            Ok(n) => bytes = &bytes[n..],
            Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::AGAIN) if has_room(terminal)? => {}
            Err(rustix::io::Errno::AGAIN) if !flushed => {
                tcflush(terminal, QueueSelector::OFlush)?;
                flushed = true;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(terminal) = self.terminal.as_ref().filter(|_| is_shown()) else {
            if is_shown() {
                write_all(bytes)?;
                WRITTEN.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            }
            return Ok(bytes.len());
        };
        loop {
            match rustix::io::write(terminal, bytes) {
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::AGAIN) => {
                    if !has_room(terminal)? && ENDING.load(Ordering::SeqCst) {
                        return Err(io::Error::new(io::ErrorKind::TimedOut, "the terminal does not read"));
                    }
                }
                answer => {
                    WRITTEN.fetch_add(answer? as u64, Ordering::Relaxed);
                    return Ok(answer?);
                }
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
