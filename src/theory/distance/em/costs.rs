//! The costs of moving from each point of the one set to each of the other.

use crate::theory::distance::{Error, Points};

/// The most costs held: 8 GiB of them.
const MOST: usize = 1 << 30;

/// A matrix of finite costs, at least 1 × 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Costs {
    columns: usize,
    values: Vec<f64>,
}

impl Costs {
    /// The matrix of `rows` × `columns` that lies in `values` row by row.
    ///
    /// # Errors
    /// No entries, not as many as the shape says, entries that are not finite or whose sum could not be.
    pub fn new(rows: usize, columns: usize, values: Vec<f64>) -> Result<Costs, Error> {
        if rows == 0 || columns == 0 {
            return Err(Error::NoPoints);
        }
        if rows.checked_mul(columns) != Some(values.len()) {
            return Err(Error::CostCount { rows, columns, values: values.len() });
        }
        if let Some(at) = values.iter().position(|cost| !cost.is_finite()) {
            return Err(Error::Cost { row: at / columns + 1, column: at % columns + 1, value: values[at] });
        }
        let costs = Costs { columns, values };
        // Potentials are sums of costs along a path through all points.
        match (costs.largest() * 4.0 * (rows + columns) as f64).is_finite() {
            true => Ok(costs),
            false => Err(Error::TooFar { what: "a sum of costs" }),
        }
    }

    /// The Euclidean distance from each of `a` (a row) to each of `b` (a column).
    ///
    /// # Errors
    /// Points of different spaces; distances beyond what `f64` holds; more pairs than fit into memory.
    pub fn euclidean(a: &Points, b: &Points) -> Result<Costs, Error> {
        a.same_space(b)?;
        let (rows, columns) = (a.len(), b.len());
        let fits = rows.checked_mul(columns).filter(|&count| count <= MOST);
        let mut values = Vec::new();
        let held = fits.is_some_and(|count| values.try_reserve_exact(count).is_ok());
        if !held {
            return Err(Error::TooMany { rows, columns });
        }
        // Squares of what is smaller than about 1e-154 vanish and of what is larger than 1e154 overflow, so the
        // coordinates are brought to at most 1 first, by a power of two: exactly.
        let largest = a.values().iter().chain(b.values()).fold(0.0f64, |largest, x| largest.max(x.abs()));
        let scale = power_of_two_above(largest);
        let shrink = |points: &Points| points.values().iter().map(|x| x / scale).collect::<Vec<f64>>();
        let (a, b, dims) = (shrink(a), shrink(b), a.dims());
        for x in a.chunks_exact(dims) {
            values.extend(b.chunks_exact(dims).map(|y| scale * euclidean(x, y)));
        }
        if values.iter().any(|cost| !cost.is_finite()) {
            return Err(Error::TooFar { what: "a distance" });
        }
        Costs::new(rows, columns, values)
    }

    /// Points of the first set.
    pub fn rows(&self) -> usize {
        self.values.len() / self.columns
    }

    /// Points of the second set.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The costs from one point of the first set to each of the second.
    pub fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.columns..(row + 1) * self.columns]
    }

    /// The costs between these rows and these columns alone.
    pub(crate) fn select(&self, rows: &[usize], columns: &[usize]) -> Costs {
        let row = |&i: &usize| columns.iter().map(move |&j| self.row(i)[j]);
        Costs { columns: columns.len(), values: rows.iter().flat_map(row).collect() }
    }

    /// An order of the rows and one of the columns in which near ones have like places: along the line through two
    /// points that are far apart, as far as costs tell.
    pub(crate) fn orders(&self) -> (Vec<usize>, Vec<usize>) {
        let extreme = |costs: Vec<f64>, sign: f64| {
            let better = |best: usize, at: usize| if sign * costs[at] > sign * costs[best] { at } else { best };
            (0..costs.len()).fold(0, better)
        };
        let column = |j: usize| (0..self.rows()).map(|i| self.row(i)[j]).collect::<Vec<f64>>();
        // A row far from the first column, the column farthest from that row, and of each the nearest of the other kind.
        let far_row = extreme(column(0), 1.0);
        let far_column = extreme(self.row(far_row).to_vec(), 1.0);
        let near_column = extreme(self.row(far_row).to_vec(), -1.0);
        let near_row = extreme(column(far_column), -1.0);
        let by = |keys: Vec<f64>| {
            let mut order: Vec<usize> = (0..keys.len()).collect();
            order.sort_by(|&p, &q| keys[p].total_cmp(&keys[q]));
            order
        };
        let along = |p: Vec<f64>, q: Vec<f64>| p.iter().zip(q).map(|(p, q)| p - q).collect();
        let rows = by(along(column(near_column), column(far_column)));
        let columns = by(along(self.row(far_row).to_vec(), self.row(near_row).to_vec()));
        (rows, columns)
    }

    /// The largest magnitude of a cost.
    pub fn largest(&self) -> f64 {
        self.values.iter().fold(0.0, |largest, cost| cost.abs().max(largest))
    }
}

/// Several squares at a time: images have hundreds of coordinates.
fn euclidean(x: &[f64], y: &[f64]) -> f64 {
    const LANES: usize = 8;
    if let (&[x], &[y]) = (x, y) {
        return (x - y).abs();
    }
    let squared = |x: &f64, y: &f64| (x - y) * (x - y);
    let (xs, ys) = (x.chunks_exact(LANES), y.chunks_exact(LANES));
    let rest: f64 = xs.remainder().iter().zip(ys.remainder()).map(|(x, y)| squared(x, y)).sum();
    let mut sums = [0.0; LANES];
    for (x, y) in xs.zip(ys) {
        for (lane, sum) in sums.iter_mut().enumerate() {
            *sum += squared(&x[lane], &y[lane]);
        }
    }
    (sums.iter().sum::<f64>() + rest).sqrt()
}

/// The power of two at or above `x`, kept to where it and its inverse are normal numbers; 1 for 0.
fn power_of_two_above(x: f64) -> f64 {
    match x {
        0.0 => 1.0,
        _ => x.log2().ceil().clamp(-1000.0, 1000.0).exp2(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_is_whole_and_finite() {
        assert_eq!(Costs::new(0, 3, vec![]), Err(Error::NoPoints));
        assert_eq!(Costs::new(2, 2, vec![1.0; 3]), Err(Error::CostCount { rows: 2, columns: 2, values: 3 }));
        let error = Costs::new(2, 2, vec![1.0, 2.0, f64::NAN, 4.0]).unwrap_err();
        assert_eq!(error.to_string(), "the cost from 2 to 1 is NaN; every cost must be finite");
        assert_eq!(Costs::new(1, 1, vec![1e308]), Err(Error::TooFar { what: "a sum of costs" }));
    }

    #[test]
    fn every_coordinate_counts() {
        for dims in [1, 2, 7, 8, 9, 17, 40] {
            let a = Points::new(vec![0.0; dims], dims).unwrap();
            for k in 0..dims {
                let b = Points::new((0..dims).map(|i| if i == k { 3.0 } else { 0.0 }).collect(), dims).unwrap();
                assert_eq!(Costs::euclidean(&a, &b).unwrap().row(0), [3.0], "{k} of {dims}");
            }
        }
    }

    #[test]
    fn distances_are_euclidean_at_any_scale() {
        for scale in [1e-300, 1e-200, 1.0, 1e200, 1e300] {
            let points = |values: [f64; 4]| Points::new(values.map(|v| v * scale).to_vec(), 2).unwrap();
            let costs = Costs::euclidean(&points([0.0, 0.0, 3.0, 4.0]), &points([3.0, 4.0, 0.0, 0.0])).unwrap();
            for (got, expected) in [(0, [5.0, 0.0]), (1, [0.0, 5.0])] {
                let close = |(got, expected): (&f64, f64)| (got / scale - expected).abs() < 1e-12;
                assert!(costs.row(got).iter().zip(expected).all(close), "{scale}: {costs:?}");
            }
        }
        let far = |x| Points::new(vec![x, 0.0], 2).unwrap();
        assert_eq!(Costs::euclidean(&far(-1.5e308), &far(1.5e308)), Err(Error::TooFar { what: "a distance" }));
    }
}
