//! A notification on the desktop and the bell, as a terminal is asked for them.

use crate::config::{Alerts, Desktop};
use crate::system::output::is_unsafe;

/// The most characters of a notification.
const MOST: usize = 200;

/// The sequence that asks the terminal to notify of this, as far as that is wanted.
pub(super) fn bytes(alerts: &Alerts, text: &str) -> Vec<u8> {
    // What would end the sequence, or begin another one, is none of the text.
    let text: String = text.chars().filter(|c| !c.is_control() && !is_unsafe(*c)).take(MOST).collect();
    let mut bytes = match alerts.desktop {
        Desktop::Off => String::new(),
        // Behind a word: a number at the beginning means something else to some terminals.
        Desktop::Osc9 => format!("\x1b]9;gantop: {text}\x1b\\"),
        Desktop::Osc777 => format!("\x1b]777;notify;gantop;{text}\x1b\\"),
    };
    if alerts.bell {
        bytes.push('\x07');
    }
    bytes.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_ends_the_sequence() {
        let said = |desktop, bell, text: &str| {
            let alerts = Alerts { desktop, bell, ..Alerts::default() };
            String::from_utf8(bytes(&alerts, text)).unwrap()
        };
        assert_eq!(said(Desktop::Off, false, "x"), "");
        assert_eq!(said(Desktop::Off, true, "x"), "\x07");
        assert_eq!(said(Desktop::Osc9, false, "4;1\x1b\\\x07\u{9c}é"), "\x1b]9;gantop: 4;1\\é\x1b\\");
        assert_eq!(said(Desktop::Osc777, true, "a;b"), "\x1b]777;notify;gantop;a;b\x1b\\\x07");
        assert_eq!(said(Desktop::Osc9, false, &"x".repeat(5000)).len(), 200 + "\x1b]9;gantop: \x1b\\".len());
    }
}
