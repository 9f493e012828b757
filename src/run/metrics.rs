//! Reading metrics.csv: its rows as step records, one after the other, so that a long run needs no room.

use std::path::Path;

use super::lines::{Lines, ReadError, Torn};
use crate::domain::{Cadence, MetricId, MetricInfo, MetricTable, Metrics, StepRecord};

/// The rows of a metrics.csv, in order.
///
/// One of gantop's own metrics that the file does not have is NaN; a column that is none of the run's metrics is passed
/// over.
#[derive(Debug)]
pub struct Rows {
    lines: Lines,
    /// The metric of each column after step and seconds, and its name.
    columns: Vec<Option<Column>>,
    done: bool,
}

/// A column of a metric.
#[derive(Clone, Debug)]
struct Column {
    metric: MetricId,
    name: String,
    /// Whether a cell may be empty.
    occasional: bool,
}

/// Opens the metrics.csv at `path`, of a run with these metrics, and reads its header. A file without a whole first
/// line has no rows.
///
/// # Errors
/// The file cannot be read, or its first line is no header of metrics.
pub fn read(path: &Path, metrics: &MetricTable) -> Result<Rows, ReadError> {
    let mut lines = Lines::open(path)?;
    let Some(header) = lines.next_line()? else { return Ok(Rows { lines, columns: Vec::new(), done: true }) };
    let header = String::from_utf8_lossy(header).into_owned();
    let mut names = header.trim_end_matches('\r').split(',');
    if (names.next(), names.next()) != (Some("step"), Some("seconds")) {
        return Err(lines.wrong(1, "not the header of a metrics.csv, which begins with step,seconds"));
    }
    let column = |name: &str| {
        let metric = metrics.find(name)?;
        let occasional = metrics.get(metric).is_some_and(|info| info.cadence == Cadence::Occasional);
        Some(Column { metric, name: name.to_owned(), occasional })
    };
    Ok(Rows { lines, columns: names.map(column).collect(), done: false })
}

/// The metrics of the run whose metrics.csv is at `path`: gantop's own, those that it has `declared`, and a metric that
/// comes now and then for every other column. What cannot be a metric's name is passed over, and so is a file that
/// cannot be read.
pub fn of_header(path: &Path, declared: &[MetricInfo]) -> MetricTable {
    let table = MetricTable::declaring(declared.iter().cloned()).unwrap_or_default();
    let header = Lines::open(path).and_then(|mut lines| Ok(lines.next_line()?.map(<[u8]>::to_vec)));
    let Ok(Some(header)) = header else { return table };
    let mut known = table.declared().to_vec();
    for name in String::from_utf8_lossy(&header).trim_end_matches('\r').split(',').skip(2) {
        let info = MetricInfo { cadence: Cadence::Occasional, ..MetricInfo::named(name.to_owned()) };
        if table.find(name).is_none() && MetricTable::declaring(known.iter().cloned().chain([info.clone()])).is_ok() {
            known.push(info);
        }
    }
    MetricTable::declaring(known).unwrap_or(table)
}

impl Rows {
    /// Whether the file had no whole first line yet when it was opened.
    pub fn is_headless(&self) -> bool {
        self.columns.is_empty() && self.done
    }

    /// Finds its place again in a file that has been cut back: behind what is left. Says whether it had to.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn follow_cut(&mut self) -> Result<bool, ReadError> {
        self.lines.follow_cut()
    }

    /// The torn last line that was skipped, once there are no more rows.
    pub fn torn(&self) -> Option<&Torn> {
        self.lines.torn()
    }

    /// The next row. After the last one there may be more later, of a run that goes on; after a row that is wrong, the
    /// one behind it is next.
    ///
    /// # Errors
    /// The file cannot be read, or the row is wrong.
    pub fn row(&mut self) -> Result<Option<StepRecord>, ReadError> {
        let Some(line) = self.lines.next_line()? else { return Ok(None) };
        match record(line, &self.columns) {
            Ok(record) => Ok(Some(record)),
            Err((column, why)) => Err(self.lines.wrong(column, why)),
        }
    }
}

impl Iterator for Rows {
    type Item = Result<StepRecord, ReadError>;

    /// The next row; after an error there is none.
    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let row = self.row().transpose();
        self.done = !matches!(row, Some(Ok(_)));
        row
    }
}

/// The record that a line holds, or the column, counted from 1, from which it is wrong.
fn record(line: &[u8], columns: &[Option<Column>]) -> Result<StepRecord, (usize, String)> {
    let line = std::str::from_utf8(line).map_err(|error| (error.valid_up_to() + 1, "not UTF-8".to_owned()))?;
    let mut at = 1;
    let mut fields = line.trim_end_matches('\r').split(',').map(|field| {
        let here = at;
        at += field.len() + 1;
        (here, field)
    });
    let mut next = |what: &str| fields.next().ok_or((line.len() + 1, format!("the row ends before its {what}")));
    let (here, field) = next("step")?;
    let step = field.parse().map_err(|_| (here, format!("{field:?} is not a step, which is a whole number")))?;
    let (here, field) = next("seconds")?;
    let seconds = field.parse().map_err(|_| (here, format!("{field:?} is not a number of seconds")))?;
    let mut values = Metrics::none();
    for column in columns {
        let name = column.as_ref().map_or("last column", |column| &column.name);
        let (here, field) = next(name)?;
        match column {
            Some(Column { metric, occasional, .. }) if !(*occasional && field.is_empty()) => {
                let value = field.parse().map_err(|_| (here, format!("{field:?} is not a number for {name}")))?;
                values.set(*metric, value);
            }
            _ => {}
        }
    }
    match fields.next() {
        Some((here, _)) => Err((here, "the row has more columns than the header".to_owned())),
        None => Ok(StepRecord { step, seconds, values }),
    }
}

/// The last whole row of the metrics.csv at `path`, found from its end, of a run with these metrics.
///
/// # Errors
/// As [`read`], for the header and that row.
pub fn last(path: &Path, metrics: &MetricTable) -> Result<Option<StepRecord>, ReadError> {
    let mut rows = read(path, metrics)?;
    rows.lines.skip_to_the_last(super::table::LONGEST_ROW as usize * 4)?;
    let mut last = None;
    while let Some(row) = rows.row()? {
        last = Some(row);
    }
    Ok(last)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::Metric;

    const HEADER: &str = "step,seconds,critic_loss,later_idea,bound\n";

    fn read_text(text: &[u8]) -> Result<(Vec<StepRecord>, Option<Torn>), String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("metrics.csv");
        std::fs::write(&path, text).unwrap();
        let name = |error: ReadError| error.to_string().replace(path.to_str().unwrap(), "M");
        let mut rows = read(&path, &MetricTable::own()).map_err(name)?;
        let records = rows.by_ref().collect::<Result<Vec<_>, _>>().map_err(name)?;
        let last = last(&path, &MetricTable::own()).map_err(name)?;
        assert_eq!(format!("{last:?}"), format!("{:?}", records.last()));
        Ok((records, rows.torn().cloned()))
    }

    #[test]
    fn rows_are_read_by_the_names_of_their_columns() {
        let (records, torn) = read_text(format!("{HEADER}1,0.5,-2,9,inf\n2,0.75,nan,,1e-3\r\n3,1").as_bytes()).unwrap();
        assert_eq!((records.len(), torn.unwrap().line), (2, 4));
        assert_eq!((records[0].step, records[1].seconds), (1, 0.75));
        assert_eq!((records[0].values[Metric::CriticLoss], records[0].values[Metric::Bound]), (-2.0, f32::INFINITY));
        assert!(records[1].values[Metric::CriticLoss].is_nan() && records[1].values[Metric::GeneratorLoss].is_nan());
        assert_eq!(read_text(b"step,sec").unwrap().0, []);
    }

    #[test]
    fn other_columns_become_metrics_that_come_now_and_then() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("metrics.csv");
        std::fs::write(&path, "step,seconds,fid,bound,a b,critic_loss\n1,0.5,,2,x,1\n2,1,31.5,3,,1\n").unwrap();
        let metrics = of_header(&path, &[]);
        let names: Vec<_> = metrics.declared().iter().map(|info| (info.name.as_ref(), info.cadence)).collect();
        assert_eq!(names, [("fid", Cadence::Occasional)]);
        let fid = metrics.find("fid").unwrap();
        let rows = read(&path, &metrics).unwrap().collect::<Result<Vec<_>, _>>().unwrap();
        assert_eq!(rows.iter().map(|row| row.values.get(fid)).collect::<Vec<_>>(), [None, Some(31.5)]);
        assert_eq!(rows[1].values[Metric::Bound], 3.0);
        assert_eq!(of_header(&dir.path().join("none"), &[]), MetricTable::own());
    }

    #[test]
    fn a_bad_row_is_named() {
        for (row, why) in [
            ("x,1,1,1,1", "M:3:1: \"x\" is not a step"),
            ("2,,1,1,1", "M:3:3: \"\" is not a number of seconds"),
            ("2,1,1,1,wide", "M:3:9: \"wide\" is not a number for bound"),
            ("2,1,1", "M:3:6: the row ends before its last column"),
            ("2,1,1,1,1,1", "M:3:11: the row has more columns"),
        ] {
            let error = read_text(format!("{HEADER}1,1,1,1,1\n{row}\n").as_bytes()).unwrap_err();
            assert!(error.starts_with(why), "{error}");
        }
        assert!(read_text(b"time,value\n1,2\n").unwrap_err().starts_with("M:1:1: not the header"));
    }

    #[test]
    fn the_last_row_of_a_long_file_is_found() {
        let rows: String = (1..=20_000).map(|step| format!("{step},{step}.5,1,1,1\n")).collect();
        let (records, _) = read_text(format!("{HEADER}{rows}").as_bytes()).unwrap();
        assert_eq!((records.len(), records[19_999].step), (20_000, 20_000));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn damage_is_an_error_or_a_note(at in 0usize..500, byte: u8, cut in 0usize..500) {
            let mut text = format!("{HEADER}1,0.5,-2,9,inf\n2,0.75,nan,,1e-3\n").into_bytes();
            let at = at % text.len();
            text[at] = byte;
            text.truncate(cut);
            if let Err(error) = read_text(&text) {
                prop_assert!(error.starts_with("M:"), "{}", error);
            }
        }

        #[test]
        fn noise_is_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read_text(&bytes);
            let _ = read_text(&[HEADER.as_bytes(), &bytes].concat());
        }
    }
}
