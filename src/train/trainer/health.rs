//! The trainer's part in health: it tells what the rules find, and does what they ask for.

use super::Trainer;
use crate::config::Config;
use crate::domain::rule::{AlertAction, Rule};
use crate::link::checkpoint::Reason;
use crate::link::{Alert, PauseReason, Report, RunState, Settings, Sign};
use crate::train::health::Monitor;

/// The rules over records, and what has been asked for and is not done yet.
#[derive(Debug)]
pub(super) struct HealthActions {
    pub monitor: Monitor,
    checkpoint: bool,
    pause: Option<Rule>,
}

impl HealthActions {
    /// Takes care of a run that begins with these settings.
    pub fn new(config: &Config, settings: &Settings) -> HealthActions {
        HealthActions { monitor: Monitor::new(&config.health, settings), checkpoint: false, pause: None }
    }
}

impl Trainer<'_> {
    /// Tells these alerts, and remembers what their rules ask for until [`Trainer::run_actions`].
    pub(super) fn report_alerts(&mut self, alerts: impl IntoIterator<Item = Alert>) {
        for alert in alerts {
            if let Some(Sign { rule, raised: true }) = alert.sign {
                let watch = &self.config.health[rule];
                self.health.checkpoint |= watch.has(AlertAction::Checkpoint);
                if watch.has(AlertAction::Pause) {
                    self.health.pause.get_or_insert(rule);
                }
            }
            self.outbox.report(Report::Alert(alert));
        }
    }

    /// Does what has been asked for: first a checkpoint, then a pause. A run that ends has both anyway.
    pub(super) fn run_actions(&mut self) {
        let (checkpoint, pause) = (std::mem::take(&mut self.health.checkpoint), self.health.pause.take());
        let over = self.state == RunState::Finished || self.is_past_the_last();
        if over {
            return;
        }
        if checkpoint {
            self.keep(Reason::Health);
        }
        if let Some(rule) = pause.filter(|_| self.state == RunState::Running) {
            self.owed = None;
            self.enter(RunState::Paused, Some(PauseReason::Health(rule)));
        }
    }
}
