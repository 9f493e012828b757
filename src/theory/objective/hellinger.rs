//! The squared Hellinger distance.

use super::about::About;
use super::{Divergence, Formulas, Real, below};
use crate::domain::Head;

/// Squared Hellinger: D_f = ∫ (√p − √q)², between 0 and 2.
#[derive(Clone, Copy)]
pub struct Hellinger;

impl Formulas for Hellinger {
    const ABOUT: About = About {
        name: "hellinger",
        title: "squared Hellinger",
        formula: "f(u) = (√u − 1)²",
        conjugate: "t/(1 − t)",
        domain: "t < 1",
        optimal: "1 − 1/√u",
        terms: &[
            ["log-ratio head", "T = −expm1(−v/2), f*(T) = expm1(v/2)"],
            ["paper's head", "T = −expm1(−v), f*(T) = expm1(v)"],
        ],
        non_saturating: "the h-divergence with h'' = ½ u^(−5/2)",
        when: "A symmetric middle way: finite for any P and Q, like js, with half the exponents of the KLs and so less \
               noise.",
        trouble: "It is bounded by 2: on disjoint supports it stands there and says nothing of the distance.",
        ..About::USUAL
    };

    fn value<R: Real>(&self, head: Head, v: &R) -> R {
        match head {
            Head::LogRatio => v.times(-0.5).exp_m1().negated(),
            Head::Paper => v.negated().exp_m1().negated(),
        }
    }

    fn conjugate<R: Real>(&self, head: Head, v: &R) -> R {
        match head {
            Head::LogRatio => v.times(0.5).exp_m1(),
            Head::Paper => v.exp_m1(),
        }
    }

    fn soft_clamp(&self, _head: Head) -> Option<f64> {
        Some(15.0)
    }

    fn divergence(&self) -> Option<&dyn Divergence> {
        Some(self)
    }

    fn log_ratio(&self, head: Head, v: f64) -> Option<f64> {
        Some(match head {
            Head::LogRatio => v,
            Head::Paper => 2.0 * v,
        })
    }
}

impl Divergence for Hellinger {
    fn f(&self, u: f64) -> f64 {
        (u.sqrt() - 1.0).powi(2)
    }

    fn derivative(&self, u: f64) -> f64 {
        1.0 - 1.0 / u.sqrt()
    }

    fn conjugate(&self, t: f64) -> f64 {
        below(t, 1.0, || t / (1.0 - t))
    }

    fn domain_end(&self) -> f64 {
        1.0
    }
}
