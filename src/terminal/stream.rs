//! Typed input, read as a stream: a state machine that takes bytes in whatever pieces they come.
//!
//! The states are those of ECMA-48 and of the terminals' own parsers, turned round: the terminal writes, we read. A
//! sequence that is known becomes a key or an answer, any other is swallowed whole, and none ever falls apart into the
//! characters of its end. Nothing can make the machine deaf: whatever it is in the middle of is bounded and given up
//! after a silence, and Ctrl-C is heard everywhere.
//!
//! The crate `vte`, which parses the same grammar for terminals, drops the text of APC strings (kitty's answers), keeps
//! OSC strings of any length, and knows neither pastes nor a lone Esc; so this is our own.
//!
//! The time is given, never asked for: [`Stream::due`] says when [`Stream::elapse`] is to be called if nothing comes.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::Mouse;
use super::answers::{self, Answer};
use super::decode;

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;
const CAN: u8 = 0x18;
const SUB: u8 = 0x1a;
/// The byte that Ctrl-C sends.
const INTERRUPT: u8 = 0x03;
/// The end of a paste.
const PASTE_END: &[u8] = b"\x1b[201~";

/// The silence after which an escape is the key Esc, and a Ctrl-C within a paste was typed and not pasted.
pub(super) const LONE: Duration = Duration::from_millis(100);
/// The silence after which what was begun is given up. A slow line may be silent for a second within a sequence.
pub(super) const SILENCE: Duration = Duration::from_millis(1500);
/// The parameters of a sequence beyond this many bytes are swallowed, and the sequence with them.
const LONGEST_PARAMETERS: usize = 64;
/// The same of a string, which may be an answer.
const LONGEST_STRING: usize = 1024;
/// The longest paste in bytes; the rest is swallowed: nothing here takes a text of this length.
pub(super) const LONGEST_PASTE: usize = 1 << 16;

/// An input that has been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    Key(KeyEvent),
    Paste(String),
    Mouse(Mouse),
    Answer(Answer),
}

/// The strings that end with ST.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// APC: kitty's answers.
    Application,
    /// DCS: names and versions.
    Device,
    /// OSC, which BEL ends too.
    System,
    /// PM and SOS, which nobody sends.
    Other,
}

/// Bytes up to a limit; what is longer is known to be nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Bounded {
    bytes: Vec<u8>,
    overflowed: bool,
}

impl Bounded {
    fn push(&mut self, byte: u8, longest: usize) {
        if self.bytes.len() < longest {
            self.bytes.push(byte);
        } else {
            self.overflowed = true;
        }
    }

    fn whole(&self) -> Option<&[u8]> {
        (!self.overflowed).then_some(&self.bytes)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Ground,
    /// The first bytes of a character, with an escape before it or without.
    Character {
        bytes: Vec<u8>,
        alt: bool,
    },
    /// An escape; `told` once it has been taken for the key, `string` where it may end one.
    Escape {
        told: bool,
        string: Option<(Kind, Bounded)>,
    },
    /// `ESC [` and parameters.
    Control(Bounded),
    /// `ESC O`, with parameters in some old terminals.
    Shifted(Bounded),
    /// `ESC [ [`: the Linux console's function keys have one more letter.
    Console,
    /// `ESC [ M`: so many bytes of the old mouse reports are still to come.
    Mouse(u8),
    String(Kind, Bounded),
    Paste(Paste),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Paste {
    kept: Bounded,
    /// The bytes of [`PASTE_END`] that have come.
    ending: usize,
    /// Whether Ctrl-C came last.
    interrupted: bool,
}

/// The machine.
#[derive(Debug, Default)]
pub(super) struct Stream {
    state: State,
    /// When the last byte came.
    since: Duration,
}

impl Stream {
    /// Takes in what came at a time after some start.
    pub(super) fn push(&mut self, bytes: &[u8], now: Duration) -> Vec<Item> {
        let mut items = Vec::new();
        for &byte in bytes {
            self.take(byte, &mut items);
        }
        self.since = now;
        items
    }

    /// When a silence means something, if it does.
    pub(super) fn due(&self) -> Option<Duration> {
        let silence = match &self.state {
            State::Ground => return None,
            State::Escape { told: false, string: None } | State::Paste(Paste { interrupted: true, .. }) => LONE,
            _ => SILENCE,
        };
        Some(self.since + silence)
    }

    /// Takes in that nothing has come until now.
    pub(super) fn elapse(&mut self, now: Duration) -> Vec<Item> {
        let mut items = Vec::new();
        while self.due().is_some_and(|due| due <= now) {
            match &mut self.state {
                State::Escape { told: told @ false, string: None } => {
                    items.push(key(KeyCode::Esc));
                    *told = true;
                }
                State::Paste(paste) if paste.interrupted => {
                    paste.interrupted = false;
                    items.extend(decode::control_key(INTERRUPT));
                }
                // Its end is lost, or the terminal is slower than any.
                State::Paste(paste) => {
                    items.push(paste.text());
                    self.state = State::Ground;
                }
                _ => self.state = State::Ground,
            }
        }
        items
    }

    fn take(&mut self, byte: u8, items: &mut Vec<Item>) {
        self.state = match std::mem::take(&mut self.state) {
            State::Paste(paste) => paste.take(byte, items),
            State::Ground => ground(byte, items),
            State::Escape { told, string } => escape(byte, told, string, items),
            state => Self::within(state, byte, items),
        };
    }

    /// Within a sequence, a string or a character. ECMA-48's way out holds everywhere: CAN and SUB end it and mean
    /// nothing else, an escape begins anew. Any other control ends a sequence too, for a terminal sends none within
    /// one, and is heard; of a string, which may hold some, only Ctrl-C is.
    fn within(state: State, byte: u8, items: &mut Vec<Item>) -> State {
        match (state, byte) {
            (State::String(kind, text), ESC) => State::Escape { told: false, string: Some((kind, text)) },
            (_, ESC | INTERRUPT) => ground(byte, items),
            (State::Character { bytes, alt }, _) if is_continuation(byte) => character(bytes, byte, alt, items),
            (State::Character { .. }, _) => ground(byte, items),
            (_, CAN | SUB) => State::Ground,
            (State::String(Kind::System, text), BEL) => {
                items.extend(text.whole().and_then(|text| answers::string(Kind::System, text)).map(Item::Answer));
                State::Ground
            }
            (State::String(kind, mut text), _) => {
                text.push(byte, LONGEST_STRING);
                State::String(kind, text)
            }
            (_, 0..0x20) => ground(byte, items),
            // The old mouse reports count in bytes of any kind.
            (State::Mouse(left), _) if left > 1 => State::Mouse(left - 1),
            (State::Mouse(_), _) => State::Ground,
            (_, 0x7f..) => ground(byte, items),
            (State::Console, _) => {
                items.extend(decode::console(byte).map(Item::Key));
                State::Ground
            }
            (State::Shifted(mut parameters), 0x20..0x40) => {
                parameters.push(byte, LONGEST_PARAMETERS);
                State::Shifted(parameters)
            }
            (State::Shifted(parameters), _) => {
                let read = parameters.whole().and_then(|parameters| decode::shifted(parameters, byte));
                items.extend(read.map(Item::Key));
                State::Ground
            }
            (State::Control(mut parameters), 0x20..0x40) => {
                parameters.push(byte, LONGEST_PARAMETERS);
                State::Control(parameters)
            }
            (State::Control(parameters), _) => control(&parameters, byte, items),
            (state @ (State::Ground | State::Escape { .. } | State::Paste(_)), _) => state,
        }
    }
}

/// Whether a byte is one of a character's that are not the first.
fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

fn key(code: KeyCode) -> Item {
    Item::Key(KeyEvent::new(code, KeyModifiers::NONE))
}

/// Outside everything.
fn ground(byte: u8, items: &mut Vec<Item>) -> State {
    match byte {
        ESC => return State::Escape { told: false, string: None },
        ..0x20 | 0x7f => items.extend(decode::control_key(byte)),
        0x20..0x7f => items.push(Item::Key(decode::character(char::from(byte)))),
        // The controls of eight bits stand for an escape and a letter.
        0x80..0xa0 => return begun(byte - 0x40).unwrap_or_default(),
        0xc2..0xf5 => return State::Character { bytes: vec![byte], alt: false },
        // What no character begins with.
        _ => {}
    }
    State::Ground
}

/// After an escape.
fn escape(byte: u8, told: bool, string: Option<(Kind, Bounded)>, items: &mut Vec<Item>) -> State {
    match (byte, string) {
        (b'\\', Some((kind, text))) => {
            items.extend(text.whole().and_then(|text| answers::string(kind, text)).map(Item::Answer));
            return State::Ground;
        }
        (ESC, string) => {
            // The one before was the key, or broke off a string.
            if !told && string.is_none() {
                items.push(key(KeyCode::Esc));
            }
            return State::Escape { told: false, string: None };
        }
        // A control of eight bits has an escape of its own.
        (0x80..0xa0, string) => {
            if !told && string.is_none() {
                items.push(key(KeyCode::Esc));
            }
            return ground(byte, items);
        }
        _ => {}
    }
    if let Some(state) = begun(byte) {
        return state;
    }
    match byte {
        CAN | SUB => {}
        // What the escape began is over; or it was the key, and this is another.
        INTERRUPT => return ground(byte, items),
        _ if told => return ground(byte, items),
        ..0x20 | 0x7f => items.extend(decode::control_key(byte).map(with_alt)),
        0x20..0x7f => items.push(with_alt(Item::Key(decode::character(char::from(byte))))),
        0xc2..0xf5 => return State::Character { bytes: vec![byte], alt: true },
        _ => {}
    }
    State::Ground
}

/// The sequence that a letter after an escape begins.
fn begun(letter: u8) -> Option<State> {
    Some(match letter {
        b'[' => State::Control(Bounded::default()),
        b'O' => State::Shifted(Bounded::default()),
        b'_' => State::String(Kind::Application, Bounded::default()),
        b'P' => State::String(Kind::Device, Bounded::default()),
        b']' => State::String(Kind::System, Bounded::default()),
        b'^' | b'X' => State::String(Kind::Other, Bounded::default()),
        _ => return None,
    })
}

/// The next byte of a character of several.
fn character(mut bytes: Vec<u8>, byte: u8, alt: bool, items: &mut Vec<Item>) -> State {
    bytes.push(byte);
    match std::str::from_utf8(&bytes) {
        Ok(text) => {
            let typed = text.chars().filter(|c| !c.is_control()).map(|c| Item::Key(decode::character(c)));
            items.extend(typed.map(|item| if alt { with_alt(item) } else { item }));
            State::Ground
        }
        Err(error) if error.error_len().is_none() => State::Character { bytes, alt },
        Err(_) => State::Ground,
    }
}

/// A whole control sequence.
fn control(parameters: &Bounded, last: u8, items: &mut Vec<Item>) -> State {
    match (parameters.whole(), last) {
        (Some([]), b'[') => return State::Console,
        (Some([]), b'M') => return State::Mouse(3),
        (Some(b"200"), b'~') => return State::Paste(Paste::default()),
        (Some(parameters), _) => match (answers::control(parameters, last), decode::mouse(parameters, last)) {
            (Some(answer), _) => items.push(Item::Answer(answer)),
            (None, Some(mouse)) => items.push(Item::Mouse(mouse)),
            (None, None) => items.extend(decode::control(parameters, last).map(Item::Key)),
        },
        (None, _) => {}
    }
    State::Ground
}

fn with_alt(item: Item) -> Item {
    match item {
        Item::Key(key) => Item::Key(KeyEvent { modifiers: key.modifiers | KeyModifiers::ALT, ..key }),
        other => other,
    }
}

impl Paste {
    /// Nothing that is pasted is a key. A Ctrl-C that nothing follows was typed: the paste's end may be lost. The rest
    /// of the paste stays a paste all the same.
    fn take(mut self, byte: u8, items: &mut Vec<Item>) -> State {
        self.interrupted = byte == INTERRUPT;
        if byte == PASTE_END[self.ending] {
            self.ending += 1;
            if self.ending == PASTE_END.len() {
                items.push(self.text());
                return State::Ground;
            }
            return State::Paste(self);
        }
        for &begun in &PASTE_END[..std::mem::take(&mut self.ending)] {
            self.kept.push(begun, LONGEST_PASTE);
        }
        match byte {
            ESC => self.ending = 1,
            INTERRUPT => {}
            _ => self.kept.push(byte, LONGEST_PASTE),
        }
        State::Paste(self)
    }

    fn text(&mut self) -> Item {
        Item::Paste(String::from_utf8_lossy(&std::mem::take(&mut self.kept).bytes).into_owned())
    }
}

#[cfg(test)]
mod tests;
