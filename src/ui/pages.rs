//! The pages of the dashboard, each once: its name and what draws it.
//!
//! A new page is a variant of [`Page`] with its row in `ROWS`, a file with its layout and its drawing, and its
//! digit among the keys of [`Action::Page`].

pub mod controls;
pub mod critic;
pub mod event_list;
pub mod failure;
pub mod footer;
pub mod gradients;
pub mod header;
pub mod histograms;
pub mod layout;
pub mod log;
pub mod losses;
pub mod machine;
pub mod overview;
pub mod readout;
pub mod samples;
pub mod samples_page;
pub mod strips;
pub mod values;
pub mod weights;
use ratatui::layout::Rect;

use super::draw::pen::{Pen, Text};
use super::draw::theme::Role;
use super::state::app::App;

use crate::domain::action::{Action, Context, Key};
use crate::domain::keymap::Keymap;

/// A page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Page {
    #[default]
    Overview,
    Losses,
    Critic,
    Samples,
    Weights,
    Log,
}

/// A page's name and what draws it.
struct Row {
    page: Page,
    name: &'static str,
    draw: fn(&App, &mut Pen, Rect),
}

/// Every page, in the order of their keys.
const ROWS: [Row; 6] = [
    Row { page: Page::Overview, name: "Overview", draw: overview::draw },
    Row { page: Page::Losses, name: "Losses", draw: losses::page },
    Row { page: Page::Critic, name: "Critic", draw: critic::draw },
    Row { page: Page::Samples, name: "Samples", draw: samples_page::draw },
    Row { page: Page::Weights, name: "Weights", draw: weights::draw },
    Row { page: Page::Log, name: "Log", draw: log::draw },
];

impl Page {
    /// Its place among the pages, from 0.
    fn place(self) -> usize {
        // A test says that the rows stand in the order of the variants.
        self as usize
    }

    /// Draws it in the body of the screen.
    pub fn draw(self, app: &App, pen: &mut Pen, body: Rect) {
        (ROWS[self.place()].draw)(app, pen, body);
    }

    /// The page that a key opens: the keys of [`Action::Page`] stand in the order of the pages.
    pub fn of_key(keymap: &Keymap, key: Key) -> Option<Page> {
        let place = keymap.of(Context::Main, Action::Page).iter().position(|of| *of == key)?;
        Some(ROWS.get(place)?.page)
    }

    /// Its name in lower case.
    pub fn name(self) -> String {
        ROWS[self.place()].name.to_lowercase()
    }

    /// Whether the run has something for it: a foreign one has no critic to look into.
    pub fn is_of(self, app: &App) -> bool {
        !(app.charts.foreign && matches!(self, Page::Critic | Page::Weights))
    }

    /// Every page.
    pub fn all() -> impl Iterator<Item = Page> {
        ROWS.iter().map(|row| row.page)
    }

    /// The page so many further among those of the run, round the end.
    pub fn turned(self, by: isize, app: &App) -> Page {
        let pages: Vec<Page> = Page::all().filter(|page| page.is_of(app)).collect();
        let here = pages.iter().position(|page| *page == self).unwrap_or(0);
        pages[(here as isize + by).rem_euclid(pages.len() as isize) as usize]
    }
}

/// The names of all pages, the open one marked; `short` names only that one.
pub fn tabs(app: &App, short: bool) -> Text {
    let mut text = Text::new();
    let keys = app.keymap.of(Context::Main, Action::Page);
    for (i, row) in ROWS.iter().enumerate().filter(|(_, row)| row.page.is_of(app)) {
        // A page may have no key of its own.
        let key = keys.get(i).map_or(String::new(), |key| format!("{key} "));
        let here = row.page == app.page;
        // Losses are a small part of what another program may log.
        let name = if app.charts.foreign && row.page == Page::Losses { "Metrics" } else { row.name };
        let name = if here || !short { format!(" {key}{name} ") } else { format!(" {key}") };
        text.push((if here { Role::Selected } else { Role::Dim }, name));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::state::viewing;

    #[test]
    fn every_page_has_a_place_a_key_and_a_name_of_its_own() {
        for (i, row) in ROWS.iter().enumerate() {
            assert_eq!(row.page.place(), i, "{} stands in the wrong place", row.name);
            assert_eq!(Page::of_key(&Keymap::default(), Action::Page.entry().keys[i]), Some(row.page));
            assert_eq!(ROWS.iter().filter(|other| other.name == row.name).count(), 1);
        }
        assert_eq!(Action::Page.entry().keys.len(), ROWS.len());
    }

    #[test]
    fn pages_go_round() {
        let app = App::new(crate::ui::Options::default());
        assert_eq!(Page::Overview.turned(-1, &app), ROWS[ROWS.len() - 1].page);
        assert_eq!(ROWS.iter().fold(Page::Overview, |page, _| page.turned(1, &app)), Page::Overview);
        let foreign = viewing::watching(crate::ui::Options::default(), String::new(), Vec::new());
        assert_eq!((Page::Losses.turned(1, &foreign), Page::Samples.turned(1, &foreign)), (Page::Samples, Page::Log));
    }
}
