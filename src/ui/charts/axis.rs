//! Axes: where they begin and end, and where their ticks stand.
//!
//! Both kinds of axis move in jumps. The ends of a y axis are whole or half ticks, so it changes only when the data
//! crosses one; the x axis of a chart ends at the next round step ([`super::zoom`]), so that most new points are drawn
//! into free room and little else changes on the screen.

use crate::domain::format;

/// A range with evenly spaced ticks at round numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    /// The value of the last row of dots, and of the first.
    pub low: f64,
    pub high: f64,
    /// Between two ticks.
    pub step: f64,
    /// Rows of dots in a row of cells.
    pub dots: usize,
}

impl Axis {
    /// The smallest axis with ticks at both ends that covers `low..=high` in about `ticks` steps.
    pub fn cover(low: f64, high: f64, ticks: usize) -> Axis {
        let (low, high) = widened(low, high);
        let step = round_step(high - low, ticks);
        Axis { low: floor(low, step), high: ceil(high, step), step, dots: 1 }
    }

    /// The axis of so many rows of cells, each of so many rows of `dots`, that covers `low..=high` at the largest scale
    /// at which every tick, and so zero, lies on a row of dots that has the same place in its row of cells: a label
    /// there is beside its value. Ticks are a whole number of rows apart.
    pub fn fit(low: f64, high: f64, rows: usize, dots: usize) -> Axis {
        let (low, high) = widened(low, high);
        let span = high - low;
        // Labels that are neither crowded nor rare.
        let (least, most) = (if rows >= 5 { 2 } else { 1 }, (rows.saturating_sub(1) / 2).clamp(3, 6));
        let power = span.log10().floor() as i32;
        let mut best: Option<(f64, usize, f64, f64)> = None;
        for (step, apart) in (power - 2..=power + 1)
            .flat_map(|power| [1.0, 2.0, 5.0].map(|m| m * 10f64.powi(power)))
            .flat_map(|step| (least..=most).map(move |apart| (step, apart)))
        {
            let end = if apart % 2 == 0 { step / 2.0 } else { step };
            // What no picture shows needs no row: less than half a dot beyond.
            let beyond = 0.4 * step / (apart * dots) as f64;
            let (bottom, top) = (floor(low + beyond, end), ceil(high - beyond, end));
            let taken = ((top - bottom) / step * apart as f64).round();
            let scale = apart as f64 / step;
            if taken <= rows.saturating_sub(1) as f64 && best.is_none_or(|best| scale > best.1 as f64 / best.0) {
                best = Some((step, apart, bottom, top));
            }
        }
        let Some((step, apart, bottom, top)) = best else { return Axis { low, high, step: span, dots } };
        let row = step / apart as f64;
        let spare = (rows - 1).saturating_sub(((top - bottom) / row).round() as usize);
        // No room on the other side of zero where there are no values.
        let above = match (bottom == 0.0, top == 0.0) {
            (true, false) => spare,
            (false, true) => 0,
            _ => spare / 2,
        };
        let dot = row / dots as f64;
        let high = top + (above * dots + tick_dot(dots)) as f64 * dot;
        Axis { low: high - (rows * dots - 1) as f64 * dot, high, step, dots }
    }

    /// The axis that covers `low..=high`, whose values are places on another scale, with one of them, `anchor`, where
    /// [`Axis::fit`] has its ticks.
    pub fn anchored(low: f64, high: f64, anchor: f64, rows: usize, dots: usize) -> Axis {
        let last = (rows * dots).saturating_sub(1);
        // A row of cells is left for the shift.
        let unit = (high - low) / last.saturating_sub(dots).max(1) as f64;
        let (at, wanted) = ((high - anchor) / unit, tick_dot(dots) as f64);
        let shift = (wanted - at).rem_euclid(dots as f64);
        let high = high + shift * unit;
        Axis { low: high - last as f64 * unit, high, step: 1e-9, dots }
    }

    /// The place of `value`: 0 at the low end, 1 at the high end.
    pub fn position(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }

    /// The row of dots of a value among so many, from the top; not rounded.
    pub fn dot(&self, value: f64, rows: usize) -> f64 {
        (1.0 - self.position(value)) * rows.saturating_sub(1) as f64
    }

    /// Every tick from low to high: its value and label.
    pub fn ticks(&self) -> impl Iterator<Item = (f64, String)> + '_ {
        let first = (self.low / self.step - 1e-9).ceil();
        let count = ((self.high / self.step + 1e-9).floor() - first).max(0.0) as usize;
        (0..=count.min(64)).map(move |i| {
            let value = (first + i as f64) * self.step;
            (value, format::tick(value, self.step))
        })
    }
}

/// The row of the dots of a cell on which a tick lies: the one above the middle, where a label's x-height and a dotted
/// line are.
pub fn tick_dot(dots: usize) -> usize {
    dots.saturating_sub(1) / 2
}

/// The range from the smaller to the larger of the two; about a constant, wide enough that it is drawn in the middle.
fn widened(low: f64, high: f64) -> (f64, f64) {
    let (low, high) = if low <= high { (low, high) } else { (high, low) };
    // What a step times a number of rows cannot reach.
    let most = f64::MAX / 1e6;
    if !(low.abs() < most && high.abs() < most) {
        return if low.is_finite() && high.is_finite() { (low.max(-most), high.min(most)) } else { (-1.0, 1.0) };
    }
    let room = (high.abs().max(low.abs()) * 0.05).max(1e-30);
    match high - low < room * 1e-3 {
        false => (low, high),
        true if low == 0.0 && high == 0.0 => (-1.0, 1.0),
        true => (low - room, high + room),
    }
}

/// The largest multiple of `step` up to a value.
fn floor(value: f64, step: f64) -> f64 {
    (value / step + 1e-9).floor() * step
}

/// The smallest multiple of `step` from a value on.
fn ceil(value: f64, step: f64) -> f64 {
    (value / step - 1e-9).ceil() * step
}

/// The smallest of 1, 2, 5 × a power of ten that divides `span` into at most `ticks` steps.
pub fn round_step(span: f64, ticks: usize) -> f64 {
    let least = (span / ticks.max(1) as f64).max(f64::MIN_POSITIVE);
    let power = 10f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|step| *step >= least * (1.0 - 1e-9)).unwrap_or(least)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn axes_are_round() {
        assert_eq!(Axis::cover(0.03, 0.97, 4), Axis { low: 0.0, high: 1.0, step: 0.5, dots: 1 });
        assert_eq!(Axis::cover(-3.2, -1.1, 4), Axis { low: -4.0, high: -1.0, step: 1.0, dots: 1 });
        assert_eq!(Axis::cover(0.0, 0.0, 4), Axis { low: -1.0, high: 1.0, step: 0.5, dots: 1 });
        let labels: Vec<String> = Axis::cover(-0.4, 0.7, 3).ticks().map(|(_, label)| label).collect();
        assert_eq!(labels, ["-0.5", "0", "0.5", "1.0"]);
    }

    proptest! {
        #[test]
        fn an_axis_covers_its_data(a in -1e30f64..1e30, b in -1e30f64..1e30, scale in -40i32..1, ticks in 1usize..9) {
            let scale = 10f64.powi(scale);
            let (a, b) = (a * scale, b * scale);
            let axis = Axis::cover(a, b, ticks);
            let slack = (axis.high - axis.low) * 1e-6;
            prop_assert!(axis.low <= a.min(b) + slack && axis.high >= a.max(b) - slack, "{:?}", axis);
            prop_assert!(axis.low < axis.high && axis.step > 0.0);
        }

        #[test]
        fn ticks_lie_on_dots_that_are_alike_in_their_cells_and_evenly_apart(
            a in -1e3f64..1e3, span in 1e-9f64..1e6, rows in 3usize..40, dots in prop::sample::select(vec![1usize, 2, 4]),
        ) {
            let axis = Axis::fit(a, a + span, rows, dots);
            let slack = 0.401 * (axis.high - axis.low) / (rows * dots - 1) as f64;
            prop_assert!(axis.low <= a + slack && axis.high >= a + span - slack, "{:?}", axis);
            let dot = |value: f64| axis.dot(value, rows * dots);
            let ticks: Vec<f64> = axis.ticks().map(|(value, _)| value).collect();
            prop_assert!(ticks.len() >= if rows > 4 { 2 } else { 1 }, "{:?} in {rows} rows: {ticks:?}", axis);
            for tick in &ticks {
                let at = dot(*tick);
                prop_assert!((at - at.round()).abs() < 1e-6, "{tick} lies at {at}");
                prop_assert_eq!(at.round() as usize % dots, tick_dot(dots));
            }
            let apart: Vec<f64> = ticks.windows(2).map(|pair| (dot(pair[0]) - dot(pair[1])).round()).collect();
            prop_assert!(apart.windows(2).all(|pair| pair[0] == pair[1]), "{apart:?}");
            // At least a quarter of the rows is used, where a constant does not stand in the middle.
            let used = (dot(a) - dot(a + span)) / (rows * dots) as f64;
            prop_assert!(span < a.abs() * 1e-3 || rows < 6 || used > 0.25, "{used} of {rows} rows: {:?}", axis);
        }
    }

    #[test]
    fn extremes_do_not_break_anything() {
        for (low, high) in [(f64::NAN, 1.0), (f64::NEG_INFINITY, f64::INFINITY), (1e300, -1e300), (1e-320, 2e-320)] {
            for axis in [Axis::cover(low, high, 5), Axis::fit(low, high, 8, 4), Axis::fit(low, high, 2, 1)] {
                assert!(axis.ticks().count() <= 66 && axis.low < axis.high, "{axis:?}");
            }
        }
    }
}
