//! The f-divergences: f, f', f* over scalars, and g and h = f*∘g for both heads over any [`Real`].
//!
//! Log-ratio head: the score estimates log(p/q), T = f'(e^v), h(v) = e^v f'(e^v) − f(e^v). Paper's head: the output
//! activations of Nowozin, Cseke, Tomioka 2016 (arXiv:1606.00709), table 6.

use std::f64::consts::LN_2;

use super::{About, Divergence, Formulas, Real};
use crate::config::{GeneratorLoss, Head};

/// x log x, continued by 0 at 0.
fn xlogx(x: f64) -> f64 {
    if x == 0.0 { 0.0 } else { x * x.ln() }
}

/// A conjugate that is finite only below `end`.
fn below(t: f64, end: f64, value: impl FnOnce() -> f64) -> f64 {
    if t < end { value() } else { f64::INFINITY }
}

/// The vanilla GAN (Goodfellow et al. 2014, arXiv:1406.2661): D(x) = σ(v), F = E_P\[log D\] + E_Q\[log(1 − D)\].
pub struct Gan;

impl Formulas for Gan {
    const ABOUT: About = About {
        name: "gan",
        title: "vanilla GAN, 2·JSD − log 4",
        formula: "f(u) = u log u − (u+1) log(u+1)",
        non_saturating: "KL(Q‖P) − 2·JSD",
        auto: GeneratorLoss::NonSaturating,
        lipschitz: false,
        jensen_shannon: Some(|bound| bound / 2.0 + LN_2),
    };

    fn value<R: Real>(&self, _head: Head, v: &R) -> R {
        v.negated().softplus().negated()
    }

    fn penalty<R: Real>(&self, _head: Head, v: &R) -> R {
        v.softplus()
    }

    fn soft_clamp(&self, _head: Head) -> Option<f64> {
        None
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
pub struct JensenShannon;

impl Formulas for JensenShannon {
    const ABOUT: About = About {
        name: "js",
        title: "Jensen–Shannon, 2·JSD",
        formula: "f(u) = u log u − (u+1) log((u+1)/2)",
        non_saturating: "KL(Q‖P) − 2·JSD",
        auto: GeneratorLoss::NonSaturating,
        lipschitz: false,
        jensen_shannon: Some(|bound| bound / 2.0),
    };

    fn value<R: Real>(&self, _head: Head, v: &R) -> R {
        v.negated().softplus().negated().shifted(LN_2)
    }

    fn penalty<R: Real>(&self, _head: Head, v: &R) -> R {
        v.softplus().shifted(-LN_2)
    }

    fn soft_clamp(&self, _head: Head) -> Option<f64> {
        None
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

/// Kullback–Leibler: D_f = ∫ p log(p/q).
pub struct KullbackLeibler;

impl Formulas for KullbackLeibler {
    const ABOUT: About = About {
        name: "kl",
        title: "Kullback–Leibler, KL(P‖Q)",
        formula: "f(u) = u log u",
        non_saturating: "reverse KL",
        auto: GeneratorLoss::NonSaturating,
        lipschitz: false,
        jensen_shannon: None,
    };

    fn value<R: Real>(&self, head: Head, v: &R) -> R {
        match head {
            Head::LogRatio => v.shifted(1.0),
            Head::Paper => v.same(),
        }
    }

    fn penalty<R: Real>(&self, head: Head, v: &R) -> R {
        match head {
            Head::LogRatio => v.exp(),
            Head::Paper => v.shifted(-1.0).exp(),
        }
    }

    fn soft_clamp(&self, _head: Head) -> Option<f64> {
        Some(15.0)
    }

    fn divergence(&self) -> Option<&dyn Divergence> {
        Some(self)
    }
}

impl Divergence for KullbackLeibler {
    fn f(&self, u: f64) -> f64 {
        xlogx(u)
    }

    fn derivative(&self, u: f64) -> f64 {
        1.0 + u.ln()
    }

    fn conjugate(&self, t: f64) -> f64 {
        (t - 1.0).exp()
    }

    fn domain_end(&self) -> f64 {
        f64::INFINITY
    }
}

/// Reverse Kullback–Leibler: D_f = ∫ q log(q/p).
pub struct ReverseKl;

impl Formulas for ReverseKl {
    const ABOUT: About = About {
        name: "reverse-kl",
        title: "reverse Kullback–Leibler, KL(Q‖P)",
        formula: "f(u) = −log u",
        non_saturating: "½ Neyman χ²",
        auto: GeneratorLoss::Saturating,
        lipschitz: false,
        jensen_shannon: None,
    };

    fn value<R: Real>(&self, _head: Head, v: &R) -> R {
        v.negated().exp().negated()
    }

    fn penalty<R: Real>(&self, _head: Head, v: &R) -> R {
        v.shifted(-1.0)
    }

    fn soft_clamp(&self, _head: Head) -> Option<f64> {
        Some(15.0)
    }

    fn divergence(&self) -> Option<&dyn Divergence> {
        Some(self)
    }
}

impl Divergence for ReverseKl {
    fn f(&self, u: f64) -> f64 {
        -u.ln()
    }

    fn derivative(&self, u: f64) -> f64 {
        -1.0 / u
    }

    fn conjugate(&self, t: f64) -> f64 {
        below(t, 0.0, || -1.0 - (-t).ln())
    }

    fn domain_end(&self) -> f64 {
        0.0
    }
}

/// Pearson χ²: D_f = ∫ (p − q)²/q. With the paper's head h(v) = v²/4 + v lies above f* for v < −2, so F stays a
/// lower bound there.
pub struct Pearson;

impl Formulas for Pearson {
    const ABOUT: About = About {
        name: "pearson",
        title: "Pearson χ²",
        formula: "f(u) = (u − 1)²",
        non_saturating: "2·KL(P‖Q)",
        auto: GeneratorLoss::NonSaturating,
        lipschitz: false,
        jensen_shannon: None,
    };

    fn value<R: Real>(&self, head: Head, v: &R) -> R {
        match head {
            Head::LogRatio => v.exp_m1().times(2.0),
            Head::Paper => v.same(),
        }
    }

    fn penalty<R: Real>(&self, head: Head, v: &R) -> R {
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

/// Squared Hellinger: D_f = ∫ (√p − √q)².
pub struct Hellinger;

impl Formulas for Hellinger {
    const ABOUT: About = About {
        name: "hellinger",
        title: "squared Hellinger",
        formula: "f(u) = (√u − 1)²",
        non_saturating: "the h-divergence with h'' = ½ u^(−5/2)",
        auto: GeneratorLoss::NonSaturating,
        lipschitz: false,
        jensen_shannon: None,
    };

    fn value<R: Real>(&self, head: Head, v: &R) -> R {
        match head {
            Head::LogRatio => v.times(-0.5).exp_m1().negated(),
            Head::Paper => v.negated().exp_m1().negated(),
        }
    }

    fn penalty<R: Real>(&self, head: Head, v: &R) -> R {
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
