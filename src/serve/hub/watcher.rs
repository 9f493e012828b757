//! Somebody who watches a run, and what waits for it.

use std::net::Shutdown;
use std::os::unix::net::UnixStream;

use crossbeam_channel::Sender;

use crate::link::{Queue, Report};

/// The most reports that may wait for a watcher, the past it was given included.
pub const MOST_WAITING: usize = 4096;
/// The watcher in this process.
pub const HERE: u64 = 0;

/// Somebody who watches.
pub struct Watcher {
    pub id: u64,
    /// Whether it hears everything; else only answers.
    pub watches: bool,
    pub reports: Sender<Report>,
    pub queue: Queue,
    /// The connection to shut down when it is let go.
    pub socket: Option<UnixStream>,
}

impl Watcher {
    /// False: it has gone, or too much waits for it.
    pub fn say(&mut self, report: Report) -> bool {
        self.queue.say(report, &self.reports) && (self.id == HERE || self.queue.len() <= MOST_WAITING)
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        // What is still in its channel would be cut off with the socket, so that stays open unless nobody reads.
        if let Some(socket) = self.socket.take().filter(|_| !self.queue.is_empty()) {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}
