//! Files that are read: configs, what a run directory holds, images, samples.

use std::fs;
use std::path::Path;

use gantop::cli::samples;
use gantop::config::{self, presets};
use gantop::domain::{MetricTable, PixelRange, SampleShape};
use gantop::link::checkpoint;
use gantop::run::{journal, metrics};
use gantop::train::data::Source;
use proptest::prelude::*;

use super::fuzz;
use super::spoil::{seeds, spoilt};

/// Whether a text would do something to a terminal.
fn commands(text: &str) -> bool {
    text.chars().any(|c| c != '\n' && gantop::system::output::is_unsafe(c))
}

/// A folder for the files of one target.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Desk {
        Desk(tempfile::tempdir().unwrap())
    }

    /// Puts a file there.
    fn put(&self, name: &str, bytes: &[u8]) -> std::path::PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}

#[test]
fn configs() {
    let folder = |path: &str| fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    let files = [folder("tests/config/valid"), folder("tests/config/invalid")].concat();
    let toml = |path: &Path| path.extension().is_some_and(|ending| ending == "toml");
    let mut all: Vec<Vec<u8>> = files.iter().filter(|path| toml(path)).map(|path| fs::read(path).unwrap()).collect();
    all.extend(presets::ALL.iter().map(|preset| preset.text.as_bytes().to_vec()));
    let shapes = [
        SampleShape::Point { dims: 2 },
        SampleShape::Image { width: 32, height: 32, channels: 3, range: PixelRange::Signed },
    ];
    fuzz("config", 64, spoilt(all), |bytes| {
        match config::parse(&String::from_utf8_lossy(&bytes), "spoilt") {
            Err(error) => {
                let error = error.to_string();
                prop_assert!(!error.is_empty() && !commands(&error), "{}", error);
            }
            Ok(config) => {
                let text = config.to_toml().map_err(|why| TestCaseError::fail(why.to_string()))?;
                prop_assert_eq!(config::parse(&text, "again").map_err(|why| why.to_string()), Ok(config.clone()));
                // However large, it is only counted.
                for shape in shapes {
                    let sizes = [config.generator.size(shape), config.critic.size(shape)];
                    prop_assert!(sizes.iter().all(|size| size.activations > 0));
                }
            }
        }
        Ok(())
    });
}

#[test]
fn metrics_files() {
    let (desk, table) = (Desk::new(), MetricTable::own());
    fuzz("metrics.csv", 64, spoilt(seeds(&["metrics.csv"])), |bytes| {
        let path = desk.put("metrics.csv", &bytes);
        let _ = (metrics::of_header(&path, &[]), metrics::last(&path, &table));
        let Ok(mut rows) = metrics::read(&path, &table) else { return Ok(()) };
        let mut count = 0;
        // One that is wrong is passed over.
        while !matches!(rows.row(), Ok(None)) {
            count += 1;
            prop_assert!(count <= bytes.len() + 1, "more rows than bytes");
        }
        Ok(())
    });
}

#[test]
fn journals() {
    let desk = Desk::new();
    fuzz("journal", 64, spoilt(seeds(&["journal.jsonl"])), |bytes| {
        let path = desk.put("journal.jsonl", &bytes);
        match journal::read(&path) {
            Ok((events, _)) => {
                let _ = journal::schedule(&events);
                for event in &events {
                    let _ = event.what.state_change(event.step).and_then(|change| change.sentence());
                }
            }
            Err(error) => prop_assert!(error.to_string().contains("journal.jsonl"), "{}", error),
        }
        Ok(())
    });
}

#[test]
fn checkpoints() {
    let desk = Desk::new();
    fuzz("checkpoint", 64, spoilt(seeds(&["checkpoint.safetensors"])), |bytes| {
        let path = desk.put("a.safetensors", &bytes);
        let _ = checkpoint::peek(&path);
        match checkpoint::read(&path) {
            Ok(whole) => drop(whole.check_size()),
            Err(error) => prop_assert!(error.to_string().contains("a.safetensors"), "{}", error),
        }
        Ok(())
    });
}

#[test]
fn images() {
    let desk = Desk::new();
    let inputs = (spoilt(seeds(&["images.idx", "images.idx.gz", "channels.idx"])), any::<bool>());
    fuzz("idx", 64, inputs, |(bytes, named_gz)| {
        let path = desk.put(if named_gz { "images.idx.gz" } else { "images.idx" }, &bytes);
        let data = format!("data={{kind='idx', path='{}', memory=1000}}", path.display());
        let config = config::load(None, &[data]).map_err(|why| TestCaseError::fail(why.to_string()))?;
        match Source::open(&config.data) {
            Ok(source) => prop_assert!(!source.shape().is_empty()),
            Err(error) => prop_assert!(error.to_string().contains("images.idx"), "{}", error),
        }
        Ok(())
    });
}

/// Reads files of samples, spoilt copies of these.
fn samples(target: &str, ending: &str, names: &[&str]) {
    let desk = Desk::new();
    fuzz(target, 64, spoilt(seeds(names)), |bytes| {
        match samples::read(&desk.put(&format!("samples.{ending}"), &bytes)) {
            Ok(points) => prop_assert!(points.len() > 0 && points.values().iter().all(|value| value.is_finite())),
            Err(error) => {
                let error = error.to_string();
                prop_assert!(error.contains("samples.") && !commands(&error), "{}", error);
            }
        }
        Ok(())
    });
}

#[test]
fn arrays() {
    samples("npy", "npy", &["samples.npy", "vector.npy"]);
}

#[test]
fn tables() {
    samples("csv", "csv", &["samples.csv", "spaces.csv", "metrics.csv"]);
}
