//! Scales of a y axis: linear, logarithmic, and logarithmic on both sides of zero.

use super::axis::Axis;
use crate::domain::format;

/// How values become places on an axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    #[default]
    Linear,
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
            Scale::Log => "log",
            Scale::SymLog => "symlog",
        }
    }

    /// The scale after this one.
    pub fn next(self) -> Scale {
        match self {
            Scale::Linear => Scale::Log,
            Scale::Log => Scale::SymLog,
            Scale::SymLog => Scale::Linear,
        }
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
    /// The axis with round ends that shows what is typical of `values` and all of `levels`, in about so many ticks; those
    /// that are not finite have no place on it. None where the scale can show none of the values.
    ///
    /// On a linear scale a few values far outside do not squash the rest.
    pub fn of(scale: Scale, mut values: Vec<f64>, levels: &[f64], ticks: usize) -> Option<Measure> {
        values.retain(|value| value.is_finite() && (scale != Scale::Log || *value > 0.0));
        values.sort_unstable_by(f64::total_cmp);
        let (&least, &most) = (values.first()?, values.last()?);
        let few = if scale == Scale::Linear { values.len() / 25 } else { 0 };
        let (low, high) = (values[few], values[values.len() - 1 - few]);
        let (low, high) = if most - least > 4.0 * (high - low) && high > low { (low, high) } else { (least, most) };
        let levels = levels.iter().filter(|level| level.is_finite() && (scale != Scale::Log || **level > 0.0));
        let (low, high) = levels.fold((low, high), |(low, high), level| (low.min(*level), high.max(*level)));
        let threshold = if scale == Scale::SymLog { threshold(&values) } else { 1.0 };
        let linear = Axis::cover(low, high, ticks);
        let at = |value: f64| (place(scale, threshold, value), format::setting(value));
        let ticks: Vec<(f64, String)> = match scale {
            Scale::Linear => linear.ticks().collect(),
            Scale::Log => log_ticks(low, high, ticks).into_iter().map(at).collect(),
            Scale::SymLog => symlog_ticks(low, high, threshold, ticks).into_iter().map(at).collect(),
        };
        let ends = |ticks: &[(f64, String)]| Some((ticks.first()?.0, ticks.last()?.0));
        let axis = match scale {
            Scale::Linear => linear,
            _ => ends(&ticks).map(|(low, high)| Axis { low, high, step: 1e-9 })?,
        };
        (axis.low < axis.high).then_some(Measure { scale, threshold, axis, ticks })
    }

    /// Where a value lies on the axis; infinitely far below a logarithmic one where it has no place.
    pub fn place(&self, value: f64) -> f64 {
        place(self.scale, self.threshold, value)
    }

    /// Where zero lies, if it lies within the axis.
    pub fn zero(&self) -> Option<f64> {
        (self.scale != Scale::Log && self.axis.low < 0.0 && self.axis.high > 0.0).then_some(0.0)
    }
}

fn place(scale: Scale, threshold: f64, value: f64) -> f64 {
    match scale {
        Scale::Linear => value,
        Scale::Log if value > 0.0 => value.log10(),
        Scale::Log => f64::NEG_INFINITY,
        Scale::SymLog => (value.abs() / threshold).ln_1p().copysign(value) / std::f64::consts::LN_10,
    }
}

/// Where a symmetric logarithm stops being linear: the power of ten below most magnitudes, at least a millionth of the
/// largest.
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

    fn labels(scale: Scale, values: &[f64]) -> Vec<String> {
        Measure::of(scale, values.to_vec(), &[], 6).unwrap().ticks.into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(labels(Scale::Log, &[0.03, 0.9]), ["0.02", "0.05", "0.1", "0.2", "0.5", "1"]);
        assert_eq!(labels(Scale::Log, &[1e-6, 2.0]), ["1e-6", "1e-5", "1e-4", "0.001", "0.01", "0.1", "1", "2"]);
        assert_eq!(labels(Scale::SymLog, &[-300.0, -0.5, 40.0]), ["-500", "-10", "-0.1", "0", "0.1", "10", "50"]);
        assert_eq!(labels(Scale::SymLog, &[-0.25, -0.125]), ["-0.5", "-0.1", "0"]);
        assert_eq!(labels(Scale::Linear, &[-0.4, 0.7]), ["-0.4", "-0.2", "0", "0.2", "0.4", "0.6", "0.8"]);
    }

    #[test]
    fn a_logarithm_has_no_place_for_what_is_not_above_zero() {
        assert_eq!(Measure::of(Scale::Log, vec![-1.0, 0.0], &[], 6), None);
        let measure = Measure::of(Scale::Log, vec![-1.0, 0.1, 10.0], &[-3.0], 6).unwrap();
        assert_eq!((measure.place(10.0), measure.place(0.0), measure.zero()), (1.0, f64::NEG_INFINITY, None));
    }

    #[test]
    fn a_symmetric_logarithm_is_odd() {
        let measure = Measure::of(Scale::SymLog, vec![-100.0, 0.01, 3.0], &[], 6).unwrap();
        assert_eq!((measure.place(0.0), measure.zero()), (0.0, Some(0.0)));
        assert!((measure.place(7.0) + measure.place(-7.0)).abs() < 1e-12);
    }

    #[test]
    fn ticks_are_few_whatever_the_numbers() {
        let wild = [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, 0.0];
        for (low, high) in wild.iter().flat_map(|low| wild.iter().map(move |high| (*low, *high))) {
            for scale in [Scale::Linear, Scale::Log, Scale::SymLog] {
                let measure = Measure::of(scale, vec![low, 1.0, high], &[high], 6);
                assert!(measure.is_none_or(|measure| measure.ticks.len() < 80), "{scale:?} of {low} to {high}");
            }
        }
    }

    proptest! {
        #[test]
        fn every_scale_covers_its_values_and_rises(
            values in prop::collection::vec(prop::num::f32::NORMAL, 1..60), ticks in 1usize..9,
        ) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            for scale in [Scale::Log, Scale::SymLog] {
                let Some(measure) = Measure::of(scale, values.clone(), &[], ticks) else {
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
