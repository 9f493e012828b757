//! The features of a set of samples.

use faer::Mat;
use rand::seq::index;

use super::Error;
use crate::domain::seed::Rng;

/// The features of samples, the same number of finite ones of each, one sample after the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Features {
    values: Vec<f32>,
    dims: usize,
}

impl Features {
    /// The samples that lie in `values` one after the other, `dims` features each.
    ///
    /// # Errors
    /// A last sample that is not whole, or a feature that is not finite.
    pub fn new(values: Vec<f32>, dims: usize) -> Result<Features, Error> {
        if dims == 0 || !values.len().is_multiple_of(dims) {
            return Err(Error::NotWhole { numbers: values.len(), dims });
        }
        match values.iter().position(|value| !value.is_finite()) {
            Some(at) => Err(Error::NotFinite { sample: at / dims + 1, feature: at % dims + 1, value: values[at] }),
            None => Ok(Features { values, dims }),
        }
    }

    /// The number of samples there are.
    pub fn len(&self) -> usize {
        self.values.len() / self.dims
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Features of a sample; at least one.
    pub fn dims(&self) -> usize {
        self.dims
    }

    /// The features of all samples, one sample after the other.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The features of one sample.
    pub fn row(&self, i: usize) -> &[f32] {
        &self.values[i * self.dims..(i + 1) * self.dims]
    }

    /// The first samples, at most so many.
    pub fn first(&self, most: usize) -> Features {
        let n = self.len().min(most);
        Features { values: self.values[..n * self.dims].to_vec(), dims: self.dims }
    }

    /// Adds the samples of another set of the same network.
    ///
    /// # Errors
    /// Its samples have another number of features.
    pub fn append(&mut self, other: &Features) -> Result<(), Error> {
        self.same_network(other)?;
        self.values.extend_from_slice(&other.values);
        Ok(())
    }

    /// A draw of so many samples without repetition by `rng`, a row each.
    pub(super) fn drawn(&self, n: usize, rng: &mut Rng) -> Mat<f64> {
        let chosen = index::sample(rng, self.len(), n.min(self.len()));
        Mat::from_fn(chosen.len(), self.dims, |i, k| f64::from(self.row(chosen.index(i))[k]))
    }

    /// Samples, a row each, from the one number `from` on, at most `n`.
    pub(super) fn block(&self, from: usize, n: usize) -> Mat<f64> {
        let rows = n.min(self.len() - from);
        Mat::from_fn(rows, self.dims, |i, k| f64::from(self.values[(from + i) * self.dims + k]))
    }

    /// The error that the other samples have another number of features, if they have.
    pub(super) fn same_network(&self, other: &Features) -> Result<(), Error> {
        match self.dims == other.dims {
            true => Ok(()),
            false => Err(Error::Dims { real: self.dims, generated: other.dims }),
        }
    }
}
