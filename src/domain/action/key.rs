//! A key, as it is pressed and as people write it.

use std::fmt;
use std::str::FromStr;

use crossterm::event::KeyCode;

/// A key with or without Ctrl. Upper-case letters are characters of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    pub code: KeyCode,
    pub ctrl: bool,
}

/// Keys with names, as they are written. What is written otherwise is one character.
const NAMED: [(&str, KeyCode); 18] = [
    ("Space", KeyCode::Char(' ')),
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("Shift-Tab", KeyCode::BackTab),
    ("Backspace", KeyCode::Backspace),
    ("Delete", KeyCode::Delete),
    ("Insert", KeyCode::Insert),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PgUp", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
    ("PageUp", KeyCode::PageUp),
    ("PageDown", KeyCode::PageDown),
];

/// The notation of keys.
pub const WRITTEN: &str = "a key is a character such as x, X or ?, or Ctrl-X, F1 to F12, Space, Enter, Esc, Tab, \
                           Shift-Tab, Backspace, Delete, Insert, Left, Right, Up, Down, Home, End, PgUp or PgDn";

impl Key {
    /// Whether it puts a character into a line of text.
    pub fn types(self) -> bool {
        matches!(self.code, KeyCode::Char(_)) && !self.ctrl
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("Ctrl-")?;
        }
        match self.code {
            KeyCode::Char(c) if self.ctrl => write!(f, "{}", c.to_ascii_uppercase()),
            KeyCode::F(n) => write!(f, "F{n}"),
            code => match (NAMED.iter().find(|(_, named)| *named == code), code) {
                (Some((name, _)), _) => f.write_str(name),
                (None, KeyCode::Char(c)) => write!(f, "{c}"),
                (None, other) => write!(f, "{other:?}"),
            },
        }
    }
}

impl FromStr for Key {
    type Err = String;

    /// A key as [`Display`](fmt::Display) writes it, whatever the case of the names.
    fn from_str(text: &str) -> Result<Key, String> {
        let plain = |code| Ok(Key { code, ctrl: false });
        if let Some((_, code)) = NAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)) {
            return plain(*code);
        }
        let lower = text.to_ascii_lowercase();
        if let Some(letter) = lower.strip_prefix("ctrl-") {
            return match letter.as_bytes() {
                [b'i'] => Err("terminals send Ctrl-I as Tab".into()),
                [b'm'] => Err("terminals send Ctrl-M as Enter".into()),
                [letter @ b'a'..=b'z'] => Ok(Key { code: KeyCode::Char(char::from(*letter)), ctrl: true }),
                _ => Err("Ctrl goes with a letter, as in Ctrl-X".into()),
            };
        }
        if let Some(Ok(n @ 1..=12)) = lower.strip_prefix('f').map(str::parse::<u8>) {
            return plain(KeyCode::F(n));
        }
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) if !c.is_control() && !c.is_whitespace() => plain(KeyCode::Char(c)),
            _ => Err(WRITTEN.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_can_be_written() {
        for text in ["Space", "p", "P", "?", "ß", "Ctrl-C", "F1", "F12", "Esc", "Shift-Tab", "PgDn", "Delete", "f"] {
            assert_eq!(text.parse::<Key>().unwrap().to_string(), text);
        }
        for (text, shown) in [("ctrl-c", "Ctrl-C"), ("space", "Space"), ("pagedown", "PgDn"), ("ESC", "Esc")] {
            assert_eq!(text.parse::<Key>().unwrap().to_string(), shown);
        }
    }

    #[test]
    fn what_no_terminal_sends_is_no_key() {
        for text in ["", " ", "xx", "Alt-x", "Ctrl-", "Ctrl-1", "Ctrl-I", "Ctrl-M", "F0", "F13", "\t"] {
            assert!(text.parse::<Key>().is_err(), "{text:?}");
        }
    }
}
