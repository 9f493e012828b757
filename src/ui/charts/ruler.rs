//! The axes of a plot: labels beside and below it, and lines across it.

use ratatui::layout::Rect;

use super::axis::Axis;
use crate::ui::draw::pen::{Pen, width};
use crate::ui::draw::theme::Role;

/// The columns that a y axis' labels take.
pub fn label_width(labels: &[(f64, String)]) -> u16 {
    labels.iter().map(|(_, label)| width(label)).max().unwrap_or(0) as u16
}

/// The side of a plot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Left,
    Right,
}

/// A y axis on the left of a plot: the labels that have room, and a line at zero.
pub fn y_axis(pen: &mut Pen, plot: Rect, labels: &[(f64, String)], axis: &Axis) {
    if axis.low < 0.0 && axis.high > 0.0 {
        dotted(pen, plot, plot.y + cell(axis, 0.0, plot.height));
    }
    y_labels(pen, plot, labels, axis, Side::Left);
}

/// The labels of a y axis: all where they are evenly apart, else those that have room.
pub fn y_labels(pen: &mut Pen, plot: Rect, labels: &[(f64, String)], axis: &Axis, side: Side) {
    let rows: Vec<u16> = labels.iter().map(|(value, _)| plot.y + cell(axis, *value, plot.height)).collect();
    let even = rows.windows(3).all(|of| of[0] - of[1] == of[1] - of[2]) && rows.windows(2).all(|of| of[0] > of[1]);
    // Elsewhere both ends and zero first, then what fits between with a blank row.
    let mut taken: Vec<u16> = Vec::new();
    let last = labels.len().saturating_sub(1);
    let zero = |&i: &usize| labels[i].0.abs() < axis.step / 2.0;
    let ends = [0, last].into_iter().chain((0..labels.len()).filter(zero)).take(if labels.is_empty() {
        0
    } else {
        usize::MAX
    });
    for (i, apart) in ends.map(|i| (i, 1)).chain((1..last).map(|i| (i, if even { 1 } else { 2 }))) {
        let ((_, label), y) = (&labels[i], rows[i]);
        if taken.iter().all(|other| other.abs_diff(y) >= apart) {
            let x = match side {
                Side::Left => plot.x - 1 - width(label) as u16,
                Side::Right => plot.right() + 1,
            };
            pen.text(x, y, width(label) as u16, &[(Role::Dim, label)]);
            taken.push(y);
        }
    }
}

/// A dotted line across a plot.
pub fn dotted(pen: &mut Pen, plot: Rect, y: u16) {
    for x in plot.left()..plot.right() {
        pen.symbol(x, y, pen.glyphs.dotted(), Role::Dim);
    }
}

/// The row of dots of a value among `rows`, from the top; clamped.
pub fn row(axis: &Axis, value: f64, rows: usize) -> usize {
    axis.dot(value, rows).round().clamp(0.0, rows.saturating_sub(1) as f64) as usize
}

/// The row of cells of a value among `rows`, from the top; clamped.
pub fn cell(axis: &Axis, value: f64, rows: u16) -> u16 {
    (row(axis, value, rows as usize * axis.dots) / axis.dots) as u16
}

/// An x axis from `low` to `high` below a plot: the labels that have room.
pub fn x_axis(pen: &mut Pen, plot: Rect, low: f64, high: f64) {
    let axis = Axis::cover(low, high, (plot.width / 10) as usize);
    let mut free = plot.x;
    for (value, label) in axis.ticks() {
        let share = (value - low) / (high - low);
        let taken = pen.width(&[(Role::Dim, &label)]);
        if (0.0..=1.0).contains(&share) {
            let middle = plot.x + (share * plot.width as f64) as u16;
            let x = middle.saturating_sub(taken / 2).max(plot.x).min(plot.right() - taken.min(plot.width));
            if x >= free {
                pen.text(x, plot.bottom(), taken, &[(Role::Dim, label)]);
                free = x + taken + 1;
            }
        }
    }
}
