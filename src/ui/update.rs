//! (state, message) → effects: everything that changes the dashboard's state. No I/O.

pub(super) mod answers;
mod ended;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::KeyEvent;
use ratatui::layout::Size;

use answers::{changed_setting, changed_state, refused};
use ended::ended;

use super::pages::{Page, failure, samples};
use super::popups::{checkpoints, help};
use super::state::app::{App, Plots, Popup, Status};
use super::state::event_log::{Entry, Kind};
use super::state::pacer::StepRate;
use super::state::{alerts, chart_filter, evaluations, viewing};
use super::{Ending, Exit, Message, actions};
use crate::config::Theme;
use crate::domain::SampleShape;
use crate::domain::action::Action;
use crate::history::History;
use crate::link::{self, Command, Report, RunInfo, RunState, Snapshot, SnapshotRequest};
use crate::terminal::Event;
use crate::truth::{self, CoverageRule};

/// The wait for the run to stop after the person has quit.
pub const QUIT_GRACE: Duration = Duration::from_secs(10);
/// Points of each kind in a snapshot.
pub const POINTS: usize = 1000;
/// Images in a snapshot, at most.
pub const IMAGES: usize = 256;
/// Images in a snapshot, at the least: fewer say little of a distance.
pub const LEAST_IMAGES: usize = 64;

/// A task of the event loop.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Send a command to the trainer.
    Send(Command),
    /// Hand a snapshot to the analyst.
    Analyse(Arc<Snapshot>),
    /// Have the analyst look at what it was handed last without a rest.
    HurryAnalyst,
    /// Forget what is on the screen, so that the next draw writes every cell.
    Clear,
    /// Tell a person outside the screen.
    Notify(String),
    /// Give the terminal back to the shell until the process goes on.
    Suspend,
    /// Look which checkpoints there are, and answer with [`Message::Listed`].
    List { newest: bool },
    /// Read a checkpoint, and answer with [`Message::Loaded`].
    Load(PathBuf),
    /// Find out what colours a theme is here, and answer with [`Message::Palette`].
    Theme(Theme),
    /// Leave the dashboard.
    Exit(Exit),
}

/// Takes in a message and says what is to be done.
pub fn update(app: &mut App, message: Message) -> Vec<Effect> {
    let mut effects = Vec::new();
    match message {
        Message::Tick(now) => {
            app.now = now;
            if app.quitting.is_some_and(|deadline| now >= deadline) {
                effects.push(Effect::Exit(Exit::Quit(None)));
            }
        }
        Message::Drawn(size) => resized(app, size),
        Message::Sent(bytes) => app.puller.drew(bytes),
        Message::Pictures(cell) => {
            (app.cell, app.dirty) = (cell, true);
            want_more(app);
        }
        Message::Input(Event::Key(key)) => pressed(app, &key, &mut effects),
        Message::Input(Event::Mouse(mouse)) => actions::mouse::used(app, mouse, &mut effects),
        Message::Input(Event::Paste(text)) => {
            let charts = chart_filter::is_meant(app);
            match &mut app.popup {
                Some(Popup::Prompt(prompt)) => prompt.paste(&text),
                Some(Popup::Filter(_)) if charts => chart_filter::paste(app, &text),
                Some(Popup::Filter(_)) => app.log.paste(&text),
                Some(Popup::Command(line)) => line.paste(&text),
                Some(Popup::Help(view)) if view.typing => {
                    view.paste(&text);
                    help::go_to_top(app);
                }
                _ => return effects,
            }
            app.dirty = true;
        }
        Message::Input(Event::Redraw) => {
            app.dirty = true;
            effects.push(Effect::Clear);
        }
        Message::Input(Event::HangUp) => effects.push(Effect::Exit(hung_up(app))),
        Message::Input(Event::Terminate) => effects.push(Effect::Exit(Exit::Terminate(app.ending.clone()))),
        Message::Input(Event::Interrupt) => effects.push(Effect::Exit(Exit::Interrupt(app.ending.clone()))),
        Message::Input(Event::Save) => send(app, Command::Save, &mut effects),
        Message::Report(report) => reported(app, report, &mut effects),
        Message::Listed { newest, items } => checkpoints::listed(app, newest, items),
        Message::Loaded { file, checkpoint } => checkpoints::loaded(app, file, checkpoint, &mut effects),
        // Of steps that the run has gone back from.
        Message::Analysis(analysis) if analysis.step > app.run.step => {}
        Message::Other(which, report) => viewing::reported(app, which, *report),
        Message::Analysis(analysis) => {
            app.live.truths.push(&analysis);
            app.live.analysis = Some(analysis);
            app.dirty = true;
        }
        Message::NoAnalyst(text) => {
            say(app, text.clone(), true);
            app.happened(Entry { step: app.run.step, kind: Kind::Alert, text });
        }
        Message::Machine(load) => {
            // What is not replaced is what the next one is compared with.
            if app.machine.as_ref().is_none_or(|shown| load.is_news(shown)) {
                app.machine = Some(load);
                app.dirty = true;
            }
        }
        Message::Palette(palette) => {
            app.palette = palette;
            app.dirty = true;
        }
        Message::Gone => {
            if app.ending.is_none() {
                ended(app, Ending::Gone);
            }
        }
    }
    if app.quitting.is_some() && app.ending.is_some() {
        effects.push(Effect::Exit(Exit::Quit(app.ending.clone())));
    }
    pull(app, &mut effects);
    effects
}

/// The way in which the dashboard is left when the terminal is gone: where the run had ended, nothing of it is left to
/// go on.
pub fn hung_up(app: &App) -> Exit {
    app.ending.clone().map_or_else(|| Exit::HangUp(app.run.info.clone()), Exit::Ended)
}

fn resized(app: &mut App, size: Size) {
    if app.size != size {
        app.size = size;
        want_more(app);
    }
}

/// Another size or page may show more than the last snapshot holds: more images, or the weights.
pub fn want_more(app: &mut App) {
    let held = app
        .live
        .snapshot
        .as_ref()
        .map(|snapshot| (snapshot.fake.len() / snapshot.shape.len().max(1), snapshot.weights.is_some()));
    let (samples, weights) = held.unwrap_or_default();
    if request(app).is_some_and(|request| request.samples > samples || (request.weights && !weights)) {
        app.puller.changed();
    }
}

fn pressed(app: &mut App, key: &KeyEvent, effects: &mut Vec<Effect>) {
    if crate::domain::keymap::pressed(key).is_some() {
        app.dirty |= app.status.take().is_some();
    }
    actions::press(app, key, effects);
}

/// Sends a command and remembers that it wants an answer.
pub fn send(app: &mut App, command: Command, effects: &mut Vec<Effect>) {
    if viewing::refuses(app) {
        return;
    }
    if let Some(ending) = &app.ending {
        let text = match ending {
            Ending::Finished(_) => "the run has finished: nothing can be changed".to_owned(),
            Ending::Failed(_) | Ending::Gone => failure::refuses(app, &command),
        };
        return say(app, text, true);
    }
    app.dirty = true;
    app.pending.push_back(command.clone());
    effects.push(Effect::Send(command));
}

/// Says something in the header.
pub fn say(app: &mut App, text: impl Into<String>, bad: bool) {
    app.status = Some(Status { text: text.into(), bad });
    app.dirty = true;
}

fn request(app: &App) -> Option<SnapshotRequest> {
    let samples = match app.run.info.as_ref()?.shape {
        SampleShape::Point { .. } => POINTS,
        SampleShape::Image { .. } => samples::images_in_sight(app).clamp(LEAST_IMAGES, IMAGES),
    };
    // Figures of points are of fresh ones, and so say more from one snapshot to the next.
    let fixed = app.run.has_images() && !app.samples_view.fresh;
    Some(SnapshotRequest { samples, weights: app.page == Page::Weights, fixed })
}

fn pull(app: &mut App, effects: &mut Vec<Effect>) {
    if !app.pulls() {
        return;
    }
    let Some(request) = request(app) else { return };
    if app.puller.pull(app.now, app.run.state == RunState::Running) {
        effects.push(Effect::Send(Command::Snapshot(request)));
    }
}

fn reported(app: &mut App, report: Report, effects: &mut Vec<Effect>) {
    app.dirty = true;
    let again = app.run.info.is_some();
    effects.extend(alerts::notice(app, &report).map(Effect::Notify));
    app.run.take(&report);
    match report {
        // A foreign run turns out to have more metrics, or samples of some shape.
        Report::Started(run) if again && app.charts.foreign => app.charts.declare(&run.metrics),
        Report::Started(run) => started(app, run, again),
        Report::Steps(records) => {
            for record in &records {
                app.live.history.push(record);
            }
            if let Some(last) = records.last() {
                progressed(app, last.step, last.seconds);
            }
        }
        Report::Merged(spans) => {
            for span in &spans {
                app.live.history.push_span(span);
                app.merged = app.merged.saturating_add(span.count);
            }
            if let Some(last) = spans.last() {
                progressed(app, last.last, last.seconds);
            }
        }
        Report::State(change) => changed_state(app, change),
        Report::Applied(applied) => changed_setting(app, applied),
        Report::Rejected(rejected) => refused(app, rejected),
        Report::Saved(saved) => checkpoints::saved(app, &saved),
        Report::Restored(restored) => checkpoints::restored(app, restored),
        Report::Snapshot(snapshot) => snapped(app, snapshot, effects),
        Report::Alert(alert) => alerts::alerted(app, alert),
        Report::Evaluation(news) => evaluations::reported(app, &news),
        Report::Noted(note) => app.happened(Entry { step: note.step, kind: Kind::State, text: note.text }),
        Report::Answered(_) => {}
        Report::Finished(summary) => {
            ended(app, Ending::Finished(summary));
            effects.push(Effect::HurryAnalyst);
        }
        Report::Failed(why) => {
            ended(app, Ending::Failed(why));
            effects.push(Effect::HurryAnalyst);
        }
    }
}

/// The run says what it is. One that says it `again` has more metrics than before, or another shape: its past follows
/// anew.
fn started(app: &mut App, run: Box<RunInfo>, again: bool) {
    app.charts.declare(&run.metrics);
    app.puller.changed();
    if again {
        app.live.history = History::default();
        app.rate = StepRate::default();
        return;
    }
    let threads = format!(" with {}: {}", link::threads(run.threads), run.threads_why);
    let text = match app.charts.foreign {
        true => format!("follows {}", run.device),
        false => format!("started on {}{}", run.device, if run.threads > 0 { threads } else { String::new() }),
    };
    app.happened(Entry { step: app.run.step, kind: Kind::State, text });
    // The run's own process watches for that.
    app.coverage = CoverageRule::new(&run.config.health).filter(|_| app.attached.is_none());
}

fn progressed(app: &mut App, step: u64, seconds: f64) {
    app.rate.push(seconds, step);
    app.puller.changed();
}

fn snapped(app: &mut App, snapshot: Box<Snapshot>, effects: &mut Vec<Effect>) {
    app.puller.came();
    let snapshot = Arc::<Snapshot>::from(snapshot);
    // Of a foreign run there are only pictures.
    if !app.charts.foreign {
        effects.push(Effect::Analyse(snapshot.clone()));
        // The last step is looked at without a rest.
        effects.extend(app.run.waits_for_more().then_some(Effect::HurryAnalyst));
    }
    // It costs next to nothing, and so is never of an earlier step than the samples on the screen.
    let modes = app.run.info.as_ref().map_or(&[][..], |run| &run.modes);
    if let Some(modes) = truth::covered(&snapshot, modes) {
        alerts::covered(app, snapshot.step, &modes, effects);
        app.live.truths.push_coverage(snapshot.step, &modes);
        app.live.covered = Some((snapshot.step, modes));
    }
    app.live.past.push(&snapshot);
    app.live.snapshot = Some(snapshot);
}

/// Freezes what the charts and samples show, or lets it go on.
pub fn freeze(app: &mut App) {
    app.frozen = match app.frozen.take() {
        Some(_) => None,
        None => Some(Box::<Plots>::new(app.live.clone())),
    };
    // The one is easily taken for the other: both say what they are not.
    if app.frozen.is_some() {
        let key = app.key(Action::Freeze);
        let training = if app.run.state == RunState::Paused { "training is paused too" } else { "training goes on" };
        say(app, format!("{training}; {key} thaws it"), false);
    }
    app.puller.changed();
    app.dirty = true;
}
