//! Taking changes back: the trainer, the directory of a run, and a run that is trained again with it.

use gantop::config::Constraint;
use gantop::link::checkpoint::Reason;
use gantop::link::{Change, Command, Player, StateSource};
use gantop::run::journal::{self, What};

use super::*;
use crate::support::run::{Run, difference, values};

/// Takes the last change back, and waits until that is done.
fn undo(run: &mut Run) {
    let before = run.restored.len();
    run.send(Command::Undo);
    run.wait(|run| run.restored.len() > before);
    assert_eq!(run.restored[before].source, StateSource::Undo);
}

fn sets() -> Vec<&'static str> {
    [&TINY[..], &["steps=0", "seed=4", "checkpoint.keep=0"]].concat()
}

#[test]
fn what_is_taken_back_leaves_no_trace_in_the_weights() {
    let mut plain = Run::start(&sets());
    plain.advance(30);
    let mut run = Run::start(&sets());
    run.advance(8);
    let before = run.settled();
    run.set(Change::Rate(Player::Critic, 0.1)).unwrap();
    run.advance(5);
    undo(&mut run);
    assert_eq!((run.step(), run.settled()), (8, before));
    // The records of the steps that went with it are no part of what comes after.
    run.records.truncate(8);
    run.advance(22);
    assert_eq!(difference(&values(&plain.records), &values(&run.records)), None);
    assert_eq!(plain.weights(), run.weights());
}

#[test]
fn of_several_changes_of_a_paused_run_each_is_taken_back_by_itself() {
    let mut run = Run::start(&sets());
    run.advance(4);
    let first = run.settled();
    run.set(Change::CriticSteps(2)).unwrap();
    let second = run.settled();
    run.set(Change::Rate(Player::Generator, 0.5)).unwrap();
    let third = run.settled();
    // Nudges in a row are one change.
    for joins in [false, true, true] {
        assert_eq!(run.set(Change::ScaleConstraint(1.25)).unwrap().joins, joins);
    }
    // So are the keys of one command.
    let fourth = run.settled();
    let keys = ["critic.steps=7".to_owned(), "constraint.kind=none".to_owned()];
    let heard = run.applied.len();
    run.send(Command::Assign(gantop::config::live::Assignments::parse(&keys).unwrap()));
    run.wait(|run| run.applied.len() == heard + 2);
    for settings in [fourth, third, second, first] {
        undo(&mut run);
        assert_eq!(run.settled(), settings);
    }
    run.send(Command::Undo);
    run.wait(|run| !run.rejected.is_empty());
    assert!(run.rejected[0].why.contains("nothing to take back"), "{:?}", run.rejected);
}

#[test]
fn going_back_to_a_checkpoint_forgets_what_was_changed_before() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = Run::recorded(&folder.path().join("run"), &sets());
    run.advance(4);
    run.set(Change::CriticSteps(2)).unwrap();
    run.wait(|run| run.saved.len() == 1);
    let file = run.saved[0].file.clone().unwrap();
    let checkpoint = std::sync::Arc::new(checkpoint::read(&file).unwrap());
    run.send(Command::Restore { checkpoint, file });
    run.send(Command::Undo);
    run.wait(|run| !run.rejected.is_empty());
    assert!(run.rejected[0].why.contains("went back to a checkpoint"), "{:?}", run.rejected);
}

const ADAM: &str = "optimizer.critic={kind='adam', lr=5e-4}";

/// A run that takes back changes of every kind, between schedules, checkpoints and other changes.
fn steered(dir: &Path) {
    let schedule = r#"schedule=[{at=25, set={"critic.steps"=3}}]"#;
    let mut run = Run::recorded(dir, &[&sets()[..], &[schedule, ADAM]].concat());
    run.advance(10);
    run.set(Change::Rate(Player::Critic, 2e-3)).unwrap();
    run.advance(4);
    run.set(Change::FreshCritic).unwrap();
    run.set(Change::Beta1(Player::Critic, 0.2)).unwrap();
    run.advance(6);
    run.set(Change::Constraint(Constraint::GradientPenalty { lambda: 1.0 })).unwrap();
    run.set(Change::CriticSteps(2)).unwrap();
    run.advance(10);
    // Those of step 20 go, and so does what the schedule did at 25; then it does so again.
    undo(&mut run);
    undo(&mut run);
    assert_eq!((run.step(), run.settled().critic_steps), (20, 5));
    run.advance(8);
    assert_eq!(run.settled().critic_steps, 3);
    run.set(Change::ScaleConstraint(1.25)).unwrap();
    run.advance(2);
    run.set(Change::ScaleConstraint(1.25)).unwrap();
    run.set(Change::FreshCritic).unwrap();
    run.advance(5);
    undo(&mut run);
    assert_eq!(run.step(), 30);
    undo(&mut run);
    assert_eq!(run.step(), 28);
    run.set(Change::CriticSteps(1)).unwrap();
    run.advance(12);
    run.send(Command::Save);
    run.wait(|run| run.saved.iter().any(|saved| saved.reason == Reason::Asked));
}

#[test]
fn a_run_that_took_changes_back_is_trained_again_to_the_bit() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    steered(&dir);
    let (events, _) = journal::read(&dir.join("journal.jsonl")).unwrap();
    let before_change: Vec<u64> = events
        .iter()
        .filter(|event| matches!(event.what, What::Checkpoint { reason: Reason::Change, file: Some(_), .. }))
        .map(|event| event.step)
        .collect();
    // One for each step at which something was changed, but where the branch's own is the same state.
    assert_eq!(before_change, [10, 14, 20, 28, 30]);
    let (code, out, err) = said(gantop(&["replay", text(&dir)]));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("rows, identical"), "{out}");
    assert!(out.contains(&format!("identical in {} checkpoints", files(&dir).len())), "{out}");

    // The journal as a schedule leaves out what was taken back, and comes to the same weights.
    let (code, schedule, err) = said(gantop(&["journal", text(&dir), "--as-schedule"]));
    assert_eq!((code, err.as_str()), (0, ""), "{schedule}");
    let config = folder.path().join("again.toml");
    std::fs::write(&config, include_str!("../../configs/ring.toml").to_owned() + "\n" + &schedule).unwrap();
    let again = folder.path().join("again");
    train(&[text(&config), "--steps", "40", "--run-dir", text(&again)], &[&sets()[..], &[ADAM]].concat());
    let [one, other] = [&dir, &again].map(|dir| newest(dir));
    assert_eq!(one.differs_from(&other), None);
}
