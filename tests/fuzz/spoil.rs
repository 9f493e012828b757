//! Spoilt copies of files that are right.

use std::fs;

use proptest::prelude::*;
use proptest::sample::{Index, select};

/// What is done to the bytes of a file.
#[derive(Clone, Debug)]
pub enum Edit {
    Flip(Index, u8),
    Insert(Index, Vec<u8>),
    /// A word, of those that mean something to somebody.
    Word(Index, &'static str),
    /// In place of the number behind.
    Number(Index, &'static str),
    Remove(Index, usize),
    /// So many bytes again, at another place.
    Repeat(Index, usize, Index),
    Cut(Index),
}

/// Numbers that break things.
const NUMBERS: [&str; 16] = [
    "0",
    "-0.0",
    "1",
    "-1",
    "1e999",
    "-1e-999",
    "nan",
    "inf",
    "255",
    "65536",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "99999999999999999999999999",
    "1e308",
];

const WORDS: [&str; 24] = [
    "\n",
    "\r\n",
    "\"",
    "'",
    "\\",
    "\\u0000",
    "{",
    "}",
    "[",
    "]",
    "[[",
    "#",
    ",",
    ";",
    "=",
    ".",
    "null",
    "true",
    "\u{1b}[31m",
    "\u{202e}",
    "\u{feff}",
    "\"\"\"",
    "'kind'",
    "é",
];

fn edit() -> impl Strategy<Value = Edit> {
    let at = || any::<Index>();
    prop_oneof![
        3 => (at(), 1u8..).prop_map(|(at, by)| Edit::Flip(at, by)),
        1 => (at(), prop::collection::vec(any::<u8>(), 1..20)).prop_map(|(at, bytes)| Edit::Insert(at, bytes)),
        3 => (at(), select(WORDS.to_vec())).prop_map(|(at, word)| Edit::Word(at, word)),
        4 => (at(), select(NUMBERS.to_vec())).prop_map(|(at, number)| Edit::Number(at, number)),
        2 => (at(), 1usize..40).prop_map(|(at, n)| Edit::Remove(at, n)),
        2 => (at(), 1usize..200, at()).prop_map(|(from, n, to)| Edit::Repeat(from, n, to)),
        1 => at().prop_map(Edit::Cut),
    ]
}

impl Edit {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let place = |at: &Index| at.index(bytes.len() + 1);
        match self {
            Edit::Flip(at, by) => {
                let at = place(at);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= by;
                }
            }
            Edit::Insert(at, more) => {
                let at = place(at);
                bytes.splice(at..at, more.iter().copied());
            }
            Edit::Word(at, word) => {
                let at = place(at);
                bytes.splice(at..at, word.bytes());
            }
            Edit::Number(at, number) => {
                let at = place(at);
                let from = (at..bytes.len()).find(|i| bytes[*i].is_ascii_digit()).unwrap_or(bytes.len());
                let to = (from..bytes.len()).find(|i| !bytes[*i].is_ascii_digit()).unwrap_or(bytes.len());
                bytes.splice(from..to, number.bytes());
            }
            Edit::Remove(at, n) => {
                let at = place(at);
                bytes.drain(at..(at + n).min(bytes.len()));
            }
            Edit::Repeat(from, n, to) => {
                let (from, to) = (place(from), place(to));
                let again = bytes[from..(from + n).min(bytes.len())].to_vec();
                bytes.splice(to..to, again);
            }
            Edit::Cut(at) => {
                let at = place(at);
                bytes.truncate(at);
            }
        }
    }
}

/// Files of `tests/fuzz/seeds` by their names.
pub fn seeds(names: &[&str]) -> Vec<Vec<u8>> {
    names.iter().map(|name| fs::read(format!("tests/fuzz/seeds/{name}")).unwrap()).collect()
}

/// One of these, spoilt in up to eight places, now and then in none.
pub fn spoilt(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    (select(seeds), prop::collection::vec(edit(), 0..8)).prop_map(|(mut bytes, edits)| {
        edits.iter().for_each(|edit| edit.apply(&mut bytes));
        bytes
    })
}
