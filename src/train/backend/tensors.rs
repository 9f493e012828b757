//! The common parts of the backends on tensors: a batch on its way to the device, and the way from a gradient to its
//! update.

use tch::{Device, Kind, Tensor, no_grad};

use super::super::guard::Guard;
use super::{Losses, Players, Reduce, ScoreFigures, Trained};
use crate::config::Constraint;
use crate::link::Player;
use crate::train::model::Network;

/// `n` samples from the host, \[n, sample\], on the device and in the precision of `like`.
pub fn on_device(samples: &[f32], n: usize, like: &Tensor) -> Tensor {
    let host = Tensor::from_slice(samples).view([n as i64, -1]);
    match (like.device(), like.kind()) {
        // Nothing is to be done, and asking costs as much as a small operation.
        (Device::Cpu, Kind::Float) => host,
        (device, kind) => host.to_device(device).to_kind(kind),
    }
}

/// Lends a player's gradient to `reduce`; the norm of what it leaves.
pub fn reduce(
    player: Player,
    players: &Players,
    reduce: &mut dyn Reduce,
    figures: &mut dyn Iterator<Item = &mut Tensor>,
) -> Tensor {
    let mut gradient = players.of(player).network.params.gradient().shallow_clone();
    reduce.tensors(player, &mut gradient, figures);
    gradient.norm()
}

/// Applies a player's gradient where `guard` lets it through; to the critic then the clip, or a power iteration.
pub fn apply(player: Player, players: &mut Players, constraint: &Constraint, guard: &Guard) {
    let Trained { network, optimizer } = players.of_mut(player);
    let (weights, moments) = (network.params.flat(), optimizer.moments().shallow_clone());
    guard.follow([weights, &moments], || optimizer.update(weights, network.params.gradient()));
    if player == Player::Critic {
        constrain(network, constraint, guard);
    }
}

fn constrain(critic: &mut Network, constraint: &Constraint, guard: &Guard) {
    if let Some(clip) = constraint.clip() {
        critic.params.clip(clip);
    }
    if let Some(vectors) = critic.spectral.as_ref().map(|spectral| spectral.vectors().shallow_clone()) {
        guard.follow([&vectors], || critic.iterate_spectrum());
    }
}

/// Means over the scores of a batch, \[batch, 1\] each.
pub fn score_figures(losses: &Losses<'_>, score_real: &Tensor, score_fake: &Tensor) -> ScoreFigures<Tensor> {
    no_grad(|| ScoreFigures {
        value_fake: losses.objective.values(losses.head(), score_fake).mean(None),
        score_real: score_real.mean(None),
        score_fake: score_fake.mean(None),
    })
}

/// The share of the critic's weights at the ends of the clip range.
pub fn share_at_clip(players: &Players, clip: f64) -> Tensor {
    // The bound as the weights hold it, in single precision.
    let at_bound = no_grad(|| players.critic.network.params.flat().abs().ge(f64::from(clip as f32)));
    at_bound.to_kind(Kind::Float).mean(None)
}

/// A number on the device.
pub fn figure(players: &Players, number: f64) -> Tensor {
    Tensor::full([], number, (Kind::Float, players.device()))
}
