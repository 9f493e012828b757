//! Sliced Wasserstein: the Earth Mover's distance of points in many dimensions, seen from random directions.
//!
//! SW1(P, Q) is the mean over directions θ on the unit sphere of W1 between θ·P and θ·Q, each of which is sorting
//! (Bonneel, Rabin, Peyré, Pfister 2015). It is at most W1; in the plane a shift by s is at 2/π·s, in d dimensions at
//! Γ(d/2)/(√π·Γ((d+1)/2))·s. In one dimension it is W1.

use rand::Rng as _;
use rand_distr::StandardNormal;

use super::em::sorted;
use super::{Error, Points};
use crate::domain::seed::Rng;

/// A mean over random directions, and how far it may be off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sliced {
    /// The mean over the directions, in the points' own unit.
    pub value: f64,
    /// The standard error of that mean as an estimate of that over all directions; 0 in one dimension.
    pub error: f64,
    /// The number of directions looked along: 1 in one dimension, where there is no other.
    pub directions: usize,
}

/// The sliced Wasserstein distance over `directions` random directions, at least one, drawn by `rng`.
///
/// # Errors
/// Points of different spaces; points whose distance `f64` cannot hold.
pub fn distance(a: &Points, b: &Points, directions: usize, rng: &mut Rng) -> Result<Sliced, Error> {
    a.same_space(b)?;
    if a.dims() == 1 {
        return Ok(Sliced { value: sorted::distance(a, b)?, error: 0.0, directions: 1 });
    }
    let directions = directions.max(1);
    let (mut mean, mut squares) = (0.0, 0.0);
    let (mut x, mut y) = (Vec::with_capacity(a.len()), Vec::with_capacity(b.len()));
    for k in 1..=directions {
        let direction = direction(a.dims(), rng);
        project(a, &direction, &mut x);
        project(b, &direction, &mut y);
        // Welford's running mean and sum of squares.
        let value = sorted::of_sorted(&x, &y);
        let delta = value - mean;
        mean += delta / k as f64;
        squares += delta * (value - mean);
    }
    if !mean.is_finite() {
        return Err(Error::TooFar { what: "the distance" });
    }
    let error = match directions {
        1 => 0.0,
        n => (squares / ((n - 1) * n) as f64).sqrt(),
    };
    Ok(Sliced { value: mean, error, directions })
}

/// A direction, uniform on the unit sphere.
fn direction(dims: usize, rng: &mut Rng) -> Vec<f64> {
    loop {
        let mut direction: Vec<f64> = (0..dims).map(|_| rng.sample(StandardNormal)).collect();
        let length = direction.iter().map(|x| x * x).sum::<f64>().sqrt();
        if length > 0.0 {
            direction.iter_mut().for_each(|x| *x /= length);
            return direction;
        }
    }
}

/// The points as seen along a direction, sorted.
fn project(points: &Points, direction: &[f64], out: &mut Vec<f64>) {
    out.clear();
    out.extend(points.iter().map(|point| point.iter().zip(direction).map(|(x, d)| x * d).sum::<f64>()));
    out.sort_unstable_by(f64::total_cmp);
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use proptest::{prop_assert, proptest, test_runner::Config as ProptestConfig};

    use super::*;
    use crate::domain::seed::{self, Stream};
    use crate::theory::distance::em;

    fn rng(seed: u64) -> seed::Rng {
        seed::rng(seed, Stream::Distance, 0)
    }

    fn cloud(seed: u64, n: usize, dims: usize, shift: f64) -> Points {
        let mut rng = rng(seed);
        let mut value =
            |i: usize| rng.sample::<f64, _>(StandardNormal) + if i.is_multiple_of(dims) { shift } else { 0.0 };
        Points::new((0..n * dims).map(&mut value).collect(), dims).unwrap()
    }

    #[test]
    fn a_shift_is_seen_as_theory_says() {
        for (dims, factor) in [(2, 2.0 / PI), (3, 0.5)] {
            // Sets of one shape, so that every direction sees the shift alone.
            let a = cloud(1, 50, dims, 0.0);
            let shifted = a.iter().flat_map(|p| p.iter().enumerate().map(|(i, x)| if i == 0 { x + 3.0 } else { *x }));
            let b = Points::new(shifted.collect(), dims).unwrap();
            let got = distance(&a, &b, 4000, &mut rng(2)).unwrap();
            assert!((got.value - factor * 3.0).abs() < 4.0 * got.error, "{got:?}");
            assert!(got.error > 0.0 && got.error < 0.02, "{got:?}");
        }
    }

    #[test]
    fn it_is_a_function_of_the_seed() {
        let (a, b) = (cloud(1, 30, 2, 0.0), cloud(2, 40, 2, 1.0));
        let got = |seed| distance(&a, &b, 16, &mut rng(seed)).unwrap().value;
        assert_eq!(got(1), got(1));
        assert_ne!(got(1), got(2));
        assert_eq!(distance(&a, &a, 16, &mut rng(1)).unwrap().value, 0.0);
    }

    #[test]
    fn in_one_dimension_it_is_exact_and_elsewhere_points_must_match() {
        let (a, b) = (cloud(1, 30, 1, 0.0), cloud(2, 40, 1, 1.0));
        let got = distance(&a, &b, 16, &mut rng(1)).unwrap();
        assert_eq!(got, Sliced { value: em::distance(&a, &b).unwrap(), error: 0.0, directions: 1 });
        assert_eq!(distance(&a, &cloud(1, 3, 2, 0.0), 1, &mut rng(1)), Err(Error::Dims { first: 1, second: 2 }));
        let far = |x: f64| Points::new(vec![x; 20], 10).unwrap();
        assert!(matches!(distance(&far(1.7e308), &far(-1.7e308), 9, &mut rng(1)), Err(Error::TooFar { .. })));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn no_direction_sees_more_than_there_is(n in 1usize..20, m in 1usize..20, dims in 2usize..5, seed in 0u64..1000) {
            let (a, b) = (cloud(seed, n, dims, 0.0), cloud(seed + 1, m, dims, 0.5));
            let exact = em::distance(&a, &b).unwrap();
            prop_assert!(distance(&a, &b, 8, &mut rng(seed)).unwrap().value <= exact + 1e-12);
        }
    }
}
