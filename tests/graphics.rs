//! Pictures on terminals that draw them: a scripted terminal answers what the program asks, in a pseudo-terminal.
//!
//! What is drawn follows from the answers alone, and no answer looks like a key, however it comes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyModifiers};
use gantop::config::Images;
use gantop::link::{Report, Snapshot};
use gantop::terminal::graphics::{CellSize, Picture, Placed, Wish};
use gantop::terminal::{Event, Terminal};
use gantop::ui::Message;
use gantop::ui::draw::glyphs::GlyphSet;
use gantop::ui::draw::image_grid::{self, ImageCache};
use gantop::ui::pages::samples;
use ratatui::Frame;
use ratatui::buffer::Cell;
use ratatui::layout::Rect;
use ratatui::widgets::Paragraph;

use crate::pages::images;
use crate::support::TEST_TIMEOUT;
use crate::support::pty::{Pty, again};
use crate::support::snapshots::digits_snapshot;
use crate::support::stage::Stage;

/// Set for the child.
const CHILD: &str = "GANTOP_TEST_GRAPHICS";
/// Set for a child that asks for the background, too.
const GROUND: &str = "GANTOP_TEST_GROUND";
/// Where the child hangs its picture.
const AREA: Rect = Rect::new(4, 10, 6, 3);

// ---------------------------------------------------------------- the child

/// Not a test but the program under test, when this binary is run again inside a pseudo-terminal. It shows what it knows
/// of the terminal and the keys it got; 1 hangs a picture, 2 another one, 0 none.
#[test]
fn child() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let mut terminal = Terminal::enter(None).unwrap();
    let events = terminal.events();
    let ground = std::env::var_os(GROUND).is_some();
    terminal.seek(Wish::new(Images::Auto, true, |name| std::env::var(name).ok()), ground).unwrap();
    let (mut keys, mut shade) = (String::new(), None);
    let mut painted: Option<(u8, Arc<Picture>)> = None;
    loop {
        let cell = terminal.pictures();
        let cells = cell.map_or("no pictures".into(), |cell| format!("cells of {}×{}", cell.width, cell.height));
        let ground = terminal.is_bright().map_or("unknown", |bright| if bright { "bright" } else { "dark" });
        let text = format!("READY\n{cells}\nground {ground}\nkeys {keys}.");
        let picture = cell.zip(shade).map(|(cell, shade)| {
            let (width, height) = (usize::from(AREA.width * cell.width), usize::from(AREA.height * cell.height));
            let kept = painted.take().filter(|(of, _)| *of == shade).map(|(_, picture)| picture);
            let paint = || Arc::new(Picture { width, height, pixels: vec![shade; 3 * width * height] });
            let picture = kept.unwrap_or_else(paint);
            painted = Some((shade, picture.clone()));
            Placed { area: AREA, picture }
        });
        let view = |frame: &mut Frame| {
            frame.render_widget(Paragraph::new(text), frame.area());
            picture
        };
        terminal.draw(view).unwrap();
        match events.recv_timeout(TEST_TIMEOUT).unwrap() {
            Event::Key(key) if key.modifiers == KeyModifiers::CONTROL => terminal.suspend().unwrap(),
            Event::Key(key) => match key.code {
                KeyCode::Char('q') => break,
                KeyCode::Char('0') => shade = None,
                KeyCode::Char('1') => shade = Some(0),
                KeyCode::Char('2') => shade = Some(255),
                KeyCode::Char(typed) if key.modifiers.is_empty() => keys.push(typed),
                other => keys.push_str(&format!("<{} {other:?}>", key.modifiers)),
            },
            _ => {}
        }
    }
    terminal.leave();
}

// ---------------------------------------------------------------- the terminal

const WHO: &[u8] = b"\x1b[>0q\x1b[16t\x1b[c";
const KITTY: &[u8] = b"\x1b_Gi=31,s=1,v=1,a=q";

/// A child that has asked who the terminal is.
fn asked(term: &str) -> Option<Pty> {
    asked_for(term, false)
}

/// The same, which has asked for the background before that, if it is to.
fn asked_for(term: &str, ground: bool) -> Option<Pty> {
    let mut command = again("graphics::child");
    command.env(CHILD, "1");
    if ground {
        command.env(GROUND, "1");
    }
    command.env("TERM", term);
    for name in ["TMUX", "STY"] {
        command.env_remove(name);
    }
    let pty = Pty::start(command, (24, 80))?;
    wait_for_bytes(&pty, WHO);
    Some(pty)
}

/// How often some bytes stand in others.
fn count(bytes: &[u8], wanted: &[u8]) -> usize {
    bytes.windows(wanted.len()).filter(|window| *window == wanted).count()
}

#[track_caller]
fn wait_for_bytes(pty: &Pty, wanted: &[u8]) {
    wait_for_count(pty, wanted, 1);
}

#[track_caller]
fn wait_for_count(pty: &Pty, wanted: &[u8], times: usize) {
    let start = Instant::now();
    while count(&pty.bytes(), wanted) < times {
        let escaped = wanted.escape_ascii();
        assert!(
            start.elapsed() < TEST_TIMEOUT,
            "“{escaped}” did not come {times} times:\n{}",
            pty.bytes().escape_ascii()
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[track_caller]
fn ends(mut pty: Pty) -> Vec<u8> {
    pty.type_keys(b"q");
    assert_eq!(pty.end().exit_code(), 0);
    pty.assert_restored();
    pty.bytes()
}

/// What begins a picture in each of the protocols.
const STARTS: [&[u8]; 3] = [b"\x1b_Ga=T", b"\x1b]1337;File=", b"\x1bP0;1;0q"];

/// A child on kitty.
fn on_kitty() -> Option<Pty> {
    let mut pty = asked("xterm-kitty")?;
    pty.type_keys(b"\x1bP>|kitty(0.35.1)\x1b\\\x1b[6;18;9t\x1b[?62;c");
    wait_for_bytes(&pty, KITTY);
    pty.type_keys(b"\x1b_Gi=31;OK\x1b\\\x1b[?62;c");
    pty.wait_for_text("cells of 9×18");
    Some(pty)
}

/// TERM, what is said to the first questions and to kitty's, if that comes, and what a picture begins with.
type Case = (&'static str, &'static [u8], Option<&'static [u8]>, Option<&'static [u8]>);

#[test]
fn what_the_terminal_says_decides_what_is_drawn() {
    let no = None;
    let cases: [Case; 7] = [
        (
            "xterm-kitty",
            b"\x1bP>|kitty(0.35.1)\x1b\\\x1b[6;18;9t\x1b[?62;c",
            Some(b"\x1b_Gi=31;OK\x1b\\\x1b[?62;c"),
            Some(STARTS[0]),
        ),
        ("xterm-256color", b"\x1bP>|iTerm2 3.5.0\x1b\\\x1b[6;18;9t\x1b[?62;4c", Some(b"\x1b[?62;4c"), Some(STARTS[1])),
        (
            "xterm-256color",
            b"\x1bP>|XTerm(390)\x1b\\\x1b[6;18;9t\x1b[?64;1;2;4;6c",
            Some(b"\x1b[?64;1;2;4;6c"),
            Some(STARTS[2]),
        ),
        ("tmux-256color", b"\x1bP>|tmux 3.4\x1b\\\x1b[6;18;9t\x1b[?1;2;4c", no, Some(STARTS[2])),
        // Before 3.4 it passes nothing on, whatever it claims; and it would take kitty's question for a title.
        ("xterm-256color", b"\x1bP>|tmux 3.2a\x1b\\\x1b[6;18;9t\x1b[?1;2;4c", no, no),
        ("vt220", b"\x1b[?62;c", Some(b"\x1b[?62;c"), no),
        (
            "xterm-256color",
            b"\x1bP>|\xff\x1b\\\x1b[6;0;0t\x1b[>x\x1b[?;;c",
            Some(b"\x1b_Gi=31;ENOTSUP:no\x1b\\\x1b[?;4444444c"),
            no,
        ),
    ];
    for (term, who, kitty, starts) in cases {
        let Some(mut pty) = asked(term) else { return };
        pty.type_keys(&[b"a", who, b"b"].concat());
        if let Some(kitty) = kitty {
            wait_for_bytes(&pty, KITTY);
            pty.type_keys(&[b"c", kitty, b"d"].concat());
        } else {
            pty.type_keys(b"cd");
        }
        pty.wait_for_text("keys abcd.");
        pty.wait_for_text(if starts.is_some() { "cells of 9×18" } else { "no pictures" });
        pty.type_keys(b"1x");
        pty.wait_for_text("keys abcdx.");
        let bytes = ends(pty);
        for start in STARTS {
            let wanted = usize::from(starts == Some(start));
            assert_eq!(count(&bytes, start), wanted, "{term} {}: {}", who.escape_ascii(), start.escape_ascii());
        }
        assert_eq!(count(&bytes, KITTY), usize::from(kitty.is_some()));
    }
}

#[test]
fn a_terminal_that_says_nothing_is_waited_for_a_moment_only() {
    let Some(mut pty) = asked("xterm-256color") else { return };
    let start = Instant::now();
    pty.type_keys(b"a\x1b");
    pty.wait_for_text("READY");
    let waited = start.elapsed();
    println!("the first frame came after {waited:?}");
    pty.wait_for_text("keys a< Esc>.");
    pty.type_keys(b"1\x1b[Ax");
    pty.wait_for_text("keys a< Esc>< Up>x.");
    assert!(pty.contents().contains("no pictures"));
    assert_eq!(count(&ends(pty), KITTY), 0);
}

#[test]
fn late_answers_in_pieces_are_no_keys_and_count() {
    let Some(mut pty) = asked("xterm-256color") else { return };
    pty.wait_for_text("no pictures");
    std::thread::sleep(Duration::from_millis(300));
    let pieces: [&[u8]; 8] = [b"a\x1bP", b">|kit", b"ty(0.35)", b"\x1b", b"\\\x1b[6;1", b"8;9t", b"\x1b[?", b"62cb"];
    for piece in pieces {
        pty.type_keys(piece);
        std::thread::sleep(Duration::from_millis(40));
    }
    wait_for_bytes(&pty, KITTY);
    std::thread::sleep(Duration::from_millis(300));
    for piece in [&b"\x1b_Gi=31;"[..], b"OK\x1b\\", b"c\x1b[?6", b"2c"] {
        pty.type_keys(piece);
        // In the middle of an answer a pause may be long.
        std::thread::sleep(Duration::from_millis(250));
    }
    pty.wait_for_text("cells of 9×18");
    pty.type_keys(b"1d");
    pty.wait_for_text("keys abcd.");
    assert_eq!(count(&ends(pty), STARTS[0]), 1);
}

#[test]
fn the_background_is_asked_for_and_no_answer_is_a_key() {
    let cases: [(&[u8], &str); 5] = [
        (b"\x1b]11;rgb:ffff/ffff/dddd\x1b\\", "ground bright"),
        (b"\x1b]11;rgb:00/2b/36\x07", "ground dark"),
        // tmux and others that do not know it, one that says nonsense, and one that never ends it.
        (b"", "ground unknown"),
        (b"\x1b]11;mauve\x1b\\", "ground unknown"),
        (b"\x1b]11;rgb:ffff/ffff/dddd", "ground unknown"),
    ];
    for (answer, ground) in cases {
        let Some(mut pty) = asked_for("tmux-256color", true) else { return };
        assert_eq!(count(&pty.bytes(), b"\x1b]11;?\x1b\\"), 1);
        // In pieces, as a slow line brings it.
        for piece in answer.chunks(5) {
            pty.type_keys(piece);
        }
        pty.type_keys(b"\x1bP>|tmux 3.4\x1b\\\x1b[6;18;9t\x1b[?1;2cxy");
        pty.wait_for_text("keys xy.");
        assert!(pty.contents().contains(ground), "{ground}: {}", pty.contents());
        ends(pty);
    }
}

#[test]
fn a_background_that_is_told_late_counts() {
    let Some(mut pty) = asked_for("tmux-256color", true) else { return };
    pty.wait_for_text("ground unknown");
    pty.type_keys(b"\x1b]11;rgb:eeee/eeee/eeee\x1b\\\x1b[?1;2cz");
    pty.wait_for_text("ground bright");
    pty.wait_for_text("keys z.");
    ends(pty);
}

// ---------------------------------------------------------------- what hangs

#[test]
fn a_picture_is_sent_once_and_goes_with_its_place() {
    let Some(mut pty) = on_kitty() else { return };
    pty.type_keys(b"1a");
    pty.wait_for_text("keys a.");
    pty.type_keys(b"bc");
    pty.wait_for_text("keys abc.");
    assert_eq!(count(&pty.bytes(), STARTS[0]), 1, "it is sent again without need");
    // Another one takes its place, and is the only one then.
    pty.type_keys(b"2");
    wait_for_count(&pty, STARTS[0], 2);
    wait_for_count(&pty, b"\x1b_Ga=d,d=I,i=1735094896,", 1);
    pty.type_keys(b"0d");
    pty.wait_for_text("keys abcd.");
    wait_for_count(&pty, b"\x1b_Ga=d,d=I,i=1735094897,", 1);
    pty.type_keys(b"1e");
    pty.wait_for_text("keys abcde.");
    assert_eq!(count(&pty.bytes(), STARTS[0]), 3);
    // Another size: it is deleted, and drawn anew.
    pty.resize((30, 90));
    wait_for_count(&pty, STARTS[0], 4);
    wait_for_count(&pty, b"\x1b_Ga=d,d=I,i=1735094896,", 2);
    // Suspended, with nobody to continue it: the same.
    pty.type_keys(b"\x1a");
    wait_for_count(&pty, STARTS[0], 5);
    wait_for_count(&pty, b"\x1b_Ga=d,d=I,i=1735094897,", 2);
    let bytes = ends(pty);
    let last = |wanted: &[u8]| bytes.windows(wanted.len()).rposition(|window| window == wanted).unwrap();
    let (drawn, deleted, left) = (last(STARTS[0]), last(b"\x1b_Ga=d,d=I,i="), last(b"\x1b[?1049l"));
    assert!(drawn < deleted && deleted < left, "{drawn} {deleted} {left}");
}

#[test]
fn blanks_are_written_where_a_sixel_was() {
    let Some(mut pty) = asked("tmux-256color") else { return };
    pty.type_keys(b"\x1bP>|tmux 3.5a\x1b\\\x1b[6;18;9t\x1b[?1;2;4c");
    pty.wait_for_text("cells of 9×18");
    pty.type_keys(b"1a");
    wait_for_bytes(&pty, STARTS[2]);
    let row = |y: u16| format!("\x1b[{};{}H      ", AREA.y + y + 1, AREA.x + 1);
    let blanks = format!("{}{}{}", row(0), row(1), row(2));
    assert_eq!(count(&pty.bytes(), blanks.as_bytes()), 0);
    pty.type_keys(b"0");
    wait_for_count(&pty, blanks.as_bytes(), 1);
    pty.type_keys(b"1");
    wait_for_count(&pty, STARTS[2], 2);
    let bytes = ends(pty);
    assert_eq!(count(&bytes, blanks.as_bytes()), 2, "left on the screen");
}

// ---------------------------------------------------------------- the dashboard

const CELL: CellSize = CellSize { width: 8, height: 16 };

/// The picture that belongs on this screen, the cells below it being blank.
#[track_caller]
fn picture(stage: &mut Stage, cache: &mut ImageCache, (width, height): (u16, u16)) -> Option<Placed> {
    stage.text(width, height);
    let placed = cache.picture(image_grid::of(&stage.app, Rect::new(0, 0, width, height)))?;
    let terminal = stage.terminal(width, height);
    let buffer = terminal.backend().buffer();
    assert!(placed.area.positions().all(|at| buffer[at] == Cell::default()), "something is written below the picture");
    assert_eq!(placed.picture.width, usize::from(placed.area.width * CELL.width));
    assert_eq!(placed.picture.height, usize::from(placed.area.height * CELL.height));
    Some(placed)
}

#[test]
fn the_pages_with_images_leave_room_for_a_picture() {
    for size in [(60, 16), (80, 24), (120, 36), (200, 50)] {
        for page in ["1", "4"] {
            let (mut stage, mut cache) = (images(GlyphSet::Braille), ImageCache::default());
            stage.press(page);
            assert!(picture(&mut stage, &mut cache, size).is_none(), "no terminal has said that it draws pictures");
            let blocks = stage.text(size.0, size.1);
            stage.message(Message::Pictures(Some(CELL)));
            let shown = picture(&mut stage, &mut cache, size).expect("there is room");
            // What does not change it leaves it as it is; what may lie over it hides it.
            let again = picture(&mut stage, &mut cache, size).unwrap();
            assert!(Arc::ptr_eq(&shown.picture, &again.picture));
            assert!(picture(stage.press("?"), &mut cache, size).is_none(), "a picture lies over the help");
            let again = picture(stage.press("q"), &mut cache, size).unwrap();
            assert!(Arc::ptr_eq(&shown.picture, &again.picture));
            assert!(picture(stage.press("2"), &mut cache, size).is_none());
            let step = stage.app.run.step + 1;
            // The same images again need not be sent again.
            stage.press(page).report(Report::Snapshot(Box::new(digits_snapshot(step, 64))));
            assert!(Arc::ptr_eq(&shown.picture, &picture(&mut stage, &mut cache, size).unwrap().picture));
            let fake = digits_snapshot(step, 64).fake.iter().map(|level| -level).collect();
            stage.report(Report::Snapshot(Box::new(Snapshot { fake, ..digits_snapshot(step, 64) })));
            assert!(!Arc::ptr_eq(&shown.picture, &picture(&mut stage, &mut cache, size).unwrap().picture));
            stage.report(Report::Snapshot(Box::new(digits_snapshot(step, 8))));
            assert!(picture(&mut stage, &mut cache, (59, 16)).is_none());
            assert!(picture(stage.message(Message::Pictures(None)), &mut cache, size).is_none());
            assert_eq!(stage.text(size.0, size.1).lines().count(), blocks.lines().count());
        }
    }
}

#[test]
fn what_there_is_room_for_is_asked_for() {
    let mut stage = images(GlyphSet::Braille);
    stage.press("4").text(200, 50);
    let screen = Rect::new(0, 0, 200, 50);
    let inner = samples::inside(samples::place(&stage.app, screen).unwrap());
    let shape = digits_snapshot(1, 1).shape;
    // Coarser cells hold fewer pixels, and so fewer images that are not made smaller.
    let counts = [(4, 8), (2, 4)].map(|(width, height)| {
        let cell = CellSize { width, height };
        stage.message(Message::Pictures(Some(cell)));
        assert_eq!(
            samples::images_in_sight(&stage.app),
            image_grid::Grid::new(inner, cell, shape, false).unwrap().count()
        );
        samples::images_in_sight(&stage.app)
    });
    assert!(counts[0] > counts[1], "{counts:?}");
}
