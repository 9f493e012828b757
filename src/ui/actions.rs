//! The effects of each action on the dashboard.

pub mod mouse;
pub mod view_keys;
use crossterm::event::KeyEvent;

use super::Exit;
use super::pages::Page;
use super::popups::command::{self, Line};
use super::popups::objectives::ObjectiveSelection;
use super::popups::prompt::{Prompt, Question};
use super::popups::{checkpoints, constraints, explain, help, undo};
use super::state::app::{App, ConstraintChoice, Popup};
use super::state::subject::Subject;
use super::state::{attached, chart_filter};
use super::update::{Effect, QUIT_GRACE, answers, freeze, say, send};
use crate::config::Constraint;
use crate::domain::action::{Action, Context, NUDGE_FACTOR};
use crate::domain::keymap;
use crate::domain::{GeneratorLoss, Head};
use crate::link::{Change, Command, Settings, swap};
use crate::run::replayer::ONLY_LOOKS;
use crate::theory::objective;

/// Rows that a page key scrolls.
pub const PAGE: isize = 10;

/// Does what a key asks for.
pub fn press(app: &mut App, key: &KeyEvent, effects: &mut Vec<Effect>) {
    if matches!(app.popup, Some(Popup::Leave)) && keymap::pressed(key).is_some() {
        return leaving(app, key, effects);
    }
    let Some(action) = app.keymap.lookup(app.context(), key) else {
        if keymap::pressed(key).is_some() {
            let charts = chart_filter::is_meant(app);
            match &mut app.popup {
                Some(Popup::Prompt(prompt)) => prompt.key(key),
                Some(Popup::Filter(_)) if charts => chart_filter::key(app, key),
                Some(Popup::Filter(_)) => app.log.key(key),
                Some(Popup::Command(line)) => line.key(key),
                Some(Popup::Help(view)) if view.typing => {
                    view.key(key);
                    help::go_to_top(app);
                }
                _ => return,
            }
            app.dirty = true;
        }
        return;
    };
    if action == Action::Page {
        let page = keymap::pressed(key).and_then(|key| Page::of_key(&app.keymap, key)).unwrap_or(app.page);
        app.dirty = true;
        return view_keys::open(app, page);
    }
    act(app, action, effects);
}

/// Does what an action does where the keyboard's attention is.
pub fn act(app: &mut App, action: Action, effects: &mut Vec<Effect>) {
    app.dirty = true;
    match action {
        Action::Redraw => return effects.push(Effect::Clear),
        Action::Suspend => return effects.push(Effect::Suspend),
        Action::Interrupt => return interrupt(app, effects),
        Action::Quit => return quit(app, effects),
        _ => {}
    }
    match app.context() {
        Context::Main if attached::refuses(app, action) => {}
        Context::Main => main(app, action, effects),
        Context::Objectives => objectives(app, action, effects),
        Context::Constraints => list_of_constraints(app, action, effects),
        Context::Checkpoints => checkpoints::choose(app, action),
        Context::Prompt => prompt(app, action, effects),
        Context::Filter => view_keys::filtering(app, action),
        Context::Command => command::press(app, action, effects),
        Context::Reading => reading(app, action),
        Context::Question => question(app, action, effects),
        // A screen of its own.
        Context::Runs => {}
    }
}

fn main(app: &mut App, action: Action, effects: &mut Vec<Effect>) {
    match action {
        Action::Pause | Action::Step if app.run.waits_for_more() => answers::is_done(app),
        Action::Pause => {
            let command = if app.will_run() { Command::Pause } else { Command::Resume };
            send(app, command, effects);
        }
        Action::Step => send(app, Command::Advance(1), effects),
        Action::Steps => ask(app, Question::Steps),
        Action::Save => send(app, Command::Save, effects),
        Action::Checkpoints => checkpoints::ask(app, false, effects),
        Action::Back => checkpoints::ask(app, true, effects),
        Action::Undo => undo::ask(app),
        Action::Evaluate => {
            // The same key begins one and gives it up.
            let under_way = app.run.evaluating.is_some();
            send(app, if under_way { Command::CancelEvaluation } else { Command::Evaluate }, effects);
        }
        Action::Objective => {
            let Some(objective) = settings(app).map(|settings| settings.objective.clone()) else { return };
            let cursor = objective::ALL.iter().position(|row| row.name() == objective.kind).unwrap_or(0);
            app.popup = Some(Popup::Objectives(ObjectiveSelection { cursor, wanted: objective, brings: true }));
        }
        Action::Constraint => {
            let Some(now) = settings(app).map(|settings| settings.constraint) else { return };
            let cursor = Constraint::ALL.iter().position(|row| row.kind() == now.kind()).unwrap_or(0);
            app.popup = Some(Popup::Constraints(ConstraintChoice { cursor }));
        }
        Action::Clip => ask(app, Question::Clip),
        Action::NudgeDown => send(app, Command::Set(Change::ScaleConstraint(1.0 / NUDGE_FACTOR)), effects),
        Action::NudgeUp => send(app, Command::Set(Change::ScaleConstraint(NUDGE_FACTOR)), effects),
        Action::Rates => ask(app, Question::Rates),
        Action::CriticSteps => ask(app, Question::CriticSteps),
        Action::Controls => ask_controls(app),
        Action::Freeze => freeze(app),
        Action::Detach => attached::ask(app, effects),
        Action::Runs => attached::to_runs(app, effects),
        Action::Help => help::open(app),
        Action::Command => app.popup = Some(Popup::Command(Line::default())),
        _ => view_keys::press(app, action),
    }
}

/// The settings in force; says so where there are none to change.
fn settings(app: &mut App) -> Option<&Settings> {
    if let Err(why) = changeable(app) {
        say(app, why, true);
        return None;
    }
    app.run.settings.as_ref()
}

/// The settings in force, where there are some to change.
///
/// # Errors
///
/// Why nothing can be changed.
pub fn changeable(app: &App) -> Result<&Settings, &'static str> {
    match &app.run.settings {
        _ if app.read_only => Err(ONLY_LOOKS),
        _ if app.ending.is_some() => Err("the run has ended: nothing can be changed"),
        None => Err("the run has not started yet"),
        Some(settings) => Ok(settings),
    }
}

fn ask(app: &mut App, question: Question) {
    if settings(app).is_none() {
        return;
    }
    if let Ok(prompt) = Subject::of(app).map(|run| Prompt::new(question, run)) {
        app.popup = Some(Popup::Prompt(prompt));
    }
}

/// Asks for values of the controls that the trainer has declared.
fn ask_controls(app: &mut App) {
    let Some(controls) = app.attached.as_ref().map(|to| to.capabilities.controls.clone()) else { return };
    if let Some(prompt) = settings(app).map(|settings| Prompt::of_controls(controls, settings)) {
        app.popup = Some(Popup::Prompt(prompt));
    }
}

fn objectives(app: &mut App, action: Action, effects: &mut Vec<Effect>) {
    let Some(Popup::Objectives(choice)) = &mut app.popup else { return };
    choice.cursor = moved(choice.cursor, objective::ALL.len(), action);
    match action {
        Action::Head => choice.wanted.head = next_head(choice.wanted.head),
        Action::Brings => choice.brings = !choice.brings,
        Action::GeneratorLoss => choice.wanted.generator_loss = next_generator_loss(choice.wanted.generator_loss),
        Action::Close => app.popup = None,
        Action::Accept => {
            let chosen = choice.chosen().map(|objective| (objective, choice.brings));
            app.popup = None;
            let command = chosen.map(|(objective, brings)| {
                let needs = Subject::of(app).ok().filter(|_| brings).map(|run| run.needs(&objective));
                swap::command(objective, needs.unwrap_or_default())
            });
            if let Some(command) = command {
                send(app, command, effects);
            }
        }
        _ => {}
    }
}

/// The next place of the cursor of a list of `rows`; it wraps around.
fn moved(cursor: usize, rows: usize, action: Action) -> usize {
    let last = rows.saturating_sub(1);
    match action {
        Action::Up => cursor.checked_sub(1).unwrap_or(last),
        Action::Down if cursor >= last => 0,
        Action::Down => cursor + 1,
        Action::PageUp => 0,
        Action::PageDown => last,
        _ => cursor,
    }
}

fn list_of_constraints(app: &mut App, action: Action, effects: &mut Vec<Effect>) {
    let Some(Popup::Constraints(choice)) = &mut app.popup else { return };
    choice.cursor = moved(choice.cursor, Constraint::ALL.len(), action);
    let cursor = choice.cursor;
    match action {
        Action::Close => app.popup = None,
        Action::Accept => {
            app.popup = None;
            let now = settings(app).map(|settings| settings.constraint);
            match now.and_then(|now| constraints::at(cursor, now)) {
                Some(wanted) if wanted.number().is_some() => ask(app, Question::Constraint(wanted)),
                Some(wanted) => send(app, Command::Set(Change::Constraint(wanted)), effects),
                None => {}
            }
        }
        _ => {}
    }
}

fn prompt(app: &mut App, action: Action, effects: &mut Vec<Effect>) {
    let Some(Popup::Prompt(prompt)) = &mut app.popup else { return };
    match action {
        Action::NextField => prompt.turn(1),
        Action::PreviousField => prompt.turn(-1),
        Action::ValueUp => prompt.nudge(true),
        Action::ValueDown => prompt.nudge(false),
        Action::Close => app.popup = None,
        // With a mistake in it the prompt stays; it says what is wrong.
        Action::Accept => {
            if let Ok(commands) = prompt.commands() {
                app.popup = None;
                for command in commands {
                    send(app, command, effects);
                }
            }
        }
        _ => {}
    }
}

fn reading(app: &mut App, action: Action) {
    let by = match action {
        Action::Up => -1,
        Action::Down => 1,
        Action::PageUp => -PAGE,
        Action::PageDown => PAGE,
        _ => 0,
    };
    match (&mut app.popup, action) {
        (Some(Popup::Explain(_)), action) => return explain::press(app, action, by),
        (Some(Popup::Help(_)), Action::Accept) => return help::accept(app),
        (_, Action::Close | Action::Accept) => return app.popup = None,
        (_, Action::Filter) => return help::search(app),
        _ => {}
    }
    match &mut app.popup {
        Some(Popup::Help(_)) => help::go(app, by),
        Some(Popup::Notice { text, scroll, .. }) => {
            *scroll = scroll.saturating_add_signed(by).min(text.len().saturating_sub(1));
        }
        _ => {}
    }
}

fn question(app: &mut App, action: Action, effects: &mut Vec<Effect>) {
    if attached::answered(app, action, effects) {
        return;
    }
    match action {
        Action::Yes | Action::Accept if matches!(app.popup, Some(Popup::Back(_))) => checkpoints::go_back(app, effects),
        Action::Yes | Action::Accept if matches!(app.popup, Some(Popup::Undo)) => undo::answer(app, effects),
        Action::Yes => stop(app, effects),
        // Enter is what a person presses without reading: it does no harm.
        Action::No | Action::Close | Action::Accept => app.popup = None,
        _ => {}
    }
}

/// The question after `D`: Enter leaves, any other key stays and does nothing else, but for those that hold everywhere.
fn leaving(app: &mut App, key: &KeyEvent, effects: &mut Vec<Effect>) {
    app.dirty = true;
    match app.keymap.lookup(app.context(), key) {
        Some(Action::Accept) => attached::detach(app, effects),
        Some(action @ (Action::Redraw | Action::Suspend | Action::Interrupt)) => act(app, action, effects),
        _ => app.popup = None,
    }
}

/// `q`: leaves a popup that is read, quits a run that has ended, else asks.
fn quit(app: &mut App, effects: &mut Vec<Effect>) {
    match &app.popup {
        Some(Popup::Help(_) | Popup::Explain(_)) => app.popup = None,
        _ => interrupt(app, effects),
    }
}

/// Ctrl-C: quits a recorded run and one that has ended, asks the first time, and does not ask the second time.
fn interrupt(app: &mut App, effects: &mut Vec<Effect>) {
    if app.read_only {
        // Nothing ends with the dashboard, so there is nothing to ask.
        effects.push(Effect::Exit(Exit::Quit(app.ending.clone())));
    } else if let Some(ending) = &app.ending {
        effects.push(Effect::Exit(Exit::Ended(ending.clone())));
    } else if app.quitting.is_some() {
        effects.push(Effect::Exit(Exit::Quit(None)));
    } else if app.run.waits_for_more() && app.attached.is_none() {
        // Nothing is broken off.
        stop(app, effects);
    } else if matches!(app.popup, Some(Popup::Quit)) && app.attached.is_some() {
        attached::detach(app, effects);
    } else if matches!(app.popup, Some(Popup::Quit)) {
        stop(app, effects);
    } else {
        app.popup = Some(Popup::Quit);
    }
}

/// Asks the trainer to stop; the loop goes on until it has.
pub fn stop(app: &mut App, effects: &mut Vec<Effect>) {
    app.popup = None;
    app.quitting = Some(app.now.saturating_add(QUIT_GRACE));
    app.dirty = true;
    effects.push(Effect::Send(Command::Stop));
}

/// The head after this one.
fn next_head(head: Head) -> Head {
    match head {
        Head::LogRatio => Head::Paper,
        Head::Paper => Head::LogRatio,
    }
}

/// The generator loss after this one.
fn next_generator_loss(loss: GeneratorLoss) -> GeneratorLoss {
    match loss {
        GeneratorLoss::Auto => GeneratorLoss::NonSaturating,
        GeneratorLoss::NonSaturating => GeneratorLoss::Saturating,
        GeneratorLoss::Saturating => GeneratorLoss::Auto,
    }
}
