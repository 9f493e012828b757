//! The truth beside the critic's estimates, as figures; each with the step it is from.

use ratatui::layout::Rect;

use crate::domain::SampleShape;
use crate::domain::format::{self, count, number, percent};
use crate::glossary::{Figure, Panel};
use crate::theory::objective;
use crate::truth::{Density, EarthMover, Modes, Truth};
use crate::ui::draw::pen::{Pen, Text};
use crate::ui::draw::rows::{self, Row, dim, plain, strong};
use crate::ui::draw::theme::Role;
use crate::ui::state::app::App;

/// E_Q\[p/q\] is 1 for an optimal critic; outside of this it is far off.
const GOOD_RATIO: std::ops::RangeInclusive<f64> = 0.8..=1.25;

/// The accuracy of figures of densities; what is nearer to 0 is 0.
const EXACT: f64 = 5e-5;

/// The rows of the critic page's panel.
pub fn rows(app: &App) -> Vec<Row> {
    let plots = app.plots();
    let row =
        |figure: Figure, label, rank, value: Text, short: Text| Row { term: figure.into(), label, value, short, rank };
    let analysis = plots.analysis.as_ref();
    let truth = analysis.and_then(|analysis| analysis.truth.as_ref());
    let stale = analysis.is_some_and(|analysis| app.is_stale(analysis.step));
    let mut rows = Vec::new();
    if let Some(truth) = truth {
        let bound = vec![figure(truth.bound)];
        rows.push(row(
            Figure::FullBound,
            "full bound",
            0,
            [bound.clone(), vec![dim("  of p and q, not of samples")]].concat(),
            bound,
        ));
        rows.push(divergence(truth));
        if let Some(gap) = truth.gap() {
            let gap = vec![figure(gap)];
            rows.push(row(Figure::Gap, "gap", 0, [gap.clone(), vec![dim("  divergence − full bound")]].concat(), gap));
        }
        faded(&mut rows, stale);
    } else {
        let text: Text = vec![dim(unknown(app))];
        rows.push(row(Figure::Divergence, "divergence", 3, text.clone(), text));
    }
    if let Some(snapshot) = &plots.snapshot
        && snapshot.bound.is_finite()
    {
        let samples = snapshot.fake.len() / snapshot.shape.len().max(1);
        let bound = vec![figure(snapshot.bound as f64)];
        let of = dim(&format!("  of {} at step {}", count(samples as u64), count(snapshot.step)));
        rows.push(row(Figure::Bound, "bound", 4, [bound.clone(), vec![of]].concat(), bound));
    }
    if let Some(jsd) = jsd(app, truth) {
        let last = rows.len();
        rows.push(row(Figure::JensenShannon, "JSD", 1, jsd.clone(), jsd));
        let of_truth = truth.is_some_and(|truth| truth.divergence.is_some());
        faded(&mut rows[last..], stale && of_truth);
    }
    let sampled = plots.snapshot.as_ref().and_then(|snapshot| snapshot.ratio).map(f64::from);
    if let Some(ratio) = sampled.or_else(|| analysis.and_then(|analysis| analysis.ratio)) {
        let good = GOOD_RATIO.contains(&ratio);
        let value = vec![(if good { Role::Good } else { Role::Warn }, number(ratio))];
        let says = dim(if good { "  1 at the optimum" } else { "  far from 1: not optimal" });
        let far = dim(if good { "" } else { "  far from 1" });
        rows.push(row(Figure::Ratio, "E_Q[p/q]", 1, [value.clone(), vec![says]].concat(), [value, vec![far]].concat()));
    }
    if let Some(em) = analysis.and_then(|analysis| analysis.em) {
        let mut em = earth_mover(app, &em);
        faded(&mut em, stale);
        rows.extend(em);
    }
    if let Some((_, modes)) = &plots.covered {
        rows.extend(covered(modes));
    }
    rows
}

/// Draws the panel.
pub fn draw(app: &App, pen: &mut Pen, area: Rect, rows: Vec<Row>) {
    let legend: Vec<Text> = match &app.plots().analysis {
        Some(analysis) => {
            let step = format!("step {}", count(analysis.step));
            let of = analysis.em.map_or(String::new(), |em| format!(", {} samples", count(em.samples as u64)));
            let role = if app.is_stale(analysis.step) { Role::Warn } else { Role::Dim };
            vec![vec![(role, format!("{step}{of}"))], vec![(role, step)]]
        }
        None => vec![vec![dim("nothing analysed yet")]],
    };
    let inner = pen.panel(area, Panel::Truth, "truth", &legend);
    rows::draw(pen, inner, rows);
}

/// The rows for the overview's controls: what matters most, in two rows.
pub fn summary(app: &App) -> Vec<Row> {
    let Some(analysis) = &app.plots().analysis else { return awaited(app) };
    let mut rows = Vec::new();
    if let Some((truth, divergence)) = analysis.truth.as_ref().and_then(|truth| Some((truth, truth.divergence?))) {
        let bound: Text = vec![figure(divergence), dim("  full bound "), figure(truth.bound)];
        let gap = truth.gap().map_or(Text::new(), |gap| vec![dim("  gap "), plain(number(gap))]);
        rows.push(Row {
            term: Figure::Divergence.into(),
            label: "divergence",
            value: [bound.clone(), gap].concat(),
            short: bound,
            rank: 4,
        });
    }
    if let Some(em) = &analysis.em {
        let exact: Text = vec![dim("exact "), figure(em.exact)];
        let critic = em.critic.map_or(Text::new(), |critic| vec![dim("  critic "), plain(number(critic))]);
        let value = [exact.clone(), critic.clone()].concat();
        rows.push(Row {
            term: Figure::EarthMover.into(),
            label: "EM",
            value,
            short: [vec![figure(em.exact)], critic].concat(),
            rank: 4,
        });
    }
    if app.is_stale(analysis.step) {
        faded(&mut rows, true);
        let step = format!("  step {}", count(analysis.step));
        for row in &mut rows {
            row.value.push((Role::Warn, step.clone()));
            row.short.push((Role::Warn, step.clone()));
        }
    }
    rows
}

/// The rows that an analysis will fill, before the first one.
fn awaited(app: &App) -> Vec<Row> {
    let (true, Some(settings), false) = (app.analyses, &app.run.settings, app.is_recorded()) else { return Vec::new() };
    let of_divergence =
        app.has_modes() && objective::find(&settings.objective.kind).is_some_and(|row| row.divergence().is_some());
    let row = |figure: Figure, label| Row {
        term: figure.into(),
        label,
        value: vec![dim("not yet")],
        short: vec![dim("not yet")],
        rank: 4,
    };
    [of_divergence.then(|| row(Figure::Divergence, "divergence")), Some(row(Figure::EarthMover, "EM"))]
        .into_iter()
        .flatten()
        .collect()
}

/// Takes the light from figures that are `stale`.
fn faded(rows: &mut [Row], stale: bool) {
    let texts = rows.iter_mut().filter(|_| stale).flat_map(|row| [&mut row.value, &mut row.short]);
    texts.flatten().for_each(|(role, _)| *role = Role::Dim);
}

/// A figure that quadrature or an assignment gives: nothing is known of it beyond [`EXACT`].
fn figure(value: f64) -> (Role, String) {
    let value = if value.abs() < EXACT { 0.0 } else { value };
    (if value.is_nan() { Role::Bad } else { Role::Strong }, number(value))
}

fn divergence(truth: &Truth) -> Row {
    let density = match truth.density {
        Density::Exact => "exact",
        Density::Kernel => "q estimated",
    };
    let (value, note) = match truth.divergence {
        None => (vec![dim("none: not an f-divergence")], ""),
        Some(value) if value == f64::INFINITY => (vec![(Role::Warn, "infinite".into())], density),
        Some(value) => match truth.error {
            None => (vec![figure(value)], density),
            Some(error) => (vec![(Role::Strong, format::estimate(value, error))], density),
        },
    };
    let short =
        if truth.error.is_some() { value.clone() } else { [value.clone(), vec![dim(&format!("  {note}"))]].concat() };
    let value = [value, vec![dim(&format!("  {note}"))]].concat();
    Row { term: Figure::Divergence.into(), label: "divergence", short, value, rank: 0 }
}

/// Why there is no divergence to tell.
fn unknown(app: &App) -> &'static str {
    match app.run.info.as_ref().map(|run| (run.shape, run.modes.is_empty())) {
        Some((SampleShape::Image { .. }, _)) => "not known: images",
        Some((SampleShape::Point { .. }, true)) => "not known: no density",
        _ if app.plots().analysis.is_none() => "not analysed yet",
        _ => "not known",
    }
}

/// The Jensen–Shannon divergence where the objective has one: of the true divergence, else of the bound.
fn jsd(app: &App, truth: Option<&Truth>) -> Option<Text> {
    let jsd = objective::find(&app.run.settings.as_ref()?.objective.kind)?.about().jensen_shannon?;
    let (about, value) = match truth.and_then(|truth| truth.divergence) {
        Some(divergence) => ("", divergence),
        None => ("≈ ", app.plots().snapshot.as_ref()?.bound as f64),
    };
    let most = dim(&format!(" of log 2 = {:.3}", std::f64::consts::LN_2));
    value.is_finite().then(|| vec![dim(about), strong(format!("{:.3}", jsd(value))), most])
}

fn earth_mover(app: &App, em: &EarthMover) -> Vec<Row> {
    let exact = vec![figure(em.exact)];
    let of = dim(&format!("  {} samples", count(em.samples as u64)));
    let mut rows = vec![Row {
        term: Figure::EarthMover.into(),
        label: "exact EM",
        value: [exact.clone(), vec![of]].concat(),
        short: exact,
        rank: 1,
    }];
    if let Some(critic) = em.critic {
        // Below 0 it is wrong, but for the noise about it once the two are close.
        let wrong = critic.is_nan() || critic < -0.1 * em.exact;
        let value = vec![(if wrong { Role::Bad } else { Role::Strong }, number(critic))];
        let slope = app.plots().snapshot.as_ref().and_then(|snapshot| snapshot.slope);
        let slope = slope.map_or(String::new(), |slope| format!("  at slope {}", number(slope as f64)));
        rows.push(Row {
            term: Figure::CriticEarthMover.into(),
            label: "critic EM",
            value: [value.clone(), vec![dim(&slope)]].concat(),
            short: value,
            rank: 2,
        });
    }
    rows
}

fn covered(modes: &Modes) -> Vec<Row> {
    let coverage = &modes.coverage;
    let text: Text = vec![strong(format!("{} of {}", coverage.covered, coverage.modes))];
    let mut rows = vec![Row { term: Figure::Modes.into(), label: "modes", value: text.clone(), short: text, rank: 2 }];
    let good: Text = vec![strong(percent(coverage.good_share)), dim(&format!(" of {}", percent(modes.ceiling)))];
    let value = [good.clone(), vec![dim(" of real ones")]].concat();
    rows.push(Row { term: Figure::Good.into(), label: "good", value, short: good, rank: 2 });
    if let Some(kl) = modes.reverse_kl {
        let value = vec![strong(number(kl))];
        rows.push(Row {
            term: Figure::ReverseKl.into(),
            label: "reverse KL",
            value: [value.clone(), vec![dim("  of the modes' counts")]].concat(),
            short: value,
            rank: 3,
        });
    }
    rows
}
