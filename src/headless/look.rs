//! Looks at the run on the way: snapshots, what an analyst makes of them, and the rule over mode coverage.

use std::time::{Duration, Instant};

use super::{Event, Watch};
use crate::link::{Alert, Command, Link, RunInfo, RunState, Snapshot, SnapshotRequest};
use crate::truth::{self, Analyst, CoverageRule};

/// The usual wait before each look at the run.
pub(super) const LOOK: Duration = Duration::from_secs(5);

/// Samples of each kind in a look at the run on the way.
const LOOKED_AT: usize = 1000;

impl Watch<'_> {
    /// Asks for a snapshot when it is time for one, and shows what the analyst has made of those before.
    pub(super) fn look(&mut self, link: &Link) {
        let Some(found) = self.analyst.as_ref().map(|analyst| analyst.found().try_recv()) else {
            if self.look_is_due() {
                self.analyst = self.run.info.as_ref().and_then(|info| Analyst::start(info, truth::usual_share()).ok());
                // Without a thread it is tried again, a look later.
                self.request(link);
            }
            return;
        };
        if let Some(analyst) = &self.analyst {
            analyst.heed_training(self.run.state == RunState::Running);
        }
        match found {
            Ok(Ok(analysis)) => {
                self.show(|view| view.analysis(&analysis));
            }
            Ok(Err(text)) => {
                let step = self.run.step;
                self.show(|view| view.event(Event::Alert(&Alert::new(step, text))));
            }
            Err(_) => {}
        }
        if self.look_is_due() {
            self.request(link);
        }
    }

    /// Asks the rule over mode coverage.
    pub(super) fn watch_coverage(&mut self, snapshot: &Snapshot) {
        let (Some(rule), Some(info)) = (&mut self.coverage, &self.run.info) else { return };
        let Some(modes) = truth::covered(snapshot, &info.modes) else { return };
        let found = rule.take(snapshot.step, modes.coverage.covered);
        self.found = found.or(self.found.take());
    }

    /// Whether it is time to look at the run: for the view, or for the rule that needs it.
    fn look_is_due(&self) -> bool {
        let every = self.view.look_every(self.began.elapsed()).or(self.coverage.as_ref().map(|_| LOOK));
        every.is_some_and(|time| self.looked.elapsed() >= time)
    }

    /// Asks for a snapshot. One that there is no room for is left out.
    fn request(&mut self, link: &Link) {
        self.looked = Instant::now();
        let _ = link.commands.try_send(Command::Snapshot(SnapshotRequest {
            samples: LOOKED_AT,
            weights: false,
            fixed: false,
        }));
    }
}

/// The rule of health over mode coverage, where it can say something of the run.
pub(super) fn coverage(info: &RunInfo) -> Option<CoverageRule> {
    CoverageRule::new(&info.config.health).filter(|_| !info.modes.is_empty())
}
