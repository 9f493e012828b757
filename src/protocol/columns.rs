//! Step records by columns: a number costs a few bytes, its name none.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Named;
use crate::link::number::{self, Plain};
use crate::link::{Metric, Metrics, Span, StepRecord};

/// A metric's values, by its name.
type Table = BTreeMap<String, Vec<Plain<f32>>>;

/// Records of steps; a metric that is left out has no finite value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Steps {
    pub step: Vec<u64>,
    /// Seconds of training at the end of each step, pauses left out.
    #[serde(with = "number")]
    pub seconds: Vec<f64>,
    pub metrics: Table,
}

/// Records of several steps as one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spans {
    pub first: Vec<u64>,
    pub last: Vec<u64>,
    /// How many records were merged.
    pub count: Vec<u64>,
    #[serde(with = "number")]
    pub seconds: Vec<f64>,
    /// The smallest, largest and mean finite values, NaN where there was none, and the last ones.
    pub min: Table,
    pub max: Table,
    pub mean: Table,
    pub latest: Table,
    /// How many values were not finite; a metric that is left out had none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub non_finite: BTreeMap<String, Vec<u64>>,
}

/// Metrics by name.
pub fn named(metrics: &Metrics) -> Named {
    Metric::ALL.map(|metric| (metric.name().to_owned(), Plain(metrics[metric]))).into()
}

/// Metrics from their names; NaN where one is left out.
pub fn of_named(named: &Named) -> Metrics {
    Metrics(Metric::ALL.map(|metric| named.get(metric.name()).map_or(f32::NAN, |value| value.0)))
}

fn table<'a>(rows: impl Iterator<Item = &'a Metrics> + Clone) -> Table {
    let column = |metric: Metric| rows.clone().map(|row| Plain(row[metric])).collect();
    Metric::ALL.map(|metric| (metric.name().to_owned(), column(metric))).into()
}

/// The row of a table.
fn row(table: &Table, at: usize) -> Metrics {
    let value = |metric: Metric| table.get(metric.name()).and_then(|column| column.get(at));
    Metrics(Metric::ALL.map(|metric| value(metric).map_or(f32::NAN, |value| value.0)))
}

/// Whether columns have this length, or why not.
fn even(lengths: impl IntoIterator<Item = usize>, length: usize) -> Result<(), String> {
    match lengths.into_iter().find(|other| *other != length) {
        Some(other) => Err(format!("its columns have {length} and {other} rows: must be as many")),
        None => Ok(()),
    }
}

fn lengths(table: &Table) -> impl Iterator<Item = usize> + '_ {
    table.values().map(Vec::len)
}

impl Steps {
    /// Of records.
    pub fn of(records: &[StepRecord]) -> Steps {
        Steps {
            step: records.iter().map(|record| record.step).collect(),
            seconds: records.iter().map(|record| record.seconds).collect(),
            metrics: table(records.iter().map(|record| &record.values)),
        }
    }

    /// The records.
    ///
    /// # Errors
    /// The columns differ in length.
    pub fn records(&self) -> Result<Vec<StepRecord>, String> {
        even([self.seconds.len()].into_iter().chain(lengths(&self.metrics)), self.step.len())?;
        let rows = self.step.iter().zip(&self.seconds).enumerate();
        Ok(rows
            .map(|(at, (step, seconds))| StepRecord { step: *step, seconds: *seconds, values: row(&self.metrics, at) })
            .collect())
    }
}

impl Spans {
    /// Of spans.
    pub fn of(spans: &[Span]) -> Spans {
        let wrong = |metric: Metric| spans.iter().map(|span| span.non_finite[metric as usize]).collect::<Vec<_>>();
        let some = |column: &Vec<u64>| column.iter().any(|count| *count > 0);
        let non_finite = Metric::ALL.into_iter().map(|metric| (metric.name().to_owned(), wrong(metric)));
        Spans {
            first: spans.iter().map(|span| span.first).collect(),
            last: spans.iter().map(|span| span.last).collect(),
            count: spans.iter().map(|span| span.count).collect(),
            seconds: spans.iter().map(|span| span.seconds).collect(),
            min: table(spans.iter().map(|span| &span.min)),
            max: table(spans.iter().map(|span| &span.max)),
            mean: table(spans.iter().map(|span| &span.mean)),
            latest: table(spans.iter().map(|span| &span.latest)),
            non_finite: non_finite.filter(|(_, column)| some(column)).collect(),
        }
    }

    /// The spans.
    ///
    /// # Errors
    /// The columns differ in length.
    pub fn spans(&self) -> Result<Vec<Span>, String> {
        let rows = self.first.len();
        even([self.last.len(), self.count.len(), self.seconds.len()], rows)?;
        for table in [&self.min, &self.max, &self.mean, &self.latest] {
            even(lengths(table), rows)?;
        }
        even(self.non_finite.values().map(Vec::len), rows)?;
        let wrong = |metric: Metric, at: usize| self.non_finite.get(metric.name()).map_or(0, |column| column[at]);
        let span = |at: usize| Span {
            first: self.first[at],
            last: self.last[at],
            count: self.count[at],
            seconds: self.seconds[at],
            min: row(&self.min, at),
            max: row(&self.max, at),
            mean: row(&self.mean, at),
            latest: row(&self.latest, at),
            non_finite: Metric::ALL.map(|metric| wrong(metric, at)),
        };
        Ok((0..rows).map(span).collect())
    }
}
