//! Pace: how fast the run goes, when the next frame is due, and when the next snapshot.

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

/// When to draw: at a bounded rate, sooner for a key, and later where the terminal does not keep up.
#[derive(Clone, Debug)]
pub struct FramePace {
    interval: Duration,
    /// When the last frame was through.
    drawn: Option<Duration>,
    /// The rest after it.
    rest: Duration,
}

impl FramePace {
    /// A key is answered this soon, however slowly reports are drawn.
    const KEY: Duration = Duration::from_millis(33);
    /// The factor of a frame's time in which there is no other: a connection that is full has room for other things,
    /// and the keyboard is looked at.
    const REST: u32 = 3;
    /// The longest rest, after a terminal that took nothing for a while.
    const MOST: Duration = Duration::from_secs(2);

    /// At most `fps` frames a second.
    pub fn new(fps: f64) -> FramePace {
        let interval = Duration::try_from_secs_f64(1.0 / fps.max(0.01)).unwrap_or(Duration::MAX);
        FramePace { interval, drawn: None, rest: Duration::ZERO }
    }

    /// Takes in that a frame was begun and was through.
    pub fn drawn(&mut self, begun: Duration, through: Duration) {
        let took = through.saturating_sub(begun);
        self.rest = took.saturating_mul(FramePace::REST).min(FramePace::MOST);
        self.drawn = Some(through);
    }

    /// When the next frame may be begun; `urgent`: a key waits for it.
    pub fn due(&self, urgent: bool) -> Duration {
        let pace = if urgent { FramePace::KEY.min(self.interval) } else { self.interval.max(self.rest) };
        self.drawn.map_or(Duration::ZERO, |at| at.saturating_add(pace))
    }
}

/// When to ask for a snapshot: one at a time, at a bounded rate, and once more whenever something changed. One that is
/// dear to show, as of images in colour, is asked for less often while the run goes on.
#[derive(Clone, Debug)]
pub struct Puller {
    every: Duration,
    /// The same, as the last one's cost on the screen has it.
    affordable: Duration,
    /// Whether a snapshot has come that no frame has shown yet.
    unseen: bool,
    asked: Option<Duration>,
    waiting: bool,
    due: bool,
}

impl Puller {
    /// Bytes a second that snapshots may cost: half of what the whole screen may.
    const BUDGET: f64 = 6.0 * 1024.0;
    /// However dear, samples that are older than this would be no news of the run.
    const MOST: Duration = Duration::from_secs(8);

    /// At most `per_second` snapshots a second while the run goes on.
    pub fn new(per_second: f64) -> Puller {
        let every = Duration::try_from_secs_f64(1.0 / per_second.max(1e-3)).unwrap_or(Duration::MAX);
        Puller { every, affordable: every, unseen: false, asked: None, waiting: false, due: false }
    }

    /// Something changed that a snapshot would show.
    pub fn changed(&mut self) {
        self.due = true;
    }

    /// A snapshot has come, to be seen with the next frame.
    pub fn came(&mut self) {
        self.waiting = false;
        self.unseen = true;
    }

    /// A frame of so many bytes has been drawn.
    pub fn drew(&mut self, bytes: u64) {
        if std::mem::take(&mut self.unseen) {
            let affordable = Duration::try_from_secs_f64(bytes as f64 / Puller::BUDGET).unwrap_or(Puller::MOST);
            self.affordable = affordable.min(Puller::MOST).max(self.every);
        }
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
            // Who has paused looks at every step.
            (false, Some(asked)) if !running => self.due.then(|| asked.saturating_add(self.every)),
            (false, Some(asked)) => Some(asked.saturating_add(self.affordable)),
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
    fn a_terminal_that_does_not_keep_up_gets_fewer_frames() {
        let (ms, mut pace) = (Duration::from_millis, FramePace::new(8.0));
        assert_eq!(pace.due(false), ms(0));
        pace.drawn(ms(0), ms(1));
        assert_eq!((pace.due(false), pace.due(true)), (ms(126), ms(34)));
        // Half a second for a frame: a quarter of the time is spent on frames, but keys are answered.
        pace.drawn(ms(200), ms(700));
        assert_eq!((pace.due(false), pace.due(true)), (ms(2200), ms(733)));
        // A minute: it goes on soon after.
        pace.drawn(ms(3000), ms(63_000));
        assert_eq!(pace.due(false), ms(65_000));
        pace.drawn(ms(65_000), ms(65_001));
        assert_eq!(pace.due(false), ms(65_126));
    }

    #[test]
    fn a_snapshot_that_is_dear_to_show_is_asked_for_less_often() {
        let (ms, mut puller) = (Duration::from_millis, Puller::new(2.0));
        // Frames without one cost what they cost.
        puller.drew(1 << 20);
        for (bytes, next) in [(600, ms(500)), (18 * 1024, ms(3000)), (1 << 20, ms(8000)), (0, ms(500))] {
            let mut puller = puller.clone();
            assert!(puller.pull(ms(0), true));
            puller.came();
            puller.drew(bytes);
            puller.drew(1 << 30);
            assert_eq!(puller.next(true), Some(next), "{bytes} bytes");
            puller.changed();
            assert_eq!(puller.next(false), Some(ms(500)), "paused, after {bytes} bytes");
        }
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
