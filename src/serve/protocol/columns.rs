//! Step records by columns: a number costs a few bytes, its name none.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::Named;
use crate::domain::number::{self, Plain};
use crate::domain::{Cadence, Metric, MetricTable, Metrics, Own, Span, StepRecord, Tally};

/// A metric's values, by its name.
type Table = BTreeMap<String, Vec<Plain<f32>>>;
/// Whole numbers of a metric, by its name.
type Counts = BTreeMap<String, Vec<u64>>;

/// Records of steps; a metric that is left out has no finite value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Steps {
    pub step: Vec<u64>,
    /// Seconds of training at the end of each step, pauses left out.
    #[serde(with = "number")]
    pub seconds: Vec<f64>,
    /// The metrics that come with every step.
    pub metrics: Table,
    /// The others: steps of this line, in order, each with the value that came with it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub occasional: BTreeMap<String, Vec<(u64, Plain<f32>)>>,
}

/// Records of several steps as one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spans {
    pub first: Vec<u64>,
    pub last: Vec<u64>,
    /// The number of records that were merged.
    pub count: Vec<u64>,
    #[serde(with = "number")]
    pub seconds: Vec<f64>,
    /// The smallest, largest and mean finite values, NaN where there was none, and the last ones.
    pub min: Table,
    pub max: Table,
    pub mean: Table,
    pub latest: Table,
    /// The number of values that were not finite; a metric that is left out had none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub non_finite: Counts,
    /// The number of values of a metric that does not come with every step.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counts: Counts,
}

/// Metrics by name.
pub fn named(metrics: &Metrics, table: &MetricTable) -> Named {
    let value = |metric| metrics.get(metric).map(Plain);
    table.iter().filter_map(|(metric, info)| Some((info.name.to_string(), value(metric)?))).collect()
}

/// Metrics from their names; NaN where one of gantop's own is left out.
pub fn of_named(named: &Named, table: &MetricTable) -> Metrics {
    let mut metrics = Metrics::none();
    for (name, value) in named {
        if let Some(metric) = table.find(name) {
            metrics.set(metric, value.0);
        }
    }
    metrics
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
    /// Of records of a run with these metrics.
    pub fn of(records: &[StepRecord], table: &MetricTable) -> Steps {
        let mut steps = Steps {
            step: records.iter().map(|record| record.step).collect(),
            seconds: records.iter().map(|record| record.seconds).collect(),
            ..Steps::default()
        };
        for (metric, info) in table.iter() {
            let values = records.iter().map(|record| record.values.get(metric));
            if info.cadence == Cadence::EveryStep {
                let values = values.map(|value| Plain(value.unwrap_or(f32::NAN))).collect();
                steps.metrics.insert(info.name.to_string(), values);
                continue;
            }
            let came = records.iter().zip(values).filter_map(|(record, value)| Some((record.step, Plain(value?))));
            let came: Vec<_> = came.collect();
            if !came.is_empty() {
                steps.occasional.insert(info.name.to_string(), came);
            }
        }
        steps
    }

    /// The records of a run with these metrics; other metrics are passed over.
    ///
    /// # Errors
    /// The columns differ in length, or a value is of a step that the line does not have.
    pub fn records(&self, table: &MetricTable) -> Result<Vec<StepRecord>, String> {
        even([self.seconds.len()].into_iter().chain(lengths(&self.metrics)), self.step.len())?;
        let rows = self.step.iter().zip(&self.seconds);
        let record = |(&step, &seconds): (&u64, &f64)| StepRecord { step, seconds, values: Metrics::none() };
        let mut records: Vec<StepRecord> = rows.map(record).collect();
        let of_every_step = table.iter().filter(|(_, info)| info.cadence == Cadence::EveryStep);
        for (metric, info) in of_every_step {
            let column = self.metrics.get(info.name.as_ref());
            for (at, record) in records.iter_mut().enumerate() {
                record.values.set(metric, column.map_or(f32::NAN, |column| column[at].0));
            }
        }
        self.occasional(table, &mut records)?;
        Ok(records)
    }

    /// Puts the values of occasional metrics into the records.
    fn occasional(&self, table: &MetricTable, records: &mut [StepRecord]) -> Result<(), String> {
        let places: HashMap<u64, usize> = match self.occasional.is_empty() {
            true => HashMap::new(),
            false => self.step.iter().enumerate().map(|(at, step)| (*step, at)).collect(),
        };
        for (metric, info) in table.iter_declared().filter(|(_, info)| info.cadence == Cadence::Occasional) {
            for (step, value) in self.occasional.get(info.name.as_ref()).into_iter().flatten() {
                let Some(at) = places.get(step) else {
                    return Err(format!("`{}` has a value at step {step}, which is none of this line", info.name));
                };
                records[*at].values.set(metric, value.0);
            }
        }
        Ok(())
    }
}

impl Spans {
    /// Of spans of a run with these metrics.
    pub fn of(spans: &[Span], table: &MetricTable) -> Spans {
        let mut lines = Spans {
            first: spans.iter().map(|span| span.first).collect(),
            last: spans.iter().map(|span| span.last).collect(),
            count: spans.iter().map(|span| span.count).collect(),
            seconds: spans.iter().map(|span| span.seconds).collect(),
            ..Spans::default()
        };
        for (metric, info) in table.iter() {
            let tallies: Vec<Tally> = spans.iter().map(|span| span.tally(metric)).collect();
            let occasional = info.cadence == Cadence::Occasional;
            if occasional && tallies.iter().all(|tally| tally.count == 0) {
                continue;
            }
            let name = || info.name.to_string();
            let column = |of: fn(&Tally) -> f32| tallies.iter().map(|tally| Plain(of(tally))).collect::<Vec<_>>();
            lines.min.insert(name(), column(|tally| tally.min));
            lines.max.insert(name(), column(|tally| tally.max));
            lines.mean.insert(name(), column(|tally| tally.mean));
            let latest = spans.iter().map(|span| Plain(span.latest.get(metric).unwrap_or(f32::NAN)));
            lines.latest.insert(name(), latest.collect());
            if tallies.iter().any(|tally| tally.non_finite > 0) {
                lines.non_finite.insert(name(), tallies.iter().map(|tally| tally.non_finite).collect());
            }
            if occasional {
                lines.counts.insert(name(), tallies.iter().map(|tally| tally.count).collect());
            }
        }
        lines
    }

    /// The spans of a run with these metrics; other metrics are passed over.
    ///
    /// # Errors
    /// The columns differ in length.
    pub fn spans(&self, table: &MetricTable) -> Result<Vec<Span>, String> {
        let rows = self.first.len();
        even([self.last.len(), self.count.len(), self.seconds.len()], rows)?;
        for table in [&self.min, &self.max, &self.mean, &self.latest] {
            even(lengths(table), rows)?;
        }
        even(self.non_finite.values().chain(self.counts.values()).map(Vec::len), rows)?;
        let mut spans: Vec<Span> = (0..rows).map(|at| self.bare(at)).collect();
        for (metric, info) in table.iter() {
            let name = info.name.as_ref();
            for (at, span) in spans.iter_mut().enumerate() {
                let tally = self.tally(name, info.cadence, at);
                match Metric::ALL.get(metric.index()) {
                    Some(own) => span.set_own(*own, &tally),
                    None if tally.count > 0 => span.others.push((metric, tally)),
                    None => continue,
                }
                span.latest.set(metric, value(&self.latest, name, at));
            }
        }
        Ok(spans)
    }

    /// The span of a row without its metrics.
    fn bare(&self, at: usize) -> Span {
        let none = Own([f32::NAN; Metric::COUNT]);
        Span {
            first: self.first[at],
            last: self.last[at],
            count: self.count[at],
            seconds: self.seconds[at],
            min: none,
            max: none,
            mean: none,
            non_finite: Own([self.count[at]; Metric::COUNT]),
            others: Vec::new(),
            latest: Metrics::none(),
        }
    }

    /// The figures of a metric in a row. One without any figure has had no finite value.
    fn tally(&self, name: &str, cadence: Cadence, at: usize) -> Tally {
        let whole = |table: &Counts, otherwise: u64| table.get(name).map_or(otherwise, |column| column[at]);
        let count = match cadence {
            Cadence::EveryStep => self.count[at],
            Cadence::Occasional => whole(&self.counts, 0),
        };
        let [min, max, mean] = [&self.min, &self.max, &self.mean].map(|table| value(table, name, at));
        let none = [min, max, mean].iter().all(|figure| figure.is_nan());
        Tally { count, non_finite: if none { count } else { whole(&self.non_finite, 0) }, min, max, mean }
    }
}

/// A value of a table, NaN where it has none.
fn value(table: &Table, name: &str, at: usize) -> f32 {
    table.get(name).map_or(f32::NAN, |column| column[at].0)
}
