//! The two χ² divergences.

use super::about::About;
use super::{Divergence, Formulas, Real};
use crate::domain::{GeneratorLoss, Head};

/// Pearson χ²: D_f = ∫ (p − q)²/q. With the paper's head h(v) = v²/4 + v lies above f* for v < −2, so F stays a
/// lower bound there.
#[derive(Clone, Copy)]
pub struct Pearson;

impl Formulas for Pearson {
    const ABOUT: About = About {
        name: "pearson",
        title: "Pearson χ²",
        formula: "f(u) = (u − 1)²",
        conjugate: "t²/4 + t for t ≥ −2, else −1",
        domain: "all t",
        optimal: "2(u − 1)",
        terms: &[["log-ratio head", "T = 2 expm1(v), f*(T) = expm1(2v)"], ["paper's head", "T = v, f*(T) = v²/4 + v"]],
        non_saturating: "2·KL(P‖Q)",
        when: "To punish missing mass harder still than KL: where p is many times q it grows with the square. With the \
               paper's head the critic's loss is a quadratic in its output, easy to fit.",
        trouble: "It is infinite for tails of P that are more than √2 times as wide as Q's, and its bound is noisy long \
                  before. A small learning rate and large batches help.",
        ..About::USUAL
    };

    fn value<R: Real>(&self, head: Head, v: &R) -> R {
        match head {
            Head::LogRatio => v.exp_m1().times(2.0),
            Head::Paper => v.same(),
        }
    }

    fn conjugate<R: Real>(&self, head: Head, v: &R) -> R {
        match head {
            Head::LogRatio => v.times(2.0).exp_m1(),
            Head::Paper => v.squared().times(0.25).plus(v),
        }
    }

    fn soft_clamp(&self, head: Head) -> Option<f64> {
        match head {
            Head::LogRatio => Some(8.0),
            // v is the critic value itself and h a polynomial: nothing overflows, and 8 would cap p/q at 5.
            Head::Paper => None,
        }
    }

    fn divergence(&self) -> Option<&dyn Divergence> {
        Some(self)
    }

    fn log_ratio(&self, head: Head, v: f64) -> Option<f64> {
        Some(match head {
            Head::LogRatio => v,
            Head::Paper => (0.5 * v).max(-1.0).ln_1p(),
        })
    }
}

impl Divergence for Pearson {
    fn f(&self, u: f64) -> f64 {
        (u - 1.0).powi(2)
    }

    fn derivative(&self, u: f64) -> f64 {
        2.0 * (u - 1.0)
    }

    fn conjugate(&self, t: f64) -> f64 {
        if t < -2.0 { -1.0 } else { t * t / 4.0 + t }
    }

    fn domain_end(&self) -> f64 {
        f64::INFINITY
    }
}

/// Neyman χ²: D_f = ∫ (p − q)²/p.
#[derive(Clone, Copy)]
pub struct Neyman;

impl Formulas for Neyman {
    const ABOUT: About = About {
        name: "neyman",
        title: "Neyman χ²",
        formula: "f(u) = (1 − u)²/u",
        conjugate: "2 − 2√(1−t)",
        domain: "t ≤ 1",
        optimal: "1 − 1/u²",
        terms: &[
            ["log-ratio head", "T = −expm1(−2v), f*(T) = −2 expm1(−v)"],
            ["paper's head", "T = −expm1(−v), f*(T) = −2 expm1(−v/2)"],
        ],
        non_saturating: "2·(α-divergence of α = −2)",
        when: "To punish mass where the data has none harder still than reverse KL. The saturating loss is the default: the \
               other minimises something harsher yet.",
        trouble: "It is infinite for tails of Q that are more than √2 times as wide as P's, drops modes, and is noisy: the \
                  weight of a generated sample is q/p.",
        ..About::USUAL
    };

    fn auto(&self) -> GeneratorLoss {
        GeneratorLoss::Saturating
    }

    fn value<R: Real>(&self, head: Head, v: &R) -> R {
        match head {
            Head::LogRatio => v.times(-2.0).exp_m1().negated(),
            Head::Paper => v.negated().exp_m1().negated(),
        }
    }

    fn conjugate<R: Real>(&self, head: Head, v: &R) -> R {
        match head {
            Head::LogRatio => v.negated().exp_m1().times(-2.0),
            Head::Paper => v.times(-0.5).exp_m1().times(-2.0),
        }
    }

    fn soft_clamp(&self, head: Head) -> Option<f64> {
        match head {
            Head::LogRatio => Some(8.0),
            // The score is twice the log of the ratio: the same ratios, the same powers of e.
            Head::Paper => Some(16.0),
        }
    }

    fn divergence(&self) -> Option<&dyn Divergence> {
        Some(self)
    }

    fn log_ratio(&self, head: Head, v: f64) -> Option<f64> {
        Some(match head {
            Head::LogRatio => v,
            Head::Paper => 0.5 * v,
        })
    }
}

impl Divergence for Neyman {
    fn f(&self, u: f64) -> f64 {
        (1.0 - u).powi(2) / u
    }

    fn derivative(&self, u: f64) -> f64 {
        1.0 - 1.0 / (u * u)
    }

    fn conjugate(&self, t: f64) -> f64 {
        if t <= 1.0 { 2.0 - 2.0 * (1.0 - t).sqrt() } else { f64::INFINITY }
    }

    fn domain_end(&self) -> f64 {
        1.0
    }
}
