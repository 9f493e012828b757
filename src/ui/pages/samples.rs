//! The samples: points as a scatter, numbers as a density, images as a grid.

use ratatui::layout::Rect;

use super::{Page, histograms, overview, samples_page};
use crate::domain::{SampleShape, format};
use crate::link::{PairedHistogram, Snapshot};
use crate::ui::charts::axis::Axis;
use crate::ui::charts::dots::{Dots, Ink, Kind, swatch};
use crate::ui::charts::ruler;
use crate::ui::draw::pen::{Pen, Text};
use crate::ui::draw::theme::Role;
use crate::ui::draw::{image_grid, images};
use crate::ui::state::app::App;
use crate::ui::state::viewing;

/// Draws the panel with the latest samples.
pub fn draw(app: &App, pen: &mut Pen, area: Rect) {
    draw_one(app, pen, area, app.plots().snapshot.as_deref());
}

/// Draws the panel with the samples of a snapshot.
pub fn draw_one(app: &App, pen: &mut Pen, area: Rect, snapshot: Option<&Snapshot>) {
    let Some(snapshot) = snapshot else {
        let inner = pen.panel(area, "samples", &[]);
        return pen.note(inner, app.no_snapshot());
    };
    match snapshot.shape {
        SampleShape::Image { .. } => {
            let legend: Text =
                vec![(Role::Dim, format!("{}step {}", which(app, snapshot), format::count(snapshot.step)))];
            let inner = pen.panel(area, "generated samples", &[legend]);
            if image_grid::is_shown(app, inner, snapshot.shape) {
                // The terminal draws it.
            } else {
                images::draw(pen, inner, snapshot, app.raw);
            }
        }
        SampleShape::Point { dims: 1 } => {
            let inner = panel(pen, area, Kind::Lines, 0);
            if let Some(histogram) = snapshot.values.first() {
                density(pen, inner, histogram);
            }
        }
        SampleShape::Point { dims } => scatter(app, pen, area, snapshot, dims),
    }
}

/// Which generator the samples are of, where there are two.
fn which(app: &App, snapshot: &Snapshot) -> &'static str {
    match (snapshot.has_average(), app.raw) {
        (false, _) => "",
        (true, false) => "averaged  ",
        (true, true) => "raw  ",
    }
}

/// How many images the grid has room for.
pub fn images_in_sight(app: &App) -> usize {
    let screen = Rect::new(0, 0, app.size.width, app.size.height);
    let (Some(panel), Some(run)) = (place(app, screen), &app.run.info) else { return 0 };
    let inner = inside(panel);
    let drawn = app.cell.and_then(|cell| image_grid::Grid::new(inner, cell, run.shape)).map(|grid| grid.count());
    drawn.unwrap_or_else(|| images::Grid::new(app.glyphs, app.palette, inner, run.shape).map_or(0, |grid| grid.count()))
}

/// Where the panel stands on a screen of this size: on the samples page if that is open, else on the overview.
pub fn place(app: &App, screen: Rect) -> Option<Rect> {
    let body = viewing::split(app, app.frame(screen)?.body).1;
    Some(match app.page {
        Page::Samples => samples_page::place(body, !app.charts.foreign).samples,
        _ => overview::place(app, body).samples,
    })
}

/// What a panel has below its rule.
pub fn inside(panel: Rect) -> Rect {
    let rule = panel.height.min(1);
    Rect { y: panel.y + rule, height: panel.height - rule, ..panel }
}

fn panel(pen: &mut Pen, area: Rect, kind: Kind, outside: usize) -> Rect {
    let short: Text = vec![
        (Role::First, swatch(pen, 0, kind, Ink::default())),
        (Role::Dim, " real  ".into()),
        (Role::Second, swatch(pen, 1, kind, Ink::default())),
        (Role::Dim, " generated".into()),
    ];
    let mut long = short.clone();
    if outside > 0 {
        long.push((Role::Warn, format!("  {} outside", format::count(outside as u64))));
    }
    pen.panel(area, "samples", &[long, short])
}

/// The part of the plane to show, in the area's proportions: the real samples with some room around them.
#[derive(Clone, Copy, Debug)]
pub struct Plane {
    pub left: f64,
    pub top: f64,
    /// Units a column; a row is twice as high.
    pub scale: f64,
}

impl Plane {
    fn around(points: &[f32], dims: usize, area: Rect) -> Option<Plane> {
        let extent = |axis: usize| {
            let values = points.chunks_exact(dims).map(|point| point[axis] as f64).filter(|v| v.is_finite());
            values.fold(None, |range: Option<(f64, f64)>, v| Some(range.map_or((v, v), |(a, b)| (a.min(v), b.max(v)))))
        };
        // Round ends keep the plane where it is from one snapshot to the next.
        let round = |(low, high): (f64, f64)| {
            let room = (high - low) * 0.15;
            let axis = Axis::cover(low - room, high + room, 14);
            (axis.low, axis.high)
        };
        Plane::holding(round(extent(0)?), round(extent(1)?), area)
    }

    /// The smallest part that holds two intervals, in the middle of the area.
    pub fn holding(x: (f64, f64), y: (f64, f64), area: Rect) -> Option<Plane> {
        let (width, height) = (area.width as f64, 2.0 * area.height as f64);
        let scale = ((x.1 - x.0) / width).max((y.1 - y.0) / height);
        let usable = scale.is_finite() && scale > 0.0;
        usable.then(|| Plane {
            left: (x.0 + x.1 - scale * width) / 2.0,
            top: (y.0 + y.1 + scale * height) / 2.0,
            scale,
        })
    }

    /// The place of a point in columns from the left and rows from the top.
    pub fn place(&self, x: f32, y: f32) -> (f64, f64) {
        ((x as f64 - self.left) / self.scale, (self.top - y as f64) / self.scale / 2.0)
    }
}

fn scatter(app: &App, pen: &mut Pen, area: Rect, snapshot: &Snapshot, dims: usize) {
    let mut inner = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    let fake = snapshot.generated(app.raw);
    let labelled = inner.height >= 8;
    inner.height -= u16::from(labelled);
    if dims < 2 || inner.is_empty() {
        return;
    }
    let Some(plane) = Plane::around(&snapshot.real, dims, inner) else {
        panel(pen, area, Kind::Points, fake.len() / dims);
        return;
    };
    let mut dots = Dots::new(pen.glyphs, inner.width, inner.height);
    let (across, down) = pen.glyphs.dots();
    let mut outside = 0;
    for (layer, points) in [&snapshot.real[..], fake].into_iter().enumerate() {
        for point in points.chunks_exact(dims) {
            let (x, y) = plane.place(point[0], point[1]);
            let inside = (0.0..inner.width as f64).contains(&x) && (0.0..inner.height as f64).contains(&y);
            if inside {
                dots.set(layer, (x * across as f64) as usize, (y * down as f64) as usize);
            } else {
                outside += 1;
            }
        }
    }
    panel(pen, area, Kind::Points, outside);
    dots.paint(pen, inner, Kind::Points, Ink::default());
    if labelled {
        let end = |value: f64| format::setting((value * 100.0).round() / 100.0);
        let right = plane.left + plane.scale * inner.width as f64;
        let bottom = plane.top - 2.0 * plane.scale * inner.height as f64;
        let more = if dims > 2 { format!("  first 2 of {dims} coordinates") } else { String::new() };
        let plain = format!("x {} to {}  y {} to {}{more}", end(plane.left), end(right), end(bottom), end(plane.top));
        let long = format!("{plain}  {}step {}", which(app, snapshot), format::count(snapshot.step));
        let room = inner.width.saturating_sub(1);
        let text = if pen.width(&[(Role::Dim, &long)]) <= room { long } else { plain };
        pen.text(inner.x + 1, inner.bottom(), room, &[(Role::Dim, text)]);
    }
}

/// Two densities over one axis.
fn density(pen: &mut Pen, area: Rect, histogram: &PairedHistogram) {
    if area.height < 2 || area.width < 12 {
        return;
    }
    let plot = Rect { height: area.height - 1, ..area };
    let mut dots = Dots::new(pen.glyphs, plot.width, plot.height);
    let (columns, rows) = dots.size();
    // A column a bin at the most: finer ones would only show steps.
    let layers =
        [&histogram.real, &histogram.fake].map(|bins| histograms::resample(bins, columns.min(bins.len().max(1))));
    let most = layers.iter().flatten().copied().fold(0.0, f64::max);
    if most > 0.0 {
        for (layer, shares) in layers.iter().enumerate() {
            let x = |i: usize| (i as f64 + 0.5) / shares.len() as f64 * columns as f64;
            let y = |share: f64| ((1.0 - share / most) * (rows - 1) as f64).round() as usize;
            for i in 1..shares.len() {
                dots.line(layer, (x(i - 1) as usize, y(shares[i - 1])), (x(i) as usize, y(shares[i])));
            }
        }
    }
    dots.paint(pen, plot, Kind::Lines, Ink::default());
    ruler::x_axis(pen, plot, histogram.low as f64, histogram.high as f64);
}
