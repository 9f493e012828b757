//! Histograms as bars: real above generated, on the same scale.

use ratatui::layout::Rect;

use super::layout::split_rows;
use crate::domain::format;
use crate::glossary::Panel;
use crate::link::{PairedHistogram, Snapshot};
use crate::theory::distance::histogram::Pair;
use crate::ui::charts::axis::Axis;
use crate::ui::draw::pen::{Pen, Text, width};
use crate::ui::draw::theme::Role;
use crate::ui::state::app::App;

/// The parts of which the ends of an axis are whole multiples.
const PARTS: usize = 8;

/// Draws the panel.
pub fn draw(app: &App, pen: &mut Pen, area: Rect) {
    let legend: Text =
        vec![(Role::First, "real".into()), (Role::Dim, " above ".into()), (Role::Second, "generated".into())];
    let inner = pen.panel(area, Panel::Histograms, "histograms", &[legend]);
    let Some(snapshot) = &app.plots().snapshot else { return };
    let all: Vec<&PairedHistogram> = snapshot.histograms().map(|(_, histogram)| histogram).collect();
    let shown = all.len().min(inner.height as usize / 2);
    if shown == 0 {
        return;
    }
    let height = (inner.height / shown as u16).clamp(2, 9);
    let label = label_width(&all[..shown], inner.width);
    for (i, histogram) in all[..shown].iter().enumerate() {
        pair(pen, Rect { y: inner.y + i as u16 * height, height, ..inner }, histogram, label);
    }
}

/// The columns of the labels on the left of all these, so that their bars begin below one another: a multiple of four,
/// so that another digit seldom moves them.
pub fn label_width(histograms: &[&PairedHistogram], room: u16) -> u16 {
    let widest = histograms.iter().map(|histogram| width(&histogram.label).max(width(&span(histogram, room)))).max();
    (widest.unwrap_or(0).max(12).next_multiple_of(4) as u16).min(room / 2)
}

/// The interval that a histogram is drawn over: round, so that its bars keep their places while its range moves a little.
pub fn axis(histogram: &PairedHistogram) -> (f64, f64) {
    let axis = Axis::cover(histogram.low.into(), histogram.high.into(), PARTS);
    (axis.low, axis.high)
}

/// The interval that a histogram is drawn over, and how far its two sides are apart where there is room for that.
fn span(histogram: &PairedHistogram, room: u16) -> String {
    let (low, high) = axis(histogram);
    let [low, high] = [low, high].map(format::setting);
    let apart = if room >= 80 { apart(histogram) } else { String::new() };
    format!("{low} to {high}{apart}")
}

fn apart(histogram: &PairedHistogram) -> String {
    jsd(histogram).map_or(String::new(), |jsd| format!("  JSD {jsd:.3}"))
}

/// Draws the critic values alone, as large as there is room, with a word on what is not known.
pub fn critic(pen: &mut Pen, area: Rect, snapshot: &Snapshot, unknown: &str) {
    let legend: Text =
        vec![(Role::First, "real".into()), (Role::Dim, " above ".into()), (Role::Second, "generated".into())];
    let step: Text = vec![(Role::Dim, format!("  step {}", format::count(snapshot.step)))];
    let inner = pen.panel(area, Panel::CriticHistogram, "critic values", &[[legend.clone(), step].concat(), legend]);
    let (bars, word) = split_rows(inner, inner.height.saturating_sub(2));
    pair(pen, bars, &snapshot.critic, label_width(&[&snapshot.critic], bars.width));
    pen.text(word.x + 1, word.bottom().max(1) - 1, word.width.saturating_sub(1), &[(Role::Dim, unknown)]);
}

/// Draws one pair: with a line for its label where there are three rows or more, else with a label of so many columns
/// on the left.
pub fn pair(pen: &mut Pen, area: Rect, histogram: &PairedHistogram, label: u16) {
    let outside = match histogram.outside.iter().map(|&n| n as u64).sum::<u64>() {
        0 => String::new(),
        n => format!("  {} outside", format::count(n)),
    };
    let (bars, rows) = if area.height >= 3 {
        let label: Text = vec![
            (Role::Strong, histogram.label.clone()),
            (Role::Dim, format!("  {}{outside}", span(histogram, u16::MAX))),
        ];
        pen.text(area.x + 1, area.y, area.width.saturating_sub(1), &label);
        let rows = (area.height - 1) / 2;
        (Rect { x: area.x + 6, y: area.y + 1, width: area.width.saturating_sub(6), height: 2 * rows }, rows)
    } else {
        let span = span(histogram, area.width);
        pen.text(area.x + 1, area.y, label, &[(Role::Strong, &histogram.label)]);
        pen.text(area.x + 1, area.y + 1, label, &[(Role::Dim, span)]);
        let taken = label + 8;
        (Rect { x: area.x + taken, width: area.width.saturating_sub(taken), height: 2, ..area }, 1)
    };
    let scale = bars.width as usize;
    let axis = axis(histogram);
    let [real, fake] = [&histogram.real, &histogram.fake].map(|side| laid(side, histogram, axis, scale));
    let most = scale_of(&real, &fake);
    for (shares, role, tag, y) in [(&real, Role::First, "real", bars.y), (&fake, Role::Second, "gen", bars.y + rows)] {
        pen.text(bars.x - 5, y + rows - 1, 4, &[(role, format!("{tag:>4}"))]);
        for (i, share) in shares.iter().enumerate() {
            // What is there at all is seen.
            let least = usize::from(*share > 0.0);
            let eighths = if most > 0.0 {
                ((share / most * (8 * rows) as f64).round() as usize).clamp(least, 8 * rows as usize)
            } else {
                0
            };
            for row in 0..rows {
                let filled = eighths.saturating_sub(8 * (rows - 1 - row) as usize).min(8);
                if filled > 0 {
                    let bar = pen.glyphs.bar(filled);
                    pen.symbol(bars.x + i as u16, y + row, bar.encode_utf8(&mut [0; 4]), role);
                }
            }
        }
    }
}

/// The Jensen–Shannon divergence of the two as they are binned, in nats: 0 for the same, log 2 for nothing in common.
pub fn jsd(histogram: &PairedHistogram) -> Option<f64> {
    let counts = |bins: &[u32]| bins.iter().map(|&n| f64::from(n)).collect::<Vec<_>>();
    Some(Pair::new(&counts(&histogram.real), &counts(&histogram.fake)).ok()?.jsd())
}

/// The share that fills a bar: one scale for both. A column that holds most of all there is, such as the background
/// of images, is left out: it would squash everything else.
pub fn scale_of(real: &[f64], fake: &[f64]) -> f64 {
    let shares = || real.iter().chain(fake).copied();
    let rest = shares().filter(|share| *share < 0.4).fold(0.0, f64::max);
    if rest > 0.0 { rest } else { shares().fold(0.0, f64::max) }
}

/// The share of the counts of one side of a histogram that lies in each of so many columns over an interval, as if every
/// bin were evenly filled.
pub fn laid(bins: &[u32], of: &PairedHistogram, (low, high): (f64, f64), columns: usize) -> Vec<f64> {
    let total: f64 = bins.iter().map(|&n| f64::from(n)).sum();
    let mut out = vec![0.0; columns];
    let width = (f64::from(of.high) - f64::from(of.low)) / bins.len().max(1) as f64;
    let scale = columns as f64 / (high - low);
    if !(total > 0.0 && width > 0.0 && scale.is_finite() && scale > 0.0) {
        return out;
    }
    for (bin, &n) in bins.iter().enumerate().filter(|(_, n)| **n > 0) {
        let start = (f64::from(of.low) + bin as f64 * width - low) * scale;
        let end = start + width * scale;
        let share = f64::from(n) / total;
        let (first, last) = (start.floor().max(0.0) as usize, end.min(columns as f64).ceil() as usize);
        for (x, cell) in out.iter_mut().enumerate().take(last).skip(first) {
            let inside = end.min(x as f64 + 1.0) - start.max(x as f64);
            *cell += share * (inside / (end - start)).clamp(0.0, 1.0);
        }
    }
    out
}

/// The share of all counts that lies in each of `columns` columns of equal width, as if every bin were evenly filled.
pub fn resample(bins: &[u32], columns: usize) -> Vec<f64> {
    let total: f64 = bins.iter().map(|&n| n as f64).sum();
    if total == 0.0 || columns == 0 {
        return vec![0.0; columns];
    }
    let ratio = bins.len() as f64 / columns as f64;
    (0..columns)
        .map(|column| {
            let (from, to) = (column as f64 * ratio, (column + 1) as f64 * ratio);
            let (first, last) = (from.floor() as usize, (to.ceil() as usize).min(bins.len()));
            let sum: f64 = (first..last)
                .map(|bin| bins[bin] as f64 * ((bin as f64 + 1.0).min(to) - (bin as f64).max(from)).max(0.0))
                .sum();
            sum / total
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn resampling_keeps_the_whole(bins in prop::collection::vec(0u32..1000, 1..80), columns in 1usize..200) {
            let shares = resample(&bins, columns);
            prop_assert_eq!(shares.len(), columns);
            let whole: f64 = shares.iter().sum();
            let empty = bins.iter().all(|&n| n == 0);
            let wanted = if empty { 0.0 } else { 1.0 };
            prop_assert!((whole - wanted).abs() < 1e-9);
        }
    }

    fn histogram(low: f32, high: f32, fake: &[u32]) -> PairedHistogram {
        PairedHistogram { label: "x".into(), low, high, real: vec![], fake: fake.to_vec(), outside: [0; 2] }
    }

    #[test]
    fn a_histogram_is_laid_on_another_interval() {
        let laid = |of: &PairedHistogram, over, columns| laid(&of.fake, of, over, columns);
        assert_eq!(laid(&histogram(0.0, 4.0, &[1, 0, 0, 1]), (0.0, 4.0), 4), [0.5, 0.0, 0.0, 0.5]);
        assert_eq!(laid(&histogram(0.0, 4.0, &[1, 0, 0, 1]), (0.0, 8.0), 4), [0.5, 0.5, 0.0, 0.0]);
        assert_eq!(laid(&histogram(0.0, 4.0, &[1, 0, 0, 1]), (2.0, 4.0), 2), [0.0, 0.5]);
        assert_eq!(laid(&histogram(0.0, 0.0, &[1]), (0.0, 1.0), 2), [0.0, 0.0]);
        assert_eq!(laid(&histogram(0.0, 1.0, &[]), (f64::NAN, 1.0), 2), [0.0, 0.0]);
        assert_eq!(laid(&histogram(f32::MIN, f32::MAX, &[1, 1]), (0.0, 1.0), 1).len(), 1);
    }

    #[test]
    fn bars_keep_their_places_while_the_range_moves_a_little() {
        let now = |low: f32, high: f32| axis(&histogram(low, high, &[]));
        assert_eq!(now(-0.1557, 0.1198), now(-0.161, 0.1352));
        assert_eq!(now(0.0, 1.0), (0.0, 1.0));
        let (low, high) = now(-4.809, 8.058);
        assert!(low <= -4.809 && high >= 8.058 && high - low < 1.4 * (8.058 + 4.809), "{low} {high}");
        let (low, high) = now(f32::MIN, f32::MAX);
        assert!(low < high, "{low} {high}");
    }

    #[test]
    fn a_bin_stays_in_its_place() {
        assert_eq!(resample(&[0, 4, 0, 0], 4), [0.0, 1.0, 0.0, 0.0]);
        assert_eq!(resample(&[0, 4, 0, 0], 2), [1.0, 0.0]);
        assert_eq!(resample(&[0, 4], 4), [0.0, 0.0, 0.5, 0.5]);
        assert_eq!(resample(&[], 2), [0.0, 0.0]);
    }
}
