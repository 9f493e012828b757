//! The kernel distance: the squared maximum mean discrepancy under a cubic kernel, of which KID is the one of
//! Inception's features.
//!
//! k(x, y) = (x·y/d + 1)³, and MMD² without bias: the mean of k over pairs of different real samples, plus that over
//! pairs of different generated ones, less twice that over pairs of both. Its mean over subsets is an estimate of the
//! whole one whatever the number of samples; it may come out below 0.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, Par};

use super::{Error, Features, Pulse, beat};
use crate::domain::seed::Rng;

/// The subsets that are usual, and the samples of each kind in one.
pub const SUBSETS: usize = 100;
/// See [`SUBSETS`].
pub const SUBSET_SIZE: usize = 1000;

const FIGURE: &str = "the kernel distance";

/// A kernel distance: over subsets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kernel {
    /// The mean of MMD² over the subsets.
    pub mean: f64,
    /// Its standard deviation over them, with the number of subsets below.
    pub deviation: f64,
    /// Samples of each kind in a subset.
    pub size: usize,
}

/// The mean and the deviation of MMD² over so many random subsets of `size` samples of each kind, or of as many as
/// there are.
///
/// # Errors
/// Fewer than two samples of a kind, other features, or cancelled.
pub fn distance(
    real: &Features,
    generated: &Features,
    (subsets, size): (usize, usize),
    rng: &mut Rng,
    pulse: Pulse<'_>,
) -> Result<Kernel, Error> {
    real.same_network(generated)?;
    let size = size.min(real.len()).min(generated.len());
    if size < 2 {
        return Err(Error::Few { figure: FIGURE, least: 2, samples: size });
    }
    // Where a subset is everything, all are the same.
    let all = size == real.len() && size == generated.len();
    let subsets = if all { 1 } else { subsets.max(1) };
    let mut values = Vec::with_capacity(subsets);
    for i in 0..subsets {
        beat(pulse, i as f64 / subsets as f64)?;
        values.push(between(&real.drawn(size, rng), &generated.drawn(size, rng)));
    }
    let mean = values.iter().sum::<f64>() / subsets as f64;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / subsets as f64;
    Ok(Kernel { mean, deviation: variance.sqrt(), size })
}

/// MMD² without bias of all samples: its memory grows with the square of their number.
///
/// # Errors
/// Fewer than two samples of a kind, or other features.
pub fn discrepancy(real: &Features, generated: &Features) -> Result<f64, Error> {
    real.same_network(generated)?;
    match real.len().min(generated.len()) {
        samples @ 0..2 => Err(Error::Few { figure: FIGURE, least: 2, samples }),
        _ => Ok(between(&real.block(0, real.len()), &generated.block(0, generated.len()))),
    }
}

/// MMD² without bias between the rows of `x` and those of `y`, at least two each, of the same number of columns.
fn between(x: &Mat<f64>, y: &Mat<f64>) -> f64 {
    let (n, m) = (x.nrows() as f64, y.nrows() as f64);
    let (within_x, within_y) = (sum(x, x, false), sum(y, y, false));
    within_x / (n * (n - 1.0)) + within_y / (m * (m - 1.0)) - 2.0 * sum(x, y, true) / (n * m)
}

/// The sum of k over all pairs of rows; without `diagonal` those of rows with the same number are left out.
fn sum(x: &Mat<f64>, y: &Mat<f64>, diagonal: bool) -> f64 {
    let mut products = Mat::zeros(x.nrows(), y.nrows());
    matmul(&mut products, Accum::Replace, x, y.transpose(), 1.0 / x.ncols() as f64, Par::Seq);
    let kernel = |product: f64| (product + 1.0).powi(3);
    let column = |j: usize| {
        let all: f64 = products.col(j).iter().map(|product| kernel(*product)).sum();
        if diagonal { all } else { all - kernel(products[(j, j)]) }
    };
    (0..y.nrows()).map(column).sum()
}
