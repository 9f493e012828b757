//! The critic on the line: the learned T(x) over the optimal T*(x) = f'(p/q), and both densities beneath on the same
//! axis.

use ratatui::layout::Rect;

use super::super::layout::split_rows;
use crate::domain::format;
use crate::glossary::Panel;
use crate::link::{Field, Snapshot};
use crate::theory::objective::{self, Objective};
use crate::truth::{Curves, Density};
use crate::ui::charts::axis::Axis;
use crate::ui::charts::dots::{Dots, Ink, Kind, swatch};
use crate::ui::charts::ruler;
use crate::ui::draw::pen::{Pen, Text};
use crate::ui::draw::theme::Role;
use crate::ui::state::app::App;

/// Draws both panels, or the learned critic alone before the first analysis.
pub fn draw(app: &App, pen: &mut Pen, area: Rect, snapshot: &Snapshot) {
    let objective = objective::of(&snapshot.objective).ok();
    let analysis = app.plots().analysis.as_ref();
    let truth = analysis.and_then(|analysis| Some((analysis.step, analysis.truth.as_ref()?)));
    let alone;
    let (curves, step, density) = match (truth.and_then(|(_, truth)| truth.curves.as_ref()), truth, &snapshot.field) {
        (Some(curves), Some((step, truth)), _) => (curves, step, Some(truth.density)),
        (.., Some(field)) => {
            alone = learned(field, objective.as_deref(), snapshot);
            (&alone, snapshot.step, None)
        }
        _ => {
            let inner = pen.panel(area, Panel::Critic, "critic", &[]);
            return pen.note(inner, "nothing analysed yet");
        }
    };
    let threshold = objective.as_ref().and_then(|row| row.divergence().map(|d| d.derivative(1.0)));
    let beneath = if density.is_some() && area.height >= 9 { area.height * 2 / 5 } else { 0 };
    let (above, beneath) = split_rows(area, area.height - beneath);
    let gutter = critic(pen, above, curves, threshold, step, beneath.height == 0);
    if beneath.height > 0 {
        densities(pen, beneath, curves, gutter, density);
    }
}

/// The learned critic on the field of a snapshot.
fn learned(field: &Field, objective: Option<&dyn Objective>, snapshot: &Snapshot) -> Curves {
    let value = |&score: &f32| match objective {
        Some(row) => row.value(snapshot.objective.head, score as f64),
        None => score as f64,
    };
    Curves {
        low: field.low[0] as f64,
        high: field.high[0] as f64,
        real: Vec::new(),
        fake: Vec::new(),
        learned: field.scores.iter().map(value).collect(),
        optimal: Vec::new(),
    }
}

/// Draws the critic values. Returns the columns that the axis' labels take.
fn critic(pen: &mut Pen, area: Rect, curves: &Curves, threshold: Option<f64>, step: u64, ruled: bool) -> u16 {
    let mut legend: Text = vec![(Role::First, swatch(pen, 0, Kind::Lines)), (Role::Plain, " learned T(x)".into())];
    if !curves.optimal.is_empty() {
        let optimal = swatch(pen, 1, Kind::Lines);
        legend.extend([(Role::Truth, format!("  {optimal}")), (Role::Plain, " optimal T*(x)".into())]);
    } else if !curves.real.is_empty() {
        legend.push((Role::Dim, "  no T*: not an f-divergence".into()));
    }
    let mut long = legend.clone();
    long.push((Role::Dim, format!("  step {}", format::count(step))));
    let inner = pen.panel(area, Panel::Critic, "critic", &[long, legend]);
    let height = inner.height.saturating_sub(u16::from(ruled));
    let Some(axis) = value_axis(curves, height, pen.glyphs.dots().1) else { return 0 };
    let labels: Vec<(f64, String)> = axis.ticks().collect();
    let gutter = ruler::label_width(&labels) + 1;
    let plot = Rect { x: inner.x + gutter, width: inner.width.saturating_sub(gutter), height, ..inner };
    if plot.width < 8 || plot.height < 2 {
        return gutter;
    }
    ruler::y_axis(pen, plot, &labels, &axis);
    if let Some(threshold) = threshold.filter(|value| (axis.low..=axis.high).contains(value)) {
        let y = plot.y + ruler::cell(&axis, threshold, plot.height);
        ruler::dotted(pen, plot, y);
        pen.text(plot.right().saturating_sub(7), y, 7, &[(Role::Dim, " p = q ")]);
    }
    let mut dots = Dots::new(pen.glyphs, plot.width, plot.height);
    curve(&mut dots, 0, &curves.learned, &axis);
    curve(&mut dots, 1, &curves.optimal, &axis);
    dots.paint(pen, plot, Kind::Lines, Ink::TRUTH);
    if ruled {
        ruler::x_axis(pen, plot, curves.low, curves.high);
    }
    gutter
}

/// Draws p and q on the same x axis.
fn densities(pen: &mut Pen, area: Rect, curves: &Curves, gutter: u16, density: Option<Density>) {
    let [real, fake] = [0, 1].map(|layer| swatch(pen, layer, Kind::Lines));
    let known = match density {
        Some(Density::Kernel) => " generated q, estimated",
        _ => " generated q",
    };
    let legend = |known: &str| -> Text {
        let second = (Role::Second, format!("  {fake}"));
        vec![(Role::First, real.clone()), (Role::Plain, " real p".into()), second, (Role::Plain, known.into())]
    };
    let inner = pen.panel(area, Panel::Densities, "densities", &[legend(known), legend(" gen q")]);
    let plot = Rect {
        x: inner.x + gutter,
        width: inner.width.saturating_sub(gutter),
        height: inner.height.saturating_sub(1),
        ..inner
    };
    if plot.width < 8 || plot.height < 1 {
        return;
    }
    let values = curves.real.iter().chain(&curves.fake).copied().filter(|value| value.is_finite());
    let axis = Axis::cover(0.0, values.fold(0.0, f64::max), 3);
    let mut dots = Dots::new(pen.glyphs, plot.width, plot.height);
    curve(&mut dots, 0, &curves.real, &axis);
    curve(&mut dots, 1, &curves.fake, &axis);
    dots.paint(pen, plot, Kind::Lines, Ink::default());
    ruler::x_axis(pen, plot, curves.low, curves.high);
}

/// Draws evenly spaced values as a line; what lies beyond the axis is left out.
fn curve(dots: &mut Dots, layer: usize, values: &[f64], axis: &Axis) {
    let (columns, rows) = dots.size();
    if values.is_empty() || rows == 0 {
        return;
    }
    let mut before: Option<i64> = None;
    for x in 0..columns {
        let value = interpolated(values, (x as f64 + 0.5) / columns as f64);
        if value.is_nan() {
            before = None;
            continue;
        }
        // A row beyond either end stands for all of them.
        let row = ((1.0 - axis.position(value)) * (rows - 1) as f64).round().clamp(-1.0, rows as f64) as i64;
        let (first, last) = match before {
            Some(last) if last + 1 < row => (last + 1, row),
            Some(last) if last > row + 1 => (row, last - 1),
            _ => (row, row),
        };
        let (first, last) = (first.max(0), last.min(rows as i64 - 1));
        if first <= last {
            dots.vertical(layer, x, first as usize, last as usize);
        }
        before = Some(row);
    }
}

/// The value at a place from 0 to 1.
fn interpolated(values: &[f64], place: f64) -> f64 {
    let at = place * (values.len() - 1) as f64;
    let i = (at as usize).min(values.len() - 1);
    let (a, b, t) = (values[i], values[(i + 1).min(values.len() - 1)], at - i as f64);
    // Infinite ends: no weight of nothing, which would not be a number.
    if t == 0.0 || a == b { a } else { a * (1.0 - t) + b * t }
}

/// The axis of critic values, where either density has mass: of the learned and the optimal critic alike, for both may
/// run off to infinity, no more than leaves what is typical its shape.
fn value_axis(curves: &Curves, rows: u16, dots: usize) -> Option<Axis> {
    let mass: Vec<f64> = match curves.real.is_empty() {
        true => vec![1.0; curves.learned.len()],
        false => curves.real.iter().zip(&curves.fake).map(|(p, q)| p + q).collect(),
    };
    let (low, high) = Spread::of(&curves.learned, &mass)?.typical();
    let (low, high) = match Spread::of(&curves.optimal, &mass).map(|optimal| optimal.typical()) {
        None => (low, high),
        Some((least, most)) => (low.min(least), high.max(most)),
    };
    Some(Axis::fit(low, high, rows as usize, dots))
}

/// Finite values in order, with their weights.
struct Spread(Vec<(f64, f64)>);

impl Spread {
    fn of(values: &[f64], weights: &[f64]) -> Option<Spread> {
        let pairs = values.iter().copied().zip(weights.iter().copied());
        let mut pairs: Vec<(f64, f64)> = pairs.filter(|(value, mass)| value.is_finite() && *mass > 0.0).collect();
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        (!pairs.is_empty()).then_some(Spread(pairs))
    }

    /// Nearly all, but no more than three times the middle half beyond it on each side (Tukey's outer fences).
    fn typical(&self) -> (f64, f64) {
        let (first, last) = (self.at(0.25), self.at(0.75));
        let room = 3.0 * (last - first);
        (self.at(0.01).max(first - room), self.at(0.99).min(last + room))
    }

    /// The value below which lies this share of the weight.
    fn at(&self, share: f64) -> f64 {
        let whole: f64 = self.0.iter().map(|(_, weight)| weight).sum();
        let mut below = 0.0;
        for &(value, weight) in &self.0 {
            below += weight;
            if below >= share * whole {
                return value;
            }
        }
        self.0.last().map_or(0.0, |(value, _)| *value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_optimum_that_runs_away_leaves_the_learned_critic_its_shape() {
        let points = || (0..=200).map(|i| -4.0 + i as f64 * 0.04);
        let normal = |x: f64, std: f64| (-x * x / (2.0 * std * std)).exp() / std;
        let curves = Curves {
            low: -4.0,
            high: 4.0,
            real: points().map(|x| normal(x, 1.0)).collect(),
            fake: points().map(|x| normal(x, 2.0)).collect(),
            learned: points().map(|x| 1.0 - 0.2 * x * x).collect(),
            // Neyman's: 1 − (q/p)², down to −10^4 here.
            optimal: points().map(|x| 1.0 - (normal(x, 2.0) / normal(x, 1.0)).powi(2)).collect(),
        };
        let axis = value_axis(&curves, 12, 4).unwrap();
        assert!((-60.0..=-1.0).contains(&axis.low) && (0.9..=5.0).contains(&axis.high), "{axis:?}");
        let infinite = Curves { optimal: vec![f64::NEG_INFINITY; 201], ..curves };
        let axis = value_axis(&infinite, 12, 4).unwrap();
        assert!((-3.0..=-0.5).contains(&axis.low) && (0.9..=1.5).contains(&axis.high), "{axis:?}");
    }

    #[test]
    fn between_two_points() {
        assert_eq!(interpolated(&[0.0, 2.0], 0.25), 0.5);
        assert_eq!(interpolated(&[1.0], 0.7), 1.0);
        assert_eq!(interpolated(&[f64::INFINITY, f64::INFINITY], 0.5), f64::INFINITY);
        assert_eq!(interpolated(&[0.0, f64::INFINITY], 0.0), 0.0);
    }
}
