//! Total variation.

use super::about::About;
use super::{Divergence, Formulas, Real};
use crate::domain::Head;

/// Total variation: D_f = ½ ∫ |p − q|, between 0 and 1. Its optimal critic jumps from −½ to ½ where p = q; a score
/// bends the jump, so that no finite score reaches the bound but every large one comes near.
#[derive(Clone, Copy)]
pub struct TotalVariation;

impl Formulas for TotalVariation {
    const ABOUT: About = About {
        name: "total-variation",
        title: "total variation",
        formula: "f(u) = ½ |u − 1|",
        conjugate: "max(t, −½)",
        domain: "t ≤ ½",
        optimal: "½ sign(u − 1)",
        terms: &[["both heads", "T = f*(T) = ½ tanh v"]],
        non_saturating: "the same: both forms of the generator's loss are −E_Q[T]",
        when: "The largest difference in probability that any event can have: easy to read, from 0 to 1.",
        trouble: "An optimal critic is flat on either side of p = q, so it leaves the generator no gradient; keep the critic \
                  weak, or use it to measure and not to train.",
        ..About::USUAL
    };

    fn value<R: Real>(&self, _head: Head, v: &R) -> R {
        v.tanh().times(0.5)
    }

    fn conjugate<R: Real>(&self, _head: Head, v: &R) -> R {
        v.tanh().times(0.5)
    }

    fn divergence(&self) -> Option<&dyn Divergence> {
        Some(self)
    }

    /// The sign of T* says which of p and q is the larger, and no more.
    fn log_ratio(&self, _head: Head, _v: f64) -> Option<f64> {
        None
    }
}

impl Divergence for TotalVariation {
    fn f(&self, u: f64) -> f64 {
        0.5 * (u - 1.0).abs()
    }

    /// At the kink, u = 1, the middle of its subgradients.
    fn derivative(&self, u: f64) -> f64 {
        if u == 1.0 { 0.0 } else { 0.5f64.copysign(u - 1.0) }
    }

    fn conjugate(&self, t: f64) -> f64 {
        if t <= 0.5 { t.max(-0.5) } else { f64::INFINITY }
    }

    fn domain_end(&self) -> f64 {
        0.5
    }
}
