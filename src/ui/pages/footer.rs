//! The footer: the last word to the person, and the keys that matter now, read back from the table of actions.

use ratatui::layout::Rect;

use super::Page;
use crate::domain::SampleShape;
use crate::domain::action::{Action, Context, Group, TABLE};
use crate::ui::draw::pen::{Pen, Text};
use crate::ui::draw::theme::Role;
use crate::ui::state::app::{App, Popup};
use crate::ui::state::attached;

/// Draws the line.
pub fn draw(app: &App, pen: &mut Pen, area: Rect) {
    let context = app.context();
    let hint = |rank: u8, action: Action| (rank, app.key(action), action.entry().name);
    let all = |actions: &[Action]| actions.iter().map(|action| hint(0, *action)).collect();
    let mut hints: Vec<(u8, String, &str)> = match context {
        Context::Main => TABLE
            .iter()
            .filter(|row| app.under_way() && !app.read_only || !matches!(row.group, Group::Run | Group::Settings))
            .filter(|row| row.action != Action::CriticView || mapped(app))
            .filter(|row| !is_of_samples(row.action) || app.page == Page::Samples && has(app, row.action))
            .filter(|row| attached::offers(app, row.action))
            .filter_map(|row| Some(hint(row.footer?, row.action)))
            .collect(),
        Context::Question => all(&[Action::Yes, Action::No]),
        Context::Runs => Vec::new(),
        Context::Reading if matches!(app.popup, Some(Popup::Help(_))) => {
            all(&[Action::Down, Action::Up, Action::Filter, Action::Accept, Action::Close])
        }
        Context::Reading if matches!(app.popup, Some(Popup::Explain(_))) => {
            all(&[Action::Down, Action::Up, Action::Accept, Action::Close])
        }
        Context::Reading => all(&[Action::Down, Action::Up, Action::Close]),
        Context::Objectives => {
            all(&[Action::Up, Action::Down, Action::Head, Action::GeneratorLoss, Action::Accept, Action::Close])
        }
        Context::Constraints | Context::Checkpoints => all(&[Action::Up, Action::Down, Action::Accept, Action::Close]),
        Context::Filter => all(&[Action::Accept, Action::Close]),
        Context::Prompt => all(&[Action::NextField, Action::ValueUp, Action::ValueDown, Action::Accept, Action::Close]),
        Context::Command => {
            all(&[Action::Complete, Action::EarlierLine, Action::LaterLine, Action::Accept, Action::Close])
        }
    };
    let mut said = Text::new();
    if let Some(status) = &app.status {
        said.push((if status.bad { Role::Bad } else { Role::Strong }, format!(" {}  ", status.text)));
    }
    let taken = pen.text(area.x, area.y, area.width, &said);
    let area = Rect { x: area.x + taken, width: area.width - taken, ..area };
    // The least important go first when there is too little room.
    while pen.width(&line(&hints)) > area.width {
        let Some(last) = hints.iter().enumerate().max_by_key(|(_, hint)| hint.0).map(|(i, _)| i) else { return };
        hints.remove(last);
    }
    pen.text(area.x, area.y, area.width, &line(&hints));
}

fn is_of_samples(action: Action) -> bool {
    matches!(action, Action::Raw | Action::Beside | Action::Noise | Action::Alone)
}

/// Whether the samples are such that an action of the samples page does something.
fn has(app: &App, action: Action) -> bool {
    match action {
        Action::Raw => app.plots().snapshot.as_ref().is_some_and(|snapshot| snapshot.has_average()),
        // What is recorded is as it is.
        Action::Noise => app.run.has_images() && app.pulls(),
        _ => app.run.has_images(),
    }
}

/// Whether the critic page with its maps is open.
fn mapped(app: &App) -> bool {
    let plane = SampleShape::Point { dims: 2 };
    app.page == Page::Critic && app.run.info.as_ref().is_some_and(|run| run.shape == plane)
}

fn line(hints: &[(u8, String, &str)]) -> Text {
    let mut text = Text::new();
    for (_, key, name) in hints {
        text.extend([(Role::Strong, format!(" {key}")), (Role::Dim, format!(" {name} "))]);
    }
    text
}
