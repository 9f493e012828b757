//! One dimension: the Earth Mover's distance is ∫ |F − G| of the two distribution functions, so sorting is enough.

use super::masses;
use crate::theory::distance::{Error, Points};

/// The distance between two sets of numbers, each number of a set weighing the same. The sets may differ in size.
///
/// # Errors
/// Points of more than one coordinate; numbers whose distance `f64` cannot hold.
pub fn distance(a: &Points, b: &Points) -> Result<f64, Error> {
    finite(of_sorted(&sorted(a)?, &sorted(b)?))
}

/// The same of numbers that are sorted already, in time linear in how many there are. Empty sets are at no distance.
pub(in crate::theory::distance) fn of_sorted(x: &[f64], y: &[f64]) -> f64 {
    if x.len() == y.len() {
        let n = x.len() as f64;
        return 2.0 * x.iter().zip(y).map(|(x, y)| half_way(*x, *y) / n).sum::<f64>();
    }
    // Both quantile functions are steps: the i-th number of x covers (i/n, (i+1)/n]. In units of 1/(n·m) every step
    // ends at a whole number.
    let (n, m) = (x.len() as u128, y.len() as u128);
    let (mut i, mut j, mut at, mut total) = (0, 0, 0u128, 0.0);
    while i < x.len() && j < y.len() {
        let (x_ends, y_ends) = ((i as u128 + 1) * m, (j as u128 + 1) * n);
        let end = x_ends.min(y_ends);
        let share = (end - at) as f64 / (n * m) as f64;
        total += half_way(x[i], y[j]) * share;
        at = end;
        i += usize::from(end == x_ends);
        j += usize::from(end == y_ends);
    }
    2.0 * total
}

/// Half the way from x to y, which is a number even where the way is not.
fn half_way(x: f64, y: f64) -> f64 {
    (x / 2.0 - y / 2.0).abs()
}

/// The distance between weighted numbers: those of `x` weigh `a`, those of `y` weigh `b`. With masses other than 1,
/// the distance times the mass.
///
/// # Errors
/// Points of more than one coordinate; weights that are negative, not finite, not one a point, or unequal in sum;
/// numbers whose distance `f64` cannot hold.
pub fn weighted(x: &Points, a: &[f64], y: &Points, b: &[f64]) -> Result<f64, Error> {
    for points in [x, y] {
        one_dimensional(points)?;
    }
    let mass = masses::check((a, x.len()), (b, y.len()))?;
    // F − G jumps at every number; between two it is constant. Shares, so that equal masses are exactly equal.
    let jumps = |points: &Points, weights: &[f64], sum: f64| -> Vec<(f64, f64)> {
        points.values().iter().zip(weights).map(|(&x, w)| (x, w / sum)).collect()
    };
    let mut all = jumps(x, a, mass.0);
    all.extend(jumps(y, b, -mass.1));
    all.sort_unstable_by(|p, q| p.0.total_cmp(&q.0));
    let (mut height, mut total) = (0.0f64, 0.0);
    for pair in all.windows(2) {
        height += pair[0].1;
        total += half_way(pair[1].0, pair[0].0) * height.abs();
    }
    finite(2.0 * total * mass.0)
}

fn one_dimensional(points: &Points) -> Result<(), Error> {
    match points.dims() {
        1 => Ok(()),
        dims => Err(Error::NotOneDimensional(dims)),
    }
}

fn sorted(points: &Points) -> Result<Vec<f64>, Error> {
    one_dimensional(points)?;
    let mut values = points.values().to_vec();
    values.sort_unstable_by(f64::total_cmp);
    Ok(values)
}

fn finite(distance: f64) -> Result<f64, Error> {
    match distance.is_finite() {
        true => Ok(distance),
        false => Err(Error::TooFar { what: "the distance" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(values: &[f64]) -> Points {
        Points::new(values.to_vec(), 1).unwrap()
    }

    #[test]
    fn sizes_may_differ() {
        // Half of the mass of 0 goes to 1, half to 3; the other way round too.
        assert_eq!(distance(&points(&[0.0]), &points(&[1.0, 3.0])), Ok(2.0));
        assert_eq!(distance(&points(&[3.0, 1.0]), &points(&[0.0])), Ok(2.0));
        // Quantiles of thirds against halves: 0 0|1 1|2 2 against 0 0 0|6 6 6, in sixths.
        let got = distance(&points(&[0.0, 1.0, 2.0]), &points(&[6.0, 0.0])).unwrap();
        assert!((got - (1.0 + 5.0 + 4.0 + 4.0) / 6.0).abs() < 1e-15, "{got}");
    }

    #[test]
    fn weights_of_any_mass() {
        let (x, y) = (points(&[1.0, 0.0]), points(&[2.0]));
        assert_eq!(weighted(&x, &[1.0, 3.0], &y, &[4.0]), Ok(7.0));
        assert_eq!(weighted(&y, &[4.0], &x, &[1.0, 3.0]), Ok(7.0));
        assert_eq!(
            weighted(&x, &[1.0, 3.0], &y, &[3.0]).unwrap_err().to_string(),
            "the first set has mass 4, the second 3; both must have the same, so normalise the weights"
        );
        assert_eq!(
            weighted(&x, &[1.0], &y, &[1.0]),
            Err(Error::WeightCount { side: crate::theory::distance::Side::First, points: 2, weights: 1 })
        );
    }

    #[test]
    fn large_numbers_do_not_overflow_on_the_way() {
        assert_eq!(distance(&points(&[1e308, 1e308]), &points(&[0.0, 0.0])), Ok(1e308));
        assert!(matches!(distance(&points(&[1.7e308]), &points(&[-1.7e308])), Err(Error::TooFar { .. })));
        assert_eq!(distance(&Points::new(vec![0.0; 2], 2).unwrap(), &points(&[0.0])), Err(Error::NotOneDimensional(2)));
    }
}
