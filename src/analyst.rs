//! What is true beside what the critic estimates: exact distances and divergences of a snapshot.
//!
//! None of this is needed to train; it is computed on a thread of its own, from snapshots, at a bounded share of a core.
//! Each [`Analysis`] says from which step it is and for how many samples.

use crate::distance::modes::Coverage;

/// What a snapshot turns out to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    /// Steps completed when the snapshot was taken.
    pub step: u64,
    /// The exact Earth Mover's distance between its real and its generated samples.
    pub em: Option<EarthMover>,
    /// Where both densities are known or can be estimated: the objective's true divergence and what it bounds.
    pub truth: Option<Truth>,
    /// How the generated samples cover the data's modes, where it has known ones.
    pub modes: Option<Modes>,
    /// Seconds of computing it took.
    pub seconds: f64,
}

/// The exact Earth Mover's distance of samples, and what the critic makes of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EarthMover {
    /// W1 between so many real and as many generated samples.
    pub exact: f64,
    pub samples: usize,
    /// The critic's mean score on real minus that on generated samples, over its steepest slope: its own estimate, as it
    /// would be if that slope were 1.
    pub critic: Option<f64>,
}

/// The objective's divergence of two densities.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    /// D_f(P‖Q), by quadrature; +∞ where it is. None for an objective that is no f-divergence.
    pub divergence: Option<f64>,
    /// E_P[T] − E_Q[f*(T)] of the learned critic, by quadrature.
    pub bound: f64,
    /// How the generator's density is known.
    pub density: Density,
    /// Both densities, the learned and the optimal critic on a line; None in two dimensions.
    pub curves: Option<Curves>,
    /// In two dimensions: the optimal critic value T* on the snapshot's field, point by point; empty in one.
    pub optimal: Vec<f32>,
}

/// How the generator's density is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Density {
    /// Exactly: the generator is affine.
    Exact,
    /// By a kernel estimate from its samples.
    Kernel,
}

/// Densities and critic values over an interval, at equally spaced points, the ends included.
#[derive(Clone, Debug, PartialEq)]
pub struct Curves {
    pub low: f64,
    pub high: f64,
    /// The data's density p.
    pub real: Vec<f64>,
    /// The generator's density q.
    pub fake: Vec<f64>,
    /// The learned critic value T(x).
    pub learned: Vec<f64>,
    /// The optimal critic value T*(x) = f'(p/q); empty for an objective that is no f-divergence.
    pub optimal: Vec<f64>,
}

/// How generated samples cover the data's modes.
#[derive(Clone, Debug, PartialEq)]
pub struct Modes {
    pub coverage: Coverage,
    /// The share of good samples that the data itself reaches.
    pub ceiling: f64,
    /// KL(Q‖P) of the counts of good samples over the modes, in nats; None without a good sample.
    pub reverse_kl: Option<f64>,
    /// How many samples were counted.
    pub samples: usize,
}

impl Truth {
    /// D_f − F: what the bound is below the divergence. None where there is none to compare, or it is infinite.
    pub fn gap(&self) -> Option<f64> {
        self.divergence.map(|divergence| divergence - self.bound).filter(|gap| gap.is_finite())
    }
}
