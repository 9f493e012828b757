//! The rule over mode coverage: modes that were covered and are no longer.

use crate::config::Health;
use crate::domain::rule::Rule;
use crate::link::Alert;

/// Watches the modes covered. An alert is raised when so many fewer than at best were covered in every snapshot over
/// the window, and cleared when it has been less than half of that for as long.
#[derive(Clone, Debug)]
pub struct CoverageRule {
    threshold: f64,
    window: u64,
    /// The most modes covered so far.
    best: usize,
    /// The step of the last snapshot.
    last: u64,
    raised: bool,
    /// Since when snapshots have spoken for a change.
    since: Option<u64>,
}

impl CoverageRule {
    /// Watches a run, if its config has the rule enabled.
    pub fn new(config: &Health) -> Option<CoverageRule> {
        let watch = &config[Rule::CoverageFalling];
        let (threshold, window) = (watch.threshold, watch.window);
        watch.enabled.then_some(CoverageRule { threshold, window, best: 0, last: 0, raised: false, since: None })
    }

    /// Takes in how many modes the snapshot of a step covers, and says what is raised or cleared by it.
    pub fn take(&mut self, step: u64, covered: usize) -> Option<Alert> {
        let rule = Rule::CoverageFalling;
        if step < self.last {
            // The run has gone back: its best may lie on a branch that it has left.
            (self.best, self.since) = (covered, None);
        }
        self.last = step;
        self.best = self.best.max(covered);
        let fall = (self.best - covered) as f64;
        let other = if self.raised { fall < self.threshold / 2.0 } else { fall >= self.threshold };
        if !other {
            self.since = None;
            return None;
        }
        if step - *self.since.get_or_insert(step) < self.window {
            return None;
        }
        self.since = None;
        self.raised = !self.raised;
        let modes = if covered == 1 { "mode is" } else { "modes are" };
        let text = if self.raised {
            format!("{rule}: {covered} {modes} covered, {} at best: {}", self.best, rule.about().means)
        } else {
            format!("{rule} is over: {covered} {modes} covered, {} at best", self.best)
        };
        Some(Alert::of_rule(rule, self.raised, step, text))
    }
}
