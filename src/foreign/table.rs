//! A table of text: Lightning's CSVLogger with its ragged rows, pandas, Keras, and whatever else begins with a header.

use std::borrow::Cow;
use std::path::Path;

use super::axis::{is_split, is_time, rank_of_step, step};
use super::sink::Sink;
use crate::run::{Lines, ReadError};

/// Rows that are read at once.
const ROWS: usize = 1024;
/// The most columns.
const MOST: usize = 4096;

/// Reads a table.
#[derive(Debug)]
pub struct TableReader {
    lines: Lines,
    header: Option<Header>,
    step: u64,
    /// Rows so far.
    count: u64,
    /// Whether it was told that a cell is no number.
    told: bool,
}

/// The names of the columns, and what each is.
#[derive(Debug)]
struct Header {
    separator: u8,
    names: Vec<String>,
    kinds: Vec<Kind>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Step,
    /// A time, or a metric where its values are none.
    Value,
    Split,
    /// Numbers of rows, as pandas writes them.
    Index,
}

impl TableReader {
    /// # Errors
    /// The file cannot be opened.
    pub fn open(path: &Path) -> Result<TableReader, ReadError> {
        Ok(TableReader { lines: Lines::open(path)?, header: None, step: 0, count: 0, told: false })
    }

    /// Reads the header, and goes on with the last so many bytes.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn skip_to_the_last(&mut self, bytes: usize) -> Result<(), ReadError> {
        if let Some(line) = self.lines.next_line()? {
            self.header = Some(Header::of(String::from_utf8_lossy(line).trim_end_matches('\r')));
        }
        self.lines.skip_to_the_last(bytes)
    }

    /// Reads some rows. Whether there may be more at once.
    ///
    /// # Errors
    /// A row cannot be read; the next call goes on behind it. Or the file cannot be read.
    pub fn read(&mut self, sink: &mut Sink) -> Result<bool, ReadError> {
        for _ in 0..ROWS {
            let Some(line) = self.lines.next_line()? else { return Ok(false) };
            let line = String::from_utf8_lossy(line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line)).into_owned();
            let line = line.trim_end_matches('\r');
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let Some(header) = &self.header else {
                self.header = Some(Header::of(line));
                if !Header::is_one(&cells(line, separator(line))) {
                    self.row(line, sink)?;
                }
                continue;
            };
            // A trainer that goes on writes its header again, perhaps with other columns.
            let again = cells(line, header.separator);
            if again.len() > 1 && Header::is_one(&again) && !header.has_text(&again) {
                self.header = Some(Header::of(line));
                continue;
            }
            self.row(line, sink)?;
        }
        Ok(true)
    }

    fn row(&mut self, line: &str, sink: &mut Sink) -> Result<(), ReadError> {
        let Some(header) = &self.header else { return Ok(()) };
        self.count += 1;
        let cells = cells(line, header.separator);
        let with_kind = || cells.iter().zip(&header.kinds).zip(&header.names);
        let of = |wanted: Kind| with_kind().find(|((_, kind), _)| **kind == wanted).map(|((cell, _), _)| cell.trim());
        match of(Kind::Step).map(|cell| (cell, cell.parse::<f64>().ok().and_then(step))) {
            Some((_, Some(step))) => self.step = step,
            // A row without a step is of the last one.
            Some(("", None)) => {}
            Some((cell, None)) => return Err(self.lines.wrong(1, format!("{cell:?} is not a step"))),
            None => self.step = self.count,
        }
        let values = with_kind().filter(|((_, kind), _)| **kind == Kind::Value);
        let values = values.map(|((cell, _), name)| (name, cell.trim())).filter(|(_, cell)| !is_blank(cell));
        let numbers: Vec<(&String, Option<f64>)> = values.map(|(name, cell)| (name, number(cell))).collect();
        let time = numbers.iter().filter_map(|(name, value)| value.filter(|value| is_time(name, *value))).next();
        sink.begin(self.step, time);
        let split = of(Kind::Split).filter(|split| (1..=32).contains(&split.len()));
        let mut text = None;
        for (name, value) in &numbers {
            match (value, split) {
                (Some(value), _) if is_time(name, *value) => {}
                (Some(value), None) => sink.value(name, *value as f32, false),
                (Some(value), Some(split)) => sink.value(&format!("{split}/{name}"), *value as f32, false),
                (None, _) => text = text.or(Some(name)),
            }
        }
        if let Some(name) = text.filter(|_| !self.told) {
            self.told = true;
            let why =
                format!("the column {name:?} has text in it, which no chart can show: such cells are passed over");
            sink.trouble(self.lines.wrong(1, why).to_string());
        }
        Ok(())
    }
}

impl Header {
    fn of(line: &str) -> Header {
        let separator = separator(line);
        let cells = cells(line, separator);
        let is_one = Header::is_one(&cells);
        let names: Vec<String> = match is_one {
            true => cells.iter().take(MOST).map(|cell| cell.trim().to_owned()).collect(),
            false => (1..=cells.len().min(MOST)).map(|number| format!("column {number}")).collect(),
        };
        let step = names.iter().enumerate().filter_map(|(at, name)| Some((rank_of_step(name)?, at))).min();
        let kind = |(at, name): (usize, &String)| match () {
            () if step.is_some_and(|(_, of)| of == at) => Kind::Step,
            () if is_split(name) => Kind::Split,
            () if name.is_empty() || name.starts_with("Unnamed:") => Kind::Index,
            () => Kind::Value,
        };
        let mut kinds: Vec<Kind> = names.iter().enumerate().map(kind).collect();
        // Where nothing else is a step, the numbers of the rows are.
        if step.is_none()
            && let Some(index) = kinds.iter_mut().find(|kind| **kind == Kind::Index)
        {
            *index = Kind::Step;
        }
        Header { separator, names, kinds }
    }

    /// Whether these cells name columns: none of them is a number.
    fn is_one(cells: &[Cow<str>]) -> bool {
        cells.iter().all(|cell| number(cell.trim()).is_none()) && cells.iter().any(|cell| !cell.trim().is_empty())
    }

    /// Whether cells without a number are a row of this table all the same: it lacks the step, or only a split is said.
    fn has_text(&self, cells: &[Cow<str>]) -> bool {
        let known = cells.iter().filter(|cell| self.names.iter().any(|name| name == cell.trim())).count();
        // A header of before names most of the columns again.
        known * 2 < cells.len()
    }
}

fn is_blank(cell: &str) -> bool {
    matches!(cell, "" | "None" | "null" | "NA" | "N/A")
}

fn number(cell: &str) -> Option<f64> {
    match cell {
        "True" | "true" => Some(1.0),
        "False" | "false" => Some(0.0),
        cell => cell.parse().ok(),
    }
}

/// The separator of the cells of a header: what it has most of.
fn separator(line: &str) -> u8 {
    let count = |separator: u8| line.bytes().filter(|byte| *byte == separator).count();
    // Of equals the first is last.
    [b';', b'\t', b','].into_iter().max_by_key(|separator| count(*separator)).unwrap_or(b',')
}

/// The cells of a line; quotes hold one together, and are doubled within.
fn cells(line: &str, separator: u8) -> Vec<Cow<'_, str>> {
    let mut cells = Vec::new();
    let mut rest = line;
    loop {
        let (cell, behind) = match rest.strip_prefix('"') {
            Some(inner) => quoted(inner, separator),
            None => match rest.find(char::from(separator)) {
                Some(at) => (Cow::Borrowed(&rest[..at]), Some(&rest[at + 1..])),
                None => (Cow::Borrowed(rest), None),
            },
        };
        cells.push(cell);
        match behind {
            Some(behind) if cells.len() <= MOST => rest = behind,
            _ => return cells,
        }
    }
}

/// A cell in quotes, whose first is gone, and what stands behind its separator.
fn quoted(text: &str, separator: u8) -> (Cow<'_, str>, Option<&str>) {
    let mut cell = String::new();
    let mut rest = text;
    loop {
        let Some(at) = rest.find('"') else {
            // The closing one is missing: the rest is the cell.
            cell.push_str(rest);
            return (Cow::Owned(cell), None);
        };
        cell.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match rest.strip_prefix('"') {
            Some(behind) => {
                cell.push('"');
                rest = behind;
            }
            None => {
                let behind = rest.find(char::from(separator)).map(|at| &rest[at + 1..]);
                return (Cow::Owned(cell), behind);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::foreign::sink::Said;

    type Row = (u64, Vec<(String, f32)>);

    /// The steps and the values by name of a table's rows, and what is wrong.
    fn read(text: &str) -> (Vec<Row>, Vec<String>) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("T");
        std::fs::write(&path, text).unwrap();
        let (mut reader, mut sink, mut wrong) = (TableReader::open(&path).unwrap(), Sink::default(), Vec::new());
        loop {
            match reader.read(&mut sink) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => wrong.push(error.to_string()),
            }
        }
        sink.end_record();
        let (mut names, mut records) = (Vec::new(), Vec::new());
        for said in sink.take() {
            match said {
                Said::Metrics(table) => names = table.declared().iter().map(|info| info.name.to_string()).collect(),
                Said::Steps(steps) => records.extend(steps),
                Said::Trouble(text) => wrong.push(text),
                Said::Back { .. } | Said::Note(..) => {}
            }
        }
        let of = |record: crate::domain::StepRecord| {
            let named = |(id, value): &(crate::domain::MetricId, f32)| (names[id.declared().unwrap()].clone(), *value);
            (record.step, record.values.others().iter().map(named).collect())
        };
        let short = |text: String| text.replace(&format!("{}", path.display()), "T");
        (records.into_iter().map(of).collect(), wrong.into_iter().map(short).collect())
    }

    fn named(values: &[(&str, f32)]) -> Vec<(String, f32)> {
        values.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect()
    }

    #[test]
    fn ragged_rows_have_what_they_have() {
        let text = "epoch,step,train_loss,val_loss\n0,9,0.5,\n0,9,,0.25\r\n0,19,nan\n";
        let (rows, wrong) = read(text);
        assert_eq!(wrong, [""; 0]);
        assert_eq!(rows[0], (9, named(&[("epoch", 0.0), ("train_loss", 0.5), ("val_loss", 0.25)])));
        assert!(rows[1].0 == 19 && rows[1].1[1].1.is_nan());
    }

    #[test]
    fn an_index_stands_for_the_step_and_quotes_and_other_separators_are_known() {
        assert_eq!(read(",loss\n0,1.5\n1,2.5\n").0, [(0, named(&[("loss", 1.5)])), (1, named(&[("loss", 2.5)]))]);
        assert_eq!(read("epoch;\"a \"\"b\"\", c\";x\n3;1;2\n").0, [(3, named(&[("a \"b\", c", 1.0), ("x", 2.0)]))]);
        assert_eq!(read("loss\tacc\n1\t2\n").0, [(1, named(&[("loss", 1.0), ("acc", 2.0)]))]);
        assert_eq!(read("1,2\n3,4\n").0[1], (2, named(&[("column 1", 3.0), ("column 2", 4.0)])));
        assert_eq!(read("split,step,loss\nval,1,2\n").0, [(1, named(&[("val/loss", 2.0)]))]);
    }

    #[test]
    fn a_header_may_come_again() {
        let (rows, wrong) = read("epoch,loss\n0,1\nepoch,loss\n1,2\nepoch,loss,acc\n2,3,4\n");
        assert_eq!((rows.len(), wrong), (3, vec![]));
        assert_eq!(rows[2], (2, named(&[("loss", 3.0), ("acc", 4.0)])));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let (rows, wrong) = read("step,loss,note\n1,2,warm up\n2,3,x\nmany,4,5\n3,4,\n");
        assert_eq!(rows.iter().map(|row| row.0).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(wrong.len(), 2);
        assert!(wrong.iter().any(|why| why == "T:4:1: \"many\" is not a step"), "{wrong:?}");
        assert!(wrong.iter().any(|why| why.starts_with("T:2:1: the column \"note\" has text")), "{wrong:?}");
    }
}
