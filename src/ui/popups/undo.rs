//! The question whether the last change is to be taken back.

use ratatui::layout::Rect;

use super::{centred, yes_or_no};
use crate::domain::format;
use crate::link::Command;
use crate::ui::actions::changeable;
use crate::ui::draw::pen::{Pen, width};
use crate::ui::draw::theme::Role;
use crate::ui::state::app::{App, Popup};
use crate::ui::update::{Effect, say, send};

/// Asks whether to take the last change back; says so where there is none.
pub fn ask(app: &mut App) {
    match changeable(app) {
        Err(why) => say(app, why, true),
        Ok(_) if app.run.changes.last().is_none() => say(app, "there is no change to take back", true),
        Ok(_) => app.popup = Some(Popup::Undo),
    }
}

/// Has the change taken back.
pub fn answer(app: &mut App, effects: &mut Vec<Effect>) {
    app.popup = None;
    send(app, Command::Undo, effects);
}

/// Draws the question: the change, its step, and what is lost with it.
pub fn draw_question(app: &App, pen: &mut Pen, area: Rect) {
    let Some(change) = app.run.changes.last() else { return };
    let since = app.run.step.saturating_sub(change.step);
    let question = match since {
        0 => "Take it back? No step was done since.".to_owned(),
        1 => format!("Take it back, and with it step {}?", format::count(app.run.step)),
        _ => format!(
            "Take it back, and with it steps {} to {}?",
            format::count(change.step + 1),
            format::count(app.run.step)
        ),
    };
    let said = format!("step {}  {}", format::count(change.step), change.text());
    let wide = (width(&pen.glyphs.text(&said)) as u16).saturating_add(6).clamp(66, 100);
    let inner = pen.framed(centred(area, wide, 5), "undo");
    pen.text(inner.x, inner.y, inner.width, &[(Role::Strong, said)]);
    let below = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
    yes_or_no(app, pen, below, question, true);
}
