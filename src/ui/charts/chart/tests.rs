//! The look of a chart, and that it says what the values are.

use ratatui::buffer::Buffer;

use super::*;
use crate::domain::{Metric, Metrics, StepRecord};
use crate::ui::charts::chart_view::ChartId;
use crate::ui::charts::smoothing::Smoothing;
use crate::ui::draw::glyphs::GlyphSet;
use crate::ui::draw::theme::Palette;
use crate::ui::state::event_log::{self, Entry};

fn view(values: &[f32], scale: Scale) -> ChartView<'static> {
    let (window, smoothing) = ((1, values.len() as u64), Smoothing::Off);
    ChartView { chart: ChartId::Losses, window, scale, smoothing, two_axes: false, cursor: None, marks: &[] }
}

fn drawn_as(values: &[f32], view: ChartView, size: (u16, u16)) -> String {
    drawn_with(GlyphSet::Ascii, values, view, size)
}

fn drawn_with(glyphs: GlyphSet, values: &[f32], view: ChartView, (width, height): (u16, u16)) -> String {
    let mut history = History::default();
    for (i, &value) in values.iter().enumerate() {
        let mut values = Metrics::of([value; Metric::COUNT]);
        values[Metric::Penalty] = 1000.0;
        history.push(&StepRecord { step: i as u64 + 1, seconds: 0.0, values });
    }
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    let both: [&dyn Line; 2] = [&(&history, Metric::Bound), &(&history, Metric::Penalty)];
    let lines = if view.two_axes { &both[..] } else { &both[..1] };
    let chart = Chart { lines, ink: Ink::default(), levels: &[], view };
    chart.draw(&mut Pen::new(&mut buffer, glyphs, Palette::Mono), area);
    let line = |y| (0..width).map(|x| buffer[(x, y)].symbol().to_string()).collect::<String>().trim_end().to_string();
    (0..height).map(line).collect::<Vec<_>>().join("\n")
}

fn drawn(values: &[f32], marks: &[u64], size: (u16, u16)) -> String {
    let entry = |step: &u64| Entry { step: *step, kind: event_log::Kind::Change, text: String::new() };
    let marks: Vec<Entry> = marks.iter().map(entry).collect();
    drawn_as(values, ChartView { marks: &marks, ..view(values, Scale::Linear) }, size)
}

#[test]
fn a_logarithmic_scale_shows_every_decade_and_says_where_it_cannot() {
    let values: Vec<f32> = (0..400).map(|i| 10f32.powf(-(i as f32) / 100.0)).collect();
    let text = drawn_as(&values, view(&values, Scale::Log), (60, 12));
    assert!(["1", "0.1", "0.01", "0.001", "1e-4"].iter().all(|label| text.contains(label)), "{text}");
    // A straight line: as many marks in the upper half as in the lower.
    let rows: Vec<usize> = text.lines().map(|line| line.matches('*').count()).collect();
    assert!(rows[..5].iter().sum::<usize>().abs_diff(rows[6..11].iter().sum()) < 8, "{text}");
    let text = drawn_as(&[-1.0; 50], view(&[-1.0; 50], Scale::Log), (60, 12));
    assert!(text.contains("nothing above 0"), "{text}");
    let mixed: Vec<f32> = values.iter().map(|value| value - 0.5).collect();
    let text = drawn_as(&mixed, view(&values, Scale::Log), (60, 12));
    assert!(text.contains('v'), "{text}");
}

#[test]
fn a_symmetric_logarithm_shows_both_signs() {
    let values: Vec<f32> = (0..400).map(|i| if i % 2 == 0 { 1000.0 } else { -0.5 }).collect();
    let text = drawn_as(&values, view(&values, Scale::SymLog), (60, 12));
    assert!(text.contains("1000") && text.contains("-0.5"), "{text}");
}

#[test]
fn a_smooth_line_has_the_raw_one_behind_it() {
    let values: Vec<f32> = (0..400).map(|i| [0.0, 10.0][i % 2]).collect();
    let strong = ChartView { smoothing: Smoothing::Strong, ..view(&values, Scale::Linear) };
    let text = drawn_as(&values, strong, (60, 11));
    let of = |label: &str| text.lines().find(|line| line.trim_start().starts_with(label)).unwrap();
    assert!(of("5 ").matches('*').count() > 40 && of("10 ").matches(',').count() > 40, "{text}");
}

#[test]
fn two_axes_have_labels_on_both_sides() {
    let values: Vec<f32> = (0..100).map(|i| i as f32 / 100.0).collect();
    let text = drawn_as(&values, ChartView { two_axes: true, ..view(&values, Scale::Linear) }, (60, 9));
    let ends = |line: &str| (line.starts_with("1.0"), line.ends_with("1000"));
    assert!(text.lines().any(|line| ends(line).0) && text.lines().any(|line| ends(line).1), "{text}");
}

#[test]
fn the_cursor_stands_at_its_step() {
    let values = [1.0; 100];
    let text = drawn_as(&values, ChartView { cursor: Some(50), ..view(&values, Scale::Linear) }, (60, 9));
    assert!(text.lines().filter(|line| line.contains('|')).count() >= 6 && text.contains(" 50 "), "{text}");
}

#[test]
fn a_spike_in_ten_thousand_steps_is_seen() {
    let mut values = vec![1.0; 10_000];
    values[5000] = 2.0;
    let text = drawn(&values, &[], (40, 8));
    assert!(text.contains('*') && (text.lines().next().unwrap().contains(',') || text.contains('^')), "{text}");
}

#[test]
fn a_value_that_is_not_finite_is_marked() {
    let mut values = vec![1.0; 100];
    values[50] = f32::NAN;
    assert!(drawn(&values, &[], (40, 8)).lines().next().unwrap().contains('x'));
    assert!(!drawn(&vec![1.0; 100], &[], (40, 8)).contains('x'));
}

#[test]
fn an_intervention_is_marked() {
    assert!(drawn(&[1.0; 100], &[50], (40, 8)).contains(':'));
    assert!(!drawn(&[1.0; 100], &[500], (40, 8)).contains(':'));
}

#[test]
fn negative_values_have_room_and_labels() {
    let values: Vec<f32> = (0..100).map(|i| -3.0 + i as f32 / 50.0).collect();
    let text = drawn(&values, &[], (40, 9));
    assert!(text.contains("-3") && text.contains("-1"), "{text}");
    let marks = text.matches('*').count();
    assert!(marks >= 30, "{text}");
}

#[test]
fn an_outlier_does_not_squash_the_rest() {
    let mut values: Vec<f32> = (0..200).map(|i| (i as f32 / 10.0).sin()).collect();
    values[3] = 1e6;
    let text = drawn(&values, &[], (60, 9));
    assert!(text.contains('^') && text.contains("-1"), "{text}");
}

/// Reads values back off a picture in braille: at each column of dots with a line the value of its middle, by the
/// labels of the y axis alone; what a row of dots is worth, and how many columns of dots there are.
fn read_off(text: &str, width: usize) -> (Vec<(usize, f64)>, f64, f64) {
    let lines: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
    let braille = |c: char| (0x2801..=0x28ff).contains(&(c as u32)).then(|| c as u32 - 0x2800);
    // The gutter ends where the leftmost braille or dotted line begins.
    let left =
        lines.iter().filter_map(|line| line.iter().position(|c| braille(*c).is_some() || *c == '┈')).min().unwrap();
    let labels: Vec<(f64, f64)> = lines
        .iter()
        .enumerate()
        .filter_map(|(y, line)| {
            let label: String = line[..left.min(line.len())].iter().collect();
            // A label stands beside the second of four rows of dots.
            Some(((4 * y + 1) as f64, label.trim().parse().ok()?))
        })
        // The row of steps below has no gutter of its own.
        .filter(|(y, _)| *y < 4.0 * (lines.len() - 1) as f64)
        .collect();
    let ((first, top), (last, bottom)) = (labels[0], *labels.last().unwrap());
    let unit = (top - bottom) / (last - first);
    let bits = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
    let mut values = Vec::new();
    for x in 0..2 * (lines.iter().map(Vec::len).max().unwrap() - left) {
        let lit = |y: usize| {
            let cell = lines[y / 4].get(left + x / 2).and_then(|c| braille(*c)).unwrap_or(0);
            cell & bits[y % 4][x % 2] != 0
        };
        let rows: Vec<usize> = (0..4 * (lines.len() - 1)).filter(|y| lit(*y)).collect();
        if let (Some(a), Some(b)) = (rows.first(), rows.last()) {
            values.push((x, top - ((a + b) as f64 / 2.0 - first) * unit));
        }
    }
    (values, unit, 2.0 * (width - left) as f64)
}

#[test]
fn what_the_picture_says_is_what_the_values_are_within_half_a_dot() {
    let (width, steps) = (81usize, 120);
    type Function = fn(f64) -> f64;
    let functions: [(&str, Function); 6] = [
        ("a line through zero", |t| 2.0 * t - 1.0),
        ("a constant", |_| 0.37),
        ("small and negative", |t| -3e-3 - 1e-3 * t),
        ("large", |t| 4e4 + 3e4 * t),
        ("a wave about 80", |t| 80.0 + 17.0 * (6.0 * t).sin()),
        ("a root", |t| t.sqrt()),
    ];
    for (name, function) in functions {
        for height in [5, 6, 8, 9, 12, 20, 33] {
            let values: Vec<f32> = (0..steps).map(|i| function(i as f64 / (steps - 1) as f64) as f32).collect();
            let view = ChartView { smoothing: Smoothing::Off, ..view(&values, Scale::Linear) };
            let text = drawn_with(GlyphSet::Braille, &values, view, (width as u16, height));
            let (read, unit, columns) = read_off(&text, width);
            assert!(read.len() > 60, "{name}: {text}");
            let (from, to) = (1.0, steps as f64);
            for (x, value) in read {
                // The steps of a column of dots, and what a line to the next ones adds.
                let at = |x: f64| ((from + x / columns * (to - from + 1.0)).clamp(1.0, to) - 1.0) as usize;
                let of = &values[at(x as f64 - 1.0)..=at(x as f64 + 2.0)];
                let (low, high) =
                    of.iter().fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(*v as f64), h.max(*v as f64)));
                let slack = 0.5 * unit + 1e-9;
                assert!(
                    value >= low - slack && value <= high + slack,
                    "{name}, {height} rows, column {x}: {value} of {low} to {high}\n{text}"
                );
            }
        }
    }
}
