//! The chart of both losses.

use ratatui::layout::Rect;

use super::app::App;
use super::beside::Beside;
use super::chart::{Chart, Line};
use super::dots::{Ink, Kind, swatch};
use super::format;
use super::pen::{Pen, Text};
use super::theme::Role;
use super::viewing::Overlay;
use crate::link::Metric;

/// Draws the panel.
pub fn draw(app: &App, pen: &mut Pen, area: Rect) {
    pair(app, pen, area, "losses", [(Metric::CriticLoss, "critic"), (Metric::GeneratorLoss, "generator")]);
}

/// Draws a panel with a chart of two metrics and their latest values in its rule.
pub fn pair(app: &App, pen: &mut Pen, area: Rect, title: &str, metrics: [(Metric, &'static str); 2]) {
    let legends = [legend(app, pen, metrics), legend(app, pen, metrics.map(|(metric, name)| (metric, short(name))))];
    let inner = pen.panel(area, title, &legends);
    chart(app, pen, inner, metrics.map(|(metric, _)| metric));
}

/// Draws a chart of two metrics that fills `area`.
pub fn chart(app: &App, pen: &mut Pen, area: Rect, metrics: [Metric; 2]) {
    let plots = app.plots();
    if plots.history.is_empty() {
        return pen.note(area, if app.under_way() { "no step yet" } else { "no step was done" });
    }
    let [first, second] = metrics.map(|metric| (&plots.history, metric));
    let lines: [&dyn Line; 2] = [&first, &second];
    let (ink, window) = (Ink::default(), app.window());
    let chart = Chart { lines: &lines, ink, levels: &[], window, marks: &plots.marks };
    chart.draw_beside(pen, area, &beside(app, &metrics));
}

/// The lines of these metrics of the other runs.
pub fn beside<'a>(app: &'a App, metrics: &[Metric]) -> Vec<Beside<'a>> {
    let line = |(run, other): (usize, &'a Overlay), metric: Metric| {
        let initial = match metric {
            _ if metrics.len() == 1 => "",
            Metric::CriticLoss | Metric::CriticGradNorm => "c",
            Metric::CriticReal | Metric::ScoreReal => "r",
            _ => "g",
        };
        Beside { run, history: &other.history, metric, initial }
    };
    let others = app.plots().others.iter().enumerate();
    others.flat_map(|other| metrics.iter().map(move |&metric| line(other, metric))).collect()
}

/// The latest values of two metrics with what their lines look like.
pub fn legend(app: &App, pen: &Pen, metrics: [(Metric, &str); 2]) -> Text {
    let mut text = Text::new();
    for (layer, (metric, name)) in metrics.into_iter().enumerate() {
        let Some(value) = app.latest(metric) else { return Text::new() };
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
