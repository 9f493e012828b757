//! Why the Earth Mover's distance: supports that do not meet (Arjovsky, Chintala, Bottou 2017, arXiv:1701.07875,
//! example 1), measured from samples, and two Gaussians at growing distance, measured by trained critics.

use super::course::Course;
use super::fgan::Mixture;
use super::table::{Cell, Table};
use super::{Broken, Error, Mean, Options, Outcome, SEED, Watcher, config, pool};
use crate::config::Data;
use crate::domain::Metric;
use crate::domain::seed::{self, Stream};
use crate::link::{Change, Player};
use crate::theory::distance::histogram::{Grid, Pair};
use crate::theory::distance::modes::Mode;
use crate::theory::distance::{Points, em};
use crate::theory::objective;
use crate::train::data::Source;

pub const NAME: &str = "disjoint";
pub const ABOUT: &str =
    "EM and JS as functions of the distance θ between two laws: exact, of samples, by trained critics";

/// The place of the second segment.
const SEGMENTS: [f64; 6] = [0.0, 0.25, 0.5, 1.0, 2.0, 4.0];
/// Samples of each for the exact Earth Mover's distance in the plane, and for a histogram.
const PLANE: usize = 512;
const BINNED: usize = 100_000;
/// Cells of the histogram along each axis.
const CELLS: usize = 32;
/// The mean of the second Gaussian.
const GAUSSIANS: [f64; 6] = [0.5, 1.0, 2.0, 4.0, 8.0, 10.0];
/// Samples of each for the Earth Mover's distance on the line.
const LINE: usize = 200_000;
/// The tolerance of a measured value to the exact one, relatively.
const NEAR: f64 = 0.02;
/// The steps of each run.
const STEPS: u64 = 4000;
const FEWEST: u64 = 8;
/// In quarters of the run: when the critic's learning rate falls, and to which share of the config's. The bound is
/// averaged from the last fall on.
const FALLS: [(u64, f64); 2] = [(1, 0.25), (2, 0.05)];
/// A learning rate that moves no weight: the generator stays N(0, 1).
const STILL: f64 = 1e-12;
/// The experiment's clip range.
const CLIP: f64 = 0.1;

/// Runs the experiment.
///
/// # Errors
/// An option that does not fit; a run that failed or was told to stop.
pub fn run(options: &Options, watcher: &dyn Watcher) -> Result<Outcome, Error> {
    let unfit = |option, why| Err(Error::Unfit { experiment: NAME, option, why });
    if options.seeds.is_some() {
        return unfit("--seeds", "each row is one run; choose it with --seed");
    }
    if options.full {
        return unfit("--full", "there is one size");
    }
    if !options.objectives.is_empty() {
        return unfit("--objectives", "it compares wgan with js");
    }
    let (seed, steps) = (options.seed.unwrap_or(SEED), options.steps.unwrap_or(STEPS));
    if steps < FEWEST {
        return Err(Error::Short { experiment: NAME, least: FEWEST });
    }
    let mut missed = Vec::new();
    watcher.expect(steps * 2 * GAUSSIANS.len() as u64);
    let segments = segments(seed, watcher, &mut missed)?;
    let gaussians = gaussians(options.jobs, seed, steps, watcher, &mut missed)?;
    // Shortened, the critics are not held to it.
    let missed = if options.steps.is_none() { missed } else { Vec::new() };
    Ok(Outcome { tables: vec![segments, gaussians], missed })
}

/// Samples of `data`, the `which`-th draw of the experiment.
fn samples(data: &Data, n: usize, seed: u64, which: u64) -> Result<Points, Broken> {
    let failed = |error: &dyn std::fmt::Display| Broken::Failed(error.to_string());
    let source = Source::open(data).map_err(|error| failed(&error))?;
    let dims = source.shape().len();
    let mut values = vec![0f32; n * dims];
    source.fill(&mut seed::rng(seed, Stream::Distance, which), &mut values).map_err(|error| failed(&error))?;
    Points::from_f32(&values, dims).map_err(|error| failed(&error))
}

/// Whether `value` is `exact` but for [`NEAR`].
fn near(value: f64, exact: f64) -> bool {
    (value - exact).abs() <= NEAR * exact.abs()
}

fn segments(seed: u64, watcher: &dyn Watcher, missed: &mut Vec<String>) -> Result<Table, Broken> {
    let failed = |error: &dyn std::fmt::Display| Broken::Failed(error.to_string());
    let mut rows = Vec::new();
    for theta in SEGMENTS {
        if watcher.stopped() {
            return Err(Broken::Stopped);
        }
        let pair = |n| -> Result<(Points, Points), Broken> {
            let at = |theta, which| samples(&Data::Lines { theta }, n, seed, which);
            Ok((at(theta, 1)?, at(0.0, 2)?))
        };
        let (p, q) = pair(PLANE)?;
        let em = em::distance(&p, &q).map_err(|error| failed(&error))?;
        let (p, q) = pair(BINNED)?;
        let grid = Grid::around(&p, &q, CELLS).map_err(|error| failed(&error))?;
        let binned = Pair::new(&grid.counts(&p), &grid.counts(&q)).map_err(|error| failed(&error))?;
        let exact = if theta == 0.0 { 0.0 } else { std::f64::consts::LN_2 };
        let holds = near(em, theta) && near(binned.jsd(), exact);
        if theta != 0.0 && !holds {
            missed.push(format!("segments at θ = {theta}: not within {} %", 100.0 * NEAR));
        }
        rows.push(vec![
            Cell::text(theta.to_string()),
            Cell::Number(theta, 4),
            Cell::Number(em, 4),
            Cell::Number(exact, 4),
            Cell::Number(binned.jsd(), 4),
            Cell::Number(if theta == 0.0 { 0.0 } else { 1.0 }, 0),
            Cell::Number(binned.total_variation(), 4),
            if theta == 0.0 { Cell::Nothing } else { Cell::verdict(holds) },
        ]);
    }
    let head = ["θ", "EM exact", "of samples", "JSD exact", "of samples", "TV exact", "of samples", "within 2 %"];
    let caption = format!(
        "(θ, Z) against (0, Z), Z uniform on [0, 1]: EM = |θ|, while JSD is log 2 = 0.6931 and TV is 1 wherever θ ≠ 0, and \
         KL is infinite. EM of {PLANE} samples of each by the network simplex, JSD and TV of {BINNED} samples of each in a \
         histogram of {CELLS} × {CELLS} cells, seed {seed}."
    );
    let notes = vec![
        "At θ = 0 the samples of one law are still apart: that is their noise, and no percentage of 0.".to_owned(),
    ];
    Ok(Table { title: "Two segments".into(), caption, head: head.map(str::to_owned).into(), rows, notes })
}

/// The distance of N(θ, 1) from N(0, 1) that a trained critic gives.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Trained {
    /// Half of the JS bound.
    Jsd(f64),
    /// The bound over the critic's slope, where that was measured.
    Em(Option<f64>),
}

fn gaussians(
    threads: usize,
    seed: u64,
    steps: u64,
    watcher: &dyn Watcher,
    missed: &mut Vec<String>,
) -> Result<Table, Broken> {
    let jobs: Vec<(f64, &str)> = GAUSSIANS.iter().flat_map(|&theta| [(theta, "js"), (theta, "wgan")]).collect();
    let trained = pool::all(threads, &jobs, |&(theta, kind)| {
        train(theta, kind, seed, steps, watcher).map_err(|broken| broken.of(&format!("{kind} at θ = {theta}")))
    })?;
    let js = objective::find("js").and_then(|js| js.divergence()).ok_or_else(Broken::gone)?;
    let mut rows = Vec::new();
    for (theta, pair) in GAUSSIANS.into_iter().zip(trained.chunks(2)) {
        if watcher.stopped() {
            return Err(Broken::Stopped);
        }
        let [Trained::Jsd(jsd), Trained::Em(slope)] = pair[..] else { return Err(Broken::gone()) };
        let exact = Mixture::new(vec![gaussian(theta)]).divergence(js, 0.0, 1.0) / 2.0;
        let at = |theta: f64, which| {
            let Mode { mean, std, weight } = gaussian(theta);
            let component = crate::config::Component { weight, mean, std };
            samples(&Data::Mixture { components: vec![component] }, LINE, seed, which)
        };
        let em =
            em::sorted::distance(&at(theta, 3)?, &at(0.0, 4)?).map_err(|error| Broken::Failed(error.to_string()))?;
        let holds = near(em, theta) && slope.is_none_or(|em| near(em, theta)) && near(jsd, exact);
        if !holds {
            missed.push(format!("Gaussians at θ = {theta}: not within {} %", 100.0 * NEAR));
        }
        rows.push(vec![
            Cell::text(theta.to_string()),
            Cell::Number(theta, 4),
            Cell::Number(em, 4),
            Cell::number(slope, 4),
            Cell::Number(exact, 6),
            Cell::Number(jsd, 6),
            Cell::verdict(holds),
        ]);
    }
    let head = ["θ", "EM exact", "of samples", "by a critic", "JSD exact", "by a critic", "within 2 %"];
    let caption = format!(
        "N(θ, 1) against N(0, 1), seed {seed}, {steps} steps a critic{}, the generator held still, batch 1,024. JSD: half of \
         the JS bound of a critic 1-64-64-1 with tanh, Adam at 0.002, {:.0} % of it from {:.0} % of the steps on, {:.0} % \
         from {:.0} % on. EM: the bound of a WGAN critic with clip range {CLIP} over its steepest slope; it is linear, as \
         the best critic between two laws that differ by a shift is (one with hidden layers of clipped weights is not \
         equally steep everywhere). Both bounds are averages over the last {:.0} % of the steps. EM of samples: {LINE} of \
         each, sorted. JSD exact: by quadrature.",
        if steps == STEPS { "" } else { " (shortened or lengthened: 2 % is for the default)" },
        100.0 * FALLS[0].1,
        25.0 * FALLS[0].0 as f64,
        100.0 * FALLS[1].1,
        25.0 * FALLS[1].0 as f64,
        100.0 - 25.0 * FALLS[1].0 as f64,
    );
    let notes = vec![
        "As the laws part, EM goes on telling how far apart they are; JSD stops at log 2 = 0.693147, and with it the slope \
         that a generator could follow."
            .to_owned(),
    ];
    Ok(Table { title: "Two Gaussians".into(), caption, head: head.map(str::to_owned).into(), rows, notes })
}

/// N(θ, 1).
fn gaussian(theta: f64) -> Mode {
    Mode { mean: vec![theta], std: 1.0, weight: 1.0 }
}

/// Trains a critic between N(θ, 1) and a generator that stays N(0, 1).
fn train(theta: f64, kind: &str, seed: u64, steps: u64, watcher: &dyn Watcher) -> Result<Trained, Broken> {
    let mut sets = vec![
        format!("seed={seed}"),
        "threads=1".into(),
        "device='cpu'".into(),
        format!("data.components=[{{weight=1.0, mean=[{theta:?}], std=1.0}}]"),
        format!("objective={{kind='{kind}', generator_loss='auto'}}"),
        format!("optimizer.generator={{kind='sgd', lr={STILL:e}}}"),
    ];
    if kind == "wgan" {
        sets.push("critic.hidden=[]".into());
        sets.push(format!("constraint={{kind='clip', clip={CLIP}}}"));
        sets.push("optimizer.critic={kind='rmsprop', lr=1e-3}".into());
    }
    let config = config(super::fgan::NAME, &sets)?;
    let rate = config.optimizer.critic.lr();
    let mut course = Course::start(config, watcher)?;
    let mut done = 0;
    for (at, share) in FALLS {
        let at = steps * at / 4;
        course.advance(at - done, |_| {})?;
        done = at;
        course.set(Change::Rate(Player::Critic, rate * share))?;
    }
    let mut bound = Mean::default();
    course.advance(steps - done, |record| bound.add(f64::from(record.values[Metric::Bound])))?;
    Ok(match kind {
        "wgan" => Trained::Em(course.snapshot(1000)?.slope.map(|slope| bound.value() / f64::from(slope))),
        _ => Trained::Jsd(bound.value() / 2.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_jsd_of_gaussians_is_that_of_a_computation_elsewhere() {
        let js = objective::find("js").unwrap().divergence().unwrap();
        let known = [0.0303113005, 0.1114214822, 0.3368308203, 0.6327201937, 0.6930536455, 0.6931463174];
        for (theta, known) in GAUSSIANS.into_iter().zip(known) {
            let jsd = Mixture::new(vec![gaussian(theta)]).divergence(js, 0.0, 1.0) / 2.0;
            assert!((jsd - known).abs() < 1e-9, "{theta} {jsd}");
        }
    }

    #[test]
    fn samples_of_segments_tell_their_distance_by_em_alone() {
        let mut missed = Vec::new();
        let table = segments(3, &(), &mut missed).unwrap();
        assert_eq!((table.rows.len(), missed.as_slice()), (SEGMENTS.len(), &[] as &[String]));
        let Cell::Number(noise, _) = table.rows[0][4] else { panic!("no number") };
        assert!((0.0..0.001).contains(&noise), "{noise}");
    }
}
