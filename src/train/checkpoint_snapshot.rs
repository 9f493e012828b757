//! A snapshot of a checkpoint, without a run.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::guard::Guard;
use super::{Setup, SetupError, panic_text, snapshot, weights};
use crate::config::{Config, DeviceChoice};
use crate::link::Snapshot;
use crate::link::checkpoint::Checkpoint;
use crate::train::game::Game;

/// A snapshot of a run as it was when the checkpoint was made, with `samples` of each kind, taken on the CPU: the
/// samples that the run's own snapshot of that step would hold.
///
/// # Errors
/// The data of the run cannot be read here, or the checkpoint is not one of its config's networks: why, for a person.
pub fn checkpoint_snapshot(checkpoint: &Checkpoint, samples: usize) -> Result<Snapshot, String> {
    let take = || -> Result<Snapshot, SetupError> {
        checkpoint.check_size()?;
        let setup = Setup::new(Config { device: DeviceChoice::Cpu, ..checkpoint.info.config.clone() })?;
        let mut game = Game::new(&setup.config, &setup.source, setup.place.0, Guard::Immediate);
        game.restore(checkpoint)?;
        let taken = snapshot::take(&game, setup.config.seed, checkpoint.info.step, samples, false)?;
        Ok(Snapshot { weights: Some(weights::of(&game)), ..taken })
    };
    match catch_unwind(AssertUnwindSafe(take)) {
        Ok(taken) => taken.map_err(|error| error.to_string()),
        Err(panic) => Err(panic_text(panic.as_ref())),
    }
}
