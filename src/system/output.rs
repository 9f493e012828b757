//! Text on its way to a terminal: all that a command writes to standard output or standard error goes through [`out`]
//! or [`err`], and nothing in it can command a terminal or reorder what is read.
//!
//! Names of files, a config's texts, journals and what another program says come from outside. A control character in
//! them could move the cursor, change colours, set the title or answer for the person; a bidirectional override could
//! make a name read as another. Such characters are written visibly, as `\u{1b}`. Only the screen
//! ([`crate::terminal`]), the progress bars and [`half_blocks`], which hold none of these texts, write codes for
//! terminals themselves.

pub mod half_blocks;
pub mod json;

use std::borrow::Cow;
use std::io::{self, IsTerminal, Stderr, Stdout, Write};

/// Standard output, for text.
pub type Out = Escaping<Stdout>;
/// Standard error, for text.
pub type Err = Escaping<Stderr>;

/// Standard output, for text.
pub fn out() -> Out {
    Escaping::new(io::stdout())
}

/// Standard error, for text.
pub fn err() -> Err {
    Escaping::new(io::stderr())
}

impl Out {
    pub fn is_terminal(&self) -> bool {
        self.to.is_terminal()
    }
}

impl Err {
    pub fn is_terminal(&self) -> bool {
        self.to.is_terminal()
    }
}

/// Whether a character must not reach a terminal as it is: it commands the terminal (C0, DEL, C1), reorders or breaks
/// lines (bidirectional marks, overrides and isolates; line and paragraph separators), or hides in a name (characters
/// without width, tags). A tab and a line feed are among them. The joiners that scripts and emoji need are not.
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A character as it may stand in a place of one column: unsafe ones replaced, a tab by a blank.
pub fn printable(c: char) -> char {
    match c {
        '\t' => ' ',
        c if is_unsafe(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    }
}

/// Text from outside in one line, every unsafe character replaced by one of the same width, as tables need it.
pub fn one_line(text: &str) -> String {
    text.chars().map(printable).collect()
}

/// Text with every unsafe character written out, but for line feeds and tabs, which lay it out.
pub fn escaped(text: &str) -> Cow<'_, str> {
    let passes = |c: char| c == '\n' || c == '\t' || !is_unsafe(c);
    if text.chars().all(passes) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if passes(c) { safe.push(c) } else { safe.extend(c.escape_unicode()) }
    }
    Cow::Owned(safe)
}

/// A writer of text that escapes it: see [`escaped`]. Bytes that are no UTF-8 are written as `\xff`. What is written at
/// once with `write!` reaches the writer behind at once.
#[derive(Debug)]
pub struct Escaping<W: Write> {
    to: W,
    /// The beginning of a character whose rest has not come.
    begun: Vec<u8>,
}

impl<W: Write> Escaping<W> {
    /// Writes to this writer.
    pub fn new(to: W) -> Escaping<W> {
        Escaping { to, begun: Vec::new() }
    }

    /// Writes out the beginning of a character whose rest will not come.
    fn end_begun(&mut self) -> io::Result<()> {
        let begun = std::mem::take(&mut self.begun);
        self.to.write_all(hexed(&begun).as_bytes())
    }
}

fn hexed(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect()
}

impl<W: Write> Write for Escaping<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut all = std::mem::take(&mut self.begun);
        all.extend(bytes);
        let mut safe = String::new();
        let mut chunks = all.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            safe += &escaped(chunk.valid());
            let is_last = chunks.peek().is_none();
            // Only at the end of what has come can the rest still be missing.
            let cut = std::str::from_utf8(chunk.invalid()).is_err_and(|error| error.error_len().is_none());
            match is_last && cut {
                true => self.begun = chunk.invalid().to_vec(),
                false => safe += &hexed(chunk.invalid()),
            }
        }
        self.to.write_all(safe.as_bytes())?;
        Ok(bytes.len())
    }

    fn write_fmt(&mut self, text: std::fmt::Arguments<'_>) -> io::Result<()> {
        self.write_all(text.to_string().as_bytes())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.end_begun()?;
        self.to.flush()
    }
}

impl<W: Write> Drop for Escaping<W> {
    fn drop(&mut self) {
        if !self.begun.is_empty() {
            // There is nobody to tell.
            let _ = self.end_begun();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(pieces: &[&[u8]]) -> String {
        let mut to = Vec::new();
        let mut out = Escaping::new(&mut to);
        pieces.iter().for_each(|piece| out.write_all(piece).unwrap());
        drop(out);
        String::from_utf8(to).unwrap()
    }

    #[test]
    fn what_commands_a_terminal_is_shown_and_the_rest_is_left() {
        for (text, shown) in [
            ("step 1\tα → β, 日本 👩\u{200d}🔬\n", "step 1\tα → β, 日本 👩\u{200d}🔬\n"),
            ("\x1b]0;title\x07", r"\u{1b}]0;title\u{7}"),
            ("a\x08b\r\x7f", r"a\u{8}b\u{d}\u{7f}"),
            ("\u{9b}31m\u{85}", r"\u{9b}31m\u{85}"),
            ("gpj.\u{202e}exe\u{2066}\u{61c}", r"gpj.\u{202e}exe\u{2066}\u{61c}"),
            ("a\u{2028}b\u{200b}c\u{e0041}", r"a\u{2028}b\u{200b}c\u{e0041}"),
        ] {
            assert_eq!(written(&[text.as_bytes()]), shown);
            assert_eq!(escaped(text), shown);
        }
        assert_eq!(one_line("a\tb\n\u{202e}é"), "a b\u{fffd}\u{fffd}é");
    }

    #[test]
    fn characters_may_come_in_pieces_and_other_bytes_are_shown() {
        assert_eq!(written(&[b"\xe2\x80", b"\xae", b"\xc3", b"\xa9"]), "\\u{202e}é");
        assert_eq!(written(&[b"a\xffb\xc3", b"b", b"\xf0\x9f"]), r"a\xffb\xc3b\xf0\x9f");
    }

    proptest! {
        #[test]
        fn whatever_comes_in_whatever_pieces_is_safe(
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..6), 0..20)
        ) {
            let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
            let whole = written(&[&pieces.concat()]);
            prop_assert!(whole.chars().all(|c| c == '\n' || c == '\t' || !is_unsafe(c)), "{whole:?}");
            prop_assert_eq!(written(&pieces), whole);
        }
    }
}
