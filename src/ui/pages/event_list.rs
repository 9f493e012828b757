//! The event list: what happened, the newest last.

use ratatui::layout::Rect;

use crate::domain::format;
use crate::glossary::Panel;
use crate::ui::draw::pen::{Pen, Text, width, wrap};
use crate::ui::draw::theme::Role;
use crate::ui::state::app::App;
use crate::ui::state::event_log::Entry;

/// Columns of the step.
const STEP: u16 = 9;
/// Columns of the word for a kind.
const KIND: u16 = 9;

/// Draws the panel.
pub fn draw(app: &App, pen: &mut Pen, area: Rect) {
    let legend: Text = match app.events.newer() {
        0 => Vec::new(),
        newer => vec![(Role::Warn, format!("{newer} newer below"))],
    };
    let inner = pen.panel(area, Panel::Events, "events", &[legend]);
    draw_entries(app.events.visible(), pen, inner, false);
}

/// Draws entries, newest first, as many as fit; with a word for the kind of each where that is wanted.
pub fn draw_entries<'a>(entries: impl Iterator<Item = &'a Entry> + Clone, pen: &mut Pen, area: Rect, kinds: bool) {
    let text = STEP + 2 + if kinds { KIND } else { 0 };
    // A few entries begin at the top; more end at the bottom.
    let room = area.width.saturating_sub(text + 1) as usize;
    let mut rows = 0;
    for entry in entries.clone() {
        rows += wrap(&pen.glyphs.text(&entry.text), room).len();
        if rows >= area.height as usize {
            break;
        }
    }
    let mut bottom = area.y + area.height.min(rows.min(u16::MAX as usize) as u16);
    for entry in entries {
        if bottom <= area.y {
            break;
        }
        bottom = draw_entry(entry, pen, area, bottom, text);
    }
}

/// Draws an entry so that it ends above row `bottom`, its text so many columns from the left. Returns the row it begins
/// on.
fn draw_entry(entry: &Entry, pen: &mut Pen, area: Rect, bottom: u16, text: u16) -> u16 {
    let room = area.width.saturating_sub(text + 1);
    let lines = wrap(&pen.glyphs.text(&entry.text), room as usize);
    let top = bottom.saturating_sub(lines.len() as u16).max(area.y);
    let role = entry.kind.role();
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
            if text > STEP + 2 {
                pen.text(area.x + STEP + 2, y, KIND - 1, &[(role, entry.kind.name())]);
            }
        }
        pen.text(area.x + text, y, room, &[(role, line)]);
    }
    top
}
