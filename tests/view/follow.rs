//! Playing run directories: what was recorded, in its order, and what is recorded while somebody looks.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::time::{Duration, Instant};

use gantop::config::Constraint;
use gantop::domain::Metric;
use gantop::history::History;
use gantop::link::{Change, Command, PauseReason, Player, Report, RunState};
use gantop::run::replayer::ONLY_LOOKS;

use super::{alerts, csv, heard, info, play, records, train};
use crate::support::run::Run;
use crate::support::runs;

fn is_end(report: &Report) -> bool {
    matches!(report, Report::Finished(_) | Report::Failed(_))
}

#[test]
fn a_run_is_played_as_it_was_reported() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let mut run = Run::recorded(
        &dir,
        &[
            "ring",
            "steps=0",
            "record.every=1",
            "threads=1",
            "batch_size=16",
            "generator.hidden=[8]",
            "critic.hidden=[8]",
        ],
    );
    run.advance(30);
    run.set(Change::Constraint(Constraint::Clip { clip: 0.02 })).unwrap();
    run.advance(20);
    run.set(Change::Rate(Player::Critic, 2e-3)).unwrap();
    run.advance(10);
    let live = run.records.clone();
    run.send(Command::Stop);
    run.listen_to_the_end();
    run.abandon();
    let link = play(&dir, info(&dir));
    let reports = heard(&link, is_end);
    assert!(matches!(reports[0], Report::Started(_)) && alerts(&reports) == [""; 0]);
    assert!(records(&reports) == live, "{} of {} records", records(&reports).len(), live.len());
    let steps_before = |wanted: &str| {
        let at = reports.iter().position(|report| matches!(report, Report::Applied(a) if a.what == wanted)).unwrap();
        records(&reports[..at]).len()
    };
    assert_eq!((steps_before("constraint"), steps_before("optimizer.critic.lr")), (30, 50));
    let Some(Report::Finished(summary)) = reports.last() else { panic!("{:?}", reports.last()) };
    assert_eq!((summary.steps, summary.stopped, summary.device.as_str()), (60, true, "cpu"));
    assert_eq!(summary.metrics, Some(live[59].values.clone()));
}

#[test]
fn rows_that_are_far_apart_keep_their_steps() {
    let folder = tempfile::tempdir().unwrap();
    train(&folder.path().join("run"), 40, &["record.every=10"]);
    let reports = heard(&play(&folder.path().join("run"), info(&folder.path().join("run"))), is_end);
    assert_eq!(records(&reports).iter().map(|record| record.step).collect::<Vec<_>>(), [10, 20, 30, 40]);
}

#[test]
fn a_directory_that_grows_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    fs::write(dir.join("metrics.csv"), "step,sec").unwrap();
    let link = play(dir, runs::ring());
    let missing = heard(&link, |report| matches!(report, Report::State(_)));
    assert!(alerts(&missing).iter().any(|text| text.contains("journal.jsonl: cannot be read")), "{missing:?}");
    let Some(Report::State(change)) = missing.last() else { panic!("{missing:?}") };
    assert!(change.state == RunState::Paused && change.why == Some(PauseReason::Interrupted), "{change:?}");

    // The header, then whole rows and a part of one, then its rest.
    let text = csv(1..=9);
    let cut = text.len() - 5;
    fs::write(dir.join("metrics.csv"), &text[..cut]).unwrap();
    let start = Instant::now();
    let first = heard(&link, |report| matches!(report, Report::Steps(records) if records.last().unwrap().step == 8));
    assert!(start.elapsed() < Duration::from_secs(20));
    assert_eq!(records(&first).len(), 8);
    let add = |file: &str, text: &str| {
        let mut file = OpenOptions::new().create(true).append(true).open(dir.join(file)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    };
    add("metrics.csv", &text[cut..]);
    let rest = heard(&link, |report| matches!(report, Report::Steps(_)));
    assert_eq!(records(&rest).iter().map(|record| record.step).collect::<Vec<_>>(), [9]);
    add("journal.jsonl", "{\"time\":\"\",\"step\":9,\"kind\":\"alert\",\"text\":\"now\"}\n");
    let alert = heard(&link, |report| matches!(report, Report::Alert(_)));
    assert_eq!(alerts(&alert), ["now"]);

    link.commands.send(Command::Pause).unwrap();
    let refused = heard(&link, |report| matches!(report, Report::Rejected(_)));
    assert!(matches!(refused.last(), Some(Report::Rejected(rejected)) if rejected.why == ONLY_LOOKS));
    link.commands.send(Command::Stop).unwrap();
    assert_eq!(heard(&link, |_| false).len(), 0, "the player goes on");
}

/// The last steps of each branch that somebody sees who takes the reports as the charts do.
fn shown(reports: &[Report]) -> (Option<(u64, u64)>, u64) {
    let mut history = History::default();
    for report in reports {
        match report {
            Report::Steps(records) => records.iter().for_each(|record| history.push(record)),
            Report::Restored(restored) => history.rewind(restored.to),
            _ => {}
        }
    }
    let all = history.columns(Metric::Bound, 1, 1000, 1)[0].map_or(0, |stat| stat.counts().0);
    (history.steps(), all)
}

#[test]
fn a_run_that_went_back_is_shown_as_its_last_branch() {
    let restored = |from: &str, to: u64| {
        let settings = serde_json::to_string(&runs::settings()).unwrap();
        format!("{{\"time\":\"\",\"step\":{to},\"kind\":\"restored\",{from}\"file\":\"x\",\"settings\":{settings}}}\n")
    };
    let alert = |step: u64| format!("{{\"time\":\"\",\"step\":{step},\"kind\":\"alert\",\"text\":\"at {step}\"}}\n");
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    // In one process: the rows of both branches stand one behind the other.
    let both = csv(1..=80) + csv(41..=100).split_once('\n').unwrap().1;
    let journal = [alert(20), restored("\"from\":80,", 40), alert(90)].concat();
    fs::write(dir.join("metrics.csv"), &both).unwrap();
    fs::write(dir.join("journal.jsonl"), &journal).unwrap();
    let played = || heard(&play(dir, runs::ring()), |report| matches!(report, Report::State(_)));
    let reports = played();
    assert_eq!((shown(&reports), records(&reports).len()), ((Some((1, 100)), 100), 140));

    // The same without a journal: of a step that is there twice the last row counts.
    fs::remove_file(dir.join("journal.jsonl")).unwrap();
    let reports = played();
    assert_eq!((shown(&reports), records(&reports).len()), ((Some((1, 100)), 100), 140));

    // Taken up by another process: the rows behind the checkpoint have been cut off.
    let journal = [alert(20), alert(60), restored("", 40), alert(70)].concat();
    fs::write(dir.join("metrics.csv"), csv(1..=100)).unwrap();
    fs::write(dir.join("journal.jsonl"), &journal).unwrap();
    let reports = played();
    assert_eq!((shown(&reports), records(&reports).len()), ((Some((1, 100)), 100), 100));
    assert_eq!(alerts(&reports), ["at 20", "at 60", "at 70"]);

    // While somebody looks.
    let link = play(dir, runs::ring());
    heard(&link, |report| matches!(report, Report::State(_)));
    fs::write(dir.join("metrics.csv"), csv(1..=50)).unwrap();
    let mut file = OpenOptions::new().append(true).open(dir.join("journal.jsonl")).unwrap();
    file.write_all(restored("", 50).as_bytes()).unwrap();
    heard(&link, |report| matches!(report, Report::Restored(_)));
    let more = csv(51..=53).split_once('\n').unwrap().1.to_owned();
    OpenOptions::new().append(true).open(dir.join("metrics.csv")).unwrap().write_all(more.as_bytes()).unwrap();
    let reports = heard(&link, |report| matches!(report, Report::Steps(_)));
    assert_eq!(records(&reports).iter().map(|record| record.step).collect::<Vec<_>>(), [51, 52, 53]);
}
