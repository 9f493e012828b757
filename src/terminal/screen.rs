//! The screen of the process's one terminal: left, shown or suspended, and where file descriptor 2 points meanwhile.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::ThreadId;

use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::queue;
use crossterm::style::{Attribute, SetAttribute};
use crossterm::terminal::{EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen};
use rustix::stdio::{dup2_stderr, dup2_stdout, stderr};

use super::keyboard;
use super::state::state;
use super::writer::{write_all, write_without_waiting};
use crate::system::files;

/// CAN: a terminal forgets the sequence that it is in the middle of.
const CANCEL: u8 = 0x18;

/// The settings to be given back when the terminal is left.
struct Held {
    /// The thread that entered.
    owner: ThreadId,
    /// The log or the null device.
    log: File,
    /// The target of file descriptor 2 before.
    stderr: OwnedFd,
}

/// The screen: a part of the terminal's state.
#[derive(Default)]
pub(super) struct Screen {
    held: Mutex<Option<Held>>,
    /// Whether frames may be written and keys read; false while left or suspended.
    shown: AtomicBool,
    /// Whether the dashboard's modes are due before the next frame: it was suspended, or stopped and continued behind
    /// our back, so that the shell may have reset the terminal.
    stale: AtomicBool,
    /// Whether the terminal has been given back, and not taken again.
    given_back: AtomicBool,
    /// Whether the process was told to end, so that a terminal that takes no bytes is not waited for.
    ending: AtomicBool,
    /// Whether the other end of the terminal is closed.
    gone: AtomicBool,
    /// The bytes of all frames so far.
    written: AtomicU64,
    /// Held for one write to the terminal: no piece of a frame comes behind what gives the terminal back.
    writing: Mutex<()>,
    /// The bytes that take the picture on the screen away when the terminal is given back, by whoever does that.
    take_down: Mutex<Vec<u8>>,
    /// Whether the mouse is heeded while the terminal is held.
    mouse: AtomicBool,
}

/// Buttons and wheel, told in decimal (SGR): nothing else of the mouse, least of all where it moves.
const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1000l";

impl Screen {
    /// Takes the terminal; see [`super::Terminal::enter`].
    pub(super) fn enter(&self, log: Option<&Path>) -> io::Result<()> {
        let mut held = self.held();
        if held.is_some() {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "the terminal is already entered"));
        }
        for (name, is_terminal) in
            [("standard input", io::stdin().is_terminal()), ("standard output", io::stdout().is_terminal())]
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
        self.ending.store(false, Ordering::SeqCst);
        *held = Some(Held { owner: std::thread::current().id(), log, stderr });
        drop(held);
        self.show().inspect_err(|_| self.leave())
    }

    /// Puts the dashboard's modes on the terminal, which may hold them already or any others.
    pub(super) fn show(&self) -> io::Result<()> {
        if let Some(held) = self.held().as_ref() {
            dup2_stderr(&held.log)?;
        }
        // First the mode, then the bytes: one that went to the background just now is stopped by the former.
        state().keyboard.cooked()?;
        state().keyboard.raw()?;
        let mut bytes = Vec::new();
        queue!(bytes, EnterAlternateScreen, EnableBracketedPaste, Hide)?;
        if self.heeds_mouse() {
            bytes.extend(MOUSE_ON);
        }
        self.given_back.store(false, Ordering::SeqCst);
        self.shown.store(true, Ordering::SeqCst);
        Ok(write_all(&bytes)?)
    }

    /// Takes the dashboard's modes off the terminal, to put them back with [`Screen::show`]. From the background
    /// nothing is touched: the shell has the terminal then, and this process would be stopped for it.
    pub(super) fn suspend(&self) {
        let was_shown = self.shown.swap(false, Ordering::SeqCst);
        let ours = keyboard::is_in_foreground();
        if was_shown && ours {
            // Without an alternate screen, as in some GNU screens, what comes next stands in the place of the last row.
            let row = b"\x1b[m\x1b[999;1H\x1b[2K".to_vec();
            self.write_back([vec![CANCEL], self.picture(), row].concat());
        }
        if ours {
            let _ = state().keyboard.cooked();
        }
        if let Some(held) = self.held().as_ref() {
            let _ = dup2_stderr(&held.stderr);
        }
    }

    /// The bytes that take the picture on the screen away.
    fn picture(&self) -> Vec<u8> {
        match self.take_down.try_lock() {
            Ok(bytes) => bytes.clone(),
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner().clone(),
            // A thread that panics in the middle is not waited for.
            Err(TryLockError::WouldBlock) => Vec::new(),
        }
    }

    /// Takes every mode off, behind these bytes. The rest of a frame may be missing: what comes first ends a sequence
    /// that is cut off.
    fn write_back(&self, mut bytes: Vec<u8>) {
        if self.heeds_mouse() {
            bytes.extend(MOUSE_OFF);
        }
        let queued = queue!(
            bytes,
            EndSynchronizedUpdate,
            SetAttribute(Attribute::Reset),
            DisableBracketedPaste,
            LeaveAlternateScreen,
            Show
        );
        if queued.is_ok() {
            let _writing = self.writing();
            // A terminal that is gone needs nothing back.
            let _ = write_without_waiting(&bytes);
            self.given_back.store(true, Ordering::SeqCst);
        }
    }

    /// Has the terminal tell of the mouse from now on, while it is shown.
    pub(super) fn heed_mouse(&self) -> io::Result<()> {
        self.mouse.store(true, Ordering::SeqCst);
        if self.is_shown() { Ok(write_all(MOUSE_ON)?) } else { Ok(()) }
    }

    /// Whether the mouse is heeded.
    pub(super) fn heeds_mouse(&self) -> bool {
        self.mouse.load(Ordering::SeqCst)
    }

    /// Gives the terminal back. Does nothing when it is not held.
    pub(super) fn leave(&self) {
        self.suspend();
        *self.held() = None;
    }

    /// Writes once more what gave the terminal back: the kernel throws away what waits there to be read when Ctrl-C is
    /// typed, that too.
    pub(super) fn write_back_again(&self) {
        if self.given_back.load(Ordering::SeqCst) && !self.is_shown() && !self.is_gone() && keyboard::is_in_foreground()
        {
            self.write_back(vec![CANCEL]);
        }
    }

    /// Whether the terminal is held, shown or suspended.
    pub(super) fn is_held(&self) -> bool {
        self.held().is_some()
    }

    /// Whether the calling thread entered the terminal and has not left it.
    pub(super) fn is_mine(&self) -> bool {
        self.held().as_ref().is_some_and(|held| held.owner == std::thread::current().id())
    }

    /// Whether frames may be written and keys read.
    pub(super) fn is_shown(&self) -> bool {
        self.shown.load(Ordering::SeqCst)
    }

    /// Notes that the dashboard's modes are due; true if there is a dashboard.
    pub(super) fn mark_stale(&self) -> bool {
        let stale = self.is_held();
        self.stale.store(stale, Ordering::SeqCst);
        stale
    }

    /// Whether the dashboard's modes are due and can be put on.
    pub(super) fn is_stale(&self) -> bool {
        self.stale.load(Ordering::SeqCst) && keyboard::is_in_foreground()
    }

    /// Whether [`Screen::show`] is due and can be done, once.
    pub(super) fn take_stale(&self) -> bool {
        self.is_stale() && self.stale.swap(false, Ordering::SeqCst)
    }

    /// Notes that the process was told to end: a frame that the terminal does not take is given up.
    pub(super) fn mark_ending(&self) {
        self.ending.store(true, Ordering::SeqCst);
    }

    /// Whether the process was told to end.
    pub(super) fn is_ending(&self) -> bool {
        self.ending.load(Ordering::SeqCst)
    }

    /// Whether the other end of the terminal is closed.
    pub(super) fn is_gone(&self) -> bool {
        self.gone.load(Ordering::SeqCst)
    }

    /// Notes that the other end of the terminal is closed; true the first time.
    pub(super) fn mark_gone(&self) -> bool {
        !self.gone.swap(true, Ordering::SeqCst)
    }

    /// The bytes of all frames so far.
    pub(super) fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Counts bytes of a frame.
    pub(super) fn wrote(&self, bytes: usize) {
        self.written.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// The right to write once to the terminal.
    pub(super) fn writing(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what takes the picture on the screen away.
    pub(super) fn set_take_down(&self, bytes: Vec<u8>) {
        *self.take_down.lock().unwrap_or_else(PoisonError::into_inner) = bytes;
    }

    /// The bytes that take the picture on the screen away.
    #[cfg(test)]
    pub(super) fn taken_down(&self) -> Vec<u8> {
        self.take_down.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn held(&self) -> MutexGuard<'_, Option<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
