//! What a person can do with the charts, the scrubber, the weights and the log.

use gantop::domain::*;
use gantop::link::*;
use gantop::ui::draw::glyphs::GlyphSet;
use gantop::ui::draw::theme::Palette;
use gantop::ui::update::Effect;
use gantop::ui::{Message, Options};

use crate::keys;
use crate::support::records::*;
use crate::support::runs::*;
use crate::support::snapshots::*;
use crate::support::stage::*;

/// A run on the ring that has done 8,000 steps with a change, an alert, and a snapshot every 500 steps.
fn stage() -> Stage {
    let mut stage = Stage::new(Options { glyphs: GlyphSet::Ascii, palette: Palette::Mono, ..Options::default() });
    stage.report(Report::Started(Box::new(ring())));
    for first in (1..8000).step_by(500) {
        stage.report(Report::Steps(records(first, first + 499)));
        if first == 3501 {
            stage.report(applied(4000, "constraint.clip", "0.01", "0.05", None));
        }
        if first == 5501 {
            stage.report(Report::Alert(Alert::new(6000, "the bound has not moved for long")));
        }
        stage.report(Report::Snapshot(Box::new(ring_of(first + 499, if first < 4000 { 8 } else { 7 }))));
    }
    stage
}

#[test]
fn the_cursor_reads_out_every_line_and_what_happened() {
    let mut stage = stage();
    let latest = stage.press("2").text(120, 36);
    assert!(
        latest.contains("latest, step 8,000") && latest.contains("after step 6,000  the bound has not"),
        "{latest}"
    );
    // From the first step on, a hundredth of the run each.
    stage.press("⇤").press(&"→".repeat(50));
    let text = stage.text(120, 36);
    assert!(
        text.contains("at step 4,001") && text.contains("after step 4,000  constraint.clip 0.01 -> 0.05"),
        "{text}"
    );
    let of = |metric| records(4001, 4001)[0].values[metric];
    for (name, metric) in [
        ("critic loss", Metric::CriticLoss),
        ("gen loss", Metric::GeneratorLoss),
        ("bound", Metric::Bound),
        ("gen grad", Metric::GeneratorGradNorm),
    ] {
        // As far as a bin of two or four steps tells.
        let line = text.lines().rfind(|line| line.contains(name)).unwrap();
        let shown = line[line.find(name).unwrap() + name.len()..].split_whitespace().next().unwrap();
        assert!((shown.parse::<f32>().unwrap() - of(metric)).abs() < 0.2, "{name}: {line}");
    }
    assert!(text.matches('|').count() > 20, "{text}");
    // Far from anything that happened nothing is told.
    let text = stage.press(&"→".repeat(10)).text(120, 36);
    assert!(text.contains("at step 4,801") && !text.contains("after step"), "{text}");
    assert!(stage.press("⇥").text(120, 36).contains("latest, step 8,000"));
    // The overview's legends go along.
    let now = stage.press("1").text(120, 36);
    assert_ne!(now.lines().nth(2), stage.press("⇤").text(120, 36).lines().nth(2));
}

#[test]
fn scales_smoothing_and_axes() {
    let mut stage = stage();
    let plain = stage.press("2").text(120, 36);
    for (keys, wanted) in [
        ("y", "> losses all"),
        ("y", "> losses log"),
        ("y", "> losses symlog"),
        ("y", "> losses "),
        ("g", "> bound "),
        ("y", "> bound all"),
        ("yyy", "> bound "),
        ("", "smooth over 256"),
        ("m", "smooth over 1,024"),
        ("m", "m smooth  "),
        ("m", "smooth over 256"),
        ("x", "two axes"),
        ("x", "one axis"),
    ] {
        let text = stage.press(keys).text(120, 36);
        assert!(text.contains(wanted), "after {keys}: {wanted}\n{text}");
    }
    // All is as it was, but for the mark.
    let body = |text: &str| text.replace("> bound -", "bound ---");
    assert_eq!(body(&plain), body(&stage.text(120, 36)));
    for key in ["y", "g"] {
        assert!(stage.press("6").press(key).text(120, 36).contains("this page has no charts"));
    }
}

#[test]
fn zoom_and_pan() {
    let mut stage = stage();
    stage.press("2");
    let window = |stage: &mut Stage, keys: &str| stage.press(keys).app.window();
    assert_eq!(window(&mut stage, ""), (1, 8000));
    assert_eq!(window(&mut stage, "++"), (4800, 8000));
    assert_eq!(window(&mut stage, "<"), (3200, 6400));
    // New steps do not move a window that a person has put somewhere.
    stage.report(Report::Steps(records(8001, 9000)));
    assert_eq!(window(&mut stage, ""), (3200, 6400));
    assert_eq!(window(&mut stage, ">>>>").1, 9200);
    assert_eq!(window(&mut stage, "="), (1, 9000));
    // About the cursor.
    stage.press("⇤").press(&"→".repeat(20)).press("+++");
    let (from, to) = stage.app.window();
    let cursor = stage.app.charts.cursor.unwrap();
    assert!(to - from < 1200 && (from..=to).contains(&cursor), "{from} {cursor} {to}");
    // The window goes where the cursor goes.
    stage.press(&"←".repeat(300));
    let (from, to) = stage.app.window();
    assert!((from..=to).contains(&stage.app.charts.cursor.unwrap()));
}

#[test]
fn an_earlier_snapshot_is_found_again() {
    let mut stage = stage();
    let text = stage.press("4").text(120, 36);
    assert!(text.contains("step 8,000, the latest") && text.contains("16 kept"), "{text}");
    for (keys, wanted) in [
        ("←", "step 7,500 "),
        ("←←", "step 6,500 "),
        ("→", "step 7,000 "),
        ("⇤", "step 500 "),
        ("←", "step 500 "),
        ("→", "step 1,000 "),
        ("⇥", "step 8,000, the latest"),
        ("→", "step 8,000, the latest"),
    ] {
        let text = stage.press(keys).text(120, 36);
        assert!(text.contains(wanted), "after {keys}: {wanted}\n{text}");
    }
    // What is browsed stays while the run goes on.
    let body = |text: String| text.lines().skip(2).take(25).map(|line| line[..60].to_string()).collect::<Vec<_>>();
    let line = |text: &str| text.lines().map(|line| format!("{line:<120}")).collect::<Vec<_>>().join("\n");
    let before = body(line(&stage.press("⇤").text(120, 36)));
    stage.report(Report::Snapshot(Box::new(ring_snapshot(9000))));
    assert_eq!(before, body(line(&stage.text(120, 36))));
}

#[test]
fn a_lost_mode_ends_its_column() {
    let mut stage = Stage::new(Options { glyphs: GlyphSet::Ascii, palette: Palette::Mono, ..Options::default() });
    stage.report(Report::Started(Box::new(mixture())));
    stage.report(Report::Steps(records(1, 8000)));
    // Two modes, at the ends; that on the right is lost after 4,000 steps.
    for step in (500..=8000).step_by(500) {
        let bins = |right| {
            (0..64)
                .map(|bin| {
                    if bin < 4 {
                        100
                    } else if bin >= 60 {
                        right
                    } else {
                        0
                    }
                })
                .collect()
        };
        let fake = bins(if step > 4000 { 0 } else { 100 });
        let (real, label) = (bins(100), "x".to_string());
        let values = vec![PairedHistogram { label, low: 0.0, high: 1.0, real, fake, outside: [0; 2] }];
        stage.report(Report::Snapshot(Box::new(Snapshot { values, ..mixture_snapshot(step) })));
    }
    let text = stage.press("4").text(120, 36);
    let lines: Vec<&str> = text.lines().collect();
    let label = lines.iter().position(|line| line.contains(" x  0 to 1  JSD 0.21")).expect("the histogram of x");
    let past = &lines[label + 3..31];
    let ends = |line: &str, places: std::ops::Range<usize>| line.get(places).is_some_and(|end| !end.trim().is_empty());
    let rows: Vec<[bool; 2]> = past.iter().map(|line| [ends(line, 78..80), ends(line, 117..119)]).collect();
    let rows = &rows[2..rows.len() - 1];
    let kept = rows.iter().take_while(|row| **row == [true, false]).count();
    assert!(kept >= 2 && rows[kept..].iter().all(|row| *row == [true, true]) && rows.len() > kept, "{rows:?}\n{text}");
}

#[test]
fn the_weights_are_asked_for_while_their_page_is_open() {
    let asked = |stage: &mut Stage, keys: &str| {
        stage.effects.clear();
        stage.press(keys);
        stage.report(Report::Snapshot(Box::new(ring_snapshot(8000))));
        let later = stage.app.now + std::time::Duration::from_secs(1);
        stage.message(Message::Tick(later));
        stage.effects.iter().rev().find_map(|effect| match effect {
            Effect::Send(Command::Snapshot(request)) => Some(request.weights),
            _ => None,
        })
    };
    let mut stage = stage();
    assert_eq!(asked(&mut stage, "1"), Some(false));
    assert_eq!(asked(&mut stage, "5"), Some(true));
    assert_eq!(asked(&mut stage, "6"), Some(false));
    // A paused run is asked once more: the last snapshot was without them.
    stage.report(state(8000, RunState::Paused, None));
    asked(&mut stage, "6");
    asked(&mut stage, "6");
    assert_eq!(asked(&mut stage, "6"), None);
    assert_eq!(asked(&mut stage, "5"), Some(true));
    stage.report(Report::Snapshot(Box::new(Snapshot { weights: Some(weights()), ..ring_snapshot(8000) })));
    let text = stage.text(120, 36);
    for figure in ["critic 1  linear 2?64  192 weights", "at +-c 21.1 %", "generator 3"] {
        let figure = figure.replace('?', "->");
        assert!(text.contains(&figure), "{figure}\n{text}");
    }
    // Scrolled, the later layers show on a small screen too.
    assert!(!stage.text(60, 16).contains("generator 3"));
    assert!(stage.press("↓↓↓↓↓").text(60, 16).contains("generator 3"));
    assert!(stage.press("↑↑↑↑↑").text(60, 16).contains("critic 1"));
}

#[test]
fn the_log_is_filtered_by_text_and_kind() {
    let mut stage = stage();
    let all = stage.press("6").text(120, 36);
    assert!(all.contains("3 of 3") && all.contains("change") && all.contains("alert"), "{all}");
    let text = stage.press("/CLIP").text(120, 36);
    assert!(text.contains("1 of 3") && text.contains("/ CLIP") && !text.contains("not moved"), "{text}");
    // Esc takes it back, Enter keeps it; keys that are typed are no commands.
    assert_eq!(stage.press("\u{1b}").text(120, 36), all);
    assert!(stage.press("/moved\n").text(120, 36).contains("1 of 3"));
    assert!(stage.press("/pq").text(120, 36).contains("nothing passes the filter"));
    assert!(stage.effects.iter().all(|effect| !matches!(effect, Effect::Exit(_) | Effect::Send(Command::Pause))));
    stage.message(Message::Input(gantop::terminal::Event::Key(ctrl('u'))));
    stage.press("\n");
    for (keys, kinds, passing) in
        [("t", "changes", 1), ("t", "states", 1), ("t", "refusals", 0), ("t", "alerts", 1), ("t", "all kinds", 3)]
    {
        let text = stage.press(keys).text(120, 36);
        assert!(text.contains(kinds) && text.contains(&format!("{passing} of 3")), "{kinds}\n{text}");
    }
    // From any page.
    assert!(stage.press("1/moved").text(120, 36).contains("- log -"));
    assert!(stage.press("\n1t").text(120, 36).contains("only on the log page"));
}

#[test]
fn a_loss_that_was_not_finite_is_seen_on_every_scale() {
    let mut stage = stage();
    let mut bad = records(8001, 8001);
    bad[0].values[Metric::CriticLoss] = f32::NAN;
    stage.report(Report::Steps(bad));
    stage.report(Report::Steps(records(8002, 8400)));
    for keys in ["2", "y", "y", "m", "x"] {
        let text = stage.press(keys).text(120, 36);
        let losses = text.lines().skip(3).take(12).map(|line| &line[..60.min(line.len())]).collect::<String>();
        assert!(losses.contains('x'), "after {keys}\n{text}");
    }
}

#[test]
fn a_still_run_changes_no_cell_and_a_growing_one_few() {
    for page in ["2", "4", "5", "6"] {
        let mut stage = stage();
        stage.app.palette = Palette::Truecolor;
        stage.press(page).press(if page == "2" { "m" } else { "" });
        // Beyond where the axis moves on.
        stage.report(Report::Steps(records(8001, 8010)));
        let before = stage.terminal(160, 48);
        stage.message(Message::Tick(std::time::Duration::from_secs(9)));
        let same = stage.terminal(160, 48);
        assert_eq!(before.backend().buffer().diff(same.backend().buffer()).len(), 0, "page {page}");
        stage.report(Report::Steps(records(8011, 8020)));
        let after = stage.terminal(160, 48);
        let changed = before.backend().buffer().diff(after.backend().buffer()).len();
        assert!(changed < 700, "page {page}: {changed} cells changed");
    }
}

#[test]
fn the_keys_of_the_pages_through_the_event_loop() {
    keys::play(keys::options(), |trainer, person| {
        keys::start(trainer, person);
        trainer.report(Report::Snapshot(Box::new(ring_snapshot(50))));
        trainer.report(Report::Steps(records(101, 200)));
        trainer.report(Report::Snapshot(Box::new(ring_snapshot(200))));
        person.sees("step 200");
        person.press("2");
        person.sees("latest, step 200");
        person.press("⇤");
        person.sees("at step 1 ");
        person.press("⇥y");
        person.sees("losses all");
        person.press("gg");
        person.sees("▸ gradient norms");
        person.press("m");
        person.sees("smooth over 32");
        person.press("x");
        person.sees("two axes");
        person.press("4⇤");
        person.sees("step 50 ");
        person.press("→");
        person.sees("the latest");
        person.press("5");
        person.sees("waiting for a look at the weights");
        person.press("6t");
        person.sees("changes");
        person.press("/started\n");
        person.sees("0 of 1");
        // None of that was for the trainer; its own commands still reach it.
        person.press("s");
        assert_eq!(trainer.command(), Command::Advance(1));
        keys::leave(person);
    });
}
