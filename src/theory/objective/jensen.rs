//! Jensen–Shannon and its kin: the vanilla GAN's objective is 2·JSD − log 4, and the weighted form leans to one side.

use std::f64::consts::LN_2;

use super::about::{About, Parameter};
use super::{Divergence, Formulas, Real, below, xlogx};
use crate::domain::{Head, choice};

/// The vanilla GAN: D(x) = σ(v), F = E_P\[log D\] + E_Q\[log(1 − D)\].
#[derive(Clone, Copy)]
pub struct Gan;

impl Formulas for Gan {
    const ABOUT: About = About {
        name: "gan",
        title: "vanilla GAN, 2·JSD − log 4",
        formula: "f(u) = u log u − (u+1) log(u+1)",
        conjugate: "−log(1 − e^t)",
        domain: "t < 0",
        optimal: "log(u/(1+u))",
        terms: &[["both heads", "T = −softplus(−v), f*(T) = softplus(v)"]],
        non_saturating: "KL(Q‖P) − 2·JSD",
        when: "The reference: the critic is a classifier, real against generated, and σ(v) is its probability of real. \
               Its critic values are bounded above and its gradients never explode.",
        trouble: "Where P and Q hardly overlap the bound stands at its maximum, 0, whatever the generator does; the \
                  saturating loss then has no gradient, and the non-saturating one is noisy. Modes are dropped, since the \
                  non-saturating form leans to reverse KL.",
        paper: "Goodfellow et al. 2014, Generative Adversarial Nets, arXiv:1406.2661",
        jensen_shannon: Some(|bound| bound / 2.0 + LN_2),
        ..About::USUAL
    };

    fn value<R: Real>(&self, _head: Head, v: &R) -> R {
        v.negated().softplus().negated()
    }

    fn conjugate<R: Real>(&self, _head: Head, v: &R) -> R {
        v.softplus()
    }

    fn divergence(&self) -> Option<&dyn Divergence> {
        Some(self)
    }
}

impl Divergence for Gan {
    fn f(&self, u: f64) -> f64 {
        xlogx(u) - xlogx(u + 1.0)
    }

    fn derivative(&self, u: f64) -> f64 {
        -(1.0 / u).ln_1p()
    }

    fn conjugate(&self, t: f64) -> f64 {
        below(t, 0.0, || -(-t.exp_m1()).ln())
    }

    fn domain_end(&self) -> f64 {
        0.0
    }
}

/// Jensen–Shannon: D_f = 2·JSD(P, Q), between 0 and 2 log 2.
#[derive(Clone, Copy)]
pub struct JensenShannon;

impl Formulas for JensenShannon {
    const ABOUT: About = About {
        name: "js",
        title: "Jensen–Shannon, 2·JSD",
        formula: "f(u) = u log u − (u+1) log((u+1)/2)",
        conjugate: "−log(2 − e^t)",
        domain: "t < log 2",
        optimal: "log(2u/(1+u))",
        terms: &[["both heads", "T = log 2 − softplus(−v), f*(T) = softplus(v) − log 2"]],
        non_saturating: "KL(Q‖P) − 2·JSD",
        when: "As gan, with the same gradients, but the bound is 0 where P = Q and at most 2 log 2: half of it is an \
               estimate of the Jensen–Shannon divergence.",
        trouble: "That of gan: on disjoint supports it stands at 2 log 2 and says nothing of the distance.",
        jensen_shannon: Some(|bound| bound / 2.0),
        ..About::USUAL
    };

    fn value<R: Real>(&self, _head: Head, v: &R) -> R {
        v.negated().softplus().negated().shifted(LN_2)
    }

    fn conjugate<R: Real>(&self, _head: Head, v: &R) -> R {
        v.softplus().shifted(-LN_2)
    }

    fn divergence(&self) -> Option<&dyn Divergence> {
        Some(self)
    }
}

impl Divergence for JensenShannon {
    fn f(&self, u: f64) -> f64 {
        xlogx(u) - xlogx(u + 1.0) + (u + 1.0) * LN_2
    }

    fn derivative(&self, u: f64) -> f64 {
        LN_2 - (1.0 / u).ln_1p()
    }

    fn conjugate(&self, t: f64) -> f64 {
        below(t, LN_2, || -(2.0 - t.exp()).ln())
    }

    fn domain_end(&self) -> f64 {
        LN_2
    }
}

/// Jensen–Shannon weighted by π in (0, 1): D_f = π KL(P‖M) + (1 − π) KL(Q‖M) with M = πP + (1 − π)Q. π = ½ is JSD.
#[derive(Clone, Copy)]
pub struct Weighted {
    pi: f64,
}

impl Weighted {
    /// With the weight that configs start from.
    pub const DEFAULT: Weighted = Weighted { pi: choice::OBJECTIVE_PI };

    /// log(π/(1 − π))
    fn logit(self) -> f64 {
        self.pi.ln() - self.rest().ln()
    }

    /// 1 − π
    fn rest(self) -> f64 {
        1.0 - self.pi
    }
}

impl Formulas for Weighted {
    const ABOUT: About = About {
        name: "js-weighted",
        title: "Jensen–Shannon weighted by π",
        formula: "f(u) = π u log u − m log m, m = 1−π+π u",
        conjugate: "(1−π) log[(1−π)/(1 − π e^(t/π))]",
        domain: "t < −π log π",
        optimal: "π log(u/(1−π+π u))",
        terms: &[
            [
                "log-ratio head",
                "T = −π(log π + softplus(−v − logit π)), f*(T) = (1−π)(log(1−π) + softplus(v + logit π))",
            ],
            ["paper's head", "T = −π log π − softplus(−v), f*(T) = (1−π)[log(1−π) − log(1 − e^(−softplus(−v)/π))]"],
        ],
        non_saturating: "π·KL(Q‖P) − π/(1−π)·JSw",
        when: "To lean from the one KL to the other: divided by π(1−π) it tends to KL(P‖Q) as π goes to 0 and to KL(Q‖P) \
               as π goes to 1. objective.pi sets π; at ½ it is the Jensen–Shannon divergence itself.",
        trouble: "That of js: it is bounded, so it says nothing of the distance between disjoint supports; near 0 or 1 it is \
                  small, and so are its gradients.",
        ..About::USUAL
    };

    fn with(self, settings: &crate::domain::ObjectiveChoice) -> Weighted {
        Weighted { pi: settings.pi }
    }

    fn parameter(&self) -> Option<Parameter> {
        Some(Parameter { key: "objective.pi", symbol: "π", value: self.pi })
    }

    fn value<R: Real>(&self, head: Head, v: &R) -> R {
        let ln = self.pi.ln();
        match head {
            Head::LogRatio => v.shifted(self.logit()).negated().softplus().shifted(ln).times(-self.pi),
            Head::Paper => v.negated().softplus().negated().shifted(-self.pi * ln),
        }
    }

    fn conjugate<R: Real>(&self, head: Head, v: &R) -> R {
        let (pi, ln) = (self.pi, self.rest().ln());
        let inner = match head {
            Head::LogRatio => v.shifted(self.logit()).softplus().shifted(ln),
            // log(1 − e^−x), x = softplus(−v)/π, which is −v − log π where e^−v vanishes.
            Head::Paper => v.split(
                30.0,
                |v| v.negated().softplus().times(-1.0 / pi).exp_m1().negated().ln().negated().shifted(ln),
                |v| v.shifted(ln + pi.ln()),
            ),
        };
        inner.times(self.rest())
    }

    fn divergence(&self) -> Option<&dyn Divergence> {
        Some(self)
    }

    fn log_ratio(&self, head: Head, v: f64) -> Option<f64> {
        Some(match head {
            Head::LogRatio => v,
            // π e^(T/π) is w = e^(−softplus(−v)/π), and u = (1 − π)/π · w/(1 − w).
            Head::Paper => {
                let ln_w = -v.negated().softplus() / self.pi;
                ln_w - (-ln_w.exp_m1()).ln() - self.logit()
            }
        })
    }
}

impl Divergence for Weighted {
    fn f(&self, u: f64) -> f64 {
        self.pi * xlogx(u) - xlogx(self.rest() + self.pi * u)
    }

    fn derivative(&self, u: f64) -> f64 {
        -self.pi * (self.rest() / u + self.pi).ln()
    }

    fn conjugate(&self, t: f64) -> f64 {
        below(t, self.domain_end(), || self.rest() * (self.rest() / (1.0 - self.pi * (t / self.pi).exp())).ln())
    }

    fn domain_end(&self) -> f64 {
        -self.pi * self.pi.ln()
    }
}
