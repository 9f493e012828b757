//! The run that changes are for: what is in force there, and what of it can be changed.

use super::app::App;
use crate::config::live::Assignments;
use crate::domain::{ControlInfo, ObjectiveChoice, SampleShape};
use crate::link::{Settings, swap};
use crate::serve::protocol::Capabilities;
use crate::ui::actions::changeable;

/// A run, as whoever changes it sees it.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The settings in force.
    pub now: &'a Settings,
    /// The commands and keys that it knows; none: every one.
    pub capabilities: Option<&'a Capabilities>,
    /// The later of its last step and the steps that it has done; none where it has no last step.
    pub last: Option<u64>,
    /// Whether its samples are known to be points.
    pub points: bool,
}

impl<'a> Subject<'a> {
    /// The run of the dashboard, where there is one to change.
    ///
    /// # Errors
    /// Why nothing can be changed.
    pub fn of(app: &'a App) -> Result<Subject<'a>, &'static str> {
        let capabilities = app.attached.as_ref().map(|to| &to.capabilities);
        let last = Subject::last(app.run.step, app.run.last_step());
        let points = app.run.info.as_ref().is_some_and(|run| matches!(run.shape, SampleShape::Point { .. }));
        changeable(app).map(|now| Subject { now, capabilities, last, points })
    }

    /// The step that more steps come after, of a run that has done `step` steps, of `steps`; 0: it has no last step.
    pub fn last(step: u64, steps: u64) -> Option<u64> {
        (steps > 0).then(|| steps.max(step))
    }

    /// The controls that a trainer of another program has declared.
    pub fn controls(self) -> &'a [ControlInfo] {
        self.capabilities.map_or(&[], |capabilities| &capabilities.controls)
    }

    /// The control of this name.
    pub fn control(self, name: &str) -> Option<&'a ControlInfo> {
        self.capabilities.and_then(|capabilities| capabilities.control(name))
    }

    /// Whether it can set this key.
    pub fn sets(self, key: &str) -> bool {
        self.capabilities.is_none_or(|capabilities| capabilities.sets(key))
    }

    /// The keys that a swap to this objective should set besides, of those that it can set.
    pub fn needs(self, wanted: &ObjectiveChoice) -> Assignments {
        swap::needs(self.now, wanted, self.points).that(|key| self.sets(key))
    }
}
