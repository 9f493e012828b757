//! Whole lines from a connection, none longer than it may be.

use std::io::{self, BufRead, BufReader, Read};

/// What comes next.
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
    /// The most bytes of a line, its newline included.
    most: usize,
}

impl<R: Read> Lines<R> {
    pub fn new(from: R, most: usize) -> Lines<R> {
        Lines { from: BufReader::new(from), text: Vec::new(), most }
    }

    /// The next line.
    ///
    /// # Errors
    /// Those of the connection.
    pub fn line(&mut self) -> io::Result<Line<'_>> {
        self.text.clear();
        // A long line leaves no large buffer behind.
        self.text.shrink_to(1 << 16);
        self.from.by_ref().take(self.most as u64).read_until(b'\n', &mut self.text)?;
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
}
