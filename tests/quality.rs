//! The figures of quality against independent implementations, and what they say of sets that anybody can judge.

use std::cell::Cell;
use std::ops::ControlFlow;

use gantop::domain::seed::{self, Rng, Stream};
use gantop::theory::quality::classes::{self, Classes};
use gantop::theory::quality::gaussian::Gaussian;
use gantop::theory::quality::{Error, Features, frechet, kernel, neighbours, unwatched};

/// What NumPy, SciPy and prdc make of the pairs; `reference.py` beside it says how.
const REFERENCE: &str = include_str!("quality/reference.csv");

/// A set of features: seed, number, shift, scale, and how many of them differ.
struct Set(u64, usize, f64, f64, usize);

const MANY: usize = 1 << 30;
/// The pairs of `reference.py`.
const PAIRS: [(&str, Set, Set, usize); 8] = [
    ("equal", Set(1, 200, 0.0, 1.0, MANY), Set(1, 200, 0.0, 1.0, MANY), 8),
    ("alike", Set(2, 300, 0.0, 1.0, MANY), Set(3, 250, 0.0, 1.0, MANY), 16),
    ("near", Set(4, 300, 0.0, 1.0, MANY), Set(5, 300, 0.1, 0.8, MANY), 12),
    ("disjoint", Set(6, 200, 0.0, 1.0, MANY), Set(7, 200, 50.0, 1.0, MANY), 8),
    ("few", Set(8, 20, 0.0, 1.0, MANY), Set(9, 30, 0.2, 1.0, MANY), 64),
    ("collapsed", Set(10, 200, 0.0, 1.0, MANY), Set(11, 200, 0.0, 1.0, 6), 5),
    ("far from 0", Set(12, 150, 1000.0, 1.0, MANY), Set(13, 150, 1000.0, 1.5, MANY), 10),
    ("numbers", Set(14, 100, 0.0, 1.0, MANY), Set(15, 80, 0.3, 1.0, MANY), 1),
];

/// SplitMix64 as numbers in [0, 1).
struct Uniform(u64);

impl Uniform {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 * 2f64.powi(-53)
    }
}

impl Set {
    fn features(&self, dims: usize) -> Features {
        let &Set(seed, n, shift, scale, distinct) = self;
        let mut numbers = Uniform(seed);
        let rows: Vec<Vec<f32>> = (0..n.min(distinct))
            .map(|_| {
                let mut last = 0.0;
                let feature = |_| {
                    last = numbers.next() + 0.5 * last;
                    (shift + scale * last) as f32
                };
                (0..dims).map(feature).collect()
            })
            .collect();
        Features::new((0..n).flat_map(|i| rows[i % distinct].clone()).collect(), dims).unwrap()
    }
}

fn rng() -> Rng {
    seed::rng(1, Stream::Distance, 0)
}

fn frechet_of(real: &Features, generated: &Features) -> f64 {
    frechet::distance(&Gaussian::of(real), &Gaussian::of(generated), &mut unwatched).unwrap().value
}

fn near(real: &Features, generated: &Features) -> neighbours::Neighbours {
    let nearest = [neighbours::NEAREST, neighbours::NEAREST_COVERED];
    neighbours::compare(real, generated, nearest, &mut unwatched).unwrap()
}

fn discrepancy(real: &Features, generated: &Features) -> f64 {
    kernel::discrepancy(real, generated).unwrap()
}

#[test]
fn figures_are_those_of_numpy_scipy_and_prdc() {
    let mut lines = REFERENCE.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').skip(1).collect();
    assert_eq!(lines.clone().count(), PAIRS.len());
    for ((name, real, generated, dims), line) in PAIRS.iter().zip(lines) {
        let (told, numbers) = line.split_once(',').unwrap();
        assert_eq!(told, *name);
        let expected: Vec<f64> = numbers.split(',').map(|number| number.parse().unwrap()).collect();
        let (x, y) = (real.features(*dims), generated.features(*dims));
        let counts = |set: &Features| Classes::of(set.values(), *dims, classes::SPLITS).unwrap();
        let (said, near) = (counts(&y), near(&x, &y));
        let data: Vec<u64> = counts(&x).counts.iter().map(|count| count + 1).collect();
        let got = [
            frechet_of(&x, &y),
            discrepancy(&x, &y),
            near.precision,
            near.recall,
            near.density,
            near.coverage,
            said.score,
            said.score_deviation,
            said.covered() as f64,
            said.entropy(),
            said.divergence(&data),
        ];
        for ((figure, got), expected) in names.iter().zip(got).zip(expected) {
            // What is 0 but for rounding is so relative to 1.
            let close = (got - expected).abs() <= 1e-6 * expected.abs().max(1e-6);
            assert!(close, "{name}: {figure} is {got}, not {expected}");
        }
    }
}

#[test]
fn equal_sets_are_at_no_distance_whatever_their_order() {
    let set = Set(1, 700, 3.0, 1.0, MANY).features(8);
    assert_eq!(frechet_of(&set, &set), 0.0);
    let reversed: Vec<f32> = (0..set.len()).rev().flat_map(|i| set.row(i).to_vec()).collect();
    assert!(frechet_of(&set, &Features::new(reversed, 8).unwrap()) < 1e-9);
    let same = near(&set, &set);
    assert_eq!((same.precision, same.recall, same.coverage), (1.0, 1.0, 1.0));
    assert!((same.density - 1.0).abs() < 1e-12, "{same:?}");
}

#[test]
fn moments_are_the_same_by_any_batches_and_from_what_was_kept() {
    let set = Set(3, 1500, 1e4, 1.0, MANY).features(6);
    let whole = Gaussian::of(&set);
    let mut parts = Gaussian::new(6);
    for rows in [0..1, 1..640, 640..1500] {
        let rows: Vec<f32> = rows.flat_map(|i| set.row(i).to_vec()).collect();
        parts.add(&Features::new(rows, 6).unwrap());
    }
    assert_eq!((parts.count(), parts.dims()), (1500, 6));
    let covariance = |of: &Gaussian| -> Vec<f64> {
        let matrix = of.covariance().unwrap();
        (0..36).map(|at| matrix[(at / 6, at % 6)]).collect()
    };
    let (one, other) = (covariance(&whole), covariance(&parts));
    assert!(one.iter().zip(&other).all(|(a, b)| (a - b).abs() < 1e-9), "{one:?} {other:?}");
    let kept = Gaussian::kept(1500, whole.mean().to_vec(), &one).unwrap();
    assert!(frechet::distance(&kept, &whole, &mut unwatched).unwrap().value < 1e-9);
    assert!(Gaussian::kept(1500, whole.mean().to_vec(), &one[1..]).is_none());
}

#[test]
fn figures_point_where_samples_get_better_and_worse() {
    let data = Set(1, 600, 0.0, 1.0, MANY).features(4);
    let like = Set(2, 600, 0.0, 1.0, MANY).features(4);
    let off = Set(3, 600, 0.5, 1.0, MANY).features(4);
    let few = Set(4, 600, 0.0, 1.0, 3).features(4);
    for worse in [&off, &few] {
        assert!(frechet_of(&data, worse) > 10.0 * frechet_of(&data, &like));
        assert!(discrepancy(&data, worse) > 10.0 * discrepancy(&data, &like).abs());
        let (good, bad) = (near(&data, &like), near(&data, worse));
        assert!(bad.recall < good.recall && bad.coverage < good.coverage, "{good:?} {bad:?}");
    }
    // Three points may be good ones; they cover next to nothing.
    let collapsed = near(&data, &few);
    assert!(collapsed.coverage < 0.1 && collapsed.recall < 0.1, "{collapsed:?}");
    // Without bias: of the same law it is as often below 0, within its deviation over subsets.
    let found = kernel::distance(&data, &like, (50, 200), &mut rng(), &mut unwatched).unwrap();
    let all = kernel::distance(&data, &like, (50, 1000), &mut rng(), &mut unwatched).unwrap();
    assert!((all.mean - discrepancy(&data, &like)).abs() < 1e-12 && (all.size, all.deviation) == (600, 0.0));
    assert!(found.size == 200 && found.deviation > 0.0 && found.mean.abs() < 2.0 * found.deviation, "{found:?}");
}

#[test]
fn what_few_samples_cannot_say_is_refused_or_said() {
    let few = Set(8, 5, 0.0, 1.0, MANY).features(8);
    let found = frechet::distance(&Gaussian::of(&few), &Gaussian::of(&few), &mut unwatched).unwrap();
    assert!(found.is_singular && found.value == 0.0);
    let one = few.first(1);
    let error = frechet::distance(&Gaussian::of(&one), &Gaussian::of(&few), &mut unwatched).unwrap_err();
    assert_eq!(error.to_string(), "the Fréchet distance needs at least 2 samples of each kind; there are 1");
    let nearest = [neighbours::NEAREST, neighbours::NEAREST_COVERED];
    let error = neighbours::compare(&few, &few, nearest, &mut unwatched).unwrap_err();
    assert_eq!(error, Error::Few { figure: "neighbourhood", least: 6, samples: 5 });
    assert!(kernel::distance(&one, &few, (1, 10), &mut rng(), &mut unwatched).is_err());
    assert!(Classes::of(&[], 3, 10).is_err());
    let other = Set(8, 9, 0.0, 1.0, MANY).features(7);
    assert!(neighbours::compare(&few, &other, nearest, &mut unwatched).is_err());
    let error = Features::new(vec![0.0, 1.0, f32::NAN, 2.0], 2).unwrap_err();
    assert_eq!(error.to_string(), "feature 1 of sample 2 is NaN; every feature must be finite");
}

#[test]
fn work_is_broken_off_where_it_is_told_to_be() {
    let (x, y) = (Set(1, 1100, 0.0, 1.0, MANY).features(2), Set(2, 1100, 0.0, 1.0, MANY).features(2));
    let beats = Cell::new(0);
    let mut third = |done: f64| {
        assert!((0.0..=1.0).contains(&done));
        beats.set(beats.get() + 1);
        if beats.get() < 3 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    assert_eq!(neighbours::compare(&x, &y, [3, 5], &mut third), Err(Error::Cancelled));
    assert_eq!(beats.replace(0), 3);
    assert_eq!(kernel::distance(&x, &y, (9, 10), &mut rng(), &mut third), Err(Error::Cancelled));
    assert_eq!(beats.replace(0), 3);
    let moments = (Gaussian::of(&x), Gaussian::of(&y));
    assert_eq!(frechet::distance(&moments.0, &moments.1, &mut third), Err(Error::Cancelled));
}

#[test]
fn a_class_that_the_data_have_not_is_infinitely_far() {
    let said = Classes::of(&[0.0, 1.0, 0.0, 0.0, 0.0, 2.0], 3, 1).unwrap();
    assert_eq!((said.counts.as_slice(), said.covered()), (&[0, 1, 1][..], 2));
    assert!((said.entropy() - 2f64.ln()).abs() < 1e-12);
    assert_eq!(said.divergence(&[5, 5, 0]), f64::INFINITY);
    assert!((said.divergence(&[0, 1, 3]) - 0.5 * (4.0f64 / 3.0).ln()).abs() < 1e-12);
    // Sure of one class, of all alike, and unsure.
    let sure = |hot: [usize; 4]| {
        let logits: Vec<f32> = hot.iter().flat_map(|&k| (0..4).map(move |i| if i == k { 50.0 } else { 0.0 })).collect();
        Classes::of(&logits, 4, 1).unwrap().score
    };
    assert!((sure([0, 1, 2, 3]) - 4.0).abs() < 1e-9 && (sure([2; 4]) - 1.0).abs() < 1e-9);
    assert_eq!(Classes::of(&[0.5; 12], 4, 10).unwrap().score, 1.0);
}
