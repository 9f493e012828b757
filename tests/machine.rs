//! The line on the machine, and the bright theme.

use std::time::Duration;

use gantop::domain::*;
use gantop::link::*;
use gantop::system::machine::{Gpu, Sample};
use gantop::ui::draw::glyphs::GlyphSet;
use gantop::ui::draw::theme::{Depth, Palette};
use gantop::ui::pages::machine::Load;
use gantop::ui::{Message, Options};
use ratatui::style::Color;

use crate::support::records::*;
use crate::support::runs::*;
use crate::support::snapshots::*;
use crate::support::stage::*;

const GIB: u64 = 1 << 30;

fn load() -> Load {
    Load {
        machine: Sample {
            memory: Some(131 << 20),
            cpu: Some(1.038),
            gpu: Some(Gpu {
                index: 2,
                busy: Some(0.37),
                memory: Some((3 * GIB, 80 * GIB)),
                temperature: Some(45),
                power: Some(119.6),
            }),
        },
        bytes_per_second: 7.9 * 1024.0,
        frames_per_second: 8.0,
    }
}

fn stage(glyphs: GlyphSet, load: Option<Load>) -> Stage {
    let mut stage = Stage::new(Options { glyphs, palette: Palette::Mono, ..Options::default() });
    stage.report(Report::Started(Box::new(ring())));
    stage.report(Report::Steps(records(1, 500)));
    stage.report(Report::Snapshot(Box::new(ring_snapshot(500))));
    if let Some(load) = load {
        stage.message(Message::Machine(Box::new(load)));
    }
    stage
}

/// The line above the footer.
fn line(stage: &mut Stage, width: u16, height: u16) -> String {
    let text = stage.text(width, height);
    text.lines().nth(usize::from(height) - 2).unwrap().to_owned()
}

#[test]
fn the_machine_has_a_line_that_says_less_where_there_is_less_room() {
    let whole = " gpu 2 37 %  memory 3.0 GiB of 80.0 GiB  45 °C  120 W  cpu 104 %  process 131 MiB  screen 7.9 KiB/s  8 frames/s";
    let mut wide = stage(GlyphSet::Braille, Some(load()));
    assert_eq!(line(&mut wide, 120, 36), whole);
    assert_eq!(line(&mut wide, 80, 24), " gpu 2 37 %  memory 3.0 GiB of 80.0 GiB  120 W  cpu 104 %  process 131 MiB");
    let ascii = line(&mut stage(GlyphSet::Ascii, Some(load())), 120, 36);
    assert!(ascii.is_ascii() && ascii.contains("45 C"), "{ascii}");
    // A small screen has better things to show.
    assert!(!wide.text(80, 20).contains("gpu 2"));
    for (width, height) in [(1, 1), (60, 16), (60, 23), (61, 24), (400, 120)] {
        wide.text(width, height);
    }
}

#[test]
fn what_the_system_does_not_tell_is_left_out() {
    let machine = Sample { memory: None, cpu: None, gpu: None };
    let mut bare = stage(GlyphSet::Braille, Some(Load { machine, ..load() }));
    assert_eq!(line(&mut bare, 120, 36), " screen 7.9 KiB/s  8 frames/s");
    let gpu = Some(Gpu { index: 0, power: Some(61.2), ..Gpu::default() });
    let machine = Sample { memory: Some(1 << 30), cpu: Some(0.0), gpu };
    let mut part = stage(GlyphSet::Braille, Some(Load { machine, ..load() }));
    assert!(line(&mut part, 120, 36).starts_with(" 61 W  cpu 0 %  process 1.0 GiB"), "{}", line(&mut part, 120, 36));
}

#[test]
fn without_a_sample_there_is_no_line_and_the_page_has_its_room() {
    let (mut without, mut with) = (stage(GlyphSet::Braille, None), stage(GlyphSet::Braille, Some(load())));
    let (without, with) = (without.text(120, 36), with.text(120, 36));
    assert!(!without.contains("frames/s") && with.contains("frames/s"));
    assert_eq!(without.lines().last(), with.lines().last(), "the footer stays where it is");
}

#[test]
fn merged_records_are_counted() {
    let mut stage = stage(GlyphSet::Braille, Some(load()));
    assert!(!line(&mut stage, 120, 36).contains("merged"));
    let mut span = Span::of(&records(501, 501)[0]);
    records(502, 2500).iter().for_each(|record| span.merge(&Span::of(record)));
    stage.report(Report::Merged(vec![span]));
    assert!(line(&mut stage, 120, 36).contains("2,000 records merged"), "{}", line(&mut stage, 120, 36));
}

#[test]
fn a_screen_at_rest_stays_at_rest() {
    let mut stage = stage(GlyphSet::Braille, Some(load()));
    let dirty = |stage: &mut Stage, load: Load| {
        stage.app.dirty = false;
        stage.message(Message::Machine(Box::new(load)));
        stage.app.dirty
    };
    let mut rest = load();
    (rest.bytes_per_second, rest.frames_per_second) = (0.0, 0.0);
    assert!(dirty(&mut stage, rest.clone()), "the cost has gone");
    // What it cost to say so.
    (rest.bytes_per_second, rest.frames_per_second) = (130.0, 1.0);
    assert!(!dirty(&mut stage, rest.clone()));
    // A byte more in memory is no news, a tenth of a MiB is.
    rest.machine.memory = Some((131 << 20) + 1);
    assert!(!dirty(&mut stage, rest.clone()));
    rest.machine.memory = Some(140 << 20);
    assert!(dirty(&mut stage, rest));
    let mut waiting = Stage::new(Options::default());
    waiting.message(Message::Tick(Duration::from_secs(1)));
    assert!(dirty(&mut waiting, load()), "the first one is news");
}

#[test]
fn the_light_theme_has_dark_colours_and_the_same_text() {
    let mut stage = stage(GlyphSet::Braille, Some(load()));
    stage.app.palette = Palette::Ansi256;
    let dark = stage.text(120, 36);
    for depth in [Depth::Ansi16, Depth::Ansi256, Depth::Truecolor] {
        stage.app.palette = Palette::Light(depth);
        assert_eq!(stage.text(120, 36), dark);
        let terminal = stage.terminal(120, 36);
        let pale = [Color::Yellow, Color::LightBlue, Color::White, Color::Indexed(33), Color::Indexed(208)];
        assert!(terminal.backend().buffer().content.iter().all(|cell| !pale.contains(&cell.fg)), "{depth:?}");
    }
}
