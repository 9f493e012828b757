//! The samples page: samples as large as there is room, of now or of an earlier snapshot, beside the histograms and
//! their past; of images also beside real ones, or one image alone.

use std::sync::Arc;

use ratatui::layout::Rect;

use super::layout::{split_columns, split_rows};
use super::samples::ImagePanel;
use super::{samples, strips};
use crate::domain::action::Action;
use crate::domain::format;
use crate::glossary::Panel;
use crate::link::Snapshot;
use crate::ui::draw::gallery::{Gallery, Part};
use crate::ui::draw::pen::{Pen, Text};
use crate::ui::draw::theme::Role;
use crate::ui::state::app::App;

/// The chosen look of the page on images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SamplesView {
    pub beside: Beside,
    /// Whether each snapshot is of other noise and other real samples than the one before.
    pub fresh: bool,
    /// The place of the image that is shown alone.
    pub alone: Option<usize>,
    /// Classes that are scrolled out of sight.
    pub skipped: usize,
}

/// The right half of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Beside {
    #[default]
    Histograms,
    /// Real samples.
    Real,
    /// Real samples, a row for each class.
    Classes,
    /// Generated samples have the whole page.
    Nothing,
}

impl Beside {
    fn next(self) -> Beside {
        match self {
            Beside::Histograms => Beside::Real,
            Beside::Real => Beside::Classes,
            Beside::Classes => Beside::Nothing,
            Beside::Nothing => Beside::Histograms,
        }
    }
}

/// The places of the panels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    pub samples: Rect,
    /// The histograms or the real samples; empty where there is nothing beside the generated ones.
    pub beside: Rect,
    pub scrubber: Rect,
}

/// The places of the panels of this run.
pub fn place(app: &App, body: Rect) -> Layout {
    laid_out(body, beside(app))
}

/// Samples | what is beside them, over the scrubber.
fn laid_out(body: Rect, beside: Beside) -> Layout {
    let (top, scrubber) = split_rows(body, body.height - 2);
    let right = match beside {
        Beside::Histograms => (body.width * 2 / 5).clamp(28, 70),
        Beside::Real | Beside::Classes => body.width / 2,
        Beside::Nothing => 0,
    };
    let (samples, beside) = split_columns(top, body.width - right);
    Layout { samples, beside, scrubber }
}

/// The panels beside the samples: of points always the histograms, for the real ones are among the samples.
fn beside(app: &App) -> Beside {
    match app.samples_view.beside {
        // Of a foreign run there is nothing else.
        _ if app.charts.foreign => Beside::Nothing,
        _ if !app.run.has_images() => Beside::Histograms,
        Beside::Classes if !is_labelled(app) => Beside::Real,
        beside => beside,
    }
}

fn is_labelled(app: &App) -> bool {
    app.plots().snapshot.as_ref().is_some_and(|snapshot| !snapshot.labels.is_empty())
}

/// The panel of real images, where there is one. They are those of the latest snapshot: of earlier ones they are not
/// kept.
pub fn real(app: &App, body: Rect) -> Option<ImagePanel> {
    let part = match beside(app) {
        Beside::Real => Part::Real,
        Beside::Classes => Part::Classes,
        Beside::Histograms | Beside::Nothing => return None,
    };
    let snapshot = app.plots().snapshot.as_ref()?.clone();
    let SamplesView { alone, skipped, .. } = app.samples_view;
    Some(ImagePanel { area: place(app, body).beside, gallery: Gallery { snapshot, part, alone, skipped } })
}

/// The snapshot that the page shows.
pub fn shown(app: &App) -> Option<&Arc<Snapshot>> {
    let earlier = app.browsed.and_then(|step| app.plots().past.samples_at(step));
    earlier.or(app.plots().snapshot.as_ref())
}

/// Draws the page.
pub fn draw(app: &App, pen: &mut Pen, body: Rect) {
    let at = place(app, body);
    let snapshot = shown(app);
    samples::draw_one(app, pen, at.samples, snapshot);
    match (beside(app), real(app, body)) {
        (_, Some(panel)) => samples::draw_images(app, pen, &panel),
        (Beside::Histograms, None) => strips::draw(app, pen, at.beside, snapshot.map(|snapshot| &**snapshot)),
        (_, None) => {}
    }
    scrubber(app, pen, at.scrubber, snapshot.map(|snapshot| &**snapshot));
}

/// The kept snapshots on a line, and which one is shown.
fn scrubber(app: &App, pen: &mut Pen, area: Rect, shown: Option<&Snapshot>) {
    let kept = app.plots().past.samples();
    let mut title = match shown {
        Some(snapshot) => format!("step {}", format::count(snapshot.step)),
        None => "no snapshot yet".into(),
    };
    if app.browsed.is_none() && shown.is_some() {
        title += ", the latest";
    }
    let hints =
        [(Action::Earlier, "earlier"), (Action::Later, "later"), (Action::First, "first"), (Action::Latest, "latest")];
    let mut legend = Text::new();
    for (action, name) in hints {
        legend.extend([(Role::Strong, app.key(action)), (Role::Dim, format!(" {name}  "))]);
    }
    legend.push((Role::Dim, format!("{} kept", kept.len())));
    let line = pen.panel(area, Panel::Snapshots, &title, &[legend]);
    let (Some((first, _)), Some(last)) = (kept.first(), app.plots().snapshot.as_ref()) else { return };
    if line.height == 0 || line.width < 4 {
        return;
    }
    let (first, last) = (*first, last.step.max(first + 1));
    let room = line.width - 2;
    let place = |step: u64| {
        let share = step.saturating_sub(first) as f64 / (last - first) as f64;
        line.x + 1 + (share.min(1.0) * (room - 1) as f64).round() as u16
    };
    let [full, empty] = pen.glyphs.progress();
    for x in line.x + 1..=line.x + room {
        pen.symbol(x, line.y, empty, Role::Dim);
    }
    for (step, _) in kept {
        pen.symbol(place(*step), line.y, full, Role::Dim);
    }
    if let Some(snapshot) = shown {
        pen.symbol(place(snapshot.step), line.y, pen.glyphs.here(), Role::Strong);
    }
}

/// Shows an earlier (`back`) or later snapshot; beyond the last kept one the latest.
pub fn browse(app: &mut App, back: bool) {
    let Some(now) = shown(app).map(|snapshot| snapshot.step) else { return };
    let latest = app.plots().snapshot.as_ref().map(|snapshot| snapshot.step);
    let kept = app.plots().past.samples();
    app.browsed = match back {
        true => kept.iter().rev().map(|(step, _)| *step).find(|step| *step < now).or(app.browsed),
        false => kept.iter().map(|(step, _)| *step).find(|step| *step > now && Some(*step) != latest),
    };
}

/// Puts something else beside the samples: the next that there is.
pub fn turn(app: &mut App) {
    let view = &mut app.samples_view;
    view.beside = view.beside.next();
    view.skipped = 0;
    if app.samples_view.beside == Beside::Classes && !is_labelled(app) {
        app.samples_view.beside = Beside::Nothing;
    }
}

/// Shows one image alone, or all again.
pub fn turn_alone(app: &mut App) {
    app.samples_view.alone = match app.samples_view.alone {
        Some(_) => None,
        None => Some(0),
    };
}

/// The next image where one is shown alone, or other classes, down for positive numbers.
pub fn scroll(app: &mut App, by: isize) {
    let Some(snapshot) = shown(app).cloned() else { return };
    let latest = app.plots().snapshot.clone();
    let view = &mut app.samples_view;
    if let Some(alone) = &mut view.alone {
        let last = Gallery::of(snapshot, Part::Generated).count().saturating_sub(1);
        *alone = (*alone).min(last).saturating_add_signed(by).min(last);
    } else if view.beside == Beside::Classes {
        let classes = latest.map_or(0, |latest| Gallery::of(latest, Part::Classes).classes().len());
        view.skipped = view.skipped.saturating_add_signed(by).min(classes.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::pages::layout::{LEAST, apart, frame};

    #[test]
    fn panels_lie_in_the_body_side_by_side_and_have_room() {
        for width in LEAST.0..260 {
            for height in LEAST.1..75 {
                let body = frame(Rect::new(0, 0, width, height)).unwrap().body;
                for beside in [Beside::Histograms, Beside::Real, Beside::Classes, Beside::Nothing] {
                    let at = laid_out(body, beside);
                    apart(&[at.samples, at.beside, at.scrubber], body);
                    assert!(at.samples.width >= 28 && at.samples.height >= 10);
                    assert!(at.beside.width >= 28 || beside == Beside::Nothing);
                }
            }
        }
    }
}
