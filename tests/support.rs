//! What several tests share.

use std::time::Duration;

pub mod analyses;
pub mod declared;
pub mod idx;
pub mod pictures;
pub mod program;
pub mod pty;
pub mod records;
pub mod run;
pub mod runs;
pub mod scripted;
pub mod snapshots;
pub mod socket;
pub mod stage;

/// How long anything may take on a machine that is slow and busy.
pub const TEST_TIMEOUT: Duration = Duration::from_secs(240);
