//! Kullback–Leibler in both directions, and Jeffrey's divergence, their sum.

use super::about::About;
use super::{Divergence, Formulas, Real, below, xlogx};
use crate::domain::{GeneratorLoss, Head};

/// Kullback–Leibler: D_f = ∫ p log(p/q).
#[derive(Clone, Copy)]
pub struct KullbackLeibler;

impl Formulas for KullbackLeibler {
    const ABOUT: About = About {
        name: "kl",
        title: "Kullback–Leibler, KL(P‖Q)",
        formula: "f(u) = u log u",
        conjugate: "e^(t−1)",
        domain: "all t",
        optimal: "1 + log u",
        terms: &[["log-ratio head", "T = 1 + v, f*(T) = e^v"], ["paper's head", "T = v, f*(T) = e^(v−1)"]],
        non_saturating: "reverse KL",
        when: "Maximum likelihood: with the saturating loss the generator must put mass wherever the data has some, and \
               covers every mode, at the price of samples between them.",
        trouble: "It is infinite where Q has no mass and P has. The bound's variance grows like e^KL, for e^v is averaged \
                  over generated samples. The non-saturating form minimises reverse KL instead, which drops modes.",
        ..About::USUAL
    };

    fn value<R: Real>(&self, head: Head, v: &R) -> R {
        match head {
            Head::LogRatio => v.shifted(1.0),
            Head::Paper => v.same(),
        }
    }

    fn conjugate<R: Real>(&self, head: Head, v: &R) -> R {
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

    fn log_ratio(&self, head: Head, v: f64) -> Option<f64> {
        Some(match head {
            Head::LogRatio => v,
            Head::Paper => v - 1.0,
        })
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
#[derive(Clone, Copy)]
pub struct ReverseKl;

impl Formulas for ReverseKl {
    const ABOUT: About = About {
        name: "reverse-kl",
        title: "reverse Kullback–Leibler, KL(Q‖P)",
        formula: "f(u) = −log u",
        conjugate: "−1 − log(−t)",
        domain: "t < 0",
        optimal: "−1/u",
        terms: &[["both heads", "T = −e^(−v), f*(T) = v − 1"]],
        non_saturating: "½ Neyman χ²",
        when: "Where every sample must be good and a missing mode is no harm: the generator is punished for mass where the \
               data has none. The saturating loss, −E_Q[v − 1], has a constant weight and is the default.",
        trouble: "It drops modes: it is finite, and may be small, for a generator that covers one of them. It is infinite \
                  where P has no mass and Q has.",
        ..About::USUAL
    };

    fn auto(&self) -> GeneratorLoss {
        GeneratorLoss::Saturating
    }

    fn value<R: Real>(&self, _head: Head, v: &R) -> R {
        v.negated().exp().negated()
    }

    fn conjugate<R: Real>(&self, _head: Head, v: &R) -> R {
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

/// Jeffrey: D_f = KL(P‖Q) + KL(Q‖P).
#[derive(Clone, Copy)]
pub struct Jeffrey;

/// Newton's steps from the start of [`ratio`] to the last digit, for −300 ≤ t ≤ 300.
const NEWTON_STEPS: usize = 4;

/// x = log u where f'(u) = x + 1 − e^−x = t. Lambert's W in other words: e^−x = W(e^(1−t)). The equation is solved
/// without a gradient; one more step with it has the solution's gradient, 1/(1 + e^−x).
fn ratio<R: Real>(t: &R) -> R {
    let fixed = t.detached();
    let mut x =
        fixed.split(0.0, |t| t.negated().ln_1p().negated(), |t| t.split(2.0, |t| t.times(0.5), |t| t.shifted(-1.0)));
    for _ in 0..NEWTON_STEPS {
        x = newton(&x, &fixed);
    }
    newton(&x, t)
}

fn newton<R: Real>(x: &R, t: &R) -> R {
    let inverse = x.negated().exp();
    let excess = x.shifted(1.0).minus(&inverse).minus(t);
    x.minus(&excess.over(&inverse.shifted(1.0)))
}

impl Formulas for Jeffrey {
    const ABOUT: About = About {
        name: "jeffrey",
        title: "Jeffrey, KL(P‖Q) + KL(Q‖P)",
        formula: "f(u) = (u−1) log u",
        conjugate: "W + 1/W + t − 2, W = W0(e^(1−t))",
        domain: "all t",
        optimal: "log u + 1 − 1/u",
        terms: &[
            ["log-ratio head", "T = v − expm1(−v), f*(T) = expm1(v) + v"],
            ["paper's head", "T = v, f*(T) = e^x + x − 1 where x + 1 − e^(−x) = v"],
        ],
        non_saturating: "KL(Q‖P) + ½ Neyman χ²",
        when: "Where both faults count: mass that is missing and mass that is too much.",
        trouble: "It is infinite where either has mass and the other has none, and noisy before: both e^v and e^(−v) are \
                  averaged. With the paper's head it settles several times slower than with the log-ratio head.",
        ..About::USUAL
    };

    fn value<R: Real>(&self, head: Head, v: &R) -> R {
        match head {
            Head::LogRatio => v.minus(&v.negated().exp_m1()),
            Head::Paper => v.same(),
        }
    }

    fn conjugate<R: Real>(&self, head: Head, v: &R) -> R {
        match head {
            Head::LogRatio => v.exp_m1().plus(v),
            Head::Paper => {
                let x = ratio(v);
                x.exp_m1().plus(&x)
            }
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
            Head::Paper => ratio(&v),
        })
    }
}

impl Divergence for Jeffrey {
    fn f(&self, u: f64) -> f64 {
        (u - 1.0) * u.ln()
    }

    fn derivative(&self, u: f64) -> f64 {
        u.ln() + 1.0 - 1.0 / u
    }

    fn conjugate(&self, t: f64) -> f64 {
        let x = ratio(&t);
        x.exp_m1() + x
    }

    fn domain_end(&self) -> f64 {
        f64::INFINITY
    }
}
