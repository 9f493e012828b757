//! A solved transport problem, with the proof that it is solved.

use super::Costs;

/// Mass that moves from one point to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flow {
    /// The point of the first set that it leaves, from 0.
    pub from: usize,
    /// The point of the second set that it reaches, from 0.
    pub to: usize,
    /// The mass that is moved, in the weights' unit; above 0.
    pub mass: f64,
}

/// An optimal plan and optimal potentials.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    /// The primal value Σ C_ij γ_ij: for weights that sum to 1, the distance in the costs' unit.
    pub value: f64,
    /// The dual value a·f + b·g of the potentials.
    pub dual: f64,
    /// The plan γ where it is not 0, by rows: at most one less flow than there are points.
    pub plan: Vec<Flow>,
    /// The potentials f of the first set and g of the second, f_i + g_j ≤ C_ij for every pair up to rounding; unique
    /// up to a constant at best.
    pub potentials: (Vec<f64>, Vec<f64>),
}

impl Solution {
    /// Puts a plan and potentials together. Of `g` only the c-transforms are kept, f_i = min_j C_ij − g_j and then
    /// g_j = min_i C_ij − f_i: feasible by construction, never worse than a feasible `g` was.
    pub(crate) fn new(costs: &Costs, (a, b): (&[f64], &[f64]), plan: Vec<Flow>, g: Vec<f64>) -> Solution {
        let least = |row: &[f64], g: &[f64]| row.iter().zip(g).map(|(c, g)| c - g).fold(f64::INFINITY, f64::min);
        let f: Vec<f64> = (0..costs.rows()).map(|i| least(costs.row(i), &g)).collect();
        let mut g = vec![f64::INFINITY; costs.columns()];
        for (i, f) in f.iter().enumerate() {
            for (g, c) in g.iter_mut().zip(costs.row(i)) {
                *g = g.min(c - f);
            }
        }
        let dot = |weights: &[f64], f: &[f64]| weights.iter().zip(f).map(|(w, f)| w * f).sum::<f64>();
        Solution {
            value: plan.iter().map(|flow| flow.mass * costs.row(flow.from)[flow.to]).sum(),
            dual: dot(a, &f) + dot(b, &g),
            plan,
            potentials: (f, g),
        }
    }

    /// The duality gap, primal less dual: no plan whatever is cheaper than this one by more. 0 up to rounding.
    pub fn gap(&self) -> f64 {
        self.value - self.dual
    }
}
