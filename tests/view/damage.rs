//! Damaged run directories: what can be read is shown, what cannot is told.

use std::fs;

use gantop::link::Report;
use proptest::prelude::*;

use super::{alerts, csv, heard, play, records};
use crate::support::runs;

const JOURNAL: &str = "{\"time\":\"\",\"step\":2,\"kind\":\"alert\",\"text\":\"two\"}\n";

/// What is reported of a directory with these files, until it is said that nobody writes it or how it ended.
fn played(files: &[(&str, &[u8])]) -> Vec<Report> {
    let folder = tempfile::tempdir().unwrap();
    for (file, text) in files {
        fs::write(folder.path().join(file), text).unwrap();
    }
    let ends = |report: &Report| matches!(report, Report::State(_) | Report::Failed(_) | Report::Finished(_));
    heard(&play(folder.path(), runs::ring()), ends)
}

#[test]
fn lines_that_are_wrong_are_passed_over_and_told_once() {
    let metrics = csv(1..=3).replace("\n2,2.5", "\nx,2.5\n,,\nnonsense\n2,2.5");
    let journal = format!("{JOURNAL}?\n{}\n{JOURNAL}", "y".repeat(3 << 20));
    let reports = played(&[("metrics.csv", metrics.as_bytes()), ("journal.jsonl", journal.as_bytes())]);
    assert_eq!(records(&reports).iter().map(|record| record.step).collect::<Vec<_>>(), [1, 2, 3]);
    let alerts = alerts(&reports);
    assert_eq!(alerts.iter().filter(|text| **text == "two").count(), 2, "{alerts:?}");
    let told = |part: &str| alerts.iter().filter(|text| text.contains(part)).count();
    assert_eq!(
        told("metrics.csv:3:1: \"x\" is not a step, which is a whole number; and 2 more lines"),
        1,
        "{alerts:?}"
    );
    assert_eq!(told("journal.jsonl:2:1: not an event of a journal"), 1, "{alerts:?}");
    assert_eq!(alerts.len(), 4, "{alerts:?}");
}

#[test]
fn a_run_without_some_of_its_files_is_shown_all_the_same() {
    let only = csv(1..=3);
    let reports = played(&[("metrics.csv", only.as_bytes()), ("summary.json", b"{")]);
    assert_eq!(records(&reports).len(), 3);
    let alerts = alerts(&reports);
    assert!(alerts.iter().any(|text| text.contains("journal.jsonl: cannot be read")), "{alerts:?}");
    assert!(alerts.iter().any(|text| text.contains("summary.json:1:1: not a summary")), "{alerts:?}");
    // The journal's word on the end counts where there is no summary.
    let end = "{\"time\":\"\",\"step\":3,\"kind\":\"ended\",\"outcome\":\"failed\",\"why\":\"broken\"}\n";
    let reports = played(&[("journal.jsonl", end.as_bytes())]);
    assert!(matches!(reports.last(), Some(Report::Failed(why)) if why == "broken"), "{reports:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_damage_stops_the_playing(
        at in 0usize..2000, byte: u8, noise in proptest::collection::vec(any::<u8>(), 0..100), which in 0usize..3
    ) {
        let mut files = [csv(1..=5).into_bytes(), JOURNAL.repeat(5).into_bytes(), b"{\"state\": 1}".to_vec()];
        let length = files[which].len();
        files[which][at % length] = byte;
        files[which].splice(at % length..at % length, noise);
        let reports =
            played(&[("metrics.csv", &files[0]), ("journal.jsonl", &files[1]), ("summary.json", &files[2])]);
        prop_assert!(matches!(reports[0], Report::Started(_)));
        if which != 0 {
            prop_assert_eq!(records(&reports).len(), 5);
        }
    }
}
