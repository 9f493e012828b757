//! Logs with damage of every kind: told or waited for, and never a panic.

use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::{Known, fixture, play};

/// A damaged copy of a fixture, alone in a directory.
fn damaged(fixture: &Path, at: usize, byte: u8, cut: usize) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut bytes = std::fs::read(fixture).unwrap();
    let at = at % bytes.len();
    bytes[at] = byte;
    bytes.truncate(bytes.len() - cut % bytes.len());
    std::fs::write(dir.path().join(fixture.file_name().unwrap()), bytes).unwrap();
    dir
}

/// Plays a file that is damaged, and then a row that is not: it is found.
fn survives(dir: &Path, log: PathBuf, sound: &str) -> Result<(), TestCaseError> {
    let mut text = std::fs::read(&log).unwrap();
    text.extend(sound.as_bytes());
    std::fs::write(&log, text).unwrap();
    let (link, mut known) = (play(dir, 1), Known::default());
    // Whatever a damaged header has made of its name, and of the step.
    known.listen(&link, |known| {
        known.records.iter().any(|record| record.values.others().iter().any(|(_, value)| *value == 4321.0))
    });
    prop_assert!(known.troubles.len() <= 6, "{:?}", known.troubles);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_log_of_lines_goes_on_behind_what_is_damaged(at: usize, byte: u8, cut in 0usize..4000) {
        let dir = damaged(&fixture("stylegan/stats.jsonl"), at, byte, cut);
        // A directory's log must begin as one.
        let log = dir.path().join("stats.jsonl");
        survives(&log, log.clone(), "\n{\"Progress/kimg\": 99999, \"sound\": 4321}\n")?;
    }

    #[test]
    fn a_table_goes_on_behind_what_is_damaged(at: usize, byte: u8, cut in 0usize..800) {
        let dir = damaged(&fixture("lightning/metrics.csv"), at, byte, cut);
        let log = dir.path().join("metrics.csv");
        survives(&log, log.clone(), "\n4321,4321,4321,4321,4321\n")?;
    }

    #[test]
    fn an_event_file_goes_on_behind_what_is_damaged(at: usize, byte: u8, cut in 0usize..40_000) {
        let dir = damaged(&fixture("events/events.out.tfevents.1700000000.fixture"), at, byte, cut);
        // A sound one behind it is read, and this one again when it has become sound at its end.
        let sound = std::fs::read(fixture("tensors/events.out.tfevents.1700000000.fixture")).unwrap();
        std::fs::write(dir.path().join("events.out.tfevents.1800000000.fixture"), &sound).unwrap();
        let (link, mut known) = (play(dir.path(), 1), Known::default());
        known.listen(&link, |known| known.last("d_loss") == Some(95));
        prop_assert!(known.troubles.len() <= 6, "{:?}", known.troubles);
    }

    #[test]
    fn a_document_that_is_damaged_is_told_or_read(at: usize, byte: u8, cut in 0usize..3000) {
        let dir = damaged(&fixture("huggingface/checkpoint-200/trainer_state.json"), at, byte, cut);
        let (link, mut known) = (play(dir.path(), 1), Known::default());
        known.listen(&link, |known| !known.records.is_empty() || !known.troubles.is_empty());
    }
}
