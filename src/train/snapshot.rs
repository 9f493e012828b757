//! Snapshots: what the screen needs besides records, drawn from random numbers of their own, so that a look at the run
//! cannot disturb it.

use rand::Rng as _;
use tch::{Device, Kind, Tensor, no_grad};

use super::data::{Batch, Error};
use super::field;
use super::game::Game;
use super::model::{Network, Still};
use crate::domain::SampleShape;
use crate::domain::seed::{self, Rng, Stream};
use crate::link::{Histogram, Moments, PairedHistogram, RecordedSnapshot, Snapshot};

/// Bins of each histogram.
const BINS: usize = 64;
/// Samples of each kind that the recorder gets: points to fill a histogram, images to fill a sheet.
const RECORDED_POINTS: usize = 1000;
const RECORDED_IMAGES: usize = 64;
/// The slope is looked for at so many samples of each kind, and as many between them.
const SLOPES: usize = 256;
/// The same of images, each of which costs more.
const IMAGE_SLOPES: usize = 32;

/// A snapshot of the game after `step` completed steps, with `n` samples of each kind; `fixed`: of the same noise and
/// the same real samples at every step.
///
/// # Errors
/// The real samples cannot be read.
pub fn take(game: &Game<'_>, seed: u64, step: u64, n: usize, fixed: bool) -> Result<Snapshot, Error> {
    look(game, seed, step, n, fixed).map(|(snapshot, _)| snapshot)
}

/// The same, and the moments of its critic values on real and on generated samples.
fn look(game: &Game<'_>, seed: u64, step: u64, n: usize, fixed: bool) -> Result<(Snapshot, [Moments; 2]), Error> {
    let n = n.max(1);
    let source = game.source();
    let shape = source.shape();
    // As many pass at once as in training, at least; those beyond `n` are not shown.
    let pass = n.max(game.least_batch()).next_multiple_of(game.pack());
    let mut real = vec![0f32; pass * shape.len()];
    let mut labels = vec![0u16; if source.classes().is_some() { pass } else { 0 }];
    let mut rng = seed::rng(seed, Stream::Snapshot, if fixed { 0 } else { step });
    let asked = (!labels.is_empty()).then_some(&mut labels[..]);
    source.draw(&mut rng, &mut Batch { samples: &mut real, labels: asked })?;
    let real_samples = game.on_device(&real, pass);
    let noise = match fixed {
        // From a stream of its own: the first are the same however many there are.
        true => game.noise(&mut seed::rng(seed, Stream::FixedNoise, 0), pass),
        false => game.noise(&mut rng, pass),
    };
    let fake_samples = game.generate(&noise);
    let shown = |samples: &Tensor| to_host(&samples.narrow(0, 0, n as i64));
    let averaged = game.averaged().map(|generator| shown(&no_grad(|| generator.forward(&noise))));
    let scores = no_grad(|| game.scores(&real_samples, &fake_samples));
    let scored = (n / game.pack()).max(1) as i64;
    let [score_real, score_fake] = scores.map(|scores| to_host(&scores.narrow(0, 0, scored)));
    let still = game.still_critic(&real_samples, &fake_samples);
    let still = still.as_ref();
    let slope = still.and_then(|still| slope(game, still, &mut rng, &real_samples, &fake_samples));
    real.truncate(n * shape.len());
    labels.truncate(n);
    let fake = shown(&fake_samples);
    let values = match shape {
        SampleShape::Point { dims } => (0..dims)
            .map(|axis| {
                let coordinate = |samples: &[f32]| samples.iter().skip(axis).step_by(dims).copied().collect::<Vec<_>>();
                paired(axis_name(axis), &coordinate(&real), &coordinate(&fake))
            })
            .collect(),
        SampleShape::Image { channels, .. } => (0..channels)
            .map(|channel| {
                let name = if channels == 3 { ["red", "green", "blue"][channel] } else { "pixel" };
                let values =
                    |samples: &[f32]| samples.iter().skip(channel).step_by(channels).copied().collect::<Vec<_>>();
                paired(name, &values(&real), &values(&fake))
            })
            .collect(),
    };
    let objective = game.settings().objective.clone();
    let (row, head) = (game.objective(), objective.head);
    let critic_values = |scores: &[f32]| scores.iter().map(|&v| row.value(head, v.into()) as f32).collect::<Vec<_>>();
    let on_kinds = [critic_values(&score_real), critic_values(&score_fake)];
    let critic = paired("critic value", &on_kinds[0], &on_kinds[1]);
    let moments = on_kinds.map(Moments::of);
    let bound = mean(score_real.iter().map(|&v| row.value(head, v.into())))
        - mean(score_fake.iter().map(|&v| row.conjugate(head, v.into())));
    let ratio = || {
        let ratios: Option<Vec<f64>> = score_fake.iter().map(|&v| row.log_ratio(head, v.into())).collect();
        Some(mean(ratios?.into_iter().map(f64::exp)) as f32).filter(|ratio| ratio.is_finite())
    };
    let snapshot = Snapshot {
        step,
        shape,
        scores: [&score_real, &score_fake].map(|scores| mean(scores.iter().map(|&v| v.into())) as f32),
        bound: bound as f32,
        ratio: ratio(),
        slope,
        field: still.and_then(|still| field::of(game, still, seed, &fake)),
        wide: still.and_then(|still| field::wide(game, still, &fake)),
        law: game.law(),
        weights: None,
        objective,
        real,
        fake,
        averaged: averaged.unwrap_or_default(),
        fixed,
        classes: if labels.is_empty() { Vec::new() } else { source.class_names().to_vec() },
        labels,
        critic,
        values,
    };
    Ok((snapshot, moments))
}

/// The steepest slope of the score, max ‖∇V(x)‖, at some of these samples and at points between them. The gradient is
/// with respect to the samples alone: nothing of the run is touched.
fn slope(game: &Game<'_>, critic: &Still, rng: &mut Rng, real: &Tensor, fake: &Tensor) -> Option<f32> {
    let most = match game.source().shape() {
        SampleShape::Point { .. } => SLOPES,
        SampleShape::Image { .. } => IMAGE_SLOPES,
    };
    let n = real.size()[0].min(most as i64);
    let (real, fake) = (real.narrow(0, 0, n), fake.narrow(0, 0, n));
    let shares: Vec<f32> = (0..n).map(|_| rng.r#gen()).collect();
    let between = &fake + (&real - &fake) * game.on_device(&shares, shares.len());
    let points = Tensor::cat(&[real, fake, between], 0).detach().set_requires_grad(true);
    let gradients = Tensor::run_backward(&[critic.forward(&points).sum(Kind::Float)], &[&points], false, false);
    let steepest = gradients.first()?.square().sum_dim_intlist(1, false, Kind::Float).max().sqrt();
    Some(steepest.double_value(&[]) as f32).filter(|slope| slope.is_finite())
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = values.len() as f64;
    values.sum::<f64>() / n
}

/// The part of the game after `step` completed steps that the recorder keeps.
///
/// # Errors
/// The real samples cannot be read.
pub fn recorded(game: &Game<'_>, seed: u64, step: u64) -> Result<RecordedSnapshot, Error> {
    // Pictures of the same noise show how they grow.
    let (n, fixed) = match game.source().shape() {
        SampleShape::Point { .. } => (RECORDED_POINTS, false),
        SampleShape::Image { .. } => (RECORDED_IMAGES, true),
    };
    let weights = |network: &Network| {
        let all = to_host(network.params.flat());
        let PairedHistogram { low, high, real, .. } = paired("weight", &all, &[]);
        (Histogram { low, high, counts: real }, Moments::of(all))
    };
    let ((generator, of_generator), (critic, of_critic)) = (weights(game.generator()), weights(game.critic()));
    let (snapshot, values) = look(game, seed, step, n, fixed)?;
    Ok(RecordedSnapshot { snapshot, generator, critic, weights: [of_generator, of_critic], values })
}

fn axis_name(axis: usize) -> &'static str {
    ["x", "y", "z"].get(axis).copied().unwrap_or("coordinate")
}

/// A tensor's numbers on the host, row-major.
pub(super) fn to_host(tensor: &Tensor) -> Vec<f32> {
    let flat = tensor.to_device(Device::Cpu).reshape([-1]);
    let mut values = vec![0f32; flat.numel()];
    flat.copy_data(&mut values, flat.numel());
    values
}

/// Both kinds of value over the same bins, which span the finite values of both.
pub(super) fn paired(label: &str, real: &[f32], fake: &[f32]) -> PairedHistogram {
    let finite = || real.iter().chain(fake).copied().filter(|value| value.is_finite());
    let (mut low, mut high) = finite().fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    if low > high {
        (low, high) = (-1.0, 1.0);
    }
    // A single value stands in the middle of a narrow interval; halves keep the width finite.
    if high / 2.0 - low / 2.0 <= f32::EPSILON * high.abs().max(low.abs()) {
        let margin = (0.01 * low.abs()).max(1e-6);
        (low, high) = ((low - margin).max(f32::MIN), (high + margin).min(f32::MAX));
    }
    let count = |values: &[f32]| {
        let (mut bins, mut outside) = (vec![0u32; BINS], 0);
        let scale = BINS as f64 / (high as f64 - low as f64);
        for &value in values {
            if value.is_finite() && (low..=high).contains(&value) {
                bins[(((value as f64 - low as f64) * scale) as usize).min(BINS - 1)] += 1;
            } else {
                outside += 1;
            }
        }
        (bins, outside)
    };
    let ((real, real_outside), (fake, fake_outside)) = (count(real), count(fake));
    PairedHistogram { label: label.into(), low, high, real, fake, outside: [real_outside, fake_outside] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn histograms_share_bins_and_count_everything() {
        let histogram = paired("x", &[0.0, 1.0, 2.0, f32::NAN], &[4.0, 4.0, f32::INFINITY]);
        assert_eq!((histogram.low, histogram.high), (0.0, 4.0));
        assert_eq!((histogram.real[0], histogram.real[BINS / 4], histogram.real[BINS / 2]), (1, 1, 1));
        assert_eq!((histogram.fake[BINS - 1], histogram.outside), (2, [1, 1]));
    }

    #[test]
    fn one_value_no_value_and_extreme_values_have_bins_too() {
        for values in
            [vec![3.0f32], vec![], vec![0.0], vec![f32::MAX, f32::MIN], vec![f32::MAX], vec![f32::NAN], vec![1e-30]]
        {
            let histogram = paired("x", &values, &[]);
            assert!(histogram.low < histogram.high, "{values:?} {histogram:?}");
            let counted: u32 = histogram.real.iter().sum::<u32>() + histogram.outside[0];
            assert_eq!(counted as usize, values.len(), "{values:?}");
        }
    }
}
