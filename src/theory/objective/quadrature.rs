//! D_f(P‖Q) of known densities, by quadrature.

use super::Divergence;
use super::tails::Growth;

/// Beyond a ratio of e^±this f is taken for the power that it comes near.
const LARGEST_LOG_RATIO: f64 = 300.0;
/// Above this an integrand has run away.
const RUNAWAY: f64 = 1e300;
/// The largest integrand left at the ends of its interval, for each unit of length.
const NEGLIGIBLE: f64 = 1e-12;
/// Intervals to begin with, so that no narrow peak is overlooked.
const PIECES: usize = 256;
/// The rounding error of an integral, relatively: where the integrand is huge no tolerance below that is ever met.
const ROUNDING: f64 = 1e-13;
/// The most halvings of an interval: kinks cost that often, smooth pieces a few times.
const DEEPEST: usize = 40;

/// D_f(P‖Q) of two distributions over the same outcomes; +∞ where it is.
pub fn discrete(divergence: &dyn Divergence, p: &[f64], q: &[f64]) -> f64 {
    p.iter().zip(q).map(|(p, q)| integrand(divergence, p.ln(), q.ln())).sum()
}

/// D_f(P‖Q) of two densities on the line, given by their logarithms, over an interval outside which both vanish: at its
/// ends both must be negligible. The error is about `tolerance`; +∞ where the integral runs away.
pub fn line(
    divergence: &dyn Divergence,
    ln_p: impl Fn(f64) -> f64,
    ln_q: impl Fn(f64) -> f64,
    [low, high]: [f64; 2],
    tolerance: f64,
) -> f64 {
    let at = |x: f64| integrand(divergence, ln_p(x), ln_q(x));
    // A tail that has not vanished where both densities have never will.
    if [low, high].into_iter().any(|end| at(end).is_nan() || at(end).abs() > NEGLIGIBLE) {
        return f64::INFINITY;
    }
    let cuts: Vec<f64> = (0..=PIECES).map(|i| low + (high - low) * i as f64 / PIECES as f64).collect();
    between(divergence, ln_p, ln_q, &cuts, tolerance)
}

/// The same between the first and the last of `cuts`, in order, beyond which nothing is left; each interval between two of
/// them is looked at by itself.
pub fn between(
    divergence: &dyn Divergence,
    ln_p: impl Fn(f64) -> f64,
    ln_q: impl Fn(f64) -> f64,
    cuts: &[f64],
    tolerance: f64,
) -> f64 {
    let at = |x: f64| integrand(divergence, ln_p(x), ln_q(x));
    let share = tolerance / cuts.len().max(2) as f64;
    let pieces = cuts.windows(2).map(|ends| {
        let (a, b) = (ends[0], ends[1]);
        let piece = Piece { a, b, values: [at(a), at((a + b) / 2.0), at(b)] };
        piece.integral(&at, share, DEEPEST)
    });
    let sum: f64 = pieces.sum();
    if sum.abs() < RUNAWAY { sum } else { f64::INFINITY }
}

/// q f(p/q) at a point where p and q have these logarithms; log 0 is −∞.
pub fn integrand(divergence: &dyn Divergence, ln_p: f64, ln_q: f64) -> f64 {
    let (p, q) = (ln_p.exp(), ln_q.exp());
    if ln_p == f64::NEG_INFINITY && ln_q == f64::NEG_INFINITY {
        return 0.0;
    }
    // What Q misses weighs lim f(u)/u = sup dom f*.
    if ln_q == f64::NEG_INFINITY {
        return p * divergence.domain_end();
    }
    if ln_p == f64::NEG_INFINITY {
        return q * divergence.f(0.0);
    }
    let ratio = ln_p - ln_q;
    let u = ratio.clamp(-LARGEST_LOG_RATIO, LARGEST_LOG_RATIO).exp();
    if ratio.abs() > LARGEST_LOG_RATIO || (p == 0.0 && q == 0.0) {
        // In logarithms: a factor may be beyond all numbers where the product is not.
        if ratio.abs() <= LARGEST_LOG_RATIO {
            let f = divergence.f(u);
            return f.signum() * (f.abs().ln() + ln_q).exp();
        }
        let growth = Growth::of(divergence, ratio > 0.0);
        return growth.factor(ratio.abs()) * (growth.power * ln_p + (1.0 - growth.power) * ln_q).exp();
    }
    // The larger of the two weighs, so that nothing is lost where the other vanishes.
    if u > 1.0 { p * (divergence.f(u) / u) } else { q * divergence.f(u) }
}

/// An interval with the integrand at its ends and its middle.
#[derive(Clone, Copy)]
struct Piece {
    a: f64,
    b: f64,
    values: [f64; 3],
}

impl Piece {
    /// By Simpson's rule.
    fn simpson(&self) -> f64 {
        (self.b - self.a) / 6.0 * (self.values[0] + 4.0 * self.values[1] + self.values[2])
    }

    /// By Simpson's rule on halves of halves, until they agree with the whole.
    fn integral(&self, at: &impl Fn(f64) -> f64, tolerance: f64, depth: usize) -> f64 {
        let Piece { a, b, values: [first, middle, last] } = *self;
        let half = (a + b) / 2.0;
        let left = Piece { a, b: half, values: [first, at((a + half) / 2.0), middle] };
        let right = Piece { a: half, b, values: [middle, at((half + b) / 2.0), last] };
        let (whole, halves) = (self.simpson(), left.simpson() + right.simpson());
        let gap = halves - whole;
        let good = gap.abs() <= 15.0 * tolerance + ROUNDING * halves.abs();
        if depth == 0 || good || gap.is_nan() || gap.abs() > RUNAWAY {
            return halves + gap / 15.0;
        }
        left.integral(at, tolerance / 2.0, depth - 1) + right.integral(at, tolerance / 2.0, depth - 1)
    }
}
