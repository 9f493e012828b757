//! Where real samples come from: mixtures and curves drawn on the spot, and images read once into memory.
//!
//! Everything here is plain `f32` on the host. A [`Source`] draws from a random state that the caller owns, so a step's
//! real samples are a function of that state alone.

mod curve;
pub mod idx;
mod mixture;

use std::f64::consts::TAU;

use crate::config::{self, Component};
use crate::distance::modes::Mode;
use crate::link::SampleShape;
use crate::seed::Rng;

use curve::Curve;
use idx::Images;
use mixture::Mixture;

/// Why there are no real samples. Each is for the person who wrote the config, and says all there is to say: it has no
/// source.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The mixture, ring or grid cannot be drawn from.
    #[error("data: {0}")]
    Mixture(String),
    /// The image file cannot be used.
    #[error("data.path: {0}")]
    Idx(idx::Error),
}

/// A source of real samples, ready to draw from.
#[derive(Clone, Debug)]
pub struct Source(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Mixture(Mixture),
    Curve(Curve),
    Images(Images),
}

impl Source {
    /// Makes what `data` describes ready; reads its file, if it has one.
    ///
    /// # Errors
    /// A mixture that is no distribution; an image file that is missing, malformed or empty.
    pub fn open(data: &config::Data) -> Result<Source, Error> {
        let kind = match data {
            &config::Data::Ring { modes, radius, std } => {
                let angle = |i: usize| TAU * i as f64 / modes as f64;
                let mean = |i| vec![radius * angle(i).cos(), radius * angle(i).sin()];
                Kind::Mixture(equal(modes, mean, std)?)
            }
            &config::Data::Grid { side, spacing, std } => {
                let at = |i: usize| spacing * (i as f64 - (side as f64 - 1.0) / 2.0);
                let mean = |i| vec![at(i % side), at(i / side)];
                Kind::Mixture(equal(side.saturating_mul(side), mean, std)?)
            }
            config::Data::Mixture { components } => Kind::Mixture(Mixture::new(components)?),
            &config::Data::SwissRoll { noise } => Kind::Curve(Curve::SwissRoll { noise }),
            &config::Data::Moons { noise } => Kind::Curve(Curve::Moons { noise }),
            config::Data::Checkerboard => Kind::Curve(Curve::Checkerboard),
            &config::Data::Lines { theta } => Kind::Curve(Curve::Line { x: theta as f32 }),
            config::Data::Idx { path, limit, range } => {
                Kind::Images(idx::read(path, *limit, *range).map_err(Error::Idx)?)
            }
        };
        Ok(Source(kind))
    }

    /// The shape of one sample.
    pub fn shape(&self) -> SampleShape {
        match &self.0 {
            Kind::Mixture(mixture) => SampleShape::Point { dims: mixture.dims() },
            Kind::Curve(_) => SampleShape::Point { dims: 2 },
            Kind::Images(images) => images.shape(),
        }
    }

    /// The modes of the data: the Gaussians of a ring, a grid or a mixture; none for anything else.
    pub fn modes(&self) -> Vec<Mode> {
        match &self.0 {
            Kind::Mixture(mixture) => mixture.modes(),
            Kind::Curve(_) | Kind::Images(_) => Vec::new(),
        }
    }

    /// Fills `out` with independent samples, one after the other, each of `shape().len()` numbers.
    ///
    /// `out` holds whole samples; numbers after the last whole one are left as they are. Allocates nothing, and the
    /// samples depend on nothing but `rng`.
    pub fn fill(&self, rng: &mut Rng, out: &mut [f32]) {
        match &self.0 {
            Kind::Mixture(mixture) => mixture.fill(rng, out),
            Kind::Curve(curve) => curve.fill(rng, out),
            Kind::Images(images) => images.fill(rng, out),
        }
    }
}

/// `count` Gaussians of the same weight and deviation, the i-th at `mean(i)`.
fn equal(count: usize, mean: impl Fn(usize) -> Vec<f64>, std: f64) -> Result<Mixture, Error> {
    mixture::check_count(count)?;
    let components: Vec<Component> = (0..count).map(|i| Component { weight: 1.0, mean: mean(i), std }).collect();
    Mixture::new(&components)
}

#[cfg(test)]
mod tests;
