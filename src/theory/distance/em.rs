//! The exact Earth Mover's distance (Wasserstein-1) between weighted points.
//!
//! Primal: min Σ C_ij γ_ij over plans γ ≥ 0 whose rows sum to a and columns to b. Dual: max a·f + b·g with
//! f_i + g_j ≤ C_ij (Kantorovich). A [`Solution`] holds both, and their difference, the duality gap, bounds its error
//! whatever happened on the way: the potentials are made feasible from the costs themselves.
//!
//! In one dimension [`sorted`] needs no plan. [`assignment()`] is for as many points of the same weight on both sides,
//! [`transport()`] for any weights.

mod assignment;
mod costs;
mod masses;
mod solution;
pub mod sorted;
mod transport;
mod tree;

pub use assignment::assignment;
pub use costs::Costs;
pub use solution::{Flow, Solution};
pub use transport::transport;

use super::{Error, Points};

/// The Earth Mover's distance between two sets of points, every point of a set weighing the same, and the distance
/// between points Euclidean: sorted in one dimension, else by assignment for sets of the same size, else by transport.
///
/// In the points' own unit. Memory and time: 8 bytes for every pair of points, and well under a second for 1,024
/// against 1,024.
///
/// # Errors
/// Points of different spaces; distances beyond what `f64` holds; more pairs than fit into memory.
pub fn distance(a: &Points, b: &Points) -> Result<f64, Error> {
    a.same_space(b)?;
    if a.dims() == 1 {
        return sorted::distance(a, b);
    }
    Ok(solve(a, b)?.value)
}

/// The same with its plan and potentials, and so with the proof: by assignment or transport in any dimension.
///
/// # Errors
/// As [`distance`].
pub fn solve(a: &Points, b: &Points) -> Result<Solution, Error> {
    let costs = Costs::euclidean(a, b)?;
    if a.len() == b.len() {
        return assignment(&costs);
    }
    let uniform = |n: usize| vec![1.0 / n as f64; n];
    transport(&costs, &uniform(a.len()), &uniform(b.len()))
}

#[cfg(test)]
mod tests;
