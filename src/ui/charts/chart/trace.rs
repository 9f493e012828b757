//! A chart's lines: each column as the range from its smallest to its largest value, joined to the one before.

use ratatui::layout::Rect;

use super::super::dots::Dots;
use super::super::ruler::{cell, row};
use super::super::scale::Measure;
use crate::history::Stat;
use crate::ui::draw::pen::Pen;
use crate::ui::draw::theme::Role;

/// Draws one line's columns.
pub fn range(dots: &mut Dots, layer: usize, columns: &[Option<Stat>], measure: &Measure) {
    let (rows, axis) = (dots.size().1, &measure.axis);
    // The column drawn last: its place, rows from top to bottom, and the row of its mean.
    let mut before: Option<(usize, usize, usize, usize)> = None;
    for (x, stat) in columns.iter().enumerate() {
        let Some(stat) = stat else { continue };
        let (Some((low, high)), Some(mean)) = (stat.range(), stat.mean()) else {
            before = None;
            continue;
        };
        let [low, high, mean] = [low.into(), high.into(), mean].map(|value| measure.place(value));
        if low > axis.high || high < axis.low {
            before = None;
            continue;
        }
        let (mut top, mut bottom, middle) = (row(axis, high, rows), row(axis, low, rows), row(axis, mean, rows));
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

/// Draws a line through what `mean` says of each column.
pub fn means(
    dots: &mut Dots,
    layer: usize,
    columns: &[Option<Stat>],
    measure: &Measure,
    mut mean: impl FnMut(Option<&Stat>) -> Option<f64>,
) {
    let (rows, axis) = (dots.size().1, &measure.axis);
    let mut before: Option<(usize, usize)> = None;
    for (x, stat) in columns.iter().enumerate() {
        let Some(value) = mean(stat.as_ref()) else {
            // A column without a step is a gap that is bridged; one whose values are not finite breaks the line.
            if stat.is_some() {
                before = None;
            }
            continue;
        };
        let place = measure.place(value);
        if !(axis.low..=axis.high).contains(&place) {
            before = None;
            continue;
        }
        let here = (x, row(axis, place, rows));
        dots.line(layer, before.unwrap_or(here), here);
        before = Some(here);
    }
}

/// Marks each value of a line that has one only now and then, where they are not too close to be told apart.
pub fn points(pen: &mut Pen, plot: Rect, columns: &[Option<Stat>], measure: &Measure, dots_a_cell: usize, role: Role) {
    let means = columns.iter().enumerate().filter_map(|(i, stat)| Some((i, measure.place(stat.as_ref()?.mean()?))));
    let axis = &measure.axis;
    let seen: Vec<(usize, f64)> = means.filter(|(_, place)| (axis.low..=axis.high).contains(place)).collect();
    if seen.len() * 2 > plot.width as usize {
        return;
    }
    for (i, place) in seen {
        let x = plot.x + (i / dots_a_cell.max(1)) as u16;
        let y = plot.y + cell(axis, place, plot.height);
        pen.symbol(x, y, pen.glyphs.point(), role);
    }
}

/// Marks values that are not finite, or beyond the axis, at the top or bottom of their column.
pub fn edges(pen: &mut Pen, plot: Rect, columns: &[Option<Stat>], measure: &Measure, dots_a_cell: usize) {
    let axis = &measure.axis;
    // Within half a dot of the axis is on it.
    let slack = 0.5 * (axis.high - axis.low) / (plot.height as usize * axis.dots).saturating_sub(1).max(1) as f64;
    for (i, stat) in columns.iter().enumerate().filter_map(|(i, stat)| Some((i, stat.as_ref()?))) {
        let x = plot.x + (i / dots_a_cell.max(1)) as u16;
        if let Some((low, high)) = stat.range() {
            let [above, below] = pen.glyphs.beyond();
            if measure.place(high.into()) > axis.high + slack {
                pen.symbol(x, plot.y, above, Role::Warn);
            }
            if measure.place(low.into()) < axis.low - slack {
                pen.symbol(x, plot.bottom() - 1, below, Role::Warn);
            }
        }
        if stat.counts().1 > 0 {
            pen.symbol(x, plot.y, pen.glyphs.lost(), Role::Bad);
        }
    }
}
