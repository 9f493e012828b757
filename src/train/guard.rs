//! Keeps a non-finite loss or gradient from the weights.
//!
//! On the CPU a scalar is read at once and costs nothing, so an update that would spoil the weights is not made. On a
//! CUDA device a read would stall every step: there the update is made and taken back by the device itself, and every
//! later one too, until the host reads the step records once a batch and finds the first one that is not finite.

use tch::{Device, Kind, Tensor};

use super::backend::Figure;
pub use crate::link::{NonFinite, Quantity};
use crate::link::{NonFiniteValue, Player};

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

    /// Whether a player's update is let through: only while every one of `figures`, which have gone into it, is finite.
    /// An error is the verdict of the immediate guard; that of the deferred one stays on the device, for
    /// [`Guard::follow`].
    pub fn verdict<'f, F: Figure + 'f>(
        &mut self,
        player: Player,
        mut figures: impl Iterator<Item = (Quantity, &'f F)>,
    ) -> Result<(), NonFinite> {
        match self {
            Guard::Immediate => figures.try_for_each(|(quantity, figure)| check(player, quantity, figure.number())),
            Guard::Deferred { sound, passed } => tch::no_grad(|| {
                let figures: Vec<&F> = figures.map(|(_, figure)| figure).collect();
                *sound = sound.logical_and(&F::all_finite(&figures));
                let _ = passed.g_add_(sound);
                Ok(())
            }),
        }
    }

    /// Changes these tensors in place by `change` where the update is let through; where it is not, leaves them. The
    /// immediate guard is not asked then.
    pub fn follow<const N: usize>(&self, state: [&Tensor; N], change: impl FnOnce()) {
        match self {
            Guard::Immediate => change(),
            Guard::Deferred { sound, .. } => tch::no_grad(|| {
                let old = state.map(kept);
                change();
                for (state, old) in state.into_iter().zip(&old) {
                    take_back_unless(sound, state, old);
                }
            }),
        }
    }

    /// The number of the step's updates that were let through, a scalar on the device; `None` from the immediate guard,
    /// which lets all of a step through or ends it.
    pub fn passed(&self) -> Option<&Tensor> {
        match self {
            Guard::Immediate => None,
            Guard::Deferred { passed, .. } => Some(passed),
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
    use crate::config::{Architecture, Generator, Optimizer as Config, Prior};
    use crate::domain::SampleShape;
    use crate::domain::seed::{Stream, rng};
    use crate::train::model::Network;
    use crate::train::optim::Optimizer;

    /// Updates an affine generator once with a sound and once with an unsound loss; returns the weights after each.
    fn weights_after(mut guard: Guard) -> (Tensor, Tensor, Option<NonFinite>) {
        let architecture = Architecture::Affine { mean: vec![], scale: vec![] };
        let config = Generator { architecture, prior: Prior::Normal, ema: None, steps: 1, ends: None };
        let shape = SampleShape::Point { dims: 1 };
        let mut network = Network::generator(&config, shape, &mut rng(1, Stream::Weights, 0), Device::Cpu).unwrap();
        let adam = Config::Adam { lr: 0.1, beta1: 0.5, beta2: 0.9, eps: 1e-8 };
        let mut optimizer = Optimizer::new(adam, network.params.flat());
        let mut update = |network: &mut Network, x: f32| {
            let loss = network.forward(&Tensor::from_slice(&[x]).view([1, 1])).square().sum(None);
            network.params.backward(&loss, false);
            let norm = network.params.gradient().norm();
            guard.verdict(Player::Generator, [(Quantity::Loss, &loss), (Quantity::Gradient, &norm)].into_iter())?;
            let (weights, moments) = (network.params.flat(), optimizer.moments().shallow_clone());
            guard.follow([weights, &moments], || optimizer.update(weights, network.params.gradient()));
            Ok(())
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
