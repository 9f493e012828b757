//! The chart of mean critic values on real and generated samples, with the bound that they amount to.

use ratatui::layout::Rect;

use super::app::App;
use super::format::number;
use super::losses;
use super::pen::{Pen, Text};
use super::theme::Role;
use crate::link::Metric;

/// Over how many of the latest steps a noisy figure is averaged.
const STEPS: usize = 100;

/// Draws the panel.
pub fn draw(app: &App, pen: &mut Pen, area: Rect) {
    let metrics = [(Metric::CriticReal, "real"), (Metric::CriticFake, "generated")];
    let short = [(Metric::CriticReal, "real"), (Metric::CriticFake, "gen")];
    let legends = [losses::legend(app, pen, metrics), losses::legend(app, pen, short)];
    let mut inner = pen.panel(area, "critic values", &legends);
    let figures = figures(app);
    if inner.height >= 4 && !figures.is_empty() {
        pen.text(inner.x + 1, inner.y, inner.width.saturating_sub(1), &figures);
        inner = Rect { y: inner.y + 1, height: inner.height - 1, ..inner };
    }
    losses::chart(app, pen, inner, metrics.map(|(metric, _)| metric));
}

fn figures(app: &App) -> Text {
    let (Some(real), Some(fake), Some(bound), Some(settings)) = (
        app.latest(Metric::CriticReal),
        app.latest(Metric::CriticFake),
        app.latest(Metric::Bound),
        app.settings.as_ref(),
    ) else {
        return Text::new();
    };
    let kind = settings.objective.kind.as_str();
    let mean = app.plots().history.recently(Metric::Bound, STEPS).mean();
    let mut text: Text = vec![(Role::Dim, "bound ".into()), (role(bound), number(bound))];
    // For EM the bound is the gap.
    if kind == "wgan" {
        if mean.is_some_and(|mean| mean < 0.0) {
            text.push((Role::Bad, "  below 0: critic is wrong".into()));
        } else if let Some(mean) = mean {
            text.extend([(Role::Dim, format!("  mean of {STEPS} ")), (Role::Plain, number(mean))]);
        }
        return text;
    }
    text.extend([(Role::Dim, "  gap ".into()), (role(real - fake), number(real - fake))]);
    if let Some(jsd) = mean.and_then(|bound| jsd(kind, bound)) {
        text.extend([
            (Role::Dim, "  JSD ≈ ".into()),
            (Role::Strong, format!("{jsd:.3}")),
            (Role::Dim, format!(" of {:.3}", std::f64::consts::LN_2)),
        ]);
    }
    text
}

fn role(value: f64) -> Role {
    if value.is_finite() { Role::Strong } else { Role::Bad }
}

/// The Jensen–Shannon divergence that a bound of this objective estimates; its ceiling is log 2.
fn jsd(kind: &str, bound: f64) -> Option<f64> {
    match kind {
        "gan" => Some(bound / 2.0 + std::f64::consts::LN_2),
        "js" => Some(bound / 2.0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jsd_from_the_bounds_of_a_known_pair() {
        // 2·JSD of N(0,1) and N(1,1.5²) by quadrature, and the vanilla GAN's bound on it.
        let (js, gan) = (0.1985801932, -1.1877141679);
        assert!((jsd("js", js).unwrap() - jsd("gan", gan).unwrap()).abs() < 1e-9);
        assert_eq!(jsd("wgan", 1.0), None);
    }
}
