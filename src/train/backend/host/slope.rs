//! The second derivative written out: how a penalty on the slope ‖∇V(x)‖ at some points changes with the weights.
//!
//! A pass forward and one back from a grad of 1 give the slopes' gradients, δ_l being the grad of what goes into the
//! activation of stage l and ∇V = W₁ᵀδ₁. With u the penalty's derivative with respect to ∇V, the penalty's derivative
//! with respect to the weights is that of u·∇V, u held fixed: a directional derivative of the whole network
//! (Pearlmutter 1994, Fast Exact Multiplication by the Hessian). So u goes forward through the linearised network, t₀ =
//! u, ż_l = W_l·t_{l−1}, t_l = φ'(z_l)·ż_l, and the gradient of W_l has the part δ_l·t_{l−1}ᵀ. Where an activation is
//! curved, its derivative changes too: φ''(z_l)·ż_l times the grad of its output is a grad e_l of what goes in, which
//! goes back through the network like any other, W_l getting e_l·a_{l−1}ᵀ, and a bias e_l.

use std::ops::Range;

use super::function::{self, has_second_derivative};
use super::pass::{Buffers, Pass, of, of_mut};
use super::plan::Stage;
use super::sum;

impl Buffers {
    /// The values from which the derivative of the activation is told, at these rows.
    fn seen(&self, rows: &Range<usize>, width: usize) -> &[f32] {
        of(if self.inner.is_empty() { &self.output } else { &self.inner }, rows, width)
    }
}

/// Whether any activation is curved.
pub fn curved(stages: &[Stage]) -> bool {
    stages.iter().any(|stage| stage.activation.is_some_and(has_second_derivative))
}

impl Pass {
    /// Sends what stands in the input at the rows `points` forward through the linearised network, over the activations
    /// that stand there: they move to as many rows behind, and with them, where activations are curved, the grads that
    /// come of that. Goes before [`Pass::gradient`], to which these rows then are rows as others are.
    /// [`Pass::backward`] went before, keeping the grads of `points`; the input there was moved by whoever wrote over
    /// it.
    pub fn tangent(&mut self, stages: &[Stage], weights: &[f32], points: &Range<usize>) {
        let behind = points.end..points.end + points.len();
        let curved = curved(stages);
        let mut input = &self.input;
        for (i, (stage, buffers)) in stages.iter().zip(&mut self.stages).enumerate() {
            let width = stage.outputs;
            if stage.activation.is_none() && i + 1 == stages.len() {
                // Where the score leaves, nothing is curved, and nobody asks further.
                of_mut(&mut buffers.grad, &behind, width).fill(0.0);
                break;
            }
            buffers.output.copy_within(points.start * width..points.end * width, behind.start * width);
            if !buffers.inner.is_empty() {
                buffers.inner.copy_within(points.start * width..points.end * width, behind.start * width);
            }
            let Buffers { output, grad, inner, .. } = &mut *buffers;
            let (before, after) = output.split_at_mut(behind.start * width);
            let tangent = &mut before[points.start * width..];
            stage.unshifted(weights, of(input, points, stage.inputs), tangent);
            let seen = if inner.is_empty() { &after[..points.len() * width] } else { of(inner, &behind, width) };
            if curved {
                let grad = of_mut(grad, &behind, width);
                match stage.activation {
                    Some(activation) => function::second_derivative(activation, grad, seen, tangent),
                    None => grad.fill(0.0),
                }
            }
            if let Some(activation) = stage.activation {
                function::backward(activation, tangent, seen);
            }
            input = &buffers.output;
        }
        if curved {
            self.second_backward(stages, weights, &behind);
        }
    }

    /// From the grads that come of curvature at these rows to those that go back through the network with them.
    fn second_backward(&mut self, stages: &[Stage], weights: &[f32], rows: &Range<usize>) {
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
            sum::add(of_mut(&mut before.grad, rows, stage.inputs), room);
        }
    }
}
