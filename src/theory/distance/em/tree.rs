//! The network simplex for the transport problem (Dantzig 1951; the spanning trees of Cunningham 1976).
//!
//! A basis is a spanning tree of rows and columns. Each node but the root keeps the arc to its parent: its flow in
//! whole units, its cost. Potentials make every arc of the tree tight. An arc of negative reduced cost enters, flow
//! goes around the cycle that it closes, and an arc that runs empty leaves. Every tree is strongly feasible, that is,
//! an empty arc points towards the root, so the simplex does not cycle although most pivots of an assignment move
//! nothing.

use super::Costs;
use crate::theory::distance::Error;

const NONE: u32 = u32::MAX;

/// Reduced costs above −1e-13 of the largest cost count as 0: the rounding of potentials along a path in the tree.
const TOLERANCE: f64 = 1e-13;

/// A basis of the transport problem. Rows are the nodes 0..n, columns the nodes n..n+m.
pub struct Tree<'a> {
    costs: &'a Costs,
    rows: usize,
    nodes: Vec<Node>,
    /// f of the rows, then g of the columns.
    potentials: Vec<f64>,
}

#[derive(Clone)]
struct Node {
    parent: u32,
    child: u32,
    next: u32,
    previous: u32,
    depth: u32,
    flow: i64,
    cost: f64,
}

impl<'a> Tree<'a> {
    /// A first plan: the north-west corner rule, with rows and columns in an order that puts near ones at like places.
    /// Supplies and demands are above 0 and sum to the same.
    pub fn new(costs: &'a Costs, supply: &[i64], demand: &[i64]) -> Tree<'a> {
        let rows = costs.rows();
        let count = rows + costs.columns();
        let node = Node { parent: NONE, child: NONE, next: NONE, previous: NONE, depth: 0, flow: 0, cost: 0.0 };
        let mut tree = Tree { costs, rows, nodes: vec![node; count], potentials: vec![0.0; count] };
        let (row_order, column_order) = costs.orders();
        let (mut i, mut j) = (0, 0);
        let (mut left, mut open) = (supply[row_order[0]], demand[column_order[0]]);
        tree.hang(rows + column_order[0], row_order[0]);
        loop {
            let (row, column) = (row_order[i], rows + column_order[j]);
            // The arc between them belongs to whichever came last.
            let child = if tree.nodes[column].parent == row as u32 { column } else { row };
            let flow = left.min(open);
            tree.nodes[child].flow = flow;
            (left, open) = (left - flow, open - flow);
            // Where both run out the next row comes first: its empty arc points towards the root.
            if left == 0 && i + 1 < row_order.len() {
                i += 1;
                left = supply[row_order[i]];
                tree.hang(row_order[i], column);
            } else if j + 1 < column_order.len() {
                j += 1;
                open = demand[column_order[j]];
                tree.hang(rows + column_order[j], row);
            } else {
                return tree;
            }
        }
    }

    /// Pivots until no arc has a negative reduced cost.
    pub fn solve(&mut self) -> Result<(), Error> {
        let tolerance = TOLERANCE * self.costs.largest();
        let most = 1000 * (self.nodes.len() as u64 + 1000);
        // The best arc of a block enters: of a row where there are as many columns, else of the rows that hold about
        // the square root of all arcs.
        let block = (self.rows / self.costs.columns()).isqrt().max(1);
        let (mut pivots, mut row, mut idle) = (0u64, 0, 0);
        while idle < self.rows {
            let mut best: Option<(f64, usize, usize)> = None;
            for _ in 0..block {
                let least = best.map_or(-tolerance, |(least, ..)| least);
                if let Some((reduced, column)) = self.entering(row, least) {
                    best = Some((reduced, row, column));
                }
                row = if row + 1 == self.rows { 0 } else { row + 1 };
            }
            match best {
                Some((_, row, column)) if pivots < most => {
                    self.pivot(row, column);
                    (pivots, idle) = (pivots + 1, 0);
                }
                Some(_) => return Err(Error::Unsolved { pivots }),
                None => idle += block,
            }
        }
        Ok(())
    }

    /// The plan: row, column, units above 0.
    pub fn flows(&self) -> impl Iterator<Item = (usize, usize, i64)> {
        let ends = |(v, node): (usize, &Node)| {
            let (row, column) = if v < self.rows { (v, node.parent as usize) } else { (node.parent as usize, v) };
            (row, column - self.rows, node.flow)
        };
        self.nodes.iter().enumerate().filter(|(_, node)| node.flow > 0).map(ends)
    }

    /// g of the columns.
    pub fn column_potentials(&self) -> &[f64] {
        &self.potentials[self.rows..]
    }

    /// The least reduced cost of an arc from `row` and its column, if it is below `limit`.
    fn entering(&self, row: usize, limit: f64) -> Option<(f64, usize)> {
        let (costs, g) = (self.costs.row(row), self.column_potentials());
        let least = least_difference(costs, g);
        let reduced = least - self.potentials[row];
        (reduced < limit).then(|| costs.iter().zip(g).position(|(c, g)| c - g == least)).flatten().map(|j| (reduced, j))
    }

    /// Brings the arc from `row` to `column` into the tree.
    fn pivot(&mut self, row: usize, column: usize) {
        let entering = self.rows + column;
        let (mut u, mut v) = (row, entering);
        // Flow goes from the apex of the cycle down to the row, over the arc, and from the column up again. On the way
        // down it is taken from arcs whose lower end is a row, on the way up from those whose lower end is a column. Of
        // the arcs that run empty first the last one along that way leaves, which keeps the tree strongly feasible.
        let (mut leaving, mut least, mut below_row) = (row, i64::MAX, true);
        while u != v {
            if self.nodes[u].depth >= self.nodes[v].depth {
                if u < self.rows && self.nodes[u].flow < least {
                    (leaving, least, below_row) = (u, self.nodes[u].flow, true);
                }
                u = self.nodes[u].parent as usize;
            } else {
                if v >= self.rows && self.nodes[v].flow <= least {
                    (leaving, least, below_row) = (v, self.nodes[v].flow, false);
                }
                v = self.nodes[v].parent as usize;
            }
        }
        let apex = u;
        if least > 0 {
            self.push(row, apex, least, |is_row| if is_row { -1 } else { 1 });
            self.push(entering, apex, least, |is_row| if is_row { 1 } else { -1 });
        }
        let (inside, outside) = if below_row { (row, entering) } else { (entering, row) };
        self.turn(inside, leaving);
        self.hang(inside, outside);
        self.nodes[inside].flow = least;
        self.refresh(inside);
    }

    /// Changes the flows from `from` up to `apex` by `units`, with the sign for arcs whose lower end is a row or not.
    fn push(&mut self, from: usize, apex: usize, units: i64, sign: impl Fn(bool) -> i64) {
        let mut v = from;
        while v != apex {
            self.nodes[v].flow += sign(v < self.rows) * units;
            v = self.nodes[v].parent as usize;
        }
    }

    /// Cuts off the subtree below `top` and makes `v`, in it, its top.
    fn turn(&mut self, v: usize, top: usize) {
        let (mut below, mut at) = (NONE, v);
        let (mut flow, mut cost) = (0, 0.0);
        loop {
            let parent = self.nodes[at].parent;
            self.cut(at);
            std::mem::swap(&mut self.nodes[at].flow, &mut flow);
            std::mem::swap(&mut self.nodes[at].cost, &mut cost);
            if below != NONE {
                self.attach(at, below as usize);
            }
            if at == top {
                return;
            }
            (below, at) = (at as u32, parent as usize);
        }
    }

    /// Puts a top node below another, by an empty arc, and makes that arc tight.
    fn hang(&mut self, v: usize, parent: usize) {
        let (row, column) = if v < self.rows { (v, parent) } else { (parent, v) };
        self.nodes[v].flow = 0;
        self.nodes[v].cost = self.costs.row(row)[column - self.rows];
        self.attach(v, parent);
        self.settle(v);
    }

    /// Depth and potential of a node from those of its parent. Not by adding up changes: that would drift.
    fn settle(&mut self, v: usize) {
        let parent = self.nodes[v].parent as usize;
        self.nodes[v].depth = self.nodes[parent].depth + 1;
        self.potentials[v] = self.nodes[v].cost - self.potentials[parent];
    }

    /// Settles all nodes below `top`, parents first.
    fn refresh(&mut self, top: usize) {
        let mut v = top;
        loop {
            if self.nodes[v].child != NONE {
                v = self.nodes[v].child as usize;
            } else {
                while v != top && self.nodes[v].next == NONE {
                    v = self.nodes[v].parent as usize;
                }
                if v == top {
                    return;
                }
                v = self.nodes[v].next as usize;
            }
            self.settle(v);
        }
    }

    /// Makes `v` the first child of `parent`.
    fn attach(&mut self, v: usize, parent: usize) {
        let next = std::mem::replace(&mut self.nodes[parent].child, v as u32);
        let node = &mut self.nodes[v];
        (node.parent, node.next, node.previous) = (parent as u32, next, NONE);
        if next != NONE {
            self.nodes[next as usize].previous = v as u32;
        }
    }

    /// Takes `v` from among the children of its parent.
    fn cut(&mut self, v: usize) {
        let Node { parent, next, previous, .. } = self.nodes[v];
        match previous {
            NONE => self.nodes[parent as usize].child = next,
            _ => self.nodes[previous as usize].next = next,
        }
        if next != NONE {
            self.nodes[next as usize].previous = previous;
        }
    }
}

/// The least of x − y, several at a time.
fn least_difference(x: &[f64], y: &[f64]) -> f64 {
    const LANES: usize = 8;
    let mut least = [f64::INFINITY; LANES];
    let (xs, ys) = (x.chunks_exact(LANES), y.chunks_exact(LANES));
    let rest = xs.remainder().iter().zip(ys.remainder()).map(|(x, y)| x - y).fold(f64::INFINITY, f64::min);
    for (x, y) in xs.zip(ys) {
        for lane in 0..LANES {
            let difference = x[lane] - y[lane];
            least[lane] = if difference < least[lane] { difference } else { least[lane] };
        }
    }
    least.into_iter().fold(rest, f64::min)
}
