//! Keeps a non-finite loss or gradient from the weights.
//!
//! On the CPU a scalar is read at once and costs nothing, so an update that would spoil the weights is not made. On a
//! CUDA device a read would stall every step: there the update is made and taken back by the device itself, and every
//! later one too, until the host reads the step records once a batch and finds the first one that is not finite.

use tch::{Device, Kind, Tensor};

pub use crate::link::{NonFinite, Quantity};
use crate::link::{NonFiniteValue, Player};
use crate::model::Network;
use crate::optim::Optimizer;

/// Watches the updates of one run.
#[derive(Debug)]
pub enum Guard {
    /// Reads the loss before each update.
    Immediate,
    /// Holds a flag on the device, true while everything was finite, and how many updates of the step it let through.
    Deferred { sound: Tensor, passed: Tensor },
}

impl Guard {
    /// A guard for updates on `device` that reads nothing from it, or one that reads at once.
    pub fn new(device: Device, deferred: bool) -> Guard {
        if !deferred {
            return Guard::Immediate;
        }
        Guard::Deferred {
            sound: Tensor::ones([], (Kind::Bool, device)),
            passed: Tensor::zeros([], (Kind::Float, device)),
        }
    }

    /// A step begins.
    pub fn begin(&mut self) {
        if let Guard::Deferred { passed, .. } = self {
            let _ = passed.zero_();
        }
    }

    /// One update of `network` along its gradient, unless one of `parts`, scalars with their names, is not finite: then
    /// the weights stay as they are.
    pub fn update(
        &mut self,
        player: Player,
        network: &Network,
        optimizer: &mut Optimizer,
        parts: &[(Quantity, &Tensor)],
    ) -> Result<(), NonFinite> {
        let (weights, gradient) = (network.params.flat(), network.params.gradient());
        match self {
            Guard::Immediate => {
                for (quantity, part) in parts {
                    check(player, *quantity, part.double_value(&[]))?;
                }
                optimizer.update(weights, gradient);
            }
            Guard::Deferred { sound, passed } => tch::no_grad(|| {
                let parts: Vec<&Tensor> = parts.iter().map(|(_, part)| *part).collect();
                *sound = sound.logical_and(&Tensor::stack(&parts, 0).isfinite().all());
                let _ = passed.g_add_(sound);
                let (old_weights, old_moments) = (kept(weights), kept(optimizer.moments()));
                optimizer.update(weights, gradient);
                take_back_unless(sound, weights, &old_weights);
                take_back_unless(sound, optimizer.moments(), &old_moments);
            }),
        }
        Ok(())
    }

    /// Changes `state` in place by `change` after an update that was let through; after one that was not, leaves it.
    /// The immediate guard is not asked then.
    pub fn follow(&self, state: &Tensor, change: impl FnOnce()) {
        match self {
            Guard::Immediate => change(),
            Guard::Deferred { sound, .. } => tch::no_grad(|| {
                let old = kept(state);
                change();
                take_back_unless(sound, state, &old);
            }),
        }
    }

    /// How many of the step's `updates` were let through: a scalar on `device` for the step's record.
    pub fn passed(&self, updates: u64, device: Device) -> Tensor {
        match self {
            Guard::Immediate => Tensor::full([], updates as f64, (Kind::Float, device)),
            Guard::Deferred { passed, .. } => passed.shallow_clone(),
        }
    }

    /// Lets updates through again, after a person has had the chance to change something.
    pub fn revive(&mut self) {
        if let Guard::Deferred { sound, .. } = self {
            let _ = sound.fill_(1);
        }
    }
}

/// A copy, without zeros in its place first: a launch less.
fn kept(tensor: &Tensor) -> Tensor {
    let mut copy = tensor.empty_like();
    copy.copy_(tensor);
    copy
}

/// Puts `old` back in its place, unless all was sound; in one launch.
fn take_back_unless(sound: &Tensor, now: &Tensor, old: &Tensor) {
    let _ = now.where_self_out(now, sound, old);
}

/// Whether a player's loss, a part of it, or the norm of its gradient is finite.
pub fn check(player: Player, quantity: Quantity, value: f64) -> Result<(), NonFinite> {
    if value.is_finite() {
        return Ok(());
    }
    let value = if value.is_nan() { NonFiniteValue::NotANumber } else { NonFiniteValue::Infinite };
    Err(NonFinite { player, quantity, value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Generator, Optimizer as Config, Prior};
    use crate::seed::{Stream, rng};

    /// Updates an affine generator once with a sound and once with an unsound loss; returns the weights after each.
    fn weights_after(mut guard: Guard) -> (Tensor, Tensor, Option<NonFinite>) {
        let config = Generator::Affine { prior: Prior::Normal, mean: vec![], scale: vec![] };
        let mut network = Network::generator(&config, 1, &mut rng(1, Stream::Weights, 0), Device::Cpu);
        let adam = Config::Adam { lr: 0.1, beta1: 0.5, beta2: 0.9, eps: 1e-8 };
        let mut optimizer = Optimizer::new(adam, network.params.flat());
        let mut update = |network: &mut Network, x: f32| {
            let loss = network.forward(&Tensor::from_slice(&[x]).view([1, 1])).square().sum(None);
            network.params.backward(&loss, false);
            let norm = network.params.gradient().norm();
            guard.update(
                Player::Generator,
                network,
                &mut optimizer,
                &[(Quantity::Loss, &loss), (Quantity::Gradient, &norm)],
            )
        };
        assert_eq!(update(&mut network, 1.0), Ok(()));
        let sound = network.params.flat().copy();
        let failure = update(&mut network, f32::INFINITY).err();
        (sound, network.params.flat().copy(), failure)
    }

    #[test]
    fn both_guards_keep_what_is_not_finite_from_the_weights() {
        let (sound, after, failure) = weights_after(Guard::new(Device::Cpu, false));
        assert_eq!(sound, after);
        assert_eq!(failure.map(|number| number.to_string()).as_deref(), Some("the generator's loss is infinite"));
        let (also_sound, after, failure) = weights_after(Guard::new(Device::Cpu, true));
        assert_eq!(sound, also_sound);
        assert_eq!(sound, after);
        assert_eq!(failure, None);
    }
}
