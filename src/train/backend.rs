//! Backends: what computes a step's gradients, and applies them.
//!
//! [`autograd`] knows every layer and constraint. The explicit ones write the passes out, for the layers that
//! [`layers`] lists: [`tape`] on tensors, on any device, and [`host`] in plain numbers on the CPU. They agree to
//! rounding. The loop of a step, [`super::step`], stands once for all of them; start reading there. [`choice`] says
//! which one a run gets.

mod autograd;
mod choice;
mod figures;
mod host;
mod lane;
mod layers;
mod players;
mod reduce;
mod tape;
mod tensors;
#[cfg(test)]
mod tests;

use std::fmt;

use super::draw::Drawn;
use super::guard::Guard;
use crate::config::{Constraint, EngineChoice, LayerKind, Unsupported};
use crate::link::Player;
pub use choice::AnyBackend;
pub use figures::{CriticFigures, Figure, ScoreFigures};
pub use host::gradients;
pub use players::{Losses, Players, Trained};
pub use reduce::{Alone, Reduce};
pub use tensors::on_device;

/// The backend that computes the gradients of two networks, and updates them.
///
/// A player's gradient stays with the backend from the call that computes it to [`Backend::apply`]. Figures are means
/// over the batch.
pub trait Backend: fmt::Debug {
    /// A scalar that was measured, wherever that is.
    type Figure: Figure;

    /// Its name in configs.
    const ENGINE: EngineChoice;

    /// Whether it knows networks of these layers, and a critic under this constraint.
    ///
    /// # Errors
    ///
    /// The first layer, or the constraint, that it does not know.
    fn supports(layers: &[LayerKind], constraint: &Constraint) -> Result<(), Unsupported>;

    /// A step begins, with these weights.
    fn begin(&mut self, _players: &Players, _losses: &Losses<'_>) {}

    /// The critic's gradient at the batch.
    fn critic(&mut self, players: &mut Players, losses: &Losses<'_>, drawn: &mut Drawn) -> CriticFigures<Self::Figure>;

    /// The same for a step's last critic update, with what only the step's record needs.
    fn critic_recorded(
        &mut self,
        players: &mut Players,
        losses: &Losses<'_>,
        drawn: &mut Drawn,
    ) -> (CriticFigures<Self::Figure>, ScoreFigures<Self::Figure>);

    /// The generator's gradient at the batch's noise, and its loss.
    fn generator(&mut self, players: &mut Players, losses: &Losses<'_>, drawn: &mut Drawn) -> Self::Figure;

    /// Both gradients from the same point: what [`Backend::critic_recorded`] and [`Backend::generator`] find.
    fn both(
        &mut self,
        players: &mut Players,
        losses: &Losses<'_>,
        drawn: &mut Drawn,
    ) -> (CriticFigures<Self::Figure>, ScoreFigures<Self::Figure>, Self::Figure);

    /// Lends a player's gradient to `reduce`, with the figures that were measured with it, and returns the norm of the
    /// gradient that it leaves.
    fn reduce(
        &mut self,
        player: Player,
        players: &Players,
        reduce: &mut dyn Reduce,
        figures: &mut dyn Iterator<Item = &mut Self::Figure>,
    ) -> Self::Figure;

    /// Updates a player's weights along its gradient, where `guard` lets it through. After the critic's comes what its
    /// constraint does to its weights, so that the generator never sees a critic without it.
    fn apply(&mut self, player: Player, players: &mut Players, constraint: &Constraint, guard: &Guard);

    /// The share of the critic's weights that lie at the ends of the clip range.
    fn share_at_clip(&self, players: &Players, clip: f64) -> Self::Figure;

    /// A number as a figure.
    fn figure(&self, players: &Players, number: f64) -> Self::Figure;

    /// Brings the players' tensors up to date, where the weights are elsewhere.
    fn settle(&self, _players: &Players) {}

    /// Somebody is about to change the players' tensors, or the losses, after [`Backend::settle`].
    fn unsettle(&mut self) {}
}
