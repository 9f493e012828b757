//! Whole sequences as keys: the encodings of xterm, the Linux console, rxvt and kitty. What is no key is `None`:
//! reports of the focus and of the cursor were not asked for.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::stream::Item;
use super::{Mouse, MouseAct};

/// A key that types a character.
pub(super) fn character(c: char) -> KeyEvent {
    let shift = if c.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
    KeyEvent::new(KeyCode::Char(c), shift)
}

/// The key that sends a control character, but for the escape.
pub(super) fn control_key(byte: u8) -> Option<Item> {
    let plain = |code| KeyEvent::new(code, KeyModifiers::NONE);
    let ctrl = |c: u8| KeyEvent::new(KeyCode::Char(char::from(c)), KeyModifiers::CONTROL);
    Some(Item::Key(match byte {
        0 => ctrl(b' '),
        b'\r' | b'\n' => plain(KeyCode::Enter),
        b'\t' => plain(KeyCode::Tab),
        1..=26 => ctrl(byte - 1 + b'a'),
        0x1c..=0x1f => ctrl(byte - 0x1c + b'4'),
        0x7f => plain(KeyCode::Backspace),
        _ => return None,
    }))
}

/// `ESC [ [` and a letter.
pub(super) fn console(last: u8) -> Option<KeyEvent> {
    (b'A'..=b'E').contains(&last).then(|| KeyEvent::new(KeyCode::F(last - b'A' + 1), KeyModifiers::NONE))
}

/// `ESC O`, parameters and a letter.
pub(super) fn shifted(parameters: &[u8], last: u8) -> Option<KeyEvent> {
    let modifiers = Parameters::read(parameters)?.last_modifiers()?;
    Some(KeyEvent::new(letter(last)?, modifiers))
}

/// `ESC [`, parameters and a final character.
pub(super) fn control(parameters: &[u8], last: u8) -> Option<KeyEvent> {
    let read = Parameters::read(parameters)?;
    if read.is_release() {
        return None;
    }
    let modifiers = read.modifiers();
    match last {
        // With parameters it is where the cursor is.
        b'R' if !parameters.is_empty() => None,
        b'Z' => Some(KeyEvent::new(KeyCode::BackTab, modifiers? | KeyModifiers::SHIFT)),
        b'a'..=b'd' => Some(KeyEvent::new(letter(last.to_ascii_uppercase())?, modifiers? | KeyModifiers::SHIFT)),
        // modifyOtherKeys: the number of the character comes third.
        b'~' if read.number(0) == Some(27) => typed(read.number(2)?, modifiers?),
        b'~' => Some(KeyEvent::new(numbered(read.number(0)?)?, modifiers?)),
        b'u' => typed(read.number(0)?, modifiers?),
        _ => Some(KeyEvent::new(letter(last)?, modifiers?)),
    }
}

/// `ESC [ <`, a button, a column and a row from 1, and `M`: a button that was pressed, or the wheel. Releases, moves
/// and other buttons are nothing.
pub(super) fn mouse(parameters: &[u8], last: u8) -> Option<Mouse> {
    let text = std::str::from_utf8(parameters).ok()?.strip_prefix('<').filter(|_| last == b'M')?;
    let mut numbers = text.split(';').map(|number| number.parse::<u16>().ok());
    let (button, x, y) = (numbers.next()??, numbers.next()??, numbers.next()??);
    if numbers.next().is_some() {
        return None;
    }
    // Shift, Alt and Ctrl are three bits that change nothing here.
    let act = match button & !0b1_1100 {
        0 => MouseAct::Left,
        2 => MouseAct::Right,
        64 => MouseAct::WheelUp,
        65 => MouseAct::WheelDown,
        _ => return None,
    };
    Some(Mouse { act, x: x.checked_sub(1)?, y: y.checked_sub(1)? })
}

fn letter(last: u8) -> Option<KeyCode> {
    Some(match last {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        b'P'..=b'S' => KeyCode::F(last - b'P' + 1),
        _ => return None,
    })
}

fn numbered(number: u32) -> Option<KeyCode> {
    Some(match number {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Insert,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        // The numbers leave gaps where a VT220 has gaps between its keys.
        11..=15 => KeyCode::F(number as u8 - 10),
        17..=21 => KeyCode::F(number as u8 - 11),
        23..=26 => KeyCode::F(number as u8 - 12),
        28 | 29 => KeyCode::F(number as u8 - 13),
        31..=34 => KeyCode::F(number as u8 - 14),
        _ => return None,
    })
}

/// The key of a character's number with modifiers. kitty numbers other keys where Unicode has private characters.
fn typed(number: u32, modifiers: KeyModifiers) -> Option<KeyEvent> {
    let c = char::from_u32(number)?;
    let code = match c {
        '\u{e000}'..='\u{f8ff}' => return None,
        '\u{1b}' => KeyCode::Esc,
        '\r' => KeyCode::Enter,
        '\t' if modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
        '\t' => KeyCode::Tab,
        '\u{7f}' | '\u{8}' => KeyCode::Backspace,
        c if c.is_control() => return None,
        c if modifiers.contains(KeyModifiers::SHIFT) => KeyCode::Char(c.to_uppercase().next().unwrap_or(c)),
        c => KeyCode::Char(c),
    };
    Some(KeyEvent::new(code, modifiers))
}

/// Numbers between semicolons, each with further ones after colons; empty ones are 1.
struct Parameters(Vec<Vec<u32>>);

impl Parameters {
    /// `None` for those that no key has.
    fn read(bytes: &[u8]) -> Option<Parameters> {
        let text = std::str::from_utf8(bytes).ok()?;
        let number = |text: &str| if text.is_empty() { Some(1) } else { text.parse().ok() };
        let numbers = |part: &str| part.split(':').map(number).collect::<Option<Vec<_>>>();
        if text.is_empty() {
            Some(Parameters(Vec::new()))
        } else {
            text.split(';').map(numbers).collect::<Option<_>>().map(Parameters)
        }
    }

    fn number(&self, index: usize) -> Option<u32> {
        self.0.get(index).map(|numbers| numbers[0])
    }

    /// The second number: one more than the sum of the modifiers. `None` if it is impossible.
    fn modifiers(&self) -> Option<KeyModifiers> {
        modifiers(self.number(1).unwrap_or(1))
    }

    fn last_modifiers(&self) -> Option<KeyModifiers> {
        modifiers(self.0.last().map_or(1, |numbers| numbers[0]))
    }

    /// Whether kitty says that the key went up.
    fn is_release(&self) -> bool {
        self.0.get(1).and_then(|numbers| numbers.get(1)) == Some(&3)
    }
}

fn modifiers(number: u32) -> Option<KeyModifiers> {
    const BITS: [KeyModifiers; 6] = [
        KeyModifiers::SHIFT,
        KeyModifiers::ALT,
        KeyModifiers::CONTROL,
        KeyModifiers::SUPER,
        KeyModifiers::HYPER,
        KeyModifiers::META,
    ];
    // Caps Lock and Num Lock are the two bits above.
    let sum = number.checked_sub(1).filter(|sum| *sum < 256)?;
    Some(BITS.into_iter().enumerate().filter(|(bit, _)| sum >> bit & 1 == 1).map(|(_, modifier)| modifier).collect())
}
