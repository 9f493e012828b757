//! The layout of a screen of a given size: what every page has, and the panels of the overview.

use ratatui::layout::Rect;

/// The smallest screen that the dashboard can be used on.
pub const LEAST: (u16, u16) = (60, 16);

/// Rows of the header and of the footer.
const HEADER: u16 = 2;
const FOOTER: u16 = 1;

/// The least rows of a chart below the others.
const LEAST_CHART: u16 = 5;

/// Rows of a body that can give one to the machine.
const LEAST_BODY: u16 = 20;

/// The parts of every page: a header, its own body, perhaps a line on the machine, a footer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    pub header: Rect,
    /// A line on the alerts that hold. Empty where there is none.
    pub alerts: Rect,
    pub body: Rect,
    /// Empty where there is none.
    pub machine: Rect,
    pub footer: Rect,
}

impl Frame {
    /// The same with a line on alerts, where that leaves the body enough.
    pub fn with_alerts(self) -> Frame {
        if self.body.height <= LEAST.1 - HEADER - FOOTER {
            return self;
        }
        let (alerts, body) = split_rows(self.body, 1);
        Frame { alerts, body, ..self }
    }

    /// The same with a line on the machine, where there is room for it.
    pub fn with_machine(self) -> Frame {
        if self.body.height < LEAST_BODY {
            return self;
        }
        let (body, machine) = split_rows(self.body, self.body.height - 1);
        Frame { body, machine, ..self }
    }
}

/// The frame of a screen, or `None` below the least size.
pub fn frame(screen: Rect) -> Option<Frame> {
    if screen.width < LEAST.0 || screen.height < LEAST.1 {
        return None;
    }
    Some(Frame {
        header: Rect { height: HEADER, ..screen },
        alerts: Rect { y: screen.y + HEADER, height: 0, ..screen },
        body: Rect { y: screen.y + HEADER, height: screen.height - HEADER - FOOTER, ..screen },
        machine: Rect { y: screen.bottom() - 1, height: 0, ..screen },
        footer: Rect { y: screen.bottom() - FOOTER, height: FOOTER, ..screen },
    })
}

/// The places of the overview's panels. An empty one is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overview {
    pub losses: Rect,
    pub values: Rect,
    pub gradients: Rect,
    /// Of data with modes.
    pub coverage: Rect,
    pub histograms: Rect,
    pub samples: Rect,
    pub controls: Rect,
    pub events: Rect,
}

/// The facts that the overview depends on besides the size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// Whether samples are images, which need more room than points.
    pub images: bool,
    /// The number of pairs of histograms.
    pub histograms: u16,
    /// The number of rows of the controls.
    pub controls: u16,
    /// Whether the data has modes, whose coverage is to be seen.
    pub modes: bool,
}

/// Lays the overview's panels out in the body of a frame.
pub fn overview(body: Rect, needs: Needs) -> Overview {
    match body.width >= 150 && body.height >= 24 {
        true => three_columns(body, needs),
        false => two_columns(body, needs),
    }
}

/// The places of a foreign run's panels: its charts, where losses are, beside its samples if there are any, over
/// events.
pub fn foreign_overview(body: Rect, samples: bool) -> Overview {
    let mut at = Overview::default();
    (at.losses, at.events) = split_rows(body, body.height - (body.height / 5).clamp(3, 8));
    if samples {
        (at.losses, at.samples) = split_columns(at.losses, at.losses.width * 11 / 20);
    }
    at
}

/// Charts over histograms | samples over controls; events below both, beside the coverage of modes.
fn two_columns(body: Rect, needs: Needs) -> Overview {
    let mut at = Overview::default();
    let (top, events) = split_rows(body, body.height - (body.height / 5).clamp(3, 10));
    at.events = events;
    if needs.modes && events.height >= LEAST_CHART {
        (at.coverage, at.events) = split_columns(events, events.width / 2);
    }
    let right = if needs.images { body.width / 2 } else { body.width * 9 / 20 };
    let (left, right) = split_columns(top, body.width - right);
    let wanted = 1 + 2 * needs.histograms;
    let histograms = if needs.histograms > 0 && left.height >= wanted + 8 { wanted } else { 0 };
    let (charts, bars) = split_rows(left, left.height - histograms);
    at.histograms = bars;
    (at.losses, at.values) = split_rows(charts, charts.height / 2);
    let least_samples = if needs.images { right.height * 2 / 3 } else { right.height * 3 / 5 };
    let controls = (needs.controls + 1).min(right.height - least_samples);
    (at.samples, at.controls) = split_rows(right, right.height - controls);
    at
}

/// Charts | samples over histograms | controls over events.
fn three_columns(body: Rect, needs: Needs) -> Overview {
    let mut at = Overview::default();
    let middle = if needs.images { body.width * 2 / 5 } else { body.width / 3 };
    let right = (body.width / 4).max(44);
    let (left, rest) = split_columns(body, body.width - middle - right - 1);
    let (middle, right) = split_columns(rest, middle);
    // What a generator covers tells more than how large its gradients are.
    let third = if needs.modes { &mut at.coverage } else { &mut at.gradients };
    if body.height >= if needs.modes { 27 } else { 36 } {
        let (first, rest) = split_rows(left, left.height / 3);
        (at.losses, (at.values, *third)) = (first, split_rows(rest, rest.height / 2));
    } else {
        (at.losses, at.values) = split_rows(left, left.height / 2);
    }
    // Points want a square, and a cell is about twice as high as wide; images take what they can get.
    let square = if needs.images { middle.height * 3 / 4 } else { middle.width / 2 + 2 };
    let least = (1 + 2 * needs.histograms).min(middle.height / 2);
    let histograms = match needs.histograms {
        0 => 0,
        pairs => middle.height.saturating_sub(square).clamp(least, (1 + 8 * pairs).max(least)),
    };
    (at.samples, at.histograms) = split_rows(middle, middle.height - histograms);
    (at.controls, at.events) = split_rows(right, (needs.controls + 2).min(right.height - 6));
    at
}

/// The first `rows` and the rest.
pub fn split_rows(area: Rect, rows: u16) -> (Rect, Rect) {
    let rows = rows.min(area.height);
    (Rect { height: rows, ..area }, Rect { y: area.y + rows, height: area.height - rows, ..area })
}

/// A left part with a blank last column, `columns` wide together, and the rest.
pub fn split_columns(area: Rect, columns: u16) -> (Rect, Rect) {
    let columns = columns.clamp(1, area.width.max(1));
    let rest = area.width.saturating_sub(columns);
    (Rect { width: columns - 1, ..area }, Rect { x: area.x + columns, width: rest, ..area })
}

/// Checks that panels lie within `whole` and do not overlap.
#[cfg(test)]
pub fn apart(panels: &[Rect], whole: Rect) {
    for (i, a) in panels.iter().enumerate() {
        assert!(a.is_empty() || a.intersection(whole) == *a, "{whole}: {panels:?}");
        for b in &panels[i + 1..] {
            assert!(a.is_empty() || b.is_empty() || !a.intersects(*b), "{whole}: {a} {b}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_lie_in_the_body_side_by_side_and_have_room() {
        for width in LEAST.0..260 {
            for height in LEAST.1..75 {
                let frame = frame(Rect::new(0, 0, width, height)).unwrap();
                for frame in [frame, frame.with_machine(), frame.with_alerts(), frame.with_alerts().with_machine()] {
                    let parts = [frame.header, frame.alerts, frame.body, frame.machine, frame.footer];
                    apart(&parts, Rect::new(0, 0, width, height));
                    assert_eq!(parts.map(|part| part.height).iter().sum::<u16>(), height);
                }
                for (images, histograms, controls) in [(false, 3, 10), (true, 2, 9), (false, 0, 9), (false, 12, 10)] {
                    let modes = !images && histograms > 0;
                    let frame = if images { frame.with_alerts() } else { frame.with_machine() };
                    let at = overview(frame.body, Needs { images, histograms, controls, modes });
                    let charts = [at.losses, at.values, at.samples, at.controls, at.events];
                    apart(&[&charts[..], &[at.gradients, at.histograms, at.coverage]].concat(), frame.body);
                    for chart in charts {
                        assert!(chart.height >= 3 && chart.width >= 20, "{width}×{height}: {at:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_foreign_run_has_room_for_a_chart_and_its_samples() {
        for (width, height) in (LEAST.0..260).flat_map(|width| (LEAST.1..75).map(move |height| (width, height))) {
            let body = frame(Rect::new(0, 0, width, height)).unwrap().body;
            for samples in [false, true] {
                let at = foreign_overview(body, samples);
                apart(&[at.losses, at.samples, at.events], body);
                assert!(at.losses.width >= 30 && at.losses.height >= 7 && at.events.height >= 3, "{width}×{height}");
                assert_eq!(at.samples.is_empty(), !samples);
            }
        }
    }

    #[test]
    fn below_the_least_size_there_is_no_frame() {
        assert_eq!(frame(Rect::new(0, 0, 59, 100)), None);
        assert_eq!(frame(Rect::new(0, 0, 100, 15)), None);
        assert_eq!(frame(Rect::default()), None);
    }
}
