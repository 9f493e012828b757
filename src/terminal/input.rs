//! Two threads that live as long as the process: one reads the terminal, one waits for signals and for the hang-up.
//!
//! Typed input is read here and not by crossterm: that takes a sequence apart that it does not know or that comes in
//! pieces, and the end of file of a closed terminal for "not yet", in a loop, for ever. Once the terminal is hung up,
//! file descriptor 0 is pointed at a pipe that stays empty.

use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Signal, kill_current_process_group};
use rustix::stdio::{dup2_stdin, stdin};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGSTOP, SIGTERM, SIGTSTP, SIGUSR1, SIGWINCH};
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::low_level::siginfo::{Cause, Origin};

use super::endings::{Effect, Endings, LOST};
use super::state::state;
use super::stream::{Item, Stream};
use super::{Event, job, keyboard};

/// The most events that may wait for a reader.
const CAPACITY: usize = 256;
/// Keys and pastes leave so many places to redraws and endings, and redraws half of them to endings.
const RESERVE: usize = 32;
/// The time between two looks of a waiting thread, to see whether the terminal was suspended or closed meanwhile.
const GLANCE: Duration = Duration::from_millis(250);
/// The time between two looks whether a terminal that was suspended is ours again.
const LEFT: Duration = Duration::from_millis(50);
/// The longest wait for the stop that was asked for. Where it comes this time passes while nothing runs.
const STOPPING: Duration = Duration::from_secs(2);

type Signals = SignalDelivery<UnixStream, WithOrigin>;

/// The input side of the terminal's state.
pub(super) struct Input {
    events: (Sender<Event>, Receiver<Event>),
    continued: (Sender<()>, Receiver<()>),
    /// Whether the threads run.
    started: Mutex<bool>,
    /// Whether somebody else listens for signals.
    disowned: AtomicBool,
    /// Whether the hang-up has been announced.
    announced: AtomicBool,
    /// The writing end of the pipe that standard input is once the terminal has gone: reading would find an end of file
    /// without it.
    empty: OnceLock<OwnedFd>,
    endings: Mutex<Endings>,
}

impl Default for Input {
    fn default() -> Input {
        Input {
            events: bounded(CAPACITY),
            continued: bounded(1),
            started: Mutex::default(),
            disowned: AtomicBool::default(),
            announced: AtomicBool::default(),
            empty: OnceLock::new(),
            endings: Mutex::default(),
        }
    }
}

impl Input {
    /// Starts both threads, the first time, and gives what they send.
    pub(super) fn start(&self) -> io::Result<Receiver<Event>> {
        let mut started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
        if !*started {
            let (read, write) = UnixStream::pair()?;
            let signals = [SIGHUP, SIGTERM, SIGINT, SIGUSR1, SIGWINCH, SIGCONT, SIGTSTP];
            let signals = SignalDelivery::with_pipe(read, write, WithOrigin::default(), signals)?;
            thread::Builder::new().name("signals".into()).spawn(move || state().input.watch(signals))?;
            thread::Builder::new().name("input".into()).spawn(|| state().input.read_terminal())?;
            *started = true;
        }
        Ok(self.events.1.clone())
    }

    /// Asks the reader of events to draw everything.
    pub(super) fn redraw(&self) {
        // Where there is no room, what waits there makes the reader draw anyway.
        self.offer(Event::Redraw, RESERVE / 2);
    }

    /// Stops this process and its job, and returns when it is continued. Returns soon where nothing can stop it: no
    /// shell is left that could continue the job.
    pub(super) fn stop_job(&self) {
        let continued = &self.continued.1;
        while continued.try_recv().is_ok() {}
        // The whole job, as the key would outside raw mode: a `make` or `cargo` that waits for us must stop with us.
        if kill_current_process_group(Signal::TSTP).is_ok() {
            let _ = continued.recv_timeout(STOPPING);
        }
    }

    /// The number of the signal to end that came first, if one has come.
    pub(super) fn ending(&self) -> Option<i32> {
        self.endings.lock().unwrap_or_else(PoisonError::into_inner).first()
    }

    /// Notes that the run is over and all of it is kept.
    pub(super) fn saved(&self) {
        self.endings.lock().unwrap_or_else(PoisonError::into_inner).saved();
    }

    /// Lets go of standard input and of every signal but those of the screen, which is shown no more: from now on
    /// nothing is read, and somebody else listens for signals.
    pub(super) fn disown(&self) {
        self.disowned.store(true, Ordering::SeqCst);
        self.let_go();
    }

    /// Sends an event if that leaves so many places free; says whether it did.
    fn offer(&self, event: Event, spare: usize) -> bool {
        let events = &self.events.0;
        events.len() + spare < CAPACITY && events.try_send(event).is_ok()
    }

    /// Turns what is typed into events.
    fn read_terminal(&self) {
        let state = state();
        let mut stream = Stream::default();
        while !state.screen.is_gone() {
            if !state.screen.is_shown() {
                // What is typed now is for the shell.
                stream = Stream::default();
                thread::sleep(LEFT);
                if state.screen.is_stale() {
                    self.redraw();
                }
                continue;
            }
            let silence = stream.due().map_or(GLANCE, |due| due.saturating_sub(state.now()).min(GLANCE));
            match keyboard::wait_for_input(&timespec(silence)) {
                Ok(flags) if keyboard::is_hung_up(flags) => self.hang_up(),
                Ok(flags) if flags.contains(PollFlags::IN) && state.screen.is_shown() => match keyboard::read() {
                    Ok(bytes) => self.forward(stream.push(&bytes, state.now())),
                    Err(_) => self.hang_up(),
                },
                // Only where nothing waits to be read has there been a silence: this thread may be late.
                Ok(flags) if flags.is_empty() => self.forward(stream.elapse(state.now())),
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(_) => self.hang_up(),
            }
        }
    }

    fn forward(&self, items: Vec<Item>) {
        for item in items {
            match item {
                Item::Key(key) => {
                    self.offer(Event::Key(key), RESERVE);
                }
                Item::Paste(text) => {
                    self.offer(Event::Paste(text), RESERVE);
                }
                // Of a mouse that was asked for alone: a terminal may be left in such a mode by another program.
                Item::Mouse(mouse) if state().screen.heeds_mouse() => {
                    self.offer(Event::Mouse(mouse), RESERVE);
                }
                Item::Mouse(_) => {}
                Item::Answer(answer) => {
                    if state().answers.take(answer) {
                        self.redraw();
                    }
                }
            }
        }
    }

    /// Turns signals and the closing of the terminal into events.
    fn watch(&self, mut signals: Signals) {
        loop {
            match wait_for_signal(signals.get_read()) {
                Ok(hung_up) if hung_up => self.hang_up(),
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                // Nothing to wait on: still look for signals now and then.
                Err(_) => thread::sleep(GLANCE),
            }
            for origin in signals.pending() {
                self.hear(&origin);
            }
        }
    }

    fn hear(&self, origin: &Origin) {
        match origin.signal {
            SIGWINCH => self.redraw(),
            SIGCONT => self.go_on(),
            SIGTSTP => self.stop(),
            // Somebody else hears of the others.
            _ if self.disowned.load(Ordering::SeqCst) => {}
            SIGHUP => self.announce_hang_up(),
            SIGUSR1 => {
                self.offer(Event::Save, RESERVE / 2);
            }
            signal => self.end(signal, is_typed(origin)),
        }
    }

    /// Stops the process as the signal would by itself, but gives the terminal back before.
    fn stop(&self) {
        let shown = state().screen.is_shown();
        if shown {
            state().screen.suspend();
        }
        // A process that nobody can continue is not stopped; the kernel sees to that for those that leave it to it.
        if job::can_be_continued() {
            let _ = signal_hook::low_level::raise(SIGSTOP);
        }
        if shown {
            self.go_on();
        }
        let _ = self.continued.0.try_send(());
    }

    /// The process has been continued.
    fn go_on(&self) {
        if state().screen.mark_stale() {
            self.redraw();
        }
    }

    /// Does what a signal to end does.
    fn end(&self, signal: i32, typed: bool) {
        let effect = self.endings.lock().unwrap_or_else(PoisonError::into_inner).hear(signal, typed, state().now());
        // With the key the kernel has thrown away what waited for the terminal.
        state().screen.write_back_again();
        let event = if signal == SIGINT { Event::Interrupt } else { Event::Terminate };
        match effect {
            Effect::Nothing => {}
            Effect::Stop if self.offer(event, 0) => state().screen.mark_ending(),
            Effect::Stop | Effect::AtOnce => {
                state().screen.leave();
                if typed && super::accepts_words() {
                    let _ = writeln!(crate::system::output::err(), "{LOST}");
                }
                signal_hook::low_level::exit(128 + signal);
            }
        }
    }

    /// The terminal is closed.
    fn hang_up(&self) {
        self.let_go();
        self.announce_hang_up();
    }

    /// Nothing may be read from the terminal any more: standard input becomes a pipe that stays empty.
    fn let_go(&self) {
        if state().screen.mark_gone()
            && let Ok((read, write)) = UnixStream::pair()
        {
            let _ = self.empty.set(OwnedFd::from(write));
            let _ = dup2_stdin(read);
        }
    }

    fn announce_hang_up(&self) {
        if !self.announced.swap(true, Ordering::SeqCst) {
            self.offer(Event::HangUp, 0);
            state().screen.mark_ending();
        }
    }
}

/// Whether a person pressed Ctrl-C: the terminal's signals come from the kernel, all others from a process.
pub fn is_typed(origin: &Origin) -> bool {
    origin.signal == SIGINT && matches!(origin.cause, Cause::Kernel)
}

/// Waits for a signal or a glance's time; says whether the terminal has hung up.
fn wait_for_signal(signals: &UnixStream) -> rustix::io::Result<bool> {
    if state().screen.is_gone() {
        poll(&mut [PollFd::new(signals, PollFlags::IN)], None)?;
        return Ok(false);
    }
    let terminal = stdin();
    let mut fds = [PollFd::new(signals, PollFlags::IN), PollFd::new(&terminal, PollFlags::empty())];
    // Standard input concerns us only while the terminal is held.
    let watched = if state().screen.is_held() { 2 } else { 1 };
    poll(&mut fds[..watched], Some(&timespec(GLANCE)))?;
    Ok(watched == 2 && keyboard::is_hung_up(fds[1].revents()))
}

fn timespec(duration: Duration) -> Timespec {
    Timespec { tv_sec: duration.as_secs() as i64, tv_nsec: i64::from(duration.subsec_nanos()) }
}
