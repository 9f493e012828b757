//! Draws the whole screen from the state.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::pen::Pen;
use super::theme::Role;
use crate::ui::pages::layout::LEAST;
use crate::ui::pages::{footer, header, machine};
use crate::ui::popups::{self, command};
use crate::ui::state::app::{App, Popup};
use crate::ui::state::viewing;

/// Draws the page that is open with its header and footer, or what it needs where there is too little room.
pub fn draw(app: &App, frame: &mut Frame) {
    let screen = frame.area();
    paint(app, &mut Pen::new(frame.buffer_mut(), app.glyphs, app.palette), screen);
}

/// The same with a pen, on a screen of this size.
pub fn paint(app: &App, pen: &mut Pen, screen: Rect) {
    let Some(at) = app.frame(screen) else {
        return too_small(pen, screen);
    };
    header::draw(app, pen, &at);
    let (runs, body) = viewing::split(app, at.body);
    viewing::legend(app, pen, runs);
    app.page.draw(app, pen, body);
    machine::draw(app, pen, at.machine);
    footer::draw(app, pen, at.footer);
    if let Some(Popup::Command(line)) = &app.popup {
        command::draw(app, line, pen, at.body);
    }
    popups::draw(app, pen, at.body);
}

/// Says how large the screen must be.
pub fn too_small(pen: &mut Pen, screen: Rect) {
    let needed = format!("{}×{}", LEAST.0, LEAST.1);
    // As much of it as there is room for.
    let forms = [
        format!("gantop needs {needed}, this is {}×{}", screen.width, screen.height),
        format!("gantop needs {needed}"),
        format!("needs {needed}"),
    ];
    let fits = |text: &String| pen.width(&[(Role::Plain, text)]) <= screen.width;
    let text = forms.into_iter().find(fits).unwrap_or(needed);
    let width = pen.width(&[(Role::Plain, &text)]);
    let x = screen.x + screen.width.saturating_sub(width) / 2;
    pen.text(x, screen.y + screen.height / 2, screen.width, &[(Role::Strong, text)]);
}
