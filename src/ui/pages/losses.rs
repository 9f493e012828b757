//! The losses page: both losses, the bound, the gradient norms and the constraint's part, and what each is at the
//! cursor; and charts of metrics for the other pages.

use ratatui::layout::Rect;

use super::layout::{split_columns, split_rows};
use super::{gradients, readout};
use crate::config::Constraint;
use crate::domain::{Metric, MetricId, format};
use crate::ui::charts::beside::Beside;
use crate::ui::charts::chart::{Chart, Line, Logged, Points};
use crate::ui::charts::chart_view::ChartId;
use crate::ui::charts::declared;
use crate::ui::charts::dots::{Ink, Kind, swatch};
use crate::ui::draw::pen::{Pen, Text};
use crate::ui::draw::spots::Target;
use crate::ui::draw::theme::Role;
use crate::ui::state::app::App;
use crate::ui::state::viewing::{self, Overlay};

/// A metric with its name in a legend.
pub type Named<'a> = (MetricId, &'a str);

/// Rows that a chart should have where there are more charts than two rows of them.
const ROWS: u16 = 9;
/// Columns that a chart of a foreign run should have where there are several beside each other.
const COLUMNS: u16 = 48;

/// The number of charts beside each other.
pub fn across(app: &App, width: u16) -> usize {
    if app.charts.foreign { usize::from(width / COLUMNS).clamp(1, 4) } else { 2 }
}

/// Draws the page: as many of its charts as have room, the chosen one among them.
pub fn page(app: &App, pen: &mut Pen, body: Rect) {
    let (charts, read) = split_rows(body, body.height - readout::rows(body));
    let all = app.charts.on(app.page);
    let across = across(app, charts.width);
    let in_sight = rows_in_sight(&all, across, charts);
    let chosen = app.charts.chosen(app.page).and_then(|chosen| all.iter().position(|chart| *chart == chosen));
    // A foreign run's charts are turned over in whole pages: one of them may have hundreds.
    let first = match app.charts.foreign {
        true => chosen.unwrap_or(0) / across / in_sight.max(1) * in_sight,
        false => (chosen.unwrap_or(0) / across + 1).saturating_sub(in_sight),
    };
    grid(app, pen, charts, &all[all.len().min(first * across)..], (across, in_sight));
    if all.is_empty() {
        let nothing = if app.charts.declared() > 0 { "no metric's name contains this" } else { "no metric yet" };
        pen.note(charts, nothing);
    }
    readout::draw(app, pen, read);
}

fn rows_in_sight(all: &[ChartId], across: usize, area: Rect) -> usize {
    all.len().div_ceil(across).min((area.height / ROWS).max(2).into())
}

/// The number of charts that the page shows at once on the screen as it was drawn last.
pub fn in_sight(app: &App) -> usize {
    let screen = Rect::new(0, 0, app.size.width, app.size.height);
    let Some(frame) = app.frame(screen) else { return 1 };
    let body = viewing::split(app, frame.body).1;
    let charts = Rect { height: body.height - readout::rows(body), ..body };
    let across = across(app, charts.width);
    (rows_in_sight(&app.charts.on(app.page), across, charts) * across).max(1)
}

/// Draws charts side by side, so many beside and below each other at the most.
pub fn grid(app: &App, pen: &mut Pen, area: Rect, charts: &[ChartId], (across, down): (usize, usize)) {
    let mut rest = area;
    for (at, row) in charts.chunks(across.max(1)).take(down).enumerate() {
        let (line, below) = split_rows(rest, rest.height.div_ceil((down - at) as u16));
        let mut beside = line;
        for (at, chart) in row.iter().enumerate() {
            // The last one of a line has its rest, with no blank column behind it.
            let left = (across - at) as u16;
            let (panel, more) = split_columns(beside, beside.width.div_ceil(left));
            one(app, pen, if left == 1 { beside } else { panel }, *chart);
            beside = more;
        }
        rest = below;
    }
}

/// Draws the panel of a chart of the page.
fn one(app: &App, pen: &mut Pen, area: Rect, id: ChartId) {
    match id {
        ChartId::Losses => draw(app, pen, area),
        ChartId::Bound => panel(app, pen, area, id, "bound", &[(Metric::Bound.into(), "bound")]),
        ChartId::Gradients => gradients::draw(app, pen, area),
        ChartId::Constraint => constraint(app, pen, area),
        ChartId::Declared(_) => declared::draw(app, pen, area, id),
        // Of other pages.
        ChartId::Values | ChartId::Divergence | ChartId::EarthMover | ChartId::Coverage => {}
    }
}

/// Draws the panel of both losses.
pub fn draw(app: &App, pen: &mut Pen, area: Rect) {
    let metrics = [(Metric::CriticLoss.into(), "critic"), (Metric::GeneratorLoss.into(), "generator")];
    panel(app, pen, area, ChartId::Losses, "losses", &metrics);
}

/// The metric that tells most of the constraint in force, if any does, and its name.
pub fn of_constraint(app: &App) -> Option<(Metric, &'static str)> {
    match app.run.settings.as_ref()?.constraint {
        Constraint::Clip { .. } => Some((Metric::ClipShare, "share at ±c")),
        constraint if constraint.is_penalty() => Some((Metric::Penalty, "penalty")),
        _ => None,
    }
}

fn constraint(app: &App, pen: &mut Pen, area: Rect) {
    match of_constraint(app) {
        Some((metric, name)) => panel(app, pen, area, ChartId::Constraint, name, &[(metric.into(), "critic")]),
        None => {
            let title = title(app, pen, ChartId::Constraint, "constraint");
            let inner = pen.panel(area, ChartId::Constraint.term(), &title, &[]);
            let kind = app.run.settings.as_ref().map_or("none", |settings| settings.constraint.kind());
            pen.note(inner, &format!("{kind}: no penalty and no bound on the weights"));
        }
    }
}

/// Draws a panel with a chart of one or two metrics, and their values at the cursor, else the latest, in its rule.
pub fn panel(app: &App, pen: &mut Pen, area: Rect, chart_id: ChartId, name: &str, metrics: &[Named]) {
    let shorter: Vec<Named> = metrics.iter().map(|(metric, name)| (*metric, short(name))).collect();
    let usual = legend(app, pen, metrics);
    let noisy = app.charts.foreign || metrics.iter().any(|(metric, _)| !app.is_occasional(*metric));
    let said = if noisy { smoothed(app, chart_id, &usual) } else { Text::new() };
    let legends = [said, usual, legend(app, pen, &shorter), names(pen, &shorter)];
    let inner = pen.panel(area, chart_id.term(), &title(app, pen, chart_id, name), &legends);
    // Named in the rule, where they have no place of their own.
    metrics.iter().for_each(|(metric, _)| pen.spot(Rect::ZERO, Target::Term((*metric).into())));
    let metrics: Vec<MetricId> = metrics.iter().map(|(metric, _)| *metric).collect();
    chart(app, pen, inner, chart_id, &metrics);
}

/// A legend with what the lines are means over; nothing where they are none.
pub fn smoothed(app: &App, chart: ChartId, legend: &Text) -> Text {
    let (from, to) = app.window();
    match app.charts.smoothing(chart).steps(to - from + 1) {
        Some(steps) if !legend.is_empty() => {
            [vec![(Role::Dim, format!("mean of {}  ", format::count(steps)))], legend.clone()].concat()
        }
        _ => Text::new(),
    }
}

/// A chart's title: its name, its scale, and a mark where it is the chosen one.
pub fn title(app: &App, pen: &Pen, chart: ChartId, name: &str) -> String {
    let mark = if app.charts.is_marked(app.page, chart) { format!("{} ", pen.glyphs.cursor()) } else { String::new() };
    format!("{mark}{name} {}", app.charts.scale(chart).name()).trim_end().to_string()
}

/// Draws a chart of one or two metrics that fills `area`.
pub fn chart(app: &App, pen: &mut Pen, area: Rect, chart: ChartId, metrics: &[MetricId]) {
    let history = &app.plots().history;
    if history.is_empty() {
        return pen.note(area, if app.under_way() { "no step yet" } else { "no step was done" });
    }
    let line = |metric: &MetricId| -> Box<dyn Line + '_> {
        match app.is_occasional(*metric) {
            true if app.charts.foreign => Box::new(Logged(history, *metric)),
            true => Box::new(Points(history, *metric)),
            false => Box::new((history, *metric)),
        }
    };
    let lines: Vec<Box<dyn Line>> = metrics.iter().map(line).collect();
    let lines: Vec<&dyn Line> = lines.iter().map(Box::as_ref).collect();
    let chart = Chart { lines: &lines, ink: Ink::default(), levels: &[], view: app.view(chart) };
    chart.draw_beside(pen, area, &beside(app, metrics));
}

/// The lines of these metrics of the other runs that have them.
pub fn beside<'a>(app: &'a App, metrics: &[MetricId]) -> Vec<Beside<'a>> {
    let line = |(run, other): (usize, &'a Overlay), layer: usize, metric: MetricId| {
        let initial = match Metric::ALL.get(metric.index()) {
            _ if metrics.len() == 1 => "",
            Some(Metric::CriticLoss | Metric::CriticGradNorm) => "c",
            Some(Metric::CriticReal | Metric::ScoreReal) => "r",
            Some(_) => "g",
            None => ["a", "b"][layer.min(1)],
        };
        // A metric that is declared has another place in another run.
        let metric = other.metrics.find_like(app.run.info.as_ref()?.metrics.get(metric)?)?;
        Some(Beside { run, history: &other.history, metric, layer, initial })
    };
    let others = app.plots().others.iter().enumerate();
    others
        .flat_map(|other| metrics.iter().enumerate().filter_map(move |(layer, &metric)| line(other, layer, metric)))
        .collect()
}

/// The values of one or two metrics at the cursor, else the latest, with what their lines look like.
pub fn legend(app: &App, pen: &Pen, metrics: &[Named]) -> Text {
    let mut text = Text::new();
    for (layer, &(metric, name)) in metrics.iter().enumerate() {
        let (value, occasional) = (app.shown(metric), app.is_occasional(metric));
        if value.is_none() && !occasional {
            return Text::new();
        }
        let role = if layer == 0 { Role::First } else { Role::Second };
        let gap = if layer == 0 { "" } else { "  " };
        text.push((Role::Plain, gap.into()));
        text.push((role, swatch(pen, layer, Kind::Lines)));
        text.push((Role::Plain, format!(" {name} ")));
        text.push(match value {
            None => (Role::Dim, format!("{:>7}", "-")),
            Some(value) if value.is_finite() => (Role::Strong, format!("{:>7}", format::number(value))),
            Some(value) => (Role::Bad, format!("{:>7}", format::number(value))),
        });
    }
    text
}

/// The names alone, with what their lines look like; nothing for one line, which the title names.
pub fn names(pen: &Pen, metrics: &[Named]) -> Text {
    if metrics.len() < 2 {
        return Text::new();
    }
    let roles = [Role::First, Role::Second];
    let of = |(layer, (_, name)): (usize, &Named)| {
        let gap = if layer == 0 { "" } else { "  " };
        [(roles[layer.min(1)], format!("{gap}{}", swatch(pen, layer, Kind::Lines))), (Role::Plain, format!(" {name}"))]
    };
    metrics.iter().enumerate().flat_map(of).collect()
}

/// A name in little room.
fn short(name: &str) -> &str {
    match name {
        "generator" | "generated" => "gen",
        "critic" => "crit",
        other => other,
    }
}
