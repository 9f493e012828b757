//! Snapshots for several watchers: one is on its way at a time, and goes to all who asked meanwhile.

use super::pending::Requester;
use crate::link::SnapshotRequest;

/// Who asked for snapshots.
#[derive(Debug, Default)]
pub struct SnapshotRequests {
    /// The one that the trainer has been asked for.
    flying: Option<(SnapshotRequest, Vec<Requester>)>,
    /// What that one will lack.
    next: Option<(SnapshotRequest, Vec<Requester>)>,
}

impl SnapshotRequests {
    /// Somebody wants a snapshot; what the trainer is to be asked for now.
    pub fn ask(&mut self, requester: Requester, wanted: SnapshotRequest) -> Option<SnapshotRequest> {
        let Some((flying, askers)) = &mut self.flying else {
            self.flying = Some((wanted, vec![requester]));
            return Some(wanted);
        };
        if wanted.samples <= flying.samples && (flying.weights || !wanted.weights) {
            askers.push(requester);
            return None;
        }
        let (next, askers) = self.next.get_or_insert((wanted, Vec::new()));
        next.samples = next.samples.max(wanted.samples);
        next.weights |= wanted.weights;
        askers.push(requester);
        None
    }

    /// Whether one is on its way.
    pub fn is_flying(&self) -> bool {
        self.flying.is_some()
    }

    /// The one on its way has come: who asked for it, and what the trainer is to be asked for next.
    pub fn come(&mut self) -> (Vec<Requester>, Option<SnapshotRequest>) {
        let askers = self.flying.take().map(|(_, askers)| askers).unwrap_or_default();
        self.flying = self.next.take();
        (askers, self.flying.as_ref().map(|(wanted, _)| *wanted))
    }

    /// Somebody has left.
    pub fn leave(&mut self, watcher: u64) {
        for (_, askers) in self.flying.iter_mut().chain(&mut self.next) {
            askers.retain(|requester| requester.watcher != watcher);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_snapshot_answers_all_that_it_can() {
        let mut requests = SnapshotRequests::default();
        let requester = |watcher| Requester { watcher, id: None };
        let wanted = |samples, weights| SnapshotRequest { samples, weights };
        assert_eq!(requests.ask(requester(1), wanted(100, false)), Some(wanted(100, false)));
        assert_eq!(requests.ask(requester(2), wanted(50, false)), None);
        assert_eq!(requests.ask(requester(3), wanted(50, true)), None);
        assert_eq!(requests.ask(requester(4), wanted(200, false)), None);
        requests.leave(4);
        assert_eq!(requests.come(), (vec![requester(1), requester(2)], Some(wanted(200, true))));
        assert!(requests.is_flying());
        assert_eq!(requests.come(), (vec![requester(3)], None));
        assert!(!requests.is_flying());
    }
}
