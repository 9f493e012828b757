//! A step's gradients by libtorch's autograd.

use tch::{Tensor, no_grad};

use super::{CriticMeasured, GeneratorMeasured, Play};
use crate::train::penalty::penalty;

/// The critic's gradient at real samples and at those generated from `noise`.
pub fn critic(play: &mut Play<'_>, real: &Tensor, noise: &Tensor) -> CriticMeasured {
    let fake = no_grad(|| play.generator.forward(noise));
    critic_gradient(play, real, &fake, false).0
}

/// The generator's gradient at samples generated from `noise`.
pub fn generator(play: &mut Play<'_>, noise: &Tensor) -> GeneratorMeasured {
    let fake = play.generator.forward(noise);
    let scores = play.critic.forward(&fake);
    generator_gradient(play, &scores)
}

/// Both gradients from the same point.
pub fn both(play: &mut Play<'_>, real: &Tensor, noise: &Tensor) -> (CriticMeasured, GeneratorMeasured) {
    let fake = play.generator.forward(noise);
    let (critic, score_fake) = critic_gradient(play, real, &fake, true);
    (critic, generator_gradient(play, &score_fake))
}

/// The critic's gradient from one pass over real and generated samples together, and the generated samples' scores.
fn critic_gradient(play: &mut Play<'_>, real: &Tensor, fake: &Tensor, keep_graph: bool) -> (CriticMeasured, Tensor) {
    let scores = play.critic.forward(&Tensor::cat(&[real, fake], 0));
    let batch = real.size()[0];
    let (score_real, score_fake) = (scores.narrow(0, 0, batch), scores.narrow(0, batch, batch));
    let values_real = play.objective.values(play.head, &score_real).mean(None);
    let bound = values_real.subtract(&play.objective.conjugates(play.head, &score_fake).mean(None));
    let penalty = penalty(play.constraint, play.critic, real, fake, play.between);
    let loss = penalty.as_ref().map_or(-&bound, |penalty| penalty - &bound);
    play.critic.params.backward(&loss, keep_graph);
    let measured = CriticMeasured {
        bound: bound.detach(),
        penalty: penalty.map(|penalty| penalty.detach()),
        loss: loss.detach(),
        value_real: values_real.detach(),
        norm: play.critic.params.gradient().norm(),
        score_real: score_real.detach(),
        score_fake: score_fake.detach(),
    };
    (measured, score_fake)
}

/// The generator's gradient from the scores of samples that it generated with its graph.
fn generator_gradient(play: &mut Play<'_>, score_fake: &Tensor) -> GeneratorMeasured {
    let loss = play.objective.generator_loss(play.head, play.form, score_fake);
    play.generator.params.backward(&loss, false);
    GeneratorMeasured { loss: loss.detach(), norm: play.generator.params.gradient().norm() }
}
