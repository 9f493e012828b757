//! The critic beside the truth: what it makes of the sample space, what an optimal one would, and the figures and
//! charts of how far apart the two are.

use ratatui::layout::Rect;

use super::histograms;
use super::layout::{split_columns, split_rows};
use crate::domain::SampleShape;
use crate::glossary::Panel;
use crate::ui::draw::pen::Pen;
use crate::ui::state::app::App;

pub mod charts;
mod curves;
mod field;
pub mod figures;

pub use field::CriticView;

/// The least rows of a chart that shares a column with another.
const LEAST_CHART: u16 = 5;
/// The least columns of a chart that shares a row with another.
const LEAST_HALF: u16 = 30;

/// The places of the panels. An empty one is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Layout {
    /// The critic over the sample space.
    space: Rect,
    figures: Rect,
    bound: Rect,
    em: Rect,
    /// Empty for data without modes.
    coverage: Rect,
}

/// The critic over its bound | the figures, of which there are so many, over the Earth Mover's distance and, for data
/// with modes, their coverage.
fn layout(body: Rect, figures: u16, modes: bool) -> Layout {
    let mut at = Layout::default();
    let right = if body.width >= 150 { body.width / 3 } else { (body.width * 2 / 5).max(34).min(body.width / 2) };
    let (left, right) = split_columns(body, body.width - right);
    // Charts below only where the critic keeps most of the room.
    let chart = if body.height >= 18 { (body.height / 3).max(7) } else { 0 };
    (at.space, at.bound) = split_rows(left, left.height - chart);
    let figures = (figures + 1).min(if chart > 0 { right.height - chart } else { right.height });
    // A chart that would be too low to read leaves its rows to the figures.
    let figures = if right.height - figures < 4 { right.height } else { figures };
    (at.figures, at.em) = split_rows(right, figures);
    if modes && at.em.height >= 2 * LEAST_CHART {
        (at.em, at.coverage) = split_rows(at.em, at.em.height / 2);
    } else if modes && at.em.is_empty() && at.bound.width >= 2 * LEAST_HALF {
        (at.bound, at.coverage) = split_columns(at.bound, at.bound.width / 2);
    }
    at
}

/// Draws the page.
pub fn draw(app: &App, pen: &mut Pen, body: Rect) {
    let figures = figures::rows(app);
    let at = layout(body, figures.len() as u16, app.has_modes());
    space(app, pen, at.space);
    figures::draw(app, pen, at.figures, figures);
    charts::bound(app, pen, at.bound);
    charts::earth_mover(app, pen, at.em);
    if !at.coverage.is_empty() {
        charts::coverage(app, pen, at.coverage);
    }
}

/// The critic over the sample space, as the data allows.
fn space(app: &App, pen: &mut Pen, area: Rect) {
    let shape = app.run.info.as_ref().map(|run| run.shape);
    let Some(snapshot) = &app.plots().snapshot else {
        let inner = pen.panel(area, Panel::Critic, "critic", &[]);
        return pen.note(inner, app.no_snapshot());
    };
    let pack = app.run.info.as_ref().map_or(1, |run| run.config.critic.pack);
    match shape.unwrap_or(snapshot.shape) {
        SampleShape::Point { .. } if pack > 1 => {
            histograms::critic(pen, area, snapshot, "the critic judges packs of samples: none has a score alone")
        }
        SampleShape::Point { dims: 1 } => curves::draw(app, pen, area, snapshot),
        SampleShape::Point { dims: 2 } => field::draw(app, pen, area, snapshot),
        SampleShape::Point { .. } => {
            histograms::critic(pen, area, snapshot, "the densities of this data are not known")
        }
        SampleShape::Image { .. } => histograms::critic(pen, area, snapshot, "the densities of images are not known"),
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
                for figures in [0, 3, 8, 13, 40] {
                    let at = layout(body, figures, width % 2 == 0);
                    apart(&[at.space, at.figures, at.bound, at.em, at.coverage], body);
                    assert!(at.space.height >= 8 && at.space.width >= 29, "{width}×{height}: {at:?}");
                    assert!(at.figures.width >= 29 && at.figures.height > figures.min(7), "{width}×{height}: {at:?}");
                    for chart in [at.bound, at.em, at.coverage] {
                        assert!(chart.is_empty() || chart.height >= 4, "{width}×{height}: {at:?}");
                    }
                    assert_eq!(at.bound.is_empty(), height < 21);
                }
            }
        }
    }
}
