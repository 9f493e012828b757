//! Two losses that are no f-divergences of the paper's form: hinge and least squares. The critic maximises
//! E_P\[g(v)\] − E_Q\[h(v)\] as everywhere, and the generator has a loss of its own, whatever form of it is asked for.

use super::{About, Formulas, Real};
use crate::domain::{GeneratorLoss, Head};

/// The hinge loss: g(v) = −relu(1 − v), h(v) = relu(1 + v).
#[derive(Clone, Copy)]
pub struct Hinge;

impl Formulas for Hinge {
    const ABOUT: About = About {
        name: "hinge",
        title: "hinge, 2·TV − 2",
        formula: "−E_P[relu(1−v)] − E_Q[relu(1+v)]",
        optimal: "v = sign(u − 1)",
        terms: &[["critic's terms", "g(v) = −relu(1 − v), h(v) = relu(1 + v)"]],
        non_saturating: "the same: both forms of the generator's loss are −E_Q[v]",
        when: "What large image GANs use, with a Lipschitz critic: samples that are told apart by more than the margin no \
               longer move it, so its capacity goes to the others.",
        trouble: "The bound is 2·TV − 2 at an optimal critic, but the generator descends the score itself, which without a \
                  constraint on the critic may run anywhere. Real samples beyond the margin all have critic value 0: watch \
                  the scores.",
        paper: "Lim, Ye 2017, Geometric GAN, arXiv:1705.02894; Miyato et al. 2018, arXiv:1802.05957",
        ..About::USUAL
    };

    fn value<R: Real>(&self, _head: Head, v: &R) -> R {
        v.negated().shifted(1.0).positive().negated()
    }

    fn conjugate<R: Real>(&self, _head: Head, v: &R) -> R {
        v.shifted(1.0).positive()
    }

    fn descent<R: Real>(&self, _head: Head, _form: GeneratorLoss, v: &R) -> R {
        v.negated()
    }
}

/// Least squares (LSGAN): g(v) = −½(v − b)², h(v) = ½(v − a)², generator ½(v − c)².
#[derive(Clone, Copy)]
pub struct LeastSquares;

/// The critic's targets for generated samples (a) and real ones (b), and the generator's target for its own (c).
const TARGETS: [f64; 3] = [0.0, 1.0, 1.0];

fn half_square<R: Real>(v: &R, target: f64) -> R {
    v.shifted(-target).squared().times(0.5)
}

impl Formulas for LeastSquares {
    const ABOUT: About = About {
        name: "lsgan",
        title: "least squares",
        formula: "−½ E_P[(v−1)²] − ½ E_Q[v²]",
        optimal: "v = u/(1 + u)",
        terms: &[["critic's terms", "g(v) = −½(v − 1)², h(v) = ½ v²"]],
        non_saturating: "the same: both forms of the generator's loss are ½ E_Q[(v − 1)²]",
        when: "Instead of gan where its gradients vanish: a generated sample on the right side but far from the target is \
               still pulled. Its losses are smooth and cheap.",
        trouble: "The critic's scores are pulled to 0 and 1 and weigh outliers with the square: a learning rate too high for \
                  the critic shows as losses that jump. The bound is −½ ∫ pq/(p+q) at an optimal critic, −¼ where P = Q.",
        paper: "Mao et al. 2017, Least Squares Generative Adversarial Networks, arXiv:1611.04076",
        ..About::USUAL
    };

    fn value<R: Real>(&self, _head: Head, v: &R) -> R {
        half_square(v, TARGETS[1]).negated()
    }

    fn conjugate<R: Real>(&self, _head: Head, v: &R) -> R {
        half_square(v, TARGETS[0])
    }

    fn descent<R: Real>(&self, _head: Head, _form: GeneratorLoss, v: &R) -> R {
        half_square(v, TARGETS[2])
    }

    /// v = p/(p + q), for the targets 1 and 0.
    fn log_ratio(&self, _head: Head, v: f64) -> Option<f64> {
        let share = v.clamp(TARGETS[0], TARGETS[1]);
        Some(share.ln() - (-share).ln_1p())
    }
}
