//! Time spent training: pauses left out, and the time in which the whole process was stopped.
//!
//! Ctrl-Z, or SIGSTOP, stops the process with everything in it. Nothing runs that could stop the clock, and the
//! kernel's clocks go on; but a process that goes on is sent SIGCONT. So the clock looks at itself after every step,
//! and what passed between two looks with a SIGCONT between them counts as one usual step.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::consts::SIGCONT;

/// A gap between two looks that may be a stop: longer than this, and than so many usual ones.
const SUSPICIOUS: Duration = Duration::from_millis(200);
const UNUSUAL: u32 = 4;
/// The interval and the number of waits for the handler of the signal then: threads go on in any order.
const HANDLER: Duration = Duration::from_millis(5);
const TIMES: usize = 20;

/// Whether the process was continued since a clock looked; of several clocks, the first to look takes it. Where no
/// handler can be had it is never known.
static CONTINUED: LazyLock<Arc<AtomicBool>> = LazyLock::new(|| {
    let flag = Arc::new(AtomicBool::new(false));
    let _ = signal_hook::flag::register(SIGCONT, flag.clone());
    flag
});

/// A stopwatch that is stopped while the run is paused.
#[derive(Debug, Default)]
pub struct Clock {
    before: Duration,
    /// When it was looked at last, while it goes.
    looked: Option<Instant>,
    /// The time between the two looks before.
    usual: Duration,
}

impl Clock {
    /// A stopped clock that shows so many seconds.
    pub fn after(seconds: f64) -> Clock {
        Clock { before: Duration::try_from_secs_f64(seconds).unwrap_or_default(), ..Clock::default() }
    }

    /// Starts or goes on.
    pub fn start(&mut self) {
        // One that goes has yet to look at the time before: a stop in it must not be forgotten.
        if self.looked.is_none() {
            CONTINUED.store(false, Ordering::SeqCst);
            self.looked = Some(Instant::now());
        }
    }

    /// Stops.
    pub fn stop(&mut self) {
        self.look();
        self.looked = None;
    }

    /// Seconds so far. To be asked for after every step.
    pub fn seconds(&mut self) -> f64 {
        self.look();
        self.before.as_secs_f64()
    }

    /// Takes in the time since the last look.
    fn look(&mut self) {
        let Some(looked) = self.looked else { return };
        let now = Instant::now();
        let gap = now.duration_since(looked);
        if gap > SUSPICIOUS.max(self.usual.saturating_mul(UNUSUAL)) {
            (0..TIMES).take_while(|_| !CONTINUED.load(Ordering::SeqCst)).for_each(|_| thread::sleep(HANDLER));
        }
        self.pass(gap, CONTINUED.swap(false, Ordering::SeqCst));
        self.looked = Some(now);
    }

    /// Takes in a time between two looks, and whether the process was continued in it.
    fn pass(&mut self, gap: Duration, continued: bool) {
        if !continued {
            self.usual = gap;
        }
        self.before += gap.min(self.usual);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_in_which_the_process_was_stopped_counts_as_a_usual_step() {
        let (mut clock, ms) = (Clock::default(), Duration::from_millis);
        for (gap, continued, total) in [
            (10, false, 10),
            (12, false, 22),
            // An hour in the background.
            (3_600_000, true, 34),
            (11, false, 45),
            // A long step is a long step.
            (5000, false, 5045),
            // Continued without having been stopped.
            (9, true, 5054),
        ] {
            clock.pass(ms(gap), continued);
            assert_eq!(clock.before, ms(total), "after {gap} ms");
        }
        let mut first = Clock::default();
        first.pass(ms(60_000), true);
        assert_eq!(first.before, Duration::ZERO, "nothing is known of a usual step yet");
    }

    #[test]
    fn a_stopped_clock_stands() {
        let mut clock = Clock::default();
        assert_eq!(clock.seconds(), 0.0);
        clock.start();
        thread::sleep(Duration::from_millis(5));
        clock.stop();
        let seconds = clock.seconds();
        thread::sleep(Duration::from_millis(5));
        assert!(seconds >= 0.005);
        assert_eq!(clock.seconds(), seconds);
    }
}
