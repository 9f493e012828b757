//! Mode coverage: how many modes of a known mixture a set of samples reaches, and in what proportion.

use serde::{Deserialize, Serialize};

use super::histogram::Pair;

/// One Gaussian mode of the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mode {
    /// Its mean: one or two coordinates.
    pub mean: Vec<f64>,
    /// Its standard deviation, the same in every direction.
    pub std: f64,
    /// Its share of the data, at least 0, on any scale that all modes share.
    pub weight: f64,
}

/// The largest distance of a good sample from its mode, in standard deviations.
pub const GOOD_WITHIN: f64 = 3.0;

/// The modes that a set of samples reaches, and how well.
#[derive(Clone, Debug, PartialEq)]
pub struct Coverage {
    /// Modes with at least one good sample.
    pub covered: usize,
    /// Modes there are.
    pub modes: usize,
    /// Good samples, as a share of all, in [0, 1]; 0 when there are no samples. Samples of the mixture itself score
    /// [`ceiling`], not 100 %.
    pub good_share: f64,
    /// Good samples of each mode.
    pub counts: Vec<u64>,
}

/// The coverage of `modes` by `samples`, points of `dims` coordinates one after the other.
///
/// The measure of PacGAN (Lin, Khetan, Fanti, Oh 2018): a sample belongs to its nearest mode and is good when its
/// Euclidean distance from that mode's mean is at most three standard deviations; a mode is covered when at least one
/// good sample belongs to it. Where modes differ in deviation, which theirs do not, the nearest is the one the fewest
/// deviations away. A sample that is not finite is not good.
pub fn coverage(samples: &[f32], dims: usize, modes: &[Mode]) -> Coverage {
    let mut counts = vec![0; modes.len()];
    let mut total = 0u64;
    for sample in samples.chunks_exact(dims.max(1)) {
        total += 1;
        let nearest = modes
            .iter()
            .map(|mode| deviations_squared(sample, mode))
            .enumerate()
            .filter(|(_, d)| *d <= GOOD_WITHIN * GOOD_WITHIN)
            .min_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((mode, _)) = nearest {
            counts[mode] += 1;
        }
    }
    let good: u64 = counts.iter().sum();
    Coverage {
        covered: counts.iter().filter(|&&count| count > 0).count(),
        modes: modes.len(),
        good_share: if total == 0 { 0.0 } else { good as f64 / total as f64 },
        counts,
    }
}

/// The share of good samples that the mixture itself reaches where its modes are far apart: the probability that a
/// Gaussian of `dims` dimensions, at least one, lies within three deviations, 99.7 % in one and 98.9 % (1 − e^−4.5) in
/// two.
pub fn ceiling(dims: usize) -> f64 {
    // χ² with d degrees of freedom at x: P(d+2) = P(d) − (x/2)^(d/2) e^(−x/2) / Γ(d/2+1).
    let half = GOOD_WITHIN * GOOD_WITHIN / 2.0;
    let gamma_of_one_and_a_half = std::f64::consts::PI.sqrt() / 2.0;
    let (mut d, mut share, mut term) = match dims % 2 {
        // erf(3/√2) = P(1).
        1 => (1.0, 0.997_300_203_936_74, half.sqrt() * (-half).exp() / gamma_of_one_and_a_half),
        _ => (2.0, 1.0 - (-half).exp(), half * (-half).exp()),
    };
    while d < dims as f64 && share > 0.0 {
        share = (share - term).max(0.0);
        d += 2.0;
        term *= half / (d / 2.0);
    }
    share
}

/// The reverse Kullback–Leibler divergence KL(Q‖P) in nats, Q being how the good samples are spread over the modes and
/// P how the data are: 0 for a generator that weighs the modes as the data do, log(modes/covered) for one that covers
/// some of equal modes equally (VEEGAN, PacGAN). Infinite where samples reach a mode of weight 0.
///
/// `counts` are the good samples of each mode, [`Coverage::counts`]. Without any good sample there is none.
pub fn reverse_kl(counts: &[u64], modes: &[Mode]) -> Option<f64> {
    let counts: Vec<f64> = counts.iter().map(|&count| count as f64).collect();
    let weights: Vec<f64> = modes.iter().map(|mode| mode.weight).collect();
    Some(Pair::new(&weights, &counts).ok()?.reverse_kl())
}

/// The squared distance of a sample from a mode's mean over its variance; NaN for a sample that is not a number.
fn deviations_squared(sample: &[f32], mode: &Mode) -> f64 {
    let squared: f64 = sample.iter().zip(&mode.mean).map(|(&x, m)| (f64::from(x) - m).powi(2)).sum();
    // A mode without spread is reached by its mean alone.
    if squared == 0.0 { 0.0 } else { squared / mode.std.powi(2) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Component, Data};
    use crate::domain::seed::{self, Stream};
    use crate::train::data::Source;

    fn mode(mean: &[f64], std: f64) -> Mode {
        Mode { mean: mean.to_vec(), std, weight: 1.0 }
    }

    /// The coverage of the data's own modes by 100,000 of its own samples.
    fn of_itself(data: &Data) -> Coverage {
        let source = Source::open(data).expect("a mixture");
        let mut samples = vec![0.0; 100_000 * source.shape().len()];
        source.fill(&mut seed::rng(3, Stream::Data, 1), &mut samples).unwrap();
        coverage(&samples, source.shape().len(), &source.modes())
    }

    #[test]
    fn a_perfect_generator_in_the_plane_scores_98_9_percent() {
        let ring = of_itself(&Data::Ring { modes: 8, radius: 2.0, std: 0.05 });
        assert_eq!((ring.covered, ring.modes), (8, 8));
        let expected = 1.0 - (-4.5f64).exp();
        assert!((ring.good_share - expected).abs() < 0.0015, "{}", ring.good_share);
        assert!(ring.counts.iter().all(|&n| (11_900..12_800).contains(&n)), "{:?}", ring.counts);
        let grid = of_itself(&Data::Grid { side: 5, spacing: 2.0, std: 0.05 });
        assert_eq!((grid.covered, grid.modes), (25, 25));
        assert!((grid.good_share - expected).abs() < 0.0015, "{}", grid.good_share);
    }

    #[test]
    fn the_ceiling_is_the_chi_squared_distribution_at_9() {
        let known = [0.9973002039, 0.9888910035, 0.9707091131, 0.9389005191, 0.8909358421];
        for (dims, expected) in (1..).zip(known) {
            assert!((ceiling(dims) - expected).abs() < 1e-9, "{dims}: {}", ceiling(dims));
        }
        assert!((0.0..1e-6).contains(&ceiling(784)));
    }

    #[test]
    fn reverse_kl_tells_dropped_and_unequal_modes() {
        let modes =
            |weights: &[f64]| weights.iter().map(|&weight| Mode { weight, ..mode(&[0.0], 1.0) }).collect::<Vec<_>>();
        let equal = modes(&[2.0; 4]);
        assert_eq!(reverse_kl(&[25; 4], &equal), Some(0.0));
        assert!((reverse_kl(&[50, 50, 0, 0], &equal).unwrap() - 2f64.ln()).abs() < 1e-15);
        assert_eq!(reverse_kl(&[0; 4], &equal), None);
        let unequal = modes(&[0.33, 0.67]);
        assert!(reverse_kl(&[330, 670], &unequal).unwrap() < 1e-15);
        assert!(reverse_kl(&[500, 500], &unequal).unwrap() > 0.05);
        assert_eq!(reverse_kl(&[1, 1], &modes(&[1.0, 0.0])), Some(f64::INFINITY));
    }

    #[test]
    fn modes_of_unequal_deviation_are_measured_in_their_own() {
        // Much of the wide Gaussian lies nearer to the narrow one's mean, and is good all the same.
        let component = |weight, mean, std| Component { weight, mean: vec![mean], std };
        let components = vec![component(0.33, -1.0, 0.25), component(0.67, 2.0, 2f64.sqrt())];
        let data = Data::Mixture { components };
        let got = of_itself(&data);
        assert!(got.good_share > 0.997, "{}", got.good_share);
        let modes = Source::open(&data).unwrap().modes();
        assert!(reverse_kl(&got.counts, &modes).unwrap() < 1e-4);
    }

    #[test]
    fn one_good_sample_covers_a_mode_and_a_near_miss_does_not() {
        let modes = [mode(&[0.0, 0.0], 1.0), mode(&[10.0, 0.0], 1.0), mode(&[0.0, 10.0], 1.0)];
        // Good; 3σ exactly, diagonally beyond it; half way between two modes.
        let samples = [0.1, 0.1, 13.0, 0.0, 2.2, 9.0, 2.2, 7.8, 5.0, 0.0];
        let got = coverage(&samples, 2, &modes);
        assert_eq!(got, Coverage { covered: 3, modes: 3, good_share: 0.6, counts: vec![1, 1, 1] });
        let got = coverage(&samples[6..], 2, &modes);
        assert_eq!(got, Coverage { covered: 0, modes: 3, good_share: 0.0, counts: vec![0, 0, 0] });
    }

    #[test]
    fn samples_that_are_not_finite_are_not_good() {
        let modes = [mode(&[0.0, 0.0], 1.0)];
        let bad = [f32::NAN, 0.0, 0.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 0.0, 0.0];
        let got = coverage(&bad, 2, &modes);
        assert_eq!(got, Coverage { covered: 1, modes: 1, good_share: 0.25, counts: vec![1] });
    }

    #[test]
    fn nothing_covers_nothing() {
        let none = Coverage { covered: 0, modes: 0, good_share: 0.0, counts: vec![] };
        assert_eq!(coverage(&[1.0, 2.0], 2, &[]), none);
        let got = coverage(&[], 2, &[mode(&[0.0, 0.0], 0.0)]);
        assert_eq!(got, Coverage { covered: 0, modes: 1, good_share: 0.0, counts: vec![0] });
        // A mode without spread: its mean alone is good.
        let got = coverage(&[0.0, 0.0, 1e-9, 0.0], 2, &[mode(&[0.0, 0.0], 0.0)]);
        assert_eq!(got.good_share, 0.5);
    }
}
