//! Snapshots for several watchers: one is on its way at a time, and goes to all who asked meanwhile. What is asked for
//! from elsewhere comes at a bounded rate, however many ask and however often: each costs the trainer.

use std::time::{Duration, Instant};

use super::pending::Requester;
use super::watcher::HERE;
use crate::link::SnapshotRequest;

/// From one snapshot for watchers elsewhere to the next: twice as often as a dashboard asks.
const EVERY: Duration = Duration::from_millis(250);

/// The watchers who asked for snapshots.
#[derive(Debug, Default)]
pub struct SnapshotRequests {
    /// The one that the trainer has been asked for.
    flying: Option<(SnapshotRequest, Vec<Requester>)>,
    /// The parts that that one will lack, or that must wait.
    next: Option<(SnapshotRequest, Vec<Requester>)>,
    /// When the next may be asked for in the name of watchers elsewhere.
    not_before: Option<Instant>,
}

impl SnapshotRequests {
    /// Somebody wants a snapshot.
    pub fn ask(&mut self, requester: Requester, wanted: SnapshotRequest) {
        if let Some((flying, askers)) = &mut self.flying
            && wanted.samples <= flying.samples
            && (flying.weights || !wanted.weights)
            && (flying.fixed || !wanted.fixed)
        {
            askers.push(requester);
            return;
        }
        let (next, askers) = self.next.get_or_insert((wanted, Vec::new()));
        next.samples = next.samples.max(wanted.samples);
        next.weights |= wanted.weights;
        next.fixed |= wanted.fixed;
        askers.push(requester);
    }

    /// The request to the trainer now, if any.
    pub fn start(&mut self, now: Instant) -> Option<SnapshotRequest> {
        if self.waits_until()?.is_some_and(|due| due > now) {
            return None;
        }
        self.flying = self.next.take();
        let (wanted, askers) = self.flying.as_ref()?;
        if !is_for_here(askers) {
            self.not_before = Some(now + EVERY);
        }
        Some(*wanted)
    }

    /// When the trainer is to be asked next, if that is not at once; nothing where nobody waits, or one is on its way.
    fn waits_until(&self) -> Option<Option<Instant>> {
        let (_, askers) = self.next.as_ref().filter(|_| self.flying.is_none())?;
        Some(self.not_before.filter(|_| !is_for_here(askers)))
    }

    /// When [`SnapshotRequests::start`] is to be asked again, if by time alone.
    pub fn due(&self) -> Option<Instant> {
        self.waits_until().flatten()
    }

    /// The number that a watcher waits for.
    pub fn of(&self, watcher: u64) -> usize {
        let askers = self.flying.iter().chain(&self.next).flat_map(|(_, askers)| askers);
        askers.filter(|requester| requester.watcher == watcher).count()
    }

    /// Whether one is on its way.
    pub fn is_flying(&self) -> bool {
        self.flying.is_some()
    }

    /// The one on its way has come: who asked for it.
    pub fn come(&mut self) -> Vec<Requester> {
        self.flying.take().map(|(_, askers)| askers).unwrap_or_default()
    }

    /// Somebody has left.
    pub fn leave(&mut self, watcher: u64) {
        for (_, askers) in self.flying.iter_mut().chain(&mut self.next) {
            askers.retain(|requester| requester.watcher != watcher);
        }
        self.next.take_if(|(_, askers)| askers.is_empty());
    }
}

fn is_for_here(askers: &[Requester]) -> bool {
    askers.iter().any(|requester| requester.watcher == HERE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requester(watcher: u64) -> Requester {
        Requester { watcher, id: None }
    }

    fn wanted(samples: usize, weights: bool) -> SnapshotRequest {
        SnapshotRequest { samples, weights, fixed: false }
    }

    #[test]
    fn one_snapshot_answers_all_that_it_can() {
        let (mut requests, now) = (SnapshotRequests::default(), Instant::now());
        requests.ask(requester(1), wanted(100, false));
        assert_eq!(requests.start(now), Some(wanted(100, false)));
        requests.ask(requester(2), wanted(50, false));
        requests.ask(requester(3), wanted(50, true));
        requests.ask(requester(4), wanted(200, false));
        assert_eq!((requests.start(now), requests.due()), (None, None), "one is on its way");
        assert_eq!((requests.of(2), requests.of(4), requests.of(5)), (1, 1, 0));
        requests.leave(4);
        assert_eq!(requests.come(), [requester(1), requester(2)]);
        assert_eq!(requests.start(now + EVERY), Some(wanted(200, true)));
        assert!(requests.is_flying());
        assert_eq!(requests.come(), [requester(3)]);
        assert_eq!(requests.start(now + 2 * EVERY), None);
    }

    #[test]
    fn fixed_samples_are_never_fresh_ones() {
        let (mut requests, now) = (SnapshotRequests::default(), Instant::now());
        let fixed = |fixed| SnapshotRequest { fixed, ..wanted(9, false) };
        requests.ask(requester(1), fixed(false));
        assert_eq!(requests.start(now), Some(fixed(false)));
        requests.ask(requester(2), fixed(true));
        requests.ask(requester(3), wanted(20, false));
        assert_eq!(requests.come(), [requester(1)], "who wants fixed ones waits for them");
        assert_eq!(requests.start(now + EVERY), Some(SnapshotRequest { fixed: true, ..wanted(20, false) }));
        requests.ask(requester(4), fixed(false));
        assert_eq!(requests.come(), [requester(2), requester(3), requester(4)]);
    }

    #[test]
    fn from_elsewhere_they_come_at_a_bounded_rate() {
        let (mut requests, now) = (SnapshotRequests::default(), Instant::now());
        let mut taken = 0;
        // Three who ask again as soon as they are answered, for a second.
        for milliseconds in 0..1000 {
            let now = now + Duration::from_millis(milliseconds);
            (1..=3).for_each(|watcher| requests.ask(requester(watcher), wanted(10, false)));
            if requests.start(now).is_some() {
                taken += 1;
                requests.come();
            }
            assert!(requests.due().is_none_or(|due| due <= now + EVERY));
        }
        assert_eq!(taken, 4);
        requests.leave(1);
        requests.leave(2);
        assert!(requests.due().is_some());
        requests.leave(3);
        assert_eq!(requests.due(), None, "nobody waits");
    }

    #[test]
    fn the_watcher_here_does_not_wait_for_others() {
        let (mut requests, now) = (SnapshotRequests::default(), Instant::now());
        for _ in 0..3 {
            requests.ask(requester(1), wanted(10, false));
            requests.ask(requester(HERE), wanted(10, false));
            assert!(requests.start(now).is_some());
            requests.come();
        }
    }
}
