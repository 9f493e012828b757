//! The data that the shards of a batch work on, and how a batch is cut into them.

use std::fmt;
use std::ops::Range;

use super::plan::{self, Stage};
use super::shard::Task;
use crate::config::{Constraint, Unsupported};
use crate::domain::{GeneratorLoss, Head};
use crate::link::Player;
use crate::theory::objective::Objective;
use crate::train::model::Network;

/// A shard is of at least so many samples of each kind. Matrix products of few rows are slower, by a twentieth to a
/// tenth here, but a batch of one shard keeps one worker busy.
const LEAST_SAMPLES: usize = 32;
/// The most shards: each adds a gradient to be summed.
pub const MOST_SHARDS: usize = 4;

/// The data that all shards read, and nobody writes while they do.
pub struct Table {
    pub generator: Side,
    pub critic: Side,
    /// Real samples and latent noise.
    pub real: Samples,
    pub noise: Samples,
    /// The places between the samples at which a gradient penalty looks, \[batch\].
    pub shares: Vec<f32>,
    /// Samples of each kind.
    pub batch: usize,
    pub task: Task,
    pub objective: Box<dyn Objective>,
    pub head: Head,
    pub form: GeneratorLoss,
    pub constraint: Constraint,
}

/// A network's stages and weights.
#[derive(Debug)]
pub struct Side {
    pub stages: Vec<Stage>,
    pub weights: Vec<f32>,
}

/// Samples, a row each.
#[derive(Debug)]
pub struct Samples {
    pub numbers: Vec<f32>,
    pub width: usize,
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Table({:?} of {} samples of each kind)", self.task, self.batch)
    }
}

impl Table {
    /// The objective.
    pub fn objective(&self) -> &dyn Objective {
        &*self.objective
    }

    /// A player's.
    pub fn side(&self, player: Player) -> &Side {
        match player {
            Player::Generator => &self.generator,
            Player::Critic => &self.critic,
        }
    }

    /// The same, to be written between two rounds.
    pub fn side_mut(&mut self, player: Player) -> &mut Side {
        match player {
            Player::Generator => &mut self.generator,
            Player::Critic => &mut self.critic,
        }
    }
}

impl Side {
    /// Of a network whose weights are not known yet.
    ///
    /// # Errors
    ///
    /// A layer that is no part of a stage.
    pub fn new(network: &Network) -> Result<Side, Unsupported> {
        Ok(Side { stages: plan::stages(network)?, weights: zeros(network.params.len()) })
    }

    /// Samples for its input.
    pub fn inputs(&self, n: usize) -> Samples {
        let width = self.stages.first().map_or(0, |stage| stage.inputs);
        Samples { numbers: zeros(n * width), width }
    }
}

impl Samples {
    /// Some of its rows.
    pub fn rows(&self, rows: &Range<usize>) -> &[f32] {
        &self.numbers[rows.start * self.width..rows.end * self.width]
    }
}

/// The shards that a batch is cut into: as equal as can be.
pub fn cut(batch: usize) -> Vec<Range<usize>> {
    let shards = (batch / LEAST_SAMPLES).clamp(1, MOST_SHARDS);
    (0..shards).map(|i| i * batch / shards..(i + 1) * batch / shards).collect()
}

/// A vector of zeros.
///
/// # Panics
///
/// There is no memory for them. The trainer's thread tells that; an allocation that fails would end the process at
/// once, its terminal as it is.
#[allow(clippy::panic)]
pub fn zeros(n: usize) -> Vec<f32> {
    // Asked for twice: only this way is it known beforehand, and only the other way are its pages cleared when they are used.
    if Vec::<f32>::new().try_reserve_exact(n).is_err() {
        panic!("no memory for {n} numbers; a smaller batch_size or narrower layers need less");
    }
    vec![0.0; n]
}
