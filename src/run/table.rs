//! metrics.csv: a header, then a row a due step.

use std::fmt::{Display, LowerExp};
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;

use crate::config::Config;
use crate::link::{Metric, StepRecord};

/// The bytes of the longest row there can be: step, seconds and every metric, a separator after each.
pub(super) const LONGEST_ROW: u64 = 20 + 1 + 24 + 1 + Metric::COUNT as u64 * (15 + 1);
/// What metrics.csv stays below where the person leaves `record.every` to us.
const MOST_BYTES: u64 = 100_000_000;
/// The steps that an endless run's file must hold below that.
const ENDLESS_STEPS: u64 = 1_000_000;

/// Every how many steps the run's metrics.csv gets a row: `record.every`, or, where that is 0, so seldom that the file
/// stays below 100 MB however long its rows are; in a run without a last step, for its first million steps.
pub fn row_every(config: &Config) -> u64 {
    let steps = if config.steps == 0 { ENDLESS_STEPS } else { config.steps };
    match config.record.every {
        // The header takes the room of a few rows.
        0 => steps.div_ceil(MOST_BYTES / LONGEST_ROW - 8),
        every => every,
    }
}

/// The first line.
pub fn header() -> String {
    let names: Vec<&str> = Metric::ALL.iter().map(|metric| metric.name()).collect();
    format!("step,seconds,{}\n", names.join(","))
}

/// metrics.csv as it grows. A row is in it whole or not at all.
#[derive(Debug)]
pub struct Table {
    file: File,
    every: u64,
    written: u64,
    missing: u64,
    /// The length of the file up to its last whole row.
    len: u64,
    /// Whether the file may end in a part of a row that has not been cut off yet.
    torn: bool,
    buffer: Vec<u8>,
}

impl Table {
    /// A table in a new, empty file: writes the header.
    pub fn start(file: File, every: u64) -> io::Result<Table> {
        let mut table = Table::resume(file, every, 0);
        table.buffer.extend_from_slice(header().as_bytes());
        table.write()?;
        Ok(table)
    }

    /// A table in a file that has its header and so many rows.
    pub(super) fn resume(file: File, every: u64, written: u64) -> Table {
        let len = file.metadata().map_or(0, |meta| meta.len());
        Table { file, every: every.max(1), written, missing: 0, len, torn: false, buffer: Vec::new() }
    }

    /// Appends the rows of the records that are due, and hands them to the system.
    ///
    /// # Errors
    /// None of the batch's rows is in the file; they count as missing. The next batch is tried again.
    pub fn append(&mut self, batch: &[StepRecord]) -> io::Result<()> {
        self.buffer.clear();
        let mut rows = 0;
        for record in batch.iter().filter(|record| record.step % self.every == 0) {
            row(&mut self.buffer, record)?;
            rows += 1;
        }
        let result = if rows == 0 { Ok(()) } else { self.write() };
        *(if result.is_ok() { &mut self.written } else { &mut self.missing }) += rows;
        result
    }

    /// Rows in the file.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Rows that should be in the file and are not.
    pub fn missing(&self) -> u64 {
        self.missing
    }

    /// Writes the buffer, whole or not at all.
    fn write(&mut self) -> io::Result<()> {
        if self.file.metadata()?.nlink() == 0 {
            return Err(io::Error::other("it was deleted"));
        }
        if self.torn {
            self.file.set_len(self.len)?;
            self.torn = false;
        }
        match self.file.write_all(&self.buffer) {
            Ok(()) => self.len += self.buffer.len() as u64,
            Err(e) => {
                self.torn = self.file.set_len(self.len).is_err();
                return Err(e);
            }
        }
        Ok(())
    }
}

/// Appends one row.
fn row(out: &mut Vec<u8>, record: &StepRecord) -> io::Result<()> {
    write!(out, "{},", record.step)?;
    number(out, record.seconds)?;
    for value in record.values.0 {
        out.push(b',');
        number(out, value)?;
    }
    out.push(b'\n');
    Ok(())
}

/// Appends the shortest digits that read back as the same number; what is not finite as `nan`, `inf` or `-inf`, which
/// every reader of CSV takes for numbers.
fn number<T: Copy + Into<f64> + Display + LowerExp>(out: &mut Vec<u8>, value: T) -> io::Result<()> {
    let size = value.into().abs();
    if size.is_nan() {
        out.extend_from_slice(b"nan");
        Ok(())
    } else if size == 0.0 || (1e-4..1e7).contains(&size) || size.is_infinite() {
        write!(out, "{value}")
    } else {
        write!(out, "{value:e}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::link::Metrics;

    fn text(record: &StepRecord) -> String {
        let mut out = Vec::new();
        row(&mut out, record).expect("memory");
        String::from_utf8(out).expect("ASCII")
    }

    #[test]
    fn a_row_is_step_seconds_and_every_metric_in_order() {
        let mut values = Metrics([0.0; Metric::COUNT]);
        for (i, value) in values.0.iter_mut().enumerate() {
            *value = i as f32 + 0.1;
        }
        values[Metric::CriticLoss] = f32::NAN;
        values[Metric::GeneratorLoss] = f32::INFINITY;
        values[Metric::Bound] = f32::NEG_INFINITY;
        values[Metric::CriticLr] = 5e-5;
        values[Metric::GeneratorLr] = -1.5e20;
        let row = text(&StepRecord { step: 12, seconds: 0.25, values });
        assert_eq!(row, "12,0.25,nan,inf,-inf,3.1,4.1,5.1,6.1,7.1,8.1,9.1,5e-5,-1.5e20\n");
    }

    #[test]
    fn the_longest_row_is_known() {
        // Nine digits, a sign and an exponent of two digits; all the digits of the longest step and seconds.
        let values = Metrics([-1.175_494_2e-38; Metric::COUNT]);
        let row = text(&StepRecord { step: u64::MAX, seconds: -2.225_073_858_507_201_4e-308, values });
        assert!(row.len() as u64 <= LONGEST_ROW && row.len() as u64 >= LONGEST_ROW - Metric::COUNT as u64, "{row}");
    }

    #[test]
    fn a_part_of_a_row_is_cut_off_before_the_next() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("metrics.csv");
        let file = File::options().append(true).create_new(true).open(&path).expect("a new file");
        let mut table = Table::start(file, 1).expect("room for a header");
        let record = |step| StepRecord { step, seconds: 1.0, values: Metrics([0.5; Metric::COUNT]) };
        table.append(&[record(1)]).expect("room for a row");
        // As after a write that got only so far and could not be undone.
        table.file.write_all(b"2,1,0.5,0.").expect("room for a part");
        table.torn = true;
        table.append(&[record(3)]).expect("room for a row");
        let rows = std::fs::read_to_string(&path).expect("the file");
        let rows: Vec<&str> = rows.lines().skip(1).collect();
        assert_eq!(rows, [text(&record(1)).trim_end(), text(&record(3)).trim_end()]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2048, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_number_reads_back_and_no_row_is_longer(step: u64, seconds: u64, values: [u32; Metric::COUNT]) {
            let seconds = f64::from_bits(seconds);
            let values = Metrics(values.map(f32::from_bits));
            let row = text(&StepRecord { step, seconds, values });
            prop_assert!(row.len() as u64 <= LONGEST_ROW, "{} bytes: {row}", row.len());
            let fields: Vec<&str> = row.trim_end().split(',').collect();
            prop_assert_eq!(fields.len(), 2 + Metric::COUNT);
            prop_assert_eq!(fields[0].parse::<u64>(), Ok(step));
            let back: f64 = fields[1].parse().expect("a number");
            prop_assert!(back.to_bits() == seconds.to_bits() || (back.is_nan() && seconds.is_nan()));
            for (field, value) in fields[2..].iter().zip(values.0) {
                let back: f32 = field.parse().expect("a number");
                prop_assert!(back.to_bits() == value.to_bits() || (back.is_nan() && value.is_nan()));
            }
        }
    }
}
