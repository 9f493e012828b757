//! The random numbers of one step.

use crate::data::Turn;
use crate::seed::{self, Rng, Stream};

/// Where a step's random numbers come from, one generator a purpose: what one of them gives out cannot move another.
pub struct Draw {
    /// Real samples: which batch is next.
    pub data: Turn,
    /// Latent noise.
    pub noise: Rng,
    /// Where between the samples a gradient penalty looks.
    pub penalty: Rng,
}

impl Draw {
    /// The numbers of step number `step` of the run seeded with `seed`.
    pub fn new(seed: u64, step: u64) -> Draw {
        let rng = |stream| seed::rng(seed, stream, step);
        Draw { data: Turn { step, update: 0 }, noise: rng(Stream::Noise), penalty: rng(Stream::Penalty) }
    }
}
