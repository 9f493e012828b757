//! A chart of two lines over the steps: each column shows the range from the smallest to the largest value in it.
//!
//! Values that are not finite and values beyond the axis are marked at the edge, interventions by a vertical line.

use ratatui::layout::Rect;

use super::axis::{Axis, round_step};
use super::beside::Beside;
use super::dots::{Dots, Ink, Kind};
use super::format;
use super::pen::{Pen, width};
use super::ruler::{dotted, label_width, row, y_axis};
use super::theme::Role;
use crate::history::{History, Stat};
use crate::link::Metric;

/// Values over the steps, whatever keeps them.
pub trait Line {
    /// The steps `first..=last`, divided evenly into `columns`; `None` in a column without a value.
    fn columns(&self, first: u64, last: u64, columns: usize) -> Vec<Option<Stat>>;
}

/// A metric of the history.
impl Line for (&History, Metric) {
    fn columns(&self, first: u64, last: u64, columns: usize) -> Vec<Option<Stat>> {
        self.0.columns(self.1, first, last, columns)
    }
}

/// A value that means something, such as the most that a line can reach.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    pub value: f64,
    pub name: String,
}

/// What a chart shows.
pub struct Chart<'a> {
    /// One or two.
    pub lines: &'a [&'a dyn Line],
    /// What they look like.
    pub ink: Ink,
    /// Values with a line of their own; the axis has room for them.
    pub levels: &'a [Level],
    /// The first and last step of the x axis.
    pub window: (u64, u64),
    /// Steps after which something was changed.
    pub marks: &'a [u64],
}

impl Chart<'_> {
    /// Draws the chart so that it fills `area`.
    pub fn draw(&self, pen: &mut Pen, area: Rect) {
        self.draw_beside(pen, area, &[]);
    }

    /// Draws the chart with lines of other runs behind its own.
    pub fn draw_beside(&self, pen: &mut Pen, area: Rect, others: &[Beside]) {
        if area.width < 12 || area.height < 2 {
            return;
        }
        // A row for the labels of the steps, where there is one to spare.
        let labelled = area.height >= 4;
        let height = area.height - u16::from(labelled);
        let Some(axis) = self.axis(area.width as usize, height, others) else {
            return;
        };
        let labels: Vec<(f64, String)> = axis.ticks().collect();
        let label_width = label_width(&labels);
        let plot =
            Rect { x: area.x + label_width + 1, width: area.width.saturating_sub(label_width + 1), height, ..area };
        if plot.width < 4 {
            return;
        }
        y_axis(pen, plot, &labels, &axis);
        self.level_lines(pen, plot, &axis);
        if labelled {
            self.x_axis(pen, plot);
        }
        for other in others {
            other.draw(pen, plot, &axis, self.window);
        }
        let mut dots = Dots::new(pen.glyphs, plot.width, plot.height);
        let columns = self.columns(dots.size().0);
        for (layer, columns) in columns.iter().enumerate() {
            trace(&mut dots, layer, columns, &axis);
        }
        dots.paint(pen, plot, Kind::Lines, self.ink);
        for other in others {
            other.label(pen, plot, &axis, self.window);
        }
        self.interventions(pen, plot);
        for columns in &columns {
            edges(pen, plot, columns, &axis, dots.size().0 / plot.width as usize);
        }
    }

    fn columns(&self, count: usize) -> Vec<Vec<Option<Stat>>> {
        self.lines.iter().map(|line| line.columns(self.window.0, self.window.1, count)).collect()
    }

    /// The y axis that shows what is typical: a few columns far outside do not squash the rest.
    fn axis(&self, columns: usize, height: u16, others: &[Beside]) -> Option<Axis> {
        let mut lows: Vec<f64> = Vec::new();
        let mut highs: Vec<f64> = Vec::new();
        let others = others.iter().map(|other| other.columns(self.window, columns));
        let stats = self.columns(columns).into_iter().chain(others).flatten().flatten();
        for (low, high) in stats.filter_map(|stat| stat.range()) {
            lows.push(low as f64);
            highs.push(high as f64);
        }
        lows.sort_by(f64::total_cmp);
        highs.sort_by(f64::total_cmp);
        let (&least, &most) = (lows.first()?, highs.last()?);
        let few = lows.len() / 25;
        let (low, high) = (lows[few], highs[highs.len() - 1 - few]);
        let (low, high) = if most - least > 4.0 * (high - low) && high > low { (low, high) } else { (least, most) };
        let (low, high) =
            self.levels.iter().fold((low, high), |(low, high), level| (low.min(level.value), high.max(level.value)));
        Some(Axis::cover(low, high, (height as usize).clamp(4, 8)))
    }

    /// A line with its name at each level.
    fn level_lines(&self, pen: &mut Pen, plot: Rect, axis: &Axis) {
        for level in self.levels {
            let y = plot.y + row(axis, level.value, plot.height as usize) as u16;
            dotted(pen, plot, y);
            let taken = width(&level.name) as u16 + 2;
            if taken < plot.width {
                pen.text(plot.right() - taken, y, taken, &[(Role::Dim, format!(" {} ", level.name))]);
            }
        }
    }

    fn x_axis(&self, pen: &mut Pen, plot: Rect) {
        let (first, last) = self.window;
        let span = (last - first).saturating_add(1);
        let step = (round_step(span as f64, (plot.width / 10).max(1) as usize) as u64).max(1);
        let mut free = plot.x;
        let mut tick = (first - first.min(1)).div_ceil(step).saturating_mul(step);
        while tick <= last {
            let label = format::short_count(tick as f64);
            let offset = tick.saturating_sub(first) as f64 / span as f64 * plot.width as f64;
            let taken = width(&label) as u16;
            let x =
                (plot.x + offset as u16).saturating_sub(taken / 2).max(plot.x).min(plot.right().saturating_sub(taken));
            if x >= free {
                pen.text(x, plot.bottom(), taken, &[(Role::Dim, label)]);
                free = x + taken + 1;
            }
            let Some(next) = tick.checked_add(step) else { break };
            tick = next;
        }
    }

    fn interventions(&self, pen: &mut Pen, plot: Rect) {
        let (first, last) = self.window;
        let span = (last - first) as f64 + 1.0;
        for &step in self.marks.iter().filter(|step| (first..=last).contains(*step)) {
            let x = plot.x + (((step - first) as f64 / span * plot.width as f64) as u16).min(plot.width - 1);
            for y in plot.top()..plot.bottom() {
                if pen.is_blank(x, y) {
                    pen.symbol(x, y, pen.glyphs.mark(), Role::Dim);
                }
            }
        }
    }
}

/// Draws one metric's columns, each joined to the one before.
pub(super) fn trace(dots: &mut Dots, layer: usize, columns: &[Option<Stat>], axis: &Axis) {
    let rows = dots.size().1;
    // The column drawn last: its place, rows from top to bottom, and the row of its mean.
    let mut before: Option<(usize, usize, usize, usize)> = None;
    for (x, stat) in columns.iter().enumerate() {
        let Some(stat) = stat else { continue };
        let (Some((low, high)), Some(mean)) = (stat.range(), stat.mean()) else {
            before = None;
            continue;
        };
        if low as f64 > axis.high || (high as f64) < axis.low {
            before = None;
            continue;
        }
        let (mut top, mut bottom) = (row(axis, high as f64, rows), row(axis, low as f64, rows));
        let middle = row(axis, mean, rows);
        match before {
            Some((at, last_top, last_bottom, _)) if at + 1 == x => {
                if last_bottom + 1 < top {
                    top = last_bottom + 1;
                } else if last_top > bottom + 1 {
                    bottom = last_top - 1;
                }
            }
            Some((at, _, _, last_middle)) => dots.line(layer, (at, last_middle), (x, middle)),
            None => {}
        }
        dots.vertical(layer, x, top, bottom);
        before = Some((x, top, bottom, middle));
    }
}

/// Marks values that are not finite, or beyond the axis, at the top or bottom of their column.
fn edges(pen: &mut Pen, plot: Rect, columns: &[Option<Stat>], axis: &Axis, dots_a_cell: usize) {
    let slack = (axis.high - axis.low) * 1e-3;
    for (i, stat) in columns.iter().enumerate().filter_map(|(i, stat)| Some((i, stat.as_ref()?))) {
        let x = plot.x + (i / dots_a_cell.max(1)) as u16;
        if let Some((low, high)) = stat.range() {
            let [above, below] = pen.glyphs.beyond();
            if high as f64 > axis.high + slack {
                pen.symbol(x, plot.y, above, Role::Warn);
            }
            if (low as f64) < axis.low - slack {
                pen.symbol(x, plot.bottom() - 1, below, Role::Warn);
            }
        }
        if stat.counts().1 > 0 {
            pen.symbol(x, plot.y, pen.glyphs.lost(), Role::Bad);
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;

    use super::*;
    use crate::link::{Metrics, StepRecord};
    use crate::ui::glyphs::GlyphSet;
    use crate::ui::theme::Palette;

    fn drawn(values: &[f32], marks: &[u64], (width, height): (u16, u16)) -> String {
        let mut history = History::default();
        for (i, &value) in values.iter().enumerate() {
            history.push(&StepRecord { step: i as u64 + 1, seconds: 0.0, values: Metrics([value; Metric::COUNT]) });
        }
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        let chart = Chart {
            lines: &[&(&history, Metric::Bound)],
            ink: Ink::default(),
            levels: &[],
            window: (1, values.len() as u64),
            marks,
        };
        chart.draw(&mut Pen { buffer: &mut buffer, glyphs: GlyphSet::Ascii, palette: Palette::Mono }, area);
        let line =
            |y| (0..width).map(|x| buffer[(x, y)].symbol().to_string()).collect::<String>().trim_end().to_string();
        (0..height).map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_spike_in_ten_thousand_steps_is_seen() {
        let mut values = vec![1.0; 10_000];
        values[5000] = 2.0;
        let text = drawn(&values, &[], (40, 8));
        assert!(text.contains('*') && (text.lines().next().unwrap().contains('*') || text.contains('^')), "{text}");
    }

    #[test]
    fn a_value_that_is_not_finite_is_marked() {
        let mut values = vec![1.0; 100];
        values[50] = f32::NAN;
        assert!(drawn(&values, &[], (40, 8)).lines().next().unwrap().contains('x'));
        assert!(!drawn(&vec![1.0; 100], &[], (40, 8)).contains('x'));
    }

    #[test]
    fn an_intervention_is_marked() {
        assert!(drawn(&[1.0; 100], &[50], (40, 8)).contains(':'));
        assert!(!drawn(&[1.0; 100], &[500], (40, 8)).contains(':'));
    }

    #[test]
    fn negative_values_have_room_and_labels() {
        let values: Vec<f32> = (0..100).map(|i| -3.0 + i as f32 / 50.0).collect();
        let text = drawn(&values, &[], (40, 9));
        assert!(text.contains("-3.0") && text.contains("-1.0"), "{text}");
        let marks = text.matches('*').count();
        assert!(marks >= 30, "{text}");
    }

    #[test]
    fn an_outlier_does_not_squash_the_rest() {
        let mut values: Vec<f32> = (0..200).map(|i| (i as f32 / 10.0).sin()).collect();
        values[3] = 1e6;
        let text = drawn(&values, &[], (60, 9));
        assert!(text.contains('^') && text.contains("1.0"), "{text}");
    }
}
