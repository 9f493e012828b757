//! The x axis of a chart: labels of steps, marks of what happened, the cursor.

use ratatui::layout::Rect;

use super::super::axis::round_step;
use crate::domain::format;
use crate::ui::draw::pen::{Pen, width};
use crate::ui::draw::theme::Role;
use crate::ui::state::event_log::{Entry, Kind};

/// The column of a step in a plot, if the window has the step.
pub fn column(plot: Rect, (first, last): (u64, u64), step: u64) -> Option<u16> {
    // In whole numbers: a quotient just below a whole one would put a step into the column before its own.
    let span = u128::from(last - first) + 1;
    let x = u128::from(step.checked_sub(first)?) * u128::from(plot.width) / span;
    (step <= last).then_some(plot.x + x.min(u128::from(plot.width.saturating_sub(1))) as u16)
}

/// The step in the middle of a column of a plot.
pub fn step(plot: Rect, (first, last): (u64, u64), x: u16) -> u64 {
    let span = (last - first) as f64 + 1.0;
    let share = (f64::from(x.saturating_sub(plot.x)) + 0.5) / f64::from(plot.width.max(1));
    let step = first.saturating_add((share * span) as u64).min(last);
    // Where a column is about a step wide, rounding may have it beside.
    let beside = step.saturating_add(1).min(last);
    if column(plot, (first, last), step) < Some(x) && column(plot, (first, last), beside) == Some(x) {
        beside
    } else {
        step
    }
}

/// Labels below a plot.
pub fn labels(pen: &mut Pen, plot: Rect, (first, last): (u64, u64)) {
    let span = (last - first).saturating_add(1);
    let step = (round_step(span as f64, (plot.width / 10).max(1) as usize) as u64).max(1);
    let mut free = plot.x;
    let mut tick = (first - first.min(1)).div_ceil(step).saturating_mul(step);
    while tick <= last {
        // There is no step before the first: it is named itself.
        let label = label(tick.max(first), step);
        let offset = tick.saturating_sub(first) as f64 / span as f64 * plot.width as f64;
        let taken = width(&label) as u16;
        let x = (plot.x + offset as u16).saturating_sub(taken / 2).max(plot.x).min(plot.right().saturating_sub(taken));
        if x >= free {
            pen.text(x, plot.bottom(), taken, &[(Role::Dim, label)]);
            free = x + taken + 1;
        }
        let Some(next) = tick.checked_add(step) else { break };
        tick = next;
    }
}

/// A step in little room, but told from the tick `step` further.
fn label(tick: u64, step: u64) -> String {
    let short = format::short_count(tick as f64);
    let next = format::short_count(tick.saturating_add(step) as f64);
    if short == next { format::count(tick) } else { short }
}

/// A vertical mark at everything that happened in the window.
pub fn marks(pen: &mut Pen, plot: Rect, window: (u64, u64), marks: &[Entry]) {
    for mark in marks {
        let Some(x) = column(plot, window, mark.step) else { continue };
        let role = if mark.kind == Kind::Alert { Role::Bad } else { Role::Dim };
        for y in plot.top()..plot.bottom() {
            if pen.is_blank(x, y) {
                pen.symbol(x, y, pen.glyphs.mark(), role);
            }
        }
    }
}

/// The cursor, and its step among the labels, where there are any.
pub fn cursor(pen: &mut Pen, plot: Rect, window: (u64, u64), step: u64, labelled: bool) {
    let Some(x) = column(plot, window, step) else { return };
    for y in plot.top()..plot.bottom() {
        if pen.is_blank(x, y) || [pen.glyphs.mark(), pen.glyphs.dotted()].contains(&pen.at(x, y)) {
            pen.symbol(x, y, pen.glyphs.cursor_line(), Role::Strong);
        }
    }
    if labelled {
        let text = format!(" {} ", format::count(step));
        let taken = (width(&text) as u16).min(plot.width);
        let left = x.saturating_sub(taken / 2).max(plot.x).min(plot.right() - taken);
        pen.text(left, plot.bottom(), taken, &[(Role::Strong, text)]);
        // What is left of labels below it would read as part of the step.
        let cut = |x: &u16| !pen.is_blank(*x, plot.bottom());
        let before: Vec<u16> = (plot.x..left).rev().take_while(cut).collect();
        let after: Vec<u16> = (left + taken..plot.right()).take_while(cut).collect();
        for x in before.into_iter().chain(after) {
            pen.symbol(x, plot.bottom(), " ", Role::Plain);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_step_of_a_column_lies_in_that_column() {
        let plot = Rect::new(7, 0, 50, 9);
        for window in [(1, 50), (1, 100_000), (301, 421), (u64::MAX - 100, u64::MAX - 1)] {
            for x in plot.left()..plot.right() {
                assert_eq!(column(plot, window, step(plot, window, x)), Some(x), "{window:?}");
            }
        }
        // Fewer steps than columns: still one of them.
        assert_eq!((step(plot, (5, 6), 7), step(plot, (5, 6), 56), step(plot, (5, 6), 99)), (5, 6, 6));
    }
}
