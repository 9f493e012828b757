//! The overview: how the run goes, at a glance.

use ratatui::layout::Rect;

use super::critic::charts;
use super::layout::{self, Needs, Overview};
use super::{Page, controls, event_list, gradients, histograms, losses, samples, values};
use crate::domain::SampleShape;
use crate::ui::draw::pen::Pen;
use crate::ui::state::app::App;

/// The fewest rows of a chart of a foreign run.
const CHART: u16 = 7;

/// Draws the page.
pub fn draw(app: &App, pen: &mut Pen, body: Rect) {
    let at = place(app, body);
    if app.charts.foreign {
        return foreign(app, pen, at);
    }
    losses::draw(app, pen, at.losses);
    values::draw(app, pen, at.values);
    gradients::draw(app, pen, at.gradients);
    if !at.coverage.is_empty() {
        charts::coverage(app, pen, at.coverage);
    }
    histograms::draw(app, pen, at.histograms);
    samples::draw(app, pen, at.samples);
    controls::draw(app, pen, at.controls);
    event_list::draw(app, pen, at.events);
}

/// The charts of what is known of a foreign run, its samples where it has some, and what happened.
fn foreign(app: &App, pen: &mut Pen, at: Overview) {
    let charts = app.charts.on(Page::Overview);
    match charts.is_empty() {
        true => pen.note(at.losses, "no metric yet"),
        false => {
            let across = losses::across(app, at.losses.width).min(charts.len());
            let down = charts.len().div_ceil(across).min(usize::from(at.losses.height / CHART).max(1));
            losses::grid(app, pen, at.losses, &charts, (across, down));
        }
    }
    if !at.samples.is_empty() {
        samples::draw(app, pen, at.samples);
    }
    event_list::draw(app, pen, at.events);
}

/// The places of the panels of this run.
pub fn place(app: &App, body: Rect) -> Overview {
    if app.charts.foreign {
        return layout::foreign_overview(body, app.plots().snapshot.is_some());
    }
    let images = app.run.info.as_ref().is_some_and(|run| matches!(run.shape, SampleShape::Image { .. }));
    let histograms = match &app.plots().snapshot {
        Some(snapshot) => 1 + snapshot.values.len(),
        // Before the first snapshot: what it will most likely hold, so that nothing jumps.
        None => match app.run.info.as_ref().map(|run| run.shape) {
            Some(SampleShape::Point { dims }) => 1 + dims,
            Some(SampleShape::Image { channels, .. }) => 1 + channels,
            None => 3,
        },
    };
    let controls = controls::rows(app).len() as u16;
    // Of colours all three, or one would be missed.
    let most = if images { 4 } else { 3 };
    let needs = Needs { images, histograms: histograms.min(most) as u16, controls, modes: app.has_modes() };
    layout::overview(body, needs)
}
