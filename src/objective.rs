//! Objectives: what the generator and the critic play for. Pure mathematics, no training.
//!
//! Notation: P is the data, Q the model, u = p/q, v a score, T = g(v) a critic value. An objective is the pair
//! (g, h) of functions of the score in the bound F = E_P\[g(v)\] − E_Q\[h(v)\]. For an f-divergence h(v) = f*(g(v)), and
//! F ≤ D_f(P‖Q) with equality at T = f'(p/q) (Nguyen, Wainwright, Jordan 2010; Nowozin, Cseke, Tomioka 2016,
//! arXiv:1606.00709). For the Earth Mover's distance g(v) = h(v) = v (Arjovsky, Chintala, Bottou 2017, arXiv:1701.07875).
//!
//! Each row is written once, in [`Formulas`], over numbers that may be an `f64` or a tensor ([`Real`]): the trainer,
//! the tests and the screen read the same source. h is always the fused form: f*(g(v)) composed is infinite in single
//! precision from v ≈ 16.

mod divergences;
mod earth_mover;
mod real;

use tch::Tensor;

use crate::config::{GeneratorLoss, Head};
pub use real::Real;

/// Every objective, in the order in which they are shown. Adding one is a file (or a row of one) and a line here.
pub static ALL: [&dyn Objective; 7] = [
    &divergences::Gan,
    &divergences::JensenShannon,
    &divergences::KullbackLeibler,
    &divergences::ReverseKl,
    &divergences::Pearson,
    &divergences::Hellinger,
    &earth_mover::EarthMover,
];

/// The objective with this name.
pub fn find(name: &str) -> Option<&'static dyn Objective> {
    ALL.iter().copied().find(|objective| objective.about().name == name)
}

/// What a person should know of an objective.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// Its name in configs, e.g. `reverse-kl`.
    pub name: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// Its generator function f, or its definition, on one line.
    pub formula: &'static str,
    /// What the non-saturating generator really minimises at an optimal critic: the h-divergence with h'' = f''/u.
    pub non_saturating: &'static str,
    /// The generator's loss that `auto` stands for.
    pub auto: GeneratorLoss,
    /// Whether the bound means something only for a Lipschitz critic: then it needs a constraint, and it is the gap
    /// between the mean critic values itself, which must not be negative.
    pub lipschitz: bool,
    /// The Jensen–Shannon divergence that a bound estimates, in nats up to log 2, where it does.
    pub jensen_shannon: Option<fn(f64) -> f64>,
}

/// One row of the table of objectives, written over any [`Real`].
pub trait Formulas: Sync {
    /// What a person should know.
    const ABOUT: About;

    /// g(v): the critic value of a score.
    fn value<R: Real>(&self, head: Head, v: &R) -> R;

    /// h(v) = f*(g(v)), fused.
    fn penalty<R: Real>(&self, head: Head, v: &R) -> R;

    /// Scores are bent softly into (−c, c), v ← c·tanh(v/c), before both terms, where e^v could overflow. F stays a
    /// lower bound, for any score is a legal one.
    fn soft_clamp(&self, head: Head) -> Option<f64>;

    /// f, f' and f*, where the objective is an f-divergence.
    fn divergence(&self) -> Option<&dyn Divergence>;
}

/// The generator function of an f-divergence and what follows from it, over scalars.
pub trait Divergence: Sync {
    /// f(u), convex on u > 0.
    fn f(&self, u: f64) -> f64;

    /// f'(u): the optimal critic's value where p/q = u.
    fn derivative(&self, u: f64) -> f64;

    /// f*(t) = sup over u of ut − f(u): +∞ outside its domain.
    fn conjugate(&self, t: f64) -> f64;

    /// The supremum of the domain of f*; it is not in the domain unless infinite.
    fn domain_end(&self) -> f64;
}

/// An objective as the trainer, the tests and the screen use it.
pub trait Objective: Sync {
    /// What a person should know of it.
    fn about(&self) -> &'static About;

    /// T = g(v), the soft clamp included.
    fn value(&self, head: Head, v: f64) -> f64;

    /// h(v) = f*(T), the soft clamp included.
    fn penalty(&self, head: Head, v: f64) -> f64;

    /// T = g(v), elementwise, the soft clamp included.
    fn values(&self, head: Head, v: &Tensor) -> Tensor;

    /// h(v) = f*(T), elementwise, the soft clamp included.
    fn penalties(&self, head: Head, v: &Tensor) -> Tensor;

    /// The bound of the soft clamp on scores, where there is one.
    fn soft_clamp(&self, head: Head) -> Option<f64>;

    /// f, f' and f*, where the objective is an f-divergence.
    fn divergence(&self) -> Option<&dyn Divergence>;
}

impl<T: Formulas> Objective for T {
    fn about(&self) -> &'static About {
        const { &T::ABOUT }
    }

    fn value(&self, head: Head, v: f64) -> f64 {
        Formulas::value(self, head, &clamped(v, self.soft_clamp(head)))
    }

    fn penalty(&self, head: Head, v: f64) -> f64 {
        Formulas::penalty(self, head, &clamped(v, self.soft_clamp(head)))
    }

    fn values(&self, head: Head, v: &Tensor) -> Tensor {
        Formulas::value(self, head, &clamped(v.shallow_clone(), self.soft_clamp(head)))
    }

    fn penalties(&self, head: Head, v: &Tensor) -> Tensor {
        Formulas::penalty(self, head, &clamped(v.shallow_clone(), self.soft_clamp(head)))
    }

    fn soft_clamp(&self, head: Head) -> Option<f64> {
        Formulas::soft_clamp(self, head)
    }

    fn divergence(&self) -> Option<&dyn Divergence> {
        Formulas::divergence(self)
    }
}

/// c·tanh(v/c), or v itself without a c.
fn clamped<R: Real>(v: R, clamp: Option<f64>) -> R {
    match clamp {
        Some(c) => v.times(1.0 / c).tanh().times(c),
        None => v,
    }
}

impl dyn Objective + '_ {
    /// Its name in configs.
    pub fn name(&self) -> &'static str {
        self.about().name
    }

    /// The generator's loss that `choice` comes to for this objective: never [`GeneratorLoss::Auto`].
    pub fn resolve(&self, choice: GeneratorLoss) -> GeneratorLoss {
        match choice {
            GeneratorLoss::Auto => self.about().auto,
            chosen => chosen,
        }
    }

    /// The generator's loss on the scores of generated samples, a scalar: −mean h(v) for the minimax game itself,
    /// −mean g(v) for the non-saturating form.
    pub fn generator_loss(&self, head: Head, choice: GeneratorLoss, fake: &Tensor) -> Tensor {
        match self.resolve(choice) {
            GeneratorLoss::Saturating => -self.penalties(head, fake).mean(None),
            _ => -self.values(head, fake).mean(None),
        }
    }
}
