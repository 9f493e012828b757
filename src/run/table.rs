//! metrics.csv: a header, then a row a due step.

use std::fmt::{Display, LowerExp};
use std::io::{self, Write};

use super::append::Appender;
use crate::config::Config;
use crate::domain::metric::MOST_DECLARED;
use crate::domain::{Cadence, Metric, MetricTable, Metrics, StepRecord};

/// The bytes of the longest row there can be with so many metrics: step, seconds and each of them, a separator after
/// each.
pub(super) const fn longest_row(metrics: usize) -> u64 {
    20 + 1 + 24 + 1 + metrics as u64 * (15 + 1)
}

/// The bytes of the longest row there can be in any metrics.csv of this program.
pub(super) const LONGEST_ROW: u64 = longest_row(Metric::COUNT + MOST_DECLARED);
/// The size below which metrics.csv stays where the person leaves `record.every` to us.
const MOST_BYTES: u64 = 100_000_000;
/// The steps that an endless run's file must hold below that.
pub(super) const ENDLESS_STEPS: u64 = 1_000_000;

/// Every how many steps the run's metrics.csv gets a row: `record.every`, or, where that is 0, so seldom that the file
/// stays below 100 MB however long its rows are; in a run without a last step, for its first million steps.
pub fn row_every(config: &Config) -> u64 {
    let steps = if config.steps == 0 { ENDLESS_STEPS } else { config.steps };
    match config.record.every {
        // The header takes the room of a few rows.
        0 => steps.div_ceil(MOST_BYTES / longest_row(MetricTable::of(config).iter().count()) - 8),
        every => every,
    }
}

/// The first line of a run with these metrics.
pub fn header(metrics: &MetricTable) -> String {
    let names: Vec<&str> = metrics.iter().map(|(_, info)| info.name.as_ref()).collect();
    format!("step,seconds,{}\n", names.join(","))
}

/// metrics.csv as it grows. A row is in it whole or not at all. A metric that comes now and then stands in the row of
/// its step, or in the next one where that step has none; elsewhere its cell is empty.
#[derive(Debug)]
pub struct Table {
    file: Appender,
    metrics: MetricTable,
    /// The occasional metrics that came since the last row: they stand in the next one.
    carried: Metrics,
    every: u64,
    written: u64,
    missing: u64,
    buffer: Vec<u8>,
}

impl Table {
    /// A table in a new, empty file: writes the header.
    pub fn start(file: Appender, metrics: &MetricTable, every: u64) -> io::Result<Table> {
        let mut table = Table::resume(file, metrics, every, 0);
        table.file.append(header(metrics).as_bytes())?;
        Ok(table)
    }

    /// A table in a file that has its header and so many rows.
    pub(super) fn resume(file: Appender, metrics: &MetricTable, every: u64, written: u64) -> Table {
        let (metrics, carried) = (metrics.clone(), Metrics::none());
        Table { file, metrics, carried, every: every.max(1), written, missing: 0, buffer: Vec::new() }
    }

    /// The metrics that it has columns for.
    pub(super) fn metrics(&self) -> &MetricTable {
        &self.metrics
    }

    /// Appends the rows of the records that are due, and hands them to the system.
    ///
    /// # Errors
    /// None of the batch's rows is in the file; they count as missing. The next batch is tried again.
    pub fn append(&mut self, batch: &[StepRecord]) -> io::Result<()> {
        self.buffer.clear();
        let mut rows = 0;
        for record in batch {
            self.carry(record);
            if record.step % self.every == 0 {
                row(&mut self.buffer, record, &self.metrics, &self.carried)?;
                self.carried = Metrics::none();
                rows += 1;
            }
        }
        let result = if rows == 0 { Ok(()) } else { self.file.append(&self.buffer) };
        *(if result.is_ok() { &mut self.written } else { &mut self.missing }) += rows;
        result
    }

    fn carry(&mut self, record: &StepRecord) {
        for (metric, value) in record.values.others() {
            if self.metrics.get(*metric).is_some_and(|info| info.cadence == Cadence::Occasional) {
                self.carried.set(*metric, *value);
            }
        }
    }

    /// Waits until all of it is on the disk.
    ///
    /// # Errors
    /// It cannot be written there.
    pub fn settle(&self) -> io::Result<()> {
        self.file.settle()
    }

    /// Rows in the file.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Rows that should be in the file and are not.
    pub fn missing(&self) -> u64 {
        self.missing
    }
}

/// Appends one row; a declared metric that neither the record nor what is `carried` has is an empty cell.
fn row(out: &mut Vec<u8>, record: &StepRecord, metrics: &MetricTable, carried: &Metrics) -> io::Result<()> {
    write!(out, "{},", record.step)?;
    number(out, record.seconds)?;
    for value in record.values.own.0 {
        out.push(b',');
        number(out, value)?;
    }
    for (metric, _) in metrics.iter_declared() {
        out.push(b',');
        if let Some(value) = record.values.get(metric).or_else(|| carried.get(metric)) {
            number(out, value)?;
        }
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

    const LONGEST: u64 = longest_row(Metric::COUNT);

    fn text(record: &StepRecord) -> String {
        let mut out = Vec::new();
        row(&mut out, record, &MetricTable::own(), &Metrics::none()).expect("memory");
        String::from_utf8(out).expect("ASCII")
    }

    #[test]
    fn a_row_is_step_seconds_and_every_metric_in_order() {
        let mut values = Metrics::of([0.0; Metric::COUNT]);
        for (i, value) in values.own.0.iter_mut().enumerate() {
            *value = i as f32 + 0.1;
        }
        values[Metric::CriticLoss] = f32::NAN;
        values[Metric::GeneratorLoss] = f32::INFINITY;
        values[Metric::Bound] = f32::NEG_INFINITY;
        values[Metric::CriticLr] = 5e-5;
        values[Metric::GeneratorLr] = -1.5e20;
        let row = text(&StepRecord { step: 12, seconds: 0.25, values });
        assert_eq!(row, "12,0.25,nan,inf,-inf,3.1,4.1,5.1,6.1,7.1,8.1,9.1,10.1,5e-5,-1.5e20\n");
    }

    #[test]
    fn the_longest_row_is_known() {
        // Nine digits, a sign and an exponent of two digits; all the digits of the longest step and seconds.
        let values = Metrics::of([-1.175_494_2e-38; Metric::COUNT]);
        let row = text(&StepRecord { step: u64::MAX, seconds: -2.225_073_858_507_201_4e-308, values });
        assert!(row.len() as u64 <= LONGEST && row.len() as u64 >= LONGEST - Metric::COUNT as u64, "{row}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2048, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_number_reads_back_and_no_row_is_longer(step: u64, seconds: u64, values: [u32; Metric::COUNT]) {
            let seconds = f64::from_bits(seconds);
            let values = Metrics::of(values.map(f32::from_bits));
            let row = text(&StepRecord { step, seconds, values: values.clone() });
            prop_assert!(row.len() as u64 <= LONGEST, "{} bytes: {row}", row.len());
            let fields: Vec<&str> = row.trim_end().split(',').collect();
            prop_assert_eq!(fields.len(), 2 + Metric::COUNT);
            prop_assert_eq!(fields[0].parse::<u64>(), Ok(step));
            let back: f64 = fields[1].parse().expect("a number");
            prop_assert!(back.to_bits() == seconds.to_bits() || (back.is_nan() && seconds.is_nan()));
            for (field, value) in fields[2..].iter().zip(values.own.0) {
                let back: f32 = field.parse().expect("a number");
                prop_assert!(back.to_bits() == value.to_bits() || (back.is_nan() && value.is_nan()));
            }
        }
    }
}
