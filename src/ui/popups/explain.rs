//! An entry of the glossary: what something on the screen is, what is good, what is bad and what to press.

use ratatui::layout::Rect;

use super::reader::{Line, Reader};
use super::{centred, rows_of};
use crate::domain::action::Action;
use crate::domain::keymap::Keymap;
use crate::glossary::{self, Entry, Term, Unknown};
use crate::ui::draw::glyphs::GlyphSet;
use crate::ui::draw::pen::{Pen, Text, width, wrap};
use crate::ui::draw::spots::Target;
use crate::ui::draw::theme::Role;
use crate::ui::state::app::{App, Popup};

/// The width of the popup, at most.
const WIDTH: u16 = 84;
/// Columns of a part's label.
const LABEL: usize = 10;

/// An entry that is read.
#[derive(Clone, Debug)]
pub struct Explained {
    pub entry: Entry,
    pub reader: Reader,
    /// The popup that was open before, which comes back.
    before: Option<Box<Popup>>,
}

/// Opens an entry over what is open.
pub fn open(app: &mut App, entry: Entry) {
    let before = app.popup.take().filter(|popup| matches!(popup, Popup::Help(_) | Popup::Explain(_))).map(Box::new);
    app.popup = Some(Popup::Explain(Box::new(Explained { entry, reader: Reader::default(), before })));
}

/// The entry of a term on the screen.
pub fn of_term(app: &App, term: Term) -> Option<Entry> {
    match term {
        Term::Declared(metric) => app.run.info.as_ref()?.metrics.get(metric).map(glossary::of_metric),
        term => term.entry().cloned(),
    }
}

/// The entry of this name, of the glossary or of a metric that the run declares.
///
/// # Errors
///
/// There is none.
pub fn find(app: &App, name: &str) -> Result<Entry, Unknown> {
    let declared = app.run.info.iter().flat_map(|run| run.metrics.declared());
    match declared.into_iter().find(|info| glossary::plain(&info.name) == glossary::plain(name)) {
        Some(info) => Ok(glossary::of_metric(info)),
        None => glossary::find(name).cloned(),
    }
}

/// Scrolls or chooses, opens what is chosen, goes back.
pub fn press(app: &mut App, action: Action, by: isize) {
    let Some(Popup::Explain(mut explained)) = app.popup.take() else { return };
    let lines = lines(&explained.entry, &app.keymap, app.glyphs, inner_width(app.size.width));
    match action {
        Action::Close => return app.popup = explained.before.map(|before| *before),
        Action::Accept => {
            let link = explained.reader.chosen.and_then(|at| lines.get(at)?.link);
            let next = link.and_then(|link| glossary::find(explained.entry.see.get(link)?).ok());
            let Some(next) = next else { return app.popup = explained.before.map(|before| *before) };
            app.popup = Some(Popup::Explain(explained));
            return open(app, next.clone());
        }
        _ => explained.reader.go(by, &lines, rows_of(app, height(lines.len()))),
    }
    app.popup = Some(Popup::Explain(explained));
}

fn inner_width(screen: u16) -> usize {
    centred(Rect::new(0, 0, screen, 0), WIDTH, 0).width.saturating_sub(4).into()
}

/// The rows of the popup that shows so many lines.
fn height(lines: usize) -> u16 {
    u16::try_from(lines + 2).unwrap_or(u16::MAX)
}

/// The entry in lines of at most so many columns; what it leads to are the names of other entries.
fn lines(entry: &Entry, keymap: &Keymap, glyphs: GlyphSet, room: usize) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let column = entry.see.iter().map(|name| width(name)).max().unwrap_or(0);
    for (label, text) in entry.parts(keymap) {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        if label == "see also" {
            lines.push(vec![(Role::Dim, "see also".into())].into());
            lines.extend(entry.see.iter().enumerate().map(|(at, name)| {
                let about = glossary::find(name).map_or("", |other| other.in_short());
                let gap = " ".repeat(column.saturating_sub(width(name)) + 2);
                let text = vec![(Role::First, format!("  {name}")), (Role::Dim, format!("{gap}{about}"))];
                Line { text, link: Some(at) }
            }));
            continue;
        }
        let role = if label == "formula" { Role::Strong } else { Role::Plain };
        for (at, line) in wrap(&glyphs.text(&text), room.saturating_sub(LABEL)).into_iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            lines.push(vec![(Role::Dim, format!("{label:<LABEL$}")), (role, line)].into());
        }
    }
    lines
}

/// Draws the entry.
pub fn draw(app: &App, explained: &Explained, pen: &mut Pen, area: Rect) {
    let room = inner_width(area.width);
    let lines = lines(&explained.entry, &app.keymap, app.glyphs, room);
    let inner = pen.framed(centred(area, WIDTH, height(lines.len())), &explained.entry.name);
    draw_lines(pen, inner, &lines, &explained.reader);
}

/// Draws the lines in sight, the chosen one marked, and how many lie below.
pub fn draw_lines(pen: &mut Pen, inner: Rect, lines: &[Line], reader: &Reader) {
    let rows = inner.height as usize;
    let first = reader.first(lines.len(), rows);
    for (i, line) in lines.iter().enumerate().skip(first).take(rows) {
        let area = Rect { y: inner.y + (i - first) as u16, height: 1, ..inner };
        if line.link.is_some() {
            pen.spot(area, Target::Row(i));
        }
        if reader.chosen == Some(i) {
            let text: String = line.text.iter().map(|(_, piece)| piece.as_str()).collect();
            let text: Text = vec![(Role::Strong, pen.glyphs.cursor().into()), (Role::Selected, text[1..].to_owned())];
            pen.text(area.x, area.y, area.width, &text);
        } else {
            pen.text(area.x, area.y, area.width, &line.text);
        }
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
    fn every_entry_has_an_ascii_spelling() {
        for entry in glossary::all() {
            for (label, text) in entry.parts(&Keymap::default()) {
                let spelt = GlyphSet::Ascii.text(&text);
                // The question mark is a key, too; another one stands for what has no spelling.
                let marks = |text: &str| text.matches('?').count();
                assert!(spelt.is_ascii() && marks(&spelt) == marks(&text), "{}, {label}: {spelt}", entry.name);
            }
        }
    }

    #[test]
    fn every_entry_fits_the_least_screen_and_keeps_its_words() {
        for room in [52, 80] {
            for entry in glossary::all() {
                let lines = lines(entry, &Keymap::default(), GlyphSet::Braille, room);
                let text = |line: &Line| line.text.iter().map(|(_, piece)| piece.as_str()).collect::<String>();
                let links = lines.iter().filter(|line| line.link.is_some()).count();
                assert_eq!(links, entry.see.len(), "{}", entry.name);
                lines.iter().filter(|line| line.link.is_none()).for_each(|line| {
                    assert!(width(&text(line)) <= room, "{}: {}", entry.name, text(line));
                });
                let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
                let all: Vec<String> = lines.iter().flat_map(|line| words(&text(line))).collect();
                for word in words(&[&entry.what, &entry.good, &entry.bad].map(String::as_str).join(" ")) {
                    assert!(all.contains(&word) || word.len() > 40, "{}: {word} is missing", entry.name);
                }
            }
        }
    }
}
