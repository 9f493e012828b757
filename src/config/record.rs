//! The files that a run leaves on disk.

use std::path::PathBuf;

use serde::Serialize;

use super::defaults;

/// The steps that a run without a last one is expected to take.
const ENDLESS_STEPS: u64 = 1_000_000;
/// The number of snapshots of a run where nothing is said.
const SNAPSHOTS: u64 = 200;
/// The fewest steps between two of them where nothing is said.
const FEWEST_STEPS: u64 = 100;

/// The choice of what goes to the run directory.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Record {
    /// Whether a run is recorded where the command line does not say.
    pub enabled: bool,
    /// The directory in which run directories are made; `runs` in the working directory where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dir: Option<PathBuf>,
    /// Every how many steps metrics.csv gets a row; 0 chooses so that the file stays small.
    pub every: u64,
    /// Whether event files for TensorBoard are written.
    pub tensorboard: bool,
    /// Every how many steps they get histograms and a picture of the samples; 0 chooses so that they stay small.
    pub snapshot_every: u64,
}

impl Default for Record {
    fn default() -> Record {
        let (every, snapshot_every) = (defaults::RECORD_EVERY, defaults::RECORD_EVERY);
        Record { enabled: true, dir: None, every, tensorboard: true, snapshot_every }
    }
}

impl Record {
    /// Every how many steps the event files of a run of so many steps (0: no last one) get a snapshot; None if never.
    pub fn snapshots(&self, steps: u64) -> Option<u64> {
        let expected = if steps == 0 { ENDLESS_STEPS } else { steps };
        let every = match self.snapshot_every {
            0 => expected.div_ceil(SNAPSHOTS).max(FEWEST_STEPS),
            every => every,
        };
        self.tensorboard.then_some(every)
    }
}
