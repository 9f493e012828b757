//! Time spent training, pauses left out.

use std::time::{Duration, Instant};

/// A stopwatch that is stopped while the run is paused.
#[derive(Debug, Default)]
pub struct Clock {
    before: Duration,
    since: Option<Instant>,
}

impl Clock {
    /// A stopped clock that shows so many seconds.
    pub fn after(seconds: f64) -> Clock {
        Clock { before: Duration::try_from_secs_f64(seconds).unwrap_or_default(), since: None }
    }

    /// Starts or goes on.
    pub fn start(&mut self) {
        self.since.get_or_insert_with(Instant::now);
    }

    /// Stops.
    pub fn stop(&mut self) {
        if let Some(since) = self.since.take() {
            self.before += since.elapsed();
        }
    }

    /// Seconds so far.
    pub fn seconds(&self) -> f64 {
        (self.before + self.since.map_or(Duration::ZERO, |since| since.elapsed())).as_secs_f64()
    }
}
