//! The samples page: samples as large as there is room, of now or of an earlier snapshot, beside the histograms and their
//! past.

use std::sync::Arc;

use ratatui::layout::Rect;

use super::layout::{split_columns, split_rows};
use super::{samples, strips};
use crate::domain::action::Action;
use crate::domain::format;
use crate::link::Snapshot;
use crate::ui::draw::pen::{Pen, Text};
use crate::ui::draw::theme::Role;
use crate::ui::state::app::App;

/// The places of the panels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    pub samples: Rect,
    pub histograms: Rect,
    pub scrubber: Rect,
}

/// Samples | histograms, if there are any, over the scrubber.
pub fn place(body: Rect, histograms: bool) -> Layout {
    let (top, scrubber) = split_rows(body, body.height - 2);
    if !histograms {
        return Layout { samples: top, histograms: Rect::default(), scrubber };
    }
    let right = (body.width * 2 / 5).clamp(28, 70);
    let (samples, histograms) = split_columns(top, body.width - right);
    Layout { samples, histograms, scrubber }
}

/// The snapshot that the page shows.
pub fn shown(app: &App) -> Option<&Arc<Snapshot>> {
    let earlier = app.browsed.and_then(|step| app.plots().past.samples_at(step));
    earlier.or(app.plots().snapshot.as_ref())
}

/// Draws the page.
pub fn draw(app: &App, pen: &mut Pen, body: Rect) {
    let at = place(body, !app.charts.foreign);
    let snapshot = shown(app).map(|snapshot| &**snapshot);
    samples::draw_one(app, pen, at.samples, snapshot);
    if !at.histograms.is_empty() {
        strips::draw(app, pen, at.histograms, snapshot);
    }
    scrubber(app, pen, at.scrubber, snapshot);
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
    let line = pen.panel(area, &title, &[legend]);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::pages::layout::{LEAST, apart, frame};

    #[test]
    fn panels_lie_in_the_body_side_by_side_and_have_room() {
        for width in LEAST.0..260 {
            for height in LEAST.1..75 {
                let body = frame(Rect::new(0, 0, width, height)).unwrap().body;
                let at = place(body, true);
                apart(&[at.samples, at.histograms, at.scrubber], body);
                assert!(at.samples.width >= 30 && at.samples.height >= 10 && at.histograms.width >= 28);
                let alone = place(body, false);
                assert_eq!((alone.samples.width, alone.histograms.is_empty()), (width, true));
            }
        }
    }
}
