//! Gaussian mixtures in one or two dimensions: rings and grids are mixtures too.

use rand::Rng as _;
use rand::distributions::Distribution as _;
use rand_distr::{StandardNormal, WeightedAliasIndex};

use super::Error;
use crate::config::Component;
use crate::domain::seed::Rng;
use crate::theory::distance::modes::Mode;

/// More Gaussians than this are a slip of the pen.
const MAX_COMPONENTS: usize = 1 << 16;

/// A Gaussian mixture in one or two dimensions.
#[derive(Clone, Debug)]
pub struct Mixture {
    dims: usize,
    /// Draws a component in constant time, however many there are.
    index: WeightedAliasIndex<f64>,
    components: Vec<Gaussian>,
}

#[derive(Clone, Copy, Debug)]
struct Gaussian {
    /// In one dimension the second coordinate is 0 and unused.
    mean: [f64; 2],
    std: f64,
    weight: f64,
}

/// Refuses mixtures of no components, or of absurdly many.
pub fn check_count(count: usize) -> Result<(), Error> {
    match count {
        0 => Err(Error::Mixture("there are no Gaussians to draw from; give at least one".to_owned())),
        1..=MAX_COMPONENTS => Ok(()),
        _ => Err(Error::Mixture(format!("{count} Gaussians are too many; {MAX_COMPONENTS} is the most"))),
    }
}

impl Mixture {
    /// The mixture of these components; weights need not sum to 1.
    pub fn new(components: &[Component]) -> Result<Mixture, Error> {
        check_count(components.len())?;
        let dims = components[0].mean.len();
        let gaussian = |(i, component): (usize, &Component)| {
            let bad = |why: String| Error::Mixture(format!("component {} {why}", i + 1));
            let mean = match component.mean[..] {
                [x] => [x, 0.0],
                [x, y] => [x, y],
                _ => return Err(bad(format!("has a mean of {} numbers; give 1 or 2", component.mean.len()))),
            };
            if component.mean.len() != dims {
                let got = component.mean.len();
                return Err(bad(format!("has a mean of {got} numbers where the first has {dims}; give all as many")));
            }
            // Samples are f32: what is finite here must stay finite there, some forty deviations out.
            let reach = |m: f64| m.abs() + 40.0 * component.std;
            if !(component.std >= 0.0 && mean.iter().all(|&m| reach(m) < f32::MAX as f64)) {
                return Err(bad(format!(
                    "has mean {:?} and std {}; give finite numbers, std at least 0",
                    component.mean, component.std
                )));
            }
            Ok(Gaussian { mean, std: component.std, weight: component.weight })
        };
        let gaussians = components.iter().enumerate().map(gaussian).collect::<Result<_, _>>()?;
        let index = WeightedAliasIndex::new(components.iter().map(|c| c.weight).collect()).map_err(|_| {
            Error::Mixture("the weights make no distribution; give finite ones, at least 0, and not all 0".to_owned())
        })?;
        Ok(Mixture { dims, index, components: gaussians })
    }

    /// One or two.
    pub fn dims(&self) -> usize {
        self.dims
    }

    /// Its components as modes.
    pub fn modes(&self) -> Vec<Mode> {
        let mode = |g: &Gaussian| Mode { mean: g.mean[..self.dims].to_vec(), std: g.std, weight: g.weight };
        self.components.iter().map(mode).collect()
    }

    /// Fills `out` with samples of `dims` numbers each.
    pub fn fill(&self, rng: &mut Rng, out: &mut [f32]) {
        for sample in out.chunks_exact_mut(self.dims) {
            let gaussian = self.components[self.index.sample(rng)];
            for (out, mean) in sample.iter_mut().zip(gaussian.mean) {
                *out = (mean + gaussian.std * rng.sample::<f64, _>(StandardNormal)) as f32;
            }
        }
    }
}
