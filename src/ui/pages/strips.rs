//! Histograms with their past below: each row of a strip is an earlier histogram of the generated samples, on the same
//! axis, the newest above. A mode that is lost ends its column.

use ratatui::layout::Rect;

use super::histograms::{label_width, pair, resample, scale_of};
use crate::domain::format;
use crate::glossary::Panel;
use crate::link::{PairedHistogram, Snapshot};
use crate::ui::draw::pen::{Pen, Text};
use crate::ui::draw::theme::Role;
use crate::ui::state::app::App;

/// The fewest rows of a histogram with its past.
const LEAST: u16 = 6;
/// Columns on the left for the steps.
const GUTTER: u16 = 6;

/// Draws the panel: as many of the snapshot's histograms as there is room for.
pub fn draw(app: &App, pen: &mut Pen, area: Rect, snapshot: Option<&Snapshot>) {
    let [first, second] = [(Role::First, "real".to_string()), (Role::Second, "generated".to_string())];
    let both: Text = vec![first, (Role::Dim, " above ".into()), second];
    let past: Text = vec![(Role::Dim, ", its past below".into())];
    let inner = pen.panel(area, Panel::Histograms, "histograms", &[[both.clone(), past].concat(), both]);
    let Some(snapshot) = snapshot else { return pen.note(inner, "no snapshot yet") };
    let all: Vec<(usize, &PairedHistogram)> = snapshot.histograms().collect();
    let shown = all.len().min((inner.height / LEAST).max(1) as usize);
    let height = inner.height / shown.max(1) as u16;
    let labels: Vec<&PairedHistogram> = all.iter().take(shown).map(|(_, histogram)| *histogram).collect();
    let label = label_width(&labels, inner.width);
    // With few histograms the bars grow too.
    let bars = if height >= 14 { 5 } else { 3 };
    for (row, (place, histogram)) in all.into_iter().take(shown).enumerate() {
        let block = Rect { y: inner.y + row as u16 * height, height, ..inner };
        pair(pen, Rect { height: bars.min(height), ..block }, histogram, label);
        // A blank row before the next one where there is room.
        let rows = height.saturating_sub(bars + u16::from(height > LEAST));
        strip(app, pen, Rect { y: block.y + bars, height: rows, ..block }, place, histogram, snapshot.step);
    }
}

/// The past of one histogram on the axis of the one that is shown.
fn strip(app: &App, pen: &mut Pen, area: Rect, place: usize, histogram: &PairedHistogram, shown: u64) {
    let past = &app.plots().past;
    let (from, to) = app.window();
    let Some(last) = past.last() else { return };
    let columns = area.width.saturating_sub(GUTTER) as usize;
    let most = scale_of(&resample(&histogram.real, columns), &resample(&histogram.fake, columns));
    let span = (to - from).saturating_add(1);
    let end = |row: u16| to - (span as u128 * row as u128 / area.height.max(1) as u128) as u64;
    let mut labelled = 0;
    for row in 0..area.height {
        let (newest, oldest) = (end(row), end(row + 1).saturating_add(1).min(end(row)));
        if oldest > last {
            continue;
        }
        let Some(earlier) = past.histogram_at(place, newest) else { break };
        let here = (oldest..=newest).contains(&shown);
        if here || row >= labelled {
            let label = format::short_count(rounded(newest.min(last)));
            let role = if here { Role::Strong } else { Role::Dim };
            pen.text(area.x, area.y + row, GUTTER - 1, &[(role, format!("{label:>5}"))]);
            labelled = row + 2;
        }
        for (x, share) in moved(earlier, (histogram.low, histogram.high), columns).into_iter().enumerate() {
            if share > 0.0 && most > 0.0 {
                // What is there at all is seen.
                let level = (share / most).sqrt().clamp(0.25, 1.0) as f32;
                let shade = pen.glyphs.shade(level);
                let (x, y) = (area.x + GUTTER + x as u16, area.y + row);
                pen.symbol(x, y, shade.encode_utf8(&mut [0; 4]), Role::Second);
            }
        }
    }
}

/// A step to three digits, for little room.
fn rounded(step: u64) -> f64 {
    let digits = step.checked_ilog10().unwrap_or(0).saturating_sub(2);
    (step / 10u64.pow(digits) * 10u64.pow(digits)) as f64
}

/// The share of a histogram's generated values in each of so many columns over another interval.
fn moved(histogram: &PairedHistogram, (low, high): (f32, f32), columns: usize) -> Vec<f64> {
    let bins = &histogram.fake;
    let total: f64 = bins.iter().map(|&n| f64::from(n)).sum();
    let mut out = vec![0.0; columns];
    let width = (f64::from(histogram.high) - f64::from(histogram.low)) / bins.len().max(1) as f64;
    let scale = columns as f64 / (f64::from(high) - f64::from(low));
    if !(total > 0.0 && width > 0.0 && scale.is_finite() && scale > 0.0) {
        return out;
    }
    for (bin, &n) in bins.iter().enumerate().filter(|(_, n)| **n > 0) {
        let start = (f64::from(histogram.low) + bin as f64 * width - f64::from(low)) * scale;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(low: f32, high: f32, fake: &[u32]) -> PairedHistogram {
        PairedHistogram { label: "x".into(), low, high, real: vec![], fake: fake.to_vec(), outside: [0; 2] }
    }

    #[test]
    fn an_earlier_histogram_is_laid_on_another_axis() {
        assert_eq!(moved(&histogram(0.0, 4.0, &[1, 0, 0, 1]), (0.0, 4.0), 4), [0.5, 0.0, 0.0, 0.5]);
        assert_eq!(moved(&histogram(0.0, 4.0, &[1, 0, 0, 1]), (0.0, 8.0), 4), [0.5, 0.5, 0.0, 0.0]);
        assert_eq!(moved(&histogram(0.0, 4.0, &[1, 0, 0, 1]), (2.0, 4.0), 2), [0.0, 0.5]);
        assert_eq!(moved(&histogram(0.0, 0.0, &[1]), (0.0, 1.0), 2), [0.0, 0.0]);
        assert_eq!(moved(&histogram(0.0, 1.0, &[]), (f32::NAN, 1.0), 2), [0.0, 0.0]);
        assert_eq!(moved(&histogram(f32::MIN, f32::MAX, &[1, 1]), (0.0, 1.0), 1).len(), 1);
    }
}
