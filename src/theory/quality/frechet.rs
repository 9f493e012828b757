//! The Fréchet distance: the squared Wasserstein-2 distance of two Gaussians, of which FID is the one of Inception's
//! features.
//!
//! d² = ‖μ₁ − μ₂‖² + tr(Σ₁ + Σ₂ − 2(Σ₁Σ₂)^½). The root's trace is the sum of the roots of the eigenvalues of the
//! symmetric Σ₁^½ Σ₂ Σ₁^½, which are real and not negative; a general matrix root of Σ₁Σ₂ comes out complex.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, Par, Side};

use super::gaussian::Gaussian;
use super::{Error, Pulse, beat};

/// A Fréchet distance, and what is to be known of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frechet {
    /// d², in the features' own unit squared; never below 0.
    pub value: f64,
    /// Whether there are no more samples of a kind than features: then a covariance is singular, and the distance says
    /// more of the number of samples than of them.
    pub is_singular: bool,
}

/// The Fréchet distance of the Gaussians with these moments. Of equal moments it is 0 exactly.
///
/// # Errors
/// Fewer than two samples of a kind, other features, or cancelled.
pub fn distance(real: &Gaussian, generated: &Gaussian, pulse: Pulse<'_>) -> Result<Frechet, Error> {
    const FIGURE: &str = "the Fréchet distance";
    if real.dims() != generated.dims() {
        return Err(Error::Dims { real: real.dims(), generated: generated.dims() });
    }
    let (first, second) = (real.needed(FIGURE)?, generated.needed(FIGURE)?);
    let is_singular = real.count().min(generated.count()) <= real.dims();
    let means: f64 = real.mean().iter().zip(generated.mean()).map(|(a, b)| (a - b) * (a - b)).sum();
    if means == 0.0 && first == second {
        return Ok(Frechet { value: 0.0, is_singular });
    }
    beat(pulse, 0.1)?;
    let root = root_factor(&first)?;
    beat(pulse, 0.6)?;
    // With Σ₁ = FFᵀ the eigenvalues of FᵀΣ₂F are those of Σ₁^½ Σ₂ Σ₁^½, without the zeros that F leaves out.
    let product = symmetric_product(&root, &second);
    beat(pulse, 0.8)?;
    let eigenvalues = product.self_adjoint_eigenvalues(Side::Lower).map_err(|_| Error::Eigenvalues)?;
    let least = negligible(&eigenvalues);
    let trace: f64 = eigenvalues.iter().filter(|value| **value > least).map(|value| value.sqrt()).sum();
    let traces = |m: &Mat<f64>| m.diagonal().column_vector().iter().sum::<f64>();
    let value = means + traces(&first) + traces(&second) - 2.0 * trace;
    beat(pulse, 1.0)?;
    // Below 0 it is rounding.
    Ok(Frechet { value: value.max(0.0), is_singular })
}

/// F, \[d, rank\], with FFᵀ = Σ: the eigenvectors times the roots of their eigenvalues.
fn root_factor(covariance: &Mat<f64>) -> Result<Mat<f64>, Error> {
    let eigen = covariance.self_adjoint_eigen(Side::Lower).map_err(|_| Error::Eigenvalues)?;
    let values: Vec<f64> = eigen.S().column_vector().iter().copied().collect();
    let least = negligible(&values);
    let kept: Vec<usize> = (0..values.len()).filter(|&k| values[k] > least).collect();
    let vectors = eigen.U();
    Ok(Mat::from_fn(values.len(), kept.len(), |i, k| vectors[(i, kept[k])] * values[kept[k]].sqrt()))
}

/// FᵀΣF.
fn symmetric_product(factor: &Mat<f64>, covariance: &Mat<f64>) -> Mat<f64> {
    let (dims, rank) = (factor.nrows(), factor.ncols());
    let (mut half, mut whole) = (Mat::zeros(dims, rank), Mat::zeros(rank, rank));
    matmul(&mut half, Accum::Replace, covariance, factor, 1.0, Par::Seq);
    matmul(&mut whole, Accum::Replace, factor.transpose(), &half, 1.0, Par::Seq);
    whole
}

/// The largest value as which an eigenvalue of 0 may come out: the root of such a rounding error would be no small
/// number.
fn negligible(values: &[f64]) -> f64 {
    let largest = values.iter().fold(0.0f64, |largest, value| largest.max(value.abs()));
    largest * values.len() as f64 * f64::EPSILON
}
