//! A chart of two lines over the steps: each column shows the range from the smallest to the largest value in it.
//!
//! Values that are not finite and values beyond the axis are marked at the edge, what happened by a vertical line.

use ratatui::layout::Rect;

use super::beside::Beside;
use super::chart_view::ChartView;
use super::dots::{Dots, Ink, Kind};
use super::ruler::{Side, cell, dotted, label_width, y_labels};
use super::scale::{Measure, Scale, Seen};
use super::smoothing::Ema;
use crate::domain::MetricId;
use crate::history::{History, Stat};
use crate::ui::draw::pen::{Pen, width};
use crate::ui::draw::spots::Target;
use crate::ui::draw::theme::Role;

pub mod steps;
pub mod trace;

/// Values over the steps, whatever keeps them.
pub trait Line {
    /// The steps `first..=last`, divided evenly into `columns`; `None` in a column without a value.
    fn columns(&self, first: u64, last: u64, columns: usize) -> Vec<Option<Stat>>;

    /// Whether values come only now and then, so that each is to be seen as a point.
    fn has_points(&self) -> bool {
        false
    }

    /// Whether it is noise that a moving average takes away: not of figures that are rare, or exact.
    fn is_noisy(&self) -> bool {
        !self.has_points()
    }
}

/// A metric of the history, of every step.
impl<M: Copy + Into<MetricId>> Line for (&History, M) {
    fn columns(&self, first: u64, last: u64, columns: usize) -> Vec<Option<Stat>> {
        self.0.columns(self.1, first, last, columns)
    }
}

/// A metric of the history that comes now and then.
#[derive(Clone, Copy, Debug)]
pub struct Points<'a>(pub &'a History, pub MetricId);

impl Line for Points<'_> {
    fn columns(&self, first: u64, last: u64, columns: usize) -> Vec<Option<Stat>> {
        self.0.columns(self.1, first, last, columns)
    }

    fn has_points(&self) -> bool {
        true
    }
}

/// A metric that a foreign run logs, as often as it likes: rare values are points, and frequent ones noise. An average
/// over steps leaves values that lie far apart as they are.
#[derive(Clone, Copy, Debug)]
pub struct Logged<'a>(pub &'a History, pub MetricId);

impl Line for Logged<'_> {
    fn columns(&self, first: u64, last: u64, columns: usize) -> Vec<Option<Stat>> {
        self.0.columns(self.1, first, last, columns)
    }

    fn has_points(&self) -> bool {
        true
    }

    fn is_noisy(&self) -> bool {
        true
    }
}

/// A value that means something, such as the most that a line can reach.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    pub value: f64,
    pub name: String,
}

/// The lines of a chart.
pub struct Chart<'a> {
    /// One or two.
    pub lines: &'a [&'a dyn Line],
    /// Their look.
    pub ink: Ink,
    /// Values with a line of their own; the axis has room for them.
    pub levels: &'a [Level],
    pub view: ChartView<'a>,
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
        let Some(measures) = self.measures(area.width as usize, (height, pen.glyphs.dots().1), others) else {
            if self.view.scale == Scale::Log {
                pen.note(area, "nothing above 0 to show on a logarithmic scale");
            }
            return;
        };
        let left = label_width(&measures[0].ticks) + 1;
        let right = measures.get(1).map_or(0, |second| label_width(&second.ticks) + 1);
        let plot = Rect { x: area.x + left, width: area.width.saturating_sub(left + right), height, ..area };
        if plot.width < 4 {
            return;
        }
        pen.spot(plot, Target::Plot(self.view.chart, self.view.window));
        if let Some(zero) = measures[0].zero() {
            dotted(pen, plot, plot.y + cell(&measures[0].axis, zero, plot.height));
        }
        y_labels(pen, plot, &measures[0].ticks, &measures[0].axis, Side::Left);
        if let Some(second) = measures.get(1) {
            y_labels(pen, plot, &second.ticks, &second.axis, Side::Right);
        }
        self.level_lines(pen, plot, &measures[0]);
        if labelled {
            steps::labels(pen, plot, self.view.window);
        }
        for other in others {
            other.draw(pen, plot, of_layer(&measures, other.layer), &self.view);
        }
        self.draw_lines(pen, plot, &measures);
        for other in others {
            other.label(pen, plot, of_layer(&measures, other.layer), self.view.window);
        }
        steps::marks(pen, plot, self.view.window, self.view.marks);
        if let Some(step) = self.view.cursor {
            steps::cursor(pen, plot, self.view.window, step, labelled);
        }
    }

    fn draw_lines(&self, pen: &mut Pen, plot: Rect, measures: &[Measure]) {
        let mut band = Dots::new(pen.glyphs, plot.width, plot.height);
        let across = band.size().0;
        let columns = self.columns(across);
        let measure = |layer: usize| of_layer(measures, layer);
        for (layer, columns) in columns.iter().enumerate() {
            trace::range(&mut band, layer, columns, measure(layer));
        }
        // The whole range, faint, and in front of it the mean: a band of noise is no line, and has none of its own.
        band.paint(pen, plot, Kind::Behind, self.ink.behind());
        let mut dots = Dots::new(pen.glyphs, plot.width, plot.height);
        let (first, last) = self.view.window;
        for (layer, columns) in columns.iter().enumerate() {
            let smoothed = self.view.smoothing.steps(last - first + 1).filter(|_| self.lines[layer].is_noisy());
            match smoothed {
                None => trace::means(&mut dots, layer, columns, measure(layer), |stat| stat?.mean()),
                Some(steps) => {
                    let mut ema = warm(self.lines[layer], self.view.window, across, steps);
                    trace::means(&mut dots, layer, columns, measure(layer), |stat| ema.push(stat));
                }
            }
        }
        dots.paint(pen, plot, Kind::Lines, self.ink);
        for (layer, columns) in columns.iter().enumerate() {
            let dots_a_cell = across / plot.width as usize;
            if self.lines[layer].has_points() {
                trace::points(pen, plot, columns, measure(layer), dots_a_cell, self.ink.roles[layer]);
            }
            trace::edges(pen, plot, columns, measure(layer), dots_a_cell);
        }
    }

    fn columns(&self, count: usize) -> Vec<Vec<Option<Stat>>> {
        self.lines.iter().map(|line| line.columns(self.view.window.0, self.view.window.1, count)).collect()
    }

    /// The y axis of each line, or the one that all share; None where there is nothing to show.
    fn measures(&self, columns: usize, (height, dots): (u16, usize), others: &[Beside]) -> Option<Vec<Measure>> {
        let mut seen = vec![Seen::default(); self.lines.len()];
        for (seen, columns) in seen.iter_mut().zip(self.columns(columns)) {
            seen.add(&columns);
        }
        for other in others {
            if let Some(seen) = seen.get_mut(other.layer) {
                seen.add(&other.columns(self.view.window, columns));
            }
        }
        let levels: Vec<f64> = self.levels.iter().map(|level| level.value).collect();
        let of = |seen: Seen| Measure::of(self.view.scale, seen, &levels, (height as usize, dots));
        if self.view.two_axes && seen.len() == 2 {
            let [first, second] = [0, 1].map(|line| of(seen[line].clone()));
            if let (Some(first), Some(second)) = (first, second) {
                return Some(vec![first, second]);
            }
        }
        let both = seen.into_iter().reduce(|mut both, next| {
            both.all.extend(next.all);
            both.recent.extend(next.recent);
            both
        });
        Some(vec![of(both?)?])
    }

    /// A line with its name at each level.
    fn level_lines(&self, pen: &mut Pen, plot: Rect, measure: &Measure) {
        for level in self.levels {
            let place = measure.place(level.value);
            if place < measure.axis.low {
                continue;
            }
            let y = plot.y + cell(&measure.axis, place, plot.height);
            dotted(pen, plot, y);
            let taken = width(&level.name) as u16 + 2;
            if taken < plot.width {
                pen.text(plot.right() - taken, y, taken, &[(Role::Dim, format!(" {} ", level.name))]);
            }
        }
    }
}

/// The y axis of a line: its own, or the one that all share.
fn of_layer(measures: &[Measure], layer: usize) -> &Measure {
    &measures[layer.min(measures.len() - 1)]
}

/// The moving average of a line over so many steps that has taken in as many steps before the window as the window has.
pub fn warm(line: &dyn Line, (first, last): (u64, u64), columns: usize, steps: u64) -> Ema {
    let span = last - first + 1;
    let mut ema = Ema::new(steps, span as f64 / columns.max(1) as f64);
    if first > 1 {
        for column in line.columns(first.saturating_sub(span), first - 1, columns) {
            ema.push(column.as_ref());
        }
    }
    ema
}

#[cfg(test)]
mod tests;
