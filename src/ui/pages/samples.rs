//! The samples: points as a scatter, numbers as a density, images as a grid.

use std::sync::Arc;

use ratatui::layout::Rect;

use super::samples_page::Beside;
use super::{Page, histograms, overview, samples_page};
use crate::domain::{SampleShape, format};
use crate::glossary::Panel;
use crate::link::{PairedHistogram, Snapshot};
use crate::ui::charts::axis::Axis;
use crate::ui::charts::dots::{Dots, Ink, Kind, swatch};
use crate::ui::charts::ruler;
use crate::ui::draw::gallery::{Gallery, Part};
use crate::ui::draw::pen::{Pen, Text, width};
use crate::ui::draw::theme::Role;
use crate::ui::draw::{image_grid, images};
use crate::ui::state::app::App;
use crate::ui::state::viewing;

/// The most columns of a class's name.
const MOST_NAME: u16 = 14;

/// A panel of images and where it stands.
#[derive(Clone, Debug)]
pub struct ImagePanel {
    pub area: Rect,
    pub gallery: Gallery,
}

impl ImagePanel {
    /// The columns on the right that the names of classes take.
    fn names(&self) -> u16 {
        if !self.gallery.is_by_class() {
            return 0;
        }
        let of = |(label, _): &(u16, Vec<usize>)| width(&self.gallery.snapshot.class(*label)) as u16;
        let widest = self.gallery.classes().iter().map(of).max().unwrap_or(0);
        (widest.min(MOST_NAME) + 1).min(self.area.width / 2)
    }

    /// Where its images stand.
    pub fn images(&self) -> Rect {
        let inner = inside(self.area);
        Rect { width: inner.width - self.names(), ..inner }
    }
}

/// Draws the panel with the latest samples.
pub fn draw(app: &App, pen: &mut Pen, area: Rect) {
    draw_one(app, pen, area, app.plots().snapshot.as_ref());
}

/// Draws the panel with the samples of a snapshot.
pub fn draw_one(app: &App, pen: &mut Pen, area: Rect, snapshot: Option<&Arc<Snapshot>>) {
    let Some(snapshot) = snapshot else {
        let inner = pen.panel(area, Panel::Samples, "samples", &[]);
        return pen.note(inner, app.no_snapshot());
    };
    match snapshot.shape {
        SampleShape::Image { .. } => draw_images(app, pen, &ImagePanel { area, gallery: generated(app, snapshot) }),
        SampleShape::Point { dims: 1 } => {
            let inner = panel(pen, area, Kind::Lines, 0);
            if let Some(histogram) = snapshot.values.first() {
                density(pen, inner, histogram);
            }
        }
        SampleShape::Point { dims } => scatter(app, pen, area, snapshot, dims),
    }
}

/// The generated images of a snapshot, as the open page shows them.
fn generated(app: &App, snapshot: &Arc<Snapshot>) -> Gallery {
    let part = if app.raw { Part::Raw } else { Part::Generated };
    let alone = app.samples_view.alone.filter(|_| app.page == Page::Samples);
    Gallery { alone, ..Gallery::of(snapshot.clone(), part) }
}

/// Draws a panel of images.
pub fn draw_images(app: &App, pen: &mut Pen, panel: &ImagePanel) {
    let Gallery { snapshot, part, alone, .. } = &panel.gallery;
    let place = alone.map(|place| place.min(panel.gallery.count().saturating_sub(1)));
    let generated = matches!(part, Part::Generated | Part::Raw);
    let title = match (generated, place) {
        (true, None) => "generated samples".to_owned(),
        (true, Some(place)) => format!("generated sample {} of {}", place + 1, panel.gallery.count()),
        (false, None) => "real samples".to_owned(),
        (false, Some(place)) => format!("real sample {}", place + 1),
    };
    let legend = match (generated, place) {
        (true, _) => {
            let noise = if snapshot.fixed && app.page == Page::Samples { "fixed noise  " } else { "" };
            format!("{}{noise}step {}", which(app, snapshot), format::count(snapshot.step))
        }
        (false, Some(place)) => snapshot.labels.get(place).map_or(String::new(), |label| snapshot.class(*label)),
        (false, None) if panel.gallery.is_by_class() => "by class".to_owned(),
        (false, None) => String::new(),
    };
    pen.panel(panel.area, Panel::Samples, &title, &[vec![(Role::Dim, legend)]]);
    let area = panel.images();
    // The terminal draws them, or they are made of cells.
    let drawn = image_grid::of(app, pen.buffer.area).and(app.cell);
    if drawn.is_none() {
        images::draw(pen, area, &panel.gallery);
    }
    for (row, (label, _)) in panel.gallery.classes().iter().skip(panel.gallery.skipped).enumerate() {
        let shape = snapshot.shape;
        let at = match drawn {
            Some(cell) => image_grid::Grid::new(area, cell, shape, false).and_then(|grid| grid.row(row, cell)),
            None => images::Grid::new(pen.glyphs, pen.palette, area, shape, false).and_then(|grid| grid.row(row)),
        };
        let (Some(at), true) = (at, panel.names() > 0) else { break };
        pen.text(area.right() + 1, area.y + at, panel.names() - 1, &[(Role::Dim, snapshot.class(*label))]);
    }
}

/// The generator that the samples are of, where there are two.
fn which(app: &App, snapshot: &Snapshot) -> &'static str {
    match (snapshot.has_average(), app.raw) {
        (false, _) => "",
        (true, false) => "averaged  ",
        (true, true) => "raw  ",
    }
}

/// The number of images that there is room for, or that are needed for some of each class.
pub fn images_in_sight(app: &App) -> usize {
    let screen = Rect::new(0, 0, app.size.width, app.size.height);
    let Some(run) = &app.run.info else { return 0 };
    if app.page == Page::Samples && app.samples_view.beside == Beside::Classes {
        return usize::MAX;
    }
    let Some(inner) = place(app, screen).map(inside) else { return 0 };
    let drawn = app.cell.and_then(|cell| image_grid::Grid::new(inner, cell, run.shape, false)).map(|grid| grid.count());
    let cells = || images::Grid::new(app.glyphs, app.palette, inner, run.shape, false).map_or(0, |grid| grid.count());
    drawn.unwrap_or_else(cells)
}

/// The place of the panel on a screen of this size: on the samples page if that is open, else on the overview.
pub fn place(app: &App, screen: Rect) -> Option<Rect> {
    let body = viewing::split(app, app.frame(screen)?.body).1;
    Some(match app.page {
        Page::Samples => samples_page::place(app, body).samples,
        _ => overview::place(app, body).samples,
    })
}

/// The panels of images on a screen of this size, from the left to the right; none where the open page has none.
pub fn panels(app: &App, screen: Rect) -> Vec<ImagePanel> {
    let snapshot = match app.page {
        Page::Overview => app.plots().snapshot.as_ref(),
        Page::Samples => samples_page::shown(app),
        _ => None,
    };
    let (Some(snapshot), Some(area)) = (snapshot, place(app, screen)) else { return Vec::new() };
    if !matches!(snapshot.shape, SampleShape::Image { .. }) {
        return Vec::new();
    }
    let first = ImagePanel { area, gallery: generated(app, snapshot) };
    let real = app
        .frame(screen)
        .filter(|_| app.page == Page::Samples)
        .and_then(|frame| samples_page::real(app, viewing::split(app, frame.body).1));
    std::iter::once(first).chain(real).collect()
}

/// The area of a panel below its rule.
pub fn inside(panel: Rect) -> Rect {
    let rule = panel.height.min(1);
    Rect { y: panel.y + rule, height: panel.height - rule, ..panel }
}

fn panel(pen: &mut Pen, area: Rect, kind: Kind, outside: usize) -> Rect {
    let short: Text = vec![
        (Role::First, swatch(pen, 0, kind)),
        (Role::Plain, " real  ".into()),
        (Role::Second, swatch(pen, 1, kind)),
        (Role::Plain, " generated".into()),
    ];
    let mut usual = short.clone();
    if kind == Kind::Points {
        usual.extend([(Role::Both, format!("  {}", swatch(pen, 2, kind))), (Role::Plain, " both".into())]);
    }
    let mut long = usual.clone();
    if outside > 0 {
        long.push((Role::Warn, format!("  {} outside", format::count(outside as u64))));
    }
    pen.panel(area, Panel::Samples, "samples", &[long, usual, short])
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
    let (low, high) = histograms::axis(histogram);
    let bins = histogram.real.len() as f64 * (high - low) / (f64::from(histogram.high) - f64::from(histogram.low));
    let layers = [&histogram.real, &histogram.fake]
        .map(|side| histograms::laid(side, histogram, (low, high), columns.min((bins as usize).max(1))));
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
    ruler::x_axis(pen, plot, low, high);
}
