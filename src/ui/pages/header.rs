//! The header: what runs, where, how far and how fast; and below it the alerts that hold.

use ratatui::layout::Rect;

use crate::domain::format;
use crate::glossary::{Figure, Word};
use crate::link::{self, Command, PauseReason, RunInfo, RunState};
use crate::ui::draw::pen::{Pen, Text};
use crate::ui::draw::spots::Target;
use crate::ui::draw::theme::Role;
use crate::ui::pages::layout::Frame;
use crate::ui::pages::{self, Page};
use crate::ui::state::app::App;
use crate::ui::state::attached;

/// Draws both lines, and the one of the alerts that hold where it has room.
pub fn draw(app: &App, pen: &mut Pen, at: &Frame) {
    let area = at.header;
    first_line(app, pen, area);
    if area.height > 1 {
        second_line(app, pen, Rect { y: area.y + 1, ..area }, at.alerts.is_empty());
    }
    alerts(app, pen, at.alerts);
}

fn first_line(app: &App, pen: &mut Pen, area: Rect) {
    let mut left: Text = vec![(Role::Strong, " gantop".into())];
    if let Some(run) = &app.run.info {
        left.push((Role::Plain, format!("  {}", run.config.name)));
    }
    let (role, state) = state(app);
    left.extend([(Role::Plain, "  ".into()), (role, state)]);
    let steps = app.run.last_step();
    let of = if steps > 0 { format!(" / {}", format::count(steps)) } else { String::new() };
    left.extend([(Role::Dim, "  step ".into()), (Role::Strong, format::count(app.run.step)), (Role::Plain, of)]);
    let mut right: Text = Vec::new();
    if let Some(rate) = app.rate.per_second() {
        right.extend([(Role::Strong, format::rate(rate)), (Role::Dim, " steps/s".into())]);
    }
    let done = matches!(app.run.state, RunState::Finished | RunState::Failed) || app.run.waits_for_more();
    match app.seconds_left() {
        Some(left) if !done => {
            right.extend([(Role::Plain, format!("  {}", format::duration(left))), (Role::Dim, " left".into())])
        }
        _ if app.run.seconds > 0.0 => right.extend([
            (Role::Plain, format!("  {}", format::duration(app.run.seconds))),
            (Role::Dim, " trained".into()),
        ]),
        _ => {}
    }
    let used = pen.text(area.x, area.y, area.width, &left);
    let room = area.width.saturating_sub(used);
    // The time goes first where both do not fit.
    while pen.width(&right) + 2 > room {
        right.pop();
        if right.is_empty() {
            return;
        }
    }
    let taken = pen.width(&right);
    pen.text(area.right() - taken - 1, area.y, taken, &right);
    if app.rate.per_second().is_some() {
        let place = Rect { x: area.right() - taken - 1, y: area.y, width: taken, height: 1 };
        pen.spot(place, Target::Term(Figure::StepRate.into()));
    }
    let bar = (room - taken).saturating_sub(13).min(40);
    if steps > 0 && bar >= 8 {
        progress(pen, area.x + used + 2, area.y, bar, app.run.step as f64 / steps as f64);
    }
}

fn progress(pen: &mut Pen, x: u16, y: u16, width: u16, share: f64) {
    let [full, empty] = pen.glyphs.progress();
    let done = (share.clamp(0.0, 1.0) * width as f64).floor() as u16;
    for i in 0..width {
        let (symbol, role) = if i < done { (full, Role::Good) } else { (empty, Role::Dim) };
        pen.symbol(x + i, y, symbol, role);
    }
    pen.text(x + width + 1, y, 8, &[(Role::Dim, format::percent(share.clamp(0.0, 1.0)))]);
}

fn second_line(app: &App, pen: &mut Pen, area: Rect, counts_alerts: bool) {
    let (mut left, mut details): (Text, Vec<Text>) = (Vec::new(), Vec::new());
    match &app.run.info {
        // What else stands in its config is gantop's usual, and need not be so there.
        Some(run) if app.charts.foreign || app.attached.as_ref().is_some_and(|to| to.listens) => {
            left.push((Role::Plain, format!(" {}", run.device)));
        }
        Some(run) => {
            // A recorded run may not say.
            let threads = if run.threads > 0 { format!(", {}", link::threads(run.threads)) } else { String::new() };
            left.push((Role::Plain, format!(" {}{threads}", run.device)));
            left.extend([(Role::Dim, "  seed ".into()), (Role::Plain, run.config.seed.to_string())]);
            let detail = |label: &str, text: String| vec![(Role::Dim, format!("  {label} ")), (Role::Plain, text)];
            details.push(detail("engine", engine(app, run).into()));
            details.push(detail("batch", run.config.batch_size.to_string()));
            // A recorded run does not say.
            if run.generator_weights > 0 {
                let mut weights = detail("weights: generator", format::count(run.generator_weights as u64));
                weights
                    .extend([(Role::Dim, ", critic ".into()), (Role::Plain, format::count(run.critic_weights as u64))]);
                details.push(weights);
            }
        }
        None if app.ending.is_none() => left.push((Role::Dim, " waiting for the trainer".into())),
        None => left.push((Role::Dim, " the trainer did not start".into())),
    }
    let mut said: Text = Vec::new();
    attached::header(app, &mut said);
    if let Some(evaluating) = app.run.evaluating.as_ref().filter(|_| app.ending.is_none()) {
        said.extend([(Role::Plain, "  ".into()), (Role::Warn, evaluating.words())]);
    }
    if app.read_only {
        said.extend([(Role::Plain, "  ".into()), (Role::Selected, " read-only ".into())]);
    }
    if app.frozen.is_some() {
        said.extend([(Role::Plain, "  ".into()), (Role::Selected, " display frozen ".into())]);
    }
    // On the least screen alerts have no line of their own.
    if let Some((count, _)) = alerts_line(app).filter(|_| counts_alerts) {
        said.extend([(Role::Plain, "  ".into()), (Role::Bad, count)]);
    }
    // What the display itself is comes first, then the pages, then details.
    let tabs = [false, true].map(|short| pages::tabs(app, short));
    let taken = pen.width(&left) + pen.width(&said) + 2;
    let fits = tabs.iter().map(|tabs| (tabs, pen.width(tabs))).find(|(_, width)| taken + width < area.width);
    let kept = fits.map_or(0, |(_, width)| width) + pen.width(&said) + 2;
    for detail in details {
        if pen.width(&left) + pen.width(&detail) + kept < area.width {
            left.extend(detail);
        }
    }
    left.extend(said);
    let mut room = area.width.saturating_sub(1);
    if let Some((tabs, width)) = fits {
        room -= width + 1;
        let mut x = area.right() - width - 1;
        pen.text(x, area.y, width, tabs);
        for (page, tab) in Page::all().zip(tabs) {
            let taken = pen.width(std::slice::from_ref(tab));
            pen.spot(Rect { x, y: area.y, width: taken, height: 1 }, Target::Tab(page));
            x += taken;
        }
    }
    pen.text(area.x, area.y, room, &left);
}

/// The number of alerts that hold, and what the newest says.
fn alerts_line(app: &App) -> Option<(String, &str)> {
    let newest = app.run.alerts.last().map(|(_, text)| text.as_str())?;
    let count = app.run.alerts.len();
    Some((format!("{count} alert{}", if count == 1 { "" } else { "s" }), newest))
}

/// Draws the line of the alerts that hold: how many, and the newest.
fn alerts(app: &App, pen: &mut Pen, area: Rect) {
    let Some((count, newest)) = alerts_line(app) else { return };
    if area.is_empty() {
        return;
    }
    pen.spot(area, Target::Term(Word::Alert.into()));
    pen.text(area.x, area.y, area.width, &[(Role::Bad, format!(" {count}: ")), (Role::Bad, newest.to_owned())]);
}

/// The engine under the constraint in force.
fn engine(app: &App, run: &RunInfo) -> &'static str {
    let constraint = app.run.settings.as_ref().map_or(run.settings.constraint, |settings| settings.constraint);
    run.config.engine_under(&constraint).unwrap_or(run.engine).name()
}

/// The run's state as a word, or what it has been asked to become.
fn state(app: &App) -> (Role, String) {
    if app.ending.is_none() {
        if app.quitting.is_some() {
            return (Role::Warn, "stopping…".into());
        }
        if app.run.info.is_none() {
            return (Role::Warn, "starting…".into());
        }
        match app.pending.back() {
            Some(Command::Pause) => return (Role::Warn, "pausing…".into()),
            Some(Command::Resume) => return (Role::Warn, "resuming…".into()),
            Some(Command::Advance(_)) => return (Role::Warn, "stepping…".into()),
            Some(Command::Save) => return (Role::Warn, "saving…".into()),
            Some(Command::Restore { .. } | Command::Undo) => return (Role::Warn, "going back…".into()),
            _ => {}
        }
    }
    let role = match app.run.state {
        RunState::Running => Role::Good,
        RunState::Paused if app.run.waits_for_more() => Role::Strong,
        RunState::Paused => Role::Warn,
        RunState::Finished => Role::Strong,
        RunState::Failed => Role::Bad,
    };
    // A frozen display is another thing, and says so too.
    let text = match app.run.state {
        // Nobody knows whether its trainer is still there.
        RunState::Running if app.charts.foreign => "following".into(),
        RunState::Paused if app.run.why == Some(PauseReason::Interrupted) => "interrupted".into(),
        // All that was asked for is done; that there can be more is said where it happened.
        RunState::Paused if app.run.waits_for_more() => RunState::Finished.to_string(),
        RunState::Paused => "training paused".into(),
        state => state.to_string(),
    };
    (role, text)
}
