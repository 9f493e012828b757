//! Sizes and keys in any order: nothing panics, and the screen is right when it is over.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use gantop::domain::seed::{Rng, Stream, rng};
use gantop::link::{Report, RunState};
use gantop::terminal::Event;
use gantop::ui::{Message, Options};
use rand::Rng as _;
use ratatui::layout::Size;

use crate::program::dashboard::{WIDE, assert_drawn_right, press, under_way};
use crate::support::records::*;
use crate::support::runs::*;
use crate::support::snapshots::*;
use crate::support::stage::*;

/// The largest terminal.
const LARGEST: (u16, u16) = (400, 120);

fn size(random: &mut Rng) -> Size {
    // Small ones as often as large ones.
    let side = |most: u16, random: &mut Rng| {
        if random.r#gen() { random.gen_range(1..=most) } else { random.gen_range(1..=most.min(60)) }
    };
    let width = side(LARGEST.0, random);
    Size::new(width, side(LARGEST.1, random))
}

/// Any key that a terminal can send.
fn any_key(random: &mut Rng) -> KeyEvent {
    use KeyCode::*;
    const NAMED: [KeyCode; 16] =
        [Enter, Esc, Tab, BackTab, Backspace, Delete, Up, Down, Left, Right, Home, End, PageUp, PageDown, Insert, F(5)];
    let code = match random.gen_range(0..4) {
        0 => NAMED[random.gen_range(0..NAMED.len())],
        // Letters of use are more likely to meet than those of the whole of Unicode.
        1 => Char(random.r#gen()),
        _ => Char(random.gen_range(' '..='~')),
    };
    let modifiers = match random.gen_range(0..8) {
        0 => KeyModifiers::CONTROL,
        1 => KeyModifiers::ALT,
        2 => KeyModifiers::SHIFT,
        _ => KeyModifiers::NONE,
    };
    KeyEvent::new(code, modifiers)
}

/// Keys, sizes and reports in any order; each size is drawn.
pub fn storm(seed: u64, sizes: usize) {
    let random = &mut rng(seed, Stream::Data, 0);
    let digits_run = random.r#gen::<bool>();
    let mut stage = Stage::new(Options::default());
    stage.report(Report::Started(Box::new(if digits_run { digits() } else { ring() })));
    let mut step = 1;
    for _ in 0..sizes {
        for _ in 0..random.gen_range(0..6) {
            stage.message(Message::Input(Event::Key(any_key(random))));
        }
        match random.gen_range(0..12) {
            0..=2 => {
                let last = step + random.gen_range(0..50);
                stage.report(Report::Steps(records(step, last)));
                step = last + 1;
            }
            3 if digits_run => drop(stage.report(Report::Snapshot(Box::new(digits_snapshot(step, 16))))),
            3 => drop(stage.report(Report::Snapshot(Box::new(ring_snapshot(step))))),
            4 => drop(stage.report(applied(step, "constraint.clip", "0.01", "0.02", None))),
            5 => drop(stage.report(state(step, RunState::Paused, Some("a test pauses it")))),
            6 => drop(stage.message(Message::Input(Event::Paste("0.02\n\u{1b}[31m\u{202e}".to_owned())))),
            _ => {}
        }
        let size = size(random);
        stage.text(size.width, size.height);
        stage.effects.clear();
    }
    // Out of whatever is open; then the screen is that of a run.
    for _ in 0..4 {
        stage.message(Message::Input(Event::Key(ctrl('g'))));
    }
    stage.press("1");
    let screen = stage.text(120, 36);
    assert!(screen.starts_with(" gantop"), "{screen}");
    assert!(screen.lines().last().is_some_and(|footer| footer.contains("q quit")), "{screen}");
}

#[test]
fn no_order_of_keys_and_sizes_is_too_much() {
    for seed in 0..4 {
        storm(seed, 60);
    }
}

#[test]
#[ignore = "a minute of random keys and 10,000 sizes; cargo test --release -- --ignored storm"]
fn ten_thousand_sizes_and_random_keys() {
    for seed in 100..200 {
        storm(seed, 100);
    }
}

/// Thousands of sizes and keys at the built program's terminal: it goes on, and shows what it shows when it draws
/// everything anew.
fn terminal_storm(sizes: usize) {
    let Some(mut pty) = under_way(&[]) else { return };
    let random = &mut rng(5, Stream::Data, 0);
    // No key that leaves, suspends or stops the run.
    const KEYS: &[&str] = &[
        "\t", "?", "o", "c", "k", "f", "1", "2", "3", "4", "5", "6", "+", "-", "h", "l", "j", "\x07", "\x1b[A",
        "\x1b[D", " ", "é", "\x0c", "L",
    ];
    for _ in 0..sizes {
        let Size { width, height } = size(random);
        pty.resize_unseen((height, width));
        if random.gen_range(0..4) == 0 {
            press(&mut pty, KEYS[random.gen_range(0..KEYS.len())]);
        }
    }
    // Another size than the last one: a redraw for sure.
    pty.resize_unseen((24, 80));
    std::thread::sleep(Duration::from_millis(500));
    pty.resize(WIDE);
    press(&mut pty, "\x07\x07\x07\x071");
    pty.wait_for("the footer of 120×36", |screen| {
        screen.rows(0, 120).nth(35).is_some_and(|line| line.contains("q quit"))
    });
    assert_drawn_right(&mut pty);
    press(&mut pty, "qy");
    assert_eq!(pty.end().exit_code(), 0);
    pty.assert_restored();
}

#[test]
fn a_terminal_in_a_storm_shows_the_right_screen_afterwards() {
    terminal_storm(300);
}

#[test]
#[ignore = "10,000 sizes of a real pseudo-terminal; cargo test -- --ignored storm"]
fn ten_thousand_sizes_of_a_terminal() {
    terminal_storm(10_000);
}
