//! Whether q f(p/q), the integrand of a divergence, comes to an end between two mixtures of Gaussians, and where.
//!
//! Far out a mixture is its widest Gaussian, and f is a power: f(u) ~ C u^k. So the integrand is C p^k q^(1−k), the
//! exponential of a quadratic function, and the sign of what stands before the square says whether its integral is finite.

use std::cmp::Ordering;

use super::Divergence;

/// A Gaussian of a mixture along a line: the logarithm of its height, its middle and its deviation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bell {
    pub ln: f64,
    pub mean: f64,
    pub std: f64,
}

/// The largest |ln u| that counts.
const LARGEST: f64 = 1e4;
/// Intervals between the core and a far end.
const FAR: usize = 32;
/// Intervals of the whole.
const EVEN: usize = 64;
/// Where a part of a mixture is cut into intervals, in its deviations, so that no narrow one is overlooked.
const CUTS: [f64; 11] = [-8.0, -5.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 5.0, 8.0];
/// A coefficient that is smaller than its terms by this factor is 0 but for rounding.
const ROUNDING: f64 = 1e-12;

/// f(u) ~ (a + b |ln u|) u^`power` as u goes to +∞ (`up`) or to 0: for every f that there is, and but for what is smaller
/// by a power of u.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Growth {
    pub power: f64,
    factor: [f64; 2],
}

impl Growth {
    pub(super) fn of(divergence: &dyn Divergence, up: bool) -> Growth {
        let (limit, power) = if up { (divergence.domain_end(), 1.0) } else { (divergence.f(0.0), 0.0) };
        if limit.is_finite() {
            return Growth { power, factor: [limit, 0.0] };
        }
        let sign = if up { 1.0 } else { -1.0 };
        let f = |r: f64| divergence.f((sign * r).exp());
        // A logarithm beside the power adds 1/r to the slope: what two slopes have in common is the power.
        let slope = |r: f64| (f(r + 1.0).abs().ln() - f(r - 1.0).abs().ln()) / 2.0;
        let r = [160.0, 80.0, 40.0].into_iter().find(|r| f(2.0 * r + 1.0).is_finite()).unwrap_or(20.0);
        let power = 2.0 * slope(2.0 * r) - slope(r);
        let whole = (power - power.round()).abs() < 1e-4;
        let power = if whole { power.round() } else { power };
        let factor = |r: f64| f(r).signum() * (f(r).abs().ln() - power * r).exp();
        let (near, far) = (factor(r), factor(2.0 * r));
        // Only whole powers have a logarithm beside them.
        let rise = if whole && (far - near).abs() > 1e-6 * far.abs() { (far - near) / r } else { 0.0 };
        Growth { power: sign * power, factor: [far - 2.0 * r * rise, rise] }
    }

    /// What stands before the power where |ln u| is `r`.
    pub(super) fn factor(&self, r: f64) -> f64 {
        self.factor[0] + self.factor[1] * r
    }
}

/// The interval beyond which the integrand stays below e^`ln_least`, and that holds all parts of the mixtures `p` and `q` as
/// far as `core` of their deviations; none where its integral is infinite, or a mixture is empty.
pub fn ends(divergence: &dyn Divergence, p: &[Bell], q: &[Bell], core: f64, ln_least: f64) -> Option<[f64; 2]> {
    let core = hull(p, q, core);
    let mut ends = core;
    for (end, side) in ends.iter_mut().zip([-1.0, 1.0]) {
        let far = side * far(divergence, widest(p, side)?, widest(q, side)?, ln_least)?;
        *end = if side < 0.0 { end.min(far) } else { end.max(far) };
    }
    Some(ends)
}

/// Where to cut the interval `ends` for a quadrature, the ends included, in order.
pub fn cuts(p: &[Bell], q: &[Bell], ends: [f64; 2]) -> Vec<f64> {
    let [low, high] = hull(p, q, CUTS[CUTS.len() - 1]);
    let evenly = |[from, to]: [f64; 2], n: usize| (0..=n).map(move |i| from + (to - from) * i as f64 / n as f64);
    let parts = p.iter().chain(q).flat_map(|bell| CUTS.map(|cut| bell.mean + cut * bell.std));
    let far = evenly([ends[0], low], FAR).chain(evenly([high, ends[1]], FAR));
    let mut cuts: Vec<f64> = parts.chain(far).chain(evenly(ends, EVEN)).collect();
    cuts.retain(|cut| (ends[0]..=ends[1]).contains(cut));
    cuts.sort_by(f64::total_cmp);
    cuts.dedup();
    cuts
}

/// The interval of all parts as far as so many of their deviations.
fn hull(p: &[Bell], q: &[Bell], core: f64) -> [f64; 2] {
    let reach = |side: f64| p.iter().chain(q).map(move |bell| bell.mean + side * core * bell.std);
    [reach(-1.0).fold(f64::INFINITY, f64::min), reach(1.0).fold(f64::NEG_INFINITY, f64::max)]
}

/// The part that is the whole mixture far out on a side, as that side sees it: with its middle times `side`.
fn widest(bells: &[Bell], side: f64) -> Option<Bell> {
    let far = |bell: &Bell| Bell { mean: side * bell.mean, ..*bell };
    let key = |bell: &Bell| [bell.std, bell.mean, bell.ln];
    bells.iter().map(far).max_by(|a, b| key(a).partial_cmp(&key(b)).unwrap_or(Ordering::Equal))
}

/// How far to the right C p^k q^(1−k) of two Gaussians is above e^`ln_least`; none where it never comes to an end.
fn far(divergence: &dyn Divergence, p: Bell, q: Bell, ln_least: f64) -> Option<f64> {
    let order = [p.std, p.mean].partial_cmp(&[q.std, q.mean]);
    if order == Some(Ordering::Equal) {
        // The ratio is a constant there: f of it times q, which comes to an end.
        return Some(f64::NEG_INFINITY);
    }
    let growth = Growth::of(divergence, order == Some(Ordering::Greater));
    let power = growth.power;
    let precision = |bell: Bell| bell.std.powi(-2);
    // a x² of the exponent −a x² + b x + c, and the others.
    let a = (power * precision(p) + (1.0 - power) * precision(q)) / 2.0;
    let b = power * p.mean * precision(p) + (1.0 - power) * q.mean * precision(q);
    let at_zero = |bell: Bell| bell.ln - 0.5 * bell.mean.powi(2) * precision(bell);
    // A logarithm is no larger than this as far as numbers reach.
    let c = growth.factor(LARGEST).abs().ln() + power * at_zero(p) + (1.0 - power) * at_zero(q) - ln_least;
    let rounding = |terms: [f64; 2]| ROUNDING * (terms[0].abs() + terms[1].abs());
    let square = rounding([power * precision(p), (1.0 - power) * precision(q)]);
    let linear = rounding([power * p.mean * precision(p), (1.0 - power) * q.mean * precision(q)]);
    if a < -square || (a <= square && b >= -linear) {
        return None;
    }
    if a <= square {
        return Some(c / -b);
    }
    let root = b * b + 4.0 * a * c;
    // Below it everywhere.
    Some(if root > 0.0 { (b + root.sqrt()) / (2.0 * a) } else { f64::NEG_INFINITY })
}

#[cfg(test)]
mod tests {
    use super::super::ALL;
    use super::*;

    fn bell(mean: f64, std: f64) -> Bell {
        Bell { ln: -(std * std::f64::consts::TAU.sqrt()).ln(), mean, std }
    }

    fn divergence(kind: &str) -> &'static dyn Divergence {
        super::super::find(kind).and_then(|row| row.divergence()).expect(kind)
    }

    #[test]
    fn the_powers_are_those_of_the_formulas() {
        for (kind, up, down) in [
            ("kl", 1.0, 0.0),
            ("reverse-kl", 1.0, 0.0),
            ("jeffrey", 1.0, 0.0),
            ("pearson", 2.0, 0.0),
            ("neyman", 1.0, -1.0),
            ("js", 1.0, 0.0),
            ("hellinger", 1.0, 0.0),
            ("total-variation", 1.0, 0.0),
        ] {
            let found = [true, false].map(|end| Growth::of(divergence(kind), end).power);
            assert_eq!(found, [up, down], "{kind}");
        }
    }

    #[test]
    fn whether_it_ends_is_told_however_near_the_bound() {
        let near = [1e-6, 1e-3, 0.1];
        let root = 2f64.sqrt();
        for off in near {
            for (kind, finite, infinite) in [
                ("neyman", root * (1.0 - off), root * (1.0 + off)),
                ("pearson", (1.0 + off) / root, (1.0 - off) / root),
            ] {
                let ends_at = |std: f64| ends(divergence(kind), &[bell(0.0, 1.0)], &[bell(0.0, std)], 10.0, -28.0);
                let [low, high] = ends_at(finite).expect("an end");
                assert!(low == -high && high >= 10.0, "{kind} {finite}: {low} {high}");
                assert_eq!(ends_at(infinite), None, "{kind} {infinite}");
            }
        }
        // At the bound itself the middles decide, on each side by itself.
        let ends_at = |mean: f64| ends(divergence("neyman"), &[bell(0.0, 1.0)], &[bell(mean, root)], 10.0, -28.0);
        assert_eq!([ends_at(1.0), ends_at(-1.0), ends_at(0.0)], [None; 3]);
    }

    #[test]
    fn far_out_the_widest_part_decides_and_what_always_ends_always_does() {
        // A wide part of the data, however light, holds what the generator has.
        let light = Bell { ln: -40.0, ..bell(0.0, 2.0) };
        let wide = [bell(0.0, 2.0)];
        assert_eq!(ends(divergence("neyman"), &[bell(0.0, 1.0)], &wide, 10.0, -28.0), None);
        let [low, high] = ends(divergence("neyman"), &[bell(0.0, 1.0), light], &wide, 10.0, -28.0).expect("an end");
        assert!(low <= -20.0 && high >= 20.0);
        for row in ALL.iter().filter(|row| row.divergence().is_some()) {
            let d = row.divergence().expect("one");
            let told = ends(d, &[bell(1.0, 1.0)], &[bell(-1.0, 1.0)], 10.0, -28.0);
            assert!(told.is_some(), "{}: of equal deviations it always ends", row.about().name);
        }
        // The integral of p²/q of deviations so near the bound has its mass far from both: about their means apart.
        let [_, high] =
            ends(divergence("pearson"), &[bell(1.0, 1.0)], &[bell(0.0, 0.75)], 10.0, -28.0).expect("an end");
        assert!(high > 16.0, "{high}");
    }
}
