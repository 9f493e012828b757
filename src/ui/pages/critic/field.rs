//! The critic in the plane: a map of its values with samples on it, and the optimal critic to compare with.
//!
//! Colours diverge from the critic value where p = q: towards real above it, towards generated below. Without colours
//! for it each side has characters of its own. Both come in few levels, so that little changes from one snapshot to the
//! next.

use ratatui::layout::Rect;

use super::super::layout::split_columns;
use super::super::samples::Plane;
use crate::domain::format::{count, setting};
use crate::glossary::Panel;
use crate::link::{Field, Snapshot};
use crate::theory::objective::{self, Objective};
use crate::ui::charts::axis::round_step;
use crate::ui::charts::dots::{Dots, Ink, Kind, swatch};
use crate::ui::draw::pen::{Pen, Text};
use crate::ui::draw::theme::{LEVELS, Role};
use crate::ui::state::app::App;

/// The number of samples of each kind that are marked: more would hide the map.
const MARKS: usize = 300;
/// From so many columns on two maps stand side by side.
const WIDE: u16 = 76;

/// The map that is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CriticView {
    #[default]
    Learned,
    Optimal,
    Difference,
}

impl CriticView {
    /// The one after this.
    pub fn next(self) -> CriticView {
        match self {
            CriticView::Learned => CriticView::Optimal,
            CriticView::Optimal => CriticView::Difference,
            CriticView::Difference => CriticView::Learned,
        }
    }

    fn title(self) -> &'static str {
        match self {
            CriticView::Learned => "learned T(x)",
            CriticView::Optimal => "optimal T*(x)",
            CriticView::Difference => "T − T*",
        }
    }
}

/// Values on the points of a field.
struct Map {
    low: [f64; 2],
    high: [f64; 2],
    columns: usize,
    rows: usize,
    values: Vec<f64>,
}

/// Draws the map that is chosen; where there is room, the learned critic with the chosen one beside it.
pub fn draw(app: &App, pen: &mut Pen, area: Rect, snapshot: &Snapshot) {
    let Some(field) = &snapshot.field else {
        let inner = pen.panel(area, Panel::CriticMap, "critic", &[]);
        return pen.note(inner, "this snapshot does not hold the critic's field");
    };
    let objective = objective::of(&snapshot.objective).ok();
    let learned = learned(field, objective.as_deref(), snapshot);
    let truth = app.plots().analysis.as_ref().and_then(|analysis| Some((analysis.step, analysis.truth.as_ref()?)));
    let optimal = truth.filter(|(_, truth)| truth.optimal.len() == field.scores.len()).map(|(step, truth)| {
        let [low, high] = truth.corners.map(|corner| corner.map(f64::from));
        let values = truth.optimal.iter().map(|&value| value as f64).collect();
        (step, Map { low, high, columns: field.columns, rows: field.rows, values })
    });
    let neutral = neutral(objective.as_deref(), snapshot, &learned);
    let scale = Scale::of(neutral, &learned.values, optimal.as_ref().map_or(&[], |(_, map)| &map.values));
    let wide = area.width >= WIDE && optimal.is_some();
    let (first, second) = if wide { split_columns(area, area.width / 2) } else { (area, area) };
    let view = if wide && app.critic_view == CriticView::Learned { CriticView::Optimal } else { app.critic_view };
    let mut panel = |area: Rect, view: CriticView| {
        let (map, scale, step) = match (view, &optimal) {
            (CriticView::Learned, _) => (&learned, scale, snapshot.step),
            (CriticView::Optimal, Some((step, map))) => (map, scale, *step),
            (CriticView::Difference, Some((step, optimal))) => {
                let difference = learned.values.iter().zip(&optimal.values).map(|(a, b)| a - b).collect();
                let map = Map { values: difference, low: learned.low, high: learned.high, ..*optimal };
                let scale = Scale::of(0.0, &map.values, &[]).even();
                return show(pen, area, view, &map, scale, snapshot, *step);
            }
            (_, None) => {
                let inner = pen.panel(area, Panel::CriticMap, view.title(), &[]);
                let divergence = objective.as_ref().is_some_and(|row| row.divergence().is_some());
                return pen.note(inner, why(app, divergence));
            }
        };
        show(pen, area, view, map, scale, snapshot, step);
    };
    if wide {
        panel(first, CriticView::Learned);
    }
    panel(second, view);
}

/// Why there is no optimal critic to show.
fn why(app: &App, divergence: bool) -> &'static str {
    match (divergence, &app.plots().analysis) {
        (false, _) => "no optimal critic: the objective is not an f-divergence",
        (true, None) => "nothing analysed yet",
        (true, Some(_)) => "no optimal critic: the density of this data is not known",
    }
}

/// The critic values of a snapshot's field.
fn learned(field: &Field, objective: Option<&dyn Objective>, snapshot: &Snapshot) -> Map {
    let value = |&score: &f32| match objective {
        Some(row) => row.value(snapshot.objective.head, score as f64),
        None => score as f64,
    };
    let [low, high] = [field.low, field.high].map(|corner| corner.map(f64::from));
    Map { low, high, columns: field.columns, rows: field.rows, values: field.scores.iter().map(value).collect() }
}

/// The critic value that says neither real nor generated: that of p = q, else the middle of the map, for a Lipschitz
/// critic may be shifted by any constant.
fn neutral(objective: Option<&dyn Objective>, snapshot: &Snapshot, learned: &Map) -> f64 {
    match objective {
        Some(row) if row.divergence().is_some() => row.divergence().map_or(0.0, |row| row.derivative(1.0)),
        Some(row) if !row.about().lipschitz => row.value(snapshot.objective.head, 0.0),
        _ => quantile(&learned.values, 0.5).unwrap_or(0.0),
    }
}

/// The map from values to levels: 0 at the neutral value, the ends at so much above and below it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Scale {
    neutral: f64,
    above: f64,
    below: f64,
}

impl Scale {
    /// Shows nearly all of the first values, and half of the others as long as the first keep their shape: those may
    /// run off to infinity. The ends are round, so that they stay where they are from one snapshot to the next.
    fn of(neutral: f64, all: &[f64], half: &[f64]) -> Scale {
        let away = |values: &[f64], sign: f64, share: f64| {
            let off: Vec<f64> = values.iter().map(|value| sign * (value - neutral)).filter(|off| *off > 0.0).collect();
            quantile(&off, share).unwrap_or(0.0)
        };
        let [above, below] = [1.0, -1.0].map(|sign| away(all, sign, 0.9));
        let most = 3.0 * above.max(below);
        let [above, below] = [(above, 1.0), (below, -1.0)].map(|(end, sign)| end.max(away(half, sign, 0.5).min(most)));
        // A side that hardly exists is not blown up.
        let least = (above.max(below) * 0.02).max(1e-9);
        let round = |off: f64| {
            let step = round_step(off.max(least), 5);
            (off.max(least) / step - 1e-9).ceil() * step
        };
        Scale { neutral, above: round(above), below: round(below) }
    }

    /// The same room on both sides.
    fn even(self) -> Scale {
        let most = self.above.max(self.below);
        Scale { above: most, below: most, ..self }
    }

    fn level(&self, value: f64) -> i8 {
        let off = value - self.neutral;
        let share = if off >= 0.0 { off / self.above } else { off / self.below };
        // Not a number becomes 0.
        (share.clamp(-1.0, 1.0) * LEVELS as f64).round() as i8
    }
}

/// The finite value below which lies this share of them.
fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut finite: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    finite.sort_by(f64::total_cmp);
    finite.get(((finite.len() as f64 * share) as usize).min(finite.len().saturating_sub(1))).copied()
}

impl Map {
    /// The value of the nearest point; none outside of the field.
    fn at(&self, x: f64, y: f64) -> Option<f64> {
        let index = |axis: usize, value: f64, points: usize| {
            let span = self.high[axis] - self.low[axis];
            let place = if points > 1 { (value - self.low[axis]) / span * (points - 1) as f64 } else { 0.0 };
            (-0.5..=points as f64 - 0.5).contains(&place).then(|| (place.round().max(0.0) as usize).min(points - 1))
        };
        let (column, row) = (index(0, x, self.columns)?, index(1, y, self.rows)?);
        self.values.get(row * self.columns + column).copied()
    }
}

/// Draws a map with samples on it and its scale beneath.
fn show(pen: &mut Pen, area: Rect, view: CriticView, map: &Map, scale: Scale, snapshot: &Snapshot, step: u64) {
    let mark = |pen: &Pen, layer| (Role::Strong, swatch(pen, layer, Kind::Marks));
    let name = |name: &str| (Role::Plain, name.to_owned());
    let points: Text = vec![mark(pen, 0), name(" real  "), mark(pen, 1), name(" gen  "), mark(pen, 2), name(" both")];
    let step: Text = vec![(Role::Dim, format!("  step {}", count(step)))];
    let inner = pen.panel(area, Panel::CriticMap, view.title(), &[[points.clone(), step].concat(), points]);
    let plot = Rect { height: inner.height.saturating_sub(1), ..inner };
    let [x, y] = [0, 1].map(|axis| (map.low[axis], map.high[axis]));
    let Some(plane) = Plane::holding(x, y, plot).filter(|_| !plot.is_empty()) else { return };
    let mut dots = Dots::new(pen.glyphs, plot.width, plot.height);
    let (across, down) = pen.glyphs.dots();
    for (layer, points) in [&snapshot.real, &snapshot.fake].into_iter().enumerate() {
        for point in points.chunks_exact(snapshot.shape.len().max(2)).take(MARKS) {
            let (x, y) = plane.place(point[0], point[1]);
            if (0.0..plot.width as f64).contains(&x) && (0.0..plot.height as f64).contains(&y) {
                dots.set(layer, (x * across as f64) as usize, (y * down as f64) as usize);
            }
        }
    }
    dots.paint(pen, plot, Kind::Marks, Ink::OVER);
    for row in 0..plot.height {
        for column in 0..plot.width {
            let x = plane.left + (column as f64 + 0.5) * plane.scale;
            let y = plane.top - (row as f64 + 0.5) * 2.0 * plane.scale;
            if let Some(value) = map.at(x, y) {
                pen.ground(plot.x + column, plot.y + row, scale.level(value));
            }
        }
    }
    let at = Rect { y: plot.bottom(), height: inner.height - plot.height, ..inner };
    let used = legend(pen, at, view, scale);
    let [x, y] = [x, y].map(|(low, high)| format!("{} to {}", setting(tidy(low)), setting(tidy(high))));
    let corners = [(Role::Dim, format!("x {x}  y {y}"))];
    let taken = pen.width(&corners) + 1;
    if used + taken + 2 <= at.width && at.height > 0 {
        pen.text(at.right() - taken, at.y, taken, &corners);
    }
}

/// Two decimals are enough for a corner.
fn tidy(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// Draws what the levels stand for: the ends and the neutral value. Returns the columns used.
fn legend(pen: &mut Pen, area: Rect, view: CriticView, scale: Scale) -> u16 {
    if area.is_empty() {
        return 0;
    }
    let [low, high] = [scale.neutral - scale.below, scale.neutral + scale.above].map(setting);
    let neutral = if view == CriticView::Difference { "0".into() } else { setting(scale.neutral) };
    let mut x = area.x + 1;
    x += pen.text(x, area.y, area.width, &[(Role::Dim, format!("{low} "))]);
    for level in -(LEVELS as i8)..=LEVELS as i8 {
        // The neutral value stands at its own level.
        let taken = if level == 0 { pen.width(&[(Role::Dim, &neutral)]) + 2 } else { 2 };
        if x + taken >= area.right() {
            return area.width;
        }
        if level == 0 {
            pen.text(x + 1, area.y, taken, &[(Role::Plain, &neutral)]);
        }
        (x..x + taken).for_each(|x| pen.ground(x, area.y, level));
        x += taken;
    }
    x += pen.text(x, area.y, area.right().saturating_sub(x), &[(Role::Dim, format!(" {high}"))]);
    x - area.x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_diverge_from_the_neutral_value() {
        let values: Vec<f64> = (0..=100).map(|i| -1.0 + i as f64 * 0.05).collect();
        let scale = Scale::of(0.0, &values, &[]);
        assert_eq!(scale, Scale { neutral: 0.0, above: 4.0, below: 1.0 });
        let levels = LEVELS as i8;
        assert_eq!(
            [-9.0, -1.0, 0.0, 0.1, 4.0, f64::INFINITY].map(|v| scale.level(v)),
            [-levels, -levels, 0, 0, levels, levels]
        );
        assert_eq!(scale.level(f64::NAN), 0);
        assert_eq!(Scale::of(0.0, &values, &[f64::INFINITY; 9]), scale);
        assert!(Scale::of(f64::NAN, &[f64::NAN], &[]).above > 0.0);
    }

    #[test]
    fn a_map_ends_at_its_corners() {
        let map =
            Map { low: [0.0, 0.0], high: [2.0, 1.0], columns: 3, rows: 2, values: vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0] };
        assert_eq!([map.at(0.0, 0.0), map.at(1.1, 0.9), map.at(2.4, 1.0)], [Some(0.0), Some(4.0), Some(5.0)]);
        assert_eq!([map.at(2.6, 0.0), map.at(0.0, -0.6), map.at(f64::NAN, 0.0)], [None; 3]);
    }

    #[test]
    fn views_go_round() {
        let view = CriticView::default();
        assert_eq!(view.next().next().next(), view);
    }
}
