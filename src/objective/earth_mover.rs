//! The Earth Mover's distance (WGAN): W1(P, Q) = sup over 1-Lipschitz T of E_P\[T\] − E_Q\[T\], by
//! Kantorovich–Rubinstein duality (Arjovsky, Chintala, Bottou 2017, arXiv:1701.07875).

use super::{About, Divergence, Formulas, Real};
use crate::config::{GeneratorLoss, Head};

/// The bound's g and h are both the score itself. A clipped critic estimates K·W1 with an unknown K.
pub struct EarthMover;

impl Formulas for EarthMover {
    const ABOUT: About = About {
        name: "wgan",
        title: "Earth Mover's distance",
        formula: "sup over 1-Lipschitz T of E_P[T] − E_Q[T]",
        non_saturating: "the same: both forms of the generator's loss are −E_Q[T]",
        auto: GeneratorLoss::NonSaturating,
        lipschitz: true,
        jensen_shannon: None,
    };

    fn value<R: Real>(&self, _head: Head, v: &R) -> R {
        v.same()
    }

    fn penalty<R: Real>(&self, _head: Head, v: &R) -> R {
        v.same()
    }

    fn soft_clamp(&self, _head: Head) -> Option<f64> {
        None
    }

    fn divergence(&self) -> Option<&dyn Divergence> {
        None
    }
}
