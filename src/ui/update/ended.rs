//! The end of a run, as the dashboard takes it in.

use super::say;
use crate::domain::action::Action;
use crate::link::RunState;
use crate::ui::Ending;
use crate::ui::pages::failure;
use crate::ui::state::app::{App, Popup};
use crate::ui::state::attached;
use crate::ui::state::event_log::{Entry, Kind};

/// Takes in how the run ended: nothing is awaited any more, and a question that only a run can answer is taken away.
pub(super) fn ended(app: &mut App, ending: Ending) {
    app.pending.clear();
    app.puller.answered();
    app.dirty = true;
    // What it was asked before it ended no longer matters, but text that is being typed does.
    let read = matches!(app.popup, None | Some(Popup::Quit | Popup::Leave));
    match &ending {
        Ending::Finished(summary) => {
            let how = if summary.stopped { "stopped" } else { "finished" };
            let text = format!("{how} after {}", crate::domain::format::duration(summary.seconds));
            app.happened(Entry { step: app.run.step, kind: Kind::State, text: text.clone() });
            say(app, format!("{text}; {} quits", app.key(Action::Quit)), false);
            if matches!(app.popup, Some(Popup::Quit | Popup::Leave)) {
                app.popup = None;
            }
        }
        Ending::Failed(why) => {
            let first = why.lines().next().unwrap_or("no reason given").to_string();
            app.happened(Entry { step: app.run.step, kind: Kind::Alert, text: format!("failed: {first}") });
            say(app, format!("failed: {first}"), true);
            if read {
                failure::show(app, why);
            }
        }
        Ending::Gone => {
            app.run.state = RunState::Failed;
            let text = attached::gone(app);
            app.happened(Entry { step: app.run.step, kind: Kind::Alert, text: text.clone() });
            say(app, text.clone(), true);
            if read {
                match app.attached {
                    Some(_) => {
                        app.popup = Some(Popup::Notice { title: "connection lost".into(), text, scroll: 0 });
                    }
                    None => failure::show(app, &text),
                }
            }
        }
    }
    app.ending = Some(ending);
}
