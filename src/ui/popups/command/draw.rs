//! Draws the command line over the last rows of the body, with what its last word may become.

use ratatui::layout::Rect;

use super::{Line, complete, plan};
use crate::ui::draw::pen::{Pen, Text, width, wrap};
use crate::ui::draw::theme::Role;
use crate::ui::popups::typed;
use crate::ui::state::app::App;

/// Rows of completions, where there is room.
const ROWS: u16 = 8;
/// The columns of a command, at most.
const WIDTH: u16 = 100;

/// Draws it.
pub fn draw(app: &App, line: &Line, pen: &mut Pen, body: Rect) {
    let height = (ROWS + 3).min(body.height);
    let width = WIDTH.min(body.width);
    let x = body.x + (body.width - width) / 2;
    let inner = pen.framed(Rect { x, y: body.bottom() - height, width, height }, "command");
    if inner.height == 0 {
        return;
    }
    pen.text(inner.x, inner.y, 1, &[(Role::Strong, ":")]);
    let now = complete::now(app, line.text()).map_or(String::new(), |now| format!("  now {now}"));
    let room = (inner.width - 1).saturating_sub(pen.width(&[(Role::Dim, &now)]));
    typed(&line.input, true, " ", pen, Rect::new(inner.x + 1, inner.y, room, 1));
    pen.text(inner.x + 1 + room, inner.y, inner.width, &[(Role::Dim, now)]);
    let below = Rect { y: inner.y + 1, height: inner.height - 1, ..inner };

    let all = complete::candidates(app, line.asked()).1;
    match plan::plan(app, line.text()) {
        // While a word may still become something, what is wrong with it is not worth saying.
        Err(why) if line.refused || all.is_empty() => {
            let glyphs = pen.glyphs;
            let lines = why.lines().flat_map(|line| wrap(&glyphs.text(line), below.width as usize));
            for (y, text) in (below.y..below.bottom()).zip(lines) {
                pen.text(below.x, y, below.width, &[(Role::Bad, text)]);
            }
        }
        Ok(_) if all.is_empty() => {
            let name = line.text().trim_start_matches(':').split_whitespace().next().unwrap_or_default();
            let doc = plan::find(name).map_or("", |row| row.doc);
            pen.text(below.x, below.y, below.width, &[(Role::Dim, doc)]);
        }
        _ => list(&all, line.completing.as_ref().map(|(_, at)| *at), pen, below),
    }
}

/// The completions, the chosen one in sight.
fn list(all: &[complete::Candidate], chosen: Option<usize>, pen: &mut Pen, area: Rect) {
    let rows = area.height as usize;
    let column = all.iter().map(|one| width(&one.text)).max().unwrap_or(0) as u16;
    let first = chosen.map_or(0, |at| (at + 1).saturating_sub(rows));
    for (i, one) in all.iter().enumerate().skip(first).take(rows) {
        let role = if chosen == Some(i) { Role::Selected } else { Role::Strong };
        let cell = pen.cell(&one.text, column);
        let text: Text = vec![(role, cell), (Role::Dim, one.about.clone())];
        pen.text(area.x, area.y + (i - first) as u16, area.width, &text);
    }
    let hidden = all.len().saturating_sub(first + rows);
    if hidden > 0 {
        let text = format!(" {hidden} more ");
        let room = text.len() as u16;
        pen.text(area.right().saturating_sub(room + 1), area.bottom(), room, &[(Role::Dim, text)]);
    }
}
