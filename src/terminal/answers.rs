//! What a terminal says of itself, picked out of what is typed.
//!
//! A terminal answers questions on the line on which keys come. [`Filter`] takes the answers out, in whatever pieces and
//! however late they come, and passes on everything else as it was. It holds back what may be the beginning of an
//! answer; the caller says when nothing has followed for a while.

const ESC: u8 = 0x1b;
/// An answer that has become longer than this is none.
const LONGEST: usize = 1024;
/// How many times in a row nothing may follow before the rest of an answer is given up.
const SILENCES: usize = 20;

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The primary device attributes (DA1): what every terminal tells.
    Attributes(Vec<u16>),
    /// Name and version (XTVERSION).
    Version(String),
    /// Whether kitty's graphics are there.
    Kitty(bool),
    /// Width and height of a cell in pixels.
    Cell(u16, u16),
}

/// Takes answers out of bytes.
#[derive(Debug, Default)]
pub(super) struct Filter {
    /// What may be the beginning of an answer.
    held: Vec<u8>,
    /// Whether a lone escape had ended a piece: with what follows it would look like another key.
    lone: bool,
    silences: usize,
}

/// What a sequence is, as far as it has come.
enum Stage {
    /// It may become an answer.
    Open,
    /// It is the beginning of an answer and of no key.
    Answering,
    Answer(Option<Answer>),
    /// Its last two bytes begin another one.
    Broken,
    Keys,
}

impl Filter {
    /// Whether something is held back.
    pub(super) fn holds(&self) -> bool {
        !self.held.is_empty()
    }

    /// Takes in what has come. Gives the keys, in pieces to be read one by one, and the answers.
    pub(super) fn push(&mut self, bytes: &[u8]) -> (Vec<Vec<u8>>, Vec<Answer>) {
        let (mut pieces, mut answers) = (vec![Vec::new()], Vec::new());
        self.silences = 0;
        for &byte in bytes {
            self.take(byte, &mut pieces, &mut answers);
        }
        self.lone = self.held == [ESC];
        pieces.retain(|piece| !piece.is_empty());
        (pieces, answers)
    }

    fn take(&mut self, byte: u8, pieces: &mut Vec<Vec<u8>>, answers: &mut Vec<Answer>) {
        if byte == ESC && !self.held.is_empty() && !matches!(stage_of(&self.held), Stage::Answering) {
            // What was begun is over.
            self.release(pieces);
        }
        self.held.push(byte);
        if self.held[0] != ESC {
            return self.release(pieces);
        }
        let mut stage = stage_of(&self.held);
        if matches!(stage, Stage::Broken) {
            self.held.drain(..self.held.len() - 2);
            stage = stage_of(&self.held);
        }
        match stage {
            Stage::Open => {}
            Stage::Answering if self.held.len() < LONGEST => {}
            Stage::Answering => self.held.clear(),
            Stage::Answer(answer) => {
                answers.extend(answer);
                self.held.clear();
            }
            Stage::Keys | Stage::Broken => self.release(pieces),
        }
        self.lone &= self.holds();
    }

    /// Passes on what is held.
    fn release(&mut self, pieces: &mut Vec<Vec<u8>>) {
        let mut held = std::mem::take(&mut self.held);
        let sequence = held.get(1) == Some(&b'[');
        if std::mem::take(&mut self.lone) && !sequence {
            let rest = held.split_off(1);
            pieces.push(held);
            pieces.push(rest);
        } else if let Some(last) = pieces.last_mut() {
            last.extend(held);
        }
    }

    /// Takes in that nothing has followed for a while. Gives the keys that were held.
    pub(super) fn let_go(&mut self) -> Vec<Vec<u8>> {
        self.silences += 1;
        let mut pieces = vec![Vec::new()];
        match stage_of(&self.held) {
            Stage::Answering if self.silences < SILENCES => {}
            Stage::Answering => self.held.clear(),
            _ => self.release(&mut pieces),
        }
        pieces.retain(|piece| !piece.is_empty());
        pieces
    }
}

/// What a sequence that begins with an escape is. Strings are `ESC _ G … ESC \` and `ESC P > | … ESC \`.
fn stage_of(held: &[u8]) -> Stage {
    match held {
        [] | [ESC] | [ESC, b'_' | b'P' | b'['] | [ESC, b'P', b'>'] => Stage::Open,
        [ESC, b'_', b'G', text @ ..] => string(text, |text| {
            // `i=31;OK`, or another word for what is wrong.
            text.contains(';').then(|| Answer::Kitty(text.ends_with(";OK")))
        }),
        [ESC, b'P', b'>', b'|', text @ ..] => string(text, |text| Some(Answer::Version(text.to_owned()))),
        [ESC, b'[', parameters @ .., last] => match last {
            0x40..=0x7e => control(parameters, *last),
            0x20..=0x3f if held.len() < LONGEST => match held[2] {
                // No key begins so, nor does the mouse (`<`).
                b'='..=b'?' => Stage::Answering,
                _ => Stage::Open,
            },
            _ => Stage::Keys,
        },
        _ => Stage::Keys,
    }
}

fn string(text: &[u8], read: impl FnOnce(&str) -> Option<Answer>) -> Stage {
    match text {
        [text @ .., ESC, b'\\'] => Stage::Answer(std::str::from_utf8(text).ok().and_then(read)),
        // This one has no end.
        [.., ESC, _] => Stage::Broken,
        _ => Stage::Answering,
    }
}

/// A whole control sequence.
fn control(parameters: &[u8], last: u8) -> Stage {
    let text = String::from_utf8_lossy(parameters);
    let numbers = |text: &str| text.split(';').filter_map(|number| number.parse().ok()).collect::<Vec<u16>>();
    match (text.strip_prefix('?'), last) {
        (Some(attributes), b'c') => Stage::Answer(Some(Answer::Attributes(numbers(attributes)))),
        _ if text.starts_with(|first| ('='..='?').contains(&first)) => Stage::Answer(None),
        (None, b't') => match numbers(&text)[..] {
            [6, height, width] if height > 0 && width > 0 => Stage::Answer(Some(Answer::Cell(width, height))),
            _ => Stage::Answer(None),
        },
        _ => Stage::Keys,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWERS: &[u8] = b"\x1b_Gi=31;OK\x1b\\\x1bP>|tmux 3.4\x1b\\\x1b[6;18;9t\x1b[?62;4;22c";

    fn told() -> Vec<Answer> {
        let version = Answer::Version("tmux 3.4".into());
        vec![Answer::Kitty(true), version, Answer::Cell(9, 18), Answer::Attributes(vec![62, 4, 22])]
    }

    #[test]
    fn answers_are_picked_out_wherever_they_are_split() {
        for split in 0..=ANSWERS.len() {
            let typed = [b"a\x1b[A", &ANSWERS[..split]].concat();
            let mut filter = Filter::default();
            let (mut keys, mut answers) = filter.push(&typed);
            // A pause in the middle of an answer loses nothing but in what could be a key.
            let (more, rest) = filter.push(&[&ANSWERS[split..], b"\x1bOPz"].concat());
            keys.extend(more);
            answers.extend(rest);
            assert_eq!((keys.concat(), answers), (b"a\x1b[A\x1bOPz".to_vec(), told()), "split at {split}");
        }
    }

    #[test]
    fn a_pause_within_an_answer_is_waited_out() {
        let mut filter = Filter::default();
        for piece in [&b"\x1b_Gi=3"[..], b"1;O", b"K\x1b", b"\\\x1bP>|x", b"\x1b\\\x1b[?6", b"2c"] {
            let (keys, _) = filter.push(piece);
            assert!(keys.is_empty() && (0..5).all(|_| filter.let_go().is_empty()), "{piece:?}");
        }
        assert!(!filter.holds());
        // But not for ever: one that never ends is dropped.
        filter.push(b"\x1b_Gi=31");
        assert!((0..SILENCES).all(|_| filter.let_go().is_empty()) && !filter.holds());
        assert_eq!(filter.push(b"q").0, [b"q"]);
        filter.push(&[b"\x1b_G", &[b'x'; 2 * LONGEST][..]].concat());
        assert_eq!(filter.push(b"q").0.concat().last(), Some(&b'q'));
    }

    #[test]
    fn keys_pass_as_they_were() {
        let typed = "q\r\x1b[A\x1b[1;5C\x1b[6~\x1b[6;5~\x1bOQ\x1bx\x1b_x\x1bPx\x1b\x1b[Bé\x1b[200~p\x1b[201~\x1b[[A";
        for split in 0..=typed.len() {
            let mut filter = Filter::default();
            let mut keys = filter.push(&typed.as_bytes()[..split]).0;
            keys.extend(filter.push(&typed.as_bytes()[split..]).0);
            keys.extend(filter.let_go());
            assert_eq!(keys.concat(), typed.as_bytes(), "split at {split}");
        }
    }

    #[test]
    fn an_escape_stays_a_key_of_its_own() {
        let mut filter = Filter::default();
        assert!(filter.push(b"\x1b").0.is_empty() && filter.holds());
        assert_eq!(filter.push(b"q").0, [&b"\x1b"[..], b"q"]);
        assert!(filter.push(b"\x1b").0.is_empty());
        assert_eq!(filter.let_go(), [b"\x1b"]);
        // One before an answer, in one piece with it.
        let (keys, answers) = filter.push(b"\x1b\x1b[?6c");
        assert_eq!((keys.concat(), answers), (b"\x1b".to_vec(), vec![Answer::Attributes(vec![6])]));
        // Together it is another key.
        assert_eq!(filter.push(b"\x1bq").0, [b"\x1bq"]);
    }

    #[test]
    fn nonsense_is_no_answer() {
        for (nonsense, answers) in [
            (&b"\x1b_Gnonsense\x1b\\"[..], vec![]),
            (b"\x1b_Gi=31;ENOTSUPPORTED:no\x1b\\", vec![Answer::Kitty(false)]),
            (b"\x1b_G\xff;OK\x1b\\", vec![]),
            (b"\x1b[>0;276;0c\x1b[=x\x1b[?;;99999999;c", vec![Answer::Attributes(vec![])]),
            (b"\x1b[6;0;0t\x1b[8;1;2t\x1b[6;1t", vec![]),
            (b"\x1bP>|cut\x1b[?1;2c", vec![Answer::Attributes(vec![1, 2])]),
        ] {
            assert_eq!(Filter::default().push(nonsense).1, answers, "{nonsense:?}");
        }
    }
}
