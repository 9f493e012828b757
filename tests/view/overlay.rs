//! Several runs over one another, and what a recorded run refuses, without a terminal.

use gantop::domain::{Metric, StepRecord};
use gantop::link::{Alert, Command, Report, Settings};
use gantop::run::replayer::ONLY_LOOKS;
use gantop::ui::draw::glyphs::GlyphSet;
use gantop::ui::draw::theme::{Palette, Role};
use gantop::ui::state::app::App;
use gantop::ui::update::Effect;
use gantop::ui::{Exit, Message, Options};

use crate::support::records::{applied, noise, records, summary};
use crate::support::runs::ring;
use crate::support::snapshots::ring_snapshot;
use crate::support::stage::Stage;

fn options(glyphs: GlyphSet, palette: Palette) -> Options {
    Options { glyphs, palette, ..Options::default() }
}

/// Records of a run whose bound falls slower, and whose losses lie elsewhere.
fn slower(last: u64, shift: f32) -> Vec<StepRecord> {
    let slow = |mut record: StepRecord| {
        let bound = 0.3 + 0.6 * (-(record.step as f64) / 6000.0).exp() + 0.02 * noise(record.step + 77);
        record.values[Metric::Bound] = bound as f32 + shift;
        record.values[Metric::CriticLoss] = -bound as f32 - shift;
        record.values[Metric::GeneratorLoss] = 0.8 + shift;
        record
    };
    records(1, last).into_iter().map(slow).collect()
}

/// Three recorded runs of different lengths.
fn three(glyphs: GlyphSet, palette: Palette) -> Stage {
    let labels = ["clip 0.02", "clip 0.5, critic.lr 0.001"].map(String::from).to_vec();
    let app = App::viewing(options(glyphs, palette), "clip 0.05".into(), labels);
    let mut stage = Stage { app, effects: Vec::new() };
    stage.report(Report::Started(Box::new(ring())));
    stage.report(Report::Steps(records(1, 4000)));
    stage.report(applied(4000, "constraint.clip", "0.01", "0.05", None));
    stage.report(Report::Steps(records(4001, 8000)));
    stage.report(Report::Snapshot(Box::new(ring_snapshot(8000))));
    stage.report(Report::Finished(summary(8000, false)));
    stage.message(Message::Other(0, Box::new(Report::Steps(slower(12_000, 0.0)))));
    stage.message(Message::Other(1, Box::new(Report::Steps(slower(5000, -0.5)))));
    stage
}

#[test]
fn runs_of_different_lengths_lie_over_one_another() {
    insta::assert_snapshot!("view_120x36_braille", three(GlyphSet::Braille, Palette::Mono).text(120, 36));
    insta::assert_snapshot!("view_120x36_ascii", three(GlyphSet::Ascii, Palette::Mono).text(120, 36));
    insta::assert_snapshot!("view_60x16", three(GlyphSet::Braille, Palette::Mono).text(60, 16));
    let text = three(GlyphSet::Braille, Palette::Mono).press("3").text(120, 36);
    insta::assert_snapshot!("view_critic_120x36", text);
    let odd: String = three(GlyphSet::Ascii, Palette::Mono).text(200, 50).chars().filter(|c| !c.is_ascii()).collect();
    assert!(odd.is_empty(), "{odd}");
}

#[test]
fn each_run_has_a_colour_and_a_number_of_its_own() {
    for palette in [Palette::Ansi16, Palette::Ansi256, Palette::Truecolor] {
        let roles = [Role::First, Role::Second, Role::Other(0), Role::Other(1), Role::Other(2), Role::Other(3)];
        let styles = roles.map(|role| palette.style(role));
        assert!((1..styles.len()).all(|i| !styles[..i].contains(&styles[i])), "{palette:?}");
        let terminal = three(GlyphSet::Braille, palette).terminal(120, 36);
        let cells = terminal.backend().buffer().content.iter();
        for (role, number) in [(Role::Other(0), "2"), (Role::Other(1), "3")] {
            let own = cells.clone().filter(|cell| Some(cell.fg) == palette.style(role).fg);
            let labels = own.clone().filter(|cell| cell.symbol() == number).count();
            // In the legend, and on each of two lines on the overview's charts.
            assert!(labels >= 3 && own.count() > labels + 10, "{palette:?}: {labels} labels of run {number}");
        }
    }
}

#[test]
fn a_frozen_screen_stays_as_it_is_and_a_single_run_has_no_legend() {
    let mut stage = three(GlyphSet::Braille, Palette::Mono);
    let before = stage.press("f").text(120, 36);
    stage.message(Message::Other(0, Box::new(Report::Steps(slower(20_000, 3.0)))));
    assert_eq!(stage.text(120, 36), before);
    assert_ne!(stage.press("f").text(120, 36), before);
    let mut alone = Stage { app: App::viewing(Options::default(), "ring".into(), Vec::new()), effects: Vec::new() };
    alone.report(Report::Started(Box::new(ring()))).report(Report::Steps(records(1, 100)));
    assert!(alone.app.read_only && !alone.text(120, 36).contains(" runs "));
    assert!(alone.text(120, 36).contains("no checkpoint to generate from"), "{}", alone.text(120, 36));
}

#[test]
fn trouble_with_another_run_is_told_with_its_label() {
    let mut stage = three(GlyphSet::Braille, Palette::Mono);
    let alert = Report::Alert(Alert::new(3, "metrics.csv:4:1: torn"));
    let text = stage.message(Message::Other(0, Box::new(alert))).text(160, 36);
    assert!(text.contains("clip 0.02: metrics.csv:4:1: torn"), "{text}");
    // Reports of a run that is not there change nothing.
    stage.message(Message::Other(7, Box::new(Report::Steps(records(1, 5)))));
}

#[test]
fn no_key_commands_a_recorded_run() {
    let commands = [" ", "p", "s", "S", "o", "k", "c", "[", "]", "l", "n", "w", "b", "U"];
    for ended in [false, true] {
        for keys in commands {
            let mut stage = Stage { app: App::viewing(Options::default(), String::new(), vec![]), effects: vec![] };
            stage.report(Report::Started(Box::new(ring()))).report(Report::Steps(records(1, 10)));
            if ended {
                stage.report(Report::Finished(summary(10, false)));
            }
            stage.press(keys);
            assert!(stage.app.popup.is_none() && stage.app.pending.is_empty(), "{keys:?} does something");
            let sent = stage
                .effects
                .iter()
                .any(|effect| !matches!(effect, Effect::Analyse(_) | Effect::HurryAnalyst | Effect::Clear));
            assert!(!sent, "{keys:?}: {:?}", stage.effects);
            assert!(stage.text(160, 30).contains(ONLY_LOOKS), "{keys:?}: {}", stage.text(160, 30));
            let footer = stage.text(160, 30).lines().last().unwrap().to_owned();
            assert!(!footer.contains("pause") && footer.contains("q quit"), "{footer}");
        }
    }
    // Looking is free, and leaving asks nothing.
    let mut stage = three(GlyphSet::Braille, Palette::Mono);
    let settings: Option<Settings> = stage.app.run.settings.clone();
    stage.press("3+-=f?\u{1b}f1");
    assert_eq!((stage.app.run.settings.clone(), stage.app.status.clone()), (settings, None));
    stage.press("q");
    assert!(matches!(stage.effects.last(), Some(Effect::Exit(Exit::Quit(Some(_))))), "{:?}", stage.effects.last());
    assert!(!stage.effects.iter().any(|effect| matches!(effect, Effect::Send(Command::Stop))));
}

#[test]
fn scales_smoothing_and_pages_take_the_other_runs_along() {
    for keys in ["2", "2y", "2yy", "2m", "2mm", "2x", "2xmygy", "2+<", "3ym", "4", "5", "6"] {
        let mut stage = three(GlyphSet::Braille, Palette::Mono);
        stage.press(keys);
        let charts = keys.starts_with(['2', '3']);
        for (width, height) in [(200, 50), (120, 36), (60, 16)] {
            let text = stage.text(width, height);
            assert!(text.contains(" runs"), "{keys:?}: {text}");
            // Each run has its number on its lines, at least where there is room.
            let body: String = text.lines().skip(3).collect();
            let numbered =
                ['2', '3'].iter().all(|&run| ['c', 'g'].iter().any(|&of| body.contains(&format!("{run}{of}"))));
            assert!(!charts || keys.starts_with('3') || width < 120 || numbered, "{keys:?}: {text}");
        }
    }
}
