//! Densities on a line or in a plane, by their logarithms: of the data where it is a mixture of Gaussians, of the
//! generator where it is affine, and estimated from samples by kernels.

use std::f64::consts::TAU;

use crate::config::Prior;
use crate::link::Law;
use crate::theory::distance::modes::Mode;
use crate::theory::objective::tails::Bell;

/// A point: in one dimension the second coordinate is 0.
pub type Point = [f64; 2];

/// A mixture of more Gaussians than this takes too long.
const MOST_MODES: usize = 256;
/// Samples behind a kernel estimate at most.
pub const KERNELS: usize = 500;
/// The kernel at a sample is as wide as the distance to its k-th neighbour, this share of all samples on a line…
const LINE_NEIGHBOURS: f64 = 0.1;
/// …and in a plane this share, and half as wide.
const PLANE_NEIGHBOURS: f64 = 0.02;

/// A density over one or two dimensions.
#[derive(Clone, Debug)]
pub struct Density {
    dims: usize,
    law: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    /// Gaussians, with the logarithm of each one's weight over its normalisation.
    Gaussians(Vec<Gaussian>),
    /// Uniform over a box.
    Box { low: Point, high: Point, ln: f64 },
}

#[derive(Clone, Copy, Debug)]
struct Gaussian {
    mean: Point,
    /// The standard deviation along each axis.
    std: Point,
    ln: f64,
}

impl Gaussian {
    fn new(mean: Point, std: Point, weight: f64, dims: usize) -> Gaussian {
        let ln = weight.ln() - (0..dims).map(|k| std[k].ln() + 0.5 * TAU.ln()).sum::<f64>();
        Gaussian { mean, std, ln }
    }

    fn exponent(&self, x: Point, dims: usize) -> f64 {
        self.ln - (0..dims).map(|k| 0.5 * ((x[k] - self.mean[k]) / self.std[k]).powi(2)).sum::<f64>()
    }
}

impl Density {
    /// The mixture of these modes. None where there are none, too many, or one without a spread.
    pub fn mixture(modes: &[Mode]) -> Option<Density> {
        let dims = modes.first()?.mean.len();
        if !matches!(dims, 1 | 2) || modes.iter().any(|mode| mode.mean.len() != dims) {
            return None;
        }
        let total: f64 = modes.iter().map(|mode| mode.weight).sum();
        let gaussian = |mode: &Mode| {
            let mean = [mode.mean[0], mode.mean.get(1).copied().unwrap_or(0.0)];
            Gaussian::new(mean, [mode.std; 2], mode.weight / total, dims)
        };
        Density::gaussians(modes.iter().filter(|mode| mode.weight > 0.0).map(gaussian).collect(), dims, MOST_MODES)
    }

    /// The law of an affine generator's samples.
    pub fn of_law(law: &Law) -> Option<Density> {
        let dims = law.mean.len();
        if !matches!(dims, 1 | 2) || law.scale.len() != dims {
            return None;
        }
        let pair = |values: &[f64]| [*values.first().unwrap_or(&0.0), *values.get(1).unwrap_or(&0.0)];
        let (mean, scale) = (pair(&law.mean), pair(&law.scale).map(f64::abs));
        match law.prior {
            Prior::Normal => Density::gaussians(vec![Gaussian::new(mean, scale, 1.0, dims)], dims, 1),
            Prior::Uniform => {
                let corner = |sign: f64| [mean[0] + sign * scale[0], mean[1] + sign * scale[1]];
                let ln = -(0..dims).map(|k| (2.0 * scale[k]).ln()).sum::<f64>();
                let law = Kind::Box { low: corner(-1.0), high: corner(1.0), ln };
                ln.is_finite().then_some(Density { dims, law })
            }
        }
    }

    /// A kernel estimate from samples of `dims` coordinates, one after the other: Gaussian kernels, each as wide as
    /// samples lie apart around it (Breiman, Meisel, Purcell 1977), so that narrow modes stay apart; a single width, as
    /// by Silverman's rule, would blur them. No kernel is narrower than `least`.
    pub fn kernels(samples: &[f32], dims: usize, least: f64) -> Option<Density> {
        Density::narrowed_kernels(samples, dims, least, 1.0)
    }

    /// The same with kernels this share as wide.
    pub fn narrowed_kernels(samples: &[f32], dims: usize, least: f64, share_of_width: f64) -> Option<Density> {
        if !samples.iter().all(|x| x.is_finite()) || !matches!(dims, 1 | 2) {
            return None;
        }
        let point = |sample: &[f32]| [f64::from(sample[0]), sample.get(1).copied().map_or(0.0, f64::from)];
        let points: Vec<Point> = samples.chunks_exact(dims).take(KERNELS).map(point).collect();
        let (share, width) = if dims == 1 { (LINE_NEIGHBOURS, 1.0) } else { (PLANE_NEIGHBOURS, 0.5) };
        let width = width * share_of_width;
        let neighbour = ((points.len() as f64 * share) as usize).max(3);
        if points.len() <= neighbour {
            return None;
        }
        let mut distances = Vec::with_capacity(points.len());
        let kernel = |x: &Point| {
            distances.clear();
            distances.extend(points.iter().map(|y| (x[0] - y[0]).powi(2) + (x[1] - y[1]).powi(2)));
            let (_, squared, _) = distances.select_nth_unstable_by(neighbour, f64::total_cmp);
            Gaussian::new(*x, [(width * squared.sqrt()).max(least); 2], 1.0 / points.len() as f64, dims)
        };
        let gaussians = points.iter().map(kernel).collect();
        Density::gaussians(gaussians, dims, KERNELS)
    }

    fn gaussians(gaussians: Vec<Gaussian>, dims: usize, most: usize) -> Option<Density> {
        let sound = |g: &Gaussian| g.ln.is_finite() && g.mean.iter().all(|m| m.is_finite());
        let fit = (1..=most).contains(&gaussians.len()) && gaussians.iter().all(sound);
        fit.then_some(Density { dims, law: Kind::Gaussians(gaussians) })
    }

    /// Its dimensions.
    pub fn dims(&self) -> usize {
        self.dims
    }

    /// The logarithm of the density; −∞ where there is none.
    pub fn ln(&self, x: Point) -> f64 {
        match &self.law {
            Kind::Gaussians(gaussians) => {
                // One pass: the sum is rescaled whenever a larger term comes.
                let (mut most, mut sum) = (f64::NEG_INFINITY, 0.0);
                for gaussian in gaussians {
                    let ln = gaussian.exponent(x, self.dims);
                    if ln > most {
                        sum = sum * (most - ln).exp() + 1.0;
                        most = ln;
                    } else if ln > most - 40.0 {
                        sum += (ln - most).exp();
                    }
                }
                most + sum.ln()
            }
            Kind::Box { low, high, ln } => {
                let inside = (0..self.dims).all(|k| (low[k]..=high[k]).contains(&x[k]));
                if inside { *ln } else { f64::NEG_INFINITY }
            }
        }
    }

    /// The interval of an axis that holds everything within so many deviations of the parts.
    pub fn interval(&self, axis: usize, deviations: f64) -> [f64; 2] {
        match &self.law {
            Kind::Gaussians(gaussians) => {
                let reach = |sign: f64| gaussians.iter().map(move |g| g.mean[axis] + sign * deviations * g.std[axis]);
                [reach(-1.0).fold(f64::INFINITY, f64::min), reach(1.0).fold(f64::NEG_INFINITY, f64::max)]
            }
            Kind::Box { low, high, .. } => {
                let margin = 0.05 * (high[axis] - low[axis]);
                [low[axis] - margin, high[axis] + margin]
            }
        }
    }

    /// Its parts, where it is a mixture of Gaussians: the share, the middle and the deviations of each.
    pub fn parts(&self) -> Option<impl Iterator<Item = (f64, Point, Point)>> {
        let Kind::Gaussians(gaussians) = &self.law else { return None };
        let share = |g: &Gaussian| (g.ln + (0..self.dims).map(|k| g.std[k].ln() + 0.5 * TAU.ln()).sum::<f64>()).exp();
        Some(gaussians.iter().map(move |g| (share(g), g.mean, g.std)))
    }

    /// Its parts along the line through their middles that an axis gives, where it is a mixture of Gaussians.
    pub fn bells(&self, axis: usize) -> Option<Vec<Bell>> {
        let Kind::Gaussians(gaussians) = &self.law else { return None };
        Some(gaussians.iter().map(|g| Bell { ln: g.ln, mean: g.mean[axis], std: g.std[axis] }).collect())
    }

    /// The width of its narrowest part, as a standard deviation.
    pub fn narrowest(&self) -> f64 {
        match &self.law {
            Kind::Gaussians(gaussians) => {
                gaussians.iter().flat_map(|g| g.std[..self.dims].to_vec()).fold(f64::INFINITY, f64::min)
            }
            Kind::Box { low, high, .. } => {
                (0..self.dims).map(|k| (high[k] - low[k]) / 4.0).fold(f64::INFINITY, f64::min)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(mean: &[f64], std: f64, weight: f64) -> Mode {
        Mode { mean: mean.to_vec(), std, weight }
    }

    /// The mass of a density in the plane, by a sum over a grid.
    fn mass(density: &Density) -> f64 {
        let [x, y] = [0, 1].map(|axis| density.interval(axis, 8.0));
        let n = 160;
        let at = |[low, high]: [f64; 2], i: usize| low + (high - low) * (i as f64 + 0.5) / n as f64;
        let area = (x[1] - x[0]) * (y[1] - y[0]) / (n * n) as f64;
        (0..n * n).map(|i| density.ln([at(x, i % n), at(y, i / n)]).exp() * area).sum()
    }

    #[test]
    fn densities_are_densities() {
        let ring = [mode(&[1.0, 0.0], 0.1, 2.0), mode(&[-1.0, 0.5], 0.3, 6.0), mode(&[9.0, 9.0], 1.0, 0.0)];
        assert!((mass(&Density::mixture(&ring).unwrap()) - 1.0).abs() < 1e-6);
        let law = |prior| Law { prior, mean: vec![1.0, -2.0], scale: vec![-0.5, 2.0] };
        assert!((mass(&Density::of_law(&law(Prior::Normal)).unwrap()) - 1.0).abs() < 1e-9);
        assert!((mass(&Density::of_law(&law(Prior::Uniform)).unwrap()) - 1.0).abs() < 0.03);
        let samples: Vec<f32> = (0..400).map(|i| (i as f32 * 0.7).sin() + (i % 3) as f32).collect();
        assert!((mass(&Density::kernels(&samples, 2, 0.05).unwrap()) - 1.0).abs() < 1e-2);
        let normal = Density::of_law(&Law { prior: Prior::Normal, mean: vec![2.0], scale: vec![3.0] }).unwrap();
        assert!((normal.ln([5.0, 0.0]) - (-0.5 - 3f64.ln() - 0.5 * TAU.ln())).abs() < 1e-12);
    }

    #[test]
    fn what_has_no_density_has_none() {
        assert!(Density::mixture(&[]).is_none());
        assert!(Density::mixture(&[mode(&[0.0], 0.0, 1.0)]).is_none());
        assert!(Density::kernels(&[0.0, f32::NAN, 1.0, 2.0, 3.0], 1, 1e-3).is_none());
        assert!(Density::kernels(&[0.0], 1, 1e-3).is_none());
        let law = Law { prior: Prior::Uniform, mean: vec![0.0], scale: vec![0.0] };
        assert!(Density::of_law(&law).is_none());
        assert!(Density::of_law(&Law { mean: vec![f64::NAN], scale: vec![1.0], prior: Prior::Normal }).is_none());
        assert!(Density::of_law(&Law { mean: vec![0.0; 3], scale: vec![1.0; 3], prior: Prior::Normal }).is_none());
    }
}
