use std::fs;

use super::*;
use crate::config;
use crate::domain::{Metric, Metrics, SampleShape};
use crate::link::Settings;
use crate::link::checkpoint::{CheckpointInfo, Named};

fn checkpoint(step: u64, reason: Reason, bound: f32) -> Checkpoint {
    let config = config::load(None, &[]).unwrap();
    let mut metrics = Metrics::of([0.0; Metric::COUNT]);
    metrics[Metric::Bound] = bound;
    Checkpoint {
        info: CheckpointInfo {
            step,
            seconds: 1.0,
            reason,
            settings: Settings::of(&config),
            config,
            shape: SampleShape::Point { dims: 2 },
            metrics: Some(metrics),
            generator_updates: 0,
            critic_updates: 0,
            scheduled: 0,
        },
        tensors: vec![Named { name: "critic.0.bias".to_owned(), shape: vec![3], values: vec![0.5; 3] }],
    }
}

fn policy(keep: usize, best: &str) -> Checkpoints {
    Checkpoints {
        every_steps: 1,
        every_minutes: 0.0,
        keep,
        best: best.to_owned(),
        prefer: Prefer::Min,
        fallback_dir: None,
    }
}

fn names(directory: &Path) -> Vec<String> {
    let items = list(directory).unwrap();
    items.iter().map(|item| item.path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn the_latest_the_best_and_those_asked_for_stay() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(dir.path(), &policy(2, "bound"), &MetricTable::own());
    for (step, bound) in [(1, 0.5), (2, 0.1), (3, f32::NAN), (4, 0.3), (5, 0.2), (6, 0.4)] {
        let reason = if step == 3 { Reason::Asked } else { Reason::Due };
        let (saved, elsewhere) = store.save(&checkpoint(step, reason, bound), step);
        assert_eq!(elsewhere, None);
        assert_eq!(saved.file.unwrap(), dir.path().join(format!("checkpoints/step-{step:09}.safetensors")));
    }
    assert_eq!(names(dir.path()), ["step-000000006", "step-000000005", "step-000000003", "step-000000002"]);
    // Another process knows what to keep, and what the last one left half written goes.
    let partial = dir.path().join("checkpoints/step-000000009.partial");
    fs::write(&partial, "half").unwrap();
    let mut store = Store::open(dir.path(), &policy(2, "bound"), &MetricTable::own());
    assert!(!partial.exists());
    store.save(&checkpoint(5, Reason::Branch, 0.05), 5);
    assert_eq!(names(dir.path()), ["step-000000005-2", "step-000000006", "step-000000003"]);
}

#[test]
fn the_newest_that_can_be_read_is_found_and_the_others_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let error = newest(dir.path()).unwrap_err();
    assert!(error.ends_with("has no checkpoint that can be read"), "{error}");
    let mut store = Store::open(dir.path(), &policy(0, "none"), &MetricTable::own());
    for step in [10, 30, 20] {
        store.save(&checkpoint(step, Reason::Due, 0.0), step).0.file.unwrap();
    }
    let (header, path, read, notes) = newest(dir.path()).unwrap();
    assert_eq!((header.ordinal, header.rows, read.info.step, notes), (3, 20, 20, vec![]));
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 8]).unwrap();
    fs::write(dir.path().join("checkpoints/step-000000040.safetensors"), "not one").unwrap();
    let (_, _, read, notes) = newest(dir.path()).unwrap();
    assert_eq!((read.info.step, notes.len()), (30, 2), "{notes:?}");
    assert!(["020.safetensors: ", "040.safetensors: "].iter().all(|name| notes.iter().any(|note| note.contains(name))));
}

#[test]
fn a_folder_that_cannot_be_made_is_told() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(FOLDER), "a file").unwrap();
    let (saved, elsewhere) =
        Store::open(dir.path(), &policy(0, "none"), &MetricTable::own()).save(&checkpoint(1, Reason::Due, 0.0), 1);
    assert!(saved.file.unwrap_err().contains("checkpoints: cannot be written to: is a link or a file"));
    assert_eq!(elsewhere, None);
}

#[test]
fn what_the_run_directory_has_no_place_for_goes_elsewhere_if_there_is_such_a_place() {
    let (parent, room) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let run = parent.path().join("ring-7");
    fs::create_dir(&run).unwrap();
    fs::write(run.join(FOLDER), "a file").unwrap();
    let to = room.path().join("made/when needed");
    let policy = Checkpoints { fallback_dir: Some(to.clone()), ..policy(1, "none") };
    let mut store = Store::open(&run, &policy, &MetricTable::own());
    for name in ["ring-7-step-000000001.safetensors", "ring-7-step-000000001-2.safetensors"] {
        let (saved, elsewhere) = store.save(&checkpoint(1, Reason::Due, 0.0), 1);
        assert_eq!(saved.file, Ok(to.join(name)));
        assert!(elsewhere.unwrap().contains("checkpoints: cannot be written to: is a link or a file"));
        assert_eq!(super::checkpoint::read(&to.join(name)).unwrap(), checkpoint(1, Reason::Due, 0.0));
    }
    // As soon as there is a place for them in the run directory they go there again; those elsewhere stay.
    fs::remove_file(run.join(FOLDER)).unwrap();
    let (saved, elsewhere) = store.save(&checkpoint(2, Reason::Due, 0.0), 2);
    assert_eq!((saved.file, elsewhere), (Ok(run.join("checkpoints/step-000000002.safetensors")), None));
    assert_eq!(fs::read_dir(&to).unwrap().count(), 2);
    // Where there is no place either, both are named.
    fs::remove_dir_all(run.join(FOLDER)).unwrap();
    fs::write(run.join(FOLDER), "a file").unwrap();
    fs::remove_dir_all(room.path().join("made")).unwrap();
    fs::write(room.path().join("made"), "a file").unwrap();
    let (saved, elsewhere) = store.save(&checkpoint(3, Reason::Due, 0.0), 3);
    let why = saved.file.unwrap_err();
    assert!(why.contains("ring-7/checkpoints: cannot") && why.contains("when needed: cannot"), "{why}");
    assert_eq!(elsewhere, None);
}
