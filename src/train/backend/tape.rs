//! The explicit engine on tensors: matrix products into buffers that are made once, and the derivative of the objective
//! with respect to the scores by its formula.
//!
//! The critic looks at real and generated samples together, \[2·batch, sample\]: the first half are the real ones, and
//! the generator writes its samples into the second. So the generator's update goes through the rows of that half.
//!
//! A penalty on the critic's slope is a term with a graph of its own, whose gradient is added.

mod passes;

use tch::{Tensor, no_grad};

use super::super::draw::Drawn;
use super::super::guard::Guard;
use super::super::penalty::penalty;
use super::{Backend, CriticFigures, Losses, Players, Reduce, ScoreFigures, layers, on_device, tensors};
use crate::config::{Constraint, EngineChoice, LayerKind, Unsupported};
use crate::link::Player;
use crate::theory::objective::{Slope, Term};
use crate::train::model::Network;
use passes::Tape;
#[cfg(test)]
pub use passes::cut;

/// The buffers of both networks.
#[derive(Debug)]
pub struct Tapes {
    /// From the noise to the second half of the critic's input.
    generator: Tape,
    /// Real and generated samples.
    critic: Tape,
    /// The rows of the generated ones.
    fake: Tape,
    /// The rows of the real ones: input, output and its grad.
    real: [Tensor; 3],
}

impl Tapes {
    /// Buffers for two networks and batches of `batch` samples of each kind. They look at the networks' weights and
    /// gradients, which may change from then on in place only.
    ///
    /// # Errors
    ///
    /// A layer that no tape is made for.
    pub fn new(generator: &Network, critic: &Network, batch: usize) -> Result<Tapes, Unsupported> {
        no_grad(|| {
            let flat = critic.params.flat();
            let (latent, sample) = (inputs(generator), inputs(critic));
            let batch = batch as i64;
            let pair = |rows: i64, width: i64| {
                let size = [rows, width];
                let buffer = || Tensor::zeros(size, (flat.kind(), flat.device()));
                (buffer(), buffer())
            };
            let critic = Tape::new(critic, pair(2 * batch, sample), None)?;
            let fake = critic.narrow(batch, batch);
            let into = (fake.ends().input.shallow_clone(), fake.ends().input_grad.shallow_clone());
            let generator = Tape::new(generator, pair(batch, latent), Some(into))?;
            let ends = critic.ends();
            let real = [&ends.input, &ends.output, &ends.output_grad].map(|tensor| tensor.narrow(0, 0, batch));
            Ok(Tapes { generator, critic, fake, real })
        })
    }

    /// Generates samples into the critic's batch.
    fn generate(&self, drawn: &Drawn) {
        let input = &self.generator.ends().input;
        input.shallow_clone().copy_(&on_device(&drawn.noise, drawn.size, input));
        self.generator.forward();
    }

    /// The critic's gradient, the penalty's part included.
    fn critic_gradient(&self, players: &mut Players, losses: &Losses<'_>, drawn: &Drawn) -> CriticFigures<Tensor> {
        let real = on_device(&drawn.real, drawn.size, players.weights());
        let mut figures = no_grad(|| self.bound_gradient(losses, &real, drawn));
        let critic = &mut players.critic.network;
        if let Some(penalty) = penalty(losses.constraint, critic, &real, &self.fake.ends().input, &drawn.shares) {
            critic.params.backward_further(&penalty);
            let penalty = penalty.detach();
            figures.loss = &penalty - &figures.bound;
            figures.penalty = Some(penalty);
        }
        figures
    }

    fn bound_gradient(&self, losses: &Losses<'_>, real: &Tensor, drawn: &Drawn) -> CriticFigures<Tensor> {
        let [real_input, real_scores, real_grad] = &self.real;
        real_input.shallow_clone().copy_(real);
        self.generate(drawn);
        self.critic.forward();
        let fake = self.fake.ends();
        let values = losses.objective.slopes(losses.head(), Term::Value, real_scores);
        let conjugates = losses.objective.slopes(losses.head(), Term::Conjugate, &fake.output);
        // The critic descends −F = −E_P[g(v)] + E_Q[h(v)].
        spread(&values.slope, -1.0, drawn.size, real_grad);
        spread(&conjugates.slope, 1.0, drawn.size, &fake.output_grad);
        self.critic.weights_backward(2);
        let value_real = values.value.mean(None);
        let bound = value_real.subtract(&conjugates.value.mean(None));
        CriticFigures { loss: -&bound, bound, penalty: None, value_real }
    }

    /// From the scores that stand in the buffers.
    fn score_figures(&self, losses: &Losses<'_>) -> ScoreFigures<Tensor> {
        tensors::score_figures(losses, &self.real[1], &self.fake.ends().output)
    }

    /// The generator's gradient from the scores of the generated samples, which stand in the buffers; its loss.
    fn generator_gradient(&self, losses: &Losses<'_>, drawn: &Drawn) -> Tensor {
        let ends = self.fake.ends();
        let descents = losses.objective.slopes(losses.head(), Term::Descent(losses.form()), &ends.output);
        spread(&descents.slope, 1.0, drawn.size, &ends.output_grad);
        self.fake.input_backward();
        self.generator.weights_backward(1);
        descents.value.mean(None)
    }
}

impl Backend for Tapes {
    type Figure = Tensor;
    const ENGINE: EngineChoice = EngineChoice::Explicit;

    fn supports(layers: &[LayerKind], constraint: &Constraint) -> Result<(), Unsupported> {
        layers::supports(layers, constraint)
    }

    fn critic(&mut self, players: &mut Players, losses: &Losses<'_>, drawn: &mut Drawn) -> CriticFigures<Tensor> {
        self.critic_gradient(players, losses, drawn)
    }

    fn critic_recorded(
        &mut self,
        players: &mut Players,
        losses: &Losses<'_>,
        drawn: &mut Drawn,
    ) -> (CriticFigures<Tensor>, ScoreFigures<Tensor>) {
        (self.critic_gradient(players, losses, drawn), self.score_figures(losses))
    }

    fn generator(&mut self, _: &mut Players, losses: &Losses<'_>, drawn: &mut Drawn) -> Tensor {
        no_grad(|| {
            self.generate(drawn);
            self.fake.forward();
            self.generator_gradient(losses, drawn)
        })
    }

    fn both(
        &mut self,
        players: &mut Players,
        losses: &Losses<'_>,
        drawn: &mut Drawn,
    ) -> (CriticFigures<Tensor>, ScoreFigures<Tensor>, Tensor) {
        let (figures, scores) = self.critic_recorded(players, losses, drawn);
        (figures, scores, no_grad(|| self.generator_gradient(losses, drawn)))
    }

    fn reduce(
        &mut self,
        player: Player,
        players: &Players,
        reduce: &mut dyn Reduce,
        figures: &mut dyn Iterator<Item = &mut Tensor>,
    ) -> Tensor {
        tensors::reduce(player, players, reduce, figures)
    }

    fn apply(&mut self, player: Player, players: &mut Players, constraint: &Constraint, guard: &Guard) {
        tensors::apply(player, players, constraint, guard);
    }

    fn share_at_clip(&self, players: &Players, clip: f64) -> Tensor {
        tensors::share_at_clip(players, clip)
    }

    fn figure(&self, players: &Players, number: f64) -> Tensor {
        tensors::figure(players, number)
    }
}

/// Writes sign·slope/batch, the derivative of a mean over the batch, to a grad.
fn spread(slope: &Slope<Tensor>, sign: f64, batch: usize, grad: &Tensor) {
    let share = sign / batch as f64;
    let _ = match slope {
        Slope::Constant(slope) => grad.shallow_clone().fill_(slope * share),
        Slope::Varying(slope) => slope.mul_scalar_out(grad, share),
    };
}

/// Numbers in one input of a network: its first layer is linear or affine, with a first parameter \[out, in\] or
/// \[in\].
fn inputs(network: &Network) -> i64 {
    network.params.views().first().and_then(|first| first.size().last().copied()).unwrap_or(0)
}
