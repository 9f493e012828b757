//! Several runs side by side: how far each has come, and what differs in their configs.

use super::list::RunList;
use crate::run::differences;
use crate::run::row::{Column, Row};
use crate::ui::draw::pen::{Text, width};
use crate::ui::draw::theme::Role;
use crate::ui::popups::reader::Line;

/// The columns of what is said of a run beside its config.
const SAID: [Column; 6] =
    [Column::State, Column::Age, Column::Steps, Column::Figure(0), Column::Figure(1), Column::Figure(2)];
/// The least columns of a run, and of the names of keys.
const LEAST: usize = 6;
/// The most columns of a key's name, and of a value.
const MOST: (usize, usize) = (32, 28);

/// The columns of a text over a screen of this width.
pub fn room(screen: u16) -> u16 {
    screen.saturating_sub(8).clamp(20, 110)
}

/// The runs that are ticked: their directories by number, then a column each.
pub fn lines(list: &RunList, room: u16) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let rows = list.ticked();
    for (i, row) in rows.iter().enumerate() {
        let text: Text = vec![(Role::Strong, format!("{}  ", i + 1)), (Role::Plain, row.directory.clone())];
        lines.push(text.into());
    }
    lines.push(Line::default());
    lines.extend(table(list, &rows, room).into_iter().map(Line::from));
    lines
}

/// The facts about each run, and the keys of their configs that differ, a line each under a line of numbers.
pub fn table(list: &RunList, rows: &[&Row], room: u16) -> Vec<Text> {
    let mut cells: Vec<(String, Vec<String>)> = Vec::new();
    for column in SAID {
        cells.push((column.title(), rows.iter().map(|row| row.cell(column, list.now)).collect()));
    }
    let configs: Vec<_> = rows.iter().map(|row| list.config(row)).collect();
    let known: Vec<_> = configs.iter().copied().flatten().collect();
    let differing = differences::differing(&known);
    for key in &differing {
        let value = |config: &Option<&differences::Keys>| match config {
            Some(config) => config.get(key).cloned().unwrap_or("-".into()),
            None => "?".to_owned(),
        };
        cells.push((key.clone(), configs.iter().map(value).collect()));
    }
    let room = usize::from(room);
    let key = cells.iter().map(|(key, _)| width(key)).max().unwrap_or(0).min(MOST.0).min(room / 3);
    let each = (room.saturating_sub(key) / rows.len().max(1)).saturating_sub(2).max(LEAST);
    let widths: Vec<usize> = (0..rows.len())
        .map(|i| cells.iter().map(|(_, values)| width(&values[i])).max().unwrap_or(0).clamp(LEAST, MOST.1).min(each))
        .collect();
    let numbers = widths.iter().enumerate().map(|(i, width)| (Role::Strong, format!("  {:<width$}", i + 1)));
    let mut lines: Vec<Text> = vec![std::iter::once((Role::Dim, " ".repeat(key))).chain(numbers).collect()];
    for (at, (name, values)) in cells.iter().enumerate() {
        let mut line: Text = vec![(Role::Dim, cut(name, key))];
        for (value, width) in values.iter().zip(&widths) {
            // What is as of the first run recedes.
            let role = if at >= SAID.len() && *value == values[0] { Role::Dim } else { Role::Plain };
            line.push((role, format!("  {}", cut(value, *width))));
        }
        lines.push(line);
    }
    let note = |text: &str| vec![(Role::Dim, text.to_owned())];
    if known.len() < rows.len() {
        lines.push(note("? its config is not known"));
    }
    if known.len() > 1 && differing.is_empty() {
        lines.push(note("their configs are the same"));
    }
    lines
}

/// A text in exactly so many columns.
pub fn cut(text: &str, columns: usize) -> String {
    let taken = width(text);
    if taken <= columns {
        return format!("{text}{}", " ".repeat(columns - taken));
    }
    let mut cut = String::new();
    for c in text.chars() {
        let mut next = cut.clone();
        next.push(c);
        if width(&next) >= columns {
            break;
        }
        cut = next;
    }
    let taken = width(&cut);
    format!("{cut}…{}", " ".repeat(columns.saturating_sub(taken + 1)))
}
