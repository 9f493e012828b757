//! A step's gradients by libtorch's autograd, which knows every layer and constraint.

use tch::{Tensor, no_grad};

use super::super::draw::Drawn;
use super::super::guard::Guard;
use super::super::penalty::penalty;
use super::{Backend, CriticFigures, Losses, Players, Reduce, ScoreFigures, on_device, tensors};
use crate::config::{Constraint, EngineChoice, LayerKind, Unsupported};
use crate::link::Player;

/// Keeps nothing from one update to the next: gradients are in the networks.
#[derive(Debug)]
pub struct Autograd;

/// The scores of a batch with their graph, \[batch, 1\] each.
struct Scores {
    real: Tensor,
    fake: Tensor,
}

impl Scores {
    fn figures(&self, losses: &Losses<'_>) -> ScoreFigures<Tensor> {
        tensors::score_figures(losses, &self.real, &self.fake)
    }
}

impl Backend for Autograd {
    type Figure = Tensor;
    const ENGINE: EngineChoice = EngineChoice::Autograd;

    fn supports(_: &[LayerKind], _: &Constraint) -> Result<(), Unsupported> {
        Ok(())
    }

    fn critic(&mut self, players: &mut Players, losses: &Losses<'_>, drawn: &mut Drawn) -> CriticFigures<Tensor> {
        let fake = no_grad(|| generate(players, drawn));
        critic_gradient(players, losses, drawn, &fake, false).0
    }

    fn critic_recorded(
        &mut self,
        players: &mut Players,
        losses: &Losses<'_>,
        drawn: &mut Drawn,
    ) -> (CriticFigures<Tensor>, ScoreFigures<Tensor>) {
        let fake = no_grad(|| generate(players, drawn));
        let (figures, scores) = critic_gradient(players, losses, drawn, &fake, false);
        (figures, scores.figures(losses))
    }

    fn generator(&mut self, players: &mut Players, losses: &Losses<'_>, drawn: &mut Drawn) -> Tensor {
        let scores = players.critic.network.forward(&generate(players, drawn));
        generator_gradient(players, losses, &scores)
    }

    fn both(
        &mut self,
        players: &mut Players,
        losses: &Losses<'_>,
        drawn: &mut Drawn,
    ) -> (CriticFigures<Tensor>, ScoreFigures<Tensor>, Tensor) {
        let fake = generate(players, drawn);
        let (figures, scores) = critic_gradient(players, losses, drawn, &fake, true);
        (figures, scores.figures(losses), generator_gradient(players, losses, &scores.fake))
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

fn generate(players: &Players, drawn: &Drawn) -> Tensor {
    players.generator.network.forward(&on_device(&drawn.noise, drawn.size, players.weights()))
}

/// The critic's gradient from real and generated samples together, and their scores.
fn critic_gradient(
    players: &mut Players,
    losses: &Losses<'_>,
    drawn: &Drawn,
    fake: &Tensor,
    keep_graph: bool,
) -> (CriticFigures<Tensor>, Scores) {
    let real = &on_device(&drawn.real, drawn.size, players.weights());
    let critic = &mut players.critic.network;
    let (head, objective) = (losses.head(), losses.objective);
    let [score_real, score_fake] = critic.scores(real, fake);
    let scores = Scores { real: score_real, fake: score_fake };
    let value_real = objective.values(head, &scores.real).mean(None);
    let bound = value_real.subtract(&objective.conjugates(head, &scores.fake).mean(None));
    let penalty = penalty(losses.constraint, critic, real, fake, &drawn.shares);
    let loss = penalty.as_ref().map_or(-&bound, |penalty| penalty - &bound);
    critic.params.backward(&loss, keep_graph);
    let figures = CriticFigures {
        bound: bound.detach(),
        penalty: penalty.map(|penalty| penalty.detach()),
        loss: loss.detach(),
        value_real: value_real.detach(),
    };
    (figures, scores)
}

/// The generator's gradient from the scores of samples that it generated with its graph, and its loss.
fn generator_gradient(players: &mut Players, losses: &Losses<'_>, scores: &Tensor) -> Tensor {
    let loss = losses.objective.generator_loss(losses.head(), losses.form(), scores);
    players.generator.network.params.backward(&loss, false);
    loss.detach()
}
