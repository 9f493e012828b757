//! Integrals against two mixtures of Gaussians in a plane, part by part: for parts so narrow beside the distances
//! between them that no grid over the whole plane sees them.

use super::density::{Density, Point};

/// The distance from the middle of a part up to which its own mass is looked for, in deviations.
const REACH: i32 = 4;

/// The places at which two densities are looked at, each with its share of the mass of (p + q)/2: around the middle of
/// every part of either, a deviation over `finer` apart, as far as [`REACH`]. Sums over such points are exact to four
/// digits for what varies no faster than the parts. None for a density that has no parts.
pub fn places(p: &Density, q: &Density, finer: i32) -> Option<Vec<(Point, f64)>> {
    let steps = (-REACH * finer..=REACH * finer).map(|i| f64::from(i) / f64::from(finer));
    let offsets: Vec<(f64, f64)> = steps.map(|x| (x, (-0.5 * x * x).exp())).collect();
    let whole: f64 = offsets.iter().map(|(_, weight)| weight).sum();
    let mut places = Vec::new();
    for density in [p, q] {
        for (share, mean, std) in density.parts()? {
            for (x, a) in &offsets {
                for (y, b) in &offsets {
                    let mass = 0.5 * share * a * b / (whole * whole);
                    places.push(([mean[0] + x * std[0], mean[1] + y * std[1]], mass));
                }
            }
        }
    }
    Some(places)
}

/// The logarithm of (p + q)/2 where p and q have these logarithms.
pub fn ln_between(ln_p: f64, ln_q: f64) -> f64 {
    let most = ln_p.max(ln_q);
    if most == f64::NEG_INFINITY {
        return most;
    }
    most + (0.5 * ((ln_p - most).exp() + (ln_q - most).exp())).ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::distance::modes::Mode;

    #[test]
    fn the_places_hold_all_the_mass_of_both() {
        let mode = |x: f64, std, weight| Mode { mean: vec![x, 1.0], std, weight };
        let p = Density::mixture(&[mode(0.0, 1e-4, 1.0), mode(5.0, 2.0, 3.0)]).unwrap();
        let q = Density::mixture(&[mode(1.0, 0.5, 1.0)]).unwrap();
        let places = places(&p, &q, 1).unwrap();
        assert!((places.iter().map(|(_, mass)| mass).sum::<f64>() - 1.0).abs() < 1e-12);
        // E[x] and the mean square of the parts, by hand.
        let mean: f64 = places.iter().map(|(x, mass)| x[0] * mass).sum();
        let square: f64 = places.iter().map(|(x, mass)| x[0] * x[0] * mass).sum();
        assert!((mean - (0.5 * 0.75 * 5.0 + 0.5)).abs() < 1e-9, "{mean}");
        assert!((square - (0.5 * 0.75 * 29.0 + 0.5 * 1.25)).abs() < 1e-2, "{square}");
    }

    #[test]
    fn the_density_between_is_their_mean() {
        assert!((ln_between(0.2f64.ln(), 0.6f64.ln()) - 0.4f64.ln()).abs() < 1e-12);
        assert!((ln_between(f64::NEG_INFINITY, 0.6f64.ln()) - 0.3f64.ln()).abs() < 1e-12);
        assert_eq!(ln_between(f64::NEG_INFINITY, f64::NEG_INFINITY), f64::NEG_INFINITY);
        assert!((ln_between(-2000.0, -2000.0) + 2000.0).abs() < 1e-9);
    }
}
