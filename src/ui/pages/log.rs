//! The log page: everything that happened, filtered by kind and by text.

use ratatui::layout::Rect;
use tui_input::Input;

use super::event_list;
use crate::domain::action::Action;
use crate::domain::format;
use crate::glossary::Panel;
use crate::ui::draw::pen::{Pen, Text};
use crate::ui::draw::theme::Role;
use crate::ui::popups::prompt;
use crate::ui::state::app::{App, Popup};
use crate::ui::state::event_log::{Entry, Kind};

/// The most characters of a filter.
const LONGEST: usize = 64;

/// The part of the log that its page shows.
#[derive(Clone, Debug, Default)]
pub struct LogView {
    input: Input,
    /// The only kind that is shown, if not all are.
    pub kind: Option<Kind>,
    /// The number of the newest entries that pass and are scrolled out of sight.
    scroll: usize,
}

impl LogView {
    /// The text that entries must have in them.
    pub fn filter(&self) -> &str {
        self.input.value()
    }

    /// Filters by another text.
    pub fn set_filter(&mut self, text: String) {
        self.input = Input::new(text);
        self.scroll = 0;
    }

    /// Takes an editing key of the filter.
    pub fn key(&mut self, key: &crossterm::event::KeyEvent) {
        prompt::edit_field(&mut self.input, key, LONGEST);
        self.scroll = 0;
    }

    /// Takes pasted text into the filter.
    pub fn paste(&mut self, text: &str) {
        prompt::paste_into(&mut self.input, text, LONGEST);
        self.scroll = 0;
    }

    /// Goes on to the next kind: all, then each alone.
    pub fn next_kind(&mut self) {
        self.kind = match self.kind {
            None => Kind::ALL.first().copied(),
            Some(kind) => Kind::ALL.iter().copied().skip_while(|other| *other != kind).nth(1),
        };
        self.scroll = 0;
    }

    /// Whether an entry passes: of the kind, and with the text in it, whatever the case of its letters.
    fn passes(&self, entry: &Entry) -> bool {
        let text = self.filter().trim().to_lowercase();
        self.kind.is_none_or(|kind| kind.plural() == entry.kind.plural())
            && (text.is_empty()
                || entry.text.to_lowercase().contains(&text)
                || format::count(entry.step) == text
                || entry.step.to_string() == text)
    }
}

/// Scrolls towards older (positive) or newer entries that pass.
pub fn scroll(app: &mut App, by: isize) {
    let passing = app.events.newest().filter(|entry| app.log.passes(entry)).count();
    app.log.scroll = app.log.scroll.saturating_add_signed(by).min(passing.saturating_sub(1));
}

/// Draws the page.
pub fn draw(app: &App, pen: &mut Pen, body: Rect) {
    let typing = matches!(app.popup, Some(Popup::Filter(_)));
    let passing: Vec<&Entry> = app.events.newest().filter(|entry| app.log.passes(entry)).collect();
    let kinds = app.log.kind.map_or("all kinds", Kind::plural);
    let mut long: Text = vec![
        (Role::Strong, app.key(Action::Kinds)),
        (Role::Dim, format!(" {kinds}  ")),
        (Role::Strong, app.key(Action::Filter)),
    ];
    match (typing, app.log.filter()) {
        (false, "") => long.push((Role::Dim, " filter".into())),
        (_, filter) => {
            long.push((Role::Plain, format!(" {filter}")));
            if typing {
                // A cursor of our own, as in a prompt; it stands at the end.
                long.push((Role::Selected, " ".into()));
            }
        }
    }
    let shown = format!("  {} of {}", passing.len(), app.events.len());
    long.push((Role::Dim, shown));
    if app.log.scroll > 0 {
        long.push((Role::Warn, format!("  {} newer below", app.log.scroll)));
    }
    let inner = pen.panel(body, Panel::Log, "log", &[long]);
    if passing.is_empty() {
        let nothing = if app.events.is_empty() { "nothing has happened yet" } else { "nothing passes the filter" };
        return pen.note(inner, nothing);
    }
    event_list::draw_entries(passing.iter().skip(app.log.scroll).copied(), pen, inner, true);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(step: u64, kind: Kind, text: &str) -> Entry {
        Entry { step, kind, text: text.into() }
    }

    #[test]
    fn entries_pass_by_text_step_and_kind() {
        let mut view = LogView::default();
        let change = entry(12_345, Kind::Change, "constraint.clip 0.01 → 0.05");
        assert!(view.passes(&change));
        for (filter, passes) in [("CLIP", true), ("12345", true), ("12,345", true), ("rate", false), ("  ", true)] {
            view.set_filter(filter.into());
            assert_eq!(view.passes(&change), passes, "{filter:?}");
        }
        view.set_filter(String::new());
        view.next_kind();
        assert!(view.passes(&change) && !view.passes(&entry(1, Kind::Alert, "x")));
        (1..Kind::ALL.len()).for_each(|_| view.next_kind());
        assert!(!view.passes(&change) && view.passes(&entry(1, Kind::Alert, "x")));
        assert!(view.passes(&entry(2, Kind::Over, "x is over")));
        view.next_kind();
        assert_eq!(view.kind, None);
    }
}
