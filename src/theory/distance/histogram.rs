//! Divergences between histograms, in nats.
//!
//! All take counts, or any weights, of the same cells, and normalise them. An empty cell adds nothing where its term's
//! limit is 0 (0·log 0 = 0), and makes the Kullback–Leibler divergence infinite where its limit is not. Every value is
//! at least 0: rounding is not allowed below it.

use super::{Error, Points};

/// Two histograms over the same cells, each normalised to sum to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    p: Vec<f64>,
    q: Vec<f64>,
}

/// Why two lists of counts are no histograms over the same cells.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Mismatch {
    /// Not as many cells in both.
    #[error("one histogram has {first} cells, the other {second}; both need the same")]
    Cells {
        /// Cells of the first.
        first: usize,
        /// Cells of the second.
        second: usize,
    },
    /// A count that is negative or not finite.
    #[error("cell {cell} counts {count}; counts must be finite and at least 0")]
    Count {
        /// The cell's number, from 1.
        cell: usize,
        /// The count in it.
        count: f64,
    },
    /// Nothing in any cell, or too much to add up.
    #[error("the counts of a histogram sum to {0}; the sum must be finite and above 0")]
    Sum(f64),
}

impl Pair {
    /// The histograms with these counts, cell by cell.
    ///
    /// # Errors
    /// Not as many cells, counts that are negative or not finite, nothing in any cell.
    pub fn new(p: &[f64], q: &[f64]) -> Result<Pair, Mismatch> {
        if p.len() != q.len() {
            return Err(Mismatch::Cells { first: p.len(), second: q.len() });
        }
        let normalised = |counts: &[f64]| {
            if let Some(at) = counts.iter().position(|count| !(count.is_finite() && *count >= 0.0)) {
                return Err(Mismatch::Count { cell: at + 1, count: counts[at] });
            }
            match counts.iter().sum::<f64>() {
                sum if sum.is_finite() && sum > 0.0 => Ok(counts.iter().map(|count| count / sum).collect()),
                sum => Err(Mismatch::Sum(sum)),
            }
        };
        Ok(Pair { p: normalised(p)?, q: normalised(q)? })
    }

    /// The Kullback–Leibler divergence KL(P‖Q) = Σ p log(p/q): infinite where P has mass in a cell that Q has not.
    pub fn kl(&self) -> f64 {
        kl(&self.p, self.q.iter().copied())
    }

    /// The reverse Kullback–Leibler divergence KL(Q‖P).
    pub fn reverse_kl(&self) -> f64 {
        kl(&self.q, self.p.iter().copied())
    }

    /// The Jensen–Shannon divergence JSD = ½ KL(P‖M) + ½ KL(Q‖M), M = ½ (P + Q): from 0 to log 2.
    pub fn jsd(&self) -> f64 {
        let middle = || self.p.iter().zip(&self.q).map(|(p, q)| p / 2.0 + q / 2.0);
        ((kl(&self.p, middle()) + kl(&self.q, middle())) / 2.0).min(std::f64::consts::LN_2)
    }

    /// The total variation TV = ½ Σ |p − q|: from 0 to 1.
    pub fn total_variation(&self) -> f64 {
        (self.p.iter().zip(&self.q).map(|(p, q)| (p - q).abs()).sum::<f64>() / 2.0).min(1.0)
    }
}

/// Σ p log(p/q), summed as Σ p log(p/q) − p + q, whose terms are all at least 0 and which is the same for sums of 1.
fn kl(p: &[f64], q: impl Iterator<Item = f64>) -> f64 {
    let term = |(p, q): (&f64, f64)| match (*p, q) {
        (0.0, q) => q,
        (_, 0.0) => f64::INFINITY,
        // The quotient of ever so small a q may overflow.
        (p, q) if (p / q).is_infinite() => p * (p.ln() - q.ln()),
        (p, q) => (p * (p / q).ln() - p + q).max(0.0),
    };
    p.iter().zip(q).map(term).sum()
}

/// Equal cells over a box of one or more dimensions.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    low: Vec<f64>,
    high: Vec<f64>,
    cells: usize,
    count: usize,
}

/// More cells than this a grid does not get: 2^24.
pub const MOST_CELLS: usize = 1 << 24;

impl Grid {
    /// The smallest box around both sets of points, with `cells` equal cells along each of its edges.
    ///
    /// # Errors
    /// Points of different spaces; no cells, or more than [`MOST_CELLS`] in all.
    pub fn around(a: &Points, b: &Points, cells: usize) -> Result<Grid, Error> {
        a.same_space(b)?;
        let dims = a.dims();
        let count = u32::try_from(dims).ok().and_then(|dims| cells.checked_pow(dims));
        let Some(count) = count.filter(|count| (1..=MOST_CELLS).contains(count)) else {
            return Err(Error::Cells { cells, dims });
        };
        let mut low = a.values()[..dims].to_vec();
        let mut high = low.clone();
        for point in a.iter().chain(b.iter()) {
            for ((low, high), x) in low.iter_mut().zip(&mut high).zip(point) {
                (*low, *high) = (low.min(*x), high.max(*x));
            }
        }
        Ok(Grid { low, high, cells, count })
    }

    /// The number of points, which are of the grid's dimensions, in each cell. A point outside the box counts for
    /// the nearest cell; where the box has no width all points share one.
    pub fn counts(&self, points: &Points) -> Vec<f64> {
        let mut counts = vec![0.0; self.count];
        for point in points.iter() {
            let cell = |(x, (low, high)): (&f64, (&f64, &f64))| {
                // Halved, so that a box as wide as numbers reach has a width. NaN and less than 0 become 0.
                let share = (x / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0);
                ((share * self.cells as f64) as usize).min(self.cells - 1)
            };
            let at = point.iter().zip(self.low.iter().zip(&self.high)).map(cell);
            counts[at.fold(0, |at, cell| at * self.cells + cell)] += 1.0;
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const P: [f64; 4] = [0.1, 0.2, 0.3, 0.4];
    const Q: [f64; 4] = [0.4, 0.3, 0.2, 0.1];

    #[test]
    fn the_known_values_of_two_histograms() {
        let pair = Pair::new(&P, &Q.map(|q| q * 50.0)).unwrap();
        for (got, expected) in [
            (pair.kl(), 0.4564348191),
            (pair.reverse_kl(), 0.4564348191),
            (pair.jsd(), 0.2128802706 / 2.0),
            (pair.total_variation(), 0.4),
        ] {
            assert!((got - expected).abs() < 1e-10, "{got}, not {expected}");
        }
    }

    #[test]
    fn empty_cells_are_no_trouble() {
        let half = Pair::new(&[1.0, 1.0, 0.0], &[1.0, 0.0, 0.0]).unwrap();
        assert_eq!(half.kl(), f64::INFINITY);
        assert!((half.reverse_kl() - 2f64.ln()).abs() < 1e-15);
        let disjoint = Pair::new(&[1.0, 2.0, 0.0, 0.0], &[0.0, 0.0, 5.0, 0.0]).unwrap();
        assert_eq!((disjoint.kl(), disjoint.reverse_kl()), (f64::INFINITY, f64::INFINITY));
        assert!((disjoint.jsd() - 2f64.ln()).abs() < 1e-15 && disjoint.jsd() <= 2f64.ln());
        assert_eq!(disjoint.total_variation(), 1.0);
    }

    #[test]
    fn what_is_no_histogram_is_refused() {
        assert_eq!(Pair::new(&P, &Q[1..]), Err(Mismatch::Cells { first: 4, second: 3 }));
        assert_eq!(Pair::new(&[0.0], &[1.0]), Err(Mismatch::Sum(0.0)));
        assert_eq!(Pair::new(&[], &[]), Err(Mismatch::Sum(0.0)));
        let error = Pair::new(&[1.0, 2.0], &[1.0, -2.0]).unwrap_err();
        assert_eq!(error.to_string(), "cell 2 counts -2; counts must be finite and at least 0");
        assert!(Pair::new(&[f64::NAN], &[1.0]).is_err());
    }

    #[test]
    fn points_fall_into_their_cells() {
        let points = |values: &[f64], dims| Points::new(values.to_vec(), dims).unwrap();
        let (a, b) = (points(&[0.0, 0.0, 0.9, 3.9, 3.9, 0.1], 2), points(&[4.0, 4.0], 2));
        let grid = Grid::around(&a, &b, 2).unwrap();
        assert_eq!((grid.counts(&a), grid.counts(&b)), (vec![1.0, 1.0, 1.0, 0.0], vec![0.0, 0.0, 0.0, 1.0]));
        assert_eq!(grid.counts(&points(&[-9.0, 2.0, 9.0, 9.0], 2)), [0.0, 1.0, 0.0, 1.0]);
        // No width, and all the width there is.
        let same = points(&[2.0, 2.0], 1);
        assert_eq!(Grid::around(&same, &same, 3).unwrap().counts(&same), [2.0, 0.0, 0.0]);
        let wide = points(&[f64::MIN, f64::MIN / 4.0, f64::MAX], 1);
        assert_eq!(Grid::around(&wide, &wide, 4).unwrap().counts(&wide), [1.0, 1.0, 0.0, 1.0]);
        let many = points(&[0.0; 64], 64);
        let error = Grid::around(&many, &many, 2).unwrap_err();
        assert!(error.to_string().starts_with("2 cells along each of 64 dimensions"), "{error}");
        assert!(Grid::around(&wide, &wide, 0).is_err());
    }

    proptest! {
        #[test]
        fn divergences_keep_to_their_bounds_and_inequalities(
            (p, q) in (1usize..40).prop_flat_map(|n| {
                let counts = || proptest::collection::vec(prop_oneof![Just(0.0), 0.0..100.0f64], n);
                (counts(), counts())
            })
        ) {
            prop_assume!(p.iter().sum::<f64>() > 0.0 && q.iter().sum::<f64>() > 0.0);
            let (pair, back) = (Pair::new(&p, &q).unwrap(), Pair::new(&q, &p).unwrap());
            let (tv, jsd) = (pair.total_variation(), pair.jsd());
            prop_assert!((0.0..=1.0).contains(&tv) && (0.0..=std::f64::consts::LN_2).contains(&jsd));
            prop_assert!((jsd - back.jsd()).abs() < 1e-12 && (pair.kl() - back.reverse_kl()).abs() < 1e-12 || pair.kl().is_infinite());
            // Pinsker's inequality, and Lin's: JSD ≤ log 2 · TV.
            prop_assert!(pair.kl() >= 2.0 * tv * tv - 1e-12 && jsd <= std::f64::consts::LN_2 * tv + 1e-12);
            let same = Pair::new(&p, &p).unwrap();
            prop_assert_eq!((same.kl(), same.jsd(), same.total_variation()), (0.0, 0.0, 0.0));
        }

        #[test]
        fn samples_of_the_same_are_never_at_less_than_nothing(
            a in proptest::collection::vec(-3.0..3.0f64, 1..60),
            b in proptest::collection::vec(-3.0..3.0f64, 1..60),
            cells in 1usize..30,
        ) {
            let (a, b) = (Points::new(a, 1).unwrap(), Points::new(b, 1).unwrap());
            let grid = Grid::around(&a, &b, cells).unwrap();
            let (p, q) = (grid.counts(&a), grid.counts(&b));
            prop_assert_eq!((p.iter().sum::<f64>(), q.iter().sum::<f64>()), (a.len() as f64, b.len() as f64));
            let pair = Pair::new(&p, &q).unwrap();
            prop_assert!(pair.jsd() >= 0.0 && pair.kl() >= 0.0 && pair.reverse_kl() >= 0.0);
        }
    }
}
