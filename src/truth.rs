//! The truth beside the critic's estimates: exact distances and divergences of a snapshot.
//!
//! None of this is needed to train; it is computed on a thread of its own, from snapshots, at a bounded share of a
//! core. Each [`Analysis`] says from which step it is and for how many samples.
//!
//! It uses `domain`, `system`, `theory`, `config` and `link`. Start reading at [`analyse`].

mod cells;
mod coverage_rule;
pub use coverage_rule::CoverageRule;
mod density;
mod findings;
pub use findings::Findings;
mod divergence;
mod parts;
mod worker;

use std::time::Instant;

use crate::domain::SampleShape;
use crate::link::Snapshot;
use crate::theory::distance::modes::{self, Coverage, Mode};
use crate::theory::distance::{Points, em};
pub use worker::{Analyst, Found, usual_share};

/// The Earth Mover's distance is between at most so many points of each kind; in one dimension between all.
const EM_POINTS: usize = 1024;
/// The same of images, whose distances cost more.
const EM_IMAGES: usize = 256;

/// The findings about a snapshot.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    /// Steps completed when the snapshot was taken.
    pub step: u64,
    /// The exact Earth Mover's distance between its real and its generated samples.
    pub em: Option<EarthMover>,
    /// The case that both densities are known or can be estimated: the objective's true divergence and what it bounds.
    pub truth: Option<Truth>,
    /// E_Q\[p/q\] as the critic has it, the snapshot's own figure: 1 for an optimal critic.
    pub ratio: Option<f64>,
    /// The coverage of the data's modes by the generated samples, where it has known ones.
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
    /// The critic's mean score on real minus that on generated samples, over its steepest slope: its own estimate, as
    /// it would be if that slope were 1.
    pub critic: Option<f64>,
}

/// The objective's divergence of two densities.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Truth {
    /// D_f(P‖Q), by quadrature; +∞ where it is. None for an objective that is no f-divergence.
    pub divergence: Option<f64>,
    /// How far it may be from the true one, where the generator's density is estimated in a plane: what the estimate gives
    /// for samples of the data itself, and how much it moves with its samples and with the width of its kernels.
    pub error: Option<f64>,
    /// E_P\[T\] − E_Q\[f*(T)\] of the learned critic, by quadrature.
    pub bound: f64,
    /// The source of the generator's density.
    pub density: Density,
    /// Both densities, the learned and the optimal critic on a line; None in two dimensions.
    pub curves: Option<Curves>,
    /// In two dimensions: the optimal critic value T* on the snapshot's field, point by point; empty in one.
    pub optimal: Vec<f32>,
    /// The first and the last point of that field, by axis.
    pub corners: [[f32; 2]; 2],
}

/// The source of the generator's density.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Density {
    /// Exactly: the generator is affine.
    Exact,
    /// By a kernel estimate from its samples.
    #[default]
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

/// The coverage of the data's modes by generated samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Modes {
    pub coverage: Coverage,
    /// The share of good samples that the data itself reaches.
    pub ceiling: f64,
    /// KL(Q‖P) of the counts of good samples over the modes, in nats; None without a good sample.
    pub reverse_kl: Option<f64>,
    /// The number of samples counted.
    pub samples: usize,
}

impl Analysis {
    /// An analysis that has found out nothing yet.
    pub fn empty(step: u64) -> Analysis {
        Analysis { step, em: None, truth: None, ratio: None, modes: None, seconds: 0.0 }
    }
}

impl Truth {
    /// D_f − F: what the bound is below the divergence. None where there is none to compare, or it is infinite.
    pub fn gap(&self) -> Option<f64> {
        self.divergence.map(|divergence| divergence - self.bound).filter(|gap| gap.is_finite())
    }
}

/// The findings about a snapshot of a run whose data has these modes, if any. A part that cannot be told, for samples
/// that are not finite or for want of a density, is `None`.
pub fn analyse(snapshot: &Snapshot, modes: &[Mode]) -> Analysis {
    let start = Instant::now();
    let found = Analysis {
        em: earth_mover(snapshot),
        truth: divergence::of(snapshot, modes),
        ratio: snapshot.ratio.map(f64::from),
        modes: covered(snapshot, modes),
        ..Analysis::empty(snapshot.step)
    };
    Analysis { seconds: start.elapsed().as_secs_f64(), ..found }
}

/// The exact distance of as many real and generated samples as there is time for.
fn earth_mover(snapshot: &Snapshot) -> Option<EarthMover> {
    let dims = snapshot.shape.len();
    let most = match snapshot.shape {
        SampleShape::Point { dims: 1 } => usize::MAX,
        SampleShape::Point { .. } => EM_POINTS,
        SampleShape::Image { .. } => EM_IMAGES,
    };
    let samples = (snapshot.real.len().min(snapshot.fake.len()) / dims.max(1)).min(most);
    // Samples are independent: the first are as good as any.
    let first = |values: &[f32]| Points::from_f32(&values[..samples * dims], dims).ok();
    let exact = em::distance(&first(&snapshot.real)?, &first(&snapshot.fake)?).ok()?;
    let [real, fake] = snapshot.scores.map(f64::from);
    let estimate = snapshot.slope.map(|slope| (real - fake) / f64::from(slope));
    Some(EarthMover { exact, samples, critic: estimate.filter(|value| value.is_finite()) })
}

/// The coverage of these modes, if there are any, by the snapshot's generated samples.
pub fn covered(snapshot: &Snapshot, modes: &[Mode]) -> Option<Modes> {
    let dims = snapshot.shape.len();
    let samples = snapshot.fake.len() / dims.max(1);
    if modes.is_empty() || samples == 0 {
        return None;
    }
    let coverage = modes::coverage(&snapshot.fake, dims, modes);
    let reverse_kl = modes::reverse_kl(&coverage.counts, modes);
    Some(Modes { ceiling: modes::ceiling(dims), reverse_kl, samples, coverage })
}
