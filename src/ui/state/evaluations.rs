//! The state of evaluations on the dashboard.

use super::app::App;
use super::event_log::{Entry, Kind};
use crate::link::{Command, EvaluationNews, EvaluationReport};
use crate::ui::update::say;

/// An evaluation begins, goes on, ends: how far it is stands in the header.
pub fn reported(app: &mut App, news: &EvaluationReport) {
    let Some(text) = news.sentence() else { return };
    let answered = |command: &Command| matches!(command, Command::Evaluate | Command::CancelEvaluation);
    if let Some(at) = app.pending.iter().position(answered) {
        app.pending.remove(at);
    }
    let kind = if matches!(news.news, EvaluationNews::Ended(_)) { Kind::Rejected } else { Kind::State };
    say(app, text.clone(), kind == Kind::Rejected);
    app.happened(Entry { step: news.step, kind, text });
}
