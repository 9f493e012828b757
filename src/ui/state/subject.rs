//! The run that changes are for: what is in force there, and what of it can be changed.

use super::app::App;
use crate::config::live::Assignments;
use crate::domain::{ControlInfo, ObjectiveChoice};
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
}

impl<'a> Subject<'a> {
    /// The run of the dashboard, where there is one to change.
    ///
    /// # Errors
    /// Why nothing can be changed.
    pub fn of(app: &'a App) -> Result<Subject<'a>, &'static str> {
        let capabilities = app.attached.as_ref().map(|to| &to.capabilities);
        changeable(app).map(|now| Subject { now, capabilities })
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
        swap::needs(self.now, wanted).that(|key| self.sets(key))
    }
}
