//! The neighbourhoods of samples: precision, recall, density and coverage, by exact nearest neighbours.
//!
//! The ball of a sample reaches to its k-th nearest neighbour of its own kind. Precision is the share of generated
//! samples in some real sample's ball, recall that of real ones in some generated sample's (k = 3: Kynkäänniemi and
//! others 2019). Density is how many real balls a generated sample lies in, over k, and coverage the share of real
//! balls that hold a generated sample (k = 5: Naeem and others 2020). As in the papers' own code, the balls of
//! precision and recall have their edge and those of density and coverage have not: so the density of a set in itself
//! is 1.
//!
//! Distances are taken by blocks, as ‖x‖² + ‖y‖² − 2x·y; wherever that is too near a radius to tell, the differences
//! themselves are squared and summed. So memory does not grow with the square of the samples, and every answer is
//! exact.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, Par};

use super::{Error, Features, Pulse, beat};

/// The neighbour that the balls of precision and recall reach to.
pub const NEAREST: usize = 3;
/// The neighbour that the balls of density and coverage reach to.
pub const NEAREST_COVERED: usize = 5;

/// Rows and columns of a block of distances.
const BLOCK: usize = 1024;
/// The error of a product in place of differences, at most, relative to ‖x‖² + ‖y‖², for each feature.
const ROUNDING: f64 = 4.0 * f64::EPSILON;

/// The neighbourhoods of samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbours {
    /// The share of generated samples that lie among the real ones, from 0 to 1.
    pub precision: f64,
    /// The share of real samples that lie among the generated ones, from 0 to 1.
    pub recall: f64,
    /// The density of generated samples where real ones lie: about 1 for samples of the data themselves; may be above.
    pub density: f64,
    /// The share of real samples that a generated one lies near, from 0 to 1.
    pub coverage: f64,
}

/// Precision and recall with `nearest`, density and coverage with `nearest_covered` neighbours, at least one each.
///
/// # Errors
/// No more samples of a kind than neighbours, other features, or cancelled.
pub fn compare(
    real: &Features,
    generated: &Features,
    [nearest, nearest_covered]: [usize; 2],
    pulse: Pulse<'_>,
) -> Result<Neighbours, Error> {
    real.same_network(generated)?;
    let most = nearest.max(nearest_covered);
    let samples = real.len().min(generated.len());
    if samples <= most {
        return Err(Error::Few { figure: "neighbourhood", least: most + 1, samples });
    }
    let (n, m) = (real.len() as f64, generated.len() as f64);
    // The shares of the work: pairs of real ones, of generated ones, and of both.
    let work = [n * n, m * m, n * m].map(|pairs| pairs / (n * n + m * m + n * m));
    let real_side = Side::new(real);
    let generated_side = Side::new(generated);
    let [real_radii, covered_radii] = radii(&real_side, [nearest, nearest_covered], &mut |done| pulse(done * work[0]))?;
    let [generated_radii, _] = radii(&generated_side, [nearest; 2], &mut |done| pulse(work[0] + done * work[1]))?;

    let (mut precise, mut recalled) = (vec![false; generated.len()], vec![false; real.len()]);
    let (mut covered, mut inside) = (vec![false; real.len()], 0u64);
    let mut look = |i: usize, j: usize, pair: Pair<'_>| {
        if !precise[j] && pair.is_within(real_radii[i]) {
            precise[j] = true;
        }
        if !recalled[i] && pair.is_within(generated_radii[j]) {
            recalled[i] = true;
        }
        if pair.is_inside(covered_radii[i]) {
            covered[i] = true;
            inside += 1;
        }
    };
    pairs(&real_side, &generated_side, &mut look, &mut |done| pulse(work[0] + work[1] + done * work[2]))?;
    let share = |flags: &[bool]| flags.iter().filter(|flag| **flag).count() as f64 / flags.len() as f64;
    Ok(Neighbours {
        precision: share(&precise),
        recall: share(&recalled),
        density: inside as f64 / (nearest_covered as f64 * m),
        coverage: share(&covered),
    })
}

/// The samples of one kind, with their squared lengths.
struct Side<'a> {
    features: &'a Features,
    squares: Vec<f64>,
}

impl Side<'_> {
    fn new(features: &Features) -> Side<'_> {
        let square = |i: usize| features.row(i).iter().map(|&x| f64::from(x) * f64::from(x)).sum();
        Side { features, squares: (0..features.len()).map(square).collect() }
    }
}

/// Two samples and about how far they are apart.
#[derive(Clone, Copy)]
struct Pair<'a> {
    x: &'a [f32],
    y: &'a [f32],
    /// The squared distance, by products.
    about: f64,
    /// The error of that, at most.
    rounding: f64,
}

impl Pair<'_> {
    /// The squared distance, by differences.
    fn exact(&self) -> f64 {
        let difference = |(x, y): (&f32, &f32)| f64::from(*x) - f64::from(*y);
        self.x.iter().zip(self.y).map(difference).map(|difference| difference * difference).sum()
    }

    /// Whether they are no farther apart than the root of this.
    fn is_within(&self, square: f64) -> bool {
        if self.about < square - self.rounding {
            return true;
        }
        self.about <= square + self.rounding && self.exact() <= square
    }

    /// Whether they are less far apart than the root of this.
    fn is_inside(&self, square: f64) -> bool {
        if self.about < square - self.rounding {
            return true;
        }
        self.about <= square + self.rounding && self.exact() < square
    }
}

/// Shows every pair of one of the first side and one of the second to `look`, with their numbers.
fn pairs(
    first: &Side<'_>,
    second: &Side<'_>,
    look: &mut dyn FnMut(usize, usize, Pair<'_>),
    pulse: Pulse<'_>,
) -> Result<(), Error> {
    let (n, m) = (first.features.len(), second.features.len());
    let rounding = ROUNDING * first.features.dims() as f64;
    for from in (0..n).step_by(BLOCK) {
        let rows = first.features.block(from, BLOCK);
        for along in (0..m).step_by(BLOCK) {
            beat(pulse, (from as f64 + BLOCK.min(n - from) as f64 * along as f64 / m as f64) / n as f64)?;
            let columns = second.features.block(along, BLOCK);
            // A column of this is a row of `rows`.
            let mut products = Mat::zeros(columns.nrows(), rows.nrows());
            matmul(&mut products, Accum::Replace, &columns, rows.transpose(), -2.0, Par::Seq);
            for i in 0..rows.nrows() {
                let (x, square) = (first.features.row(from + i), first.squares[from + i]);
                for (j, product) in products.col(i).iter().enumerate() {
                    let squares = square + second.squares[along + j];
                    let y = second.features.row(along + j);
                    look(from + i, along + j, Pair { x, y, about: squares + product, rounding: rounding * squares });
                }
            }
        }
    }
    Ok(())
}

/// The squared distances from each sample to two of its nearest neighbours, which are counted from 1 without itself.
fn radii(side: &Side<'_>, nearest: [usize; 2], pulse: Pulse<'_>) -> Result<[Vec<f64>; 2], Error> {
    let most = nearest[0].max(nearest[1]);
    // The nearest so far of each, in order.
    let mut near = vec![f64::INFINITY; side.features.len() * most];
    let mut look = |i: usize, j: usize, pair: Pair<'_>| {
        let near = &mut near[i * most..(i + 1) * most];
        if i == j || pair.about - pair.rounding >= near[most - 1] {
            return;
        }
        let exact = pair.exact();
        let place = near.partition_point(|square| *square <= exact);
        if place < most {
            near[place..].rotate_right(1);
            near[place] = exact;
        }
    };
    pairs(side, side, &mut look, pulse)?;
    Ok(nearest.map(|k| near.chunks_exact(most).map(|near| near[k - 1]).collect()))
}
