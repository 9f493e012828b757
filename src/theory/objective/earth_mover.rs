//! The Earth Mover's distance (WGAN): W1(P, Q) = sup over 1-Lipschitz T of E_P\[T\] − E_Q\[T\], by
//! Kantorovich–Rubinstein duality (Arjovsky, Chintala, Bottou 2017, arXiv:1701.07875).

use super::{About, Formulas, Real};
use crate::domain::Head;

/// The bound's g and h are both the score itself. A clipped critic estimates K·W1 with an unknown K.
#[derive(Clone, Copy)]
pub struct EarthMover;

impl Formulas for EarthMover {
    const ABOUT: About = About {
        name: "wgan",
        title: "Earth Mover's distance",
        formula: "sup over 1-Lipschitz T of E_P[T] − E_Q[T]",
        optimal: "a Kantorovich potential: slope 1 along every path of transport",
        terms: &[["both heads", "T = v, on generated samples too"]],
        non_saturating: "the same: both forms of the generator's loss are −E_Q[T]",
        when: "Where supports hardly meet: the distance falls as the generator comes nearer, and so does the bound. Train \
               the critic near its optimum, with several updates a step.",
        trouble: "The critic must be kept Lipschitz. A clip range gives K·W1 with an unknown K, and a critic that is almost \
                  flat or has most weights at ±c. A gradient penalty asks for slope 1 between real and generated samples: with \
                  a large λ the bound is near W1 itself. The spectral norm holds the slope of a ReLU or tanh critic at or \
                  below 1, often far below. R1 flattens the critic at the data and bounds nothing elsewhere. A bound below 0 is a critic that is wrong.",
        paper: "Arjovsky, Chintala, Bottou 2017, Wasserstein GAN, arXiv:1701.07875",
        lipschitz: true,
        ..About::USUAL
    };

    fn value<R: Real>(&self, _head: Head, v: &R) -> R {
        v.same()
    }

    fn conjugate<R: Real>(&self, _head: Head, v: &R) -> R {
        v.same()
    }
}
