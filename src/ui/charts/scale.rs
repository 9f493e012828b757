//! Scales of a y axis: linear, logarithmic, and logarithmic on both sides of zero.

use super::axis::Axis;
use crate::domain::format;
use crate::history::Stat;

/// The map from values to places on an axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// Linear, over what matters now: what is far from the rest and of the past is cut off and marked.
    #[default]
    Linear,
    /// Linear, over every value in sight.
    All,
    /// log₁₀ v; values up to 0 lie below it.
    Log,
    /// sign(v)·log₁₀(1 + |v|/t): linear about zero, logarithmic beyond the threshold t, for values of both signs.
    SymLog,
}

impl Scale {
    /// Its name, for a person; empty for the usual one.
    pub fn name(self) -> &'static str {
        match self {
            Scale::Linear => "",
            Scale::All => "all",
            Scale::Log => "log",
            Scale::SymLog => "symlog",
        }
    }

    /// The scale after this one.
    pub fn next(self) -> Scale {
        match self {
            Scale::Linear => Scale::All,
            Scale::All => Scale::Log,
            Scale::Log => Scale::SymLog,
            Scale::SymLog => Scale::Linear,
        }
    }
}

/// The values that an axis is for.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// All that are in sight.
    pub all: Vec<f64>,
    /// The values of the last quarter of the steps in sight.
    pub recent: Vec<f64>,
}

impl Seen {
    /// Adds the values of columns, which are in the order of their steps.
    pub fn add(&mut self, columns: &[Option<Stat>]) {
        let known: Vec<(f32, f32)> = columns.iter().flatten().filter_map(Stat::range).collect();
        let ends = |ranges: &[(f32, f32)]| {
            ranges.iter().flat_map(|(low, high)| [f64::from(*low), f64::from(*high)]).collect::<Vec<f64>>()
        };
        self.all.extend(ends(&known));
        self.recent.extend(ends(&known[known.len() * 3 / 4..]));
    }
}

/// A y axis: an axis of places, and how values get there.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    scale: Scale,
    threshold: f64,
    /// The axis of the places.
    pub axis: Axis,
    /// The place and the label of each tick, from low to high.
    pub ticks: Vec<(f64, String)>,
}

impl Measure {
    /// The axis of so many rows of cells, each of so many rows of dots, that shows the `seen` values as the scale wants
    /// them, and all of `levels`; values that are not finite have no place on it. None where the scale can show none of
    /// the values.
    pub fn of(scale: Scale, seen: Seen, levels: &[f64], (rows, dots): (usize, usize)) -> Option<Measure> {
        let shown = |mut values: Vec<f64>| {
            values.retain(|value| value.is_finite() && (scale != Scale::Log || *value > 0.0));
            values.sort_unstable_by(f64::total_cmp);
            values
        };
        let (values, recent) = (shown(seen.all), shown(seen.recent));
        let (&least, &most) = (values.first()?, values.last()?);
        let (low, high) = match scale {
            Scale::Linear => {
                let usual = [typical(&values), typical(&recent)].into_iter().flatten();
                let (low, high) = usual.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
                // What costs the rest little is shown.
                if most - least > 2.0 * (high - low) { (low, high) } else { (least, most) }
            }
            Scale::All | Scale::Log | Scale::SymLog => (least, most),
        };
        let levels = levels.iter().filter(|level| level.is_finite() && (scale != Scale::Log || **level > 0.0));
        let (low, high) = levels.fold((low, high), |(low, high), level| (low.min(*level), high.max(*level)));
        let threshold = if scale == Scale::SymLog { threshold(&values) } else { 1.0 };
        let most_ticks = rows.clamp(4, 8);
        let at = |value: f64| (place(scale, threshold, value), format::setting(value));
        let (axis, ticks): (Axis, Vec<(f64, String)>) = match scale {
            Scale::Linear | Scale::All => {
                let axis = Axis::fit(low, high, rows, dots);
                (axis, axis.ticks().collect())
            }
            Scale::Log | Scale::SymLog => {
                let ticks = match scale {
                    Scale::Log => log_ticks(low, high, most_ticks),
                    _ => symlog_ticks(low, high, threshold, most_ticks),
                };
                let ticks: Vec<(f64, String)> = ticks.into_iter().map(at).collect();
                let (low, high) = (ticks.first()?.0, ticks.last()?.0);
                let zero = (scale == Scale::SymLog && low < 0.0 && high > 0.0).then_some(0.0);
                (Axis::anchored(low, high, zero.unwrap_or(high), rows, dots), ticks)
            }
        };
        (axis.low < axis.high).then_some(Measure { scale, threshold, axis, ticks })
    }

    /// The place of a value on the axis; infinitely far below a logarithmic one where it has no place.
    pub fn place(&self, value: f64) -> f64 {
        place(self.scale, self.threshold, value)
    }

    /// The place of zero, if it lies within the axis.
    pub fn zero(&self) -> Option<f64> {
        (self.scale != Scale::Log && self.axis.low < 0.0 && self.axis.high > 0.0).then_some(0.0)
    }
}

/// The range of the values, in order, that are not far from the rest: within three times the quartiles' distance of a
/// quartile (Tukey 1977, "Exploratory Data Analysis": the outer fence). All of them where most are one value.
fn typical(values: &[f64]) -> Option<(f64, f64)> {
    let (&least, &most) = (values.first()?, values.last()?);
    let [first, third] = [1, 3].map(|quarter| values[(values.len() - 1) * quarter / 4]);
    if third == first {
        return Some((least, most));
    }
    let fence = 3.0 * (third - first);
    let within = |value: &&f64| (first - fence..=third + fence).contains(*value);
    Some((*values.iter().find(within)?, *values.iter().rfind(within)?))
}

fn place(scale: Scale, threshold: f64, value: f64) -> f64 {
    match scale {
        Scale::Linear | Scale::All => value,
        Scale::Log if value > 0.0 => value.log10(),
        Scale::Log => f64::NEG_INFINITY,
        Scale::SymLog => (value.abs() / threshold).ln_1p().copysign(value) / std::f64::consts::LN_10,
    }
}

/// The value at which a symmetric logarithm stops being linear: the power of ten below most magnitudes, at least a
/// millionth of the largest.
fn threshold(values: &[f64]) -> f64 {
    let mut sizes: Vec<f64> = values.iter().map(|value| value.abs()).filter(|size| *size > 0.0).collect();
    sizes.sort_unstable_by(f64::total_cmp);
    let Some(most) = sizes.last() else { return 1.0 };
    let typical = sizes[sizes.len() / 10].max(most * 1e-6).max(1e-300);
    10f64.powf(typical.log10().floor())
}

/// The largest of 1, 2, 5 × a power of ten up to a value above 0.
fn round_down(value: f64) -> f64 {
    let power = 10f64.powf(value.log10().floor());
    [5.0, 2.0, 1.0].into_iter().map(|m| m * power).find(|round| *round <= value * (1.0 + 1e-9)).unwrap_or(power)
}

/// The smallest of 1, 2, 5 × a power of ten from a value above 0 on.
fn round_up(value: f64) -> f64 {
    let power = 10f64.powf(value.log10().floor());
    [1.0, 2.0, 5.0].into_iter().map(|m| m * power).find(|round| *round >= value * (1.0 - 1e-9)).unwrap_or(10.0 * power)
}

/// The exponents of the powers of ten strictly between two values above 0, as far as numbers reach.
fn exponents(low: f64, high: f64) -> std::ops::RangeInclusive<i32> {
    let within = |exponent: f64| exponent.clamp(-400.0, 400.0) as i32;
    within((low.log10() + 1e-9).floor()) + 1..=within((high.log10() - 1e-9).ceil()) - 1
}

/// Every how many of so many exponents there is a tick, for about `most` ticks.
fn stride(exponents: usize, most: usize) -> usize {
    exponents.div_ceil(most.max(1)).max(1)
}

/// Values of a logarithmic axis' ticks, both ends included.
fn log_ticks(low: f64, high: f64, most: usize) -> Vec<f64> {
    let (mut from, mut to) = (round_down(low.max(1e-300)), round_up(high.min(1e300)));
    if to / from < 1.5 {
        (from, to) = (round_down(from * 0.9), round_up(to * 1.1));
    }
    let mut ticks = vec![from];
    if to / from <= 150.0 {
        let mut next = round_up(from * 1.1);
        while next < to * 0.99 {
            ticks.push(next);
            next = round_up(next * 1.1);
        }
    } else {
        let between = exponents(from, to);
        let stride = stride(between.clone().count(), most);
        ticks.extend(between.step_by(stride).map(|power| 10f64.powi(power)));
    }
    ticks.push(to);
    ticks
}

/// Values of a symmetric logarithmic axis' ticks, both ends included.
fn symlog_ticks(low: f64, high: f64, threshold: f64, most: usize) -> Vec<f64> {
    let up = |size: f64| round_up(size.min(1e300)).max(threshold);
    let (positive, negative) = ((high > 0.0).then(|| up(high)), (low < 0.0).then(|| up(-low)));
    let between =
        |end: Option<f64>| end.into_iter().flat_map(|end| exponents(threshold * 0.999, end)).collect::<Vec<i32>>();
    let [above, below] = [between(positive), between(negative)];
    let stride = stride(above.len() + below.len(), most);
    let side = |exponents: Vec<i32>, end: Option<f64>| {
        exponents.into_iter().step_by(stride).map(|power| 10f64.powi(power)).chain(end).collect::<Vec<f64>>()
    };
    let mut ticks: Vec<f64> = side(below, negative).into_iter().rev().map(|value| -value).collect();
    ticks.push(0.0);
    ticks.extend(side(above, positive));
    if ticks.len() == 1 { vec![-threshold, 0.0, threshold] } else { ticks }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn measured(scale: Scale, values: &[f64], levels: &[f64]) -> Option<Measure> {
        Measure::of(scale, Seen { all: values.to_vec(), recent: values.to_vec() }, levels, (12, 4))
    }

    fn labels(scale: Scale, values: &[f64]) -> Vec<String> {
        measured(scale, values, &[]).unwrap().ticks.into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(labels(Scale::Log, &[0.03, 0.9]), ["0.02", "0.05", "0.1", "0.2", "0.5", "1"]);
        assert_eq!(labels(Scale::Log, &[1e-6, 2.0]), ["1e-6", "1e-5", "1e-4", "0.001", "0.01", "0.1", "1", "2"]);
        assert_eq!(
            labels(Scale::SymLog, &[-300.0, -0.5, 40.0]),
            ["-500", "-100", "-10", "-1", "-0.1", "0", "0.1", "1", "10", "50"]
        );
        assert_eq!(labels(Scale::SymLog, &[-0.25, -0.125]), ["-0.5", "-0.1", "0"]);
        assert_eq!(labels(Scale::Linear, &[-0.4, 0.7]), ["-0.4", "-0.2", "0", "0.2", "0.4", "0.6"]);
    }

    #[test]
    fn a_logarithm_has_no_place_for_what_is_not_above_zero() {
        assert_eq!(measured(Scale::Log, &[-1.0, 0.0], &[]), None);
        let measure = measured(Scale::Log, &[-1.0, 0.1, 10.0], &[-3.0]).unwrap();
        assert_eq!((measure.place(10.0), measure.place(0.0), measure.zero()), (1.0, f64::NEG_INFINITY, None));
    }

    #[test]
    fn an_early_transient_is_cut_off_and_what_is_now_never_is() {
        let shown = |values: &[f64]| {
            let recent = values[values.len() * 3 / 4..].to_vec();
            let measure = Measure::of(Scale::Linear, Seen { all: values.to_vec(), recent }, &[], (12, 4)).unwrap();
            (measure.axis.low, measure.axis.high)
        };
        let wave = |i: usize| 5.0 * (i as f64 / 7.0).sin();
        for transient in [1, 10, 40, 95] {
            let values: Vec<f64> = (0..400).map(|i| if i < transient { -80.0 } else { wave(i) }).collect();
            let (low, high) = shown(&values);
            assert!(low > -11.0 && high < 11.0 && low <= -4.9 && high >= 4.9, "{transient}: {low} to {high}");
        }
        // What the run has come to is shown, however far it is from most of the past, and then so is the way there.
        let swapped: Vec<f64> = (0..400).map(|i| if i < 360 { wave(i) / 10.0 } else { 80.0 + wave(i) }).collect();
        let (low, high) = shown(&swapped);
        assert!(low <= -0.5 && high >= 85.0, "{low} to {high}");
        // A tail that is part of the curve is not cut.
        let falling: Vec<f64> = (0..400).map(|i| 3.0 - i as f64 / 150.0).collect();
        assert!(shown(&falling).1 >= 3.0);
    }

    #[test]
    fn a_symmetric_logarithm_is_odd() {
        let measure = measured(Scale::SymLog, &[-100.0, 0.01, 3.0], &[]).unwrap();
        assert_eq!((measure.place(0.0), measure.zero()), (0.0, Some(0.0)));
        assert!((measure.place(7.0) + measure.place(-7.0)).abs() < 1e-12);
    }

    #[test]
    fn ticks_are_few_whatever_the_numbers() {
        let wild = [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, 0.0];
        for (low, high) in wild.iter().flat_map(|low| wild.iter().map(move |high| (*low, *high))) {
            for scale in [Scale::Linear, Scale::All, Scale::Log, Scale::SymLog] {
                let measure = measured(scale, &[low, 1.0, high], &[high]);
                assert!(measure.is_none_or(|measure| measure.ticks.len() < 80), "{scale:?} of {low} to {high}");
            }
        }
    }

    proptest! {
        #[test]
        fn every_scale_covers_its_values_and_rises(
            values in prop::collection::vec(prop::num::f32::NORMAL, 1..60), rows in 1usize..12,
        ) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            for scale in [Scale::Log, Scale::SymLog] {
                let Some(measure) = Measure::of(scale, Seen { all: values.clone(), recent: Vec::new() }, &[], (rows, 4)) else {
                    prop_assert!(scale == Scale::Log && values.iter().all(|value| *value <= 0.0));
                    continue;
                };
                prop_assert!(measure.ticks.windows(2).all(|pair| pair[0].0 < pair[1].0), "{:?}", measure.ticks);
                prop_assert!(measure.ticks.len() < 40);
                for value in values.iter().filter(|value| scale != Scale::Log || **value > 0.0) {
                    let place = measure.place(*value);
                    prop_assert!(measure.axis.low - 1e-6 <= place && place <= measure.axis.high + 1e-6, "{value}");
                }
            }
        }
    }
}
