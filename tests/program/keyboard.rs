//! What is typed and what a terminal claims, in the program as a whole. The parts are tried in `terminal::stream`.

use std::fs;
use std::time::{Duration, Instant};

use super::dashboard::{press, under_way};
use crate::support::TEST_TIMEOUT;
use crate::support::pty::Pty;
use rustix::process::Signal;

/// Ends the program without a question.
#[track_caller]
fn end(mut pty: Pty) {
    pty.signal(Signal::TERM);
    assert_eq!(pty.end().exit_code(), 143);
    pty.assert_restored();
    pty.assert_modes_off();
}

#[test]
fn escapes_before_an_arrow_do_not_make_its_letters_keys() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let Some(mut pty) = under_way(&["--run-dir", dir.to_str().unwrap()]) else { return };
    press(&mut pty, "\x1b\x1b[H\x1b\x1b[D\x1b\x1b\x1bOC\x1b[1;5D\x1b[<0;3;3M\x1b]11;rgb:dD/[]/cC\x1b\\\x1b[?62;4c");
    // Read after all that.
    press(&mut pty, "p");
    pty.wait_for_text("training paused");
    let journal = fs::read_to_string(dir.join("journal.jsonl")).unwrap();
    let by_a_person: Vec<_> = journal.lines().filter(|line| line.contains(r#""person""#)).collect();
    assert!(by_a_person.iter().all(|line| !line.contains("clip") && !line.contains("constraint")), "{by_a_person:?}");
    assert!(!pty.contents().contains("any other key stays"), "{}", pty.contents());
    end(pty);
}

#[test]
fn ctrl_c_is_heard_in_the_middle_of_anything() {
    for begun in ["\x1b[1", "\x1b[200~a paste without an end", "\x1b]0;a title", "\x1b_G", "\x1b[M!"] {
        let Some(mut pty) = under_way(&[]) else { return };
        press(&mut pty, begun);
        press(&mut pty, "\x03");
        pty.wait_for_text("and quit?");
        end(pty);
    }
}

/// Waits until the program has written this.
#[track_caller]
fn wait_for_bytes(pty: &Pty, wanted: &str) {
    let start = Instant::now();
    while !String::from_utf8_lossy(&pty.bytes()).contains(wanted) {
        assert!(start.elapsed() < TEST_TIMEOUT, "{wanted:?} did not come");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_terminal_of_a_size_that_cannot_be_is_drawn_as_far_as_it_makes_sense() {
    let Some(mut pty) = under_way(&[]) else { return };
    let before = pty.memory();
    pty.resize_unseen((u16::MAX, u16::MAX));
    press(&mut pty, "p");
    wait_for_bytes(&pty, "training paused");
    if let (Some(before), Some(after)) = (before, pty.memory()) {
        assert!(after < before + 100 * 1024, "from {before} kB to {after} kB");
    }
    end(pty);
}

#[test]
fn a_terminal_without_a_size_has_the_usual_one() {
    let Some(mut pty) = under_way(&[]) else { return };
    pty.resize_unseen((0, 0));
    pty.wait_for("a footer in the row of 24", |screen| {
        screen.rows(0, 120).nth(23).is_some_and(|line| line.contains("q quit"))
    });
    end(pty);
}
