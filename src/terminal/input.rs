//! Two threads that live as long as the process: one reads the terminal, one waits for signals and for the hang-up.
//!
//! crossterm reads until it has a whole key, and takes the end of file of a closed terminal for "not yet": it would
//! turn in that loop for ever. (Its other source of events, over edge-triggered readiness, loses a key that arrives with
//! a new size until the next key; `use-dev-tty` in Cargo.toml chooses the one that does not.) So `keyboard` reads the
//! terminal in its place, and nothing before it says that it has bytes and is not hung up; once it is hung up, file
//! descriptor 0 is pointed at a pipe that stays empty.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use crossterm::event::{self, KeyEventKind};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Signal, kill_current_process_group};
use rustix::stdio::dup2_stdin;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGWINCH};
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::SignalOnly;

use super::{Event, keyboard, screen};

/// How many events may wait for a reader.
const CAPACITY: usize = 256;
/// Keys and pastes leave so many places to redraws and endings, and redraws half of them to endings.
const RESERVE: usize = 32;
/// How long crossterm is asked for what it can read now. Not zero: with that it does not look at all.
const LOOK: Duration = Duration::from_millis(1);
/// How often a thread looks up from waiting, to see whether the terminal was suspended or closed meanwhile.
const GLANCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 250_000_000 };
/// How long what may be the beginning of an answer is held back before it counts as typed.
const HOLD: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

struct Channels {
    events: (Sender<Event>, Receiver<Event>),
    continued: (Sender<()>, Receiver<()>),
}

static CHANNELS: OnceLock<Channels> = OnceLock::new();
/// Whether somebody else listens for signals.
static DISOWNED: AtomicBool = AtomicBool::new(false);

fn channels() -> &'static Channels {
    CHANNELS.get_or_init(|| Channels { events: bounded(CAPACITY), continued: bounded(1) })
}

/// Starts both threads, the first time, and gives what they send.
pub(super) fn start() -> io::Result<Receiver<Event>> {
    static STARTED: Mutex<bool> = Mutex::new(false);
    let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
    if !*started {
        let (read, write) = UnixStream::pair()?;
        let signals = [SIGHUP, SIGTERM, SIGINT, SIGUSR1, SIGWINCH, SIGCONT];
        let signals = SignalDelivery::with_pipe(read, write, SignalOnly, signals)?;
        thread::Builder::new().name("signals".into()).spawn(move || watch(signals))?;
        thread::Builder::new().name("input".into()).spawn(read_terminal)?;
        *started = true;
    }
    Ok(channels().events.1.clone())
}

/// Asks the reader of events to draw everything.
pub(super) fn redraw() {
    // Where there is no room, what waits there makes the reader draw anyway.
    offer(Event::Redraw, RESERVE / 2);
}

/// Stops this process and its job, and returns when it is continued. Returns soon where nothing can stop it: the
/// kernel ignores the signal when no shell is left that could continue the job.
pub(super) fn stop_job() {
    let continued = &channels().continued.1;
    while continued.try_recv().is_ok() {}
    // The whole job, as the key would outside raw mode: a `make` or `cargo` that waits for us must stop with us.
    if kill_current_process_group(Signal::TSTP).is_ok() {
        // Another thread may take the signal, so this one may still run for a moment.
        let _ = continued.recv_timeout(Duration::from_millis(200));
    }
}

/// Sends an event if that leaves so many places free; says whether it did.
fn offer(event: Event, spare: usize) -> bool {
    let events = &channels().events.0;
    events.len() + spare < CAPACITY && events.try_send(event).is_ok()
}

/// Turns what is typed into events.
fn read_terminal() {
    let mut keys = keyboard::Reader::default();
    while !screen::is_gone() {
        if !screen::is_shown() {
            // What is typed now is for the shell.
            thread::sleep(Duration::from_millis(50));
            continue;
        }
        let held = keys.holds();
        match screen::wait_for_input(if held { &HOLD } else { &GLANCE }) {
            Ok(flags) if screen::is_hung_up(flags) => hang_up(),
            Ok(flags) if flags.contains(PollFlags::IN) && screen::is_shown() => {
                if keys.take_in(forward_keys).is_err() {
                    hang_up();
                }
            }
            Ok(flags) if held && flags.is_empty() => {
                let _ = keys.let_go(forward_keys);
            }
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(_) => hang_up(),
        }
    }
}

/// Forwards every key that can be read now.
fn forward_keys() {
    while let Ok(true) = event::poll(LOOK) {
        let Ok(event) = event::read() else { break };
        match event {
            event::Event::Key(key) if key.kind != KeyEventKind::Release => {
                offer(Event::Key(key), RESERVE);
            }
            event::Event::Paste(text) => {
                offer(Event::Paste(text), RESERVE);
            }
            // Sizes come by signal; nothing else was asked for.
            _ => {}
        }
    }
}

/// Turns signals and the closing of the terminal into events.
fn watch(mut signals: SignalDelivery<UnixStream, SignalOnly>) {
    loop {
        match wait_for_signal(signals.get_read()) {
            Ok(hung_up) if hung_up => hang_up(),
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            // Nothing to wait on: still look for signals now and then.
            Err(_) => thread::sleep(Duration::from_millis(250)),
        }
        for signal in signals.pending() {
            match signal {
                SIGWINCH => redraw(),
                SIGCONT => {
                    let _ = channels().continued.0.try_send(());
                    if screen::mark_stale() {
                        redraw();
                    }
                }
                // Somebody else hears of the others.
                _ if DISOWNED.load(Ordering::SeqCst) => {}
                SIGHUP => announce_hang_up(),
                SIGUSR1 => {
                    offer(Event::Save, RESERVE / 2);
                }
                _ => terminate(signal),
            }
        }
    }
}

/// Waits for a signal or a glance's time; says whether the terminal has hung up.
fn wait_for_signal(signals: &UnixStream) -> rustix::io::Result<bool> {
    if screen::is_gone() {
        poll(&mut [PollFd::new(signals, PollFlags::IN)], None)?;
        return Ok(false);
    }
    let terminal = keyboard::source();
    let mut fds = [PollFd::new(signals, PollFlags::IN), PollFd::new(&terminal, PollFlags::empty())];
    // Standard input concerns us only while the terminal is held.
    let watched = if screen::is_held() { 2 } else { 1 };
    poll(&mut fds[..watched], Some(&GLANCE))?;
    Ok(watched == 2 && screen::is_hung_up(fds[1].revents()))
}

/// Passes on the first SIGTERM or SIGINT; a second, of either kind, ends the process at once, whatever the rest of it
/// waits for.
fn terminate(signal: i32) {
    static TOLD: AtomicBool = AtomicBool::new(false);
    let event = if signal == SIGINT { Event::Interrupt } else { Event::Terminate };
    if !TOLD.swap(true, Ordering::SeqCst) && offer(event, 0) {
        return screen::mark_ending();
    }
    screen::leave();
    signal_hook::low_level::exit(128 + signal);
}

/// Lets go of standard input and of every signal but those of the screen, which is shown no more: from now on nothing
/// is read, and somebody else listens for signals.
pub(super) fn disown() {
    DISOWNED.store(true, Ordering::SeqCst);
    let_go();
}

/// The terminal is closed.
fn hang_up() {
    let_go();
    announce_hang_up();
}

/// Nothing may be read from the terminal any more: standard input becomes a pipe that stays empty.
fn let_go() {
    static EMPTY: OnceLock<OwnedFd> = OnceLock::new();
    if screen::mark_gone()
        && let Ok((read, write)) = UnixStream::pair()
    {
        // The writing end stays open for ever, or reading would find an end of file again.
        let _ = EMPTY.set(OwnedFd::from(write));
        let _ = dup2_stdin(read);
    }
}

fn announce_hang_up() {
    static ANNOUNCED: AtomicBool = AtomicBool::new(false);
    if !ANNOUNCED.swap(true, Ordering::SeqCst) {
        offer(Event::HangUp, 0);
        screen::mark_ending();
    }
}
