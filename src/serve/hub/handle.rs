//! The way into the hub for watchers from elsewhere.

use std::os::unix::net::UnixStream;

use crossbeam_channel::Sender;

use crate::link::{Command, Report};

/// The way in for watchers from elsewhere.
#[derive(Clone, Debug)]
pub struct HubHandle(pub(crate) Sender<HubRequest>);

/// A request of a watcher from elsewhere.
#[derive(Debug)]
pub enum Ask {
    /// A command.
    Command(Command),
    /// The status of the run; answered at once.
    Status,
}

/// A message of a watcher from elsewhere. Watchers are told apart by a number above 0.
#[derive(Debug)]
pub(crate) enum HubRequest {
    Join { watcher: u64, watches: bool, reports: Sender<Report>, socket: UnixStream },
    Ask { watcher: u64, id: u64, ask: Ask },
    Leave(u64),
}

/// The run has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the run has ended")]
pub struct Over;

impl HubHandle {
    /// Has somebody join, who gets reports through `reports`: the past and all that follows if it `watches`, else only
    /// answers. Should it be let go, its `socket` is shut down.
    ///
    /// # Errors
    /// The run has ended.
    pub fn join(&self, watcher: u64, watches: bool, reports: Sender<Report>, socket: UnixStream) -> Result<(), Over> {
        self.0.send(HubRequest::Join { watcher, watches, reports, socket }).map_err(|_| Over)
    }

    /// Asks something in a watcher's name; the answer carries the number `id`. Waits while too many commands wait.
    ///
    /// # Errors
    /// The run has ended.
    pub fn ask(&self, watcher: u64, id: u64, ask: Ask) -> Result<(), Over> {
        self.0.send(HubRequest::Ask { watcher, id, ask }).map_err(|_| Over)
    }

    /// A watcher has left.
    pub fn leave(&self, watcher: u64) {
        let _ = self.0.send(HubRequest::Leave(watcher));
    }
}
