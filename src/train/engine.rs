//! How a step's gradients are computed: by autograd, or explicitly.
//!
//! Both write the gradients of the networks' flat vectors and measure the same scalars; they agree to rounding. The
//! explicit engine is faster and knows the layers of perceptrons and affine generators and the objectives' derivatives;
//! autograd knows everything, and is there for what the other does not know.

mod autograd;
mod explicit;
mod tape;
#[cfg(test)]
mod tests;

use tch::Tensor;

use crate::config::{Constraint, EngineChoice, GeneratorLoss, Head};
use crate::model::Network;
use crate::objective::Objective;
use crate::seed::Rng;
use explicit::Explicit;

/// What computes the gradients.
#[derive(Debug)]
pub enum Engine {
    Autograd,
    Explicit(Box<Explicit>),
}

/// What the gradients are of.
pub struct Play<'a> {
    pub generator: &'a mut Network,
    pub critic: &'a mut Network,
    pub objective: &'a dyn Objective,
    pub head: Head,
    pub form: GeneratorLoss,
    pub constraint: Constraint,
    /// Where between the samples a gradient penalty looks.
    pub between: &'a mut Rng,
}

/// What the critic's update leaves for the step's record: scalars on the device.
pub struct CriticMeasured {
    pub bound: Tensor,
    /// What the constraint adds to the loss, if it adds something.
    pub penalty: Option<Tensor>,
    /// −bound + penalty.
    pub loss: Tensor,
    pub value_real: Tensor,
    pub norm: Tensor,
    /// The scores behind them, \[batch, 1\] each: only the step's last update is measured further.
    pub score_real: Tensor,
    pub score_fake: Tensor,
}

/// The generator's loss and the norm of its gradient, scalars on the device.
pub struct GeneratorMeasured {
    pub loss: Tensor,
    pub norm: Tensor,
}

impl Engine {
    /// The engine `kind` for two networks and batches of `batch` samples of each kind.
    pub fn new(kind: EngineChoice, generator: &Network, critic: &Network, batch: usize) -> Engine {
        match kind {
            EngineChoice::Explicit => Engine::Explicit(Box::new(Explicit::new(generator, critic, batch))),
            EngineChoice::Autograd | EngineChoice::Auto => Engine::Autograd,
        }
    }

    /// Which one it is: never [`EngineChoice::Auto`].
    pub fn kind(&self) -> EngineChoice {
        match self {
            Engine::Autograd => EngineChoice::Autograd,
            Engine::Explicit(_) => EngineChoice::Explicit,
        }
    }

    /// The critic's gradient at real samples, \[batch, sample\], and at those generated from `noise`, \[batch, latent\].
    pub fn critic(&mut self, play: &mut Play<'_>, real: &Tensor, noise: &Tensor) -> CriticMeasured {
        match self {
            Engine::Autograd => autograd::critic(play, real, noise),
            Engine::Explicit(explicit) => explicit.critic(play, real, noise),
        }
    }

    /// The generator's gradient at samples generated from `noise`, \[batch, latent\].
    pub fn generator(&mut self, play: &mut Play<'_>, noise: &Tensor) -> GeneratorMeasured {
        match self {
            Engine::Autograd => autograd::generator(play, noise),
            Engine::Explicit(explicit) => explicit.generator(play, noise),
        }
    }

    /// Both gradients from the same point.
    pub fn both(&mut self, play: &mut Play<'_>, real: &Tensor, noise: &Tensor) -> (CriticMeasured, GeneratorMeasured) {
        match self {
            Engine::Autograd => autograd::both(play, real, noise),
            Engine::Explicit(explicit) => explicit.both(play, real, noise),
        }
    }
}
