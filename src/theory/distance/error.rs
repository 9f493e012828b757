//! The errors of the points and weights that a distance is asked of, a sentence each.

use std::fmt;

/// One of the two sets of samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The first: P, the real samples where there are any.
    First,
    /// The second: Q, the generated ones.
    Second,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Side::First => "the first set",
            Side::Second => "the second set",
        })
    }
}

/// Why there is no distance. Places are counted from 1, as a person counts.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// A set without a point.
    #[error("there are no points; a distance needs at least one in each set")]
    NoPoints,
    /// Points without coordinates.
    #[error("points need at least one coordinate")]
    NoDims,
    /// Numbers left over after the last whole point.
    #[error("{numbers} numbers are not whole points of {dims} coordinates")]
    NotWhole {
        /// The count of numbers.
        numbers: usize,
        /// Coordinates of a point.
        dims: usize,
    },
    /// A coordinate that is NaN or infinite.
    #[error("point {point}, coordinate {coordinate} is {value}; every coordinate must be finite")]
    NotFinite {
        /// The point's number, from 1.
        point: usize,
        /// The coordinate's number, from 1.
        coordinate: usize,
        /// Its value.
        value: f64,
    },
    /// Points of different spaces.
    #[error("the first set has points of {first} coordinates, the second of {second}; both need as many")]
    Dims {
        /// Coordinates of a point of the first set.
        first: usize,
        /// Coordinates of a point of the second set.
        second: usize,
    },
    /// A distance of numbers was given points of more coordinates.
    #[error("points of {0} coordinates cannot be sorted; give numbers, points of one coordinate")]
    NotOneDimensional(usize),
    /// Not one weight for each point.
    #[error("{side} has {points} points but {weights} weights; give one for each point")]
    WeightCount {
        /// Whose weights.
        side: Side,
        /// Points of that set.
        points: usize,
        /// Weights given.
        weights: usize,
    },
    /// A weight that is negative, NaN or infinite.
    #[error("weight {index} of {side} is {value}; weights must be finite and at least 0")]
    Weight {
        /// Whose weight.
        side: Side,
        /// The weight's number, from 1.
        index: usize,
        /// Its value.
        value: f64,
    },
    /// All weights are 0, or their sum is not finite.
    #[error("the weights of {side} sum to {sum}; the sum must be finite and above 0")]
    NoMass {
        /// Whose weights.
        side: Side,
        /// Their sum.
        sum: f64,
    },
    /// More mass on one side than on the other.
    #[error("the first set has mass {first}, the second {second}; both must have the same, so normalise the weights")]
    Masses {
        /// Sum of the first set's weights.
        first: f64,
        /// Sum of the second set's weights.
        second: f64,
    },
    /// A cost matrix that is not rows × columns.
    #[error("a cost matrix of {rows} × {columns} does not have {values} entries")]
    CostCount {
        /// Its rows.
        rows: usize,
        /// Its columns.
        columns: usize,
        /// Entries given.
        values: usize,
    },
    /// A cost that is NaN or infinite.
    #[error("the cost from {row} to {column} is {value}; every cost must be finite")]
    Cost {
        /// Its row, from 1.
        row: usize,
        /// Its column, from 1.
        column: usize,
        /// Its value.
        value: f64,
    },
    /// More points on one side than on the other, where each needs a partner.
    #[error("{rows} rows cannot be assigned to {columns} columns one to one; use the transport problem")]
    NotSquare {
        /// Points of the first set.
        rows: usize,
        /// Points of the second set.
        columns: usize,
    },
    /// Costs beyond what f64 can add up.
    #[error("the points are too far apart: {what} is beyond the largest number; scale them down")]
    TooFar {
        /// The quantity that overflowed.
        what: &'static str,
    },
    /// More numbers than memory should hold.
    #[error("{rows} × {columns} costs do not fit into memory; use fewer points")]
    TooMany {
        /// Points of the first set.
        rows: usize,
        /// Points of the second set.
        columns: usize,
    },
    /// Cells of a histogram: none, or more than it gets.
    #[error("{cells} cells along each of {dims} dimensions; give at least 1, and at most 2^24 in all")]
    Cells {
        /// Cells along each edge.
        cells: usize,
        /// Dimensions.
        dims: usize,
    },
    /// The simplex did not come to an end. Not known to happen.
    #[error("the transport problem was not solved after {pivots} pivots")]
    Unsolved {
        /// Pivots done.
        pivots: u64,
    },
}
