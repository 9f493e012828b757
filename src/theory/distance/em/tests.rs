//! The instances whose distances are known, and what must hold for all.

use proptest::prelude::*;
use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};

use super::*;

/// Uniform numbers in [0, 1): SplitMix64 with the seed as its state.
fn uniform(seed: u64) -> impl FnMut() -> f64 {
    let mut rng = SplitMix64::seed_from_u64(seed);
    move || (rng.next_u64() >> 11) as f64 * 2f64.powi(-53)
}

/// x, then y shifted by ½, then weights: n points each.
fn instance(seed: u64, n: usize, dims: usize) -> (Points, Vec<f64>, Points, Vec<f64>) {
    let mut u = uniform(seed);
    let x = Points::new((0..n * dims).map(|_| u()).collect(), dims).unwrap();
    let y = Points::new((0..n * dims).map(|_| u() + 0.5).collect(), dims).unwrap();
    let mut weights = || {
        let weights: Vec<f64> = (0..n).map(|_| 0.05 + u()).collect();
        let sum: f64 = weights.iter().sum();
        weights.iter().map(|w| w / sum).collect::<Vec<f64>>()
    };
    let (a, b) = (weights(), weights());
    (x, a, y, b)
}

/// The value, after checking the plan, the potentials and the gap.
#[track_caller]
fn proved(costs: &Costs, a: &[f64], b: &[f64], solution: &Solution) -> f64 {
    let (rows, columns) = (costs.rows(), costs.columns());
    let (largest, mass) = (costs.largest(), a.iter().sum::<f64>());
    assert!(solution.gap().abs() <= 1e-11 * largest * mass, "gap {}", solution.gap());
    let (f, g) = &solution.potentials;
    for (i, f) in f.iter().enumerate() {
        let feasible = |(c, g): (&f64, &f64)| f + g <= c + 1e-12 * largest;
        assert!(costs.row(i).iter().zip(g).all(feasible), "infeasible in row {i}");
    }
    let (mut row, mut column) = (vec![0.0; rows], vec![0.0; columns]);
    for flow in &solution.plan {
        assert!(flow.mass > 0.0);
        row[flow.from] += flow.mass;
        column[flow.to] += flow.mass;
    }
    let close = |got: &[f64], w: &[f64]| got.iter().zip(w).all(|(g, w)| (g - w).abs() < 1e-9 * mass);
    assert!(close(&row, a) && close(&column, b), "{row:?} {a:?} {column:?} {b:?}");
    assert!(solution.plan.len() < rows + columns);
    solution.value
}

fn points(values: &[f64]) -> Points {
    Points::new(values.to_vec(), 1).unwrap()
}

#[test]
fn known_instances_to_1e_9() {
    let five =
        (points(&[0.0, 1.0, 3.0, 6.0]), vec![0.1, 0.2, 0.3, 0.4], points(&[0.5, 2.0, 4.0, 5.0, 7.0]), vec![0.2; 5]);
    let (line, plane) = (instance(1, 20, 1), instance(2, 20, 2));
    assert_eq!((line.0.values()[0], line.2.values()[0]), (0.5665615751722809, 0.5659601931455764));
    let bins = points(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]);
    let a = vec![0.05, 0.1, 0.2, 0.3, 0.2, 0.1, 0.05, 0.0, 0.0, 0.0];
    let b = a.iter().rev().copied().collect();
    let histograms = (bins.clone(), a, bins, b);
    for ((x, a, y, b), expected) in [(five, 0.9), (line, 0.326647214389), (plane, 0.742149726612), (histograms, 3.0)] {
        let costs = Costs::euclidean(&x, &y).unwrap();
        let solution = transport(&costs, &a, &b).unwrap();
        let value = proved(&costs, &a, &b, &solution);
        assert!((value - expected).abs() < 1e-9 && solution.gap().abs() < 1e-9, "{value}, not {expected}");
        if x.dims() == 1 {
            let sorted = sorted::weighted(&x, &a, &y, &b).unwrap();
            assert!((sorted - expected).abs() < 1e-9, "{sorted}, not {expected}");
        }
    }
}

#[test]
fn hundreds_of_points_are_solved_with_a_proof() {
    for (seed, n, dims) in [(3, 300, 2), (4, 150, 5), (5, 128, 1)] {
        let (x, a, y, b) = instance(seed, n, dims);
        let costs = Costs::euclidean(&x, &y).unwrap();
        let weights = vec![1.0 / n as f64; n];
        let assigned = assignment(&costs).unwrap();
        proved(&costs, &weights, &weights, &assigned);
        assert!(assigned.plan.iter().enumerate().all(|(i, flow)| flow.from == i));
        proved(&costs, &a, &b, &transport(&costs, &a, &b).unwrap());
    }
}

#[test]
fn many_points_against_few_are_solved_with_a_proof() {
    let (x, _, y, _) = instance(6, 400, 2);
    let few = Points::new(y.values()[..10].to_vec(), 2).unwrap();
    for (x, y) in [(&x, &few), (&few, &x)] {
        let uniform = |points: &Points| vec![1.0 / points.len() as f64; points.len()];
        proved(&Costs::euclidean(x, y).unwrap(), &uniform(x), &uniform(y), &solve(x, y).unwrap());
    }
}

/// The cheapest of all assignments of the rows from `row` on, columns taken being out of reach.
fn cheapest(costs: &Costs, row: usize, taken: &mut [bool]) -> f64 {
    if row == costs.rows() {
        return 0.0;
    }
    (0..costs.columns()).fold(f64::INFINITY, |least, j| {
        if std::mem::replace(&mut taken[j], true) {
            return least;
        }
        let cost = costs.row(row)[j] + cheapest(costs, row + 1, taken);
        taken[j] = false;
        least.min(cost)
    })
}

#[test]
fn gaussians_are_as_far_apart_as_their_closed_form() {
    // Quantiles of N(0,1) and of N(1,1.5²) by the inverse of a sum: 20,000 midpoints of a fine grid of the density.
    let quantiles = |mean: f64, std: f64| {
        let (mut at, mut below, mut out) = (-8.0f64, 0.0, vec![]);
        while out.len() < 20_000 && at < 8.0 {
            below += (-at * at / 2.0).exp() / std::f64::consts::TAU.sqrt() * 1e-5;
            at += 1e-5;
            while (out.len() as f64 + 0.5) / 20_000.0 <= below {
                out.push(mean + std * at);
            }
        }
        Points::new(out, 1).unwrap()
    };
    let got = distance(&quantiles(0.0, 1.0), &quantiles(1.0, 1.5)).unwrap();
    assert!((got - 1.0084907026).abs() < 2e-4, "{got}");
}

#[test]
fn bad_input_is_an_error() {
    let costs = Costs::new(1, 2, vec![1.0, 2.0]).unwrap();
    assert_eq!(assignment(&costs), Err(Error::NotSquare { rows: 1, columns: 2 }));
    assert!(matches!(transport(&costs, &[1.0], &[0.5, 0.6]), Err(Error::Masses { .. })));
    assert!(matches!(transport(&costs, &[1.0], &[1.5, -0.5]), Err(Error::Weight { .. })));
    assert!(matches!(transport(&costs, &[], &[1.5, -0.5]), Err(Error::WeightCount { .. })));
    let (line, plane) = (points(&[0.0; 2]), Points::new(vec![0.0; 4], 2).unwrap());
    assert_eq!(distance(&line, &plane), Err(Error::Dims { first: 1, second: 2 }));
    assert_eq!(distance(&plane, &line), Err(Error::Dims { first: 2, second: 1 }));
}

#[test]
fn coinciding_points_and_negative_costs_are_solved() {
    let same = Points::new(vec![1.0; 60], 2).unwrap();
    let solution = solve(&same, &Points::new(vec![1.0; 40], 2).unwrap()).unwrap();
    assert_eq!((solution.value, solution.gap()), (0.0, 0.0));
    let costs = Costs::new(3, 3, vec![-5.0, 1.0, 0.0, 2.0, -1.0, -4.0, 0.0, -3.0, 2.0]).unwrap();
    let weights = [1.0 / 3.0; 3];
    assert!((proved(&costs, &weights, &weights, &assignment(&costs).unwrap()) + 4.0).abs() < 1e-15);
    assert!((proved(&costs, &weights, &weights, &transport(&costs, &weights, &weights).unwrap()) + 4.0).abs() < 1e-15);
}

/// Points on a coarse grid, so that many distances are equal and many points coincide.
fn some(dims: usize, count: impl Into<proptest::collection::SizeRange>) -> impl Strategy<Value = Points> {
    let point = proptest::collection::vec((-8..8).prop_map(|x| f64::from(x) / 4.0), dims);
    proptest::collection::vec(point, count).prop_map(move |all| Points::new(all.concat(), dims).unwrap())
}

/// Weights of which some are 0, not all.
fn weights(n: usize) -> impl Strategy<Value = Vec<f64>> {
    proptest::collection::vec(prop_oneof![Just(0.0), Just(1.0), 0.0..3.0f64], n).prop_map(|mut weights| {
        weights[0] += 0.1;
        let sum: f64 = weights.iter().sum();
        weights.iter().map(|w| w / sum).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn it_is_a_metric(a in some(2, 1..12), b in some(2, 1..12), c in some(2, 1..12)) {
        let w = |a, b| distance(a, b).unwrap();
        prop_assert!(w(&a, &a).abs() < 1e-12);
        prop_assert!((w(&a, &b) - w(&b, &a)).abs() < 1e-11);
        prop_assert!(w(&a, &c) <= w(&a, &b) + w(&b, &c) + 1e-11);
    }

    #[test]
    fn a_shift_is_as_far_as_it_goes(a in some(1, 1..40), shift in -100.0..100.0f64) {
        let b = Points::new(a.values().iter().map(|x| x + shift).collect(), 1).unwrap();
        prop_assert!((distance(&a, &b).unwrap() - shift.abs()).abs() < 1e-11);
    }

    #[test]
    fn an_assignment_is_the_cheapest_of_all((a, b) in (1usize..7).prop_flat_map(|n| (some(2, n), some(2, n)))) {
        let costs = Costs::euclidean(&a, &b).unwrap();
        let n = a.len();
        let weights = vec![1.0 / n as f64; n];
        let assigned = proved(&costs, &weights, &weights, &assignment(&costs).unwrap());
        prop_assert!((assigned - cheapest(&costs, 0, &mut vec![false; n]) / n as f64).abs() < 1e-12);
        // The general solver, kept from seeing that the weights are equal, in the last bit.
        let mut nearly = weights.clone();
        nearly[0] *= 1.0 + f64::EPSILON;
        let transported = proved(&costs, &nearly, &weights, &transport(&costs, &nearly, &weights).unwrap());
        prop_assert!((assigned - transported).abs() < 1e-12);
    }

    #[test]
    fn sorting_is_a_transport(
        (x, a, y, b) in (1usize..20, 1usize..20)
            .prop_flat_map(|(n, m)| (some(1, n), weights(n), some(1, m), weights(m)))
    ) {
        let costs = Costs::euclidean(&x, &y).unwrap();
        let transported = proved(&costs, &a, &b, &transport(&costs, &a, &b).unwrap());
        prop_assert!((sorted::weighted(&x, &a, &y, &b).unwrap() - transported).abs() < 1e-12);
        let (a, b) = (vec![1.0 / a.len() as f64; a.len()], vec![1.0 / b.len() as f64; b.len()]);
        let transported = proved(&costs, &a, &b, &transport(&costs, &a, &b).unwrap());
        prop_assert!((sorted::distance(&x, &y).unwrap() - transported).abs() < 1e-12);
    }

    #[test]
    fn any_costs_and_weights_are_solved_with_a_proof(
        (costs, a, b) in (1usize..15, 1usize..15).prop_flat_map(|(n, m)| {
            let costs = proptest::collection::vec(-3.0..10.0f64, n * m);
            (costs.prop_map(move |costs| Costs::new(n, m, costs).unwrap()), weights(n), weights(m))
        }),
        mass in prop_oneof![Just(1.0), 1e-6..1e6f64],
    ) {
        let scaled = |weights: Vec<f64>| weights.into_iter().map(|w| w * mass).collect::<Vec<f64>>();
        let (a, b) = (scaled(a), scaled(b));
        proved(&costs, &a, &b, &transport(&costs, &a, &b).unwrap());
    }
}
