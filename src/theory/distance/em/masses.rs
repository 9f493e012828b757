//! The weights of points: checked, and as whole numbers.

use crate::theory::distance::{Error, Side};

/// The largest difference of the two masses, relative to the larger: the rounding of sums of weights, and more.
const UNEQUAL: f64 = 1e-9;

/// The unit to which weights in general are rounded: 2^-60 of the mass.
const UNITS: i64 = 1 << 60;

/// The masses of the two sets of weights, each given with the number of points it is for.
///
/// # Errors
/// Not one weight a point; weights negative or not finite; masses 0, not finite, or unequal by more than 1e-9 of the
/// larger.
pub fn check(a: (&[f64], usize), b: (&[f64], usize)) -> Result<(f64, f64), Error> {
    let (first, second) = (mass(Side::First, a)?, mass(Side::Second, b)?);
    match (first - second).abs() <= UNEQUAL * first.max(second) {
        true => Ok((first, second)),
        false => Err(Error::Masses { first, second }),
    }
}

fn mass(side: Side, (weights, points): (&[f64], usize)) -> Result<f64, Error> {
    if weights.len() != points {
        return Err(Error::WeightCount { side, points, weights: weights.len() });
    }
    if let Some(at) = weights.iter().position(|w| !(w.is_finite() && *w >= 0.0)) {
        return Err(Error::Weight { side, index: at + 1, value: weights[at] });
    }
    let sum: f64 = weights.iter().sum();
    match sum.is_finite() && sum > 0.0 {
        true => Ok(sum),
        false => Err(Error::NoMass { side, sum }),
    }
}

/// Both sets of checked weights in whole units that sum to the same, so that the simplex adds and subtracts exactly.
/// Where all weights of each set are the same, so are the units; else they are off by at most 2^-60 of the mass a
/// point, and by what that sums up to for the heaviest point.
pub fn units(a: (&[f64], f64), b: (&[f64], f64)) -> (Vec<i64>, Vec<i64>) {
    let uniform = |weights: &[f64]| weights.iter().all(|w| *w == weights[0]);
    let (n, m) = (a.0.len(), b.0.len());
    if uniform(a.0) && uniform(b.0) {
        return (vec![m as i64; n], vec![n as i64; m]);
    }
    (rounded(a), rounded(b))
}

fn rounded((weights, mass): (&[f64], f64)) -> Vec<i64> {
    let mut units: Vec<i64> = weights.iter().map(|w| (w / mass * UNITS as f64).round() as i64).collect();
    let missing = UNITS - units.iter().sum::<i64>();
    if let Some(heaviest) = units.iter_mut().max() {
        *heaviest += missing;
    }
    units
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_checked() {
        let wrong = |a: &[f64], b: &[f64]| check((a, 2), (b, 1)).unwrap_err().to_string();
        assert_eq!(wrong(&[0.5; 3], &[1.0]), "the first set has 2 points but 3 weights; give one for each point");
        for bad in [-0.1, f64::NAN, f64::INFINITY] {
            let expected = format!("weight 2 of the first set is {bad}; weights must be finite and at least 0");
            assert_eq!(wrong(&[0.5, bad], &[1.0]), expected);
        }
        assert_eq!(
            wrong(&[0.5; 2], &[0.0]),
            "the weights of the second set sum to 0; the sum must be finite and above 0"
        );
        assert!(wrong(&[1.7e308; 2], &[1.0]).contains("sum to inf"));
        assert!(wrong(&[0.5; 2], &[1.1]).contains("mass 1, the second 1.1"));
        assert_eq!(check((&[0.1, 0.2], 2), (&[0.3], 1)).unwrap().1, 0.3);
    }

    #[test]
    fn units_sum_to_the_same() {
        assert_eq!(units((&[0.5; 2], 1.0), (&[0.1; 3], 0.3)), (vec![3; 2], vec![2; 3]));
        let (a, b) = ([0.1, 0.2, 1e-300, 0.7], [0.3, 0.0, 0.7]);
        let (x, y) = units((&a, 1.0), (&b, 1.0));
        assert_eq!((x.iter().sum::<i64>(), y.iter().sum::<i64>()), (UNITS, UNITS));
        let close = |units: &[i64], weights: &[f64]| {
            units.iter().zip(weights).all(|(u, w)| (*u as f64 / UNITS as f64 - w).abs() < 1e-15)
        };
        assert!(close(&x, &a) && close(&y, &b));
    }
}
