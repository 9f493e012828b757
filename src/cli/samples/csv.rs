//! Samples as text: a sample a line.

use std::io::{BufRead, Read};

use super::Problem;
use crate::theory::distance::Points;

/// The most characters of a field that an error shows.
const SHOWN: usize = 24;

/// The longest line, in bytes: 16 MiB.
const MOST_LINE: u64 = 1 << 24;

/// The samples in a text with at most so many numbers.
pub fn parse(mut from: impl BufRead, most: usize) -> Result<Points, Problem> {
    let mut values = Vec::new();
    // The first line of numbers or names: how they are separated, how many there are, where.
    let mut first: Option<(Separator, usize, usize)> = None;
    let mut bytes = Vec::new();
    for line in 1.. {
        bytes.clear();
        let got = from.by_ref().take(MOST_LINE).read_until(b'\n', &mut bytes).map_err(Problem::Read)?;
        if got == 0 {
            break;
        }
        let whole = |what: &str| Problem::Csv { line, column: 1, what: what.to_owned() };
        if got as u64 == MOST_LINE && bytes.last() != Some(&b'\n') {
            return Err(whole("the line is longer than 16 MiB; a sample a line is needed"));
        }
        let text = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let text = text.strip_prefix(b"\xef\xbb\xbf").filter(|_| line == 1).unwrap_or(text);
        let not_text = "not text; give CSV, or .npy as NumPy's save writes it";
        let text = std::str::from_utf8(text).map_err(|_| whole(not_text))?;
        if text.trim().is_empty() || text.trim_start().starts_with('#') {
            continue;
        }
        let separator = first.map_or_else(|| Separator::of(text), |(separator, ..)| separator);
        let fields = separator.fields(text);
        let at = |field: &str, what: String| Problem::Csv { line, column: column(text, field), what };
        let (_, expected, since) = *first.get_or_insert((separator, fields.len(), line));
        if since == line && fields.iter().all(|field| is_name(field)) {
            continue;
        }
        if fields.len() != expected {
            let what = format!("{} where line {since} has {expected}; every line needs as many", count(fields.len()));
            return Err(Problem::Csv { line, column: 1, what });
        }
        if values.len() + fields.len() > most {
            return Err(Problem::TooMany(most));
        }
        for field in fields {
            let value = number(field).map_err(|what| at(field, what))?;
            values.push(value);
        }
    }
    let Some((_, columns, _)) = first else { return Err(Problem::Empty) };
    if values.is_empty() {
        return Err(Problem::Empty);
    }
    Points::new(values, columns).map_err(Problem::Points)
}

/// The mark between two numbers.
#[derive(Clone, Copy)]
enum Separator {
    Char(char),
    Space,
}

impl Separator {
    /// The separator of a file whose first line this is.
    fn of(line: &str) -> Separator {
        let found = [',', ';', '\t'].into_iter().find(|separator| line.contains(*separator));
        // Spaces separate numbers, but not the words of a name.
        let numbers = line.split_whitespace().all(|field| field.parse::<f64>().is_ok());
        match found {
            Some(separator) => Separator::Char(separator),
            None if numbers => Separator::Space,
            None => Separator::Char(','),
        }
    }

    fn fields(self, line: &str) -> Vec<&str> {
        match self {
            Separator::Char(separator) => line.split(separator).map(str::trim).collect(),
            Separator::Space => line.split_whitespace().collect(),
        }
    }
}

/// A field that names a column: neither empty nor a number.
fn is_name(field: &str) -> bool {
    !field.is_empty() && field.parse::<f64>().is_err()
}

fn number(field: &str) -> Result<f64, String> {
    match field.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => Err(format!("`{}` is not finite; every number must be", shown(field))),
        Err(_) if field.is_empty() => Err("a number is missing".to_owned()),
        Err(_) => Err(format!("`{}` is no number", shown(field))),
    }
}

fn shown(field: &str) -> String {
    let mut shown: String = field.chars().take(SHOWN).map(crate::system::output::printable).collect();
    if field.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

fn count(fields: usize) -> String {
    if fields == 1 { "1 field".to_owned() } else { format!("{fields} fields") }
}

/// The column, in characters from 1, at which a part of a line begins.
fn column(line: &str, part: &str) -> usize {
    let offset = (part.as_ptr() as usize).saturating_sub(line.as_ptr() as usize);
    line.get(..offset).map_or(1, |before| before.chars().count() + 1)
}
