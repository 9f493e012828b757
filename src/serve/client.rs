//! A run in another process, through the socket in its directory: as a link for a dashboard, or command by command.

use std::io::{self, BufWriter};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded, select};

use super::protocol::{
    self, Answered, Capabilities, ClientMessage, Hello, Incoming, Line, Lines, MOST_SAID, PROGRAM, Request,
    ServerMessage, VERSION, Versioned, WatcherHello,
};
use super::server::socket;
use crate::domain::control;
use crate::link::{self, By, Command, Link, Rejected, Report};

/// The longest time for a run's hello, and for its process to say nothing while an answer is waited for.
const RUN_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a run cannot be spoken to. Each says all there is to say: it has no source.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Socket(#[from] socket::Error),
    #[error(
        "the run speaks version {theirs} of the protocol, this gantop version {VERSION}: use the gantop that runs it"
    )]
    Version { theirs: u32 },
    #[error("the run refuses: {0}")]
    Refused(String),
    #[error("no gantop answers there: {0}")]
    Foreign(String),
    #[error("the connection to the run was lost{0}")]
    Lost(String),
    #[error("the run has said nothing for {} seconds: has its process been stopped?", .0.as_secs())]
    Silent(Duration),
}

impl Error {
    /// The error of a connection on which this went wrong, where so long is waited.
    fn of(error: &io::Error, patience: Duration) -> Error {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Error::Silent(patience),
            _ => Error::Lost(format!(": {error}")),
        }
    }
}

/// A connection to a run that has said hello.
#[derive(Debug)]
pub struct Remote {
    /// The run's directory.
    dir: PathBuf,
    /// The run's hello.
    pub hello: Hello,
    stream: UnixStream,
    lines: Lines<UnixStream>,
    /// The number of the last command.
    last: u64,
    /// The longest time for its process to say nothing while an answer is waited for.
    patience: Duration,
}

impl Remote {
    /// Connects to the run in `dir` and hears its hello; nothing is sent before that.
    ///
    /// # Errors
    /// Nobody listens there, or somebody else does.
    pub fn connect(dir: &Path) -> Result<Remote, Error> {
        Remote::over(socket::connect(dir)?, dir)
    }

    /// Hears the hello of a run at the other end of a connection.
    ///
    /// # Errors
    /// It is none, or of another version.
    pub fn over(stream: UnixStream, dir: &Path) -> Result<Remote, Error> {
        let lost = |error| Error::of(&error, RUN_TIMEOUT);
        stream.set_read_timeout(Some(RUN_TIMEOUT)).map_err(lost)?;
        let mut lines = Lines::new(stream.try_clone().map_err(lost)?, MOST_SAID);
        let line = match lines.line().map_err(lost)? {
            Line::Whole(line) => line,
            Line::TooLong => return Err(Error::Foreign("its first line does not end".to_owned())),
            Line::Half | Line::End => return Err(Error::Lost(" before it said hello".to_owned())),
        };
        if let Ok(Versioned { hello }) = serde_json::from_slice(line)
            && hello.version != VERSION
        {
            return Err(Error::Version { theirs: hello.version });
        }
        let mut hello: Hello = match serde_json::from_slice(line) {
            Ok(ServerMessage::Hello(hello)) => hello,
            Ok(ServerMessage::Refused { why }) => return Err(Error::Refused(why)),
            Ok(_) => return Err(Error::Foreign("it does not begin with a hello".to_owned())),
            Err(error) => return Err(Error::Foreign(protocol::wrong(&error))),
        };
        // It is shown, and printed.
        hello.run.retain(|c| !crate::system::output::is_unsafe(c));
        hello.program.retain(|c| !crate::system::output::is_unsafe(c));
        hello.controls = control::fit(std::mem::take(&mut hello.controls));
        stream.set_read_timeout(None).map_err(lost)?;
        Ok(Remote { dir: dir.to_owned(), hello, stream, lines, last: 0, patience: RUN_TIMEOUT })
    }

    /// Says hello, to hear everything or only answers.
    ///
    /// # Errors
    /// The connection is lost.
    pub fn greet(&mut self, watch: bool, read_only: bool) -> Result<(), Error> {
        let hello = WatcherHello { version: VERSION, program: PROGRAM.to_owned(), watch, read_only };
        self.write(&ClientMessage::Hello(hello))
    }

    fn write(&mut self, asked: &ClientMessage) -> Result<(), Error> {
        protocol::write(&mut &self.stream, asked).map_err(|error| Error::of(&error, self.patience))
    }

    /// Sends an order; its number.
    fn send(&mut self, request: Request) -> Result<u64, Error> {
        self.last += 1;
        self.write(&ClientMessage::Command(protocol::Command { id: self.last, request }))?;
        Ok(self.last)
    }

    /// Gives an order and waits for its answer; for one who only wants answers. A step may take long, and the answer
    /// comes after it: what must not take long is that the run says how it stands, which it is asked when nothing
    /// comes.
    ///
    /// # Errors
    /// The connection is lost, or the process at its other end says nothing.
    pub fn ask(&mut self, request: Request) -> Result<Answered, Error> {
        let lost = |error: io::Error| Error::Lost(format!(": {error}"));
        self.stream.set_read_timeout(Some(self.patience)).map_err(lost)?;
        self.stream.set_write_timeout(Some(self.patience)).map_err(lost)?;
        let id = self.send(request)?;
        let mut probe = None;
        loop {
            match next(&mut self.lines, self.patience) {
                Ok(Some(ServerMessage::Answer(answer))) if answer.id == id => return Ok(answer),
                Ok(Some(ServerMessage::Refused { why })) => return Err(Error::Refused(why)),
                Ok(Some(_)) => probe = None,
                Ok(None) => return Err(Error::Lost(String::new())),
                Err(Error::Silent(_)) if probe.is_none() => probe = Some(self.send(Request::Status)?),
                Err(error) => return Err(error),
            }
        }
    }

    /// The run as a link: what it says comes as reports, commands go to it. Both threads end with the run or the link.
    ///
    /// # Errors
    /// There are no threads to be had.
    pub fn link(self) -> io::Result<Link> {
        let Remote { dir, hello, stream, lines, .. } = self;
        let (link, end) = link::pair();
        let (refusals, capabilities) = (end.reports.clone(), Capabilities::of(&hello));
        let heard = Arc::<Mutex<Incoming>>::default();
        let known = heard.clone();
        let spoken = stream.try_clone()?;
        let (here, gone) = bounded::<()>(0);
        thread::Builder::new().name("from-run".to_owned()).spawn(move || {
            hear(lines, &dir, &end.reports, &heard);
            // Whoever speaks has nobody to speak to.
            drop(here);
            let _ = stream.shutdown(Shutdown::Both);
        })?;
        thread::Builder::new().name("to-run".to_owned()).spawn(move || {
            // The thread that reads notices too.
            let _ = speak(&spoken, &end.commands, &gone, |request| {
                let what = request.name();
                let (step, fit) = {
                    let known = lock(&known);
                    (known.step(), capabilities.request(request, known.settings()))
                };
                fit.map_err(|why| drop(refusals.send(refused(step, what, why))))
            });
            let _ = spoken.shutdown(Shutdown::Both);
        })?;
        Ok(link)
    }
}

/// The run's next line; none after its end.
fn next(lines: &mut Lines<UnixStream>, patience: Duration) -> Result<Option<ServerMessage>, Error> {
    match lines.line() {
        Ok(Line::Whole(line)) => {
            serde_json::from_slice(line).map(Some).map_err(|e| Error::Foreign(protocol::wrong(&e)))
        }
        Ok(Line::End) => Ok(None),
        Ok(Line::Half) => Err(Error::Lost(" in the middle of a line".to_owned())),
        Ok(Line::TooLong) => Err(too_long()),
        Err(error) => Err(Error::of(&error, patience)),
    }
}

fn lock(incoming: &Mutex<Incoming>) -> MutexGuard<'_, Incoming> {
    incoming.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Passes on what the run says, until it ends or nobody listens. What cannot be taken in is told, and the next line
/// read.
fn hear(mut lines: Lines<UnixStream>, dir: &Path, reports: &Sender<Report>, incoming: &Mutex<Incoming>) {
    loop {
        let report = match lines.line() {
            Ok(Line::Whole(line)) => lock(incoming).read(line, dir),
            Ok(Line::TooLong) => {
                let (step, text) = (lock(incoming).step(), too_long().to_string());
                let _ = reports.send(Report::Alert(link::Alert::new(step, text)));
                return;
            }
            Ok(Line::Half | Line::End) | Err(_) => return,
        };
        if report.is_some_and(|report| reports.send(report).is_err()) {
            return;
        }
    }
}

fn too_long() -> Error {
    Error::Foreign(format!("a line is longer than {MOST_SAID} bytes"))
}

fn refused(step: u64, what: &str, why: String) -> Report {
    Report::Rejected(Rejected { step, what: what.to_owned(), why, by: By::Person })
}

/// Passes on commands that are `fit`, until nobody gives any or the connection is lost.
fn speak(
    stream: &UnixStream,
    commands: &Receiver<Command>,
    gone: &Receiver<()>,
    fit: impl Fn(Request) -> Result<Request, ()>,
) -> io::Result<()> {
    let mut out = BufWriter::new(stream);
    for id in 1.. {
        let command = select! {
            recv(commands) -> command => command,
            recv(gone) -> _ => break,
        };
        let Ok(command) = command else { break };
        if let Some(Ok(request)) = Request::of(&command).map(&fit) {
            protocol::write(&mut out, &ClientMessage::Command(protocol::Command { id, request }))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};

    use super::*;

    /// A remote that waits so long. Its other end says hello and, after a hello and so many commands, these lines.
    fn remote(patience: Duration, commands: usize, says: &'static str) -> (Remote, thread::JoinHandle<()>) {
        let (here, there) = UnixStream::pair().unwrap();
        let (program, run, commands_known) = ("a test".to_owned(), "run".to_owned(), Vec::new());
        let hello =
            Hello { version: VERSION, program, run, commands: commands_known, keys: None, controls: Vec::new() };
        protocol::write(&mut &there, &ServerMessage::Hello(hello)).unwrap();
        let thread = thread::spawn(move || {
            let mut lines = BufReader::new(&there).lines();
            let heard = lines.by_ref().take(1 + commands).count();
            if heard == 1 + commands {
                (&there).write_all(says.as_bytes()).unwrap();
            }
            // Open until the other end has gone.
            lines.for_each(drop);
        });
        let mut remote = Remote::over(here, Path::new("run")).unwrap();
        remote.patience = patience;
        remote.greet(false, false).unwrap();
        (remote, thread)
    }

    #[test]
    fn a_run_that_says_nothing_more_is_not_waited_for() {
        let patience = Duration::from_millis(20);
        let (mut remote, thread) = remote(patience, 9, "");
        let why = remote.ask(Request::Pause).unwrap_err();
        assert!(matches!(why, Error::Silent(waited) if waited == patience), "{why}");
        drop(remote);
        thread.join().unwrap();
    }

    #[test]
    fn a_run_in_a_long_step_is_waited_for_as_long_as_it_says_how_it_stands() {
        // It answers the question how it stands, and then what was asked.
        let (mut remote, thread) =
            remote(Duration::from_secs(3), 2, "{\"answer\":{\"id\":2}}\n{\"answer\":{\"id\":1}}\n");
        assert_eq!(remote.ask(Request::Pause).unwrap().id, 1);
        drop(remote);
        thread.join().unwrap();
    }
}
