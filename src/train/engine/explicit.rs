//! A step without autograd: matrix products into buffers that are made once, and the derivative of the objective with
//! respect to the scores by its formula.
//!
//! The critic looks at real and generated samples together, \[2·batch, sample\]: the first half are the real ones, and
//! the generator writes its samples into the second. So the generator's update goes through the rows of that half.
//!
//! A penalty on the critic's slope is a term with a graph of its own, whose gradient is added.

use tch::{Tensor, no_grad};

use super::tape::Tape;
use super::{CriticMeasured, GeneratorMeasured, Play};
use crate::model::Network;
use crate::objective::{Slope, Term};
use crate::train::penalty::penalty;

/// The buffers of both networks.
#[derive(Debug)]
pub struct Explicit {
    /// From the noise to the second half of the critic's input.
    generator: Tape,
    /// Real and generated samples.
    critic: Tape,
    /// The rows of the generated ones.
    fake: Tape,
    /// The rows of the real ones: input, output and its grad.
    real: [Tensor; 3],
    /// The scores of the last critic's pass, \[2·batch, 1\], and those of each half: the generator's pass writes over the
    /// critic's output.
    scores: [Tensor; 3],
    batch: i64,
}

impl Explicit {
    /// Buffers for two networks and batches of `batch` samples of each kind. They look at the networks' weights and
    /// gradients, which may change from then on in place only.
    pub fn new(generator: &Network, critic: &Network, batch: usize) -> Explicit {
        no_grad(|| {
            let flat = critic.params.flat();
            let (latent, sample) = (inputs(generator), inputs(critic));
            let batch = batch as i64;
            let pair = |rows: i64, width: i64| {
                let size = [rows, width];
                let buffer = || Tensor::zeros(size, (flat.kind(), flat.device()));
                (buffer(), buffer())
            };
            let critic = Tape::new(critic, pair(2 * batch, sample), None);
            let fake = critic.narrow(batch, batch);
            let into = (fake.ends().input.shallow_clone(), fake.ends().input_grad.shallow_clone());
            let generator = Tape::new(generator, pair(batch, latent), Some(into));
            let ends = critic.ends();
            let real = [&ends.input, &ends.output, &ends.output_grad].map(|tensor| tensor.narrow(0, 0, batch));
            let kept = ends.output.zeros_like();
            let scores = [kept.narrow(0, 0, batch), kept.narrow(0, batch, batch)];
            let [score_real, score_fake] = scores;
            Explicit { generator, critic, fake, real, scores: [kept, score_real, score_fake], batch }
        })
    }

    /// The critic's gradient at real samples and at those generated from `noise`.
    pub fn critic(&mut self, play: &mut Play<'_>, real: &Tensor, noise: &Tensor) -> CriticMeasured {
        let mut measured = no_grad(|| self.critic_gradient(play, real, noise));
        let fake = &self.fake.ends().input;
        if let Some(penalty) = penalty(play.constraint, play.critic, real, fake, play.between) {
            play.critic.params.backward_further(&penalty);
            let penalty = penalty.detach();
            measured.loss = &penalty - &measured.bound;
            measured.norm = play.critic.params.gradient().norm();
            measured.penalty = Some(penalty);
        }
        measured
    }

    /// The generator's gradient at samples generated from `noise`.
    pub fn generator(&mut self, play: &Play<'_>, noise: &Tensor) -> GeneratorMeasured {
        no_grad(|| {
            self.generate(noise);
            self.fake.forward();
            self.generator_gradient(play)
        })
    }

    /// Both gradients from the same point.
    pub fn both(&mut self, play: &mut Play<'_>, real: &Tensor, noise: &Tensor) -> (CriticMeasured, GeneratorMeasured) {
        let critic = self.critic(play, real, noise);
        (critic, no_grad(|| self.generator_gradient(play)))
    }

    fn generate(&self, noise: &Tensor) {
        self.generator.ends().input.shallow_clone().copy_(noise);
        self.generator.forward();
    }

    fn critic_gradient(&self, play: &Play<'_>, real: &Tensor, noise: &Tensor) -> CriticMeasured {
        let [real_input, real_scores, real_grad] = &self.real;
        real_input.shallow_clone().copy_(real);
        self.generate(noise);
        self.critic.forward();
        let (critic, fake) = (self.critic.ends(), self.fake.ends());
        let [scores, score_real, score_fake] = &self.scores;
        scores.shallow_clone().copy_(&critic.output);
        let values = play.objective.slopes(play.head, Term::Value, real_scores);
        let conjugates = play.objective.slopes(play.head, Term::Conjugate, &fake.output);
        // The critic descends −F = −E_P[g(v)] + E_Q[h(v)].
        self.spread(&values.slope, -1.0, real_grad);
        self.spread(&conjugates.slope, 1.0, &fake.output_grad);
        self.critic.weights_backward(2);
        let value_real = values.value.mean(None);
        let bound = value_real.subtract(&conjugates.value.mean(None));
        CriticMeasured {
            loss: -&bound,
            bound,
            penalty: None,
            value_real,
            norm: play.critic.params.gradient().norm(),
            score_real: score_real.shallow_clone(),
            score_fake: score_fake.shallow_clone(),
        }
    }

    /// From the scores of the generated samples, which stand in the buffers.
    fn generator_gradient(&self, play: &Play<'_>) -> GeneratorMeasured {
        let ends = self.fake.ends();
        let descents = play.objective.slopes(play.head, Term::Descent(play.form), &ends.output);
        self.spread(&descents.slope, 1.0, &ends.output_grad);
        self.fake.input_backward();
        self.generator.weights_backward(1);
        GeneratorMeasured { loss: descents.value.mean(None), norm: play.generator.params.gradient().norm() }
    }

    /// Writes sign·slope/batch, the derivative of a mean over the batch, to a grad.
    fn spread(&self, slope: &Slope<Tensor>, sign: f64, grad: &Tensor) {
        let share = sign / self.batch as f64;
        let _ = match slope {
            Slope::Constant(slope) => grad.shallow_clone().fill_(slope * share),
            Slope::Varying(slope) => slope.mul_scalar_out(grad, share),
        };
    }
}

/// Numbers in one input of a network: its first layer is linear or affine, with a first parameter \[out, in\] or \[in\].
fn inputs(network: &Network) -> i64 {
    network.params.views().first().and_then(|first| first.size().last().copied()).unwrap_or(0)
}
