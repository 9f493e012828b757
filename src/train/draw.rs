//! The random numbers of one step, and the batches that are drawn from them.

use super::data::{Batch, Reader, Turn};
use super::setback::Setback;
use super::{model, penalty};
use crate::config::{Constraint, Prior};
use crate::domain::seed::{self, Rng, Stream};

/// The sources of a step's random numbers, one generator a purpose: what one of them gives out cannot move another.
pub struct Draw {
    /// Real samples: which batch is next.
    data: Turn,
    /// Latent noise.
    noise: Rng,
    /// The places between the samples at which a gradient penalty looks.
    penalty: Rng,
}

/// The draws of an update, on the host, row-major. A backend may keep the vectors, and leave others as long in their
/// place.
#[derive(Debug)]
pub struct Drawn {
    /// Samples of each kind.
    pub size: usize,
    /// Real samples, \[size, sample\].
    pub real: Vec<f32>,
    /// Latent noise, \[size, latent\].
    pub noise: Vec<f32>,
    /// The places between the samples at which a gradient penalty looks, \[size\].
    pub shares: Vec<f32>,
}

impl Draw {
    /// The numbers of step number `step` of the run seeded with `seed`.
    pub fn new(seed: u64, step: u64) -> Draw {
        let rng = |stream| seed::rng(seed, stream, step);
        Draw { data: Turn { step, update: 0 }, noise: rng(Stream::Noise), penalty: rng(Stream::Penalty) }
    }

    /// Draws what a critic update under `constraint` looks at besides noise: real samples, and where between the
    /// samples a gradient penalty looks.
    ///
    /// # Errors
    /// The samples cannot be read.
    pub fn real(&mut self, reader: &mut Reader, constraint: &Constraint, drawn: &mut Drawn) -> Result<(), Setback> {
        reader.next(&mut self.data, Batch::of(&mut drawn.real))?;
        if matches!(constraint, Constraint::GradientPenalty { .. }) {
            penalty::fill_shares(&mut self.penalty, &mut drawn.shares);
        }
        Ok(())
    }

    /// Draws latent noise.
    pub fn noise(&mut self, prior: Prior, drawn: &mut Drawn) {
        model::fill_noise(prior, &mut self.noise, &mut drawn.noise);
    }
}

impl Drawn {
    /// Room for `size` samples of each kind, of `sample` and `latent` numbers.
    pub fn new(size: usize, sample: usize, latent: usize) -> Drawn {
        Drawn { size, real: vec![0.0; size * sample], noise: vec![0.0; size * latent], shares: vec![0.0; size] }
    }

    /// Takes the part number `place` of a batch over, as large as this has room for.
    pub fn take(&mut self, whole: &Drawn, place: usize) {
        let part = |to: &mut Vec<f32>, from: &[f32]| {
            let len = to.len();
            to.copy_from_slice(&from[place * len..(place + 1) * len]);
        };
        part(&mut self.real, &whole.real);
        part(&mut self.noise, &whole.noise);
        part(&mut self.shares, &whole.shares);
    }
}
