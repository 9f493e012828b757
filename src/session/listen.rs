//! `gantop attach --listen`: waits for a trainer of another program, which connects and says what its run is.

use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crossbeam_channel::{Sender, bounded};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::{SigId, flag, low_level};

use crate::serve::client::{self, Remote};
use crate::serve::server::socket::{Place, is_ours};
use crate::system::output;

/// The time between two looks whether a signal has come, or a hello.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
/// The most connections that may be about to say hello.
const MOST: usize = 8;

/// The result of waiting.
pub enum Waited {
    /// A trainer is there.
    Come(Box<Remote>),
    /// A signal of this number came first.
    Told(usize),
}

/// Waits at `place` until a trainer has said hello there; whoever else comes is sent away, and that is said.
///
/// # Errors
///
/// The system refuses.
pub fn wait(place: &Place, path: &Path) -> io::Result<Waited> {
    let signals = Signals::listen()?;
    place.listener.set_nonblocking(true)?;
    let mut err = output::err();
    let _ = writeln!(err, "gantop: waiting for a trainer at {}; Ctrl-C ends", path.display());
    let (come, comes) = bounded(MOST);
    let mut greeted = 0;
    loop {
        match signals.number() {
            0 => {}
            signal => return Ok(Waited::Told(signal)),
        }
        match poll(&mut [PollFd::new(&place.listener, PollFlags::IN)], Some(&LOOK)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        if let Ok((stream, _)) = place.listener.accept()
            && greeted < MOST
            && greet(stream, path, &come).is_ok()
        {
            greeted += 1;
        }
        for hello in comes.try_iter() {
            greeted -= 1;
            match hello {
                Ok(remote) => return Ok(Waited::Come(Box::new(remote))),
                // It may quote what came.
                Err(why) => {
                    let _ = writeln!(err, "gantop: that was not a trainer: {}", output::one_line(&why.to_string()));
                }
            }
        }
    }
}

/// Hears a hello on a thread of its own: who says nothing holds up nobody.
fn greet(stream: UnixStream, path: &Path, come: &Sender<Result<Remote, client::Error>>) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    let (path, come) = (path.to_owned(), come.clone());
    let hello = move || match is_ours(&stream) {
        true => Remote::over(stream, &path),
        false => Err(client::Error::Foreign("a process of another user".to_owned())),
    };
    // Nobody may wait for it any more.
    thread::Builder::new().name("greeting".to_owned()).spawn(move || drop(come.send(hello())))?;
    Ok(())
}

/// The signals that end the waiting, until this is dropped: the dashboard has its own handlers.
struct Signals {
    number: Arc<AtomicUsize>,
    handlers: Vec<SigId>,
}

impl Signals {
    fn listen() -> io::Result<Signals> {
        let mut signals = Signals { number: Arc::default(), handlers: Vec::new() };
        for signal in [SIGHUP, SIGINT, SIGTERM] {
            let number = Arc::clone(&signals.number);
            signals.handlers.push(flag::register_usize(signal, number, signal.unsigned_abs() as usize)?);
        }
        Ok(signals)
    }

    /// The number of the one that came last; 0: none.
    fn number(&self) -> usize {
        self.number.load(Ordering::Relaxed)
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        for handler in self.handlers.drain(..) {
            low_level::unregister(handler);
        }
    }
}
