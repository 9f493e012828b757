//! The socket server of a run: lets watchers of the same user in at the hub's door.
//!
//! A thread accepts connections, a bounded number at a time; each has a thread that reads and one that writes. Whatever
//! comes through a connection, the trainer does not notice: what is not understood is refused and counted.

mod connection;
mod elsewhere;
pub mod socket;

use std::io;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};

use super::hub::HubHandle;
use super::protocol::{self, Hello, PROGRAM, Request, ServerMessage, VERSION};
use crate::system::files;
use connection::Connection;
pub use socket::Error;

/// The most connections at a time.
pub const MOST: usize = 32;
/// The time that connections have for what is still to be written when the run has ended.
const GRACE: Duration = Duration::from_secs(1);

/// The refused request.
#[derive(Debug, Default)]
struct Counts {
    open: AtomicUsize,
    refused_connections: AtomicU64,
    refused_lines: AtomicU64,
}

/// Listens in a run directory until it is finished or dropped.
#[derive(Debug)]
pub struct Server {
    /// The files that are taken away at the end: the socket, and what points to it.
    files: Vec<PathBuf>,
    counts: Arc<Counts>,
    /// Dropping it tells the thread to end.
    end: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Listens for the run in `dir` and lets watchers in at `door`. This process must be the one that writes the run.
    ///
    /// # Errors
    /// There can be no socket.
    pub fn start(dir: &Path, handle: HubHandle) -> Result<Server, Error> {
        let fail = |why| Error::System { path: dir.join(socket::SOCKET), why };
        // An absolute path means the same run whatever becomes of the working directory.
        let dir = dir.canonicalize().map_err(fail)?;
        let socket::Bound { listener, path, sign } = socket::listen_for(&dir)?;
        // Who connected may be gone before it is accepted: the thread must not wait there, deaf to its end.
        listener.set_nonblocking(true).map_err(fail)?;
        let counts = Arc::new(Counts::default());
        let (end, ended) = UnixStream::pair().map_err(fail)?;
        let accept = Accept { dir, handle, counts: counts.clone(), last: 0 };
        let thread = thread::Builder::new().name("server".to_owned()).spawn(move || accept.work(&listener, &ended));
        Ok(Server {
            files: [path].into_iter().chain(sign).collect(),
            counts,
            end: Some(end),
            thread: Some(thread.map_err(fail)?),
        })
    }

    /// Takes the socket away, and waits a little until watchers have been told the end, if the hub has ended.
    pub fn finish(mut self) {
        self.close();
        let start = Instant::now();
        while self.counts.open.load(Ordering::Relaxed) > 0 && start.elapsed() < GRACE {
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn close(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // While this process writes the run nobody else puts a socket there.
            self.files.iter().for_each(|file| drop(files::remove(file)));
            let _ = thread.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.close();
    }
}

/// The thread that accepts connections.
struct Accept {
    dir: PathBuf,
    handle: HubHandle,
    counts: Arc<Counts>,
    /// The number of the last watcher.
    last: u64,
}

impl Accept {
    fn work(mut self, listener: &UnixListener, ended: &UnixStream) {
        loop {
            let mut fds = [PollFd::new(listener, PollFlags::IN), PollFd::new(ended, PollFlags::IN)];
            match poll(&mut fds, None) {
                Ok(_) if !fds[1].revents().is_empty() => return,
                Ok(_) => {}
                // A process that was stopped and goes on: nobody has connected, and accepting would wait for somebody.
                Err(rustix::io::Errno::INTR) => continue,
                Err(_) => return,
            }
            match listener.accept() {
                Ok((stream, _)) => self.take(stream),
                // Gone again, or a signal came.
                Err(why) if matches!(why.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
                // Too many files are open: not at full speed.
                Err(_) => thread::sleep(Duration::from_millis(50)),
            }
        }
    }

    fn take(&mut self, stream: UnixStream) {
        if !socket::is_ours(&stream) {
            return self.refuse(&stream, "the run belongs to another user");
        }
        if self.counts.open.load(Ordering::Relaxed) >= MOST {
            return self.refuse(&stream, &format!("{MOST} connections are open: that is the most"));
        }
        self.last += 1;
        self.counts.open.fetch_add(1, Ordering::Relaxed);
        let (dir, handle, open) = (self.dir.clone(), self.handle.clone(), Open(self.counts.clone()));
        let connection = Connection { watcher: self.last, dir, handle, open };
        let refused = stream.try_clone();
        let thread = thread::Builder::new().name("connection".to_owned()).spawn(move || connection.work(&stream));
        if let (Err(why), Ok(stream)) = (thread, refused) {
            self.refuse(&stream, &format!("no thread could be started: {why}"));
        }
    }

    /// Sends a connection away. It is never waited for.
    fn refuse(&self, mut stream: &UnixStream, why: &str) {
        self.counts.refused_connections.fetch_add(1, Ordering::Relaxed);
        if stream.set_nonblocking(true).is_ok() {
            let _ = protocol::write(&mut stream, &ServerMessage::Refused { why: why.to_owned() });
        }
    }
}

/// A connection counts as open while this lives.
struct Open(Arc<Counts>);

impl Open {
    /// Counts a line that was refused.
    fn refused_line(&self) {
        self.0.refused_lines.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The hello of a run of this program.
fn hello(dir: &Path) -> Hello {
    let run = dir.file_name().map_or_else(|| "run".into(), |name| name.to_string_lossy().into_owned());
    Hello {
        version: VERSION,
        program: PROGRAM.to_owned(),
        run: run.chars().filter(|c| !crate::system::output::is_unsafe(*c)).collect(),
        commands: Request::NAMES.map(str::to_owned).into(),
        keys: None,
        controls: Vec::new(),
    }
}

/// Tells a broken connection from one that has had its say.
fn is_over(error: &io::Error) -> bool {
    !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}
