//! The overview: how the run goes, at a glance.

use ratatui::layout::Rect;

use super::critic::charts;
use super::layout::{self, Needs, Overview};
use super::{controls, event_list, gradients, histograms, losses, samples, values};
use crate::domain::SampleShape;
use crate::ui::draw::pen::Pen;
use crate::ui::state::app::App;

/// Draws the page.
pub fn draw(app: &App, pen: &mut Pen, body: Rect) {
    let at = place(app, body);
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

/// Where the panels of this run stand.
pub fn place(app: &App, body: Rect) -> Overview {
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
