//! The help, read back from the table of actions and the keys in force.

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;
use tui_input::Input;

use super::reader::{Line, Reader};
use super::{centred, explain, prompt, rows_of, typed};
use crate::domain::action::{Action, Group, TABLE};
use crate::domain::keymap::Keymap;
use crate::glossary::{self, Entry, Kind};
use crate::ui::draw::pen::{Pen, Text, width};
use crate::ui::draw::spots;
use crate::ui::draw::theme::Role;
use crate::ui::state::app::{App, Popup};
use crate::ui::state::attached;

/// Lines at the end that say how to read the screen.
const NOTES: [&str; 6] = [
    "What the screen shows is what the trainer has acknowledged; … marks",
    "a change that was asked for and has not been answered yet.",
    "Charts show the range of each column. Vertical marks are changes,",
    "× a value that is not finite, ▲ ▼ values beyond the axis.",
    "A frozen display does not pause the training; a pause does not",
    "freeze the display. While suspended, training stops too.",
];

/// The most characters of a filter.
const LONGEST: usize = 40;
/// The width of the help, and where there is room for how actions are typed too.
const WIDTHS: [u16; 2] = [76, 108];
/// The columns of names of the glossary, at most.
const NAMES: usize = 24;

/// The contents of the help.
#[derive(Clone, Debug, Default)]
pub struct HelpView {
    /// The entries of what the page showed when the help was opened.
    page: Vec<Entry>,
    pub reader: Reader,
    /// Whether the filter is being typed.
    pub typing: bool,
    filter: Input,
}

impl HelpView {
    /// Takes an editing key of the filter.
    pub fn key(&mut self, key: &KeyEvent) {
        prompt::edit_field(&mut self.filter, key, LONGEST);
    }

    /// Takes pasted text into the filter.
    pub fn paste(&mut self, text: &str) {
        prompt::paste_into(&mut self.filter, text, LONGEST);
    }
}

/// Opens the help of the page that is open.
pub fn open(app: &mut App) {
    let page = spots::terms(app).into_iter().filter_map(|term| explain::of_term(app, term)).collect();
    app.popup = Some(Popup::Help(HelpView { page, ..HelpView::default() }));
    go_to_top(app);
}

/// Begins to type the filter, if the help is open.
pub fn search(app: &mut App) {
    if let Some(Popup::Help(view)) = &mut app.popup {
        view.typing = true;
    }
}

/// Shows everything again.
pub fn clear(app: &mut App) {
    if let Some(Popup::Help(view)) = &mut app.popup {
        (view.typing, view.filter) = (false, Input::default());
    }
    go_to_top(app);
}

/// Chooses the first line that leads on, as after another filter.
pub fn go_to_top(app: &mut App) {
    let rows = rows(app);
    let Some(Popup::Help(view)) = &app.popup else { return };
    let reader = Reader::at_first(&texts(&shown(app, view)), rows);
    if let Some(Popup::Help(view)) = &mut app.popup {
        view.reader = reader;
    }
}

/// Goes on by so many lines.
pub fn go(app: &mut App, by: isize) {
    let rows = rows(app);
    let Some(Popup::Help(view)) = &app.popup else { return };
    let (lines, mut reader) = (texts(&shown(app, view)), view.reader);
    reader.go(by, &lines, rows);
    if let Some(Popup::Help(view)) = &mut app.popup {
        view.reader = reader;
    }
}

/// Opens the entry of the chosen line; closes the help where none is chosen.
pub fn accept(app: &mut App) {
    let Some(Popup::Help(view)) = &app.popup else { return };
    let chosen = view.reader.chosen.and_then(|at| shown(app, view).into_iter().nth(at)?.entry);
    match chosen {
        Some(entry) => explain::open(app, entry),
        None => app.popup = None,
    }
}

/// A line of the help, and the entry that it leads to.
#[derive(Clone, Debug)]
pub struct Shown {
    pub text: Text,
    entry: Option<Entry>,
}

/// The contents of the help.
struct Contents<'a> {
    keymap: &'a Keymap,
    page: &'a [Entry],
    filter: String,
    /// Whether to say how actions are typed.
    typed: bool,
}

fn shown(app: &App, view: &HelpView) -> Vec<Shown> {
    let contents = Contents {
        keymap: &app.keymap,
        page: &view.page,
        filter: view.filter.value().trim().to_lowercase(),
        typed: is_wide(app.size.width),
    };
    contents.lines(&|action| attached::offers(app, action))
}

fn texts(lines: &[Shown]) -> Vec<Line> {
    lines
        .iter()
        .enumerate()
        .map(|(at, line)| Line { text: line.text.clone(), link: line.entry.as_ref().map(|_| at) })
        .collect()
}

fn is_wide(screen: u16) -> bool {
    screen >= WIDTHS[1] + 4
}

/// The rows of the popup: as high as the keys, so that it does not jump while the filter is typed.
const HEIGHT: u16 = (TABLE.len() + 2 * Group::ALL.len() + NOTES.len() + 2) as u16;

fn rows(app: &App) -> usize {
    rows_of(app, HEIGHT)
}

impl Contents<'_> {
    /// Every line that has the filter in it: what the page shows, groups of actions as far as they are offered, notes,
    /// and the rest of the glossary.
    fn lines(&self, offers: &dyn Fn(Action) -> bool) -> Vec<Shown> {
        let mut lines = self.entries("On this page", self.page.iter());
        for group in Group::ALL {
            lines.extend(self.group(group, offers));
        }
        let notes = NOTES.map(|note| Shown { text: vec![(Role::Dim, note.to_string())], entry: None });
        let notes: Vec<Shown> = notes.into_iter().filter(|note| self.passes(&note.text, "")).collect();
        if !notes.is_empty() {
            lines.extend(notes);
            lines.push(blank());
        }
        let rest = |entry: &&Entry| entry.kind != Kind::Action && !self.page.contains(entry);
        lines.extend(self.entries("Glossary", glossary::all().iter().filter(rest)));
        lines.pop();
        lines
    }

    fn passes(&self, line: &Text, more: &str) -> bool {
        let text: String = line.iter().map(|(_, piece)| piece.as_str()).chain([" ", more]).collect();
        text.to_lowercase().contains(&self.filter)
    }

    /// The entries that the filter lets through, below a heading.
    fn entries<'e>(&self, title: &str, entries: impl Iterator<Item = &'e Entry>) -> Vec<Shown> {
        let entries: Vec<&Entry> = entries.filter(|entry| entry.has(&self.filter)).collect();
        let column = entries.iter().map(|entry| width(&entry.name)).max().unwrap_or(0).min(NAMES);
        let rows = entries.into_iter().map(|entry| {
            let gap = " ".repeat(column.saturating_sub(width(&entry.name)) + 2);
            let text =
                vec![(Role::First, format!("  {}{gap}", entry.name)), (Role::Plain, entry.in_short().to_owned())];
            Shown { text, entry: Some(entry.clone()) }
        });
        headed(title, rows.collect())
    }

    fn group(&self, group: Group, offers: &dyn Fn(Action) -> bool) -> Vec<Shown> {
        let keymap = self.keymap;
        let column = TABLE.iter().map(|row| width(&keymap.keys(row.action))).max().unwrap_or(0).min(12);
        let names = TABLE.iter().filter(|row| row.is_command()).map(|row| width(&row.usage())).max().unwrap_or(0);
        let title: Text = vec![(Role::Strong, group.title().to_string())];
        let whole = !self.filter.is_empty() && self.passes(&title, "");
        let rows = TABLE.iter().filter(|row| row.group == group && offers(row.action)).filter_map(|row| {
            let usage = if row.is_command() { row.usage() } else { String::new() };
            let keys = match row.is_command() && row.keys.is_empty() && !self.typed {
                true => usage.clone(),
                false => keymap.keys(row.action),
            };
            let mut text = vec![(Role::First, format!("  {keys:<column$}  "))];
            if self.typed {
                text.push((Role::Second, format!("{usage:<names$}  ")));
            }
            text.push((Role::Plain, row.doc.to_string()));
            let entry = glossary::find(row.long).ok().cloned();
            (whole || self.passes(&text, &usage)).then_some(Shown { text, entry })
        });
        headed(group.title(), rows.collect())
    }
}

fn blank() -> Shown {
    Shown { text: Text::new(), entry: None }
}

/// Rows below their heading, with a blank line behind; nothing where there are none.
fn headed(title: &str, rows: Vec<Shown>) -> Vec<Shown> {
    if rows.is_empty() {
        return rows;
    }
    let heading = Shown { text: vec![(Role::Strong, title.to_owned())], entry: None };
    std::iter::once(heading).chain(rows).chain([blank()]).collect()
}

/// Draws the help.
pub fn draw(app: &App, view: &HelpView, pen: &mut Pen, area: Rect) {
    let lines = texts(&shown(app, view));
    let inner = pen.framed(centred(area, WIDTHS[usize::from(is_wide(area.width))], HEIGHT), "help");
    if lines.is_empty() {
        pen.note(inner, "nothing contains this");
    }
    explain::draw_lines(pen, inner, &lines, &view.reader);
    draw_filter(app, view, pen, inner);
}

/// The filter, in the frame above.
fn draw_filter(app: &App, view: &HelpView, pen: &mut Pen, inner: Rect) {
    let (x, room) = (inner.x + 8, 24);
    if inner.height == 0 || inner.width < room + 10 || inner.y == 0 {
        return;
    }
    let y = inner.y - 1;
    if !view.typing && view.filter.value().is_empty() {
        let hint = [(Role::Strong, format!(" {}", app.key(Action::Filter))), (Role::Dim, " search ".to_string())];
        pen.text(x, y, room, &hint);
    } else {
        pen.text(x, y, room, &[(Role::Dim, " only ")]);
        typed(&view.filter, view.typing, " ", pen, Rect::new(x + 6, y, room - 6, 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(keymap: &Keymap, filter: &str, typed: bool) -> Vec<String> {
        let page = [glossary::find("bound").unwrap().clone()];
        let contents = Contents { keymap, page: &page, filter: filter.to_lowercase(), typed };
        let plain = |line: &Shown| line.text.iter().map(|(_, piece)| piece.as_str()).collect();
        contents.lines(&|_| true).iter().map(plain).collect()
    }

    #[test]
    fn every_action_is_in_the_help_with_its_keys_its_doc_and_how_it_is_typed() {
        for keymap in [Keymap::default(), Keymap::vim()] {
            for typed in [false, true] {
                let text = text(&keymap, "", typed);
                for row in &TABLE {
                    let keys = if row.keys.is_empty() && !typed { row.usage() } else { keymap.keys(row.action) };
                    let named = |line: &String| !typed || !row.is_command() || line.contains(&row.usage());
                    let found = text.iter().any(|line| line.contains(&keys) && line.contains(row.doc) && named(line));
                    assert!(found, "{} is not in the help", row.name);
                }
                let most = WIDTHS[usize::from(typed)] as usize - 4;
                let keys = text.iter().skip_while(|line| *line != Group::ALL[0].title());
                let keys = keys.take_while(|line| *line != "Glossary");
                keys.for_each(|line| assert!(width(line) <= most, "{line}"));
            }
        }
    }

    #[test]
    fn a_filter_finds_keys_docs_groups_and_names() {
        let keymap = Keymap::default();
        let has = |filter: &str, doc: &str| text(&keymap, filter, false).iter().any(|line| line.contains(doc));
        let freeze = Action::Freeze.entry().doc;
        for filter in ["freeze", "FREEZE", "view", "samples; train", ""] {
            assert!(has(filter, freeze), "{filter}");
        }
        assert!(!has("checkpoint", freeze) && has("nudge-up", Action::NudgeUp.entry().doc));
        assert!(has("Ctrl-Z", Action::Suspend.entry().doc));
        assert_eq!(text(&keymap, "no such thing", false), [""; 0]);
    }

    #[test]
    fn what_the_page_shows_comes_first_and_the_glossary_is_searched() {
        let keymap = Keymap::default();
        let all = text(&keymap, "", false);
        assert_eq!(all[0], "On this page");
        assert!(all[1].starts_with("  bound  The critic's estimate"), "{}", all[1]);
        let found = text(&keymap, "bound", false);
        assert!(found.iter().any(|line| line.starts_with("  full bound")), "{found:?}");
        // Once on the page, not again below.
        assert_eq!(found.iter().filter(|line| line.starts_with("  bound  ")).count(), 1);
    }
}
