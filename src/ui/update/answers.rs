//! Answers to commands: taken off those that wait, and written down.

use super::say;
use crate::domain::action::Action;
use crate::domain::format;
use crate::link::{Applied, Change, Command, Rejected, RunState, StateChange};
use crate::ui::popups::checkpoints;
use crate::ui::state::app::App;
use crate::ui::state::event_log::{Entry, Kind};

pub(super) fn changed_state(app: &mut App, change: StateChange) {
    app.puller.changed();
    let oldest = first_awaited(app);
    let asked = oldest.and_then(|at| app.pending.get(at)).is_some_and(|command| {
        matches!(
            (command, change.state),
            (Command::Pause, RunState::Paused) | (Command::Resume, RunState::Running) | (Command::Advance(_), _)
        )
    });
    let answered = oldest.filter(|_| asked).and_then(|at| app.pending.remove(at));
    if app.run.waits_for_more() {
        return done(app, change.step);
    }
    let text = match (change.sentence(), answered) {
        (Some(why), _) => format!("{}: {why}", change.state),
        // Single steps would fill the list.
        (None, Some(Command::Advance(_)) | None) => return,
        (None, Some(_)) => change.state.to_string(),
    };
    let kind = if change.is_trouble() { Kind::Alert } else { Kind::State };
    if change.is_trouble() {
        say(app, checkpoints::offer(app, &change).unwrap_or_default() + &text, true);
    }
    app.happened(Entry { step: change.step, kind, text });
}

/// Says that the last step is done, and what goes on from there.
pub fn is_done(app: &mut App) {
    let step = format::count(app.run.step);
    say(app, format!("step {step} was the last one; {}", ways_on(app)), true);
}

/// The last step is done, and the run waits.
fn done(app: &mut App, step: u64) {
    let text = format!("finished after {}", format::duration(app.run.seconds));
    say(app, format!("{text}; {}", ways_on(app)), false);
    app.happened(Entry { step, kind: Kind::State, text });
}

/// The keys to press after the last step.
fn ways_on(app: &App) -> String {
    let (more, quit) = (app.key(Action::Steps), app.key(Action::Quit));
    format!("{more} +10000 goes on, {quit} quits")
}

/// The oldest command whose answer comes in order: a checkpoint's comes when it is on disk.
fn first_awaited(app: &App) -> Option<usize> {
    app.pending.iter().position(|command| !matches!(command, Command::Save))
}

pub(super) fn changed_setting(app: &mut App, applied: Applied) {
    // Commands are answered in order: what was asked before this change has been answered too.
    let changes = |command: &Command| matches!(command, Command::Set(_) | Command::Assign(_));
    match app.pending.iter().position(changes) {
        // The first of several changes by one command was its answer.
        at if applied.joins && !at.is_some_and(|at| is_nudge(&app.pending[at])) => {}
        Some(at) => drop(app.pending.drain(..=at)),
        None => app.pending.clear(),
    }
    app.happened(Entry::of_change(&applied));
    app.puller.changed();
}

fn is_nudge(command: &Command) -> bool {
    matches!(command, Command::Set(Change::ScaleConstraint(_)))
}

pub(super) fn refused(app: &mut App, rejected: Rejected) {
    let at = if app.keeps { first_awaited(app) } else { Some(0) };
    if at.and_then(|at| app.pending.remove(at)).is_none() {
        // Only a snapshot can have been refused.
        app.puller.answered();
    }
    let entry = Entry::of_refusal(&rejected);
    say(app, entry.text.clone(), true);
    app.happened(entry);
}
