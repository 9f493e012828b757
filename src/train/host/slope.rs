//! The second derivative written out: how a penalty on the slope ‖∇V(x)‖ at some points changes with the weights.
//!
//! A pass forward and one back from a rise of 1 give the slopes' gradients, δ_l being the rise of what goes into the
//! activation of stage l and ∇V = W₁ᵀδ₁. With u the penalty's derivative with respect to ∇V, the penalty's derivative
//! with respect to the weights is that of u·∇V, u held fixed: a directional derivative of the whole network (Pearlmutter
//! 1994, Fast Exact Multiplication by the Hessian). So u goes forward through the linearised network, t₀ = u,
//! ż_l = W_l·t_{l−1}, t_l = φ'(z_l)·ż_l, and the gradient of W_l has the part δ_l·t_{l−1}ᵀ. Where an activation bends, its
//! derivative changes too: φ''(z_l)·ż_l times the rise of its output is a rise e_l of what goes in, which goes back
//! through the network like any other, W_l getting e_l·a_{l−1}ᵀ, and a bias e_l.

use std::ops::Range;

use super::function::{self, bends};
use super::pass::{Buffers, Pass, of, of_mut};
use super::plan::Stage;
use super::sum;

impl Buffers {
    /// What the derivative of the activation is told from, at these rows.
    fn seen(&self, rows: &Range<usize>, width: usize) -> &[f32] {
        of(if self.inner.is_empty() { &self.output } else { &self.inner }, rows, width)
    }
}

/// Whether any activation bends.
pub fn curved(stages: &[Stage]) -> bool {
    stages.iter().any(|stage| stage.activation.is_some_and(bends))
}

impl Pass {
    /// Sends what stands in the input at the rows `points` forward through the linearised network, over the activations
    /// that stand there: they move to as many rows behind, and with them, where activations bend, the rises that come of
    /// that. Goes before [`Pass::gradient`], to which these rows then are rows as others are. [`Pass::backward`] went
    /// before, keeping the rises of `points`; the input there was moved by whoever wrote over it.
    pub fn tangent(&mut self, stages: &[Stage], weights: &[f32], points: &Range<usize>) {
        let behind = points.end..points.end + points.len();
        let curved = curved(stages);
        let mut input = &self.input;
        for (i, (stage, buffers)) in stages.iter().zip(&mut self.stages).enumerate() {
            let width = stage.outputs;
            if stage.activation.is_none() && i + 1 == stages.len() {
                // Where the score leaves, nothing bends, and nobody asks further.
                of_mut(&mut buffers.rise, &behind, width).fill(0.0);
                break;
            }
            buffers.output.copy_within(points.start * width..points.end * width, behind.start * width);
            if !buffers.inner.is_empty() {
                buffers.inner.copy_within(points.start * width..points.end * width, behind.start * width);
            }
            let Buffers { output, rise, inner, .. } = &mut *buffers;
            let (before, after) = output.split_at_mut(behind.start * width);
            let tangent = &mut before[points.start * width..];
            stage.unshifted(weights, of(input, points, stage.inputs), tangent);
            let seen = if inner.is_empty() { &after[..points.len() * width] } else { of(inner, &behind, width) };
            if curved {
                let rise = of_mut(rise, &behind, width);
                match stage.activation {
                    Some(activation) => function::bend(activation, rise, seen, tangent),
                    None => rise.fill(0.0),
                }
            }
            if let Some(activation) = stage.activation {
                function::backward(activation, tangent, seen);
            }
            input = &buffers.output;
        }
        if curved {
            self.bends_backward(stages, weights, &behind);
        }
    }

    /// From the rises that come of bends at these rows to those that go back through the network with them.
    fn bends_backward(&mut self, stages: &[Stage], weights: &[f32], rows: &Range<usize>) {
        for (i, stage) in stages.iter().enumerate().skip(1).rev() {
            let (before, here) = self.stages.split_at_mut(i);
            let (Some(before), Some(buffers)) = (before.last_mut(), here.first()) else { continue };
            if stage.activation.is_none() && i + 1 == stages.len() {
                continue;
            }
            let n = rows.len() * stage.inputs;
            self.room.resize(n.max(self.room.len()), 0.0);
            let room = &mut self.room[..n];
            stage.further(weights, buffers, rows, room);
            if let Some(activation) = stages[i - 1].activation {
                function::backward(activation, room, before.seen(rows, stage.inputs));
            }
            sum::add(of_mut(&mut before.rise, rows, stage.inputs), room);
        }
    }
}
