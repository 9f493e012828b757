//! The values of every line of the losses page at the cursor, and what happened there.

use ratatui::layout::Rect;

use super::Page;
use super::losses::of_constraint;
use crate::domain::action::Action;
use crate::domain::format::{count, number};
use crate::domain::{Metric, MetricId};
use crate::glossary::Panel;
use crate::history::Stat;
use crate::ui::draw::pen::{Pen, Text};
use crate::ui::draw::theme::Role;
use crate::ui::state::app::{App, Popup};
use crate::ui::state::event_log::Entry;

/// Columns from which on a figure has room for its range.
const WITH_RANGE: u16 = 50;

/// The rows of the panel in a body, its rule included.
pub fn rows(body: Rect) -> u16 {
    if body.height >= 18 { 4 } else { 3 }
}

/// Draws the panel.
pub fn draw(app: &App, pen: &mut Pen, area: Rect) {
    let history = &app.plots().history;
    let at = app.charts.cursor.or(history.steps().map(|(_, last)| last));
    let title = match (app.charts.cursor, at) {
        (Some(step), _) => format!("at step {}", count(step)),
        (None, Some(step)) => format!("latest, step {}", count(step)),
        (None, None) => "latest".into(),
    };
    let inner = pen.panel(area, Panel::Readout, &title, &[hints(app, true), hints(app, false)]);
    let Some(step) = at else { return };
    let columns = 3;
    let width = inner.width / columns;
    for (i, (metric, name)) in figures(app).into_iter().enumerate() {
        let (x, y) = (inner.x + 1 + (i as u16 % columns) * width, inner.y + i as u16 / columns);
        if y < inner.bottom() {
            let stat = if app.is_occasional(metric) { history.until(metric, step) } else { history.at(metric, step) };
            pen.text(x, y, width.saturating_sub(2), &figure(stat, &name, width >= WITH_RANGE));
        }
    }
    let below = inner.y + 2;
    if below < inner.bottom() {
        pen.text(inner.x + 1, below, inner.width.saturating_sub(1), &happened(app));
    }
}

/// The figures of the panel with their names: of a foreign run those of the charts in sight, from the chosen one on.
fn figures(app: &App) -> Vec<(MetricId, String)> {
    if app.charts.foreign {
        let run = app.run.info.as_ref();
        let chosen = app.charts.chosen(Page::Losses);
        let charts = app.charts.on(Page::Losses).into_iter();
        let in_sight = charts.skip_while(|chart| chosen.is_some_and(|chosen| chosen != *chart));
        let charts = in_sight.filter_map(|chart| app.charts.group(chart));
        let named = |metric: &MetricId| {
            let info = run?.metrics.get(*metric)?;
            let alone = info.label == info.group || info.group == info.name;
            Some((*metric, if alone { info.group.to_string() } else { format!("{} {}", info.label, info.group) }))
        };
        return charts.flat_map(|group| &group.metrics).filter_map(named).take(6).collect();
    }
    let mut figures = vec![
        (Metric::CriticLoss, "critic loss"),
        (Metric::Bound, "bound"),
        (Metric::CriticGradNorm, "critic grad"),
        (Metric::GeneratorLoss, "gen loss"),
    ];
    figures.extend(of_constraint(app));
    // In two rows of three, the generator's below the critic's.
    figures.insert(figures.len().min(5), (Metric::GeneratorGradNorm, "gen grad"));
    figures.into_iter().map(|(metric, name)| (metric.into(), name.to_owned())).collect()
}

fn figure(stat: Option<Stat>, name: &str, with_range: bool) -> Text {
    let mut text: Text = vec![(Role::Dim, format!("{name:<11} "))];
    let Some(stat) = stat else {
        text.push((Role::Dim, "not known".into()));
        return text;
    };
    match (stat.mean(), stat.range()) {
        (Some(mean), Some((low, high))) => {
            text.push((Role::Strong, number(mean)));
            if with_range && low < high {
                text.push((Role::Dim, format!("  {} to {}", number(low.into()), number(high.into()))));
            }
        }
        _ => text.push((Role::Bad, "not finite".into())),
    }
    let lost = stat.counts().1;
    if lost > 0 && stat.mean().is_some() {
        text.push((Role::Bad, format!("  {} not finite", count(lost))));
    }
    text
}

/// The event nearest to the cursor, within a hundredth of what is shown; the last thing without a cursor.
fn happened(app: &App) -> Text {
    let marks = &app.plots().marks;
    let (from, to) = app.window();
    let near = match app.charts.cursor {
        None => marks.last(),
        Some(cursor) => {
            let nearest = marks.iter().min_by_key(|mark| mark.step.abs_diff(cursor));
            nearest.filter(|mark| mark.step.abs_diff(cursor) <= (to - from) / 100 + 1)
        }
    };
    near.map_or_else(Text::new, told)
}

fn told(mark: &Entry) -> Text {
    let role = mark.kind.role();
    vec![(Role::Dim, format!("after step {}  ", count(mark.step))), (role, mark.text.clone())]
}

/// The keys of the charts, with what is chosen about them.
fn hints(app: &App, long: bool) -> Text {
    let mut text = Text::new();
    let (from, to) = app.window();
    let smoothing = app.charts.chosen(app.page).map(|chart| app.charts.smoothing(chart));
    let smooth = match smoothing.and_then(|smoothing| smoothing.steps(to - from + 1)) {
        Some(steps) => format!("smooth over {}", count(steps)),
        None => "smooth".into(),
    };
    let axes = if app.charts.two_axes { "two axes" } else { "one axis" };
    let charts = app.charts.on(app.page);
    let chosen = app.charts.chosen(app.page).and_then(|chosen| charts.iter().position(|chart| *chart == chosen));
    // Not all may be in sight.
    let chart = match chosen.filter(|_| app.charts.declared() > 0) {
        Some(at) => format!("chart {} of {}", at + 1, charts.len()),
        None => "chart".into(),
    };
    let mut hint = |key: String, name: &str| {
        text.extend([(Role::Strong, key), (Role::Dim, format!(" {name}  "))]);
    };
    if app.charts.foreign {
        let typing = matches!(app.popup, Some(Popup::Filter(_)));
        let filter = app.chart_filter.text();
        let cursor = if typing { "_" } else { "" };
        hint(
            app.key(Action::Filter),
            &if filter.is_empty() && !typing { "filter".into() } else { format!("{filter}{cursor}") },
        );
        hint(app.key(Action::Chart), &chart);
        if long {
            hint(app.key(Action::Pin), "pin");
            hint(app.key(Action::Scale), "scale");
            hint(app.key(Action::Smooth), &smooth);
        }
        return text;
    }
    hint(format!("{} {}", app.key(Action::Earlier), app.key(Action::Later)), "cursor");
    hint(format!("{} {}", app.key(Action::PanBack), app.key(Action::PanForward)), "pan");
    if long {
        hint(app.key(Action::Chart), &chart);
        hint(app.key(Action::Scale), "scale");
        hint(app.key(Action::Smooth), &smooth);
        hint(app.key(Action::Axes), axes);
    }
    text
}
