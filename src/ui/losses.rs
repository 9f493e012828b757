//! The losses page: both losses, the bound, the gradient norms and the constraint's part, and what each is at the cursor;
//! and charts of metrics for the other pages.

use ratatui::layout::Rect;

use super::app::App;
use super::beside::Beside;
use super::chart::{Chart, Line};
use super::dots::{Ink, Kind, swatch};
use super::format;
use super::layout::{split_columns, split_rows};
use super::look::ChartId;
use super::pen::{Pen, Text};
use super::theme::Role;
use super::viewing::Overlay;
use super::{gradients, readout};
use crate::config::Constraint;
use crate::history::History;
use crate::link::Metric;

/// A metric with its name in a legend.
pub type Named = (Metric, &'static str);

/// Draws the page.
pub fn page(app: &App, pen: &mut Pen, body: Rect) {
    let (charts, read) = split_rows(body, body.height - readout::rows(body));
    let (top, bottom) = split_rows(charts, charts.height.div_ceil(2));
    let (losses, bound) = split_columns(top, top.width.div_ceil(2));
    let (norms, part) = split_columns(bottom, bottom.width.div_ceil(2));
    draw(app, pen, losses);
    panel(app, pen, bound, ChartId::Bound, "bound", &[(Metric::Bound, "bound")]);
    gradients::draw(app, pen, norms);
    constraint(app, pen, part);
    readout::draw(app, pen, read);
}

/// Draws the panel of both losses.
pub fn draw(app: &App, pen: &mut Pen, area: Rect) {
    let metrics = [(Metric::CriticLoss, "critic"), (Metric::GeneratorLoss, "generator")];
    panel(app, pen, area, ChartId::Losses, "losses", &metrics);
}

/// The metric that tells most of the constraint in force, if any does, and its name.
pub fn of_constraint(app: &App) -> Option<Named> {
    match app.settings.as_ref()?.constraint {
        Constraint::Clip { .. } => Some((Metric::ClipShare, "share at ±c")),
        constraint if constraint.is_penalty() => Some((Metric::Penalty, "penalty")),
        _ => None,
    }
}

fn constraint(app: &App, pen: &mut Pen, area: Rect) {
    match of_constraint(app) {
        Some((metric, name)) => panel(app, pen, area, ChartId::Constraint, name, &[(metric, "critic")]),
        None => {
            let title = title(app, pen, ChartId::Constraint, "constraint");
            let inner = pen.panel(area, &title, &[]);
            let kind = app.settings.as_ref().map_or("none", |settings| settings.constraint.kind());
            pen.note(inner, &format!("{kind}: no penalty and no bound on the weights"));
        }
    }
}

/// Draws a panel with a chart of one or two metrics, and their values at the cursor, else the latest, in its rule.
pub fn panel(app: &App, pen: &mut Pen, area: Rect, chart_id: ChartId, name: &str, metrics: &[Named]) {
    let shorter: Vec<Named> = metrics.iter().map(|(metric, name)| (*metric, short(name))).collect();
    let legends = [legend(app, pen, metrics), legend(app, pen, &shorter)];
    let inner = pen.panel(area, &title(app, pen, chart_id, name), &legends);
    let metrics: Vec<Metric> = metrics.iter().map(|(metric, _)| *metric).collect();
    chart(app, pen, inner, chart_id, &metrics);
}

/// A chart's title: its name, its scale, and a mark where it is the chosen one.
pub fn title(app: &App, pen: &Pen, chart: ChartId, name: &str) -> String {
    let mark = if app.charts.is_marked(app.page, chart) { format!("{} ", pen.glyphs.cursor()) } else { String::new() };
    format!("{mark}{name} {}", app.charts.scale(chart).name()).trim_end().to_string()
}

/// Draws a chart of one or two metrics that fills `area`.
pub fn chart(app: &App, pen: &mut Pen, area: Rect, chart: ChartId, metrics: &[Metric]) {
    let history = &app.plots().history;
    if history.is_empty() {
        return pen.note(area, if app.under_way() { "no step yet" } else { "no step was done" });
    }
    let lines: Vec<(&History, Metric)> = metrics.iter().map(|metric| (history, *metric)).collect();
    let lines: Vec<&dyn Line> = lines.iter().map(|line| line as &dyn Line).collect();
    let chart = Chart { lines: &lines, ink: Ink::default(), levels: &[], look: app.look(chart) };
    chart.draw_beside(pen, area, &beside(app, metrics));
}

/// The lines of these metrics of the other runs.
pub fn beside<'a>(app: &'a App, metrics: &[Metric]) -> Vec<Beside<'a>> {
    let line = |(run, other): (usize, &'a Overlay), layer: usize, metric: Metric| {
        let initial = match metric {
            _ if metrics.len() == 1 => "",
            Metric::CriticLoss | Metric::CriticGradNorm => "c",
            Metric::CriticReal | Metric::ScoreReal => "r",
            _ => "g",
        };
        Beside { run, history: &other.history, metric, layer, initial }
    };
    let others = app.plots().others.iter().enumerate();
    others
        .flat_map(|other| metrics.iter().enumerate().map(move |(layer, &metric)| line(other, layer, metric)))
        .collect()
}

/// The values of one or two metrics at the cursor, else the latest, with what their lines look like.
pub fn legend(app: &App, pen: &Pen, metrics: &[Named]) -> Text {
    let mut text = Text::new();
    for (layer, &(metric, name)) in metrics.iter().enumerate() {
        let Some(value) = app.shown(metric) else { return Text::new() };
        let role = if layer == 0 { Role::First } else { Role::Second };
        let gap = if layer == 0 { "" } else { "  " };
        text.push((Role::Plain, gap.into()));
        text.push((role, swatch(pen, layer, Kind::Lines, Ink::default())));
        text.push((Role::Dim, format!(" {name} ")));
        text.push((if value.is_finite() { Role::Strong } else { Role::Bad }, format!("{:>7}", format::number(value))));
    }
    text
}

/// A name in little room.
fn short(name: &'static str) -> &'static str {
    match name {
        "generator" | "generated" => "gen",
        "critic" => "crit",
        other => other,
    }
}
