//! Whole screens, as text.

use gantop::config::Constraint;
use gantop::domain::*;
use gantop::link::checkpoint::Reason;
use gantop::link::*;
use gantop::ui::draw::glyphs::GlyphSet;
use gantop::ui::draw::theme::{Depth, Palette, Role};
use gantop::ui::{Message, Options};
use proptest::prelude::*;

use crate::support::records::*;
use crate::support::runs::*;
use crate::support::snapshots::*;
use crate::support::stage::*;

fn options(glyphs: GlyphSet) -> Options {
    Options { glyphs, palette: Palette::Mono, ..Options::default() }
}

/// A run on the ring that has done 12,345 steps, with three changes on the way.
fn running(glyphs: GlyphSet) -> Stage {
    let mut stage = Stage::new(options(glyphs));
    stage.report(Report::Started(Box::new(ring())));
    stage.report(Report::Steps(records(1, 4000)));
    stage.report(applied(4000, "constraint.clip", "0.01", "0.05", None));
    stage.report(Report::Steps(records(4001, 8000)));
    stage.report(applied(
        8000,
        "objective.kind",
        "kl",
        "wgan",
        Some("weights stay, the critic's optimiser starts afresh"),
    ));
    stage.report(Report::Steps(records(8001, 12_345)));
    stage.report(Report::Snapshot(Box::new(ring_snapshot(12_345))));
    stage
}

macro_rules! screen {
    ($name:expr, $stage:expr, $width:expr, $height:expr) => {
        insta::assert_snapshot!($name, $stage.text($width, $height))
    };
}

#[test]
fn waiting() {
    let mut stage = Stage::new(options(GlyphSet::Braille));
    screen!("starting_80x24", stage, 80, 24);
    stage.report(Report::Started(Box::new(ring())));
    screen!("waiting_80x24", stage, 80, 24);
    screen!("waiting_120x36", stage, 120, 36);
}

#[test]
fn running_ring() {
    for (width, height) in [(60, 16), (80, 24), (120, 36), (200, 50)] {
        screen!(format!("ring_{width}x{height}_braille"), running(GlyphSet::Braille), width, height);
        screen!(format!("ring_{width}x{height}_ascii"), running(GlyphSet::Ascii), width, height);
    }
    screen!("ring_120x36_block", running(GlyphSet::Block), 120, 36);
    screen!("ring_250x70_braille", running(GlyphSet::Braille), 250, 70);
}

#[test]
fn ascii_is_ascii() {
    for keys in ["", "o", "k", "k↓\n", "c", "l", "?", "q"] {
        let text = running(GlyphSet::Ascii).press(keys).text(200, 50);
        let odd: String = text.chars().filter(|c| !c.is_ascii()).collect();
        assert!(odd.is_empty(), "{keys}: {odd}");
    }
}

#[test]
fn paused() {
    let mut stage = running(GlyphSet::Braille);
    stage.press(" ");
    assert!(stage.text(80, 24).contains("pausing…"));
    stage.report(state(12_345, RunState::Paused, None));
    screen!("paused_80x24", stage, 80, 24);
}

#[test]
fn images() {
    for (glyphs, name) in [(GlyphSet::Braille, "braille"), (GlyphSet::Ascii, "ascii"), (GlyphSet::Block, "block")] {
        let mut stage = Stage::new(options(glyphs));
        stage.report(Report::Started(Box::new(digits())));
        stage.report(Report::Steps(records(1, 3000)));
        stage.report(Report::Snapshot(Box::new(digits_snapshot(3000, 64))));
        screen!(format!("images_120x36_{name}"), stage, 120, 36);
        screen!(format!("images_200x50_{name}"), stage, 200, 50);
        screen!(format!("images_80x24_{name}"), stage, 80, 24);
    }
}

#[test]
fn one_dimension() {
    let mut stage = Stage::new(options(GlyphSet::Braille));
    stage.report(Report::Started(Box::new(mixture())));
    stage.report(Report::Steps(records(1, 500)));
    stage.report(Report::Snapshot(Box::new(mixture_snapshot(500))));
    screen!("mixture_120x36", stage, 120, 36);
    screen!("mixture_80x24", stage, 80, 24);
}

#[test]
fn popups() {
    for (width, height) in [(80, 24), (120, 36)] {
        let shot = |name: &str, keys: &str| {
            // The help tells of what was on the screen before it.
            let mut stage = running(GlyphSet::Braille);
            stage.text(width, height);
            screen!(format!("{name}_{width}x{height}"), stage.press(keys), width, height);
        };
        shot("objectives", "o↓hg");
        shot("constraints", "k↓");
        shot("gradient_penalty", "k↓\n");
        shot("clip", "c");
        shot("clip_error", "c-1");
        shot("rates", "l1e-4\t");
        shot("help", "?");
        shot("quit", "q");
    }
    screen!("objectives_60x16", running(GlyphSet::Braille).press("o"), 60, 16);
    screen!("constraints_60x16", running(GlyphSet::Braille).press("k"), 60, 16);
    let mut stage = running(GlyphSet::Braille);
    stage.text(60, 16);
    screen!("help_60x16", stage.press("?"), 60, 16);
}

#[test]
fn a_penalty_is_shown_with_its_number() {
    for (constraint, metric, wide, narrow) in [
        (
            Constraint::GradientPenalty { lambda: 0.1 },
            0.0325,
            "gradient-penalty  λ = 0.1  penalty 0.03250",
            "grad λ = 0.1  0.03250",
        ),
        (Constraint::R1 { gamma: 10.0 }, 1.5, "r1  γ = 10  penalty 1.500", "r1  γ = 10  1.500"),
        (Constraint::SpectralNorm, 0.0, "spectral-norm\n", "spectral-norm\n"),
        (Constraint::None, 0.0, "none\n", "none\n"),
    ] {
        let mut info = ring();
        info.settings.constraint = constraint;
        let mut stage = Stage::new(options(GlyphSet::Braille));
        stage.report(Report::Started(Box::new(info)));
        let mut records = records(1, 10);
        records[9].values[Metric::Penalty] = metric;
        stage.report(Report::Steps(records));
        for (width, height, wanted) in [(120, 36, wide), (80, 24, narrow)] {
            let text = stage.text(width, height) + "\n";
            assert!(text.contains("constraint ") && text.contains(wanted), "{wanted}\n{text}");
        }
        if constraint.is_penalty() {
            stage.press("]");
            assert!(stage.text(120, 36).contains(if metric > 1.0 { "γ = 10 …" } else { "λ = 0.1 …" }));
        }
    }
}

#[test]
fn rejected() {
    let mut stage = running(GlyphSet::Braille);
    stage.press("]");
    let asked = stage.text(80, 24);
    assert!(asked.contains("±0.05 …"), "{asked}");
    stage.report(Report::Rejected(Rejected {
        step: 12_345,
        what: "constraint.clip".into(),
        why: "weights are not clipped; type a clip range with c".into(),
        by: By::Person,
    }));
    let text = stage.text(80, 24);
    assert!(!text.contains("±0.05 …"));
    insta::assert_snapshot!("rejected_80x24", text);
}

#[test]
fn not_finite() {
    let mut stage = running(GlyphSet::Braille);
    let mut bad = records(12_346, 12_346);
    bad[0].values[Metric::CriticLoss] = f32::NAN;
    bad[0].values[Metric::Bound] = f32::INFINITY;
    stage.report(Report::Steps(bad));
    stage.report(state(
        12_346,
        RunState::Paused,
        Some("the critic loss is NaN at step 12,346; the weights are those before it"),
    ));
    screen!("not_finite_120x36", stage, 120, 36);
}

#[test]
fn a_negative_bound() {
    let mut stage = Stage::new(options(GlyphSet::Braille));
    stage.report(Report::Started(Box::new(ring())));
    let mut wrong = records(1, 300);
    for record in &mut wrong {
        record.values[Metric::Bound] *= -1.0;
    }
    stage.report(Report::Steps(wrong));
    assert!(stage.text(80, 24).contains(": wrong critic"));
}

#[test]
fn the_jsd_of_a_vanilla_gan() {
    let mut stage = Stage::new(options(GlyphSet::Braille));
    let mut run = ring();
    run.settings.objective.kind = "gan".into();
    stage.report(Report::Started(Box::new(run)));
    let mut steps = records(1, 300);
    for record in &mut steps {
        record.values[Metric::Bound] = -1.187714;
    }
    stage.report(Report::Steps(steps));
    // Half of 0.19858, from the theory of N(0,1) against N(1,1.5²).
    assert!(stage.text(120, 36).contains("JSD ≈ 0.099 of 0.693"), "{}", stage.text(120, 36));
}

#[test]
fn the_parameter_of_an_objective() {
    let mut run = ring();
    run.settings.objective =
        gantop::domain::ObjectiveChoice { kind: "alpha".into(), alpha: -1.5, ..Default::default() };
    let mut stage = Stage::new(options(GlyphSet::Ascii));
    stage.report(Report::Started(Box::new(run)));
    assert!(stage.text(120, 36).contains("alpha  alpha = -1.5  alpha-divergence"), "{}", stage.text(120, 36));
    for (width, height) in [(60, 16), (120, 36)] {
        let text = stage.press("o").text(width, height);
        assert!(text.contains("alpha = -1.5, from objective.alpha"), "{text}");
        stage.press("\u{1b}");
    }
}

#[test]
fn coverage_of_modes() {
    let mut stage = running(GlyphSet::Braille);
    stage.report(Report::Snapshot(Box::new(ring_of(12_345, 7))));
    let text = stage.text(120, 36);
    assert!(text.contains("coverage   7 of 8 modes") && text.contains("modes 7 of 8"), "{text}");
}

#[test]
fn failed() {
    let mut stage = running(GlyphSet::Braille);
    let why = "the trainer panicked at src/train/step.rs:120:\nCUDA error: out of memory. Tried to allocate 2.00 GiB.";
    stage.report(Report::Failed(why.into()));
    screen!("failed_80x24", stage, 80, 24);
    screen!("failed_closed_80x24", stage.press("\u{1b}"), 80, 24);
    let mut keeps = running(GlyphSet::Braille);
    keeps.app.keeps = true;
    keeps.report(Report::Failed(why.into()));
    assert!(keeps.text(80, 24).contains("No checkpoint was made."));
    // It may come to disk later than the bad news.
    let file = Ok("runs/x/checkpoints/step-000012000.safetensors".into());
    keeps.report(Report::Saved(Saved { step: 12_000, reason: Reason::End, file }));
    let text = keeps.text(120, 36);
    assert!(text.contains("out of memory") && text.contains("The last checkpoint is runs/x/checkpoints"), "{text}");
    let text = keeps.press("\u{1b}w").text(200, 36);
    assert!(text.contains("step-000012000.safetensors, of step 12000"), "{text}");
    let mut gone = running(GlyphSet::Braille);
    gone.message(Message::Gone);
    screen!("gone_80x24", gone, 80, 24);
}

#[test]
fn finished() {
    let mut stage = running(GlyphSet::Braille);
    stage.report(Report::Finished(summary(20_000, false)));
    screen!("finished_80x24", stage, 80, 24);
    stage.press("c");
    assert!(stage.text(80, 24).contains("the run has ended"));
}

#[test]
fn too_small() {
    let mut stage = running(GlyphSet::Braille);
    screen!("too_small_59x15", stage, 59, 15);
    screen!("too_small_10x3", stage, 10, 3);
    for (width, text) in [(20, "gantop needs 60×16"), (15, "needs 60×16")] {
        assert_eq!(stage.text(width, 8).trim(), text);
    }
    assert_eq!(stage.text(1, 1).chars().count(), 1);
}

#[test]
fn freezing_keeps_the_charts_and_not_the_header() {
    let mut stage = running(GlyphSet::Braille);
    stage.press("f");
    let before = stage.text(120, 36);
    stage.report(Report::Steps(records(12_346, 16_000)));
    let after = stage.text(120, 36);
    assert!(after.contains("display frozen") && after.contains("step 16,000"));
    let body = |text: &str| text.lines().skip(2).collect::<Vec<_>>().join("\n");
    assert_eq!(body(&before), body(&after));
    stage.press("f");
    assert_ne!(body(&before), body(&stage.text(120, 36)));
}

#[test]
fn without_colours_nothing_is_coloured() {
    let mut stage = running(GlyphSet::Braille);
    stage.report(state(12_345, RunState::Paused, Some("NaN")));
    let terminal = stage.terminal(120, 36);
    let reset = ratatui::style::Color::Reset;
    assert!(terminal.backend().buffer().content.iter().all(|cell| cell.fg == reset && cell.bg == reset));
}

#[test]
fn with_colours_real_and_generated_differ() {
    for palette in [Palette::Ansi16, Palette::Ansi256, Palette::Truecolor] {
        let mut stage = running(GlyphSet::Braille);
        stage.app.palette = palette;
        let terminal = stage.terminal(120, 36);
        let buffer = terminal.backend().buffer();
        let [first, second] = [Role::First, Role::Second].map(|role| palette.style(role).fg.unwrap());
        assert_ne!(first, second);
        // Bars: the upper row of each pair of histograms is real, the lower one generated.
        let row = |tag: &str| {
            let line = |y: u16| (0..60).map(|x| buffer[(x, y)].symbol()).collect::<String>();
            (0..36).find(|&y| line(y).contains(tag)).unwrap()
        };
        let real = row("critic value  real");
        for (y, colour) in [(real, first), (real + 1, second)] {
            let bars = (20..60).map(|x| &buffer[(x, y)]).filter(|cell| cell.symbol() != " ");
            assert!(bars.clone().count() > 5 && bars.clone().all(|cell| cell.fg == colour), "row {y} in {palette:?}");
        }
    }
}

#[test]
fn a_chart_that_grows_changes_few_cells() {
    let mut stage = running(GlyphSet::Braille);
    let before = stage.terminal(160, 48);
    stage.report(Report::Steps(records(12_346, 12_400)));
    let after = stage.terminal(160, 48);
    let changed = before.backend().buffer().diff(after.backend().buffer()).len();
    assert!(changed < 200, "{changed} cells changed");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_size_and_no_key_panics(
        sizes in prop::collection::vec((1u16..400, 1u16..120), 1..6),
        keys in prop::collection::vec(prop::sample::select("ospScl[]n+-=f?hgkjyqv123456\n\t\u{1b}↓↑←→⇤⇥<>gmx/t09.e-x".chars().collect::<Vec<_>>()), 0..40),
        kind in 0usize..4,
        glyphs in prop::sample::select(vec![GlyphSet::Braille, GlyphSet::Block, GlyphSet::Ascii]),
        palette in prop::sample::select(vec![Palette::Mono, Palette::Ansi16, Palette::Light(Depth::Ansi256), Palette::Truecolor]),
        steps in 0u64..600,
        wild in prop::sample::select(vec![0.5, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN, 1e-40]),
    ) {
        let mut stage = Stage::new(Options { glyphs, palette, ..Options::default() });
        let (info, snapshot) = match kind {
            0 => (Some(ring()), Some(ring_snapshot(9))),
            1 => (Some(mixture()), Some(mixture_snapshot(9))),
            2 => (Some(digits()), Some(digits_snapshot(9, 20))),
            _ => (None, None),
        };
        if let Some(info) = info {
            stage.report(Report::Started(Box::new(info)));
        }
        let mut steps_done = records(1, steps);
        for record in steps_done.iter_mut().step_by(3) {
            record.values = Metrics::of([wild; Metric::COUNT]);
        }
        stage.report(Report::Steps(steps_done));
        for (i, (width, height)) in sizes.into_iter().enumerate() {
            let share = keys.len() / (i + 1);
            let typed: String = keys[..share].iter().collect();
            stage.press(&typed).text(width, height);
            if let Some(snapshot) = &snapshot {
                let mut snapshot = snapshot.clone();
                snapshot.fake.iter_mut().step_by(5).for_each(|value| *value = wild);
                snapshot.critic.high = wild;
                stage.report(Report::Snapshot(Box::new(snapshot)));
            }
            stage.report(applied(steps, "constraint.clip", "0.01", "0.0125", Some("a note")));
            stage.text(width, height);
        }
        stage.report(Report::Failed("it broke".into()));
        stage.text(80, 24);
    }
}
