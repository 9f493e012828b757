//! The behaviour of a run where nobody is there to say.

use serde::{Deserialize, Serialize};

use super::section::Section;

/// The behaviour of a run where nobody is there to say: of no consequence for its steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Run {
    /// The action when the terminal goes away, or the process is sent SIGHUP.
    pub on_hangup: OnHangup,
}

/// The action when the terminal goes away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnHangup {
    /// The run goes on without a screen.
    #[default]
    Continue,
    /// The run is stopped with a checkpoint.
    Checkpoint,
}

/// Reads the table.
pub fn read(mut t: Section<'_, '_>) -> Run {
    let run = Run { on_hangup: t.variant("on_hangup", OnHangup::Continue) };
    t.finish();
    run
}
