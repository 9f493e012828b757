//! The effects of the mouse: it points at what is drawn, and nothing that it does reaches the trainer by one click.

use super::act;
use crate::domain::action::{Action, Context};
use crate::terminal::{Mouse, MouseAct};
use crate::ui::actions::view_keys;
use crate::ui::charts::chart::steps;
use crate::ui::draw::spots::{self, Target};
use crate::ui::popups::explain;
use crate::ui::state::app::{App, Popup};
use crate::ui::update::Effect;

/// Does what a button or the wheel asks for where the mouse points: a click opens a page, puts the cursor of the charts
/// or chooses a row, a second one on the chosen row takes it; the right button explains; the wheel zooms a chart and
/// scrolls everything else.
pub fn used(app: &mut App, mouse: Mouse, effects: &mut Vec<Effect>) {
    let all = spots::all(app);
    let here: Vec<_> = spots::at(&all, mouse.x, mouse.y).copied().collect();
    let over_plot = here.iter().any(|spot| matches!(spot.target, Target::Plot(..)));
    let context = app.context();
    match (mouse.act, context) {
        (MouseAct::WheelUp, Context::Main) if over_plot => act(app, Action::ZoomIn, effects),
        (MouseAct::WheelDown, Context::Main) if over_plot => act(app, Action::ZoomOut, effects),
        (MouseAct::WheelUp, Context::Main) => act(app, Action::EventsUp, effects),
        (MouseAct::WheelDown, Context::Main) => act(app, Action::EventsDown, effects),
        (MouseAct::WheelUp, context) if is_list(context) => act(app, Action::Up, effects),
        (MouseAct::WheelDown, context) if is_list(context) => act(app, Action::Down, effects),
        // Where text is typed or a question waits, the mouse has nothing to say.
        (MouseAct::WheelUp | MouseAct::WheelDown, _) => {}
        (MouseAct::Left, Context::Main) => {
            for spot in here {
                match spot.target {
                    Target::Tab(page) => view_keys::open(app, page),
                    Target::Plot(chart, window) => {
                        app.charts.choose(chart);
                        if !app.plots().history.is_empty() {
                            app.charts.put_cursor(app.known(), steps::step(spot.area, window, mouse.x));
                        }
                    }
                    Target::Term(_) | Target::Row(_) | Target::Popup => continue,
                }
                app.dirty = true;
                return;
            }
        }
        (MouseAct::Left, context) if is_list(context) => {
            if let Some(Target::Row(row)) = here.first().map(|spot| spot.target)
                && choose(app, row)
            {
                act(app, Action::Accept, effects);
            }
            app.dirty = true;
        }
        (MouseAct::Right, Context::Main) => {
            let term = here.iter().find_map(|spot| match spot.target {
                Target::Term(term) => Some(term),
                _ => None,
            });
            if let Some(entry) = term.and_then(|term| explain::of_term(app, term)) {
                explain::open(app, entry);
                app.dirty = true;
            }
        }
        (MouseAct::Left | MouseAct::Right, _) => {}
    }
}

/// Whether there are rows to choose from, or lines to read.
fn is_list(context: Context) -> bool {
    matches!(context, Context::Objectives | Context::Constraints | Context::Checkpoints | Context::Reading)
}

/// Chooses a row of the list that is open; true where it was chosen already.
fn choose(app: &mut App, row: usize) -> bool {
    match &mut app.popup {
        Some(Popup::Objectives(choice)) => std::mem::replace(&mut choice.cursor, row) == row,
        Some(Popup::Constraints(choice)) => std::mem::replace(&mut choice.cursor, row) == row,
        Some(Popup::Checkpoints(choice)) => std::mem::replace(&mut choice.cursor, row) == row,
        Some(Popup::Help(view)) => view.reader.chosen.replace(row) == Some(row),
        Some(Popup::Explain(explained)) => explained.reader.chosen.replace(row) == Some(row),
        _ => false,
    }
}
