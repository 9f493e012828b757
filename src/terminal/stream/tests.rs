use proptest::prelude::*;

use super::super::MouseAct;
use super::*;

/// Everything that terminals send for one thing that happens, and what it is here.
fn sequences() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = Vec::new();
    let mut add = |text: &str| all.push(text.as_bytes().to_vec());
    for last in 'A'..='H' {
        [format!("\x1b[{last}"), format!("\x1bO{last}"), format!("\x1b[1;5{last}"), format!("\x1b[1;2{last}")]
            .iter()
            .for_each(|text| add(text));
    }
    for last in 'P'..='S' {
        [format!("\x1bO{last}"), format!("\x1b[1;3{last}"), format!("\x1bO5{last}")].iter().for_each(|text| add(text));
    }
    for number in 1..=34 {
        [format!("\x1b[{number}~"), format!("\x1b[{number};6~")].iter().for_each(|text| add(text));
    }
    for text in [
        // kitty's and xterm's keys with modifiers, the Linux console's and rxvt's.
        "\x1b[97u",
        "\x1b[113;5u",
        "\x1b[113;1:3u",
        "\x1b[57441;2u",
        "\x1b[27;5;99~",
        "\x1b[[A",
        "\x1b[[E",
        "\x1b[a",
        "\x1bOa",
        "\x1b[Z",
        "\x1b[5;2~",
        "\x1bOM",
        "\x1bOj",
        // The focus, the mouse, the cursor.
        "\x1b[I",
        "\x1b[O",
        "\x1b[M !!",
        "\x1b[MC~q",
        "\x1b[<0;12;7M",
        "\x1b[<0;12;7m",
        "\x1b[32;12;7M",
        "\x1b[12;40R",
        // Pastes.
        "\x1b[200~q\x1b[201~",
        "\x1b[200~\x1b[D[D\r\nqy\x1b[201~",
        "\x1b[200~\x1b[200~é\x1b[20\x1b[201~",
        // Answers.
        "\x1b[?62;4;22c",
        "\x1b[>0;276;0c",
        "\x1b[6;18;9t",
        "\x1b[?2026;2$y",
        "\x1b[?0u",
        "\x1b[0n",
        "\x1b_Gi=31;OK\x1b\\",
        "\x1bP>|tmux 3.4\x1b\\",
        "\x1bP1+r436f=32\x1b\\",
        "\x1b]11;rgb:0000/dDqQ/[[]]\x1b\\",
        "\x1b]11;rgb:ffff/ffff/ffff\x07",
        "\x1b]52;c;cXk=\x1b\\",
        "\x1b^private [D q\x1b\\",
        "\x1bXstring [D q\x1b\\",
        // Characters, and keys that send controls.
        "q",
        "D",
        "[",
        "]",
        "O",
        "P",
        "é",
        "日",
        "🜨",
        "\x1bx",
        "\x1b\r",
        "\x1bé",
        "\r",
        "\t",
        "\x7f",
        "\x0c",
        "\x03",
        " ",
    ] {
        add(text);
    }
    // Of eight bits.
    all.extend([&b"\x9bD"[..], b"\x8fD", b"\x9d0;D\x07", b"\x9fGi=1;D\x1b\\"].map(<[u8]>::to_vec));
    all
}

/// The machine with a clock of its own.
#[derive(Default)]
struct Bench {
    stream: Stream,
    now: Duration,
    items: Vec<Item>,
}

impl Bench {
    fn push(&mut self, bytes: &[u8]) -> &mut Bench {
        self.items.extend(self.stream.push(bytes, self.now));
        self
    }

    fn pause(&mut self, time: Duration) -> &mut Bench {
        let until = self.now + time;
        while let Some(due) = self.stream.due().filter(|due| *due <= until) {
            self.items.extend(self.stream.elapse(due));
        }
        self.now = until;
        self
    }

    fn items(&mut self) -> Vec<Item> {
        self.pause(2 * SILENCE);
        assert_eq!(self.stream.due(), None, "something is waited for in vain");
        std::mem::take(&mut self.items)
    }
}

fn read(bytes: &[u8]) -> Vec<Item> {
    Bench::default().push(bytes).items()
}

fn press(code: KeyCode, modifiers: KeyModifiers) -> Vec<Item> {
    vec![Item::Key(KeyEvent::new(code, modifiers))]
}

fn plain(code: KeyCode) -> Vec<Item> {
    press(code, KeyModifiers::NONE)
}

/// The meaning of a key with Alt: none, so the escape before a character may make one of both.
fn acts(item: &Item) -> bool {
    !matches!(item, Item::Key(key) if key.modifiers.contains(KeyModifiers::ALT))
}

/// Whether all of the first are among the second, in order.
fn are_among(some: &[Item], all: &[Item]) -> bool {
    let mut all = all.iter();
    some.iter().all(|item| all.any(|other| other == item))
}

proptest! {
    #![proptest_config(ProptestConfig::default())]

    #[test]
    fn however_they_are_run_together_and_split_nothing_acts_that_would_not_with_pauses(
        parts in prop::collection::vec((0usize..4, prop::sample::select(sequences())), 1..12),
        // How much comes at once, and the hundredths of a second before the next: at most a second on a slow line.
        pieces in prop::collection::vec((1usize..9, prop_oneof![4 => Just(0u64), 1 => 0u64..=100]), 1..200),
    ) {
        let mut apart = Bench::default();
        let (mut bytes, mut close) = (Vec::new(), Vec::new());
        for (escapes, sequence) in &parts {
            // An escape and one of these letters is the beginning of a sequence, whoever typed it.
            let escapes = if matches!(sequence[..], [letter] if begun(letter).is_some()) { 0 } else { *escapes };
            for _ in 0..escapes {
                apart.push(b"\x1b").pause(2 * SILENCE);
            }
            bytes.extend(std::iter::repeat_n(ESC, escapes));
            apart.push(sequence).pause(2 * SILENCE);
            bytes.extend(sequence);
            // After a pause a key with Alt is the two keys that a person would press.
            if matches!(sequence[..], [ESC, letter, ..] if begun(letter).is_none()) {
                close.push(bytes.len() + 1 - sequence.len());
            }
        }
        let apart: Vec<_> = apart.items();
        let mut together = Bench::default();
        let (mut rest, mut pieces) = (&bytes[..], pieces.iter().cycle());
        while let (false, Some((count, pause))) = (rest.is_empty(), pieces.next()) {
            let (piece, after) = rest.split_at((*count).min(rest.len()));
            let pause = Duration::from_millis(10 * pause);
            let most = if close.contains(&(bytes.len() - after.len())) { LONE / 2 } else { pause };
            together.push(piece).pause(pause.min(most));
            rest = after;
        }
        let is_escape = |item: &Item| *item == Item::Key(KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE));
        // A silence after an escape makes it the key, also where the line was slow.
        let together: Vec<_> = together.items().into_iter().filter(|item| acts(item) && !is_escape(item)).collect();
        prop_assert!(are_among(&together, &apart), "{together:?} of {apart:?}");
    }

    #[test]
    fn any_bytes_leave_it_able_to_hear(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut bench = Bench::default();
        bench.push(&bytes).items();
        prop_assert_eq!(bench.push(b"q").items(), plain(KeyCode::Char('q')));
        // And Ctrl-C at once or after a moment, in the middle of anything.
        bench.push(&bytes).items.clear();
        bench.push(b"\x03").pause(LONE);
        prop_assert!(bench.items.contains(&press(KeyCode::Char('c'), KeyModifiers::CONTROL)[0]), "{:?}", bench.items);
    }
}

#[test]
fn an_escape_before_an_arrow_leaves_an_arrow() {
    for (bytes, code) in
        [(&b"\x1b\x1b[H"[..], KeyCode::Home), (b"\x1b\x1b[D", KeyCode::Left), (b"\x1b\x1bOC", KeyCode::Right)]
    {
        let wanted = [plain(KeyCode::Esc), plain(code)].concat();
        assert_eq!(read(bytes), wanted);
        for split in 1..bytes.len() {
            for pause in [Duration::ZERO, LONE, Duration::from_secs(1)] {
                let items = Bench::default().push(&bytes[..split]).pause(pause).push(&bytes[split..]).items();
                assert!(items.iter().all(|item| wanted.contains(item)), "{bytes:?} at {split}: {items:?}");
                assert_eq!(items.last(), wanted.last(), "{bytes:?} at {split}");
            }
        }
    }
}

#[test]
fn a_lone_escape_is_a_key_after_a_moment() {
    let mut bench = Bench::default();
    bench.push(b"\x1b").pause(LONE - Duration::from_millis(1));
    assert_eq!(bench.items, []);
    bench.pause(Duration::from_millis(1));
    assert_eq!(bench.items, plain(KeyCode::Esc));
    bench.push(b"q");
    assert_eq!(bench.items, [plain(KeyCode::Esc), plain(KeyCode::Char('q'))].concat());
    assert_eq!(read(b"\x1bq"), press(KeyCode::Char('q'), KeyModifiers::ALT));
    assert_eq!(read(b"\x1b\x1b\x1b"), [plain(KeyCode::Esc), plain(KeyCode::Esc), plain(KeyCode::Esc)].concat());
}

#[test]
fn keys_are_those_that_terminals_send() {
    use KeyModifiers as M;
    for (bytes, code, modifiers) in [
        ("q", KeyCode::Char('q'), M::NONE),
        ("Q", KeyCode::Char('Q'), M::SHIFT),
        ("é", KeyCode::Char('é'), M::NONE),
        ("\r", KeyCode::Enter, M::NONE),
        ("\t", KeyCode::Tab, M::NONE),
        ("\x7f", KeyCode::Backspace, M::NONE),
        ("\x0c", KeyCode::Char('l'), M::CONTROL),
        ("\0", KeyCode::Char(' '), M::CONTROL),
        ("\x1b[A", KeyCode::Up, M::NONE),
        ("\x1bOB", KeyCode::Down, M::NONE),
        ("\x1b[1;5C", KeyCode::Right, M::CONTROL),
        ("\x1b[1;2D", KeyCode::Left, M::SHIFT),
        ("\x1b[H", KeyCode::Home, M::NONE),
        ("\x1b[4~", KeyCode::End, M::NONE),
        ("\x1b[6;5~", KeyCode::PageDown, M::CONTROL),
        ("\x1b[Z", KeyCode::BackTab, M::SHIFT),
        ("\x1bOP", KeyCode::F(1), M::NONE),
        ("\x1b[15~", KeyCode::F(5), M::NONE),
        ("\x1b[24;2~", KeyCode::F(12), M::SHIFT),
        ("\x1b[[E", KeyCode::F(5), M::NONE),
        ("\x1b[99;5u", KeyCode::Char('c'), M::CONTROL),
        ("\x1b[27;5;99~", KeyCode::Char('c'), M::CONTROL),
        ("\x1b[1;131C", KeyCode::Right, M::ALT),
    ] {
        assert_eq!(read(bytes.as_bytes()), press(code, modifiers), "{bytes:?}");
    }
    for bytes in ["\x1b[113;1:3u", "\x1b[57441u", "\x1b[I", "\x1b[<0;1;1m", "\x1b[M !!", "\x1b[1;2R", "\x1b[9;9;9;9q"] {
        assert_eq!(read(bytes.as_bytes()), [], "{bytes:?}");
    }
}

#[test]
fn the_mouse_is_read_in_decimal_and_nothing_else_of_it_is() {
    let mouse = |act, x, y| vec![Item::Mouse(Mouse { act, x, y })];
    for (bytes, items) in [
        ("\x1b[<0;1;1M", mouse(MouseAct::Left, 0, 0)),
        ("\x1b[<2;120;36M", mouse(MouseAct::Right, 119, 35)),
        // With Ctrl, Shift and Alt.
        ("\x1b[<84;3;4M", mouse(MouseAct::WheelUp, 2, 3)),
        ("\x1b[<65;3;4M", mouse(MouseAct::WheelDown, 2, 3)),
        // Moved, another button, off the screen, one number less and one more, none.
        ("\x1b[<32;3;4M", vec![]),
        ("\x1b[<1;3;4M", vec![]),
        ("\x1b[<0;0;4M", vec![]),
        ("\x1b[<0;3M", vec![]),
        ("\x1b[<0;3;4;5M", vec![]),
        ("\x1b[<0;99999;4M", vec![]),
        ("\x1b[<M", vec![]),
    ] {
        assert_eq!(read(bytes.as_bytes()), items, "{bytes:?}");
    }
}

#[test]
fn what_ends_a_broken_sequence() {
    let q = plain(KeyCode::Char('q'));
    let ctrl_c = press(KeyCode::Char('c'), KeyModifiers::CONTROL);
    for broken in ["\x1b[1", "\x1b[", "\x1bO", "\x1b[[", "\x1b[M!", "\x1b]0;title", "\x1b_G", "\x1bP", "\x1b"] {
        let with = |rest: &str| read(format!("{broken}{rest}").as_bytes());
        assert_eq!(with("\x18q"), q, "CAN after {broken:?}");
        assert_eq!(with("\x1aq"), q, "SUB after {broken:?}");
        assert_eq!(with("\x03q"), [&ctrl_c[..], &q].concat(), "Ctrl-C after {broken:?}");
        assert_eq!(with("\x1b[A").last(), plain(KeyCode::Up).last(), "an escape after {broken:?}");
        let waited = Bench::default().push(broken.as_bytes()).pause(SILENCE).push(b"q").items();
        assert_eq!(waited.last(), q.last(), "silence after {broken:?}");
    }
    // A person's next key is heard.
    assert_eq!(read(b"\x1b[1\rq"), [plain(KeyCode::Enter), q.clone()].concat());
    // A character that is cut short is none.
    assert_eq!(read(b"\xe6\x97q"), q);
    assert_eq!(read(b"\xff\xfe\xc0\xafq"), q);
}

#[test]
fn a_paste_is_never_keys_and_ends_even_if_its_end_is_lost() {
    let paste = |text: &str| vec![Item::Paste(text.into())];
    assert_eq!(read("\x1b[200~two\nlines é\x1b[201~".as_bytes()), paste("two\nlines é"));
    assert_eq!(read(b"\x1b[200~\x1b[201\x1b[201~"), paste("\x1b[201"));
    // Ctrl-C within what is pasted is not one that was typed.
    assert_eq!(read(b"\x1b[200~a\x03\x03b\x03\x1b[201~"), paste("ab"));
    let mut bench = Bench::default();
    bench.push(b"\x1b[200~lost").pause(SILENCE / 2).push(b"q");
    assert_eq!(bench.items, []);
    bench.push(b"\x03").pause(LONE);
    assert_eq!(bench.items, press(KeyCode::Char('c'), KeyModifiers::CONTROL));
    bench.items.clear();
    bench.pause(SILENCE);
    assert_eq!(bench.items, paste("lostq"));
    assert_eq!(bench.push(b"q").items(), [paste("lostq"), plain(KeyCode::Char('q'))].concat());
}

#[test]
fn nothing_grows_without_a_limit() {
    let mut bench = Bench::default();
    bench.push(b"\x1b[200~");
    for _ in 0..100 {
        bench.push(&[b'q'; 10_000]);
    }
    let State::Paste(paste) = &bench.stream.state else { panic!("{:?}", bench.stream) };
    assert_eq!(paste.kept.bytes.len(), LONGEST_PASTE);
    bench.push(PASTE_END);
    assert!(matches!(&bench.items()[..], [Item::Paste(text)] if text.len() == LONGEST_PASTE));
    for begun in ["\x1b]", "\x1bP>|", "\x1b_G;", "\x1b[", "\x1bO"] {
        bench.push(begun.as_bytes()).push(&[b'1'; 10_000]);
        let (State::Control(text) | State::Shifted(text) | State::String(_, text)) = &bench.stream.state else {
            panic!("{begun:?}: {:?}", bench.stream)
        };
        assert!(text.bytes.len() <= LONGEST_STRING && text.overflowed);
        bench.push(if matches!(begun, "\x1b[" | "\x1bO") { b"A" } else { b"\x1b\\" });
        assert_eq!(bench.items(), [], "{begun:?}");
    }
}

#[test]
fn answers_are_picked_out_wherever_they_are_split() {
    let bytes = b"\x1b_Gi=31;OK\x1b\\\x1bP>|tmux 3.4\x1b\\\x1b[6;18;9t\x1b[?62;4;22c";
    let version = Answer::Version("tmux 3.4".into());
    let told =
        [Answer::Kitty(true), version, Answer::Cell(9, 18), Answer::Attributes(vec![62, 4, 22])].map(Item::Answer);
    for split in 0..=bytes.len() {
        let items = Bench::default().push(&bytes[..split]).pause(Duration::from_secs(1)).push(&bytes[split..]).items();
        let answers: Vec<_> = items.into_iter().filter(|item| *item != plain(KeyCode::Esc)[0]).collect();
        assert_eq!(answers, told, "split at {split}");
    }
    for (nonsense, answers) in [
        (&b"\x1b_Gnonsense\x1b\\"[..], vec![]),
        (b"\x1b_Gi=31;ENOTSUPPORTED:no\x1b\\", vec![Answer::Kitty(false)]),
        (b"\x1b_G\xff;OK\x1b\\", vec![]),
        (b"\x1b[>0;276;0c\x1b[=x\x1b[?;;99999999;c", vec![Answer::Attributes(vec![])]),
        (b"\x1b[6;0;0t\x1b[8;1;2t\x1b[6;1t", vec![]),
        (b"\x1bP>|cut\x1b[?1;2c", vec![Answer::Attributes(vec![1, 2])]),
    ] {
        assert_eq!(read(nonsense), answers.into_iter().map(Item::Answer).collect::<Vec<_>>(), "{nonsense:?}");
    }
}
