use std::f64::consts::PI;

use proptest::prelude::*;
use rand_xoshiro::rand_core::SeedableRng as _;

use super::*;
use crate::config::Data;
use crate::domain::seed::Rng;

fn draw(data: &Data, count: usize, seed: u64) -> Vec<f32> {
    let source = Source::open(data).expect("a source");
    let mut out = vec![f32::NAN; count * source.shape().len()];
    source.fill(&mut Rng::seed_from_u64(seed), &mut out).expect("samples");
    out
}

fn points(data: &Data, count: usize) -> Vec<[f64; 2]> {
    draw(data, count, 7).chunks_exact(2).map(|p| [p[0] as f64, p[1] as f64]).collect()
}

fn mean(values: impl Iterator<Item = f64> + Clone) -> f64 {
    values.clone().sum::<f64>() / values.count() as f64
}

fn deviation(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let m = mean(values.clone());
    mean(values.map(|v| (v - m).powi(2))).sqrt()
}

#[track_caller]
fn near(got: f64, want: f64, tolerance: f64) {
    assert!((got - want).abs() <= tolerance, "{got} is not within {tolerance} of {want}");
}

/// Each sample's nearest mean, and how often each was.
fn shares(points: &[[f64; 2]], modes: &[Mode]) -> Vec<f64> {
    let mut counts = vec![0.0; modes.len()];
    for p in points {
        let distance = |m: &Mode| (p[0] - m.mean[0]).hypot(p[1] - m.mean[1]);
        let nearest = (0..modes.len()).min_by(|&a, &b| distance(&modes[a]).total_cmp(&distance(&modes[b])));
        counts[nearest.expect("a mode")] += 1.0 / points.len() as f64;
    }
    counts
}

#[test]
fn a_ring_has_its_modes_radius_and_deviation() {
    let data = Data::Ring { modes: 8, radius: 2.0, std: 0.05 };
    let modes = Source::open(&data).expect("a ring").modes();
    assert_eq!(modes.len(), 8);
    assert_eq!((modes[0].mean.as_slice(), modes[0].std), ([2.0, 0.0].as_slice(), 0.05));
    for m in &modes {
        near(m.mean[0].hypot(m.mean[1]), 2.0, 1e-12);
    }
    let points = points(&data, 80_000);
    for share in shares(&points, &modes) {
        near(share, 0.125, 0.006);
    }
    // The first mode lies on the x axis: both deviations are the Gaussian's own.
    let first: Vec<_> = points.iter().filter(|p| p[0] > 1.7 && p[1].abs() < 0.5).collect();
    near(mean(first.iter().map(|p| p[0])), 2.0, 0.002);
    near(deviation(first.iter().map(|p| p[0])), 0.05, 0.0015);
    near(deviation(first.iter().map(|p| p[1])), 0.05, 0.0015);
}

#[test]
fn a_grid_is_centred() {
    for (side, far) in [(5, 4.0), (2, 1.0)] {
        let data = Data::Grid { side, spacing: 2.0, std: 0.05 };
        let modes = Source::open(&data).expect("a grid").modes();
        assert_eq!(modes.len(), side * side);
        for axis in 0..2 {
            let at = modes.iter().map(|m| m.mean[axis]);
            assert_eq!((at.clone().fold(f64::MAX, f64::min), at.fold(f64::MIN, f64::max)), (-far, far));
        }
        let expected = 1.0 / modes.len() as f64;
        for share in shares(&points(&data, 50_000), &modes) {
            near(share, expected, 0.01);
        }
    }
}

#[test]
fn a_mixture_has_its_weights_means_and_deviations() {
    // The univariate experiment of the f-GAN paper; weights that do not sum to 1.
    let component = |weight, mean, std| Component { weight, mean: vec![mean], std };
    let data = Data::Mixture { components: vec![component(33.0, -1.0, 0.25), component(67.0, 2.0, 2f64.sqrt())] };
    let source = Source::open(&data).expect("a mixture");
    assert_eq!(source.shape(), SampleShape::Point { dims: 1 });
    let values: Vec<f64> = draw(&data, 200_000, 3).into_iter().map(f64::from).collect();
    let m = -0.33 + 0.67 * 2.0;
    let variance = 0.33 * (0.0625 + 1.0) + 0.67 * (2.0 + 4.0) - m * m;
    near(mean(values.iter().copied()), m, 0.02);
    near(deviation(values.iter().copied()), variance.sqrt(), 0.02);

    let component = |weight, mean: [f64; 2], std| Component { weight, mean: mean.to_vec(), std };
    let components =
        vec![component(0.2, [-5.0, 1.0], 0.1), component(0.0, [0.0, 0.0], 0.1), component(0.6, [5.0, -1.0], 0.3)];
    let data = Data::Mixture { components };
    let points = points(&data, 100_000);
    let share = shares(&points, &Source::open(&data).expect("a mixture").modes());
    near(share[0], 0.25, 0.006);
    assert_eq!(share[1], 0.0, "a component of weight 0 is never drawn");
    let right = points.iter().filter(|p| p[0] > 0.0);
    near(mean(right.clone().map(|p| p[1])), -1.0, 0.005);
    near(deviation(right.map(|p| p[1])), 0.3, 0.005);
}

#[test]
fn a_swiss_roll_lies_on_its_spiral() {
    let noiseless = points(&Data::SwissRoll { noise: 0.0 }, 20_000);
    for p in &noiseless {
        let t = 7.5 * p[0].hypot(p[1]);
        assert!(t > 1.5 * PI - 1e-3 && t < 4.5 * PI + 1e-3, "t = {t}");
        near(p[0], t * t.cos() / 7.5, 1e-4);
        near(p[1], t * t.sin() / 7.5, 1e-4);
    }
    // t is uniform on [1.5π, 4.5π].
    near(mean(noiseless.iter().map(|p| 7.5 * p[0].hypot(p[1]))), 3.0 * PI, 0.06);
    let noisy = points(&Data::SwissRoll { noise: 0.25 }, 20_000);
    // Draws of one state differ only by the noise in the first point.
    assert!(noisy[0] != noiseless[0] && (noisy[0][0] - noiseless[0][0]).abs() < 1.25 / 7.5);
    let off = noisy.iter().map(|p| 7.5 * p[0].hypot(p[1])).filter(|t| *t < 1.5 * PI || *t > 4.5 * PI).count();
    assert!((100..2_000).contains(&off), "{off} of 20000 points left the spiral's radii by noise");
}

#[test]
fn moons_are_two_half_circles() {
    let points = points(&Data::Moons { noise: 0.0 }, 20_000);
    let (mut upper, mut lower) = (0, 0);
    for p in &points {
        if (p[0].hypot(p[1]) - 1.0).abs() < 1e-5 && p[1] > -1e-6 {
            upper += 1;
        } else {
            near((p[0] - 1.0).hypot(p[1] - 0.5), 1.0, 1e-5);
            assert!(p[1] < 0.5 + 1e-6);
            lower += 1;
        }
    }
    near(upper as f64 / 20_000.0, 0.5, 0.015);
    assert_eq!(upper + lower, 20_000);
    near(mean(points.iter().map(|p| p[0])), 0.5, 0.02);
    near(mean(points.iter().map(|p| p[1])), 0.25, 0.02);
}

#[test]
fn a_checkerboard_fills_its_dark_fields_evenly() {
    let mut fields = [[0u32; 4]; 4];
    for [x, y] in points(&Data::Checkerboard, 80_000) {
        assert!((-4.0..4.0).contains(&x) && (-4.0..4.0).contains(&y), "({x}, {y})");
        let field = |v: f64| ((v + 4.0) / 2.0).floor() as usize;
        fields[field(y)][field(x)] += 1;
    }
    for (row, fields) in fields.iter().enumerate() {
        for (column, &count) in fields.iter().enumerate() {
            if (row + column) % 2 == 0 {
                near(f64::from(count), 10_000.0, 450.0);
            } else {
                assert_eq!(count, 0, "field {row}, {column} is light");
            }
        }
    }
}

#[test]
fn a_line_stands_at_theta() {
    let points = points(&Data::Lines { theta: 0.75 }, 20_000);
    assert!(points.iter().all(|p| p[0] == 0.75 && (0.0..1.0).contains(&p[1])));
    near(mean(points.iter().map(|p| p[1])), 0.5, 0.01);
    near(deviation(points.iter().map(|p| p[1])), (1.0f64 / 12.0).sqrt(), 0.01);
}

#[test]
fn only_mixtures_have_modes() {
    for data in
        [Data::SwissRoll { noise: 0.1 }, Data::Moons { noise: 0.1 }, Data::Checkerboard, Data::Lines { theta: 0.0 }]
    {
        let source = Source::open(&data).expect("a curve");
        assert_eq!(source.modes(), []);
        assert_eq!(source.shape(), SampleShape::Point { dims: 2 });
    }
}

#[test]
fn what_is_no_mixture_is_refused_with_a_reason() {
    let component = |weight, mean: &[f64], std| Component { weight, mean: mean.to_vec(), std };
    let mixture = |components: &[Component]| Data::Mixture { components: components.to_vec() };
    let good = component(1.0, &[0.0], 1.0);
    let cases = [
        (mixture(&[]), "no Gaussians"),
        (Data::Ring { modes: 0, radius: 1.0, std: 0.1 }, "no Gaussians"),
        (Data::Grid { side: usize::MAX, spacing: 1.0, std: 0.1 }, "too many"),
        (Data::Ring { modes: 8, radius: 1.0, std: f64::NAN }, "component 1"),
        (mixture(&[component(1.0, &[], 1.0)]), "mean of 0 numbers"),
        (mixture(&[good.clone(), component(1.0, &[0.0, 0.0], 1.0)]), "component 2 has a mean of 2 numbers"),
        (mixture(&[good.clone(), component(1.0, &[1e300], 1.0)]), "component 2"),
        (mixture(&[component(0.0, &[0.0], 1.0)]), "weights"),
        (mixture(&[good.clone(), component(-1.0, &[0.0], 1.0)]), "weights"),
        (mixture(&[good, component(f64::INFINITY, &[0.0], 1.0)]), "weights"),
    ];
    for (data, expected) in cases {
        let error = Source::open(&data).expect_err("no mixture").to_string();
        assert!(error.starts_with("data: ") && error.contains(expected), "{error}");
    }
}

fn any_data() -> impl Strategy<Value = Data> {
    let component =
        |dims| {
            (0.1..5.0, proptest::collection::vec(-50.0..50.0, dims), 0.0..3.0)
                .prop_map(|(weight, mean, std)| Component { weight, mean, std })
        };
    let mixture = (1usize..=2).prop_flat_map(move |dims| proptest::collection::vec(component(dims), 1..6));
    prop_oneof![
        (1usize..30, 0.0..10.0, 0.0..1.0).prop_map(|(modes, radius, std)| Data::Ring { modes, radius, std }),
        (1usize..8, 0.0..10.0, 0.0..1.0).prop_map(|(side, spacing, std)| Data::Grid { side, spacing, std }),
        (0.0..1.0).prop_map(|noise| Data::SwissRoll { noise }),
        (0.0..1.0).prop_map(|noise| Data::Moons { noise }),
        Just(Data::Checkerboard),
        (-3.0..3.0).prop_map(|theta| Data::Lines { theta }),
        mixture.prop_map(|components| Data::Mixture { components }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn samples_are_finite_and_follow_from_the_random_state(data in any_data(), seed: u64) {
        let samples = draw(&data, 64, seed);
        prop_assert!(samples.iter().all(|v| v.is_finite()));
        prop_assert_eq!(&samples, &draw(&data, 64, seed));
        // One batch of 64 is the same as two of 32 from the same state.
        let source = Source::open(&data).expect("a source");
        let mut rng = Rng::seed_from_u64(seed);
        let mut halves = vec![0.0; samples.len()];
        for half in halves.chunks_mut(samples.len() / 2) {
            source.fill(&mut rng, half).expect("samples");
        }
        prop_assert_eq!(samples, halves);
    }
}
