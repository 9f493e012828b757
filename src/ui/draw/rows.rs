//! Rows of a label and what it stands for: the least important go first where there are too many.

use ratatui::layout::Rect;

use super::pen::{Pen, Text};
use super::spots::Target;
use super::theme::Role;
use crate::glossary::Term;

/// Columns of a label.
const LABEL: u16 = 11;

/// One row.
pub struct Row {
    /// The term of the glossary for it.
    pub term: Term,
    pub label: &'static str,
    /// The text, and the same in less room.
    pub value: Text,
    pub short: Text,
    /// Smaller stays longer when there are too few rows.
    pub rank: u8,
}

/// Draws the rows that have room, in their order.
pub fn draw(pen: &mut Pen, area: Rect, mut rows: Vec<Row>) {
    while rows.len() > area.height as usize {
        let Some(last) = rows.iter().enumerate().max_by_key(|(_, row)| row.rank).map(|(i, _)| i) else { break };
        rows.remove(last);
    }
    for (i, row) in rows.iter().enumerate() {
        let y = area.y + i as u16;
        pen.spot(Rect { y, height: 1, ..area }, Target::Term(row.term));
        pen.text(area.x + 1, y, LABEL, &[(Role::Dim, row.label)]);
        let room = area.width.saturating_sub(LABEL + 1);
        let value = if pen.width(&row.value) <= room { &row.value } else { &row.short };
        pen.text(area.x + 1 + LABEL, y, room, value);
    }
}

/// A figure to find at a glance.
pub fn strong(text: String) -> (Role, String) {
    (Role::Strong, text)
}

/// A figure beside it.
pub fn plain(text: String) -> (Role, String) {
    (Role::Plain, text)
}

/// The name of a figure.
pub fn dim(text: &str) -> (Role, String) {
    (Role::Dim, text.into())
}
