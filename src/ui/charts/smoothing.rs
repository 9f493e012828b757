//! Smoothing of a chart's lines: a debiased exponential moving average over the steps.

use crate::history::Stat;

/// The smoothing of the lines of the charts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Smoothing {
    Off,
    /// Over about a fiftieth of what is shown.
    #[default]
    Light,
    /// Over about a tenth of it.
    Strong,
}

impl Smoothing {
    /// The amount after this one.
    pub fn next(self) -> Smoothing {
        match self {
            Smoothing::Off => Smoothing::Light,
            Smoothing::Light => Smoothing::Strong,
            Smoothing::Strong => Smoothing::Off,
        }
    }

    /// Over how many steps a window of `span` steps is smoothed: a power of two, so that it changes seldom as the
    /// window grows.
    pub fn steps(self, span: u64) -> Option<u64> {
        let part = match self {
            Smoothing::Off => return None,
            Smoothing::Light => 50,
            Smoothing::Strong => 10,
        };
        Some((span / part).max(2).checked_next_power_of_two().unwrap_or(span))
    }
}

/// A debiased exponential moving average: s ← βs + (1 − β)v with β = e^(−Δ/τ), divided by what the weights so far sum
/// to (Kingma, Ba 2015, arXiv:1412.6980, section 3), so that it starts at the first value instead of at 0.
#[derive(Clone, Copy, Debug)]
pub struct Ema {
    /// τ, in columns.
    columns: f64,
    sum: f64,
    weight: f64,
    /// Columns since the last value.
    since: f64,
}

impl Ema {
    /// An average over about so many steps of columns of so many steps each.
    pub fn new(steps: u64, steps_a_column: f64) -> Ema {
        Ema { columns: steps as f64 / steps_a_column.max(f64::MIN_POSITIVE), sum: 0.0, weight: 0.0, since: 0.0 }
    }

    /// Takes in the next column. None where it has no finite value.
    pub fn push(&mut self, column: Option<&Stat>) -> Option<f64> {
        self.since += 1.0;
        let mean = column?.mean()?;
        let keep = (-self.since / self.columns).exp();
        self.sum = keep * self.sum + (1.0 - keep) * mean;
        self.weight = keep * self.weight + (1.0 - keep);
        self.since = 0.0;
        (self.weight > 0.0).then(|| self.sum / self.weight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smoothed(steps: u64, values: &[f32]) -> Vec<Option<f64>> {
        let mut ema = Ema::new(steps, 1.0);
        values.iter().map(|value| ema.push(Some(&Stat::of(*value)))).collect()
    }

    #[test]
    fn it_starts_at_the_first_value_and_keeps_a_constant() {
        assert!(smoothed(100, &[3.0; 50]).into_iter().all(|value| (value.unwrap() - 3.0).abs() < 1e-12));
        assert_eq!(smoothed(100, &[7.0, 0.0])[0], Some(7.0));
    }

    #[test]
    fn it_follows_slowly_and_leaves_out_what_is_not_finite() {
        let step: Vec<f32> = (0..200).map(|i| if i < 100 { 0.0 } else { 1.0 }).collect();
        let out = smoothed(20, &step);
        let after = out[119].unwrap();
        // 20 steps after the step, 1 − 1/e of it, but for what the start weighs.
        assert!((after - 0.632).abs() < 0.01, "{after}");
        assert_eq!(smoothed(20, &[1.0, f32::NAN, 1.0]), [Some(1.0), None, Some(1.0)]);
    }

    #[test]
    fn a_gap_counts_as_the_steps_that_it_takes() {
        let (mut dense, mut sparse) = (Ema::new(8, 1.0), Ema::new(8, 1.0));
        dense.push(Some(&Stat::of(0.0)));
        sparse.push(Some(&Stat::of(0.0)));
        for _ in 0..3 {
            sparse.push(None);
        }
        // Four steps at once weigh as four steps of the same value.
        for _ in 0..3 {
            dense.push(Some(&Stat::of(1.0)));
        }
        let [dense, sparse] = [dense, sparse].map(|mut ema| ema.push(Some(&Stat::of(1.0))).unwrap());
        assert!((dense - sparse).abs() < 1e-12, "{dense} {sparse}");
    }

    #[test]
    fn the_width_changes_seldom() {
        let widths: std::collections::BTreeSet<_> = (100..10_000).map(|span| Smoothing::Light.steps(span)).collect();
        assert!(widths.len() <= 9, "{widths:?}");
        assert_eq!(Smoothing::Off.steps(1000), None);
    }
}
