//! The objective's divergence of the data and the generator, and the bound that the critic has learned, both by
//! quadrature of the same two densities.

use std::cell::Cell;

use super::density::{Density, Point};
use super::{Curves, Truth, cells, parts};
use crate::domain::Head;
use crate::link::{Field, Snapshot};
use crate::theory::distance::modes::Mode;
use crate::theory::objective::{self, Divergence, Objective, quadrature};

/// The distance from the parts of a density up to which it is integrated, in their deviations; and the wider intervals
/// that are tried where an integrand has not vanished by then: that of a divergence falls off more slowly than the
/// densities do where one has nearly √2 times the deviation of the other.
const REACHES: [f64; 5] = [10.0, 16.0, 22.0, 28.0, 34.0];
/// The distance up to which an estimate from samples is integrated.
const ESTIMATED: usize = 2;
/// The same in a plane.
const PLANE_REACH: f64 = 7.0;
/// The accuracy of a divergence on a line.
const TOLERANCE: f64 = 1e-9;
/// Points at which an integrand is looked at for it at most.
const BUDGET: usize = 200_000;
/// The largest integrand left at the ends of its interval.
const VANISHED: f64 = 1e-12;
/// Points of the bound's quadrature on a line.
const LINE_POINTS: usize = 8192;
/// Points of a quadrature in a plane along an axis: no fewer, no more.
const PLANE_POINTS: [usize; 2] = [96, 256];
/// Points of the table that stands for a kernel estimate on a line.
const TABLE: usize = 4096;
/// An interval of more than so many deviations of its narrowest part is too long to find that part in.
const LONGEST: f64 = 2000.0;
/// Exponentials in an integral by cells at most: about half a second of them.
const EXPONENTS: usize = 30_000_000;
/// The largest integrand left at the rim of a plane's rectangle, for each unit of area.
const NEGLIGIBLE: f64 = 1e-9;
/// Ratios beyond e^±this are taken to be that, so that T* stays a number.
const LARGEST_LOG_RATIO: f64 = 300.0;

/// The truth of a snapshot whose data has these modes; None where a density or the critic's field is not to be had.
pub fn of(snapshot: &Snapshot, modes: &[Mode]) -> Option<Truth> {
    let field = Surface::new(snapshot.field.as_ref()?)?;
    let objective = objective::of(&snapshot.objective).ok()?;
    let p = Density::mixture(modes)?;
    let dims = p.dims();
    let (q, density) = match &snapshot.law {
        Some(law) => (Density::of_law(law)?, super::Density::Exact),
        None => (Density::kernels(&snapshot.fake, dims, p.narrowest() / 4.0)?, super::Density::Kernel),
    };
    if q.dims() != dims || snapshot.shape.len() != dims {
        return None;
    }
    let game = Game { objective: &*objective, head: snapshot.objective.head, field };
    match dims {
        1 => line(&game, &p, &q, density),
        _ => plane(&game, &p, &q, density),
    }
}

/// The objective, and the critic as it stands.
struct Game<'a> {
    objective: &'a dyn Objective,
    head: Head,
    field: Surface<'a>,
}

impl Game<'_> {
    /// p T − q f*(T) at a point where the densities have these logarithms.
    fn integrand(&self, x: Point, ln_p: f64, ln_q: f64) -> f64 {
        let (p, q, v) = (ln_p.exp(), ln_q.exp(), self.field.score(x));
        let term = |mass: f64, value: f64| if mass == 0.0 { 0.0 } else { mass * value };
        term(p, self.objective.value(self.head, v)) - term(q, self.objective.conjugate(self.head, v))
    }
}

/// T* = f'(p/q), for densities with these logarithms.
fn optimal(divergence: &dyn Divergence, ln_p: f64, ln_q: f64) -> f64 {
    let ratio = if ln_p == ln_q { 0.0 } else { ln_p - ln_q };
    divergence.derivative(ratio.clamp(-LARGEST_LOG_RATIO, LARGEST_LOG_RATIO).exp())
}

/// The smallest interval that holds both.
fn hull(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    [a[0].min(b[0]), a[1].max(b[1])]
}

fn line(game: &Game, p: &Density, q: &Density, density: super::Density) -> Option<Truth> {
    let reach = |deviations| hull(p.interval(0, deviations), q.interval(0, deviations));
    let narrowest = p.narrowest().min(q.narrowest());
    let [low, high] = reach(REACHES[0]);
    if high - low > LONGEST * narrowest {
        return None;
    }
    let ln_p = |x: f64| p.ln([x, 0.0]);
    let divergence = game.objective.divergence();
    let (exact, table) = (density == super::Density::Exact, reach(REACHES[ESTIMATED - 1]));
    let estimate = if exact { Vec::new() } else { tabled(|x| q.ln([x, 0.0]), table) };
    let ln_q = |x: f64| if exact { q.ln([x, 0.0]) } else { looked_up(&estimate, table, x) };
    // A tail that looks heavy may only need more room; one that stays so is infinite.
    let truth = divergence.map(|divergence| {
        let at = |x: f64| quadrature::integrand(divergence, ln_p(x), ln_q(x)).abs();
        let vanishes = |ends: &[f64; 2]| ends.iter().all(|&end| at(end) <= VANISHED);
        let reaches = &REACHES[..if exact { REACHES.len() } else { ESTIMATED }];
        // Where a ratio is taken for less than it is, an integrand may seem to vanish.
        let is_told = |ends: &[f64; 2]| ends.iter().all(|&x| (ln_p(x) - ln_q(x)).abs() <= LARGEST_LOG_RATIO);
        let first = reaches[..ESTIMATED].iter().map(|r| reach(*r));
        let further = reaches[ESTIMATED..].iter().map(|r| reach(*r)).take_while(is_told);
        match first.chain(further).find(vanishes) {
            Some(ends) if exact => adaptive(divergence, ln_p, ln_q, ends),
            Some(ends) => summed(|x| quadrature::integrand(divergence, ln_p(x), ln_q(x)), ends),
            None => f64::INFINITY,
        }
    });
    let ends = [low, high];
    let bound = summed(|x| game.integrand([x, 0.0], ln_p(x), ln_q(x)), ends);
    let Field { low: [from, _], high: [to, _], columns, .. } = *game.field.0;
    let (from, to) = (f64::from(from), f64::from(to));
    let points: Vec<f64> = (0..columns).map(|i| from + (to - from) * i as f64 / (columns - 1) as f64).collect();
    let all = |value: &dyn Fn(f64) -> f64| points.iter().map(|&x| value(x)).collect::<Vec<f64>>();
    let curves = Curves {
        low: from,
        high: to,
        real: all(&|x| ln_p(x).exp()),
        fake: all(&|x| ln_q(x).exp()),
        learned: all(&|x| game.objective.value(game.head, game.field.score([x, 0.0]))),
        optimal: divergence.map_or_else(Vec::new, |d| all(&|x| optimal(d, ln_p(x), ln_q(x)))),
    };
    let sound = bound.is_finite() && truth.is_none_or(|truth| !truth.is_nan());
    sound.then_some(Truth { divergence: truth, bound, density, curves: Some(curves), ..Truth::default() })
}

/// The divergence to [`TOLERANCE`], or, of an integrand that asks for too much work, as a plain sum.
fn adaptive(divergence: &dyn Divergence, ln_p: impl Fn(f64) -> f64, ln_q: impl Fn(f64) -> f64, ends: [f64; 2]) -> f64 {
    let spent = Cell::new(0);
    // What is not a number is not looked at more closely.
    let counted = |x: f64| {
        spent.set(spent.get() + 1);
        if spent.get() > BUDGET { f64::NAN } else { ln_p(x) }
    };
    let divided = quadrature::line(divergence, counted, &ln_q, ends, TOLERANCE);
    if spent.get() <= BUDGET {
        return divided;
    }
    summed(|x| quadrature::integrand(divergence, ln_p(x), ln_q(x)), ends)
}

/// An integral over an interval, from the middles of [`LINE_POINTS`] equal parts.
fn summed(value: impl Fn(f64) -> f64, [low, high]: [f64; 2]) -> f64 {
    let width = (high - low) / LINE_POINTS as f64;
    (0..LINE_POINTS).map(|i| value(low + (i as f64 + 0.5) * width)).sum::<f64>() * width
}

/// Values at equally spaced points of an interval, the ends included.
fn tabled(value: impl Fn(f64) -> f64, [low, high]: [f64; 2]) -> Vec<f64> {
    (0..TABLE).map(|i| value(low + (high - low) * i as f64 / (TABLE - 1) as f64)).collect()
}

/// The value of a table at x, between its points by a line.
fn looked_up(table: &[f64], [low, high]: [f64; 2], x: f64) -> f64 {
    let (i, share) = place((x - low) / (high - low), TABLE);
    table[i] + (table[i + 1] - table[i]) * share
}

/// The point before a share of the way over `n` points, which are at least two, and the share of the way to the next.
fn place(at: f64, n: usize) -> (usize, f64) {
    let scaled = (at * (n - 1) as f64).clamp(0.0, (n - 1) as f64);
    let i = (scaled as usize).min(n - 2);
    (i, scaled - i as f64)
}

fn plane(game: &Game, p: &Density, q: &Density, density: super::Density) -> Option<Truth> {
    let sides = [0, 1].map(|axis| hull(p.interval(axis, PLANE_REACH), q.interval(axis, PLANE_REACH)));
    // Sums over points no further apart than a deviation are exact for Gaussians to seven digits.
    let narrowest = p.narrowest().min(if density == super::Density::Exact { q.narrowest() } else { f64::INFINITY });
    let [least, most] = PLANE_POINTS;
    let counts = sides.map(|[low, high]| (((high - low) / (0.9 * narrowest)).ceil() as usize).max(least));
    let (truth, bound) = match counts.into_iter().all(|count| count <= most) {
        true => by_grid(game, p, q, sides, counts),
        false => {
            let sums = by_parts(game, p, q)?;
            // What is infinite needs no closer look.
            let finite = sums.0.is_none_or(f64::is_finite) && density == super::Density::Exact;
            finite.then(|| by_cells(game, p, q, sides)).flatten().unwrap_or(sums)
        }
    };
    if !bound.is_finite() || truth.is_some_and(f64::is_nan) {
        return None;
    }
    let field = game.field.0;
    let best = |divergence: &dyn Divergence| {
        let value = |x: Point| optimal(divergence, p.ln(x), q.ln(x)) as f32;
        (0..field.columns * field.rows).map(|i| value(game.field.point(i))).collect()
    };
    let optimal = game.objective.divergence().map_or_else(Vec::new, best);
    Some(Truth { divergence: truth, bound, density, curves: None, optimal, corners: [field.low, field.high] })
}

/// The divergence and the bound by sums over a grid of so many points along each side of a rectangle.
fn by_grid(game: &Game, p: &Density, q: &Density, sides: [[f64; 2]; 2], counts: [usize; 2]) -> (Option<f64>, f64) {
    let divergence = game.objective.divergence();
    let [columns, rows] = counts;
    let at = |axis: usize, i: usize| {
        let [low, high] = sides[axis];
        low + (high - low) * (i as f64 + 0.5) / counts[axis] as f64
    };
    let area = (0..2).map(|axis| (sides[axis][1] - sides[axis][0]) / counts[axis] as f64).product::<f64>();
    let (mut truth, mut bound, mut rim) = (0.0, 0.0, 0.0f64);
    for i in 0..columns * rows {
        let (column, row) = (i % columns, i / columns);
        let x = [at(0, column), at(1, row)];
        let (ln_p, ln_q) = (p.ln(x), q.ln(x));
        bound += game.integrand(x, ln_p, ln_q) * area;
        if let Some(divergence) = divergence {
            let value = quadrature::integrand(divergence, ln_p, ln_q);
            truth += value * area;
            if column == 0 || row == 0 || column == columns - 1 || row == rows - 1 {
                rim = rim.max(value.abs());
            }
        }
    }
    (divergence.map(|_| if rim > NEGLIGIBLE { f64::INFINITY } else { truth }), bound)
}

/// The same by cells as small as the parts of both mixtures. None of a density without parts, or where it takes too
/// long.
fn by_cells(game: &Game, p: &Density, q: &Density, sides: [[f64; 2]; 2]) -> Option<(Option<f64>, f64)> {
    let parts: Vec<(Point, Point)> = p.parts()?.chain(q.parts()?).map(|(_, mean, std)| (mean, std)).collect();
    let divergence = game.objective.divergence();
    let values = |x: Point| {
        let (ln_p, ln_q) = (p.ln(x), q.ln(x));
        let bound = game.integrand(x, ln_p, ln_q);
        [divergence.map_or(bound, |divergence| quadrature::integrand(divergence, ln_p, ln_q)), bound]
    };
    let [truth, bound] = cells::integrals(sides, &parts, values, EXPONENTS / parts.len())?;
    let rim = cells::rim(sides).map(|x| values(x)[0].abs()).fold(0.0, f64::max);
    Some((divergence.map(|_| if rim > NEGLIGIBLE { f64::INFINITY } else { truth }), bound))
}

/// The same by sums over the parts of both mixtures. Ratios beyond e^±300 count as infinite ones where they weigh.
fn by_parts(game: &Game, p: &Density, q: &Density) -> Option<(Option<f64>, f64)> {
    let divergence = game.objective.divergence();
    let (mut truth, mut bound) = (0.0, 0.0);
    for (x, mass) in parts::places(p, q)? {
        let (ln_p, ln_q) = (p.ln(x), q.ln(x));
        // Relative to (p + q)/2, so that nothing is lost where both are small or large.
        let between = parts::ln_between(ln_p, ln_q);
        let apart = |ln: f64| if ln - between < -LARGEST_LOG_RATIO { f64::NEG_INFINITY } else { ln - between };
        let (ln_p, ln_q) = (apart(ln_p), apart(ln_q));
        bound += mass * game.integrand(x, ln_p, ln_q);
        truth += divergence.map_or(0.0, |divergence| mass * quadrature::integrand(divergence, ln_p, ln_q));
    }
    Some((divergence.map(|_| truth), bound))
}

/// A field as a function: between its points by a line or a bilinear patch, beyond its rim as at it.
struct Surface<'a>(&'a Field);

impl Surface<'_> {
    /// None for a field that is not whole, or not finite.
    fn new(field: &Field) -> Option<Surface<'_>> {
        let Field { columns, rows, scores, .. } = field;
        let whole = *columns >= 2 && *rows >= 1 && columns * rows == scores.len();
        (whole && scores.iter().all(|score| score.is_finite())).then_some(Surface(field))
    }

    /// Its point number `i`.
    fn point(&self, i: usize) -> Point {
        let Field { low, high, columns, rows, .. } = *self.0;
        let along = |axis: usize, i: usize, n: usize| {
            let (low, high) = (f64::from(low[axis]), f64::from(high[axis]));
            low + (high - low) * i as f64 / (n.max(2) - 1) as f64
        };
        [along(0, i % columns, columns), along(1, i / columns, rows)]
    }

    fn score(&self, x: Point) -> f64 {
        let Field { low, high, columns, rows, ref scores } = *self.0;
        let along = |axis: usize| (x[axis] - f64::from(low[axis])) / (f64::from(high[axis]) - f64::from(low[axis]));
        let (i, share) = place(along(0), columns);
        let across = |row: usize| {
            let [a, b] = [0, 1].map(|next| f64::from(scores[row * columns + i + next]));
            a + (b - a) * share
        };
        if rows == 1 {
            return across(0);
        }
        let (j, share) = place(along(1), rows);
        let [a, b] = [across(j), across(j + 1)];
        a + (b - a) * share
    }
}

#[cfg(test)]
mod tests;
