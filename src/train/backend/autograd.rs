//! A step's gradients by libtorch's autograd, which knows every layer and constraint.
//!
//! A critic of convolutions, or with batch normalisation, mostly sees real and generated samples each kind by itself: the
//! two passes need nothing of each other and can go at the same time. Their gradients are added in the same order whether
//! they do or not.

use tch::{Tensor, no_grad};

use super::super::draw::Drawn;
use super::super::guard::Guard;
use super::super::penalty::penalty;
use super::lane::{self, Lane};
use super::{Backend, CriticFigures, Losses, Players, Reduce, ScoreFigures, on_device, tensors};
use crate::config::{Constraint, EngineChoice, LayerKind, Unsupported};
use crate::link::Player;
use crate::train::model::Network;

/// Keeps nothing from one update to the next: gradients are in the networks.
#[derive(Debug, Default)]
pub struct Autograd {
    /// The lane in which the pass over generated samples is done beside the one over real ones.
    lane: Option<Lane>,
}

impl Autograd {
    /// One that uses so many threads for what can go at the same time.
    pub fn new(critic: &Network, workers: usize) -> Autograd {
        let lane = (workers > 1 && critic.sees_kinds_apart()).then(Lane::new);
        Autograd { lane: lane.flatten() }
    }

    /// Whether it has more than the trainer's thread, so that libtorch should leave the processors to it.
    pub fn has_lane(&self) -> bool {
        self.lane.is_some()
    }

    /// The critic's gradient at the batch, and the scores.
    fn critic_gradient(
        &self,
        players: &mut Players,
        losses: &Losses<'_>,
        drawn: &Drawn,
    ) -> (CriticFigures<Tensor>, Scores) {
        if players.critic.network.sees_kinds_apart() {
            return self.apart(players, losses, drawn);
        }
        let fake = no_grad(|| generate(players, drawn));
        together(players, losses, drawn, &fake, false)
    }

    /// The same from a pass over each kind of samples.
    fn apart(&self, players: &mut Players, losses: &Losses<'_>, drawn: &Drawn) -> (CriticFigures<Tensor>, Scores) {
        let [real, noise] = [&drawn.real, &drawn.noise].map(|host| on_device(host, drawn.size, players.weights()));
        let (generator, critic) = (players.generator.network.shared(), players.critic.network.shared());
        let (head, objective) = (losses.head(), losses.objective.with(losses.settings));
        let over_fake = move || {
            let fake = no_grad(|| generator.forward(&noise));
            let scores = critic.forward(&fake);
            let conjugate = objective.conjugates(head, &scores).mean(None);
            let gradient = critic.params.gradient_of(&conjugate);
            (fake, scores.detach(), conjugate.detach(), gradient)
        };
        let critic = &mut players.critic.network;
        let over_real = || {
            let scores = critic.forward(&real);
            let value = losses.objective.values(head, &scores).mean(None);
            let gradient = critic.params.gradient_of(&-&value);
            (scores.detach(), value.detach(), gradient)
        };
        let ((fake, score_fake, conjugate, of_fake), (score_real, value_real, of_real)) =
            lane::both(self.lane.as_ref(), over_fake, over_real);
        critic.params.set_gradient(&(of_real + of_fake));
        let bound = &value_real - conjugate;
        let penalty = penalty(losses.constraint, critic, &real, &fake, &drawn.shares);
        if let Some(penalty) = &penalty {
            critic.params.backward_further(penalty);
        }
        let penalty = penalty.map(|penalty| penalty.detach());
        let loss = penalty.as_ref().map_or(-&bound, |penalty| penalty - &bound);
        (CriticFigures { bound, penalty, loss, value_real }, Scores { real: score_real, fake: score_fake })
    }
}

/// The scores of a batch, with their graph where it is kept, \[batch, 1\] each.
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
        self.critic_gradient(players, losses, drawn).0
    }

    fn critic_recorded(
        &mut self,
        players: &mut Players,
        losses: &Losses<'_>,
        drawn: &mut Drawn,
    ) -> (CriticFigures<Tensor>, ScoreFigures<Tensor>) {
        let (figures, scores) = self.critic_gradient(players, losses, drawn);
        (figures, scores.figures(losses))
    }

    fn generator(&mut self, players: &mut Players, losses: &Losses<'_>, drawn: &mut Drawn) -> Tensor {
        let (fake, critic) = (generate(players, drawn), &players.critic.network);
        let scores = match critic.mixes_kinds() {
            true => critic.scores(&on_device(&drawn.real, drawn.size, players.weights()), &fake)[1].shallow_clone(),
            false => critic.forward(&fake),
        };
        generator_gradient(players, losses, &scores)
    }

    fn both(
        &mut self,
        players: &mut Players,
        losses: &Losses<'_>,
        drawn: &mut Drawn,
    ) -> (CriticFigures<Tensor>, ScoreFigures<Tensor>, Tensor) {
        let fake = generate(players, drawn);
        let (figures, scores) = together(players, losses, drawn, &fake, true);
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

/// The critic's gradient from one loss over real and generated samples, and their scores.
fn together(
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
