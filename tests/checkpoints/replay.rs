//! Training again: interventions of every kind, and a run that comes out the same to the bit.

use std::sync::Arc;

use gantop::config::Constraint;
use gantop::domain::ObjectiveChoice;
use gantop::link::checkpoint::Reason;
use gantop::link::{Change, Command, Player, RunState};

use super::*;
use crate::support::run::Run;

/// Asks for a checkpoint of a paused run and waits until it is there.
fn save(run: &mut Run) -> PathBuf {
    let before = made(run, Reason::Asked).len();
    run.send(Command::Save);
    run.wait(|run| made(run, Reason::Asked).len() > before);
    made(run, Reason::Asked)[before].clone()
}

/// The checkpoints that were made for this reason.
fn made(run: &Run, reason: Reason) -> Vec<PathBuf> {
    let of = run.saved.iter().filter(|saved| saved.reason == reason);
    of.map(|saved| saved.file.clone().unwrap()).collect()
}

/// Goes back to a checkpoint and waits until that is done, and the branch's own is there.
fn restore(run: &mut Run, file: &Path) {
    let (before, branches) = (run.restored.len(), made(run, Reason::Branch).len());
    let checkpoint = Arc::new(checkpoint::read(file).unwrap());
    run.send(Command::Restore { checkpoint, file: file.to_owned() });
    run.wait(|run| run.restored.len() > before && made(run, Reason::Branch).len() > branches);
}

fn objective(kind: &str) -> Change {
    Change::Objective(ObjectiveChoice { kind: kind.into(), ..ObjectiveChoice::default() })
}

/// A run with 20 interventions and more: changes of every setting, pauses, single steps, checkpoints and going back.
fn steered(dir: &Path) {
    let sets = [&TINY[..], &["steps=0", "seed=5", "checkpoint.keep=0", "checkpoint.every_steps=50"]].concat();
    let mut run = Run::recorded(dir, &sets);
    let mut changes = 0;
    let mut change = |run: &mut Run, to: Change| {
        run.set(to).unwrap();
        changes += 1;
    };
    run.advance(10);
    change(&mut run, objective("gan"));
    change(&mut run, Change::Rate(Player::Critic, 3e-3));
    run.advance(1);
    change(&mut run, Change::ScaleConstraint(1.25));
    let first = save(&mut run);
    run.advance(30);
    change(&mut run, Change::Constraint(Constraint::None));
    change(&mut run, Change::Rate(Player::Generator, 3e-4));
    change(&mut run, Change::CriticSteps(2));
    run.advance(12);
    let second = save(&mut run);
    change(&mut run, objective("kl"));
    run.advance(20);
    // A bad turn: back, and on another way.
    restore(&mut run, &second);
    change(&mut run, objective("hinge"));
    change(&mut run, Change::Constraint(Constraint::Clip { clip: 0.3 }));
    run.advance(25);
    change(&mut run, Change::ScaleConstraint(0.5));
    run.advance(5);
    restore(&mut run, &first);
    change(&mut run, Change::CriticSteps(4));
    run.advance(18);
    assert!(run.set(Change::CriticSteps(4)).is_err());
    change(&mut run, objective("wgan"));
    let third = save(&mut run);
    run.resume();
    run.send(Command::Pause);
    run.wait(|run| run.state == RunState::Paused);
    change(&mut run, Change::Rate(Player::Critic, 2e-3));
    run.advance(3);
    restore(&mut run, &third);
    change(&mut run, objective("pearson"));
    run.advance(40);
    change(&mut run, objective("js"));
    run.advance(7);
    assert!(changes >= 14, "{changes}");
}

#[test]
fn a_steered_run_is_trained_again_to_the_bit() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    steered(&dir);
    let (code, out, err) = said(gantop(&["replay", text(&dir)]));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    let rows = metrics(&dir).len() - 1;
    assert!(out.contains(&format!("metrics: {rows} rows, identical")), "{out}");
    // What branches.csv says is abandoned, and no more, leaves every step once.
    let branches = std::fs::read_to_string(dir.join("branches.csv")).unwrap();
    let mut kept: Vec<(usize, u64)> = crate::support::program::steps(&metrics(&dir)).into_iter().enumerate().collect();
    for (row, step) in branches.lines().skip(1).filter_map(|line| line.split_once(',')) {
        let (row, step): (usize, u64) = (row.parse().unwrap(), step.parse().unwrap());
        kept.retain(|(at, of)| *at >= row || *of <= step);
    }
    assert_eq!(branches.lines().count(), 4);
    let kept: Vec<u64> = kept.into_iter().map(|(_, step)| step).collect();
    // A row every three steps.
    assert_eq!(kept, (1..=kept.len() as u64).map(|row| 3 * row).collect::<Vec<_>>());
    assert!(out.contains(&format!("identical in {} checkpoints", files(&dir).len())), "{out}");
    let interventions: u64 = out.split(" with ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!(interventions >= 20, "{out}");

    // It notices when the journal is not what was done: the second change is left out.
    let journal = dir.join("journal.jsonl");
    let lines = std::fs::read_to_string(&journal).unwrap();
    let changed: Vec<&str> = lines.lines().filter(|line| !line.contains("\"new\":\"0.003\"")).collect();
    assert_eq!(changed.len() + 1, lines.lines().count());
    let changed = changed.join("\n").replacen("\"critic_lr\":0.003", "\"critic_lr\":0.002", 1) + "\n";
    std::fs::write(&journal, changed).unwrap();
    let (code, out, _) = said(gantop(&["replay", text(&dir)]));
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("metrics: they differ from step 1"), "{out}");
    assert!(out.contains("weights: step-"), "{out}");
}

#[test]
fn going_back_brings_back_the_constraint_with_what_it_keeps() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let mut run = Run::recorded(&dir, &[&TINY[..], &["steps=0", "checkpoint.keep=0"]].concat());
    let of = |run: &mut Run, constraint: Constraint| {
        run.set(Change::Constraint(constraint)).unwrap();
        run.advance(6);
        save(run)
    };
    run.advance(3);
    let kept = Constraint::ALL.map(|constraint| (constraint, of(&mut run, constraint)));
    for (constraint, file) in kept.iter().rev() {
        restore(&mut run, file);
        assert_eq!(run.restored.last().unwrap().settings.constraint, *constraint);
        // The branch's own checkpoint is the state that was gone back to.
        let branch = made(&run, Reason::Branch).pop().unwrap();
        let (branch, file) = (checkpoint::read(&branch).unwrap(), checkpoint::read(file).unwrap());
        assert_eq!(branch.differs_from(&file), None, "{constraint}");
        run.advance(4);
    }
    save(&mut run);
    drop(run);
    let (code, out, err) = said(gantop(&["replay", text(&dir)]));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains(&format!("identical in {} checkpoints", files(&dir).len())), "{out}");
}

#[test]
fn a_run_in_parts_with_a_step_that_was_refused_is_trained_again_to_the_bit() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let broken = [
        "steps=0",
        "record.every=1",
        "objective={kind='pearson', head='paper'}",
        "constraint.kind='none'",
        "critic.steps=3",
    ];
    let rates = ["optimizer.critic={kind='sgd', lr=1e3}", "optimizer.generator={kind='adam', lr=1e-3}"];
    let mut run = Run::recorded(&dir, &[&TINY[..], &broken, &rates].concat());
    run.send(Command::Resume);
    run.wait(|run| run.why.is_some());
    // Tried once more as it is, then mended.
    run.why = None;
    run.send(Command::Resume);
    run.wait(|run| run.why.is_some());
    run.set(Change::Rate(Player::Critic, 1e-4)).unwrap();
    run.set(Change::Constraint(Constraint::Clip { clip: 0.1 })).unwrap();
    run.advance(10);
    let done = run.step();
    run.abandon();
    let steps = (done + 15).to_string();
    train(&["--resume", text(&dir), "--steps", &steps], &[]);
    let (code, out, err) = said(gantop(&["replay", text(&dir)]));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains(&format!("metrics: {steps} rows, identical")), "{out}");
}

#[test]
fn a_directory_without_a_journal_is_no_run() {
    let folder = tempfile::tempdir().unwrap();
    let (code, _, err) = said(gantop(&["replay", text(folder.path())]));
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("config.toml"), "{err}");
}
