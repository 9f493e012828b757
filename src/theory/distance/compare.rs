//! All distances between two sets of samples of any size, with what each was taken from and how long it took.
//!
//! Where a distance of all samples would take too long it is that of a subsample, and says so.

use std::time::Instant;

use super::histogram::{Grid, Pair};
use super::{Error, Points, em, sliced};
use crate::domain::seed::{self, Rng, Stream};

/// The choices of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The seed of subsamples and directions.
    pub seed: u64,
    /// The most samples of each set between which the Earth Mover's distance is taken in more than one dimension. Its
    /// memory grows with the square, its time a little faster.
    pub em_limit: usize,
    /// The random directions of the sliced distance.
    pub directions: usize,
    /// Cells of the histograms along each edge; none: about 2 n^(1/(d+2)) for n samples of d dimensions in the smaller
    /// set, for d = 1 the Rice rule.
    pub cells: Option<usize>,
}

impl Default for Options {
    fn default() -> Options {
        Options { seed: 0, em_limit: 2048, directions: 128, cells: None }
    }
}

/// One distance.
#[derive(Clone, Debug, PartialEq)]
pub struct Distance {
    /// The name, in a word for machines.
    pub name: &'static str,
    /// The name for a person.
    pub label: &'static str,
    /// Its value: in the samples' own unit, or in nats, or from 0 to 1; may be infinite.
    pub value: f64,
    /// The samples of each set that it was taken from.
    pub samples: (usize, usize),
    /// The time it took. The divergences of the histograms are taken together and each is said to take it all.
    pub seconds: f64,
    /// The method by which it was taken.
    pub note: String,
}

/// The most distances along coordinates (samples × samples × dimensions) for the exact Earth Mover's distance: seconds.
const EM_WORK: usize = 1 << 32;
/// The most samples of each set for the sliced distance, and the most numbers in them: seconds for 128 directions.
const SLICED_SAMPLES: usize = 100_000;
const SLICED_NUMBERS: usize = 1 << 23;
/// The most dimensions whose cells are counted together; of more, each is looked at alone.
const JOINT_DIMS: usize = 2;
/// The most cells along an edge that are chosen without asking.
const MOST_CELLS: f64 = 1024.0;

/// Every distance between `a` (P) and `b` (Q).
///
/// # Errors
/// Points of different spaces; distances beyond what `f64` holds; as many cells as no histogram gets.
pub fn compare(a: &Points, b: &Points, options: &Options) -> Result<Vec<Distance>, Error> {
    a.same_space(b)?;
    let mut distances = vec![earth_mover(a, b, options)?, sliced(a, b, options)?];
    distances.extend(divergences(a, b, options)?);
    Ok(distances)
}

fn earth_mover(a: &Points, b: &Points, options: &Options) -> Result<Distance, Error> {
    let start = Instant::now();
    let limit = match a.dims() {
        1 => usize::MAX,
        dims => options.em_limit.min((EM_WORK / dims).isqrt()),
    };
    let (x, y) = subsamples(a, b, limit, options.seed);
    let (value, how) = if a.dims() == 1 {
        (em::distance(&x, &y)?, "exact, by sorting".to_owned())
    } else {
        let solution = em::solve(&x, &y)?;
        let problem = if x.len() == y.len() { "assignment" } else { "transport" };
        // Below 0 a gap is rounding.
        (solution.value, format!("exact, by {problem}, duality gap {:.0e}", solution.gap().abs()))
    };
    let note = how + &subsampled((a, b), (&x, &y), options.seed);
    Ok(Distance {
        name: "em",
        label: "Earth Mover's",
        value,
        samples: (x.len(), y.len()),
        seconds: start.elapsed().as_secs_f64(),
        note,
    })
}

fn sliced(a: &Points, b: &Points, options: &Options) -> Result<Distance, Error> {
    let start = Instant::now();
    let (x, y) = subsamples(a, b, SLICED_SAMPLES.min(SLICED_NUMBERS / a.dims()), options.seed);
    let got = sliced::distance(&x, &y, options.directions, &mut rng(options.seed, Use::Directions))?;
    let how = match got.directions {
        1 if a.dims() == 1 => "in one dimension the same".to_owned(),
        1 => "1 direction".to_owned(),
        n => format!("{n} directions, standard error {:.1e}", got.error),
    };
    let note = how + &subsampled((a, b), (&x, &y), options.seed);
    Ok(Distance {
        name: "sliced",
        label: "sliced Wasserstein",
        value: got.value,
        samples: (x.len(), y.len()),
        seconds: start.elapsed().as_secs_f64(),
        note,
    })
}

/// The divergences of histograms: of the joint one for few dimensions, else the means over the coordinates' own.
fn divergences(a: &Points, b: &Points, options: &Options) -> Result<Vec<Distance>, Error> {
    let start = Instant::now();
    let dims = if a.dims() <= JOINT_DIMS { a.dims() } else { 1 };
    let smaller = a.len().min(b.len()) as f64;
    let rule = (2.0 * smaller.powf(1.0 / (dims as f64 + 2.0))).ceil().min(MOST_CELLS) as usize;
    let cells = options.cells.unwrap_or(rule);
    let (mut plain, mut smoothed) = (Mean::default(), Mean::default());
    let mut alone = (0, 0);
    let mut take = |a: &Points, b: &Points| -> Result<(), Error> {
        let grid = Grid::around(a, b, cells)?;
        let (p, q) = (grid.counts(a), grid.counts(b));
        alone.0 += p.iter().zip(&q).filter(|(p, q)| **p > 0.0 && **q == 0.0).count();
        alone.1 += p.iter().zip(&q).filter(|(p, q)| **p == 0.0 && **q > 0.0).count();
        let half_more = |counts: &[f64]| counts.iter().map(|count| count + 0.5).collect::<Vec<f64>>();
        smoothed.add(&half_more(&p), &half_more(&q));
        plain.add(&p, &q);
        Ok(())
    };
    if a.dims() <= JOINT_DIMS {
        take(a, b)?;
    } else {
        for k in 0..a.dims() {
            take(&a.coordinate(k), &b.coordinate(k))?;
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let over = match a.dims() {
        1 => format!("{cells} cells"),
        2 => format!("{cells} × {cells} cells"),
        dims => format!("mean over {dims} coordinates of {cells} cells"),
    };
    let infinite = |value: f64, smoothed: f64, alone: usize, whose: &str| {
        let reason = format!(": {alone} hold samples of {whose} alone; with ½ added to every count {smoothed:.4}");
        if value.is_finite() { over.clone() } else { over.clone() + &reason }
    };
    let [kl, reverse, jsd, tv] = plain.values();
    let [smooth_kl, smooth_reverse, ..] = smoothed.values();
    let row = |name, label, value, note| Distance { name, label, value, samples: (a.len(), b.len()), seconds, note };
    Ok(vec![
        row("jsd", "Jensen–Shannon (JSD)", jsd, over.clone()),
        row("kl", "KL(A‖B)", kl, infinite(kl, smooth_kl, alone.0, "A")),
        row("reverse-kl", "KL(B‖A)", reverse, infinite(reverse, smooth_reverse, alone.1, "B")),
        row("tv", "total variation", tv, over.clone()),
    ])
}

/// Means of the four divergences: KL, reverse KL, JSD, total variation.
#[derive(Default)]
struct Mean {
    sums: [f64; 4],
    count: usize,
}

impl Mean {
    fn add(&mut self, p: &[f64], q: &[f64]) {
        // Counts of at least one point over the same cells always make a pair.
        if let Ok(pair) = Pair::new(p, q) {
            let values = [pair.kl(), pair.reverse_kl(), pair.jsd(), pair.total_variation()];
            self.sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
            self.count += 1;
        }
    }

    fn values(&self) -> [f64; 4] {
        self.sums.map(|sum| sum / self.count as f64)
    }
}

/// The purposes of random numbers.
#[derive(Clone, Copy)]
enum Use {
    First = 1,
    Second = 2,
    Directions = 3,
}

fn rng(seed: u64, what: Use) -> Rng {
    seed::rng(seed, Stream::Distance, what as u64)
}

/// Independent ones, so that samples that happen to correspond by their places are not compared in pairs.
fn subsamples(a: &Points, b: &Points, limit: usize, seed: u64) -> (Points, Points) {
    (a.subsample(limit, &mut rng(seed, Use::First)), b.subsample(limit, &mut rng(seed, Use::Second)))
}

fn subsampled(all: (&Points, &Points), used: (&Points, &Points), seed: u64) -> String {
    if all.0.len() == used.0.len() && all.1.len() == used.1.len() {
        return String::new();
    }
    format!("; of a random subsample, seed {seed}")
}

#[cfg(test)]
mod tests {
    use rand::Rng as _;

    use super::*;

    fn cloud(seed: u64, n: usize, dims: usize) -> Points {
        let mut rng = seed::rng(seed, Stream::Data, 0);
        Points::new((0..n * dims).map(|_| rng.r#gen::<f64>()).collect(), dims).unwrap()
    }

    fn named<'a>(distances: &'a [Distance], name: &str) -> &'a Distance {
        distances.iter().find(|distance| distance.name == name).unwrap()
    }

    #[test]
    fn a_set_is_at_no_distance_from_itself() {
        for dims in [1, 2, 5] {
            let a = cloud(1, 60, dims);
            for distance in compare(&a, &a, &Options::default()).unwrap() {
                assert!((0.0..1e-12).contains(&distance.value), "{dims}: {distance:?}");
                assert_eq!(distance.samples, (60, 60));
            }
        }
    }

    #[test]
    fn large_sets_are_subsampled_by_the_seed_and_say_so() {
        let (a, b) = (cloud(1, 300, 2), cloud(2, 40, 2));
        let with = |seed| compare(&a, &b, &Options { seed, em_limit: 100, ..Options::default() }).unwrap();
        let (one, again, other) = (with(1), with(1), with(2));
        let em = named(&one, "em");
        assert_eq!(em.samples, (100, 40));
        assert!(em.note.starts_with("exact, by transport") && em.note.ends_with("; of a random subsample, seed 1"));
        assert_eq!(named(&again, "em").value, em.value);
        assert_ne!(named(&other, "em").value, em.value);
        assert_eq!(named(&one, "jsd").samples, (300, 40));
        let all = compare(&a, &b, &Options::default()).unwrap();
        assert!(!named(&all, "em").note.contains("subsample"), "{all:?}");
        assert!(named(&all, "sliced").value < named(&all, "em").value);
    }

    #[test]
    fn numbers_are_sorted_however_many() {
        let a = cloud(1, 5000, 1);
        let b = Points::new(a.values().iter().map(|x| x + 2.0).collect(), 1).unwrap();
        let got = compare(&a, &b, &Options::default()).unwrap();
        for name in ["em", "sliced"] {
            let distance = named(&got, name);
            assert!((distance.value - 2.0).abs() < 1e-12 && distance.samples == (5000, 5000), "{distance:?}");
        }
        // Nothing in common.
        assert!((named(&got, "jsd").value - 2f64.ln()).abs() < 1e-12);
        assert!((named(&got, "tv").value - 1.0).abs() < 1e-12);
        let kl = named(&got, "kl");
        assert!(kl.value.is_infinite() && kl.note.contains("samples of A alone; with ½ added"), "{kl:?}");
    }

    #[test]
    fn what_cannot_be_compared_is_an_error() {
        assert_eq!(
            compare(&cloud(1, 3, 2), &cloud(1, 3, 1), &Options::default()),
            Err(Error::Dims { first: 2, second: 1 })
        );
        let many = Options { cells: Some(1 << 13), ..Options::default() };
        assert_eq!(compare(&cloud(1, 3, 2), &cloud(1, 3, 2), &many), Err(Error::Cells { cells: 1 << 13, dims: 2 }));
    }
}
