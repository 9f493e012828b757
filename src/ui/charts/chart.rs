//! A chart of two lines over the steps: each column shows the range from the smallest to the largest value in it.
//!
//! Values that are not finite and values beyond the axis are marked at the edge, what happened by a vertical line.

use ratatui::layout::Rect;

use super::beside::Beside;
use super::chart_view::ChartView;
use super::dots::{Dots, Ink, Kind};
use super::ruler::{Side, dotted, label_width, row, y_labels};
use super::scale::{Measure, Scale};
use super::smoothing::Ema;
use crate::domain::MetricId;
use crate::history::{History, Stat};
use crate::ui::draw::pen::{Pen, width};
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
        let Some(measures) = self.measures(area.width as usize, height, others) else {
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
        if let Some(zero) = measures[0].zero() {
            dotted(pen, plot, plot.y + row(&measures[0].axis, zero, plot.height as usize) as u16);
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
        let mut raw = Dots::new(pen.glyphs, plot.width, plot.height);
        let across = raw.size().0;
        let columns = self.columns(across);
        let measure = |layer: usize| of_layer(measures, layer);
        for (layer, columns) in columns.iter().enumerate() {
            trace::range(&mut raw, layer, columns, measure(layer));
        }
        let (first, last) = self.view.window;
        match self.view.smoothing.steps(last - first + 1) {
            None => raw.paint(pen, plot, Kind::Lines, self.ink),
            Some(steps) => {
                raw.paint(pen, plot, Kind::Behind, Ink::BEHIND);
                let mut dots = Dots::new(pen.glyphs, plot.width, plot.height);
                for (layer, columns) in columns.iter().enumerate() {
                    let ema = warm(self.lines[layer], self.view.window, across, steps);
                    trace::smooth(&mut dots, layer, columns, measure(layer), ema);
                }
                dots.paint(pen, plot, Kind::Lines, self.ink);
            }
        }
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
    fn measures(&self, columns: usize, height: u16, others: &[Beside]) -> Option<Vec<Measure>> {
        let ticks = (height as usize).clamp(4, 8);
        let ends = |columns: Vec<Option<Stat>>| {
            let ranges = columns.into_iter().flatten().filter_map(|stat| stat.range());
            ranges.flat_map(|(low, high)| [f64::from(low), f64::from(high)]).collect::<Vec<f64>>()
        };
        let mut values: Vec<Vec<f64>> = self.columns(columns).into_iter().map(ends).collect();
        for other in others {
            if let Some(values) = values.get_mut(other.layer) {
                values.extend(ends(other.columns(self.view.window, columns)));
            }
        }
        let levels: Vec<f64> = self.levels.iter().map(|level| level.value).collect();
        let of = |values: Vec<f64>| Measure::of(self.view.scale, values, &levels, ticks);
        if self.view.two_axes && values.len() == 2 {
            let [first, second] = [0, 1].map(|line| of(values[line].clone()));
            if let (Some(first), Some(second)) = (first, second) {
                return Some(vec![first, second]);
            }
        }
        Some(vec![of(values.concat())?])
    }

    /// A line with its name at each level.
    fn level_lines(&self, pen: &mut Pen, plot: Rect, measure: &Measure) {
        for level in self.levels {
            let place = measure.place(level.value);
            if place < measure.axis.low {
                continue;
            }
            let y = plot.y + row(&measure.axis, place, plot.height as usize) as u16;
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
mod tests {
    use ratatui::buffer::Buffer;

    use super::*;
    use crate::domain::{Metric, Metrics, StepRecord};
    use crate::ui::charts::smoothing::Smoothing;
    use crate::ui::draw::glyphs::GlyphSet;
    use crate::ui::draw::theme::Palette;
    use crate::ui::state::event_log::{self, Entry};

    fn view(values: &[f32], scale: Scale) -> ChartView<'static> {
        let (window, smoothing) = ((1, values.len() as u64), Smoothing::Off);
        ChartView { window, scale, smoothing, two_axes: false, cursor: None, marks: &[] }
    }

    fn drawn_as(values: &[f32], view: ChartView, (width, height): (u16, u16)) -> String {
        let mut history = History::default();
        for (i, &value) in values.iter().enumerate() {
            let mut values = Metrics::of([value; Metric::COUNT]);
            values[Metric::Penalty] = 1000.0;
            history.push(&StepRecord { step: i as u64 + 1, seconds: 0.0, values });
        }
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        let both: [&dyn Line; 2] = [&(&history, Metric::Bound), &(&history, Metric::Penalty)];
        let lines = if view.two_axes { &both[..] } else { &both[..1] };
        let chart = Chart { lines, ink: Ink::default(), levels: &[], view };
        chart.draw(&mut Pen { buffer: &mut buffer, glyphs: GlyphSet::Ascii, palette: Palette::Mono }, area);
        let line =
            |y| (0..width).map(|x| buffer[(x, y)].symbol().to_string()).collect::<String>().trim_end().to_string();
        (0..height).map(line).collect::<Vec<_>>().join("\n")
    }

    fn drawn(values: &[f32], marks: &[u64], size: (u16, u16)) -> String {
        let entry = |step: &u64| Entry { step: *step, kind: event_log::Kind::Change, text: String::new() };
        let marks: Vec<Entry> = marks.iter().map(entry).collect();
        drawn_as(values, ChartView { marks: &marks, ..view(values, Scale::Linear) }, size)
    }

    #[test]
    fn a_logarithmic_scale_shows_every_decade_and_says_where_it_cannot() {
        let values: Vec<f32> = (0..400).map(|i| 10f32.powf(-(i as f32) / 100.0)).collect();
        let text = drawn_as(&values, view(&values, Scale::Log), (60, 12));
        assert!(["1", "0.1", "0.01", "0.001", "1e-4"].iter().all(|label| text.contains(label)), "{text}");
        // A straight line: as many marks in the upper half as in the lower.
        let rows: Vec<usize> = text.lines().map(|line| line.matches('*').count()).collect();
        assert!(rows[..5].iter().sum::<usize>().abs_diff(rows[6..11].iter().sum()) < 8, "{text}");
        let text = drawn_as(&[-1.0; 50], view(&[-1.0; 50], Scale::Log), (60, 12));
        assert!(text.contains("nothing above 0"), "{text}");
        let mixed: Vec<f32> = values.iter().map(|value| value - 0.5).collect();
        let text = drawn_as(&mixed, view(&values, Scale::Log), (60, 12));
        assert!(text.contains('v'), "{text}");
    }

    #[test]
    fn a_symmetric_logarithm_shows_both_signs() {
        let values: Vec<f32> = (0..400).map(|i| if i % 2 == 0 { 1000.0 } else { -0.5 }).collect();
        let text = drawn_as(&values, view(&values, Scale::SymLog), (60, 12));
        assert!(text.contains("1000") && text.contains("-0.5"), "{text}");
    }

    #[test]
    fn a_smooth_line_has_the_raw_one_behind_it() {
        let values: Vec<f32> = (0..400).map(|i| [0.0, 10.0][i % 2]).collect();
        let strong = ChartView { smoothing: Smoothing::Strong, ..view(&values, Scale::Linear) };
        let text = drawn_as(&values, strong, (60, 11));
        let middle: String = text.lines().skip(4).take(2).collect();
        assert!(middle.matches('*').count() > 40 && text.lines().next().unwrap().matches(',').count() > 40, "{text}");
    }

    #[test]
    fn two_axes_have_labels_on_both_sides() {
        let values: Vec<f32> = (0..100).map(|i| i as f32 / 100.0).collect();
        let text = drawn_as(&values, ChartView { two_axes: true, ..view(&values, Scale::Linear) }, (60, 9));
        let first = text.lines().next().unwrap();
        assert!(first.starts_with("1.0") && first.ends_with("1060"), "{text}");
    }

    #[test]
    fn the_cursor_stands_at_its_step() {
        let values = [1.0; 100];
        let text = drawn_as(&values, ChartView { cursor: Some(50), ..view(&values, Scale::Linear) }, (60, 9));
        assert!(text.lines().filter(|line| line.contains('|')).count() >= 6 && text.contains(" 50 "), "{text}");
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
