//! The one place where a gradient may be reduced over processes: between its computation and its update.

use tch::Tensor;

use crate::link::Player;

/// Brings a player's gradient, and the figures measured with it, to their means over all processes that train one run.
/// Every process calls it as often, in the same order. It changes both in place, and not their lengths; the figures of
/// one kind of update are always as many.
pub trait Reduce {
    /// A flat gradient on the host.
    fn numbers(&mut self, player: Player, gradient: &mut [f32], figures: &mut dyn Iterator<Item = &mut f32>);

    /// A flat gradient on the device, \[n\].
    fn tensors(&mut self, player: Player, gradient: &mut Tensor, figures: &mut dyn Iterator<Item = &mut Tensor>);
}

/// One process alone: the mean over it is what it has.
#[derive(Debug)]
pub struct Alone;

impl Reduce for Alone {
    fn numbers(&mut self, _: Player, _: &mut [f32], _: &mut dyn Iterator<Item = &mut f32>) {}

    fn tensors(&mut self, _: Player, _: &mut Tensor, _: &mut dyn Iterator<Item = &mut Tensor>) {}
}
