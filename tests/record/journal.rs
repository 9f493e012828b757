//! The journal through the program: what it tells, and that it can be trained again.

use std::fs;
use std::path::Path;

use gantop::config::Constraint;
use gantop::domain::ObjectiveChoice;
use gantop::link::{By, Change, Command, Player, RunState};
use gantop::run::journal::{self, Outcome, What};

use crate::support::program::{gantop, metrics, said};
use crate::support::run::Run;

const SETS: [&str; 8] = [
    "threads=1",
    "batch_size=16",
    "generator.hidden=[8]",
    "critic.hidden=[8]",
    "steps=40",
    "constraint.kind='none'",
    "record.tensorboard=false",
    "schedule=[{at=30, set={'critic.steps'=3}}]",
];

/// Trains with changes of every kind at several steps, some of them at the same one, and one that is refused.
fn steered(dir: &Path) {
    let mut run = Run::recorded(dir, &SETS);
    let objective = |kind: &str, alpha| ObjectiveChoice { kind: kind.into(), alpha, ..ObjectiveChoice::default() };
    run.set(Change::Rate(Player::Critic, 0.1 / 3.0)).unwrap();
    run.advance(10);
    run.set(Change::Objective(objective("alpha", 1.7))).unwrap();
    run.set(Change::Constraint(Constraint::Clip { clip: 0.02 })).unwrap();
    run.set(Change::Constraint(Constraint::Clip { clip: 0.3 })).unwrap();
    run.advance(7);
    run.set(Change::CriticSteps(0)).unwrap_err();
    run.set(Change::ScaleConstraint(1.25)).unwrap();
    run.set(Change::Objective(objective("wgan", 1.7))).unwrap();
    run.advance(5);
    run.set(Change::Constraint(Constraint::None)).unwrap();
    run.set(Change::CriticSteps(2)).unwrap();
    run.set(Change::Rate(Player::Generator, 1e-2)).unwrap();
    run.send(Command::Resume);
    run.listen_to_the_end();
}

#[test]
fn a_journal_tells_everything_and_is_a_schedule_that_gives_the_same_run() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    steered(&first);
    let (events, torn) = journal::read(&first.join("journal.jsonl")).unwrap();
    assert_eq!(torn, None);
    assert!(matches!(events[0].what, What::Started { .. }));
    assert!(matches!(events[1].what, What::State { state: RunState::Paused, .. }));
    assert_eq!(events.last().unwrap().what, What::Ended { outcome: Outcome::Finished, why: None });
    let by = |by: By| events.iter().filter(|e| matches!(e.what, What::Applied { who, .. } if who == by)).count();
    assert_eq!((by(By::Person), by(By::Schedule)), (9, 1));
    assert_eq!(events.iter().filter(|event| matches!(event.what, What::Rejected { .. })).count(), 1);
    assert!(events.windows(2).all(|pair| pair[0].step <= pair[1].step && pair[0].time <= pair[1].time));

    let dir = first.to_str().unwrap();
    let (code, text, err) = said(gantop(&["journal", dir]));
    assert_eq!((code, err.as_str(), text.lines().count()), (0, "", events.len()));
    assert!(text.contains("        10  constraint clip 0.02 → clip 0.3 (person)\n"), "{text}");
    assert!(text.contains("        17  refused critic.steps (person): 0 is not between 1 and 1000\n"), "{text}");
    assert!(text.contains("        30  critic.steps 2 → 3 (schedule)\n"), "{text}");

    let (code, schedule, err) = said(gantop(&["journal", dir, "--as-schedule"]));
    assert_eq!((code, err.as_str()), (0, ""));
    let config = fs::read_to_string(first.join("config.toml")).unwrap();
    let own = config.find("[[schedule]]").unwrap();
    let path = folder.path().join("again.toml");
    fs::write(&path, format!("{}{schedule}", &config[..own])).unwrap();
    let (code, _, err) = said(gantop(&[path.to_str().unwrap(), "--run-dir", second.to_str().unwrap()]));
    assert_eq!((code, err.as_str()), (0, ""), "{schedule}");
    assert_eq!(metrics(&first), metrics(&second), "{schedule}");
    assert_eq!(metrics(&first).len(), 41);
}

#[test]
fn a_torn_or_foreign_journal_is_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    let line = r#"{"time":"2026-01-01T00:00:00.000Z","step":3,"kind":"alert","text":"\u001b[31mred"}"#;
    fs::write(&path, format!("{line}\n{}", &line[..30])).unwrap();
    let dir = folder.path().to_str().unwrap();
    let (code, text, err) = said(gantop(&["journal", dir]));
    assert_eq!((code, text.as_str()), (0, "2026-01-01T00:00:00.000Z         3  alert: \u{fffd}[31mred\n"));
    assert!(err.ends_with("journal.jsonl:2: the last line is not whole and was skipped\n"), "{err}");
    fs::write(&path, "{}\n").unwrap();
    for (args, why) in [
        (vec!["journal", dir], "journal.jsonl:1:2: not an event of a journal: missing field"),
        (vec!["journal", "/no/such"], "/no/such/journal.jsonl: cannot be read"),
    ] {
        let (code, text, err) = said(gantop(&args));
        assert_eq!((code, text.as_str()), (2, ""));
        assert!(err.contains(why), "{err}");
    }
}
