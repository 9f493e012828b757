//! The chart of mean critic values on real and generated samples, with the bound that they amount to.

use ratatui::layout::Rect;

use super::losses;
use crate::domain::Metric;
use crate::domain::format::number;
use crate::glossary::Figure;
use crate::theory::objective;
use crate::ui::charts::chart_view::ChartId;
use crate::ui::draw::pen::{Pen, Text};
use crate::ui::draw::spots::Target;
use crate::ui::draw::theme::Role;
use crate::ui::state::app::App;
use crate::ui::state::event_log::Kind;

/// Over how many of the latest steps a noisy figure is averaged.
const STEPS: usize = 100;

/// Draws the panel.
pub fn draw(app: &App, pen: &mut Pen, area: Rect) {
    let metrics = [(Metric::CriticReal.into(), "real"), (Metric::CriticFake.into(), "generated")];
    let short = [(Metric::CriticReal.into(), "real"), (Metric::CriticFake.into(), "gen")];
    let usual = losses::legend(app, pen, &metrics);
    let legends = [
        losses::smoothed(app, ChartId::Values, &usual),
        usual,
        losses::legend(app, pen, &short),
        losses::names(pen, &short),
    ];
    let mut inner =
        pen.panel(area, ChartId::Values.term(), &losses::title(app, pen, ChartId::Values, "critic values"), &legends);
    for figure in [Figure::CriticValue, Figure::Bound] {
        pen.spot(Rect::ZERO, Target::Term(figure.into()));
    }
    // In little room the difference of the two lines goes first: they are there.
    let room = inner.width.saturating_sub(1);
    let figures =
        Some(figures(app, true)).filter(|long| pen.width(long) <= room).unwrap_or_else(|| figures(app, false));
    if inner.height >= 4 && !figures.is_empty() {
        pen.text(inner.x + 1, inner.y, inner.width.saturating_sub(1), &figures);
        inner = Rect { y: inner.y + 1, height: inner.height - 1, ..inner };
    }
    losses::chart(app, pen, inner, ChartId::Values, &metrics.map(|(metric, _)| metric));
}

fn figures(app: &App, difference: bool) -> Text {
    let (Some(real), Some(fake), Some(bound), Some(settings)) = (
        app.latest(Metric::CriticReal),
        app.latest(Metric::CriticFake),
        app.latest(Metric::Bound),
        app.run.settings.as_ref(),
    ) else {
        return Text::new();
    };
    let Some(objective) = objective::find(&settings.objective.kind) else { return Text::new() };
    // The bounds before a change may be of another objective: those of a GAN are negative, and no alarm for a WGAN.
    let changed = app.plots().marks.iter().rev().find(|mark| mark.kind == Kind::Change).map_or(0, |mark| mark.step);
    let mean = app.plots().history.recently(Metric::Bound, STEPS, changed).mean();
    let mut text: Text = vec![(Role::Dim, "bound ".into()), (role(bound), number(bound))];
    // There the bound is the difference of the two.
    if objective.about().lipschitz {
        if let Some(mean) = mean {
            match mean < 0.0 {
                true => text.push((Role::Bad, format!("  mean {}: wrong critic", number(mean)))),
                false => text.extend([(Role::Dim, format!("  mean of {STEPS} ")), (Role::Plain, number(mean))]),
            }
        }
        return text;
    }
    if difference {
        text.extend([(Role::Dim, "  real − gen ".into()), (role(real - fake), number(real - fake))]);
    }
    if let Some((jsd, mean)) = objective.about().jensen_shannon.zip(mean) {
        text.extend([
            (Role::Dim, "  JSD ≈ ".into()),
            (Role::Strong, format!("{:.3}", jsd(mean))),
            (Role::Dim, format!(" of {:.3}", std::f64::consts::LN_2)),
        ]);
    }
    text
}

fn role(value: f64) -> Role {
    if value.is_finite() { Role::Strong } else { Role::Bad }
}
