//! An object of JSON as the values of a step: nested ones flattened to `a/b`, means for what is given with its spread.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::axis::{is_split, is_time, rank_of_step, step};
use super::sink::Sink;

/// The most values of one object.
const MOST: usize = 4096;

/// Where the objects of a file stand: which name their step has, and the last one.
#[derive(Debug, Default)]
pub struct Course {
    /// The rank of the best name for a step so far.
    rank: Option<usize>,
    step: u64,
    /// The number of objects so far.
    count: u64,
}

/// The fields of an object, flattened.
#[derive(Debug, Default)]
struct Flat {
    values: Vec<(String, f64)>,
    split: Option<String>,
}

impl Course {
    /// Takes the values of an object.
    pub fn take(&mut self, object: &Map<String, Value>, sink: &mut Sink) {
        self.count += 1;
        if let Some((step, results)) = evaluation(object) {
            sink.begin(step, None);
            for (name, value) in results.iter().filter_map(|(name, value)| Some((name, number(value)?))) {
                sink.value(&format!("Metrics/{name}"), value as f32, true);
            }
            return;
        }
        let mut flat = Flat::default();
        flatten("", object, &mut flat, 0);
        let best = flat
            .values
            .iter()
            .filter_map(|(name, value)| Some((rank_of_step(name)?, *value)))
            .min_by_key(|(rank, _)| *rank);
        let named = best.filter(|(rank, _)| self.rank.is_none_or(|known| *rank <= known));
        match named.and_then(|(rank, value)| Some((rank, step(value)?))) {
            Some((rank, step)) => (self.rank, self.step) = (Some(rank), step),
            // Without any name for a step, objects are counted.
            None if self.rank.is_none() => self.step = self.count,
            None => {}
        }
        let time = flat.values.iter().find(|(name, value)| is_time(name, *value)).map(|(_, time)| *time);
        sink.begin(self.step, time);
        let used = named.map(|(rank, _)| rank);
        for (name, value) in &flat.values {
            if is_time(name, *value) || used.is_some() && rank_of_step(name) == used {
                continue;
            }
            match &flat.split {
                Some(split) => sink.value(&format!("{split}/{name}"), *value as f32, false),
                None => sink.value(name, *value as f32, false),
            }
        }
    }
}

/// The step and the results of a line as StyleGAN writes one after an evaluation of a snapshot, whose number is the
/// step.
fn evaluation(object: &Map<String, Value>) -> Option<(u64, &Map<String, Value>)> {
    let (results, snapshot) = (object.get("results")?.as_object()?, object.get("snapshot_pkl")?.as_str()?);
    let digits = snapshot.trim_end_matches(|c: char| !c.is_ascii_digit());
    let start = digits.rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| at + 1);
    Some((digits[start..].parse().ok()?, results))
}

/// A number, or what Python writes for one that is not finite.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => match text.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            _ => None,
        },
        _ => None,
    }
}

/// The mean of a statistic as StyleGAN writes one; none where it is over nothing.
fn mean(object: &Map<String, Value>) -> Option<Option<f64>> {
    let [count, mean, _] = ["num", "mean", "std"].map(|name| object.get(name).and_then(number));
    let is_statistic = object.len() == 3 && ["num", "mean", "std"].iter().all(|name| object.contains_key(*name));
    is_statistic.then(|| mean.filter(|_| count.is_some_and(|count| count > 0.0)))
}

fn flatten(before: &str, object: &Map<String, Value>, flat: &mut Flat, depth: usize) {
    for (name, value) in object {
        if flat.values.len() == MOST {
            return;
        }
        let full = || if before.is_empty() { name.clone() } else { format!("{before}/{name}") };
        match value {
            Value::Object(inner) => match mean(inner) {
                Some(Some(mean)) => flat.values.push((full(), mean)),
                Some(None) => {}
                None if depth < 8 => flatten(&full(), inner, flat, depth + 1),
                None => {}
            },
            Value::String(text) if depth == 0 && is_split(name) && (1..=32).contains(&text.len()) => {
                flat.split = Some(text.clone());
            }
            value => flat.values.extend(number(value).map(|value| (full(), value))),
        }
    }
}

/// The value of a text of JSON, with the words for numbers that are not finite, which Python writes and no standard
/// knows.
///
/// # Errors
/// It is no JSON.
pub fn parse(text: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::from_slice(text).or_else(|error| match quoted(text) {
        Cow::Borrowed(_) => Err(error),
        Cow::Owned(text) => serde_json::from_slice(&text),
    })
}

/// The text with `NaN`, `Infinity` and `-Infinity` outside strings in quotes.
fn quoted(text: &[u8]) -> Cow<'_, [u8]> {
    let mut out: Option<Vec<u8>> = None;
    let (mut in_string, mut at) = (false, 0);
    while at < text.len() {
        let rest = &text[at..];
        let word =
            [&b"NaN"[..], b"Infinity", b"-Infinity"].into_iter().find(|word| !in_string && rest.starts_with(word));
        if let Some(word) = word {
            let out = out.get_or_insert_with(|| text[..at].to_vec());
            out.push(b'"');
            out.extend_from_slice(word);
            out.push(b'"');
            at += word.len();
            continue;
        }
        let taken = match rest[0] {
            b'\\' if in_string => rest.len().min(2),
            b'"' => {
                in_string = !in_string;
                1
            }
            _ => 1,
        };
        if let Some(out) = &mut out {
            out.extend_from_slice(&rest[..taken]);
        }
        at += taken;
    }
    out.map_or(Cow::Borrowed(text), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::foreign::sink::Said;

    type Row = (u64, f64, Vec<(String, f32)>);

    /// The steps of what objects say, with their values by name.
    fn read(lines: &[&str]) -> Vec<Row> {
        let (mut course, mut sink) = (Course::default(), Sink::default());
        for line in lines {
            course.take(parse(line.as_bytes()).unwrap().as_object().unwrap(), &mut sink);
        }
        sink.end_record();
        let (mut names, mut out) = (Vec::new(), Vec::new());
        for said in sink.take() {
            match said {
                Said::Metrics(table) => names = table.declared().iter().map(|info| info.name.to_string()).collect(),
                Said::Steps(records) => out.extend(records),
                _ => {}
            }
        }
        let name = |at: usize| names[at].clone();
        let values = |record: &crate::domain::StepRecord| {
            record.values.others().iter().map(|(id, value)| (name(id.declared().unwrap()), *value)).collect()
        };
        out.iter().map(|record| (record.step, record.seconds, values(record))).collect()
    }

    fn named(values: &[(&str, f32)]) -> Vec<(String, f32)> {
        values.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect()
    }

    #[test]
    fn nested_objects_are_flattened_and_means_taken() {
        let line = r#"{"Loss/D/loss": {"num": 4, "mean": 0.5, "std": NaN}, "none": {"num": 0, "mean": NaN, "std": NaN},
            "a": {"b": {"c": 1}}, "on": true, "text": "x", "list": [1], "Progress/kimg": {"num": 1, "mean": 4.1, "std": 0}, "timestamp": 1700000000.5}"#;
        assert_eq!(read(&[line]), [(4, 0.0, named(&[("Loss/D/loss", 0.5), ("a/b/c", 1.0)]))]);
    }

    #[test]
    fn what_is_not_finite_is_read() {
        let read = read(&[r#"{"step": 3, "a": NaN, "b": -Infinity, "NaN \" Infinity": 1}"#]);
        assert_eq!(read[0].2.len(), 3);
        assert!(read[0].2[1].1.is_nan() && read[0].2[2].1 == f32::NEG_INFINITY, "{read:?}");
        assert!(parse(b"{\"a\": Nan}").is_err());
    }

    #[test]
    fn the_step_has_the_best_name_and_else_objects_are_counted() {
        let lines = [r#"{"epoch": 1, "step": 10, "x": 1}"#, r#"{"epoch": 2, "y": 2}"#, r#"{"step": 20, "x": 3}"#];
        let steps: Vec<u64> = read(&lines).iter().map(|record| record.0).collect();
        assert_eq!(steps, [10, 20]);
        assert_eq!(read(&lines)[0].2, named(&[("epoch", 2.0), ("x", 1.0), ("y", 2.0)]));
        assert_eq!(read(&[r#"{"x": 1}"#, r#"{"x": 2}"#]).iter().map(|record| record.0).collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn evaluations_and_splits_have_names_of_their_own() {
        let line = r#"{"results": {"fid50k_full": 12.5}, "metric": "fid50k_full", "snapshot_pkl": "network-snapshot-000200.pkl"}"#;
        assert_eq!(read(&[line]), [(200, 0.0, named(&[("Metrics/fid50k_full", 12.5)]))]);
        let lines = [r#"{"mode": "train", "iter": 5, "loss": 1}"#, r#"{"mode": "val", "iter": 5, "loss": 2}"#];
        assert_eq!(read(&lines), [(5, 0.0, named(&[("train/loss", 1.0), ("val/loss", 2.0)]))]);
    }
}
