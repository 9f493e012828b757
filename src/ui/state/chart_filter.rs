//! The text that the charts of a foreign run are filtered by, while it is typed and after.

use crossterm::event::KeyEvent;
use tui_input::Input;

use super::app::App;
use crate::ui::pages::Page;
use crate::ui::popups::prompt;

/// The most characters of a filter.
const LONGEST: usize = 64;

/// The text that charts must have in their names.
#[derive(Clone, Debug, Default)]
pub struct ChartFilter(Input);

impl ChartFilter {
    /// The text.
    pub fn text(&self) -> &str {
        self.0.value()
    }
}

/// Whether a filter is for the charts, and not for the log page.
pub fn is_meant(app: &App) -> bool {
    app.charts.foreign && app.page != Page::Log
}

/// Takes an editing key.
pub fn key(app: &mut App, key: &KeyEvent) {
    prompt::edit_field(&mut app.chart_filter.0, key, LONGEST);
    changed(app);
}

/// Takes pasted text.
pub fn paste(app: &mut App, text: &str) {
    prompt::paste_into(&mut app.chart_filter.0, text, LONGEST);
    changed(app);
}

/// Filters by another text.
pub fn set(app: &mut App, text: String) {
    app.chart_filter = ChartFilter(Input::new(text));
    changed(app);
}

fn changed(app: &mut App) {
    app.charts.set_filter(app.chart_filter.text());
}
