//! The critic over the sample space: its scores on a regular grid, where the space is a line or a plane.

use tch::no_grad;

use super::game::Game;
use super::model::Still;
use super::snapshot::to_host;
use crate::domain::SampleShape;
use crate::domain::seed::{self, Stream};
use crate::link::Field;

/// Points of a field on a line.
const ON_A_LINE: usize = 256;
/// Points of a field along each axis of a plane.
const IN_A_PLANE: usize = 48;
/// The data's extent is that of so many samples, always the same ones.
const DATA_SAMPLES: usize = 1024;
/// The margin around the data, as a share of its extent.
const MARGIN: f64 = 0.15;
/// The distance beyond the data by which generated samples may stretch a field, in extents of the data: one that has
/// flown away does not make the data a dot.
const STRETCH: f64 = 1.5;
/// How far from a mode, or from the middle of a known law, a wide field reaches, in deviations.
const REACH: f64 = 10.0;
/// The share of generated samples on either side that a field need not hold.
const OUTLIERS: f64 = 0.01;

/// The field of this `critic` for data of one or two dimensions, over the data and, within reason, the generated samples
/// `fake`.
pub fn of(game: &Game<'_>, critic: &Still, seed: u64, fake: &[f32]) -> Option<Field> {
    let SampleShape::Point { dims: dims @ (1 | 2) } = game.source().shape() else { return None };
    let mut data = vec![0f32; DATA_SAMPLES * dims];
    game.source().fill(&mut seed::rng(seed, Stream::Snapshot, u64::MAX), &mut data).ok()?;
    let intervals = intervals(&data, fake, dims);
    Some(asked(game, critic, intervals, dims))
}

/// The same as far as the data's modes, where they are known, and the generator's law or samples have mass: a bound by
/// quadrature looks there too.
pub fn wide(game: &Game<'_>, critic: &Still, fake: &[f32]) -> Option<Field> {
    let SampleShape::Point { dims: dims @ (1 | 2) } = game.source().shape() else { return None };
    let modes = game.source().modes();
    if modes.is_empty() {
        return None;
    }
    let law = game.law();
    let mut intervals = [[0.0; 2]; 2];
    for (k, interval) in intervals.iter_mut().enumerate().take(dims) {
        let ends = modes.iter().flat_map(|mode| [mode.mean[k] - REACH * mode.std, mode.mean[k] + REACH * mode.std]);
        let (mut low, mut high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(x), h.max(x)));
        let other = match &law {
            Some(law) => {
                let reach = REACH * law.scale[k].abs();
                Some([law.mean[k] - reach, law.mean[k] + reach])
            }
            // Kernels reach beyond the samples, by less than the samples' own extent.
            None => extent(fake, k, dims, 0.0).map(|[least, most]| [2.0 * least - most, 2.0 * most - least]),
        };
        if let Some([least, most]) = other {
            (low, high) = (low.min(least), high.max(most));
        }
        *interval = [low, high].map(|end| end.clamp(f32::MIN.into(), f32::MAX.into()) as f32);
    }
    Some(asked(game, critic, intervals, dims))
}

/// The critic at the points of a grid over these intervals.
fn asked(game: &Game<'_>, critic: &Still, intervals: [[f32; 2]; 2], dims: usize) -> Field {
    let (columns, rows) = if dims == 1 { (ON_A_LINE, 1) } else { (IN_A_PLANE, IN_A_PLANE) };
    let axis = |k: usize, i: usize, n: usize| {
        let [low, high] = intervals[k];
        low + (high - low) * i as f32 / (n - 1) as f32
    };
    let mut points = Vec::with_capacity(columns * rows * dims);
    for row in 0..rows {
        for column in 0..columns {
            points.push(axis(0, column, columns));
            points.extend((dims > 1).then(|| axis(1, row, rows)));
        }
    }
    let scores = to_host(&no_grad(|| critic.forward(&game.on_device(&points, columns * rows))));
    Field { low: intervals.map(|x| x[0]), high: intervals.map(|x| x[1]), columns, rows, scores }
}

/// The interval of each axis; 0..0 of one that there is not. The data's part of it never changes in a run, the
/// generated samples' part by whole steps.
fn intervals(data: &[f32], fake: &[f32], dims: usize) -> [[f32; 2]; 2] {
    let extents: Vec<[f64; 2]> = (0..dims).map(|k| extent(data, k, dims, 0.0).unwrap_or([0.0, 0.0])).collect();
    let widest = extents.iter().map(|[low, high]| high - low).fold(0.0, f64::max);
    let widest = if widest > 0.0 { widest } else { 1.0 };
    let mut intervals = [[0.0; 2]; 2];
    for (k, [low, high]) in extents.into_iter().enumerate() {
        // Data on a line across has a field around it too, wide enough to be told apart in single precision.
        let width = (high - low).max(widest / 8.0).max(1e-4 * low.abs().max(high.abs()));
        let (mut from, mut to) = (low - MARGIN * width, high + MARGIN * width);
        if let Some([least, most]) = extent(fake, k, dims, OUTLIERS) {
            from = from.min(least.max(low - STRETCH * widest));
            to = to.max(most.min(high + STRETCH * widest));
        }
        // A power of two, so that every end is a multiple of it without rounding.
        let step = (width / 8.0).log2().floor().exp2();
        let ends = [(from / step).floor() * step, (to / step).ceil() * step];
        intervals[k] = ends.map(|end| end.clamp(f32::MIN.into(), f32::MAX.into()) as f32);
    }
    intervals
}

/// The interval that holds the finite values of coordinate `k` but for a share of them on either side.
fn extent(samples: &[f32], k: usize, dims: usize, outliers: f64) -> Option<[f64; 2]> {
    let mut values: Vec<f32> = samples.iter().skip(k).step_by(dims).copied().filter(|x| x.is_finite()).collect();
    values.sort_unstable_by(f32::total_cmp);
    let few = (values.len() as f64 * outliers) as usize;
    Some([f64::from(*values.get(few)?), f64::from(values[values.len() - 1 - few])])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_holds_the_data_and_the_generated_samples_but_not_outliers() {
        let data: Vec<f32> = (0..=100).map(|i| i as f32 / 100.0).collect();
        let near: Vec<f32> = data.iter().map(|x| x + 1.0).collect();
        let [[low, high], none] = intervals(&data, &near, 1);
        assert!(low <= -0.15 && low > -0.4 && high > 1.97 && high < 2.3 && none == [0.0, 0.0], "{low} {high}");
        // One sample far away, or not a number, changes nothing.
        let mut odd = near.clone();
        (odd[3], odd[50]) = (1e9, f32::NAN);
        assert_eq!(intervals(&data, &odd, 1)[0], [low, high]);
        // All of them far away: as far as the data stays in sight.
        let far: Vec<f32> = data.iter().map(|x| x + 1e6).collect();
        let [_, high] = intervals(&data, &far, 1)[0];
        assert!(high > 2.4 && high < 2.8, "{high}");
    }

    #[test]
    fn a_field_stands_still_while_samples_move_a_little() {
        let data: Vec<f32> = (0..=100).map(|i| i as f32 / 100.0).collect();
        let at = |shift: f32| intervals(&data, &data.iter().map(|x| x + shift).collect::<Vec<_>>(), 1);
        assert_eq!(at(0.0), at(0.1));
        assert_eq!(at(0.52), at(0.54));
    }

    #[test]
    fn data_without_extent_has_a_field() {
        for values in [vec![3.0; 4], vec![f32::NAN; 4], vec![], vec![f32::MAX, f32::MIN]] {
            for [low, high] in intervals(&values, &values, 2) {
                assert!(low < high, "{values:?}: {low} {high}");
            }
        }
    }
}
