//! The mean and the covariance of features, taken in batch by batch.

use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, Mat, MatRef, Par};

use super::{Error, Features};

/// Samples that are taken in at once: the memory of a batch is so many times the features.
const BATCH: usize = 512;

/// The first two moments of features: the mean and the scatter about it, Σ (x − μ)(x − μ)ᵀ.
#[derive(Clone, Debug, PartialEq)]
pub struct Gaussian {
    count: usize,
    mean: Vec<f64>,
    /// \[d, d\], of which the lower triangle is kept.
    scatter: Mat<f64>,
}

impl Gaussian {
    /// Of no samples yet, of so many features.
    pub fn new(dims: usize) -> Gaussian {
        Gaussian { count: 0, mean: vec![0.0; dims], scatter: Mat::zeros(dims, dims) }
    }

    /// Of these samples.
    pub fn of(features: &Features) -> Gaussian {
        let mut gaussian = Gaussian::new(features.dims());
        gaussian.add(features);
        gaussian
    }

    /// From moments that were kept: the number of samples, the mean, \[d\], and the covariance, row-major, \[d, d\];
    /// none where they do not go together.
    pub fn kept(count: usize, mean: Vec<f64>, covariance: &[f64]) -> Option<Gaussian> {
        let dims = mean.len();
        if dims == 0 || count < 2 || covariance.len() != dims.checked_mul(dims)? {
            return None;
        }
        let scatter = MatRef::from_row_major_slice(covariance, dims, dims) * (count - 1) as f64;
        Some(Gaussian { count, mean, scatter })
    }

    /// Takes in more samples. Those of another number of features are not taken in.
    pub fn add(&mut self, features: &Features) {
        if features.dims() != self.mean.len() {
            return;
        }
        for from in (0..features.len()).step_by(BATCH) {
            self.add_batch(features.block(from, BATCH));
        }
    }

    /// Brings the moments of a batch and those of all before together (Chan, Golub and LeVeque 1979), which loses no
    /// digits where the mean is large.
    fn add_batch(&mut self, mut batch: Mat<f64>) {
        let (before, rows, dims) = (self.count as f64, batch.nrows(), self.mean.len());
        let all = before + rows as f64;
        let mut shift = Mat::zeros(1, dims);
        for k in 0..dims {
            let mean = batch.col(k).iter().sum::<f64>() / rows as f64;
            batch.col_mut(k).iter_mut().for_each(|value| *value -= mean);
            shift[(0, k)] = mean - self.mean[k];
            self.mean[k] += shift[(0, k)] * rows as f64 / all;
        }
        self.scatter_by(&batch, 1.0);
        self.scatter_by(&shift, before * rows as f64 / all);
        self.count += rows;
    }

    /// Adds factor · mᵀm.
    fn scatter_by(&mut self, m: &Mat<f64>, factor: f64) {
        let (lower, all) = (BlockStructure::TriangularLower, BlockStructure::Rectangular);
        triangular::matmul(&mut self.scatter, lower, Accum::Add, m.transpose(), all, m, all, factor, Par::Seq);
    }

    /// The number of samples were taken in.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Features of a sample.
    pub fn dims(&self) -> usize {
        self.mean.len()
    }

    /// The mean, \[d\].
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// The covariance, \[d, d\], with n − 1 below; none of fewer than two samples.
    pub fn covariance(&self) -> Option<Mat<f64>> {
        let below = self.count.checked_sub(1).filter(|&below| below > 0)? as f64;
        let lower = |i: usize, j: usize| self.scatter[(i.max(j), i.min(j))] / below;
        Some(Mat::from_fn(self.dims(), self.dims(), lower))
    }

    /// The covariance of a figure that needs one.
    pub(super) fn needed(&self, figure: &'static str) -> Result<Mat<f64>, Error> {
        self.covariance().ok_or(Error::Few { figure, least: 2, samples: self.count })
    }
}
