//! The event list: what happened, the newest last.

use ratatui::layout::Rect;

use super::app::App;
use super::event_log::{Entry, Kind};
use super::format;
use super::pen::{Pen, Text, width, wrap};
use super::theme::Role;

/// Columns of the step.
const STEP: u16 = 9;

/// Draws the panel.
pub fn draw(app: &App, pen: &mut Pen, area: Rect) {
    let legend: Text = match app.events.newer() {
        0 => Vec::new(),
        newer => vec![(Role::Warn, format!("{newer} newer below"))],
    };
    let inner = pen.panel(area, "events", &[legend]);
    // A few entries begin at the top; more end at the bottom.
    let room = inner.width.saturating_sub(STEP + 3) as usize;
    let mut rows = 0;
    for entry in app.events.visible() {
        rows += wrap(&pen.glyphs.text(&entry.text), room).len();
        if rows >= inner.height as usize {
            break;
        }
    }
    let mut bottom = inner.y + inner.height.min(rows.min(u16::MAX as usize) as u16);
    for entry in app.events.visible() {
        if bottom <= inner.y {
            break;
        }
        bottom = draw_entry(entry, pen, inner, bottom);
    }
}

/// Draws an entry so that it ends above row `bottom`. Returns the row it begins on.
fn draw_entry(entry: &Entry, pen: &mut Pen, area: Rect, bottom: u16) -> u16 {
    let room = area.width.saturating_sub(STEP + 3);
    let lines = wrap(&pen.glyphs.text(&entry.text), room as usize);
    let top = bottom.saturating_sub(lines.len() as u16).max(area.y);
    // The end of an entry that is too long for the panel can be lost, its beginning cannot.
    for (y, (i, line)) in (top..bottom).zip(lines.iter().enumerate()) {
        if i == 0 {
            let step = format::count(entry.step);
            let (step, taken) = if width(&step) <= STEP as usize {
                (step.clone(), width(&step) as u16)
            } else {
                (format::short_count(entry.step as f64), width(&format::short_count(entry.step as f64)) as u16)
            };
            pen.text(area.x + STEP.saturating_sub(taken), y, STEP, &[(Role::Dim, step)]);
        }
        let role = match entry.kind {
            Kind::Change => Role::Plain,
            Kind::State => Role::Dim,
            Kind::Rejected => Role::Warn,
            Kind::Alert => Role::Bad,
            Kind::Over => Role::Good,
        };
        pen.text(area.x + STEP + 2, y, room, &[(role, line)]);
    }
    top
}
