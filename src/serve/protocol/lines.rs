//! Whole lines from a connection, none longer than it may be.

use std::io::{self, BufRead, BufReader, Read};

/// The next item.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// A whole line, without its newline.
    Whole(&'a [u8]),
    /// One that is too long, of which the rest has not been read.
    TooLong,
    /// The end in the middle of a line.
    Half,
    /// The end.
    End,
}

/// The lines of a connection.
#[derive(Debug)]
pub struct Lines<R: Read> {
    from: BufReader<R>,
    text: Vec<u8>,
    /// Whether `text` is a line that was broken off, to be gone on with.
    broken: bool,
    /// The most bytes of a line, its newline included.
    most: usize,
}

impl<R: Read> Lines<R> {
    pub fn new(from: R, most: usize) -> Lines<R> {
        Lines { from: BufReader::new(from), text: Vec::new(), broken: false, most }
    }

    /// The next line.
    ///
    /// # Errors
    /// Those of the connection. After one that says that nothing came in time the line can be gone on with.
    pub fn line(&mut self) -> io::Result<Line<'_>> {
        if !std::mem::replace(&mut self.broken, true) {
            self.text.clear();
            // A long line leaves no large buffer behind.
            self.text.shrink_to(1 << 16);
        }
        let room = self.most.saturating_sub(self.text.len());
        self.from.by_ref().take(room as u64).read_until(b'\n', &mut self.text)?;
        self.broken = false;
        Ok(match self.text.split_last() {
            Some((b'\n', line)) => Line::Whole(line),
            Some(_) if self.text.len() == self.most => Line::TooLong,
            Some(_) => Line::Half,
            None => Line::End,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_whole_or_refused() {
        let text = b"ab\n\nabcde\nx";
        let mut lines = Lines::new(&text[..], 4);
        assert_eq!(lines.line().unwrap(), Line::Whole(b"ab"));
        assert_eq!(lines.line().unwrap(), Line::Whole(b""));
        assert_eq!(lines.line().unwrap(), Line::TooLong);
        let mut lines = Lines::new(&b"abc\nx"[..], 4);
        assert_eq!(lines.line().unwrap(), Line::Whole(b"abc"));
        assert_eq!(lines.line().unwrap(), Line::Half);
        assert_eq!(lines.line().unwrap(), Line::End);
    }

    /// Gives a byte and then, once, nothing in time.
    struct Slow<'a>(&'a [u8], bool);

    impl Read for Slow<'_> {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 { self.0.read(&mut to[..1]) } else { Err(io::ErrorKind::WouldBlock.into()) }
        }
    }

    #[test]
    fn a_line_that_comes_slowly_is_whole_in_the_end() {
        let mut lines = Lines::new(Slow(b"ab\nc\n", false), 4);
        for line in [&b"ab"[..], b"c"] {
            for _ in line {
                assert!(lines.line().is_err());
            }
            assert_eq!(lines.line().unwrap(), Line::Whole(line));
            // Its newline was the last that came in time.
            lines.from.get_mut().1 = false;
        }
    }
}
