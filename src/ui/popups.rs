//! The popups over the dashboard: prompts, questions and notices, centred.

pub mod checkpoints;
pub mod command;
pub mod constraints;
pub mod explain;
pub mod help;
pub mod objectives;
pub mod prompt;
pub mod reader;
pub mod undo;
use ratatui::layout::Rect;
use tui_input::Input;

use super::draw::pen::{Pen, Text, width, wrap};
use super::draw::theme::Role;
use super::popups::prompt::Prompt;
use super::state::app::{App, Popup};
use super::state::attached;
use crate::domain::action::Action;

/// Draws the popup that is open, if one is.
pub fn draw(app: &App, pen: &mut Pen, area: Rect) {
    match &app.popup {
        // The filter is typed in the log page's own rule, a command on the screen's last lines.
        None | Some(Popup::Filter(_) | Popup::Command(_)) => {}
        Some(Popup::Objectives(choice)) => objectives::draw(app, choice, pen, area),
        Some(Popup::Constraints(choice)) => constraints::draw(app, choice, pen, area),
        Some(Popup::Prompt(prompt)) => draw_prompt(app, prompt, pen, area),
        Some(Popup::Help(view)) => help::draw(app, view, pen, area),
        Some(Popup::Explain(explained)) => explain::draw(app, explained, pen, area),
        Some(Popup::Notice { title, text, scroll }) => notice(app, (title, text), *scroll, pen, area),
        Some(Popup::Checkpoints(choice)) => checkpoints::draw(app, choice, pen, area),
        Some(Popup::Back(item)) => checkpoints::draw_question(app, item, pen, area),
        Some(Popup::Undo) => undo::draw_question(app, pen, area),
        Some(Popup::Quit) => attached::draw_quit(app, pen, area),
        Some(Popup::Leave) => attached::draw_leave(app, pen, area),
    }
}

/// An area of at most this size in the middle of another.
pub fn centred(area: Rect, width: u16, height: u16) -> Rect {
    // No fringe too narrow to read beside it.
    let width = if width + 8 > area.width { area.width } else { width };
    let height = height.min(area.height);
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}

/// The rows inside of a popup of so many rows on the screen as it was last drawn.
pub fn rows_of(app: &App, height: u16) -> usize {
    let screen = Rect::new(0, 0, app.size.width, app.size.height);
    let body = app.frame(screen).map_or(height, |frame| frame.body.height);
    height.min(body).saturating_sub(2).into()
}

fn draw_prompt(app: &App, prompt: &Prompt, pen: &mut Pen, area: Rect) {
    // Of many fields those about the one that is typed into.
    let fields = (prompt.fields.len() as u16).min(area.height.saturating_sub(6).max(1));
    let inner = pen.framed(centred(area, 58, fields + 4), prompt.title());
    if inner.height < fields {
        return;
    }
    let first = (prompt.focus + 1).saturating_sub(fields as usize);
    let label = prompt.fields.iter().map(|field| width(&field.label)).max().unwrap_or(0) as u16 + 2;
    let label = label.min(inner.width / 3);
    for (i, field) in prompt.fields.iter().enumerate().skip(first).take(fields as usize) {
        let (y, focused) = (inner.y + (i - first) as u16, i == prompt.focus);
        pen.text(inner.x, y, label - 1, &[(if focused { Role::Strong } else { Role::Dim }, field.label.clone())]);
        let (x, box_width) = (inner.x + label, 20.min(inner.width.saturating_sub(label)));
        typed(&field.input, focused, "_", pen, Rect::new(x, y, box_width, 1));
        if !field.now.is_empty() {
            pen.text(x + box_width + 2, y, 20, &[(Role::Dim, "now ".to_string()), (Role::Plain, field.now.clone())]);
        }
    }
    let below = inner.y + fields;
    match prompt.commands() {
        Err(why) => pen.text(inner.x, below, inner.width, &[(Role::Bad, why)]),
        Ok(_) => pen.text(inner.x, below, inner.width, &[(Role::Dim, prompt.hint())]),
    };
    let mut hints: Text = Vec::new();
    let mut hint = |action: Action| {
        hints.extend([(Role::Strong, app.key(action)), (Role::Dim, format!(" {}  ", action.entry().name))]);
    };
    hint(Action::Accept);
    hint(Action::Close);
    if fields > 1 {
        hint(Action::NextField);
    }
    hint(Action::ValueUp);
    hint(Action::ValueDown);
    if below + 1 < inner.bottom() {
        pen.text(inner.x, below + 1, inner.width, &hints);
    }
}

/// Draws a line of text that is typed, as much of it as there is room for, on a ground of its own.
pub fn typed(input: &Input, focused: bool, ground: &str, pen: &mut Pen, area: Rect) {
    let scroll = input.visual_scroll(area.width.saturating_sub(1) as usize);
    let shown: String = input.value().chars().skip(scroll).collect();
    for column in 0..area.width {
        pen.symbol(area.x + column, area.y, ground, Role::Dim);
    }
    pen.text(area.x, area.y, area.width, &[(Role::Strong, shown)]);
    if focused {
        // A cursor of our own: the terminal's stays hidden.
        let at = area.x + input.visual_cursor().saturating_sub(scroll) as u16;
        let style = pen.palette.style(Role::Selected);
        if let Some(cell) = pen.buffer.cell_mut((at, area.y)) {
            let symbol = if cell.symbol() == ground { " ".to_string() } else { cell.symbol().to_string() };
            cell.reset();
            cell.set_symbol(&symbol).set_style(style);
        }
    }
}

/// A question, and the keys that answer it; `usual` is the answer that Enter gives.
pub fn yes_or_no(app: &App, pen: &mut Pen, inner: Rect, question: String, usual: bool) {
    let enter = |answer: bool| if answer == usual { format!(" {}", app.key(Action::Accept)) } else { String::new() };
    let hints: Text = vec![
        (Role::Strong, format!("{}{}", app.key(Action::Yes), enter(true))),
        (Role::Dim, " yes   ".into()),
        (Role::Strong, format!("{} {}{}", app.key(Action::No), app.key(Action::Close), enter(false))),
        (Role::Dim, " no".into()),
    ];
    if inner.height >= 2 {
        pen.text(inner.x, inner.y, inner.width, &[(Role::Plain, question)]);
        pen.text(inner.x, inner.y + 1, inner.width, &hints);
    }
}

fn notice(app: &App, (title, text): (&str, &str), scroll: usize, pen: &mut Pen, area: Rect) {
    let room = area.width.saturating_sub(8).min(90);
    let lines = wrap(&pen.glyphs.text(text), room.saturating_sub(4) as usize);
    let inner = pen.framed(centred(area, room, lines.len() as u16 + 3), title);
    let rows = inner.height.saturating_sub(1) as usize;
    let first = scroll.min(lines.len().saturating_sub(rows));
    for (i, line) in lines.iter().skip(first).take(rows).enumerate() {
        pen.text(inner.x, inner.y + i as u16, inner.width, &[(Role::Plain, line)]);
    }
    if inner.height > 0 {
        let hints: Text = vec![
            (Role::Strong, app.key(Action::Close)),
            (Role::Dim, " close  ".into()),
            (Role::Strong, app.key(Action::Quit)),
            (Role::Dim, " quit".into()),
        ];
        pen.text(inner.x, inner.bottom() - 1, inner.width, &hints);
    }
}
