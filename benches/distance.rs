//! What the distances cost: 64, 256 and 1,024 points against as many, uniform in two unit squares that overlap.
//!
//!     cargo bench --bench distance

#![allow(clippy::expect_used, clippy::panic)]

use divan::{Bencher, black_box};
use gantop::domain::seed::{self, Stream};
use gantop::theory::distance::em::{self, Costs};
use gantop::theory::distance::{Points, sliced};
use rand::Rng as _;

const SIZES: [usize; 3] = [64, 256, 1024];

fn main() {
    divan::main();
}

/// Two sets of points in the plane, the second shifted by ½ both ways, and weights for each.
fn instance(n: usize) -> ([Points; 2], [Vec<f64>; 2]) {
    let mut rng = seed::rng(7, Stream::Data, n as u64);
    let mut points = |shift: f64| {
        let values = (0..2 * n).map(|_| shift + rng.r#gen::<f64>()).collect();
        Points::new(values, 2).expect("finite points")
    };
    let points = [points(0.0), points(0.5)];
    let mut weights = || {
        let weights: Vec<f64> = (0..n).map(|_| 0.05 + rng.r#gen::<f64>()).collect();
        let sum: f64 = weights.iter().sum();
        weights.iter().map(|weight| weight / sum).collect()
    };
    (points, [weights(), weights()])
}

/// From points to distance, costs included: every point of the same weight.
#[divan::bench(args = SIZES)]
fn em_of_equal_weights(bencher: Bencher, n: usize) {
    let ([a, b], _) = instance(n);
    bencher.bench_local(|| em::distance(black_box(&a), black_box(&b)));
}

/// The same with random weights.
#[divan::bench(args = SIZES)]
fn em_of_any_weights(bencher: Bencher, n: usize) {
    let ([a, b], [p, q]) = instance(n);
    bencher.bench_local(|| Costs::euclidean(black_box(&a), &b).and_then(|costs| em::transport(&costs, &p, &q)));
}

/// The sliced distance over 128 directions.
#[divan::bench(args = SIZES)]
fn sliced_by_128_directions(bencher: Bencher, n: usize) {
    let ([a, b], _) = instance(n);
    let mut rng = seed::rng(7, Stream::Distance, 0);
    bencher.bench_local(|| sliced::distance(black_box(&a), black_box(&b), 128, &mut rng));
}
