//! The random numbers of one step, and the batches that are drawn from them.

use super::penalty;
use crate::config::{Constraint, Prior};
use crate::data::Source;
use crate::model;
use crate::seed::{self, Rng, Stream};

/// Where a step's random numbers come from, one generator a purpose: what one of them gives out cannot move another.
pub struct Draw {
    /// Real samples.
    data: Rng,
    /// Latent noise.
    noise: Rng,
    /// Where between the samples a gradient penalty looks.
    penalty: Rng,
}

/// A batch on the host, row-major. A backend may keep the vectors, and leave others as long in their place.
#[derive(Debug)]
pub struct Batch {
    /// Samples of each kind.
    pub size: usize,
    /// Real samples, \[size, sample\].
    pub real: Vec<f32>,
    /// Latent noise, \[size, latent\].
    pub noise: Vec<f32>,
    /// Where between the samples a gradient penalty looks, \[size\].
    pub shares: Vec<f32>,
}

impl Draw {
    /// The numbers of step number `step` of the run seeded with `seed`.
    pub fn new(seed: u64, step: u64) -> Draw {
        let rng = |stream| seed::rng(seed, stream, step);
        Draw { data: rng(Stream::Data), noise: rng(Stream::Noise), penalty: rng(Stream::Penalty) }
    }

    /// Draws what a critic update under `constraint` looks at besides noise: real samples, and where between the samples a
    /// gradient penalty looks.
    pub fn real(&mut self, source: &Source, constraint: &Constraint, batch: &mut Batch) {
        source.fill(&mut self.data, &mut batch.real);
        if matches!(constraint, Constraint::GradientPenalty { .. }) {
            penalty::fill_shares(&mut self.penalty, &mut batch.shares);
        }
    }

    /// Draws latent noise.
    pub fn noise(&mut self, prior: Prior, batch: &mut Batch) {
        model::fill_noise(prior, &mut self.noise, &mut batch.noise);
    }
}

impl Batch {
    /// Room for `size` samples of each kind, of `sample` and `latent` numbers.
    pub fn new(size: usize, sample: usize, latent: usize) -> Batch {
        Batch { size, real: vec![0.0; size * sample], noise: vec![0.0; size * latent], shares: vec![0.0; size] }
    }
}
