//! Pace: how fast the run goes, and when the next snapshot is due.

use std::collections::VecDeque;
use std::time::Duration;

/// Steps a second over the last few seconds of training.
#[derive(Clone, Debug, Default)]
pub struct StepRate {
    /// Seconds of training and steps completed, oldest first.
    points: VecDeque<(f64, u64)>,
}

impl StepRate {
    const SECONDS: f64 = 4.0;
    const POINTS: usize = 256;

    /// Takes in that `step` was completed after `seconds` of training.
    pub fn push(&mut self, seconds: f64, step: u64) {
        if self.points.back().is_some_and(|&(at, last)| seconds < at || step < last) {
            self.points.clear();
        }
        self.points.push_back((seconds, step));
        while self.points.len() > 2
            && (self.points.len() > StepRate::POINTS || self.points[1].0 < seconds - StepRate::SECONDS)
        {
            self.points.pop_front();
        }
    }

    /// Steps a second, once two points in time are known.
    pub fn per_second(&self) -> Option<f64> {
        let ((start, first), (end, last)) = (self.points.front()?, self.points.back()?);
        (end > start).then(|| (last - first) as f64 / (end - start))
    }
}

/// When to ask for a snapshot: one at a time, at a bounded rate, and once more whenever something changed.
#[derive(Clone, Debug)]
pub struct Puller {
    every: Duration,
    asked: Option<Duration>,
    waiting: bool,
    due: bool,
}

impl Puller {
    /// At most `per_second` snapshots a second while the run goes on.
    pub fn new(per_second: f64) -> Puller {
        let every = Duration::try_from_secs_f64(1.0 / per_second.max(1e-3)).unwrap_or(Duration::MAX);
        Puller { every, asked: None, waiting: false, due: false }
    }

    /// Something changed that a snapshot would show.
    pub fn changed(&mut self) {
        self.due = true;
    }

    /// The last request was answered.
    pub fn answered(&mut self) {
        self.waiting = false;
    }

    /// When the next request may be sent; `None` while one is out or there is no need.
    pub fn next(&self, running: bool) -> Option<Duration> {
        match (self.waiting, self.asked) {
            (true, _) => None,
            (false, None) => Some(Duration::ZERO),
            (false, Some(asked)) => (running || self.due).then(|| asked.saturating_add(self.every)),
        }
    }

    /// Whether to send a request now; if so, it counts as sent.
    pub fn pull(&mut self, now: Duration, running: bool) -> bool {
        let yes = self.next(running).is_some_and(|at| at <= now);
        if yes {
            (self.asked, self.waiting, self.due) = (Some(now), true, false);
        }
        yes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_of_the_last_seconds() {
        let mut rate = StepRate::default();
        assert_eq!(rate.per_second(), None);
        (0..=100).for_each(|i| rate.push(i as f64 * 0.1, i * 10));
        assert!((rate.per_second().unwrap() - 100.0).abs() < 1e-6);
        (1..=100).for_each(|i| rate.push(10.0 + i as f64 * 0.1, 1000 + i));
        assert!((rate.per_second().unwrap() - 10.0).abs() < 1e-6);
        assert!(rate.points.len() <= StepRate::POINTS);
        // A slow run: one step in ten seconds.
        rate.push(30.0, 1101);
        assert!((rate.per_second().unwrap() - 0.1).abs() < 1e-6);
    }

    #[test]
    fn one_snapshot_at_a_time() {
        let (ms, mut puller) = (Duration::from_millis, Puller::new(4.0));
        assert!(puller.pull(ms(0), true) && !puller.pull(ms(900), true));
        puller.answered();
        assert!(puller.pull(ms(1000), true));
        puller.answered();
        assert!(!puller.pull(ms(1100), true) && puller.next(true) == Some(ms(1250)));
        // While paused there is one more after a change, and then none.
        assert!(!puller.pull(ms(2000), false));
        puller.changed();
        assert!(puller.pull(ms(2000), false));
        puller.answered();
        assert!(!puller.pull(ms(9000), false));
    }
}
