//! The tables that an experiment ends with, as Markdown and as CSV.

use std::fmt::Write;

/// A table with a title, what must be said before it, and notes after it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// One line; it names the table in CSV.
    pub title: String,
    /// The runs that made it, in a paragraph.
    pub caption: String,
    /// The columns' heads, the first one that of the rows' names.
    pub head: Vec<String>,
    /// The rows, each of as many cells as there are heads.
    pub rows: Vec<Vec<Cell>>,
    /// Paragraphs after it.
    pub notes: Vec<String>,
}

/// A cell of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Text(String),
    /// A number, which Markdown shows with so many decimals and CSV whole.
    Number(f64, usize),
    /// The same, stressed in Markdown.
    Strong(f64, usize),
    /// Nothing to say.
    Nothing,
}

impl Cell {
    /// `text` as it is.
    pub fn text(text: impl Into<String>) -> Cell {
        Cell::Text(text.into())
    }

    /// The number, or nothing.
    pub fn number(value: Option<f64>, decimals: usize) -> Cell {
        value.map_or(Cell::Nothing, |value| Cell::Number(value, decimals))
    }

    /// `yes`, or a `NO` that is seen.
    pub fn verdict(holds: bool) -> Cell {
        Cell::text(if holds { "yes" } else { "NO" })
    }

    fn markdown(&self) -> String {
        match self {
            Cell::Text(text) => text.replace('|', "\\|"),
            Cell::Number(value, decimals) => decimal(*value, *decimals),
            Cell::Strong(value, decimals) => format!("**{}**", decimal(*value, *decimals)),
            Cell::Nothing => "–".into(),
        }
    }

    fn csv(&self) -> String {
        match self {
            Cell::Text(text) => quoted(text),
            Cell::Number(value, _) | Cell::Strong(value, _) => value.to_string(),
            Cell::Nothing => String::new(),
        }
    }
}

impl Table {
    /// As Markdown: a heading, the caption, the table and its notes.
    pub fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let mut out = format!("### {}\n\n{}\n\n{}", self.title, self.caption, line(&self.head));
        out += &line(
            &self.head.iter().enumerate().map(|(i, _)| if i == 0 { "---" } else { "---:" }.into()).collect::<Vec<_>>(),
        );
        for row in &self.rows {
            out += &line(&row.iter().map(Cell::markdown).collect::<Vec<_>>());
        }
        for note in &self.notes {
            let _ = write!(out, "\n{note}\n");
        }
        out
    }

    /// As CSV, a line a cell: `table,row,column,value`, numbers whole. So tables of unlike columns make one file.
    pub fn csv(&self) -> String {
        let mut out = String::new();
        for row in &self.rows {
            let name = row.first().map(Cell::csv).unwrap_or_default();
            for (column, cell) in self.head.iter().zip(row).skip(1) {
                let _ = writeln!(out, "{},{name},{},{}", quoted(&self.title), quoted(column), cell.csv());
            }
        }
        out
    }
}

/// The first line of the CSV of any number of tables.
pub const CSV_HEAD: &str = "table,row,column,value\n";

/// With so many decimals, and a minus sign only where a digit is left.
fn decimal(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let zero = text.trim_start_matches('-').chars().all(|c| "0.".contains(c));
    if zero { text.trim_start_matches('-').to_owned() } else { text.replace('-', "−").replace("inf", "∞") }
}

/// A field of a CSV file, in quotes where it needs them.
fn quoted(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_markdown_and_csv() {
        let table = Table {
            title: "A, b".into(),
            caption: "Made so.".into(),
            head: vec!["row".into(), "x".into(), "ok".into()],
            rows: vec![
                vec![Cell::text("kl"), Cell::Number(-0.00004, 4), Cell::verdict(true)],
                vec![Cell::text("d|f"), Cell::Strong(-1.25, 1), Cell::Nothing],
            ],
            notes: vec!["So much.".into()],
        };
        let expected = "### A, b\n\nMade so.\n\n| row | x | ok |\n| --- | ---: | ---: |\n| kl | 0.0000 | yes |\n\
                        | d\\|f | **−1.2** | – |\n\nSo much.\n";
        assert_eq!(table.markdown(), expected);
        let expected = "\"A, b\",kl,x,-0.00004\n\"A, b\",kl,ok,yes\n\"A, b\",d|f,x,-1.25\n\"A, b\",d|f,ok,\n";
        assert_eq!(table.csv(), expected);
    }
}
