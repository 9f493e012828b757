//! A dashboard that is attached to a run in another process: leaving it never stops the run unless that is asked for.

use std::io;

use crossbeam_channel::Receiver;
use ratatui::layout::Rect;

use super::app::{App, Popup};
use crate::config::live;
use crate::domain::action::Action;
use crate::domain::{MetricId, format};
use crate::link::Link;
use crate::serve::protocol::Capabilities;
use crate::terminal::Event;
use crate::ui::draw::pen::{Pen, Text};
use crate::ui::draw::theme::Role;
use crate::ui::event_loop::Loop;
use crate::ui::popups::{centred, yes_or_no};
use crate::ui::update::{Effect, say};
use crate::ui::{Exit, Options, Screen, Shelf};

/// The connection of a dashboard.
#[derive(Clone, Debug, PartialEq)]
pub struct Attached {
    /// The name that tells the run from others.
    pub run: String,
    /// Its directory, or the socket where its trainer found the dashboard, as one would type it.
    pub path: String,
    /// Whether it gives up commanding.
    pub read_only: bool,
    /// Whether a trainer of another program came to the dashboard, and not the dashboard to a run.
    pub listens: bool,
    /// The commands that the run obeys.
    pub capabilities: Capabilities,
}

impl Attached {
    /// That the run goes on, and how to come back.
    pub fn goes_on(&self) -> String {
        match self.listens {
            true => format!("the trainer goes on; gantop attach --listen {} waits for it again", self.path),
            false => goes_on(&self.path),
        }
    }

    /// That nothing more comes, and what can be done.
    pub fn lost(&self) -> String {
        let path = &self.path;
        match self.listens {
            true => format!(
                "the connection to the trainer was lost; `gantop attach --listen {path}` waits for it, if it goes on"
            ),
            false => format!(
                "the connection to the run was lost; `gantop attach {path}` comes back if it goes on, `gantop view \
                 {path}` shows what is recorded"
            ),
        }
    }

    fn offers(&self, action: Action) -> bool {
        let sets = |key: &str| self.capabilities.sets(key);
        match action {
            Action::Pause => self.capabilities.obeys("pause") && self.capabilities.obeys("resume"),
            Action::Step | Action::Steps => self.capabilities.obeys("advance"),
            Action::Save => self.capabilities.obeys("save"),
            Action::Checkpoints | Action::Back => self.capabilities.obeys("restore"),
            Action::Undo => self.capabilities.obeys("undo"),
            Action::Evaluate => self.capabilities.obeys("evaluate"),
            Action::NudgeDown | Action::NudgeUp => self.capabilities.obeys("scale"),
            Action::Objective => sets("objective.kind"),
            Action::Constraint => sets("constraint.kind"),
            Action::Clip => sets("constraint.clip"),
            Action::Rates => sets(live::CRITIC_LR) || sets(live::GENERATOR_LR),
            Action::CriticSteps => sets(live::CRITIC_STEPS),
            Action::Set => self.capabilities.obeys("set"),
            Action::Controls => self.capabilities.obeys("set") && !self.capabilities.controls.is_empty(),
            Action::StopRun => self.capabilities.obeys("stop"),
            _ => true,
        }
    }
}

/// That the run in this directory goes on, and how to come back to it.
pub fn goes_on(path: &str) -> String {
    format!("the run goes on; gantop attach {path} comes back to it")
}

/// Whether an action is offered: what the run does not obey is not.
pub fn offers(app: &App, action: Action) -> bool {
    // gantop's own trainer declares no controls.
    app.attached.as_ref().map_or(action != Action::Controls, |to| to.offers(action))
}

/// Whether the trainer, of another program, has never told this metric: gantop's own are not everybody's.
pub fn is_untold(app: &App, metric: MetricId) -> bool {
    let history = &app.plots().history;
    let foreign = app.attached.as_ref().is_some_and(|to| to.capabilities.names_keys());
    let ever = |(first, last)| history.columns(metric, first, last, 1).into_iter().flatten().next();
    foreign && history.steps().and_then(ever).and_then(|stat| stat.mean()).is_none()
}

/// Says that an action is not offered, if that is so.
pub fn refuses(app: &mut App, action: Action) -> bool {
    if offers(app, action) {
        return false;
    }
    let why = match &app.attached {
        Some(to) => to.capabilities.unknown(&format!("how to do this: {}", action.entry().doc)),
        None => "a run of gantop's own has no controls besides its settings".to_owned(),
    };
    say(app, why, true);
    true
}

/// Runs the dashboard of a run in another process: as [`crate::ui::run_with`], but it may be left without stopping the
/// run.
///
/// # Errors
///
/// Those of the screen.
pub fn attach(
    screen: &mut impl Screen,
    events: Receiver<Event>,
    link: &Link,
    options: Options,
    shelf: Option<&dyn Shelf>,
    to: Attached,
) -> io::Result<Exit> {
    let app = App { keeps: shelf.is_some(), read_only: to.read_only, attached: Some(to), ..App::new(options.clone()) };
    Loop::new(screen, link, shelf, app, options).run(&events)
}

/// The words of the header.
pub fn header(app: &App, said: &mut Text) {
    if let Some(to) = &app.attached {
        said.extend([(Role::Plain, "  ".into()), (Role::Selected, format!(" attached to {} ", to.run))]);
    }
}

/// The message when the run's process has nothing more to say.
pub fn gone(app: &App) -> String {
    match &app.attached {
        None => "the trainer is gone and did not say why; the log may".to_owned(),
        Some(to) => to.lost(),
    }
}

/// Asks whether to leave while the run goes on; a run that has ended is left at once.
pub fn ask(app: &mut App, effects: &mut Vec<Effect>) {
    let goes_on = app.attached.is_some() || app.detaches && !app.run.waits_for_more();
    if app.ending.is_none() && goes_on {
        app.popup = Some(Popup::Leave);
    } else {
        detach(app, effects);
    }
}

/// Draws the question whether to leave.
pub fn draw_leave(app: &App, pen: &mut Pen, area: Rect) {
    let is_job = app.is_job && app.attached.is_none();
    let mut lines = vec!["Leave the screen? The run goes on without it."];
    if is_job {
        // The shell knows no other way in which a job leaves its terminal.
        lines.extend(["The shell will call it stopped, and it is not:", "fg and gantop attach bring the screen back."]);
    }
    let inner = pen.framed(centred(area, 50, lines.len() as u16 + 3), "leave");
    for (y, line) in (inner.y..inner.bottom()).zip(&lines) {
        pen.text(inner.x, y, inner.width, &[(Role::Plain, *line)]);
    }
    if usize::from(inner.height) > lines.len() {
        let enter = app.key(Action::Accept);
        let hints = [(Role::Strong, enter), (Role::Dim, " leave   any other key stays".to_owned())];
        pen.text(inner.x, inner.y + lines.len() as u16, inner.width, &hints);
    }
}

/// Leaves the screen, and the run goes on; says so where that cannot be.
pub fn detach(app: &mut App, effects: &mut Vec<Effect>) {
    if let Some(ending) = &app.ending {
        effects.push(Effect::Exit(Exit::Ended(ending.clone())));
    } else if app.run.waits_for_more() && app.attached.is_none() {
        let text = format!("the run has done its last step and waits only for you: {} quits", app.key(Action::Quit));
        say(app, text, true);
    } else if app.attached.is_some() || app.detaches {
        effects.push(Effect::Exit(Exit::Detach));
    } else {
        say(app, "nobody could come back to this run: it has no socket", true);
    }
}

/// Leaves for the list of runs; says so where the run would end with the dashboard.
pub fn to_runs(app: &mut App, effects: &mut Vec<Effect>) {
    let goes_on = app.attached.as_ref().is_some_and(|to| !to.listens);
    if goes_on || app.is_recorded() {
        effects.push(Effect::Exit(Exit::Runs));
    } else {
        let why =
            format!("the run would end with this dashboard: {} leaves it to itself first", app.key(Action::Detach));
        say(app, if app.detaches { why } else { "the run would end with this dashboard".to_owned() }, true);
    }
}

/// Draws the question how to leave.
pub fn draw_quit(app: &App, pen: &mut Pen, area: Rect) {
    if let Some(to) = &app.attached {
        let inner = pen.framed(centred(area, 58, 5), "leave");
        yes_or_no(app, pen, inner, "Leave? The run goes on.".to_owned(), true);
        if to.offers(Action::StopRun) {
            hint(app, pen, inner, Action::StopRun, "stop the run, and leave");
        }
        return;
    }
    let inner = pen.framed(centred(area, 50, 4 + u16::from(app.detaches)), "quit");
    yes_or_no(app, pen, inner, format!("Stop the run at step {} and quit?", format::count(app.run.step)), false);
    if app.detaches {
        hint(app, pen, inner, Action::Detach, "leave, and the run goes on");
    }
}

fn hint(app: &App, pen: &mut Pen, inner: Rect, action: Action, text: &str) {
    if inner.height > 2 {
        let text = [(Role::Strong, app.key(action)), (Role::Dim, format!(" {text}"))];
        pen.text(inner.x, inner.y + 2, inner.width, &text);
    }
}

/// Answers the question how to leave; false: it is another question, or another answer.
pub fn answered(app: &mut App, action: Action, effects: &mut Vec<Effect>) -> bool {
    if !matches!(app.popup, Some(Popup::Quit)) {
        return false;
    }
    match action {
        Action::Detach => detach(app, effects),
        Action::Yes | Action::Accept if app.attached.is_some() => detach(app, effects),
        Action::StopRun if app.attached.is_some() => {
            if !refuses(app, action) {
                crate::ui::actions::stop(app, effects);
            }
        }
        _ => return false,
    }
    true
}
