//! The weights page: a histogram of every layer with ±c marked, the share of weights there, and the spectral norm; of a
//! critic of images what its first layer looks for.

use ratatui::layout::Rect;

use super::histograms::resample;
use crate::config::Constraint;
use crate::domain::format::{count, number, percent, setting};
use crate::glossary::Panel;
use crate::link::{LayerWeights, Player, Weights};
use crate::ui::charts::axis::round_step;
use crate::ui::draw::images;
use crate::ui::draw::pen::{Pen, Text};
use crate::ui::draw::theme::Role;
use crate::ui::state::app::App;

/// Columns on the left of the bars.
const GUTTER: u16 = 2;
/// The most rows of filters, and the fewest of the page where there are any.
const MOST_FILTERS: u16 = 12;
const LEAST_WITH_FILTERS: u16 = 16;

/// Draws the page.
pub fn draw(app: &App, pen: &mut Pen, body: Rect) {
    let snapshot = app.plots().snapshot.as_deref();
    let weights = snapshot.and_then(|snapshot| Some((snapshot.step, snapshot.weights.as_ref()?)));
    let mut legend = Text::new();
    if let Some((step, _)) = weights {
        legend.push((Role::Dim, format!("step {}", count(step))));
    }
    let constraint = app.run.settings.as_ref().map(|settings| settings.constraint);
    let about = match constraint {
        Some(Constraint::SpectralNorm) => "the critic's matrices are used divided by σ",
        Some(constraint) if constraint.clip().is_some() => "critic: marks at ±c",
        _ => "",
    };
    let short = legend.clone();
    if !about.is_empty() {
        legend.insert(0, (Role::Dim, format!("{about}  ")));
    }
    let inner = pen.panel(body, Panel::Weights, "weights", &[legend, short]);
    let Some((_, weights)) = weights else {
        let note = match (app.under_way(), app.frozen.is_some()) {
            _ if app.is_recorded() => app.no_snapshot(),
            (true, false) => "waiting for a look at the weights",
            (true, true) => "the display was frozen before the weights were looked at",
            _ => "the weights were not looked at before the run ended",
        };
        return pen.note(inner, note);
    };
    let clip = constraint.and_then(|constraint| constraint.clip());
    let inner = first_filters(pen, inner, weights);
    let layers = layers(weights);
    let height = block(inner, layers.len());
    let room = (inner.height / height).max(1) as usize;
    let first = app.layers_scroll.min(layers.len().saturating_sub(room));
    for (i, (player, number, layer)) in layers.iter().enumerate().skip(first).take(room) {
        let area = Rect { y: inner.y + (i - first) as u16 * height, height, ..inner };
        let clip = clip.filter(|_| *player == Player::Critic);
        one(pen, area, (*player, *number), layer, clip);
    }
    let hidden = layers.len().saturating_sub(first + room);
    if hidden > 0 {
        let text = format!(" {hidden} more below ");
        let x = inner.right().saturating_sub(text.len() as u16 + 1);
        pen.text(x, inner.bottom() - 1, text.len() as u16, &[(Role::Warn, text)]);
    }
}

/// Draws what the critic's first layer looks for in images, where there is room, and says what room is left.
fn first_filters(pen: &mut Pen, area: Rect, weights: &Weights) -> Rect {
    let Some(filters) = weights.critic.first().and_then(|layer| layer.filters.as_ref()) else { return area };
    let height = (area.height / 4).min(MOST_FILTERS);
    let room = Rect { x: area.x + GUTTER, width: area.width.saturating_sub(GUTTER), height, ..area };
    let grid = images::Grid::new(pen.glyphs, pen.palette, room, filters.shape, false);
    let (Some(grid), true) = (grid, area.height >= LEAST_WITH_FILTERS) else { return area };
    let shown: Vec<Option<&[f32]>> = filters.values.chunks_exact(filters.shape.len().max(1)).map(Some).collect();
    let rows = shown.len().div_ceil(grid.columns().max(1));
    grid.draw(pen, room, filters.shape, &shown);
    let taken = grid.row(rows).unwrap_or(height).min(height);
    let count = shown.len().min(grid.count());
    let text: Text = vec![
        (Role::Strong, "critic 1  ".into()),
        (Role::Dim, format!("its first {count} filters, grey where a weight is 0, each as bright as its largest")),
    ];
    pen.text(area.x + 1, area.y + taken, area.width.saturating_sub(1), &text);
    let used = (taken + 1).min(area.height);
    Rect { y: area.y + used, height: area.height - used, ..area }
}

/// Every layer with its network and its place in it, from 1: the critic's first.
fn layers(weights: &Weights) -> Vec<(Player, usize, &LayerWeights)> {
    let of = |player| move |(i, layer)| (player, i + 1, layer);
    let critic = weights.critic.iter().enumerate().map(of(Player::Critic));
    critic.chain(weights.generator.iter().enumerate().map(of(Player::Generator))).collect()
}

/// The rows of a layer: as many as let all layers show, within reason.
fn block(area: Rect, layers: usize) -> u16 {
    (area.height / layers.max(1) as u16).clamp(3, 9)
}

/// Scrolls by so many layers, down for positive numbers.
pub fn scroll(app: &mut App, by: isize) {
    let snapshot = app.plots().snapshot.as_deref();
    let weights = snapshot.and_then(|snapshot| snapshot.weights.as_ref());
    let layers = weights.map_or(0, |weights| weights.critic.len() + weights.generator.len());
    app.layers_scroll = app.layers_scroll.saturating_add_signed(by).min(layers.saturating_sub(1));
}

/// One layer: a line of figures over its bars and their axis.
fn one(pen: &mut Pen, area: Rect, (player, which): (Player, usize), layer: &LayerWeights, clip: Option<f64>) {
    let histogram = &layer.histogram;
    // The colours that the two networks have on every chart.
    let role = if player == Player::Critic { Role::First } else { Role::Second };
    let mut text: Text = vec![
        (Role::Strong, format!("{player} {which}  ")),
        (Role::Plain, layer.name.clone()),
        (Role::Dim, format!("  {} weights", count(layer.weights as u64))),
    ];
    if let Some(norm) = layer.norm {
        text.extend([(Role::Dim, "  σ ".into()), (Role::Strong, number(norm.into()))]);
    }
    if let Some(share) = layer.share_at_clip {
        text.extend([(Role::Dim, "  at ±c ".into()), (Role::Strong, percent(share.into()))]);
    }
    let range = format!("  {} to {}", setting(histogram.low.into()), setting(histogram.high.into()));
    text.push((Role::Dim, range));
    pen.text(area.x + 1, area.y, area.width.saturating_sub(1), &text);
    let rows = area.height.saturating_sub(if area.height > 3 { 2 } else { 1 });
    let bars = Rect { x: area.x + GUTTER, y: area.y + 1, width: area.width.saturating_sub(2 * GUTTER), height: rows };
    if bars.is_empty() {
        return;
    }
    let end = end(histogram.low.into(), histogram.high.into(), clip);
    draw_bars(pen, bars, histogram, end, role);
    if let Some(c) = clip {
        for value in [-c, c] {
            let x = place(bars, value, end);
            for y in bars.top()..bars.bottom() {
                if pen.is_blank(x, y) {
                    pen.symbol(x, y, pen.glyphs.mark(), Role::Warn);
                }
            }
        }
    }
    if area.height > 3 {
        let y = bars.bottom();
        for (value, x) in [(-end, bars.x), (0.0, place(bars, 0.0, end)), (end, bars.right() - 1)] {
            let label = setting(value);
            let taken = label.chars().count() as u16;
            let x = x.saturating_sub(taken / 2).clamp(bars.x, bars.right().saturating_sub(taken).max(bars.x));
            pen.text(x, y, taken, &[(Role::Dim, label)]);
        }
    }
}

/// The end of an axis about 0 that holds the weights, and ±c with some room. It is round, so that it moves seldom.
fn end(low: f64, high: f64, clip: Option<f64>) -> f64 {
    let most = low.abs().max(high.abs()).max(clip.map_or(0.0, |c| 1.1 * c));
    let most = if most.is_finite() && most > 0.0 { most } else { 1.0 };
    let step = round_step(most, 8);
    (most / step - 1e-9).ceil() * step
}

/// The column of a value.
fn place(bars: Rect, value: f64, end: f64) -> u16 {
    let share = (value / end + 1.0) / 2.0;
    bars.x + ((share * bars.width as f64) as u16).min(bars.width - 1)
}

fn draw_bars(pen: &mut Pen, bars: Rect, histogram: &crate::link::Histogram, end: f64, role: Role) {
    let (first, last) = (place(bars, histogram.low.into(), end), place(bars, histogram.high.into(), end));
    // An end that is no number lies nowhere.
    let shares = resample(&histogram.counts, usize::from(last.saturating_sub(first)) + 1);
    let most = shares.iter().copied().fold(0.0, f64::max);
    let full = 8 * bars.height as usize;
    for (i, share) in shares.iter().enumerate().filter(|(_, share)| **share > 0.0) {
        // What is there at all is seen.
        let eighths = ((share / most * full as f64).round() as usize).clamp(1, full);
        for row in 0..bars.height {
            let filled = eighths.saturating_sub(8 * (bars.height - 1 - row) as usize).min(8);
            if filled > 0 {
                let bar = pen.glyphs.bar(filled);
                pen.symbol(first + i as u16, bars.y + row, bar.encode_utf8(&mut [0; 4]), role);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_holds_the_weights_and_the_range_and_is_round() {
        assert_eq!(end(-0.01, 0.01, Some(0.01)), 0.012);
        assert_eq!(end(-0.73, 0.2, None), 0.8);
        assert_eq!(end(f64::NAN, f64::INFINITY, None), 1.0);
        let bars = Rect::new(10, 0, 41, 3);
        assert_eq!([-1.0, 0.0, 1.0].map(|value| place(bars, value, 1.0)), [10, 30, 50]);
    }
}
