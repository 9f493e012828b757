//! Objectives: what the generator and the critic play for. Pure mathematics, no training.
//!
//! Notation: P is the data, Q the model, u = p/q, v a score, T = g(v) a critic value. An objective is the pair (g, h)
//! of functions of the score in the bound F = E_P\[g(v)\] − E_Q\[h(v)\]. For an f-divergence h(v) = f*(g(v)), and F ≤
//! D_f(P‖Q) with equality at T = f'(p/q) (Nguyen, Wainwright, Jordan 2010; Nowozin, Cseke, Tomioka 2016,
//! arXiv:1606.00709). For the Earth Mover's distance g(v) = h(v) = v (Arjovsky, Chintala, Bottou 2017,
//! arXiv:1701.07875). Hinge and least squares are pairs of their own, with a generator's loss of their own.
//!
//! Each row is written once, in [`Formulas`], over numbers that may be an `f64` or a tensor ([`Real`]): the trainer,
//! the tests and the screen read the same source. h is always the fused form: f*(g(v)) composed is infinite in single
//! precision from v ≈ 16. Log-ratio head: the score estimates log(p/q), g(v) = f'(e^v), h(v) = e^v f'(e^v) − f(e^v).
//! Paper's head: the output activations of the f-GAN paper's table 6.

mod about;
mod alpha;
mod chi_square;
mod earth_mover;
mod hellinger;
mod jensen;
mod kullback;
mod margin;
pub mod quadrature;
mod real;
mod slope;
pub mod tails;
mod total_variation;

use tch::Tensor;

use crate::domain::{GeneratorLoss, Head};
pub use about::{About, Parameter};
pub use real::Real;
pub use slope::{Dual, Slope};

/// Every objective, in the order in which they are shown, those with a parameter at its default. Adding one is a file
/// (or a row of one) and a line here.
pub static ALL: [&dyn Objective; 14] = [
    &jensen::Gan,
    &jensen::JensenShannon,
    &jensen::Weighted::DEFAULT,
    &kullback::KullbackLeibler,
    &kullback::ReverseKl,
    &kullback::Jeffrey,
    &chi_square::Pearson,
    &chi_square::Neyman,
    &hellinger::Hellinger,
    &total_variation::TotalVariation,
    &alpha::Alpha::DEFAULT,
    &margin::Hinge,
    &margin::LeastSquares,
    &earth_mover::EarthMover,
];

/// The objective with this name, its parameter, if it has one, at the default.
pub fn find(name: &str) -> Option<&'static dyn Objective> {
    ALL.iter().copied().find(|objective| objective.about().name == name)
}

/// A name that no objective has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no \"{name}\"; there are {all}", name = .0, all = names().join(", "))]
pub struct Unknown(String);

/// The names of all objectives.
pub fn names() -> Vec<&'static str> {
    ALL.iter().map(|objective| objective.name()).collect()
}

/// The objective that these settings name, with the parameter that they give it.
///
/// # Errors
///
/// There is none of that name: the settings are those of somebody else's trainer, or of a checkpoint that names one.
pub fn of(settings: &crate::domain::ObjectiveChoice) -> Result<Box<dyn Objective>, Unknown> {
    Ok(find(&settings.kind).ok_or_else(|| Unknown(settings.kind.clone()))?.with(settings))
}

/// One row of the table of objectives, written over any [`Real`].
pub trait Formulas: Copy + Send + Sync + 'static {
    /// The facts that a person should know.
    const ABOUT: About;

    /// The row with the parameter that these settings give it.
    fn with(self, _settings: &crate::domain::ObjectiveChoice) -> Self {
        self
    }

    /// Its parameter, if it has one.
    fn parameter(&self) -> Option<Parameter> {
        None
    }

    /// The generator's loss that `auto` stands for.
    fn auto(&self) -> GeneratorLoss {
        GeneratorLoss::NonSaturating
    }

    /// g(v): the critic value of a score.
    fn value<R: Real>(&self, head: Head, v: &R) -> R;

    /// h(v) = f*(g(v)), fused.
    fn conjugate<R: Real>(&self, head: Head, v: &R) -> R;

    /// The generator's loss on the score of a generated sample: −h(v) in the minimax game itself, −g(v) in the
    /// non-saturating form. `form` is never [`GeneratorLoss::Auto`].
    fn descent<R: Real>(&self, head: Head, form: GeneratorLoss, v: &R) -> R {
        match form {
            GeneratorLoss::Saturating => self.conjugate(head, v).negated(),
            _ => self.value(head, v).negated(),
        }
    }

    /// Scores are bent softly into (−c, c), v ← c·tanh(v/c), before both terms, where e^v could overflow. F stays a
    /// lower bound, for any score is a legal one.
    fn soft_clamp(&self, _head: Head) -> Option<f64> {
        None
    }

    /// The largest score that both terms see, approached softly, where the conjugate grows without end to one side
    /// only.
    fn score_cap(&self, _head: Head) -> Option<f64> {
        None
    }

    /// f, f' and f*, where the objective is an f-divergence.
    fn divergence(&self) -> Option<&dyn Divergence> {
        None
    }

    /// log(p/q) where `v` is the optimal score: log of (f')⁻¹(g(v)) for an f-divergence, which for the log-ratio head
    /// is v itself. ±∞ where the ratio is infinite or 0; `None` for an objective whose optimal score does not tell the
    /// ratio.
    fn log_ratio(&self, _head: Head, v: f64) -> Option<f64> {
        Formulas::divergence(self).map(|_| v)
    }
}

/// The generator function of an f-divergence and what follows from it, over scalars.
pub trait Divergence: Sync {
    /// f(u), convex on u > 0.
    fn f(&self, u: f64) -> f64;

    /// f'(u): the optimal critic's value where p/q = u.
    fn derivative(&self, u: f64) -> f64;

    /// f*(t) = sup over u of ut − f(u): +∞ outside its domain.
    fn conjugate(&self, t: f64) -> f64;

    /// The supremum of the domain of f*.
    fn domain_end(&self) -> f64;
}

/// x log x, continued by 0 at 0.
fn xlogx(x: f64) -> f64 {
    if x == 0.0 { 0.0 } else { x * x.ln() }
}

/// A conjugate that is finite only below `end`.
fn below(t: f64, end: f64, value: impl FnOnce() -> f64) -> f64 {
    if t < end { value() } else { f64::INFINITY }
}

/// One of the functions of a score that an objective is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    /// g(v): the critic value.
    Value,
    /// h(v) = f*(g(v)).
    Conjugate,
    /// The generator's loss on the score of a generated sample, in this form.
    Descent(GeneratorLoss),
}

/// An objective as the trainer, the tests and the screen use it.
pub trait Objective: Send + Sync {
    /// The facts that a person should know of it.
    fn about(&self) -> &'static About;

    /// The same objective with the parameter that these settings give it.
    fn with(&self, settings: &crate::domain::ObjectiveChoice) -> Box<dyn Objective>;

    /// Its parameter, if it has one.
    fn parameter(&self) -> Option<Parameter>;

    /// The generator's loss that `choice` comes to for this objective: never [`GeneratorLoss::Auto`].
    fn resolve(&self, choice: GeneratorLoss) -> GeneratorLoss;

    /// T = g(v), the soft clamp included.
    fn value(&self, head: Head, v: f64) -> f64;

    /// h(v) = f*(T), the soft clamp included.
    fn conjugate(&self, head: Head, v: f64) -> f64;

    /// T = g(v), elementwise, the soft clamp included.
    fn values(&self, head: Head, v: &Tensor) -> Tensor;

    /// h(v) = f*(T), elementwise, the soft clamp included.
    fn conjugates(&self, head: Head, v: &Tensor) -> Tensor;

    /// The generator's loss on scores of generated samples, elementwise, the soft clamp included.
    fn descents(&self, head: Head, choice: GeneratorLoss, v: &Tensor) -> Tensor;

    /// A term and its derivative with respect to the score, the soft clamp included.
    fn slope(&self, head: Head, term: Term, v: f64) -> (f64, f64);

    /// A term and its derivative with respect to the score, elementwise, the soft clamp included: what autograd would
    /// find, without a graph.
    fn slopes(&self, head: Head, term: Term, v: &Tensor) -> Dual<Tensor>;

    /// The sum of a term over scores, computed in double precision. Writes `share` times its derivative at each to
    /// `grads`.
    fn sweep(&self, head: Head, term: Term, scores: &[f32], share: f64, grads: &mut [f32]) -> f64;

    /// The bound of the soft clamp on scores, where there is one.
    fn soft_clamp(&self, head: Head) -> Option<f64>;

    /// The largest score that its terms see, where they grow without end to one side only.
    fn score_cap(&self, head: Head) -> Option<f64>;

    /// f, f' and f*, where the objective is an f-divergence.
    fn divergence(&self) -> Option<&dyn Divergence>;

    /// log(p/q) as the score v has it, the soft clamp included. `None` for an objective whose score does not tell.
    fn log_ratio(&self, head: Head, v: f64) -> Option<f64>;
}

impl<T: Formulas> Objective for T {
    fn about(&self) -> &'static About {
        const { &T::ABOUT }
    }

    fn with(&self, settings: &crate::domain::ObjectiveChoice) -> Box<dyn Objective> {
        Box::new(Formulas::with(*self, settings))
    }

    fn parameter(&self) -> Option<Parameter> {
        Formulas::parameter(self)
    }

    fn resolve(&self, choice: GeneratorLoss) -> GeneratorLoss {
        match choice {
            GeneratorLoss::Auto => self.auto(),
            chosen => chosen,
        }
    }

    fn value(&self, head: Head, v: f64) -> f64 {
        term_of(self, head, Term::Value, v)
    }

    fn conjugate(&self, head: Head, v: f64) -> f64 {
        term_of(self, head, Term::Conjugate, v)
    }

    fn values(&self, head: Head, v: &Tensor) -> Tensor {
        term_of(self, head, Term::Value, v.shallow_clone())
    }

    fn conjugates(&self, head: Head, v: &Tensor) -> Tensor {
        term_of(self, head, Term::Conjugate, v.shallow_clone())
    }

    fn descents(&self, head: Head, choice: GeneratorLoss, v: &Tensor) -> Tensor {
        term_of(self, head, Term::Descent(choice), v.shallow_clone())
    }

    fn slope(&self, head: Head, term: Term, v: f64) -> (f64, f64) {
        let Dual { value, slope } = term_of(self, head, term, Dual::variable(v));
        match slope {
            Slope::Constant(slope) | Slope::Varying(slope) => (value, slope),
        }
    }

    fn slopes(&self, head: Head, term: Term, v: &Tensor) -> Dual<Tensor> {
        term_of(self, head, term, Dual::variable(v.shallow_clone()))
    }

    fn sweep(&self, head: Head, term: Term, scores: &[f32], share: f64, grads: &mut [f32]) -> f64 {
        let mut sum = 0.0;
        for (&score, grad) in scores.iter().zip(grads) {
            let (value, slope) = self.slope(head, term, score.into());
            sum += value;
            *grad = (slope * share) as f32;
        }
        sum
    }

    fn soft_clamp(&self, head: Head) -> Option<f64> {
        Formulas::soft_clamp(self, head)
    }

    fn score_cap(&self, head: Head) -> Option<f64> {
        Formulas::score_cap(self, head)
    }

    fn divergence(&self) -> Option<&dyn Divergence> {
        Formulas::divergence(self)
    }

    fn log_ratio(&self, head: Head, v: f64) -> Option<f64> {
        Formulas::log_ratio(self, head, clamped(v, self.soft_clamp(head)))
    }
}

/// A term at a score, the soft clamp included.
fn term_of<T: Formulas, R: Real>(row: &T, head: Head, term: Term, v: R) -> R {
    let v = clamped(v, Formulas::soft_clamp(row, head));
    match term {
        Term::Value => Formulas::value(row, head, &v),
        Term::Conjugate => Formulas::conjugate(row, head, &v),
        Term::Descent(choice) => row.descent(head, Objective::resolve(row, choice), &v),
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

    /// The generator's loss on the scores of generated samples, a scalar: the mean of [`Objective::descents`].
    pub fn generator_loss(&self, head: Head, choice: GeneratorLoss, fake: &Tensor) -> Tensor {
        self.descents(head, choice, fake).mean(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The score whose critic value is `t`; g rises.
    fn score(objective: &dyn Objective, head: Head, t: f64) -> f64 {
        let (mut low, mut high) = (-1e3, 1e3);
        for _ in 0..200 {
            let middle = (low + high) / 2.0;
            if objective.value(head, middle) < t { low = middle } else { high = middle }
        }
        (low + high) / 2.0
    }

    #[test]
    fn an_optimal_score_tells_the_ratio() {
        let row = |kind: &str, alpha, pi| {
            let objective = crate::domain::ObjectiveChoice {
                kind: kind.into(),
                alpha,
                pi,
                ..crate::domain::ObjectiveChoice::default()
            };
            of(&objective).unwrap()
        };
        let usual = ALL.iter().map(|objective| row(objective.name(), 0.5, 0.3));
        let others = [-1.5, 0.3, 2.0, 3.0].map(|alpha| row("alpha", alpha, 0.5)).into_iter();
        for objective in usual.chain(others).chain([row("js-weighted", 0.5, 0.8)]) {
            let mute = ["wgan", "hinge", "total-variation"].contains(&objective.name());
            for head in [Head::LogRatio, Head::Paper] {
                assert_eq!(objective.log_ratio(head, 0.3).is_none(), mute, "{}", objective.name());
                let Some(divergence) = objective.divergence().filter(|_| !mute) else { continue };
                for u in [0.1f64, 0.3, 0.9, 1.0, 1.7, 6.0] {
                    let v = score(&*objective, head, divergence.derivative(u));
                    let got = objective.log_ratio(head, v).unwrap().exp();
                    assert!((got - u).abs() < 1e-6 * (1.0 + u), "{} {head:?} at {u}: {got}", objective.name());
                }
            }
        }
        let least_squares = find("lsgan").unwrap();
        assert!((least_squares.log_ratio(Head::LogRatio, 0.75).unwrap() - 3f64.ln()).abs() < 1e-12);
        assert_eq!(least_squares.log_ratio(Head::LogRatio, 1.5), Some(f64::INFINITY));
    }
}
