//! A document of JSON that is written anew each time: Hugging Face's `trainer_state.json`, lists of objects, Keras'
//! history of lists.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::object::{Course, parse};
use super::sink::Sink;
use crate::system::files;

/// The largest document that is read: 256 MiB.
const MOST_BYTES: u64 = 256 << 20;
/// The names that a list of records has in an object.
const LISTS: [&str; 5] = ["log_history", "history", "logs", "log", "records"];

/// Reads a document whenever it has changed.
#[derive(Debug)]
pub struct DocumentReader {
    path: PathBuf,
    course: Course,
    /// Records so far.
    done: usize,
    /// Why it could not be read when it last changed: it may have been half written.
    wrong: Option<String>,
}

/// The outcome of reading a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// All that it has is read.
    All,
    /// It has fewer records than before: it is another run's, or was cut.
    Fewer,
}

impl DocumentReader {
    pub fn new(path: &Path) -> DocumentReader {
        DocumentReader { path: path.to_owned(), course: Course::default(), done: 0, wrong: None }
    }

    /// The same records and more stand in another file now.
    pub fn goes_on_in(&mut self, path: &Path) {
        self.path = path.to_owned();
    }

    /// Reads what is new in it. Called when it has changed.
    pub fn read(&mut self, sink: &mut Sink) -> Read {
        self.wrong = None;
        let wrong = |why: String| Some(format!("{}: {why}", self.path.display()));
        let text = match files::read(&self.path, MOST_BYTES) {
            Ok(text) => text,
            Err(why) => {
                self.wrong = wrong(format!("cannot be read: {why}"));
                return Read::All;
            }
        };
        let value = match parse(&text) {
            Ok(value) => value,
            Err(error) => {
                let (line, column) = (error.line(), error.column());
                self.wrong = Some(format!("{}:{line}:{column}: not JSON: {error}", self.path.display()));
                return Read::All;
            }
        };
        let Some(records) = records(value) else {
            self.wrong = wrong(
                "not a list of records: an object with a log_history, or a list of objects, is \
                     needed"
                    .to_owned(),
            );
            return Read::All;
        };
        if records.len() < self.done {
            return Read::Fewer;
        }
        records[self.done..].iter().for_each(|record| self.course.take(record, sink));
        self.done = records.len();
        Read::All
    }

    /// The problem with it, once it has not changed since.
    pub fn trouble(&mut self) -> Option<String> {
        self.wrong.take()
    }
}

/// The records of a document.
fn records(value: Value) -> Option<Vec<Map<String, Value>>> {
    let objects = |list: Vec<Value>| {
        let object = |value| match value {
            Value::Object(object) => Some(object),
            _ => None,
        };
        list.into_iter().map(object).collect::<Option<Vec<_>>>()
    };
    match value {
        Value::Array(list) => objects(list),
        Value::Object(mut object) => match LISTS.iter().find_map(|name| object.remove(*name)) {
            Some(Value::Array(list)) => objects(list),
            Some(Value::Object(lists)) => Some(rows(&lists)),
            _ => Some(rows(&object)).filter(|rows| !rows.is_empty()),
        },
        _ => None,
    }
}

/// The rows of lists by name, each an epoch.
fn rows(lists: &Map<String, Value>) -> Vec<Map<String, Value>> {
    let lists: Vec<(&String, &Vec<Value>)> =
        lists.iter().filter_map(|(name, list)| Some((name, list.as_array()?))).collect();
    let most = lists.iter().map(|(_, list)| list.len()).max().unwrap_or(0);
    let row = |at: usize| {
        let cells = lists.iter().filter_map(|(name, list)| Some(((*name).clone(), list.get(at)?.clone())));
        // What the lists do not say of their steps is counted.
        cells.collect()
    };
    (0..most).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::foreign::sink::Said;

    fn steps(sink: &mut Sink) -> Vec<u64> {
        sink.end_record();
        let steps = sink.take().into_iter().filter_map(|said| match said {
            Said::Steps(records) => Some(records),
            _ => None,
        });
        steps.flatten().map(|record| record.step).collect()
    }

    #[test]
    fn a_document_is_read_on_where_it_has_more() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("trainer_state.json");
        let (mut reader, mut sink) = (DocumentReader::new(&path), Sink::default());
        let mut read = |text: &str, sink: &mut Sink| {
            std::fs::write(&path, text).unwrap();
            (reader.read(sink), reader.trouble())
        };
        let state = |steps: &[u64]| {
            let rows: Vec<String> = steps.iter().map(|step| format!("{{\"step\": {step}, \"loss\": NaN}}")).collect();
            format!("{{\"epoch\": 1.5, \"log_history\": [{}]}}", rows.join(","))
        };
        assert_eq!(read(&state(&[10, 20]), &mut sink), (Read::All, None));
        assert_eq!(steps(&mut sink), [10, 20]);
        let (all, trouble) = read("{\"log_history\": [", &mut sink);
        assert!(all == Read::All && trouble.unwrap().contains("trainer_state.json:1:"));
        assert_eq!(read(&state(&[10, 20, 30]), &mut sink), (Read::All, None));
        assert_eq!(steps(&mut sink), [30]);
        assert_eq!(read(&state(&[10]), &mut sink), (Read::Fewer, None));
        assert!(read("[1, 2]", &mut sink).1.unwrap().contains("not a list of records"));
    }

    #[test]
    fn lists_by_name_are_rows() {
        let rows = records(serde_json::json!({"loss": [3, 2, 1], "val_loss": [4], "name": "x"})).unwrap();
        assert_eq!((rows.len(), rows[0].len(), rows[2].len()), (3, 2, 1));
    }
}
