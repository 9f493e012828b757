//! A log of objects of JSON, one a line.

use std::path::Path;

use super::object::{Course, parse};
use super::sink::Sink;
use crate::run::{Lines, ReadError};

/// Lines that are read at once.
const LINES: usize = 1024;

/// Reads a log of lines.
#[derive(Debug)]
pub struct LineReader {
    lines: Lines,
    course: Course,
}

impl LineReader {
    /// # Errors
    /// The file cannot be opened.
    pub fn open(path: &Path) -> Result<LineReader, ReadError> {
        Ok(LineReader { lines: Lines::open(path)?, course: Course::default() })
    }

    /// Goes on with the last so many bytes.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn skip_to_the_last(&mut self, bytes: usize) -> Result<(), ReadError> {
        self.lines.skip_to_the_last(bytes)
    }

    /// Reads some lines. Whether there may be more at once.
    ///
    /// # Errors
    /// A line is no object, or too long; the next call goes on behind it. Or the file cannot be read.
    pub fn read(&mut self, sink: &mut Sink) -> Result<bool, ReadError> {
        for _ in 0..LINES {
            let Some(line) = self.lines.next_line()? else { return Ok(false) };
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            match parse(line) {
                Ok(serde_json::Value::Object(object)) => self.course.take(&object, sink),
                Ok(_) => {
                    return Err(self.lines.wrong(1, "not an object: a line must be like {\"step\": 1, \"loss\": 0.5}"));
                }
                Err(error) => return Err(self.lines.wrong(error.column().max(1), format!("not JSON: {error}"))),
            }
        }
        Ok(true)
    }
}
