//! The bound as it rises to the divergence, and the exact Earth Mover's distance beside the critic's estimate.

use ratatui::layout::Rect;

use super::super::losses::{beside, title};
use crate::domain::Metric;
use crate::domain::format::{count, number, percent};
use crate::glossary;
use crate::history::Stat;
use crate::theory::objective::{self, About};
use crate::ui::charts::chart::{Chart, Level, Line};
use crate::ui::charts::chart_view::ChartId;
use crate::ui::charts::dots::{Ink, Kind, swatch};
use crate::ui::draw::pen::{Pen, Text};
use crate::ui::draw::theme::Role;
use crate::ui::state::app::App;
use crate::ui::state::truths::{Figure, Truths};

/// A figure of all analyses.
impl Line for (&Truths, Figure) {
    fn is_noisy(&self) -> bool {
        false
    }

    fn columns(&self, first: u64, last: u64, columns: usize) -> Vec<Option<Stat>> {
        // A column whose analyses do not have the figure is one without a value. So is one whose divergence is infinite:
        // that is a fact, not a mishap, and the figures say it.
        let stats = self.0.columns(self.1, first, last, columns).into_iter();
        let infinite = |stat: &Stat| self.1 == Figure::Divergence && stat.range().is_none();
        stats.map(|stat| stat.filter(|stat| stat.counts().0 > 0 && !infinite(stat))).collect()
    }
}

/// Draws the chart of the bound beside the true divergence, where that is known; of the steps' own bounds elsewhere.
pub fn bound(app: &App, pen: &mut Pen, area: Rect) {
    let plots = app.plots();
    let levels: Vec<Level> = about(app).and_then(ceiling).into_iter().collect();
    let truth = plots.analysis.as_ref().and_then(|analysis| analysis.truth.as_ref());
    // Without a divergence above it, or beside other runs, the steps' own bounds say more.
    let Some(truth) = truth.filter(|truth| truth.divergence.is_some() && plots.others.is_empty()) else {
        let legend = legend(pen, [("bound", app.shown(Metric::Bound)), ("", None)]);
        let inner = pen.panel(area, glossary::Figure::Bound, &title(app, pen, ChartId::Divergence, "bound"), &[legend]);
        return draw(app, pen, inner, ChartId::Divergence, &[&(&plots.history, Metric::Bound)], &levels);
    };
    let bound = shown(app, Figure::Bound, Some(truth.bound));
    let divergence = shown(app, Figure::Divergence, truth.divergence);
    let mut long = legend(pen, [("full bound", bound), ("divergence", divergence)]);
    let short = legend(pen, [("full bound", bound), ("D", divergence)]);
    if let Some(gap) = shown(app, Figure::Gap, truth.gap()) {
        long.extend([(Role::Plain, "  gap ".into()), (Role::Strong, number(gap))]);
    }
    if let Some(step) = plots.analysis.as_ref().map(|analysis| analysis.step).filter(|step| app.is_stale(*step)) {
        long.push((Role::Warn, format!("  step {}", count(step))));
    }
    let inner = pen.panel(
        area,
        ChartId::Divergence.term(),
        &title(app, pen, ChartId::Divergence, "divergence"),
        &[long, short],
    );
    let lines: [&dyn Line; 2] = [&(&plots.truths, Figure::Bound), &(&plots.truths, Figure::Divergence)];
    draw(app, pen, inner, ChartId::Divergence, &lines, &levels);
}

/// Draws the chart of the Earth Mover's distance.
pub fn earth_mover(app: &App, pen: &mut Pen, area: Rect) {
    let plots = app.plots();
    let em = plots.analysis.as_ref().and_then(|analysis| analysis.em);
    let values = em.map_or([("", None); 2], |em| {
        let critic = shown(app, Figure::CriticEarthMover, em.critic);
        [("critic", critic), ("exact", shown(app, Figure::EarthMover, Some(em.exact)))]
    });
    let mut names = legend(pen, values);
    let long = names.clone();
    names.retain(|(role, _)| *role != Role::Strong);
    let legends = [long, names];
    let inner =
        pen.panel(area, ChartId::EarthMover.term(), &title(app, pen, ChartId::EarthMover, "EM distance"), &legends);
    if inner.height > 0 && plots.truths.is_empty() {
        return pen.note(inner, "nothing analysed yet");
    }
    let lines: [&dyn Line; 2] = [&(&plots.truths, Figure::CriticEarthMover), &(&plots.truths, Figure::EarthMover)];
    draw(app, pen, inner, ChartId::EarthMover, &lines, &[]);
}

/// Draws the chart of mode coverage.
pub fn coverage(app: &App, pen: &mut Pen, area: Rect) {
    let plots = app.plots();
    let mut text = Text::new();
    if let Some((_, modes)) = &plots.covered {
        let coverage = &modes.coverage;
        let covered = shown(app, Figure::Covered, Some(100.0 * coverage.covered as f64 / coverage.modes as f64));
        let good = shown(app, Figure::Good, Some(100.0 * coverage.good_share));
        let covered =
            covered.map(|share| format!("{:.0} of {}", share * coverage.modes as f64 / 100.0, coverage.modes));
        let good = good.map(|share| percent(share / 100.0));
        for (layer, (name, value)) in [("modes", covered), ("good", good)].into_iter().enumerate() {
            let Some(value) = value else { continue };
            text.push((Role::Plain, if layer > 0 { "  " } else { "" }.into()));
            text.push((Ink::default().roles[layer], swatch(pen, layer, Kind::Lines)));
            text.push((Role::Plain, format!(" {name} ")));
            text.push((Role::Strong, value));
        }
    }
    let inner = pen.panel(area, ChartId::Coverage.term(), &title(app, pen, ChartId::Coverage, "coverage %"), &[text]);
    if inner.height > 0 && plots.truths.is_coverage_empty() {
        return pen.note(inner, app.no_snapshot());
    }
    // The axis is of all there can be, whatever there has been.
    let ends = [0.0, 100.0].map(|value| Level { value, name: String::new() });
    let lines: [&dyn Line; 2] = [&(&plots.truths, Figure::Covered), &(&plots.truths, Figure::Good)];
    let chart = Chart { lines: &lines, ink: Ink::default(), levels: &ends, view: app.view(ChartId::Coverage) };
    if plots.history.is_empty() {
        return pen.note(inner, if app.under_way() { "no step yet" } else { "no step was done" });
    }
    chart.draw(pen, inner);
}

/// A figure at the cursor, by the analyses of a fiftieth of what is shown up to there; `latest` without a cursor.
fn shown(app: &App, figure: Figure, latest: Option<f64>) -> Option<f64> {
    let Some(cursor) = app.charts.cursor else { return latest };
    let (from, to) = app.window();
    let near = cursor.saturating_sub((to - from) / 50);
    (&app.plots().truths, figure).columns(near, cursor, 1).into_iter().next()??.mean()
}

fn draw(app: &App, pen: &mut Pen, area: Rect, chart: ChartId, lines: &[&dyn Line], levels: &[Level]) {
    let plots = app.plots();
    if plots.history.is_empty() {
        return pen.note(area, if app.under_way() { "no step yet" } else { "no step was done" });
    }
    // Other runs have no analyses, only the steps' own bounds.
    let others = match chart {
        ChartId::Divergence => beside(app, &[Metric::Bound.into()]),
        _ => Vec::new(),
    };
    Chart { lines, ink: Ink::TRUTH, levels, view: app.view(chart) }.draw_beside(pen, area, &others);
}

/// The facts about the objective in force.
fn about(app: &App) -> Option<&'static About> {
    Some(objective::find(&app.run.settings.as_ref()?.objective.kind)?.about())
}

/// The divergence that stands for a Jensen–Shannon divergence of log 2, the most it can be, where the objective has
/// one.
fn ceiling(about: &About) -> Option<Level> {
    let jsd = about.jensen_shannon?;
    // It is a straight line in the bound.
    let (at_zero, slope) = (jsd(0.0), jsd(1.0) - jsd(0.0));
    let value = (std::f64::consts::LN_2 - at_zero) / slope;
    value.is_finite().then(|| Level { value, name: "JSD = log 2".into() })
}

/// The latest values with what their lines look like.
fn legend(pen: &Pen, values: [(&str, Option<f64>); 2]) -> Text {
    let mut text = Text::new();
    for (layer, (name, value)) in values.into_iter().enumerate() {
        let Some(value) = value else { continue };
        if !text.is_empty() {
            text.push((Role::Plain, "  ".into()));
        }
        text.push((Ink::TRUTH.roles[layer], swatch(pen, layer, Kind::Lines)));
        text.push((Role::Plain, format!(" {name}")));
        text.push((Role::Strong, format!(" {}", number(value))));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ceiling_of_the_jensen_shannon_divergence() {
        let of = |name| ceiling(objective::find(name).unwrap().about()).map(|level| level.value);
        let near = |value: Option<f64>, wanted: f64| (value.unwrap() - wanted).abs() < 1e-12;
        // D_GAN = 2 JSD − log 4, and the JS row is 2 JSD.
        assert!(near(of("gan"), 0.0) && near(of("js"), 4f64.ln()));
        assert_eq!(of("kl"), None);
    }
}
