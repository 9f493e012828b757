//! Integrals over a rectangle of a plane, cell by cell: small cells where parts of a density are narrow or the
//! integrand is rough, large ones elsewhere.

use super::density::Point;

/// Nodes and weights of the Gauss–Legendre rule of order 6 on \[−1, 1\].
const RULE: [(f64, f64); 6] = [
    (-0.932_469_514_203_152, 0.171_324_492_379_170_3),
    (-0.661_209_386_466_264_5, 0.360_761_573_048_138_6),
    (-0.238_619_186_083_196_9, 0.467_913_934_572_691),
    (0.238_619_186_083_196_9, 0.467_913_934_572_691),
    (0.661_209_386_466_264_5, 0.360_761_573_048_138_6),
    (0.932_469_514_203_152, 0.171_324_492_379_170_3),
];
/// As far from the middle of a part, in its deviations, a cell may be no longer than [`LONGEST`] of them.
const NEAR: f64 = 5.0;
const LONGEST: f64 = 4.0;
/// A cell is good where it differs from its quarters by no more.
const TOLERANCE: f64 = 1e-9;
/// The most quarterings of a cell.
const DEEPEST: u32 = 40;

/// A rectangle: its middle, half its sides, and how often it was quartered.
#[derive(Clone, Copy)]
struct Cell {
    middle: Point,
    half: Point,
    depth: u32,
}

impl Cell {
    fn quarters(self) -> [Cell; 4] {
        let half = self.half.map(|side| side / 2.0);
        let depth = self.depth + 1;
        let at =
            |x: f64, y: f64| Cell { middle: [self.middle[0] + x * half[0], self.middle[1] + y * half[1]], half, depth };
        [at(-1.0, -1.0), at(1.0, -1.0), at(-1.0, 1.0), at(1.0, 1.0)]
    }

    /// Whether it is too long to see a part of this middle and these deviations.
    fn overlooks(&self, (mean, std): &(Point, Point)) -> bool {
        let touches = |axis: usize| (self.middle[axis] - mean[axis]).abs() <= self.half[axis] + NEAR * std[axis];
        let is_long = |axis: usize| 2.0 * self.half[axis] > LONGEST * std[axis];
        touches(0) && touches(1) && (is_long(0) || is_long(1))
    }

    fn sum(&self, values: &impl Fn(Point) -> [f64; 2]) -> [f64; 2] {
        let mut sum = [0.0; 2];
        for (x, a) in RULE {
            for (y, b) in RULE {
                let got = values([self.middle[0] + x * self.half[0], self.middle[1] + y * self.half[1]]);
                sum = [0, 1].map(|k| sum[k] + a * b * got[k]);
            }
        }
        sum.map(|sum| sum * self.half[0] * self.half[1])
    }
}

/// The integrals of two functions over a rectangle, to about a millionth of the first, which alone decides where to
/// look closely; nothing where that takes more than `budget` looks. `parts` are the middles and deviations of what is
/// narrow.
pub fn integrals(
    sides: [[f64; 2]; 2],
    parts: &[(Point, Point)],
    values: impl Fn(Point) -> [f64; 2],
    budget: usize,
) -> Option<[f64; 2]> {
    let middle = sides.map(|[low, high]| (low + high) / 2.0);
    let half = sides.map(|[low, high]| (high - low) / 2.0);
    let mut open = vec![Cell { middle, half, depth: 0 }];
    let (mut sum, mut spent) = ([0.0; 2], 0);
    while let Some(cell) = open.pop() {
        let quarters = cell.quarters();
        if cell.depth < DEEPEST && parts.iter().any(|part| cell.overlooks(part)) {
            open.extend(quarters);
            continue;
        }
        spent += 5 * RULE.len() * RULE.len();
        if spent > budget {
            return None;
        }
        let whole = cell.sum(&values);
        let closer = quarters.iter().map(|quarter| quarter.sum(&values));
        let closer = closer.fold([0.0; 2], |sum, next| [sum[0] + next[0], sum[1] + next[1]]);
        let good = (whole[0] - closer[0]).abs() <= TOLERANCE.max(1e-7 * closer[0].abs());
        if good || cell.depth >= DEEPEST {
            sum = [sum[0] + closer[0], sum[1] + closer[1]];
        } else {
            open.extend(quarters);
        }
    }
    Some(sum)
}

/// Points along the rim of a rectangle.
pub fn rim(sides: [[f64; 2]; 2]) -> impl Iterator<Item = Point> {
    const ALONG: usize = 96;
    (0..=ALONG).flat_map(move |i| {
        let [x, y] = sides.map(|[low, high]| low + (high - low) * i as f64 / ALONG as f64);
        let [[left, right], [bottom, top]] = sides;
        [[x, bottom], [x, top], [left, y], [right, y]]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Gaussian of this deviation around a point.
    fn bell(x: Point, mean: Point, std: f64) -> f64 {
        let square = ((x[0] - mean[0]) / std).powi(2) + ((x[1] - mean[1]) / std).powi(2);
        (-0.5 * square).exp() / (std::f64::consts::TAU * std * std)
    }

    #[test]
    fn narrow_parts_far_apart_are_seen() {
        let parts = [([0.3, -0.2], 1e-4), ([4.0, 1.0], 0.02), ([-3.0, 2.0], 1.0)];
        let told: Vec<(Point, Point)> = parts.iter().map(|(mean, std)| (*mean, [*std; 2])).collect();
        let value = |x: Point| {
            let density: f64 = parts.iter().map(|(mean, std)| bell(x, *mean, *std)).sum();
            [density, density * x[0]]
        };
        let [mass, mean] = integrals([[-10.0, 5.0], [-5.0, 9.0]], &told, value, 1_000_000).unwrap();
        assert!((mass - 3.0).abs() < 1e-7 && (mean - 1.3).abs() < 1e-6, "{mass} {mean}");
        assert_eq!(integrals([[-10.0, 5.0], [-5.0, 9.0]], &told, value, 1000), None);
    }

    #[test]
    fn what_is_rough_is_looked_at_closely() {
        // A cone, with a tip at no node and a rim.
        let cone = |x: Point| [(1.0 - (x[0] - 0.1).hypot(x[1])).max(0.0), 0.0];
        let [volume, _] = integrals([[-2.0, 2.0], [-2.0, 3.0]], &[], cone, 4_000_000).unwrap();
        assert!((volume - std::f64::consts::PI / 3.0).abs() < 1e-5, "{volume}");
    }
}
