//! Axes: where they begin and end, and where their ticks stand.
//!
//! Both kinds of axis move in jumps. The ends of a y axis are ticks, so it changes only when the data crosses one;
//! the x axis of a chart ends at the next round step ([`super::zoom`]), so that most new points are drawn into free room
//! and little else changes on the screen.

use crate::domain::format;

/// A range with evenly spaced ticks at round numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    pub low: f64,
    pub high: f64,
    pub step: f64,
}

impl Axis {
    /// The smallest axis with ticks at both ends that covers `low..=high` in about `ticks` steps.
    pub fn cover(low: f64, high: f64, ticks: usize) -> Axis {
        let (mut low, mut high) = if low <= high { (low, high) } else { (high, low) };
        if !low.is_finite() || !high.is_finite() {
            (low, high) = (-1.0, 1.0);
        }
        // A constant is drawn in the middle.
        let room = (high.abs().max(low.abs()) * 0.05).max(1e-30);
        if high - low < room * 1e-3 {
            (low, high) = if low == 0.0 && high == 0.0 { (-1.0, 1.0) } else { (low - room, high + room) };
        }
        let step = round_step(high - low, ticks);
        Axis { low: (low / step + 1e-9).floor() * step, high: (high / step - 1e-9).ceil() * step, step }
    }

    /// Where `value` lies: 0 at the low end, 1 at the high end.
    pub fn position(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }

    /// Every tick from low to high: its value and label.
    pub fn ticks(&self) -> impl Iterator<Item = (f64, String)> + '_ {
        let count = ((self.high - self.low) / self.step).round() as usize;
        (0..=count.min(64)).map(|i| {
            let value = self.low + i as f64 * self.step;
            (value, format::tick(value, self.step))
        })
    }
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
        assert_eq!(Axis::cover(0.03, 0.97, 4), Axis { low: 0.0, high: 1.0, step: 0.5 });
        assert_eq!(Axis::cover(-3.2, -1.1, 4), Axis { low: -4.0, high: -1.0, step: 1.0 });
        assert_eq!(Axis::cover(0.0, 0.0, 4), Axis { low: -1.0, high: 1.0, step: 0.5 });
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
    }

    #[test]
    fn extremes_do_not_break_anything() {
        for (low, high) in [(f64::NAN, 1.0), (f64::NEG_INFINITY, f64::INFINITY), (1e300, -1e300), (1e-320, 2e-320)] {
            let axis = Axis::cover(low, high, 5);
            assert!(axis.ticks().count() <= 66, "{axis:?}");
        }
    }
}
