//! A problem with a config: where it is, what is wrong, what is allowed, what to do.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::system::output::{one_line, printable};

/// Everything that is wrong with a config, in the order of its sources.
///
/// Displayed, it is a block of lines a problem; the first line of each begins with file:line:column.
#[derive(Debug, thiserror::Error)]
pub struct Error {
    problems: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Clone, Debug)]
pub struct Problem {
    place: Place,
    message: String,
    order: (usize, usize),
    // Behind a pointer, for a problem is handed from call to call.
    more: Box<More>,
}

/// The rest that there is to say of a problem.
#[derive(Clone, Debug, Default)]
struct More {
    /// Lines that help.
    help: Vec<String>,
    rule: Rule,
}

/// The rule for a value, as far as a problem says it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rule {
    /// The keys that lead to it; of an element of a list that is wrong, to that.
    pub path: String,
    /// In words.
    pub must: String,
    /// The names that are allowed, if it must be one of some.
    pub names: Vec<String>,
}

/// The place of a problem.
#[derive(Clone, Debug)]
pub enum Place {
    /// In a source as a whole.
    Whole(String),
    /// At these bytes of a source's text.
    Span { label: Arc<str>, text: Arc<str>, span: Range<usize> },
    /// Nowhere in particular.
    Nowhere,
}

/// A line of a text with something in it marked.
#[derive(Debug)]
struct Excerpt {
    /// Counted from 1.
    line: usize,
    /// Counted from 1, in characters.
    column: usize,
    /// The line, or the part of a long line around the mark; fit for a terminal.
    text: String,
    /// The marked characters of `text`.
    mark: Range<usize>,
}

/// The most problems that are told at once.
const MAX_TOLD: usize = 10;
/// The most characters of a line that are shown.
const MAX_LINE: usize = 120;
/// The characters before the mark from which on a long line is shown.
const LEAD: usize = 40;

impl Error {
    /// These problems, sorted by where they are; there must be at least one.
    pub fn new(mut problems: Vec<Problem>) -> Error {
        problems.sort_by_key(|problem| problem.order);
        Error { problems }
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Error {
        Error { problems: vec![problem] }
    }
}

impl Problem {
    /// `message` about `place`.
    pub fn new(place: Place, message: impl Into<String>) -> Problem {
        Problem { place, message: message.into(), order: (0, 0), more: Box::default() }
    }

    /// The rule for the value that this is about.
    pub fn rule(&self) -> &Rule {
        &self.more.rule
    }

    /// Says what the value at `path` must be.
    pub fn must(mut self, path: &str, must: &str) -> Problem {
        path.clone_into(&mut self.more.rule.path);
        must.clone_into(&mut self.more.rule.must);
        self
    }

    /// Sorts it by (source, byte).
    pub fn at(mut self, order: (usize, usize)) -> Problem {
        self.order = order;
        self
    }

    /// Adds a line of help.
    pub fn help(mut self, line: impl Into<String>) -> Problem {
        self.more.help.push(line.into());
        self
    }

    /// Adds what `word` may have been meant for, and what is allowed.
    pub fn allowed(mut self, word: &str, allowed: &[&str]) -> Problem {
        if let Some(near) = nearest(word, allowed) {
            self.more.help.push(format!("did you mean `{near}`?"));
        }
        self.more.rule.names = allowed.iter().map(|&name| name.to_owned()).collect();
        self.help(format!("allowed: {}", allowed.join(", ")))
    }
}

impl Excerpt {
    /// The line of `text` in which `span` begins.
    fn new(text: &str, span: Range<usize>) -> Excerpt {
        let start = char_boundary(text, span.start);
        let before = &text[..start];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = text[line_start..].lines().next().unwrap_or_default();
        let column = text[line_start..start].chars().count();
        let end = char_boundary(text, span.end).clamp(start, (line_start + line.len()).max(start));
        let width = text[start..end].chars().count().max(1);

        let skipped = if line.chars().count() > MAX_LINE { column.saturating_sub(LEAD) } else { 0 };
        let shown: String = line.chars().skip(skipped).take(MAX_LINE).map(printable).collect();
        let first = column - skipped;
        Excerpt {
            line: before.matches('\n').count() + 1,
            column: column + 1,
            mark: first..(first + width).min(MAX_LINE.max(first + 1)),
            text: shown,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().take(MAX_TOLD).enumerate() {
            if i > 0 {
                f.write_str("\n\n")?;
            }
            problem.fmt(f)?;
        }
        match self.problems.len().saturating_sub(MAX_TOLD) {
            0 => Ok(()),
            more => write!(f, "\n\n… and {more} more"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = one_line(&self.message);
        let indent = match &self.place {
            Place::Nowhere => {
                write!(f, "{message}")?;
                2
            }
            Place::Whole(label) => {
                write!(f, "{}: {message}", one_line(label))?;
                2
            }
            Place::Span { label, text, span } => {
                let at = Excerpt::new(text, span.clone());
                let gutter = at.line.to_string().len() + 1;
                writeln!(f, "{}:{}:{}: {message}", one_line(label), at.line, at.column)?;
                writeln!(f, "{:gutter$}|", "")?;
                writeln!(f, "{} | {}", at.line, at.text)?;
                write!(
                    f,
                    "{:gutter$}| {:indent$}{:^<width$}",
                    "",
                    "",
                    "",
                    indent = at.mark.start,
                    width = at.mark.len()
                )?;
                gutter
            }
        };
        self.more.help.iter().try_for_each(|line| write!(f, "\n{:indent$}= {}", "", one_line(line)))
    }
}

/// The candidate that `word` was probably meant for.
pub fn nearest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace('_', "-");
    let word = plain(word);
    // Of a path some parts, in order and the last one among them, as in `critic.lr`; only where no other has them too.
    let parts = |candidate: &str| {
        let candidate = plain(candidate);
        let mut rest = candidate.split('.');
        let last = candidate.rsplit('.').next() == word.rsplit('.').next();
        last && candidate.contains('.') && word.split('.').all(|part| rest.any(|of| of == part))
    };
    let mut with_parts = candidates.iter().filter(|candidate| parts(candidate));
    if let (Some(only), None) = (with_parts.next(), with_parts.next()) {
        return Some(only);
    }
    candidates
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word, &plain(candidate)), *candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.chars().count() / 5)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The last character boundary of `text` that is not after `at`.
fn char_boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(label: &str, text: &str, span: Range<usize>) -> Problem {
        Problem::new(Place::Span { label: label.into(), text: text.into(), span }, "wrong \x07")
    }

    #[test]
    fn a_mark_stands_under_what_it_marks() {
        let text = "a = 1\n\tß = \"wide\" # end\r\nlast";
        let start = text.find("\"wide\"").unwrap();
        let problem = problem("x.toml", text, start..start + 6).help("do this");
        assert_eq!(
            problem.to_string(),
            "x.toml:2:6: wrong \u{fffd}\n  |\n2 |  ß = \"wide\" # end\n  |      ^^^^^^\n  = do this"
        );
    }

    #[test]
    fn a_mark_beyond_the_text_or_over_several_lines_is_cut() {
        let text = "a = [\n 1]";
        assert_eq!(Excerpt::new(text, 4..9).mark, 4..5);
        let end = Excerpt::new(text, 99..120);
        assert_eq!((end.line, end.column, end.mark), (2, 4, 3..4));
        let empty = Excerpt::new("", 0..0);
        assert_eq!((empty.line, empty.column, empty.text.as_str()), (1, 1, ""));
    }

    #[test]
    fn a_long_line_is_shown_around_the_mark() {
        let text = format!("{}HERE{}", "x".repeat(5000), "y".repeat(5000));
        let at = Excerpt::new(&text, 5000..5004);
        assert_eq!(at.column, 5001);
        assert_eq!(at.text.chars().count(), MAX_LINE);
        assert_eq!(&at.text[at.mark], "HERE");
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        let problem = problem("a\x1bb", "\x1b[31m = 1", 0..1);
        assert!(!problem.to_string().contains(['\x1b', '\x07']));
    }

    #[test]
    fn suggestions_are_near() {
        let allowed = ["relu", "leaky-relu", "tanh", "reverse-kl"];
        assert_eq!(nearest("rleu", &allowed), Some("relu"));
        assert_eq!(nearest("Leaky_ReLU", &allowed), Some("leaky-relu"));
        assert_eq!(nearest("reversekl", &allowed), Some("reverse-kl"));
        assert_eq!(nearest("swish", &allowed), None);
        let keys = ["critic.steps", "optimizer.critic.lr", "optimizer.generator.lr", "constraint.clip"];
        assert_eq!(nearest("critic.lr", &keys), Some("optimizer.critic.lr"));
        assert_eq!(nearest("clip", &keys), Some("constraint.clip"));
        assert_eq!(nearest("lr", &keys), None, "it may be the one or the other");
        assert_eq!(nearest("critic", &keys), None);
    }
}
