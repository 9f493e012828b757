//! The case of as many points of the same weight on both sides: an assignment problem.
//!
//! It is solved as the transport problem that it is. At 1,024 points in the plane the network simplex was measured to
//! be 3 to 60 times as fast as shortest augmenting paths (Jonker and Volgenant 1987), and it gives potentials.

use super::{Costs, Solution, transport};
use crate::theory::distance::Error;

/// The cheapest one-to-one assignment of rows to columns, every point weighing 1/n; so the value is a mean of n costs,
/// and the plan has n flows, one for each row in turn. Costs may be negative.
///
/// # Errors
/// A matrix that is not square.
pub fn assignment(costs: &Costs) -> Result<Solution, Error> {
    let n = costs.rows();
    if costs.columns() != n {
        return Err(Error::NotSquare { rows: n, columns: costs.columns() });
    }
    let weights = vec![1.0 / n as f64; n];
    transport(costs, &weights, &weights)
}
