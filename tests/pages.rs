//! The pages: how one gets to them, and what the critic page shows of each kind of data.

use gantop::link::*;
use gantop::theory::objective;
use gantop::ui::draw::glyphs::GlyphSet;
use gantop::ui::draw::theme::{Depth, LEVELS, Palette};
use gantop::ui::update::Effect;
use gantop::ui::{Message, Options};
use proptest::prelude::*;
use ratatui::style::Modifier;

use crate::support::analyses::*;
use crate::support::records::*;
use crate::support::runs::*;
use crate::support::snapshots::*;
use crate::support::stage::*;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 36), (200, 50)];

fn options(glyphs: GlyphSet) -> Options {
    Options { glyphs, palette: Palette::Mono, ..Options::default() }
}

/// The run of this objective after 8,000 steps, with nothing analysed.
fn started(glyphs: GlyphSet, run: RunInfo, kind: &str) -> Stage {
    let mut stage = Stage::new(options(glyphs));
    let mut run = run;
    run.settings.objective = playing(kind);
    stage.report(Report::Started(Box::new(run)));
    stage.report(Report::Steps(records(1, 8000)));
    stage
}

/// Shows a snapshot without an analysis of it.
fn look(stage: &mut Stage, snapshot: Snapshot) {
    stage.report(Report::Snapshot(Box::new(snapshot)));
}

/// A run in one dimension whose analyses give this divergence.
fn one_dimension(glyphs: GlyphSet, kind: &str, divergence: Option<f64>) -> Stage {
    let mut stage = started(glyphs, mixture(), kind);
    for step in (100..=8000).step_by(100) {
        stage.message(Message::Analysis(Box::new(gaussians(step, kind, divergence))));
    }
    for step in (1000..=8000).step_by(500) {
        look(&mut stage, gaussians_snapshot(step, kind));
    }
    stage
}

fn two_dimensions(glyphs: GlyphSet, kind: &str) -> Stage {
    let mut stage = started(glyphs, ring(), kind);
    for step in (1000..=8000).step_by(1000) {
        stage.message(Message::Analysis(Box::new(ring_analysis(step, kind))));
    }
    // The eighth mode is lost after 4,000 steps.
    for step in (1000..=8000).step_by(500) {
        let lost = Snapshot { weights: Some(weights()), ..ring_field_snapshot(step, kind) };
        let whole = ring_of(step, 8);
        look(&mut stage, if step > 4000 { lost } else { whole });
    }
    stage
}

pub fn images(glyphs: GlyphSet) -> Stage {
    let mut stage = started(glyphs, digits(), "wgan");
    for step in (1000..=8000).step_by(1000) {
        stage.message(Message::Analysis(Box::new(digits_analysis(step))));
    }
    for step in (1000..=8000).step_by(1000) {
        look(&mut stage, digits_snapshot(step, 64));
    }
    stage
}

/// N(0,1) against N(1,1.5²).
const KL: Option<f64> = Some(0.3499095526);

#[test]
fn every_kind_of_data_on_every_page_about_it() {
    for (glyphs, name) in [(GlyphSet::Braille, "braille"), (GlyphSet::Ascii, "ascii")] {
        let mut stages = [
            ("line", one_dimension(glyphs, "kl", KL)),
            ("plane", two_dimensions(glyphs, "gan")),
            ("images", images(glyphs)),
        ];
        for (data, stage) in &mut stages {
            for (width, height) in SIZES {
                for (key, page) in [("1", "overview"), ("3", "critic"), ("4", "samples")] {
                    let text = stage.press(key).text(width, height);
                    if glyphs == GlyphSet::Ascii {
                        assert!(text.is_ascii(), "{text}");
                    }
                    insta::assert_snapshot!(format!("{page}_{data}_{width}x{height}_{name}"), text);
                }
            }
        }
    }
}

#[test]
fn the_pages_that_are_the_same_for_all_data() {
    for (glyphs, name) in [(GlyphSet::Braille, "braille"), (GlyphSet::Ascii, "ascii")] {
        let mut stage = two_dimensions(glyphs, "wgan");
        stage.report(applied(2000, "constraint.clip", "0.01", "0.05", None));
        stage.report(applied(5000, "objective.kind", "kl", "wgan", Some("the critic's optimiser starts afresh")));
        stage.report(Report::Alert(Alert::new(6000, "mode 8 of 8 has no sample")));
        for (width, height) in SIZES {
            for (key, page) in [("2", "losses"), ("5", "weights"), ("6", "log")] {
                let text = stage.press(key).text(width, height);
                if glyphs == GlyphSet::Ascii {
                    assert!(text.is_ascii(), "{text}");
                }
                insta::assert_snapshot!(format!("{page}_{width}x{height}_{name}"), text);
            }
        }
    }
}

#[test]
fn the_least_screen_has_a_critic_page() {
    insta::assert_snapshot!(one_dimension(GlyphSet::Braille, "kl", KL).press("3").text(60, 16));
    insta::assert_snapshot!(two_dimensions(GlyphSet::Ascii, "gan").press("3").text(60, 16));
}

#[test]
fn samples_are_of_the_average_or_raw_and_say_which() {
    for (shape, mut stage) in [
        ("images", started(GlyphSet::Braille, digits(), "wgan")),
        ("plane", started(GlyphSet::Braille, ring(), "wgan")),
    ] {
        let of = |step| if shape == "images" { digits_snapshot(step, 64) } else { ring_snapshot(step) };
        look(&mut stage, of(1000));
        let without = stage.press("4").text(120, 36);
        assert!(!without.contains("averaged") && !without.contains("raw"), "{without}");
        assert!(stage.press("e").text(120, 36).contains("keeps no average"));
        let averaged = of(2000).fake.iter().rev().map(|x| 0.5 * x).collect();
        look(&mut stage, Snapshot { averaged, ..of(2000) });
        let shown = stage.text(120, 36);
        assert!(shown.contains("averaged  step 2,000"), "{shown}");
        let raw = stage.press("e").text(120, 36);
        assert!(raw.contains("raw  step 2,000"), "{raw}");
        let picture = |text: &str| {
            text.lines().skip(4).take(20).map(|line| line.chars().take(40).collect::<String>()).collect::<Vec<_>>()
        };
        assert_ne!(picture(&shown), picture(&raw));
        let again = stage.press("e").text(120, 36);
        assert!(again.contains("averaged  step 2,000") && picture(&again) == picture(&shown), "{again}");
    }
}

#[test]
fn before_any_analysis() {
    let mut stage = started(GlyphSet::Braille, mixture(), "kl");
    for key in ["3", "4"] {
        assert!(stage.press(key).text(120, 36).contains("no snapshot yet"));
    }
    assert!(stage.press("5").text(120, 36).contains("waiting for a look at the weights"));
    stage.press("3");
    let field = Field { low: [-6.0, 0.0], high: [7.0, 0.0], columns: 3, rows: 1, scores: vec![-1.0, 0.0, 2.0] };
    look(&mut stage, Snapshot { field: Some(field), ..gaussians_snapshot(8000, "kl") });
    insta::assert_snapshot!("critic_line_before", stage.text(120, 36));
    let mut stage = started(GlyphSet::Braille, ring(), "gan");
    look(&mut stage, ring_field_snapshot(8000, "gan"));
    let text = stage.press("3v").text(120, 36);
    assert!(text.contains("nothing analysed yet") && text.contains("not analysed yet"), "{text}");
}

#[test]
fn a_divergence_that_is_infinite() {
    let mut stage = one_dimension(GlyphSet::Braille, "neyman", Some(f64::INFINITY));
    insta::assert_snapshot!("critic_line_infinite", stage.press("3").text(120, 36));
}

#[test]
fn an_objective_that_is_no_divergence() {
    let text = one_dimension(GlyphSet::Braille, "wgan", None).press("3").text(120, 36);
    assert!(text.contains("no T*: not an f-divergence"), "{text}");
    insta::assert_snapshot!("critic_line_wgan", text);
    let text = two_dimensions(GlyphSet::Braille, "wgan").press("3v").text(80, 24);
    assert!(text.contains("the objective is not an"), "{text}");
}

#[test]
fn the_jensen_shannon_divergence_has_its_ceiling() {
    let text = one_dimension(GlyphSet::Braille, "js", Some(0.1985801932)).press("3").text(120, 36);
    assert!(text.contains("JSD = log 2") && text.contains("0.099 of log 2 = 0.693"), "{text}");
    let text = one_dimension(GlyphSet::Braille, "kl", KL).press("3").text(120, 36);
    assert!(!text.contains("JSD"), "{text}");
}

#[test]
fn figures_come_with_what_they_mean() {
    let text = one_dimension(GlyphSet::Braille, "kl", KL).press("3").text(120, 36);
    for figure in ["divergence 0.3499  exact", "E_Q[p/q]   0.9700  1 at the optimum", "step 8,000, 1,000 samples"] {
        assert!(text.contains(figure), "{figure}:\n{text}");
    }
    let text = two_dimensions(GlyphSet::Braille, "gan").press("3").text(120, 36);
    for figure in
        ["1.430  far from 1", "q estimated", "7 of 8", "% of 98.9 % of real", "critic EM  0.2800  at slope 6.250"]
    {
        assert!(text.contains(figure), "{figure}:\n{text}");
    }
}

#[test]
fn an_old_analysis_says_its_step_and_is_no_longer_bright() {
    let bright = |stage: &mut Stage, label: &str| {
        let text = stage.text(120, 36);
        let found = |(y, line): (usize, &str)| Some((line[..line.find(label)?].chars().count(), y));
        let (x, y) = text.lines().enumerate().find_map(found).unwrap_or_else(|| panic!("no {label}: {text}"));
        let terminal = stage.terminal(120, 36);
        !terminal.backend().buffer()[((x + label.len()) as u16, y as u16)].modifier.contains(Modifier::DIM)
    };
    let mut stage = Stage::new(Options { palette: Palette::Ansi16, ..Options::default() });
    stage.report(Report::Started(Box::new(ring()))).report(Report::Steps(records(1, 1000)));
    let waits = stage.text(120, 36);
    assert!(waits.contains("EM         not yet"), "{waits}");
    stage.message(Message::Analysis(Box::new(ring_analysis(1000, "wgan"))));
    let fresh = stage.text(120, 36);
    assert!(fresh.contains("EM         exact") && !fresh.contains("0.2800  step"), "{fresh}");
    assert!(bright(&mut stage, "EM         exact "));
    // Eight seconds of training later, and the coverage as new as the samples.
    stage.report(Report::Steps(records(1001, 5000)));
    look(&mut stage, ring_of(5000, 8));
    let old = stage.text(120, 36);
    assert!(old.contains("0.2800  step 1,000") && old.contains("8 of 8 modes"), "{old}");
    assert!(!bright(&mut stage, "EM         exact "));
    stage.press("3");
    assert!(!bright(&mut stage, "exact EM   ") && bright(&mut stage, "modes      "));
}

#[test]
fn the_end_of_a_run_leaves_no_analysis_to_wait_for() {
    let mut stage = two_dimensions(GlyphSet::Braille, "gan");
    let hurries = |stage: &Stage| stage.effects.iter().filter(|e| matches!(e, Effect::HurryAnalyst)).count();
    look(&mut stage, ring_field_snapshot(8000, "gan"));
    assert_eq!(hurries(&stage), 0);
    stage.report(Report::Finished(summary(8000, false)));
    assert_eq!(hurries(&stage), 1);
}

#[test]
fn coverage_has_a_chart_where_the_data_has_modes() {
    for (width, height) in SIZES {
        let mut stage = two_dimensions(GlyphSet::Braille, "gan");
        let seen = |text: &str| text.contains("coverage %") && text.contains("modes 7 of 8");
        let (overview, critic) = (stage.text(width, height), stage.press("3").text(width, height));
        assert!(height < 36 || seen(&overview) && seen(&critic), "{overview}\n{critic}");
        let mut other = images(GlyphSet::Braille);
        assert!(
            !other.text(width, height).contains("coverage")
                && !other.press("3").text(width, height).contains("coverage")
        );
    }
}

#[test]
fn pages_and_views_by_key() {
    let mut stage = two_dimensions(GlyphSet::Braille, "gan");
    let shown = |stage: &mut Stage| {
        let text = stage.text(80, 24);
        ["─ losses", "─ learned T(x)", "─ optimal T*(x)", "─ T − T*"].map(|title| text.contains(title))
    };
    let [overview, learned, optimal, difference] = std::array::from_fn(|page| std::array::from_fn(|i| i == page));
    let steps: [(&str, [bool; 4]); 12] = [
        ("", overview),
        ("\t\t", learned),
        ("\t\t\t\t", overview),
        ("3", learned),
        ("v", optimal),
        ("v", difference),
        ("1", overview),
        ("3", difference),
        ("v", learned),
        // Neither a page nor harmful.
        ("9", learned),
        ("\u{1b}", learned),
        ("3", learned),
    ];
    for (keys, wanted) in steps {
        assert_eq!(shown(stage.press(keys)), wanted, "after {keys:?}");
    }
    assert!(stage.effects.iter().all(|effect| !matches!(effect, gantop::ui::update::Effect::Exit(_))));
    stage.message(Message::Input(gantop::terminal::Event::Key(key(crossterm::event::KeyCode::BackTab))));
    assert!(stage.text(80, 24).contains("─ losses ─") && stage.text(80, 24).contains("─ bound ─"));
    // A prompt's Tab is its own.
    assert!(stage.press("l\t\u{1b}").text(80, 24).contains("─ losses"));
}

#[test]
fn the_header_names_the_pages() {
    let mut stage = one_dimension(GlyphSet::Braille, "kl", KL);
    let names = ["1 Overview", "2 Losses", "3 Critic", "4 Samples", "5 Weights", "6 Log"];
    for (keys, open) in ["1", "2", "3", "4", "5", "6"].into_iter().zip(names) {
        stage.press(keys);
        assert!(stage.text(100, 24).lines().nth(1).unwrap().ends_with(&names.join("  ")));
        // In little room the others have their keys.
        assert!(stage.text(80, 24).lines().nth(1).unwrap().contains(open));
        let terminal = stage.terminal(80, 24);
        let reversed = |x: &u16| {
            let style = terminal.backend().buffer()[(*x, 1)].style();
            style.add_modifier.contains(ratatui::style::Modifier::REVERSED)
        };
        let marked: String =
            (0..80).filter(reversed).map(|x| terminal.backend().buffer()[(x, 1)].symbol().to_string()).collect();
        assert_eq!(marked.trim(), open);
    }
}

#[test]
fn a_map_says_which_side_is_which_with_and_without_colours() {
    let kind = "gan";
    let mut stage = two_dimensions(GlyphSet::Braille, kind);
    let text = stage.press("3").text(120, 36);
    // The missing mode lies at −45°: real only, so that the map is high there.
    assert!(text.contains('█') && text.contains('≡') && text.contains("-0.6931"), "{text}");
    for palette in [Palette::Ansi256, Palette::Truecolor] {
        stage.app.palette = palette;
        let terminal = stage.terminal(120, 36);
        let grounds = |levels: std::ops::RangeInclusive<i8>| {
            let wanted: Vec<_> = levels.map(|level| palette.ground(level).unwrap().bg.unwrap()).collect();
            terminal.backend().buffer().content.iter().filter(|cell| wanted.contains(&cell.bg)).count()
        };
        let levels = LEVELS as i8;
        let [above, below, neutral] = [grounds(1..=levels), grounds(-levels..=-1), grounds(0..=0)];
        assert!(above > 50 && below > 50 && neutral > 50, "{palette:?}: {above} {below} {neutral}");
    }
}

#[test]
fn a_still_snapshot_changes_no_cell_and_a_new_one_few() {
    let mut stage = two_dimensions(GlyphSet::Braille, "gan");
    stage.app.palette = Palette::Truecolor;
    stage.press("3");
    let before = stage.terminal(120, 36);
    let mut next = ring_field_snapshot(8000, "gan");
    next.field.as_mut().unwrap().scores.iter_mut().for_each(|score| *score *= 1.01);
    look(&mut stage, next);
    let after = stage.terminal(120, 36);
    let changed = before.backend().buffer().diff(after.backend().buffer()).len();
    assert!(changed < 60, "{changed} cells changed");
}

#[test]
fn enough_images_are_looked_at_on_the_least_screen() {
    let mut stage = Stage::new(options(GlyphSet::Braille));
    stage.text(60, 16);
    stage.report(Report::Started(Box::new(digits())));
    let asked = stage.effects.iter().find_map(|effect| match effect {
        gantop::ui::update::Effect::Send(Command::Snapshot(request)) => Some(request.samples),
        _ => None,
    });
    assert_eq!(asked, Some(64));
}

#[test]
fn freezing_keeps_the_critic_page() {
    let mut stage = one_dimension(GlyphSet::Braille, "kl", KL);
    let body = |text: String| text.lines().skip(2).collect::<Vec<_>>().join("\n");
    let before = body(stage.press("3f").text(120, 36));
    // An analysis of a step that has not been is of one that the run went back from.
    stage.app.run.step = 8100;
    stage.message(Message::Analysis(Box::new(gaussians(8100, "kl", Some(0.5)))));
    assert_eq!(before, body(stage.text(120, 36)));
    assert_ne!(before, body(stage.press("f").text(120, 36)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_analysis_and_no_size_panics(
        sizes in prop::collection::vec((1u16..400, 1u16..120), 1..5),
        keys in prop::collection::vec(prop::sample::select("123456v\t\u{1b}fo+-=?←→⇤⇥<>gymx/t".chars().collect::<Vec<_>>()), 0..20),
        data in 0usize..3,
        row in 0..objective::ALL.len(),
        glyphs in prop::sample::select(vec![GlyphSet::Braille, GlyphSet::Block, GlyphSet::Ascii]),
        palette in prop::sample::select(vec![Palette::Mono, Palette::Ansi16, Palette::Light(Depth::Ansi256), Palette::Truecolor]),
        wild in prop::sample::select(vec![0.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, -1e300, 1e-320]),
        every in 1usize..40,
    ) {
        let kind = objective::ALL[row].name();
        let mut stage = match data {
            0 => one_dimension(glyphs, kind, Some(wild)),
            1 => two_dimensions(glyphs, kind),
            _ => images(glyphs),
        };
        stage.app.palette = palette;
        stage.app.run.step = 9000;
        let mut analysis = match data {
            0 => gaussians(9000, kind, Some(wild)),
            1 => ring_analysis(9000, kind),
            _ => digits_analysis(9000),
        };
        analysis.em.iter_mut().for_each(|em| (em.exact, em.critic) = (wild, Some(wild)));
        analysis.ratio = Some(wild);
        if let Some(truth) = &mut analysis.truth {
            truth.bound = wild;
            truth.optimal.iter_mut().step_by(every).for_each(|value| *value = wild as f32);
            if let Some(curves) = &mut truth.curves {
                for values in [&mut curves.real, &mut curves.fake, &mut curves.learned, &mut curves.optimal] {
                    values.iter_mut().step_by(every).for_each(|value| *value = wild);
                }
            }
        }
        stage.message(Message::Analysis(Box::new(analysis)));
        stage.press("3");
        for (width, height) in sizes {
            stage.text(width, height);
            let typed: String = keys.iter().collect();
            stage.press(&typed).text(width, height);
            let mut snapshot = ring_field_snapshot(9000, kind);
            snapshot.field.as_mut().unwrap().scores.iter_mut().step_by(every).for_each(|score| *score = wild as f32);
            snapshot.real.iter_mut().step_by(every).for_each(|value| *value = wild as f32);
            if data == 1 {
                look(&mut stage, snapshot);
            }
            stage.text(width, height);
        }
    }
}
