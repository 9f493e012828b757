//! A text that is read in a window, some lines of which lead on.

use crate::ui::draw::pen::Text;

/// A line of such a text, and what it leads to, by its place among what the text leads to.
#[derive(Clone, Debug, Default)]
pub struct Line {
    pub text: Text,
    pub link: Option<usize>,
}

impl From<Text> for Line {
    fn from(text: Text) -> Line {
        Line { text, link: None }
    }
}

/// Where a person is in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reader {
    /// Lines that are scrolled out of sight.
    pub scroll: usize,
    /// The line that is chosen, which leads on.
    pub chosen: Option<usize>,
}

impl Reader {
    /// At the beginning, with the first line that leads on chosen if it is among these many.
    pub fn at_first(lines: &[Line], rows: usize) -> Reader {
        Reader { scroll: 0, chosen: links(lines).find(|line| *line < rows) }
    }

    /// The first line in sight in a window of so many rows.
    pub fn first(&self, lines: usize, rows: usize) -> usize {
        self.scroll.min(lines.saturating_sub(rows))
    }

    /// Goes on by so many lines, back for negative ones: to the next line that leads on where that is in sight, else
    /// the text moves.
    pub fn go(&mut self, by: isize, lines: &[Line], rows: usize) {
        let first = self.first(lines.len(), rows);
        let sight = first..first + rows;
        let chosen = self.chosen.filter(|chosen| sight.contains(chosen) && links(lines).any(|line| line == *chosen));
        let next = match (chosen, by) {
            (Some(chosen), 1) => links(lines).find(|line| *line > chosen),
            (Some(chosen), -1) => links(lines).rev().find(|line| *line < chosen),
            (None, 1) => links(lines).find(|line| *line >= sight.start),
            (None, -1) => links(lines).rev().find(|line| *line < sight.end),
            _ => None,
        };
        if let Some(next) = next.filter(|next| sight.contains(next)) {
            (self.scroll, self.chosen) = (first, Some(next));
            return;
        }
        self.scroll = first.saturating_add_signed(by).min(lines.len().saturating_sub(rows));
        let sight = self.scroll..self.scroll + rows;
        // What comes into sight is chosen; a page further what is at its edge is.
        self.chosen = match (next, by) {
            (Some(next), _) if sight.contains(&next) => Some(next),
            (_, -1 | 1) => chosen.filter(|chosen| sight.contains(chosen)),
            (_, ..=0) => links(lines).find(|line| sight.contains(line)),
            _ => links(lines).rev().find(|line| sight.contains(line)),
        };
    }
}

/// The lines that lead on.
fn links(lines: &[Line]) -> impl DoubleEndedIterator<Item = usize> {
    lines.iter().enumerate().filter(|(_, line)| line.link.is_some()).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(links: &[usize], lines: usize) -> Vec<Line> {
        (0..lines).map(|at| Line { text: Text::new(), link: links.contains(&at).then_some(at) }).collect()
    }

    #[test]
    fn lines_that_lead_on_are_chosen_one_after_the_other_and_what_lies_between_is_read() {
        let lines = text(&[1, 2, 9], 12);
        let mut reader = Reader::at_first(&lines, 4);
        assert_eq!(reader, Reader { scroll: 0, chosen: Some(1) });
        let mut seen = Vec::new();
        for _ in 0..10 {
            reader.go(1, &lines, 4);
            seen.push((reader.scroll, reader.chosen));
        }
        // The text moves until the next one comes into sight, then to its end.
        assert_eq!(seen[0], (0, Some(2)));
        assert_eq!(seen[..7].iter().map(|(scroll, _)| *scroll).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5, 6]);
        assert_eq!((seen[2].1, seen[3].1, seen[6].1), (Some(2), None, Some(9)));
        assert_eq!(seen[9], (8, Some(9)));
        (0..20).for_each(|_| reader.go(-1, &lines, 4));
        assert_eq!(reader, Reader { scroll: 0, chosen: Some(1) });
    }

    #[test]
    fn pages_end_at_the_ends() {
        let lines = text(&[0, 5, 11], 12);
        let mut reader = Reader::default();
        reader.go(10, &lines, 4);
        assert_eq!(reader, Reader { scroll: 8, chosen: Some(11) });
        reader.go(-10, &lines, 4);
        assert_eq!(reader, Reader { scroll: 0, chosen: Some(0) });
        reader.go(1, &[], 4);
        assert_eq!(reader, Reader::default());
    }
}
