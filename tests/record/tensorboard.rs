//! Event files of a real run, read by our own reader, and by TensorBoard where Python can have it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use gantop::domain::Metric;
use gantop::run::tensorboard::{Event, What, read};

use crate::support::program::{gantop, metrics, said};

/// How long it may take to get TensorBoard where it is to be had.
const READER_TIMEOUT: Duration = Duration::from_secs(120);

/// Records a small run with two snapshots and the last one, and tells its directory.
fn recorded(folder: &Path) -> PathBuf {
    let dir = folder.join("run");
    let sets = ["threads=1", "batch_size=16", "generator.hidden=[8]", "critic.hidden=[8]", "record.snapshot_every=20"];
    let sets = sets.iter().flat_map(|set| ["--set", set]);
    let args = ["ring", "--steps", "50", "--run-dir", dir.to_str().unwrap()];
    let (code, _, err) = said(gantop(&args.into_iter().chain(sets).collect::<Vec<_>>()));
    assert_eq!((code, err.as_str()), (0, ""));
    dir
}

fn event_file(dir: &Path) -> PathBuf {
    let files: Vec<_> = fs::read_dir(dir.join("tensorboard")).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [file] = &files[..] else { panic!("{files:?}") };
    file.clone()
}

/// The bounds of metrics.csv.
fn bounds(dir: &Path) -> Vec<f32> {
    let rows = metrics(dir);
    let bound =
        |(_, values): &(String, String)| values.split(',').nth(Metric::Bound as usize).unwrap().parse().unwrap();
    rows[1..].iter().map(bound).collect()
}

#[test]
fn a_run_leaves_scalars_histograms_and_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let dir = recorded(folder.path());
    let (events, torn) = read(&event_file(&dir)).unwrap();
    assert_eq!(torn, 0);
    let values = |event: &Event| match event.what.clone() {
        Some(What::Summary(summary)) => summary.value,
        _ => Vec::new(),
    };
    let scalar = |event: &Event| values(event).into_iter().find(|value| value.tag == "bound")?.simple_value;
    assert_eq!(events.iter().filter_map(scalar).collect::<Vec<_>>(), bounds(&dir));
    let weights = |event: &Event| {
        let weights = values(event).into_iter().find(|value| value.tag == "weights/critic")?;
        Some((event.step, weights.histo?.num))
    };
    // 2·8 + 8 weights and biases to the hidden layer, 8 + 1 from it.
    assert_eq!(events.iter().filter_map(weights).collect::<Vec<_>>(), [(20, 33.0), (40, 33.0), (50, 33.0)]);
    let pictures = events.iter().flat_map(values).filter(|value| value.tag == "samples/plane" && value.image.is_some());
    assert_eq!(pictures.count(), 3);
}

/// Runs a command that may take long. None, with a reason printed, where it cannot be run, fails or takes too long.
fn try_to(what: &str, command: &mut Command) -> Option<()> {
    let skip = |why: String| {
        eprintln!("skipped: cannot {what}: {why}");
        None
    };
    let mut child = match command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn() {
        Ok(child) => child,
        Err(error) => return skip(error.to_string()),
    };
    let start = Instant::now();
    loop {
        match child.try_wait().unwrap() {
            Some(status) if status.success() => return Some(()),
            Some(status) => return skip(status.to_string()),
            None if start.elapsed() > READER_TIMEOUT => {
                child.kill().unwrap();
                child.wait().unwrap();
                return skip("it takes too long".to_owned());
            }
            None => std::thread::sleep(Duration::from_millis(50)),
        }
    }
}

/// A Python that has TensorBoard: the one that GANTOP_TEST_PYTHON names, or a new environment's.
fn python(folder: &Path) -> Option<PathBuf> {
    if let Some(python) = std::env::var_os("GANTOP_TEST_PYTHON") {
        return Some(python.into());
    }
    let venv = folder.join("venv");
    try_to("make a Python environment", Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
    let python = venv.join("bin/python");
    let install =
        ["-m", "pip", "install", "--quiet", "--retries", "0", "--timeout", "5", "tensorboard", "setuptools<81"];
    try_to("install tensorboard", Command::new(&python).args(install))?;
    Some(python)
}

const READ: &str = r#"
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "histograms": 0, "images": 0})
events.Reload()
histogram = events.Histograms("critic_value/real")
image = events.Images("samples/plane")[0]
print(json.dumps({
    "scalars": sorted(events.Tags()["scalars"]),
    "bound": [[scalar.step, scalar.value] for scalar in events.Scalars("bound")],
    "histograms": [[h.step, h.histogram_value.num, len(h.histogram_value.bucket)] for h in histogram],
    "image": [image.width, image.height, image.encoded_image_string[:4].hex()],
}))
"#;

#[test]
fn tensorboard_reads_the_same_values() {
    let folder = tempfile::tempdir().unwrap();
    let Some(python) = python(folder.path()) else { return };
    let dir = recorded(folder.path());
    let output = Command::new(python).args(["-c", READ]).arg(dir.join("tensorboard")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let seen: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut names = Metric::ALL.map(Metric::name);
    names.sort();
    assert_eq!(seen["scalars"], serde_json::json!(names));
    let bound: Vec<_> = bounds(&dir).into_iter().zip(1..).map(|(bound, step)| (step, bound)).collect();
    assert_eq!(seen["bound"], serde_json::json!(bound));
    assert_eq!(seen["histograms"], serde_json::json!([[20, 1000.0, 64], [40, 1000.0, 64], [50, 1000.0, 64]]));
    assert_eq!(seen["image"], serde_json::json!([256, 256, "89504e47"]));
}
