//! The objective's divergence of the data and the generator, and the bound that the critic has learned, both by
//! quadrature of the same two densities.

use std::cell::Cell;

use super::density::{Density, KERNELS, Point};
use super::{Curves, Truth, cells, parts};
use crate::domain::Head;
use crate::link::{Field, Snapshot};
use crate::theory::distance::modes::Mode;
use crate::theory::objective::{self, Divergence, Objective, quadrature, tails};

/// The distance from the parts of a density up to which it is integrated, in their deviations; and the one that is tried
/// where an integrand has not vanished by then. Between mixtures of Gaussians, [`tails`] says how far it reaches.
const REACHES: [f64; 2] = [10.0, 16.0];
/// The same in a plane.
const PLANE_REACH: f64 = 7.0;
/// The largest integrand that is left out beyond a rectangle between mixtures of Gaussians, for each unit of area.
const PLANE_VANISHED: f64 = 1e-16;
/// The accuracy of a divergence on a line.
const TOLERANCE: f64 = 1e-9;
/// Equal parts of an interval to begin with.
const PIECES: usize = 256;
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
/// The error of a divergence, relatively, that would be seen where it is shown.
const SEEN: f64 = 5e-5;
/// The largest integrand left at the rim of a plane's rectangle, for each unit of area.
const NEGLIGIBLE: f64 = 1e-9;
/// Ratios beyond e^±this are taken to be that, so that T* stays a number.
const LARGEST_LOG_RATIO: f64 = 300.0;

/// The truth of a snapshot whose data has these modes; None where a density or the critic's field is not to be had.
pub fn of(snapshot: &Snapshot, modes: &[Mode]) -> Option<Truth> {
    let field = Surface::new(snapshot.field.as_ref()?, snapshot.wide.as_ref())?;
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
        _ => {
            let truth = plane(&game, &p, &q, density)?;
            let estimated = density == super::Density::Kernel && truth.divergence.is_some_and(f64::is_finite);
            let error = estimated.then(|| estimate_error(&game, &p, snapshot)).flatten();
            Some(Truth { error: error.or(truth.error), ..truth })
        }
    }
}

/// Groups of samples, one of which at a time is left out.
const GROUPS: usize = 4;
/// Kernels this share as wide would do as well.
const NARROWER: f64 = 0.7;

/// How far a divergence from kernels may be from the true one: what the estimate gives for the data's own samples, where the
/// truth is 0; how much it moves where kernels are narrower; and twice its standard deviation, by a jackknife over
/// [`GROUPS`] of its samples (Quenouille 1956).
fn estimate_error(game: &Game, p: &Density, snapshot: &Snapshot) -> Option<f64> {
    let least = p.narrowest() / 4.0;
    let of = |samples: &[f32], narrowing: f64| {
        let q = Density::narrowed_kernels(samples, 2, least, narrowing)?;
        integrals(game, p, &q, super::Density::Kernel, 2)?.truth.filter(|value| value.is_finite())
    };
    let without = |group: usize| -> Vec<f32> {
        let samples = snapshot.fake.chunks_exact(2).take(KERNELS).enumerate();
        samples.filter(|(i, _)| i % GROUPS != group).flat_map(|(_, sample)| sample).copied().collect()
    };
    let moved = of(&snapshot.fake, 1.0)? - of(&snapshot.fake, NARROWER)?;
    let parts = (0..GROUPS).map(|group| of(&without(group), 1.0)).collect::<Option<Vec<f64>>>()?;
    let mean = parts.iter().sum::<f64>() / GROUPS as f64;
    let share = (GROUPS - 1) as f64 / GROUPS as f64;
    let spread = (share * parts.iter().map(|value| (value - mean).powi(2)).sum::<f64>()).sqrt();
    let floor = of(&snapshot.real, 1.0).unwrap_or(0.0);
    Some(moved.abs() + 2.0 * spread + floor.abs())
}

/// What is played for, and the critic as it stands.
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
    let (exact, table) = (density == super::Density::Exact, reach(REACHES[1]));
    let estimate = if exact { Vec::new() } else { tabled(|x| q.ln([x, 0.0]), table) };
    let ln_q = |x: f64| if exact { q.ln([x, 0.0]) } else { looked_up(&estimate, table, x) };
    let gaussians = p.bells(0).zip(q.bells(0)).filter(|_| exact);
    let truth = divergence.map(|divergence| {
        if let Some((p, q)) = &gaussians {
            let Some(ends) = tails::ends(divergence, p, q, REACHES[0], VANISHED.ln()) else { return f64::INFINITY };
            return adaptive(divergence, ln_p, ln_q, &tails::cuts(p, q, ends));
        }
        // A tail that looks heavy may only need more room; one that stays so is infinite.
        let at = |x: f64| quadrature::integrand(divergence, ln_p(x), ln_q(x)).abs();
        let vanishes = |ends: &[f64; 2]| ends.iter().all(|&end| at(end) <= VANISHED);
        match REACHES.map(reach).into_iter().find(vanishes) {
            Some(ends) if exact => adaptive(divergence, ln_p, ln_q, &evenly(ends)),
            Some(ends) => summed(|x| quadrature::integrand(divergence, ln_p(x), ln_q(x)), ends),
            None => f64::INFINITY,
        }
    });
    let ends = [low, high];
    let bound = summed(|x| game.integrand([x, 0.0], ln_p(x), ln_q(x)), ends);
    let Field { low: [from, _], high: [to, _], columns, .. } = *game.field.near;
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
fn adaptive(divergence: &dyn Divergence, ln_p: impl Fn(f64) -> f64, ln_q: impl Fn(f64) -> f64, cuts: &[f64]) -> f64 {
    let spent = Cell::new(0);
    // What is not a number is not looked at more closely.
    let counted = |x: f64| {
        spent.set(spent.get() + 1);
        if spent.get() > BUDGET { f64::NAN } else { ln_p(x) }
    };
    let divided = quadrature::between(divergence, counted, &ln_q, cuts, TOLERANCE);
    if spent.get() <= BUDGET {
        return divided;
    }
    let ends = cuts.first().zip(cuts.last()).map_or([0.0; 2], |(low, high)| [*low, *high]);
    summed(|x| quadrature::integrand(divergence, ln_p(x), ln_q(x)), ends)
}

/// The ends of so many equal parts of an interval that none is overlooked.
fn evenly([low, high]: [f64; 2]) -> Vec<f64> {
    (0..=PIECES).map(|i| low + (high - low) * i as f64 / PIECES as f64).collect()
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

/// The divergence, where there is one, and the bound, by sums or integrals in a plane.
struct Sums {
    truth: Option<f64>,
    bound: f64,
    /// The largest integrand of the divergence at the rim, for each unit of area.
    rim: f64,
    /// How far the divergence may be from the true one, where that would be seen.
    error: Option<f64>,
}

/// The sums in a plane; over a grid as many times as coarse along each side.
fn integrals(game: &Game, p: &Density, q: &Density, density: super::Density, coarseness: usize) -> Option<Sums> {
    let exact = density == super::Density::Exact;
    let known = game.objective.divergence().and_then(|divergence| reach_in_plane(divergence, p, q));
    let sides = match known {
        Some(Some(sides)) if exact => sides,
        _ => [0, 1].map(|axis| hull(p.interval(axis, PLANE_REACH), q.interval(axis, PLANE_REACH))),
    };
    // Sums over points no further apart than a deviation are exact for Gaussians to seven digits.
    let narrowest = p.narrowest().min(if exact { q.narrowest() } else { f64::INFINITY });
    let [least, most] = PLANE_POINTS;
    let counts = sides.map(|[low, high]| (((high - low) / (0.9 * narrowest)).ceil() as usize).max(least));
    let sums = if counts.into_iter().all(|count| count <= most) {
        by_grid(game, p, q, sides, counts.map(|count| count / coarseness))
    } else if let Some(sums) = exact.then(|| by_cells(game, p, q, sides)).flatten() {
        sums
    } else {
        by_parts(game, p, q, exact)?
    };
    let judged = |truth: f64| match known {
        Some(None) => f64::INFINITY,
        None if sums.rim > NEGLIGIBLE => f64::INFINITY,
        _ => truth,
    };
    Some(Sums { truth: sums.truth.map(judged), ..sums })
}

/// The rectangle in which a divergence of two mixtures of Gaussians has all that it has; none where it is infinite. Nothing
/// of other densities.
fn reach_in_plane(divergence: &dyn Divergence, p: &Density, q: &Density) -> Option<Option<[[f64; 2]; 2]>> {
    let along = |axis: usize| {
        let (p, q) = p.bells(axis).zip(q.bells(axis))?;
        Some(tails::ends(divergence, &p, &q, PLANE_REACH, PLANE_VANISHED.ln()))
    };
    // The exponents of all directions lie between those of the axes, along which parts have their deviations.
    let (x, y) = along(0).zip(along(1))?;
    Some(x.zip(y).map(|(x, y)| [x, y]))
}

fn plane(game: &Game, p: &Density, q: &Density, density: super::Density) -> Option<Truth> {
    let Sums { truth, bound, error, .. } = integrals(game, p, q, density, 1)?;
    if !bound.is_finite() || truth.is_some_and(f64::is_nan) {
        return None;
    }
    let field = game.field.near;
    let best = |divergence: &dyn Divergence| {
        let value = |x: Point| optimal(divergence, p.ln(x), q.ln(x)) as f32;
        (0..field.columns * field.rows).map(|i| value(game.field.point(i))).collect()
    };
    let optimal = game.objective.divergence().map_or_else(Vec::new, best);
    let corners = [field.low, field.high];
    Some(Truth { divergence: truth, error, bound, density, optimal, corners, ..Truth::default() })
}

/// The sums over a grid of so many points along each side of a rectangle.
fn by_grid(game: &Game, p: &Density, q: &Density, sides: [[f64; 2]; 2], counts: [usize; 2]) -> Sums {
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
    Sums { truth: divergence.map(|_| truth), bound, rim, error: None }
}

/// The same by cells as small as the parts of both mixtures. None of a density without parts, or where it takes too
/// long.
fn by_cells(game: &Game, p: &Density, q: &Density, sides: [[f64; 2]; 2]) -> Option<Sums> {
    let parts: Vec<(Point, Point)> = p.parts()?.chain(q.parts()?).map(|(_, mean, std)| (mean, std)).collect();
    let divergence = game.objective.divergence();
    let values = |x: Point| {
        let (ln_p, ln_q) = (p.ln(x), q.ln(x));
        let bound = game.integrand(x, ln_p, ln_q);
        [divergence.map_or(bound, |divergence| quadrature::integrand(divergence, ln_p, ln_q)), bound]
    };
    let [truth, bound] = cells::integrals(sides, &parts, values, EXPONENTS / parts.len())?;
    let rim = cells::rim(sides).map(|x| values(x)[0].abs()).fold(0.0, f64::max);
    Some(Sums { truth: divergence.map(|_| truth), bound, rim, error: None })
}

/// The same by sums over the parts of both mixtures; `closely`: over twice as many points along each side, and with what
/// that changes for an error, where it would be seen.
fn by_parts(game: &Game, p: &Density, q: &Density, closely: bool) -> Option<Sums> {
    let divergence = game.objective.divergence();
    let sum = |finer: i32| {
        let (mut truth, mut bound) = (0.0, 0.0);
        for (x, mass) in parts::places(p, q, finer)? {
            let (ln_p, ln_q) = (p.ln(x), q.ln(x));
            // Relative to (p + q)/2, so that nothing is lost where both are small or large.
            let between = parts::ln_between(ln_p, ln_q);
            let (ln_p, ln_q) = (ln_p - between, ln_q - between);
            bound += mass * game.integrand(x, ln_p, ln_q);
            truth += divergence.map_or(0.0, |divergence| mass * quadrature::integrand(divergence, ln_p, ln_q));
        }
        Some((truth, bound))
    };
    let (rough, bound) = sum(1)?;
    let all = |truth: f64, bound, error| Sums { truth: divergence.map(|_| truth), bound, rim: 0.0, error };
    if !closely {
        return Some(all(rough, bound, None));
    }
    let (truth, bound) = sum(2)?;
    let error = 2.0 * (truth - rough).abs();
    Some(all(truth, bound, Some(error).filter(|error| *error > SEEN * truth.abs())))
}

/// The critic's score as a function: a field, and beyond it the wide one where there is one. Between points it is a line or
/// a bilinear patch, beyond the last rim as at it.
struct Surface<'a> {
    near: &'a Field,
    wide: Option<&'a Field>,
}

impl Surface<'_> {
    /// None for a field that is not whole, or not finite; a wide one that is so is left out.
    fn new<'a>(near: &'a Field, wide: Option<&'a Field>) -> Option<Surface<'a>> {
        let sound = |field: &&Field| {
            let Field { columns, rows, scores, .. } = field;
            let whole = *columns >= 2 && *rows >= 1 && columns * rows == scores.len();
            whole && scores.iter().all(|score| score.is_finite())
        };
        let wide = wide.filter(sound).filter(|wide| (wide.rows == 1) == (near.rows == 1));
        sound(&near).then_some(Surface { near, wide })
    }

    /// Point number `i` of the field.
    fn point(&self, i: usize) -> Point {
        let Field { low, high, columns, rows, .. } = *self.near;
        let along = |axis: usize, i: usize, n: usize| {
            let (low, high) = (f64::from(low[axis]), f64::from(high[axis]));
            low + (high - low) * i as f64 / (n.max(2) - 1) as f64
        };
        [along(0, i % columns, columns), along(1, i / columns, rows)]
    }

    fn score(&self, x: Point) -> f64 {
        let Field { low, high, rows, .. } = *self.near;
        let holds = |axis: usize| (f64::from(low[axis])..=f64::from(high[axis])).contains(&x[axis]);
        let is_near = holds(0) && (rows == 1 || holds(1));
        interpolated(self.wide.filter(|_| !is_near).unwrap_or(self.near), x)
    }
}

/// What a field has at a point.
fn interpolated(field: &Field, x: Point) -> f64 {
    let Field { low, high, columns, rows, ref scores } = *field;
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

#[cfg(test)]
mod tests;
