//! The help, read back from the table of actions and the keys in force.

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;
use tui_input::Input;

use super::{centred, prompt, typed};
use crate::domain::action::{Action, Group, TABLE};
use crate::domain::keymap::Keymap;
use crate::ui::draw::pen::{Pen, Text, width};
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

/// What the help shows.
#[derive(Clone, Debug, Default)]
pub struct HelpView {
    /// Rows that are scrolled out of sight.
    pub scroll: usize,
    /// Whether the filter is being typed.
    pub typing: bool,
    filter: Input,
}

impl HelpView {
    /// Takes an editing key of the filter.
    pub fn key(&mut self, key: &KeyEvent) {
        prompt::edit_field(&mut self.filter, key, LONGEST);
        self.scroll = 0;
    }

    /// Takes pasted text into the filter.
    pub fn paste(&mut self, text: &str) {
        prompt::paste_into(&mut self.filter, text, LONGEST);
        self.scroll = 0;
    }

    /// Shows everything again.
    pub fn clear(&mut self) {
        *self = HelpView::default();
    }

    /// Scrolls down by so many rows.
    pub fn scroll_by(&mut self, by: isize, keymap: &Keymap) {
        let most = lines(keymap, self.filter.value(), false, &|_| true).len().saturating_sub(1);
        self.scroll = self.scroll.saturating_add_signed(by).min(most);
    }
}

/// Begins to type the filter, if the help is open.
pub fn search(app: &mut App) {
    if let Some(Popup::Help(view)) = &mut app.popup {
        view.typing = true;
    }
}

/// Every line that has `filter` in it: groups, their actions as far as they are offered, and the notes; `typed`: with how
/// actions are typed.
pub fn lines(keymap: &Keymap, filter: &str, typed: bool, offers: &dyn Fn(Action) -> bool) -> Vec<Text> {
    let column = TABLE.iter().map(|row| width(&keymap.keys(row.action))).max().unwrap_or(0).min(12);
    let names = TABLE.iter().filter(|row| row.is_command()).map(|row| width(&row.usage())).max().unwrap_or(0);
    let filter = filter.trim().to_lowercase();
    let passes = |line: &Text, more: &str| {
        let text: String = line.iter().map(|(_, piece)| piece.as_str()).chain([" ", more]).collect();
        text.to_lowercase().contains(&filter)
    };
    let mut lines = Vec::new();
    for group in Group::ALL {
        let title = vec![(Role::Strong, group.title().to_string())];
        let whole = !filter.is_empty() && passes(&title, "");
        let rows = TABLE.iter().filter(|row| row.group == group && offers(row.action)).filter_map(|row| {
            let usage = if row.is_command() { row.usage() } else { String::new() };
            let keys = match row.is_command() && row.keys.is_empty() && !typed {
                true => usage.clone(),
                false => keymap.keys(row.action),
            };
            let mut line = vec![(Role::First, format!("  {keys:<column$}  "))];
            if typed {
                line.push((Role::Second, format!("{usage:<names$}  ")));
            }
            line.push((Role::Plain, row.doc.to_string()));
            (whole || passes(&line, &usage)).then_some(line)
        });
        let rows: Vec<Text> = rows.collect();
        if !rows.is_empty() {
            lines.push(title);
            lines.extend(rows);
            lines.push(Vec::new());
        }
    }
    let notes = NOTES.map(|note| vec![(Role::Dim, note.to_string())]);
    lines.extend(notes.into_iter().filter(|note| passes(note, "")));
    lines
}

/// Draws the help.
pub fn draw(app: &App, view: &HelpView, pen: &mut Pen, area: Rect) {
    let wide = area.width >= WIDTHS[1] + 4;
    let lines = lines(&app.keymap, view.filter.value(), wide, &|action| attached::offers(app, action));
    // As high as the whole of it, so that it does not jump while the filter is typed.
    let height = (TABLE.len() + 2 * Group::ALL.len() + NOTES.len() + 2) as u16;
    let inner = pen.framed(centred(area, WIDTHS[usize::from(wide)], height), "help");
    let rows = inner.height as usize;
    let first = view.scroll.min(lines.len().saturating_sub(rows));
    for (i, line) in lines.iter().skip(first).take(rows).enumerate() {
        pen.text(inner.x, inner.y + i as u16, inner.width, line);
    }
    if lines.is_empty() {
        pen.note(inner, "no action has this in it");
    }
    draw_filter(app, view, pen, inner);
    let hidden = lines.len().saturating_sub(first + rows);
    if hidden > 0 && inner.height > 0 {
        let text = format!(" {hidden} more below ");
        let x = inner.right().saturating_sub(text.len() as u16 + 1);
        pen.text(x, inner.bottom(), text.len() as u16, &[(Role::Warn, text)]);
    }
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
        let plain = |line: &Text| line.iter().map(|(_, piece)| piece.as_str()).collect();
        lines(keymap, filter, typed, &|_| true).iter().map(plain).collect()
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
                text.iter().for_each(|line| assert!(width(line) <= most, "{line}"));
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
}
