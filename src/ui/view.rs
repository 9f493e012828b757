//! Draws the whole screen from the state.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::app::App;
use super::layout::{LEAST, Layout, Needs, layout};
use super::pen::Pen;
use super::theme::Role;
use super::{controls, event_list, footer, gradients, header, histograms, losses, popup, samples, values};
use crate::link::SampleShape;

/// Draws the dashboard, or what it needs where there is too little room.
pub fn draw(app: &App, frame: &mut Frame) {
    let screen = frame.area();
    let mut pen = Pen { buffer: frame.buffer_mut(), glyphs: app.glyphs, palette: app.palette };
    let Some(at) = place(app, screen) else {
        return too_small(&mut pen, screen);
    };
    header::draw(app, &mut pen, at.header);
    losses::draw(app, &mut pen, at.losses);
    values::draw(app, &mut pen, at.values);
    gradients::draw(app, &mut pen, at.gradients);
    histograms::draw(app, &mut pen, at.histograms);
    samples::draw(app, &mut pen, at.samples);
    controls::draw(app, &mut pen, at.controls);
    event_list::draw(app, &mut pen, at.events);
    footer::draw(app, &mut pen, at.footer);
    let over = Rect { y: at.header.bottom(), height: at.footer.y - at.header.bottom(), ..screen };
    popup::draw(app, &mut pen, over);
}

/// Where the panels of this run stand on a screen.
pub fn place(app: &App, screen: Rect) -> Option<Layout> {
    let images = app.run.as_ref().is_some_and(|run| matches!(run.shape, SampleShape::Image { .. }));
    let histograms = match &app.plots().snapshot {
        Some(snapshot) => 1 + snapshot.values.len(),
        // Before the first snapshot: what it will most likely hold, so that nothing jumps.
        None => match app.run.as_ref().map(|run| run.shape) {
            Some(SampleShape::Point { dims }) => 1 + dims,
            Some(SampleShape::Image { .. }) => 2,
            None => 3,
        },
    };
    let needs = Needs { images, histograms: histograms.min(3) as u16, controls: controls::rows(app).len() as u16 };
    layout(screen, needs)
}

fn too_small(pen: &mut Pen, screen: Rect) {
    let needed = format!("{}×{}", LEAST.0, LEAST.1);
    // As much of it as there is room for.
    let forms = [
        format!("gantop needs {needed}, this is {}×{}", screen.width, screen.height),
        format!("gantop needs {needed}"),
        format!("needs {needed}"),
    ];
    let fits = |text: &String| pen.width(&[(Role::Plain, text)]) <= screen.width;
    let text = forms.into_iter().find(fits).unwrap_or(needed);
    let width = pen.width(&[(Role::Plain, &text)]);
    let x = screen.x + screen.width.saturating_sub(width) / 2;
    pen.text(x, screen.y + screen.height / 2, screen.width, &[(Role::Strong, text)]);
}
