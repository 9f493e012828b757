//! Checkpoints on the dashboard: keeping one, the list of those there are, and going back to one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ratatui::layout::Rect;

use super::{centred, yes_or_no};
use crate::domain::action::Action;
use crate::domain::{Metric, format};
use crate::link::checkpoint::{Checkpoint, Reason};
use crate::link::{Command, Restored, Saved, StateChange};
use crate::run::checkpoints::Item;
use crate::ui::draw::pen::{Pen, Text};
use crate::ui::draw::spots::Target;
use crate::ui::draw::theme::Role;
use crate::ui::pages::failure;
use crate::ui::state::app::{App, Popup};
use crate::ui::state::event_log::{Entry, Kind};
use crate::ui::state::viewing;
use crate::ui::update::{Effect, say, send};

/// The message where nothing is kept.
pub const NONE: &str = "this run has no directory, so it keeps no checkpoints: start it with --run-dir DIR";

/// The list of checkpoints.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The newest first.
    pub items: Vec<Item>,
    /// The row under the cursor.
    pub cursor: usize,
}

/// Asks which checkpoints there are; `newest`: to go back to that one.
pub fn ask(app: &mut App, newest: bool, effects: &mut Vec<Effect>) {
    if viewing::refuses(app) {
        // It has been said.
    } else if !app.under_way() {
        say(app, "the run has ended: it cannot go back; gantop train --resume goes on from its last checkpoint", true);
    } else if !app.keeps {
        say(app, NONE, true);
    } else {
        effects.push(Effect::List { newest });
    }
}

/// Shows the list, or asks whether to go back to the newest.
pub fn listed(app: &mut App, newest: bool, items: Result<Vec<Item>, String>) {
    app.dirty = true;
    // One that was made at an alert would only meet the same again.
    let sound = |item: &&Item| item.header.as_ref().is_ok_and(|header| header.info.reason != Reason::Alert);
    match items {
        Err(why) => say(app, why, true),
        Ok(items) if items.is_empty() => say(app, no_checkpoint(app), true),
        Ok(items) if !newest => app.popup = Some(Popup::Checkpoints(Choice { items, cursor: 0 })),
        Ok(items) => match items.iter().find(sound) {
            Some(item) => app.popup = Some(Popup::Back(Box::new(item.clone()))),
            None => say(app, no_checkpoint(app), true),
        },
    }
}

fn no_checkpoint(app: &App) -> String {
    format!("there is no checkpoint to go back to yet; {} makes one", app.key(Action::Save))
}

/// Moves the cursor, or asks whether to go back to the checkpoint under it.
pub fn choose(app: &mut App, action: Action) {
    let Some(Popup::Checkpoints(choice)) = &mut app.popup else { return };
    let last = choice.items.len().saturating_sub(1);
    match action {
        Action::Up => choice.cursor = choice.cursor.checked_sub(1).unwrap_or(last),
        Action::Down => choice.cursor = if choice.cursor >= last { 0 } else { choice.cursor + 1 },
        Action::PageUp => choice.cursor = 0,
        Action::PageDown => choice.cursor = last,
        Action::Close => app.popup = None,
        Action::Accept => {
            let Some(item) = choice.items.get(choice.cursor) else { return };
            match &item.header {
                Ok(_) => app.popup = Some(Popup::Back(Box::new(item.clone()))),
                Err(why) => {
                    let why = why.clone();
                    say(app, why, true);
                }
            }
        }
        _ => {}
    }
}

/// Reads the checkpoint that was asked about.
pub fn go_back(app: &mut App, effects: &mut Vec<Effect>) {
    if let Some(Popup::Back(item)) = app.popup.take() {
        effects.push(Effect::Load(item.path));
    }
}

/// Sends what was read to the trainer.
pub fn loaded(app: &mut App, file: PathBuf, checkpoint: Result<Box<Checkpoint>, String>, effects: &mut Vec<Effect>) {
    match checkpoint {
        Ok(checkpoint) => send(app, Command::Restore { checkpoint: Arc::from(checkpoint), file }, effects),
        Err(why) => say(app, why, true),
    }
}

/// A checkpoint was written, or could not be.
pub fn saved(app: &mut App, saved: &Saved) {
    if saved.reason == Reason::Asked
        && let Some(at) = app.pending.iter().position(|command| matches!(command, Command::Save))
    {
        app.pending.remove(at);
    }
    if let Ok(file) = &saved.file {
        app.last_saved = Some((saved.step, file.clone()));
        failure::saved(app);
    }
    let kind = if saved.file.is_ok() { Kind::State } else { Kind::Alert };
    if saved.file.is_err() || saved.reason == Reason::Asked {
        say(app, saved.to_string(), saved.file.is_err());
    }
    app.happened(Entry { step: saved.step, kind, text: saved.to_string() });
}

/// The run went on from a checkpoint: the charts forget the steps after it.
pub fn restored(app: &mut App, restored: Restored) {
    let goes_back = |command: &Command| matches!(command, Command::Restore { .. } | Command::Undo);
    if let Some(at) = app.pending.iter().position(goes_back) {
        let saves = app.pending.drain(..=at).filter(|command| matches!(command, Command::Save)).count();
        // Those are answered when they are on disk.
        app.pending.extend(std::iter::repeat_n(Command::Save, saves));
    }
    // Somebody else may have taken back what was asked about.
    app.popup.take_if(|popup| matches!(popup, Popup::Undo));
    app.live.history.rewind(restored.to);
    app.live.truths.rewind(restored.to);
    app.live.analysis.take_if(|analysis| analysis.step > restored.to);
    app.live.covered.take_if(|(step, _)| *step > restored.to);
    app.live.past.rewind(restored.to);
    app.live.marks.retain(|mark| mark.step <= restored.to);
    app.charts.cursor.take_if(|cursor| *cursor > restored.to);
    app.browsed.take_if(|step| *step > restored.to);
    say(app, restored.to_string(), false);
    let entry = Entry { step: restored.to, kind: Kind::Change, text: restored.to_string() };
    match restored.from {
        Some(_) => app.happened(entry),
        None => app.events.push(entry),
    }
    if let Some(file) = restored.source.file() {
        app.last_saved = Some((restored.to, file.to_owned()));
    }
    app.puller.changed();
}

/// The remedies for a run that paused because of a number that is not finite.
pub fn offer(app: &App, change: &StateChange) -> Option<String> {
    let keys = [Action::Checkpoints, Action::Back].map(|action| app.key(action)).join(" or ");
    (app.keeps && change.is_refused_step()).then(|| format!("{keys} goes back to a checkpoint; "))
}

fn name(path: &Path) -> String {
    path.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

fn age(item: &Item) -> String {
    item.age.map_or("?".into(), |age| format!("{} ago", format::duration(age)))
}

/// Draws the list: name, step, why, the bound, the losses and the age of each.
pub fn draw(app: &App, choice: &Choice, pen: &mut Pen, area: Rect) {
    let items = &choice.items;
    let inner = pen.framed(centred(area, 86, items.len().min(200) as u16 + 5), "checkpoints");
    let rows = inner.height.saturating_sub(3) as usize;
    if rows == 0 {
        return;
    }
    let columns =
        format!("  {:>11}  {:<7}{:>11}{:>11}{:>11}  {:>12}", "step", "why", "bound", "critic", "generator", "age");
    pen.text(inner.x, inner.y, inner.width, &[(Role::Dim, columns)]);
    let first = (choice.cursor + 1).saturating_sub(rows);
    for (i, item) in items.iter().enumerate().skip(first).take(rows) {
        let chosen = i == choice.cursor;
        let cursor = if chosen { pen.glyphs.cursor() } else { " " };
        let (role, text) = match &item.header {
            Ok(header) => {
                let value =
                    |metric| header.info.metrics.as_ref().map_or("-".into(), |m| format::number(f64::from(m[metric])));
                let [bound, critic, generator] = [Metric::Bound, Metric::CriticLoss, Metric::GeneratorLoss].map(value);
                let (step, why) = (format::count(header.info.step), header.info.reason.name());
                let now = if header.info.step > app.run.step { "  of an abandoned branch" } else { "" };
                let text =
                    format!("{step:>11}  {why:<7}{bound:>11}{critic:>11}{generator:>11}  {:>12}{now}", age(item));
                (Role::Plain, text)
            }
            Err(_) => (Role::Bad, format!("{:>11}  damaged: {}", "?", name(&item.path))),
        };
        let role = if chosen { Role::Selected } else { role };
        let row: Text = vec![(Role::Strong, format!("{cursor} ")), (role, text)];
        let y = inner.y + 1 + (i - first) as u16;
        pen.spot(Rect { y, height: 1, ..inner }, Target::Row(i));
        pen.text(inner.x, y, inner.width, &row);
    }
    let mut hints: Text = vec![(Role::Plain, "  ".into())];
    for (action, does) in [(Action::Accept, "go back to it"), (Action::Close, "close")] {
        hints.extend([(Role::Strong, app.key(action)), (Role::Dim, format!(" {does}  "))]);
    }
    if rows < items.len() {
        hints.push((Role::Dim, format!("{} of {}", choice.cursor + 1, items.len())));
    }
    pen.text(inner.x, inner.bottom().saturating_sub(1), inner.width, &hints);
}

/// Draws the question whether to go back.
pub fn draw_question(app: &App, item: &Item, pen: &mut Pen, area: Rect) {
    let inner = pen.framed(centred(area, 66, 4), "go back");
    let to = item.header.as_ref().map_or(0, |header| header.info.step);
    let (from, to) = (format::count(app.run.step), format::count(to));
    yes_or_no(app, pen, inner, format!("Go from step {from} back to step {to}, kept {}?", age(item)), true);
}
