//! Analyses to show, by the real formulas, with learned critics that are a bit off.

use gantop::link::{Field, Snapshot};
use gantop::theory::distance::modes::Coverage;
use gantop::theory::objective;
use gantop::truth::{Analysis, Curves, Density, EarthMover, Modes, Truth};

use super::runs::ring_mode;
use super::snapshots::{mixture_snapshot, ring_snapshot};

/// The objective of this name with everything else as it is by default.
pub fn playing(kind: &str) -> gantop::domain::ObjectiveChoice {
    gantop::domain::ObjectiveChoice { kind: kind.into(), ..gantop::domain::ObjectiveChoice::default() }
}

fn normal(x: f64, mean: f64, std: f64) -> f64 {
    let z = (x - mean) / std;
    (-z * z / 2.0).exp() / (std * std::f64::consts::TAU.sqrt())
}

/// The critic of an objective as a function of log(p/q): T* where it is an f-divergence, else that itself.
fn critic(kind: &str, log_ratio: f64) -> f64 {
    let row = objective::find(kind).expect("an objective");
    row.divergence().map_or(log_ratio, |divergence| divergence.derivative(log_ratio.exp()))
}

/// N(0,1) against N(1,1.5²), a learned critic that is a tenth too flat, and this divergence of the two.
pub fn gaussians(step: u64, kind: &str, divergence: Option<f64>) -> Analysis {
    let points = || (0..=256).map(|i| -6.0 + i as f64 * 13.0 / 256.0);
    let ratio = |x: f64| normal(x, 0.0, 1.0).ln() - normal(x, 1.0, 1.5).ln();
    let known = objective::find(kind).is_some_and(|row| row.divergence().is_some());
    let curves = Curves {
        low: -6.0,
        high: 7.0,
        real: points().map(|x| normal(x, 0.0, 1.0)).collect(),
        fake: points().map(|x| normal(x, 1.0, 1.5)).collect(),
        learned: points().map(|x| critic(kind, 0.9 * ratio(x) + 0.1 * (2.0 * x).sin())).collect(),
        optimal: if known { points().map(|x| critic(kind, ratio(x))).collect() } else { Vec::new() },
    };
    // Away from the end, so that a chart has something to show.
    let left = 0.05 + 0.5 * (-(step as f64) / 4000.0).exp();
    let bound = divergence.filter(|d| d.is_finite()).unwrap_or(0.4) - left;
    let truth = Truth { divergence, bound, density: Density::Exact, curves: Some(curves), ..Truth::default() };
    Analysis {
        em: Some(EarthMover { exact: 1.0084907026 + left, samples: 1000, critic: Some(0.93) }),
        truth: Some(truth),
        ratio: Some(0.97),
        seconds: 0.004,
        ..Analysis::empty(step)
    }
}

/// A snapshot to go with it.
pub fn gaussians_snapshot(step: u64, kind: &str) -> Snapshot {
    Snapshot { objective: playing(kind), bound: 0.31, slope: Some(2.5), ..mixture_snapshot(step) }
}

const SIDE: usize = 48;

/// The log-ratio of a ring of eight modes and one of seven, on a grid over [−3, 3]².
fn ring_ratios() -> Vec<f64> {
    let density = |x: f64, y: f64, modes: usize, std: f64| {
        let mode = |i| {
            let [a, b] = ring_mode(i);
            normal(x, a, std) * normal(y, b, std)
        };
        (0..modes).map(mode).sum::<f64>() / modes as f64 + 1e-12
    };
    let at = |i: usize| -3.0 + 6.0 * i as f64 / (SIDE - 1) as f64;
    let points = (0..SIDE * SIDE).map(|i| (at(i % SIDE), at(i / SIDE)));
    points.map(|(x, y)| (density(x, y, 8, 0.3) / density(x, y, 7, 0.4)).ln()).collect()
}

/// A ring of eight modes of which the generator has seven.
pub fn ring_analysis(step: u64, kind: &str) -> Analysis {
    let known = objective::find(kind).is_some_and(|row| row.divergence().is_some());
    let optimal = ring_ratios().into_iter().map(|ratio| critic(kind, ratio) as f32);
    let truth = Truth {
        error: Some(0.04),
        divergence: known.then_some(-1.21),
        bound: -1.26,
        density: Density::Kernel,
        curves: None,
        optimal: if known { optimal.collect() } else { Vec::new() },
        corners: [[-3.0; 2], [3.0; 2]],
    };
    let coverage = Coverage { covered: 7, modes: 8, good_share: 0.812, counts: vec![116; 7] };
    Analysis {
        em: Some(EarthMover { exact: 0.3125, samples: 1000, critic: Some(0.28) }),
        truth: Some(truth),
        ratio: Some(1.43),
        modes: Some(Modes { coverage, ceiling: 0.989, reverse_kl: Some(0.1335), samples: 1000 }),
        seconds: 0.05,
        ..Analysis::empty(step)
    }
}

/// A snapshot to go with it, whose critic is somewhat flat.
pub fn ring_field_snapshot(step: u64, kind: &str) -> Snapshot {
    let scores = ring_ratios().into_iter().map(|ratio| (3.0 * (ratio / 4.0).tanh()) as f32).collect();
    let field = Field { low: [-3.0; 2], high: [3.0; 2], columns: SIDE, rows: SIDE, scores };
    Snapshot { objective: playing(kind), bound: -1.25, slope: Some(6.25), field: Some(field), ..ring_snapshot(step) }
}

/// What is known of images: the Earth Mover's distance.
pub fn digits_analysis(step: u64) -> Analysis {
    Analysis { em: Some(EarthMover { exact: 9.875, samples: 256, critic: Some(3.5) }), ..Analysis::empty(step) }
}
