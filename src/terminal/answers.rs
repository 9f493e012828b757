//! What a terminal says of itself, on the line on which keys come.

use super::stream::Kind;

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

/// The answer in a string: `ESC P > | … ESC \` or `ESC _ G … ESC \`.
pub(super) fn string(kind: Kind, text: &[u8]) -> Option<Answer> {
    let text = std::str::from_utf8(text).ok()?;
    match kind {
        Kind::Device => Some(Answer::Version(text.strip_prefix(">|")?.to_owned())),
        // `i=31;OK`, or another word for what is wrong.
        Kind::Application => {
            let text = text.strip_prefix('G')?;
            text.contains(';').then(|| Answer::Kitty(text.ends_with(";OK")))
        }
        Kind::System | Kind::Other => None,
    }
}

/// The answer in a control sequence.
pub(super) fn control(parameters: &[u8], last: u8) -> Option<Answer> {
    let text = std::str::from_utf8(parameters).ok()?;
    let numbers = |text: &str| text.split(';').filter_map(|number| number.parse().ok()).collect::<Vec<u16>>();
    match (text.strip_prefix('?'), last) {
        (Some(attributes), b'c') => Some(Answer::Attributes(numbers(attributes))),
        (None, b't') => match numbers(text)[..] {
            [6, height, width] if height > 0 && width > 0 => Some(Answer::Cell(width, height)),
            _ => None,
        },
        _ => None,
    }
}
