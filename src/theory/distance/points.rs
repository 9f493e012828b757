//! A set of points: what every distance is between.

use rand::seq::index;

use super::Error;
use crate::domain::seed::Rng;

/// A set of at least one point, each of the same number of finite coordinates.
#[derive(Clone, Debug, PartialEq)]
pub struct Points {
    values: Vec<f64>,
    dims: usize,
}

impl Points {
    /// The points of `dims` coordinates that lie in `values` one after the other (row-major).
    ///
    /// # Errors
    /// No points, no coordinates, a last point that is not whole, a coordinate that is not finite.
    pub fn new(values: Vec<f64>, dims: usize) -> Result<Points, Error> {
        if dims == 0 {
            return Err(Error::NoDims);
        }
        if values.is_empty() {
            return Err(Error::NoPoints);
        }
        if !values.len().is_multiple_of(dims) {
            return Err(Error::NotWhole { numbers: values.len(), dims });
        }
        match values.iter().position(|value| !value.is_finite()) {
            Some(at) => Err(Error::NotFinite { point: at / dims + 1, coordinate: at % dims + 1, value: values[at] }),
            None => Ok(Points { values, dims }),
        }
    }

    /// The same of the trainer's samples, which are `f32`.
    ///
    /// # Errors
    /// As [`Points::new`].
    pub fn from_f32(values: &[f32], dims: usize) -> Result<Points, Error> {
        Points::new(values.iter().map(|&value| f64::from(value)).collect(), dims)
    }

    /// The number of points; at least one.
    #[expect(clippy::len_without_is_empty, reason = "never empty")]
    pub fn len(&self) -> usize {
        self.values.len() / self.dims
    }

    /// Coordinates of a point; at least one.
    pub fn dims(&self) -> usize {
        self.dims
    }

    /// The coordinates of all points, one point after the other.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The points.
    pub fn iter(&self) -> std::slice::ChunksExact<'_, f64> {
        self.values.chunks_exact(self.dims)
    }

    /// One coordinate, from 0, of all points; of a coordinate that there is not, the last.
    pub(crate) fn coordinate(&self, k: usize) -> Points {
        let k = k.min(self.dims - 1);
        Points { values: self.values.iter().skip(k).step_by(self.dims).copied().collect(), dims: 1 }
    }

    /// `limit` of the points, drawn without replacement by `rng`, in their order; all of them where there are no more.
    /// At least one is drawn.
    pub fn subsample(&self, limit: usize, rng: &mut Rng) -> Points {
        if self.len() <= limit.max(1) {
            return self.clone();
        }
        let mut chosen = index::sample(rng, self.len(), limit.max(1)).into_vec();
        chosen.sort_unstable();
        let point = |i: usize| &self.values[i * self.dims..(i + 1) * self.dims];
        Points { values: chosen.into_iter().flat_map(point).copied().collect(), dims: self.dims }
    }

    /// The error that the other points are of another space, if they are.
    pub(crate) fn same_space(&self, other: &Points) -> Result<(), Error> {
        match self.dims == other.dims {
            true => Ok(()),
            false => Err(Error::Dims { first: self.dims, second: other.dims }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::seed::{self, Stream};

    #[test]
    fn only_whole_finite_points_are_taken() {
        assert_eq!(Points::new(vec![], 2), Err(Error::NoPoints));
        assert_eq!(Points::new(vec![1.0], 0), Err(Error::NoDims));
        assert_eq!(Points::new(vec![1.0; 5], 2), Err(Error::NotWhole { numbers: 5, dims: 2 }));
        let error = Points::new(vec![0.0, 1.0, 2.0, f64::INFINITY], 2).unwrap_err();
        assert_eq!(error.to_string(), "point 2, coordinate 2 is inf; every coordinate must be finite");
        assert!(Points::from_f32(&[0.0, f32::NAN], 1).is_err());
        let points = Points::from_f32(&[0.0, 0.5, 1.0, 1.5], 2).unwrap();
        assert_eq!((points.len(), points.dims(), points.values()), (2, 2, &[0.0, 0.5, 1.0, 1.5][..]));
    }

    #[test]
    fn a_subsample_is_of_the_points_without_repetition_and_by_the_seed() {
        let points = Points::new((0..2000).map(f64::from).collect(), 2).unwrap();
        let draw = |seed| points.subsample(100, &mut seed::rng(seed, Stream::Distance, 0));
        let drawn = draw(1);
        assert_eq!((drawn.len(), drawn.dims()), (100, 2));
        assert!(drawn.iter().all(|p| p[1] == p[0] + 1.0 && p[0] % 2.0 == 0.0));
        assert!(drawn.values().windows(2).all(|w| w[0] < w[1]));
        assert_eq!(draw(1), drawn);
        assert_ne!(draw(2), drawn);
        assert_eq!(points.subsample(1000, &mut seed::rng(1, Stream::Distance, 0)), points);
    }
}
