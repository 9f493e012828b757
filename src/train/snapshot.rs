//! Snapshots: what the screen needs besides records, drawn from random numbers of their own, so that a look at the run
//! cannot disturb it.

use tch::{Device, Tensor};

use super::game::Game;
use crate::link::{PairedHistogram, SampleShape, Snapshot};
use crate::seed::{self, Stream};

/// Bins of each histogram.
const BINS: usize = 64;

/// A snapshot of the game after `step` completed steps, with `n` samples of each kind.
pub fn take(game: &Game<'_>, seed: u64, step: u64, n: usize) -> Snapshot {
    let n = n.max(1);
    let shape = game.source().shape();
    let mut real = vec![0f32; n * shape.len()];
    let mut rng = seed::rng(seed, Stream::Snapshot, step);
    game.source().fill(&mut rng, &mut real);
    let real_samples = game.on_device(&real, n);
    let fake_samples = game.generate(&mut rng, n);
    let critic_real = to_host(&game.critic_values(&real_samples));
    let critic_fake = to_host(&game.critic_values(&fake_samples));
    let fake = to_host(&fake_samples);
    let values = match shape {
        SampleShape::Point { dims } => (0..dims)
            .map(|axis| {
                let coordinate = |samples: &[f32]| samples.iter().skip(axis).step_by(dims).copied().collect::<Vec<_>>();
                paired(axis_name(axis), &coordinate(&real), &coordinate(&fake))
            })
            .collect(),
        SampleShape::Image { .. } => vec![paired("pixel", &real, &fake)],
    };
    let critic = paired("critic value", &critic_real, &critic_fake);
    let objective = game.settings().objective.clone();
    Snapshot { objective, real, fake, critic, values, ..Snapshot::empty(step, shape) }
}

fn axis_name(axis: usize) -> &'static str {
    ["x", "y", "z"].get(axis).copied().unwrap_or("coordinate")
}

/// A tensor's numbers on the host, row-major.
pub fn to_host(tensor: &Tensor) -> Vec<f32> {
    let flat = tensor.to_device(Device::Cpu).reshape([-1]);
    let mut values = vec![0f32; flat.numel()];
    flat.copy_data(&mut values, flat.numel());
    values
}

/// Both kinds of value over the same bins, which span the finite values of both.
fn paired(label: &str, real: &[f32], fake: &[f32]) -> PairedHistogram {
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
