//! Any weights: the transport problem, solved by the network simplex.

use super::tree::Tree;
use super::{Costs, Flow, Solution, masses};
use crate::theory::distance::Error;

/// The cheapest plan that moves the weights `a` of the rows onto the weights `b` of the columns. The value is in the
/// costs' unit times the weights'. Costs may be negative.
///
/// # Errors
/// Weights that are negative, not finite, not one a point, all 0, or unequal in sum by more than 1e-9 of it.
pub fn transport(costs: &Costs, a: &[f64], b: &[f64]) -> Result<Solution, Error> {
    let mass = masses::check((a, costs.rows()), (b, costs.columns()))?;
    let (rows, columns) = masses::units((a, mass.0), (b, mass.1));
    // A point without mass takes part in no plan; its potential follows from the others.
    let with_mass = |units: &[i64]| (0..units.len()).filter(|&i| units[i] > 0).collect::<Vec<usize>>();
    let (from, to) = (with_mass(&rows), with_mass(&columns));
    let smaller = (from.len() < rows.len() || to.len() < columns.len()).then(|| costs.select(&from, &to));
    let chosen = |units: &[i64], which: &[usize]| which.iter().map(|&i| units[i]).collect::<Vec<i64>>();
    let (supply, demand) = (chosen(&rows, &from), chosen(&columns, &to));
    let mut tree = Tree::new(smaller.as_ref().unwrap_or(costs), &supply, &demand);
    tree.solve()?;
    let unit = mass.0 / supply.iter().map(|&units| units as f64).sum::<f64>();
    let flow = |(i, j, units): (usize, usize, i64)| Flow { from: from[i], to: to[j], mass: units as f64 * unit };
    let mut plan: Vec<Flow> = tree.flows().map(flow).collect();
    plan.sort_unstable_by_key(|flow| (flow.from, flow.to));
    // A column without mass must not bind any row.
    let mut g = vec![f64::NEG_INFINITY; costs.columns()];
    for (j, potential) in to.iter().zip(tree.column_potentials()) {
        g[*j] = *potential;
    }
    Ok(Solution::new(costs, (a, b), plan, g))
}
