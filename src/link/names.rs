//! The names of who asks and of states, as they stand in journals and on screens.

use std::fmt;

use super::{By, RunState};

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            By::Person => "person",
            By::Schedule => "schedule",
            By::Health => "health",
            By::Replay => "replay",
        })
    }
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RunState::Running => "running",
            RunState::Paused => "paused",
            RunState::Finished => "finished",
            RunState::Failed => "failed",
        })
    }
}
