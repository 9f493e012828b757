//! The help, read back from the table of actions.

use ratatui::layout::Rect;

use super::pen::{Pen, Text, width};
use super::popup::centred;
use super::theme::Role;
use crate::action::{Group, TABLE};
use crate::keymap::keys;

/// Lines at the end that say how to read the screen.
const NOTES: [&str; 5] = [
    "What the screen shows is what the trainer has acknowledged; … marks",
    "a change that was asked for and has not been answered yet.",
    "Charts show the range of each column. Vertical marks are changes,",
    "× a value that is not finite, ▲ ▼ values beyond the axis.",
    "While suspended, training stops too.",
];

/// Rows of the whole help.
pub fn rows() -> usize {
    lines().len()
}

/// Every line: groups, their actions, and the notes.
pub fn lines() -> Vec<Text> {
    let column = TABLE.iter().map(|row| width(&keys(row.action))).max().unwrap_or(0);
    let mut lines = Vec::new();
    for group in Group::ALL {
        lines.push(vec![(Role::Strong, group.title().to_string())]);
        for row in TABLE.iter().filter(|row| row.group == group) {
            let keys = format!("  {:<column$}  ", keys(row.action));
            lines.push(vec![(Role::First, keys), (Role::Plain, row.doc.to_string())]);
        }
        lines.push(Vec::new());
    }
    lines.extend(NOTES.map(|note| vec![(Role::Dim, note.to_string())]));
    lines
}

/// Draws the help, scrolled down by so many rows.
pub fn draw(pen: &mut Pen, area: Rect, scroll: usize) {
    let lines = lines();
    let inner = pen.framed(centred(area, 76, lines.len() as u16 + 2), "help");
    let rows = inner.height as usize;
    let first = scroll.min(lines.len().saturating_sub(rows));
    for (i, line) in lines.iter().skip(first).take(rows).enumerate() {
        pen.text(inner.x, inner.y + i as u16, inner.width, line);
    }
    let hidden = lines.len().saturating_sub(first + rows);
    if hidden > 0 && inner.height > 0 {
        let text = format!(" {hidden} more below ");
        let x = inner.right().saturating_sub(text.len() as u16 + 1);
        pen.text(x, inner.bottom(), text.len() as u16, &[(Role::Warn, text)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_is_in_the_help_with_its_keys_and_doc() {
        let text: Vec<String> =
            lines().iter().map(|line| line.iter().map(|(_, piece)| piece.as_str()).collect()).collect();
        for row in &TABLE {
            let found = text.iter().any(|line| line.contains(&keys(row.action)) && line.contains(row.doc));
            assert!(found, "{} is not in the help", row.name);
        }
        assert!(text.iter().all(|line| width(line) <= 72));
    }
}
