//! The α-divergences, which hold most of the others: α = 2 is ½ Pearson, α = −1 is ½ Neyman, α = ½ is 2·Hellinger², and
//! KL and reverse KL are the limits at 1 and 0.

use super::about::{About, Parameter};
use super::{Divergence, Formulas, Real};
use crate::domain::{GeneratorLoss, Head, choice};

/// The α-divergence, α neither 0 nor 1: D_f = (∫ p^α q^(1−α) − 1)/(α(α−1)).
#[derive(Clone, Copy)]
pub struct Alpha {
    alpha: f64,
}

/// With the paper's head, the largest power of e that its conjugate comes to.
const LARGEST_POWER: f64 = 30.0;

impl Alpha {
    /// With the α that configs start from.
    pub const DEFAULT: Alpha = Alpha { alpha: choice::OBJECTIVE_ALPHA };

    /// The score as both terms see it with the paper's head.
    fn paper_score<R: Real>(&self, v: &R) -> R {
        match Formulas::score_cap(self, Head::Paper) {
            Some(cap) => v.capped(cap),
            None => v.same(),
        }
    }
}

impl Formulas for Alpha {
    const ABOUT: About = About {
        name: "alpha",
        title: "α-divergence",
        formula: "f(u) = (u^α − 1 − α(u−1))/(α(α−1))",
        conjugate: "[max(1+(α−1)t, 0)^(α/(α−1)) − 1]/α",
        domain: "α < 1: t < 1/(1−α); α > 1: all t",
        optimal: "(u^(α−1) − 1)/(α−1)",
        terms: &[
            ["log-ratio head", "T = expm1((α−1)v)/(α−1), f*(T) = expm1(αv)/α"],
            ["paper's head", "α < 1: T = 1/(1−α) − softplus(−v); α > 1: T = v; f*(T) fused from f*"],
        ],
        non_saturating: "the α-divergence of α − 1",
        when: "To move between the others by one number, objective.alpha: large values cover modes, negative ones avoid bad \
               samples, ½ is symmetric.",
        trouble: "Far from ½ it is infinite for ever milder differences of the tails, and noisy before: a generated sample \
                  weighs (p/q)^α. For α < 0 the saturating loss is the default.",
        paper: "Amari 1985, Differential-Geometrical Methods in Statistics; in f-GAN, arXiv:1606.00709",
        ..About::USUAL
    };

    fn with(self, settings: &crate::domain::ObjectiveChoice) -> Alpha {
        Alpha { alpha: settings.alpha }
    }

    fn parameter(&self) -> Option<Parameter> {
        Some(Parameter { key: "objective.alpha", symbol: "α", value: self.alpha })
    }

    fn auto(&self) -> GeneratorLoss {
        if self.alpha < 0.0 { GeneratorLoss::Saturating } else { GeneratorLoss::NonSaturating }
    }

    fn value<R: Real>(&self, head: Head, v: &R) -> R {
        let a = self.alpha;
        match head {
            Head::LogRatio => v.times(a - 1.0).exp_m1().times(1.0 / (a - 1.0)),
            Head::Paper if a > 1.0 => self.paper_score(v),
            Head::Paper => self.paper_score(v).negated().softplus().negated().shifted(1.0 / (1.0 - a)),
        }
    }

    fn conjugate<R: Real>(&self, head: Head, v: &R) -> R {
        let a = self.alpha;
        match head {
            Head::LogRatio => v.times(a).exp_m1().times(1.0 / a),
            Head::Paper if a > 1.0 => {
                let base = self.paper_score(v).times(a - 1.0).shifted(1.0).positive();
                base.power(a / (a - 1.0)).shifted(-1.0).times(1.0 / a)
            }
            Head::Paper => {
                let ln = self.paper_score(v).ln_softplus_of_negative().shifted((1.0 - a).ln());
                ln.times(-a / (1.0 - a)).exp_m1().times(1.0 / a)
            }
        }
    }

    fn soft_clamp(&self, head: Head) -> Option<f64> {
        match head {
            // 8 from where the exponents are Pearson's (α = 2) or Neyman's (α = −1).
            Head::LogRatio => Some(if self.alpha.abs().max((self.alpha - 1.0).abs()) >= 2.0 { 8.0 } else { 15.0 }),
            Head::Paper => None,
        }
    }

    /// With the paper's head and α > 0, where a symmetric clamp would cut off ratios below 1 as well.
    fn score_cap(&self, head: Head) -> Option<f64> {
        let a = self.alpha;
        match head {
            Head::Paper if a > 1.0 => Some((LARGEST_POWER * (a - 1.0) / a).exp_m1() / (a - 1.0)),
            Head::Paper if a > 0.0 => Some(LARGEST_POWER * (1.0 - a) / a),
            _ => None,
        }
    }

    fn divergence(&self) -> Option<&dyn Divergence> {
        Some(self)
    }

    fn log_ratio(&self, head: Head, v: f64) -> Option<f64> {
        let a = self.alpha;
        // u^(α−1) = 1 + (α−1)T
        Some(match head {
            Head::LogRatio => v,
            Head::Paper if a > 1.0 => ((a - 1.0) * self.paper_score(&v)).max(-1.0).ln_1p() / (a - 1.0),
            Head::Paper => (self.paper_score(&v).ln_softplus_of_negative() + (1.0 - a).ln()) / (a - 1.0),
        })
    }
}

impl Divergence for Alpha {
    fn f(&self, u: f64) -> f64 {
        let a = self.alpha;
        (u.powf(a) - 1.0 - a * (u - 1.0)) / (a * (a - 1.0))
    }

    fn derivative(&self, u: f64) -> f64 {
        (u.powf(self.alpha - 1.0) - 1.0) / (self.alpha - 1.0)
    }

    fn conjugate(&self, t: f64) -> f64 {
        let a = self.alpha;
        // Below 0 the base is beyond the domain's end for α < 1, and the supremum is at u = 0 for α > 1. At the end itself
        // the power says which of the two it is.
        if a < 1.0 && t > self.domain_end() {
            return f64::INFINITY;
        }
        ((1.0 + (a - 1.0) * t).max(0.0).powf(a / (a - 1.0)) - 1.0) / a
    }

    fn domain_end(&self) -> f64 {
        if self.alpha < 1.0 { 1.0 / (1.0 - self.alpha) } else { f64::INFINITY }
    }
}
