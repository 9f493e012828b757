//! Watching data that are being read.

use std::ops::ControlFlow;

/// The progress of the reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Files looked at.
    pub done: usize,
    /// Files in all; 0 while they are being found.
    pub total: usize,
}

/// The watcher who is told now and then how far the reading has come, and may break it off.
pub type Watch<'a> = &'a mut dyn FnMut(Progress) -> ControlFlow<()>;

/// Watches nothing.
pub fn unwatched(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}
