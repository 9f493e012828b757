//! The event loop's look at the machine and at itself: started with the run, and what comes of it once a second.

use std::time::Duration;

use crossbeam_channel::{Receiver, TryRecvError};

use crate::system::machine::{Sample, Watcher};
use crate::ui::pages::machine::Load;

/// Looks at the machine, if that is wanted, and counts what the dashboard costs.
pub struct LoadSampler {
    /// Whether a run's start is to start it.
    wanted: bool,
    watcher: Option<Watcher>,
    /// Frames so far.
    frames: u64,
    /// When the last sample came, and the frames and bytes until then.
    last: (Duration, u64, u64),
}

impl LoadSampler {
    pub fn new(wanted: bool) -> LoadSampler {
        LoadSampler { wanted, watcher: None, frames: 0, last: (Duration::ZERO, 0, 0) }
    }

    /// Starts looking, the first time, for a run on this device. Where no thread can be had there is nothing to show.
    pub fn start(&mut self, device: &str) {
        if std::mem::take(&mut self.wanted) {
            self.watcher = Watcher::start(device).ok();
        }
    }

    /// The source of samples, if there is one.
    pub fn samples(&self) -> Option<&Receiver<Sample>> {
        self.watcher.as_ref().map(Watcher::samples)
    }

    /// Takes in that a frame was drawn.
    pub fn drew(&mut self) {
        self.frames += 1;
    }

    /// The figures found since, if any, given the bytes written so far.
    pub fn take(&mut self, now: Duration, written: u64) -> Option<Box<Load>> {
        let machine = match self.samples()?.try_recv() {
            Ok(sample) => sample,
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => {
                self.watcher = None;
                return None;
            }
        };
        let (then, frames, bytes) = std::mem::replace(&mut self.last, (now, self.frames, written));
        let seconds = now.saturating_sub(then).as_secs_f64().max(1e-3);
        let a_second = |now: u64, before: u64| now.saturating_sub(before) as f64 / seconds;
        let (frames, bytes) = (a_second(self.frames, frames), a_second(written, bytes));
        Some(Box::new(Load { machine, bytes_per_second: bytes, frames_per_second: frames }))
    }
}
