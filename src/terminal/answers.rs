//! The answers of a terminal about itself, on the line on which keys come.

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
    /// Whether the background is bright (OSC 11).
    Ground { bright: bool },
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
        // `11;rgb:ffff/ffff/ffff`
        Kind::System => Some(Answer::Ground { bright: is_bright(text.strip_prefix("11;")?)? }),
        Kind::Other => None,
    }
}

/// Whether a colour as X11 writes it, `rgb:` with one to four hexadecimal digits a part, is nearer to white than to
/// black: the luma of BT.601 in the parts as they are, which is about what the eye makes of them.
fn is_bright(colour: &str) -> Option<bool> {
    let parts = colour.strip_prefix("rgb:").or_else(|| colour.strip_prefix("rgba:"))?.split('/');
    let part = |text: &str| {
        let most = 16u32.checked_pow(u32::try_from(text.len()).ok().filter(|digits| (1..=4).contains(digits))?)? - 1;
        Some(f64::from(u32::from_str_radix(text, 16).ok()?) / f64::from(most))
    };
    let parts: Vec<f64> = parts.map(part).collect::<Option<_>>()?;
    match parts[..] {
        [red, green, blue] | [red, green, blue, _] => Some(0.299 * red + 0.587 * green + 0.114 * blue > 0.5),
        _ => None,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_background_is_bright_or_dark_however_it_is_written() {
        let ground = |text: &str| match string(Kind::System, text.as_bytes()) {
            Some(Answer::Ground { bright }) => Some(bright),
            _ => None,
        };
        for (text, bright) in [
            ("11;rgb:ffff/ffff/ffff", true),
            ("11;rgb:fdf6/e3e3/d5d5", true),
            ("11;rgb:f/f/f", true),
            ("11;rgb:00/2b/36", false),
            ("11;rgb:0000/0000/0000", false),
            ("11;rgba:eeee/eeee/eeee/ffff", true),
            ("11;rgb:0000/0000/ffff", false),
        ] {
            assert_eq!(ground(text), Some(bright), "{text}");
        }
        for text in
            ["11;?", "10;rgb:f/f/f", "11;rgb:f/f", "11;rgb:fffff/f/f", "11;rgb:g/f/f", "11;white", "11;rgb:", ""]
        {
            assert_eq!(ground(text), None, "{text}");
        }
    }
}
