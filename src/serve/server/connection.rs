//! One connection of a watcher: what it asks goes to the hub, what the hub says goes out.

use std::io::{self, BufWriter};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, never, select};

use super::{Open, hello, is_over};
use crate::domain::MetricTable;
use crate::link::{REPORT_CAPACITY, Report};
use crate::serve::hub::{Ask, HubHandle};
use crate::serve::protocol::{
    self, Answered, ClientMessage, Line, Lines, MOST_ASKED, ServerMessage, VERSION, Versioned, WatcherHello,
};

/// The longest time for a hello, either way.
const WATCHER_TIMEOUT: Duration = Duration::from_secs(10);
/// The time that one who says nothing more, or is not listened to any more, has for what is still written to it.
const REST: Duration = Duration::from_secs(2);
/// After so many lines that are not understood nothing more is read.
const MOST_WRONG: usize = 16;

/// A connection that has been accepted.
pub struct Connection {
    /// Its number at the hub.
    pub watcher: u64,
    pub dir: PathBuf,
    pub handle: HubHandle,
    pub open: Open,
}

impl Connection {
    /// Serves the connection to its end.
    pub fn work(self, stream: &UnixStream) {
        // What a broken connection has to say is of no use to anybody.
        let _ = self.serve(stream);
        let _ = stream.shutdown(Shutdown::Both);
    }

    fn serve(&self, mut stream: &UnixStream) -> io::Result<()> {
        // Some systems hand the listener's mode down.
        stream.set_nonblocking(false)?;
        stream.set_write_timeout(Some(WATCHER_TIMEOUT))?;
        stream.set_read_timeout(Some(WATCHER_TIMEOUT))?;
        protocol::write(&mut stream, &ServerMessage::Hello(hello(&self.dir)))?;
        let mut lines = Lines::new(stream.try_clone()?, MOST_ASKED);
        let greeted = match lines.line() {
            Ok(Line::End) => return Ok(()),
            Ok(line) => greeted(&line),
            Err(error) if is_over(&error) => return Err(error),
            Err(_) => Err(format!("nothing came for {} seconds", WATCHER_TIMEOUT.as_secs())),
        };
        let hello = match greeted {
            Ok(hello) => hello,
            Err(why) => {
                self.open.refused_line();
                return protocol::write(&mut stream, &ServerMessage::Refused { why });
            }
        };
        // From here on each end may be silent as long as it likes.
        stream.set_write_timeout(None)?;
        stream.set_read_timeout(None)?;
        let (reports, heard) = bounded(REPORT_CAPACITY);
        if self.handle.join(self.watcher, hello.watch, reports, stream.try_clone()?).is_err() {
            return protocol::write(&mut stream, &ServerMessage::Refused { why: "the run has ended".to_owned() });
        }
        let (own, owned) = bounded(MOST_WRONG);
        let counts = self.open.0.clone();
        let (written, writes) = bounded::<()>(0);
        thread::scope(|scope| {
            let writer = thread::Builder::new().name("writer".to_owned()).spawn_scoped(scope, move || {
                let fill = |said: &mut ServerMessage| {
                    if let ServerMessage::Answer(Answered { status: Some(status), .. }) = said {
                        status.refused_connections = counts.refused_connections.load(Ordering::Relaxed);
                        status.refused_lines = counts.refused_lines.load(Ordering::Relaxed);
                    }
                };
                let _ = write(stream, &heard, owned, fill);
                let _ = stream.shutdown(Shutdown::Both);
                drop(written);
            });
            let read = writer.and_then(|_| self.read(&mut lines, hello.read_only, &own));
            // The hub lets go of it, which ends the writer when it has written what waits.
            drop(own);
            self.handle.leave(self.watcher);
            // One that does not read would hold up the writer, and keep its place, for ever.
            if writes.recv_timeout(REST) == Err(RecvTimeoutError::Timeout) {
                let _ = stream.shutdown(Shutdown::Both);
            }
            read
        })
    }

    /// Reads commands until there are none.
    fn read(&self, lines: &mut Lines<UnixStream>, read_only: bool, own: &Sender<ServerMessage>) -> io::Result<()> {
        let mut wrong = 0;
        loop {
            let why = match lines.line()? {
                Line::End => return Ok(()),
                Line::Half => {
                    self.open.refused_line();
                    return Ok(());
                }
                Line::TooLong => {
                    wrong = MOST_WRONG;
                    format!("the line is longer than {MOST_ASKED} bytes")
                }
                Line::Whole(line) => match serde_json::from_slice(line) {
                    Ok(ClientMessage::Command(command)) => {
                        if let Err(answer) = self.obey(command, read_only)
                            && own.send(ServerMessage::Answer(answer)).is_err()
                        {
                            return Ok(());
                        }
                        continue;
                    }
                    Ok(ClientMessage::Hello(_)) => "there has been a hello already".to_owned(),
                    Err(error) => protocol::wrong(&error),
                },
            };
            self.open.refused_line();
            wrong += 1;
            if own.send(ServerMessage::Refused { why }).is_err() || wrong >= MOST_WRONG {
                return Ok(());
            }
        }
    }

    /// Hands a command on, or says why not.
    fn obey(&self, command: protocol::Command, read_only: bool) -> Result<(), Answered> {
        let protocol::Command { id, request } = command;
        let refuse = |why: String| Err(Answered::refusal(id, why));
        if read_only && !request.only_looks() {
            return refuse(format!("`{}` would change the run, and you are read-only", request.name()));
        }
        let ask = match request.command(&self.dir) {
            Ok(Some(command)) => Ask::Command(command),
            Ok(None) => Ask::Status,
            Err(error) => return refuse(error.to_string()),
        };
        self.handle.ask(self.watcher, id, ask).or_else(|over| refuse(over.to_string()))
    }
}

/// The meaning of a first line, or why it will not do.
fn greeted(line: &Line) -> Result<WatcherHello, String> {
    let line = match line {
        Line::Whole(line) => line,
        Line::TooLong => return Err(format!("the line is longer than {MOST_ASKED} bytes")),
        Line::Half | Line::End => return Err("the line is not whole".to_owned()),
    };
    if let Ok(Versioned { hello }) = serde_json::from_slice(line)
        && hello.version != VERSION
    {
        let (ours, theirs) = (VERSION, hello.version);
        return Err(format!("this run speaks version {ours} of the protocol, you speak version {theirs}"));
    }
    match serde_json::from_slice(line) {
        Ok(ClientMessage::Hello(hello)) => Ok(hello),
        Ok(ClientMessage::Command(_)) => Err("a hello must come first".to_owned()),
        Err(error) => Err(format!("no hello: {}", protocol::wrong(&error))),
    }
}

/// Writes what the hub and the reader say until the hub lets go.
fn write(
    stream: &UnixStream,
    heard: &Receiver<Report>,
    mut owned: Receiver<ServerMessage>,
    fill: impl Fn(&mut ServerMessage),
) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, stream);
    let mut metrics = MetricTable::own();
    loop {
        let mut said = select! {
            recv(heard) -> report => match report {
                Ok(report) => {
                    if let Report::Started(info) = &report {
                        metrics = info.metrics.clone();
                    }
                    ServerMessage::of(report, &metrics)
                }
                Err(_) => break,
            },
            recv(owned) -> said => match said {
                Ok(said) => said,
                Err(_) => {
                    owned = never();
                    continue;
                }
            },
        };
        fill(&mut said);
        protocol::write(&mut out, &said)?;
    }
    owned.try_iter().try_for_each(|said| protocol::write(&mut out, &said))
}
