//! Histograms with their past below: each row of a strip is an earlier histogram of the generated samples, on the same
//! axis, the newest above. A mode that is lost ends its column.

use ratatui::layout::Rect;

use super::histograms::{axis, label_width, laid, pair, scale_of};
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
    let axis = axis(histogram);
    let [real, fake] = [&histogram.real, &histogram.fake].map(|side| laid(side, histogram, axis, columns));
    let most = scale_of(&real, &fake);
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
        for (x, share) in laid(&earlier.fake, earlier, axis, columns).into_iter().enumerate() {
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
