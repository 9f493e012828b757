//! Going on: a run that was stopped and gone on with is the run that was not.

use gantop::link::Report;
use gantop::run::journal::{self, What};
use gantop::run::summary::Summary;

use super::*;
use crate::support::program::steps;

/// Every optimiser, objectives of every family, every constraint, both engines, both update modes, warm-up, a schedule.
const KINDS: [&[&str]; 15] = [
    &["objective.kind='wgan'", "optimizer.critic.kind='rmsprop'", "optimizer.generator.kind='rmsprop'"],
    &["objective.kind='gan'", "optimizer.critic.kind='adam'", "optimizer.generator.kind='adam'"],
    &[
        "objective={kind='kl', head='paper'}",
        "optimizer.critic={kind='sgd', lr=1e-3, momentum=0.5}",
        "optimizer.generator={kind='sgd', lr=1e-3}",
    ],
    &["objective.kind='js'", "update='simultaneous'", "constraint.clip=0.2", "critic.steps=3"],
    &["objective.kind='wgan'", "critic.warmup_steps=30", "critic.warmup_updates=4", "update='simultaneous'"],
    &["objective={kind='hinge', generator_loss='saturating'}", "optimizer.critic={kind='adam', beta1=0.9}"],
    &["objective={kind='alpha', alpha=-1.0}", "generator.latent=3", "data.kind='lines'"],
    &[
        "schedule=[{at=24, set={'constraint.clip'=0.02}}, {at=40, set={'objective.kind'='gan'}}]",
        "generator.activation='tanh'",
    ],
    &["constraint.kind='gradient-penalty'", "optimizer.critic.kind='adam'", "generator.norm='batch'"],
    &["constraint.kind='spectral-norm'", "objective.kind='hinge'", "critic.steps=2"],
    &["constraint.kind='r1'", "objective.kind='gan'", "critic.activation='maxout'", "update='simultaneous'"],
    &["constraint={kind='clip', clip=0.05}", "engine='autograd'"],
    // On the host, where the average is beside the weights.
    &["constraint={kind='clip', clip=0.05}", "engine='explicit'", "generator.ema=500"],
    &["constraint.kind='none'", "engine='explicit'", "objective.kind='js'"],
    // The engine changes with the constraint, and the spectral norm's vectors come and go.
    &["schedule=[{at=20, set={'constraint.kind'='spectral-norm'}}, {at=24, set={'constraint.kind'='clip'}}, \
         {at=30, set={'constraint.kind'='spectral-norm'}}, {at=50, set={'constraint.kind'='r1'}}]"],
];

#[test]
fn a_run_in_two_parts_is_the_run_in_one() {
    let folder = tempfile::tempdir().unwrap();
    for (i, kind) in KINDS.iter().enumerate() {
        let (one, two) = (folder.path().join(format!("one{i}")), folder.path().join(format!("two{i}")));
        let data = kind.iter().all(|set| !set.starts_with("data")).then_some(LINE);
        let sets = [&TINY[..], kind, data.as_slice()].concat();
        train(&["--steps", "60", "--run-dir", text(&one)], &sets);
        train(&["--steps", "24", "--run-dir", text(&two)], &sets);
        train(&["--resume", text(&two), "--steps", "41"], &[]);
        train(&["--resume", text(&two), "--steps", "60"], &[]);
        assert_eq!(steps(&metrics(&two)), (1..=60).collect::<Vec<_>>());
        assert_same(&one, &two);
        assert!(newest(&two).info.seconds > 0.0);
    }
}

#[test]
fn the_directory_of_a_run_in_two_parts_is_that_of_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let summary = || Summary::read(&run).unwrap();
    let sets = [&TINY[..], &[LINE, "schedule=[{at=5, set={'constraint.clip'=0.02}}]"]].concat();
    train(&["--steps", "20", "--run-dir", text(&run)], &sets);
    let first = summary().unwrap();
    let (mut told, mut changes) = (Vec::new(), Vec::new());
    let config = newest(&run).info.config;
    gantop::run::replayer::tell_past(&run, &config, |report| match report {
        Report::Steps(records) => told.extend(records.iter().map(|record| record.step)),
        Report::Applied(applied) => changes.push((applied.step, applied.new)),
        other => panic!("{other:?}"),
    });
    assert_eq!((told, changes), ((1..=20).collect::<Vec<u64>>(), vec![(5, "clip 0.02".to_owned())]));
    assert_eq!(newest(&run).info.seconds, first.seconds, "what is kept at the end is no training");
    train(&["--resume", text(&run), "--steps", "30"], &[]);
    let both = summary().unwrap();
    assert_eq!((first.steps, both.steps, both.rows, both.missing_rows), (20, 30, 30, 0));
    assert!(both.seconds > first.seconds && both.ended > first.ended);
    let (events, torn) = journal::read(&run.join("journal.jsonl")).unwrap();
    assert_eq!(torn, None);
    let began = |summary: &Summary| summary.started[..19].to_owned();
    assert!(began(&both) >= began(&first) && both.started < first.ended, "it began when its first part did");
    let steps = |wanted: fn(&What) -> bool| -> Vec<u64> {
        events.iter().filter(|event| wanted(&event.what)).map(|event| event.step).collect()
    };
    assert_eq!(steps(|what| matches!(what, What::Started { .. })), [0, 20]);
    assert_eq!(steps(|what| matches!(what, What::Restored { from: None, .. })), [20]);
    assert_eq!(steps(|what| matches!(what, What::Checkpoint { .. })), [20, 30]);
    assert_eq!(steps(|what| matches!(what, What::Ended { .. })), [20, 30]);
    // A schedule that has been kept is not kept again.
    assert_eq!(steps(|what| matches!(what, What::Applied { .. })), [5]);
    assert_eq!(journal::schedule(&events).unwrap().len(), 1);
    assert_eq!(std::fs::read_dir(run.join("tensorboard")).unwrap().count(), 2);
    let (code, out, _) = said(gantop(&["journal", text(&run)]));
    assert!(code == 0 && out.contains("goes on from") && out.contains("checkpoint (end) step-000000030"), "{out}");
}

#[test]
fn due_checkpoints_change_nothing_and_the_latest_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (plain, kept) = (folder.path().join("plain"), folder.path().join("kept"));
    train(&["--steps", "50", "--run-dir", text(&plain)], &TINY);
    let sets = [&TINY[..], &["checkpoint={every_steps=7, keep=3, best='bound', prefer='max'}"]].concat();
    train(&["--steps", "50", "--run-dir", text(&kept)], &sets);
    assert_same(&plain, &kept);
    let names: Vec<String> = files(&kept).iter().map(|path| checkpoints::name(path)).collect();
    assert_eq!(names[..3], ["step-000000050.safetensors", "step-000000049.safetensors", "step-000000042.safetensors"]);
    assert!((3..=4).contains(&names.len()), "{names:?}");
}

#[test]
fn from_a_file_a_new_run_begins_and_the_old_one_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    let sets = [&TINY[..], &["checkpoint={every_steps=10, keep=0}"]].concat();
    train(&["--steps", "40", "--run-dir", text(&old)], &sets);
    let before = (metrics(&old), files(&old));
    train(&["--resume", text(&files(&old)[2]), "--run-dir", text(&new)], &[]);
    assert_eq!((metrics(&old), files(&old)), before);
    assert_eq!(metrics(&new)[1..], metrics(&old)[21..]);
    assert_eq!(newest(&new).differs_from(&newest(&old)), None);
    let (code, out, err) = said(gantop(&["replay", text(&new)]));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("metrics: 20 rows, identical"), "{out}");
}

#[test]
fn a_damaged_newest_checkpoint_is_skipped_with_a_note() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    let sets = [&TINY[..], &["checkpoint={every_steps=10, keep=0}"]].concat();
    train(&["--steps", "45", "--run-dir", text(&one)], &sets);
    train(&["--steps", "35", "--run-dir", text(&two)], &sets);
    let damaged = files(&two).remove(0);
    let bytes = std::fs::read(&damaged).unwrap();
    std::fs::write(&damaged, &bytes[..bytes.len() / 2]).unwrap();
    let (code, _, err) = said(gantop(&["train", "--headless", "--resume", text(&two), "--steps", "45"]));
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("skipped a checkpoint") && err.contains("step-000000035.safetensors"), "{err}");
    std::fs::remove_file(damaged).unwrap();
    assert_same(&one, &two);
}

#[test]
fn what_cannot_be_gone_on_from_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (run, foreign) = (folder.path().join("run"), folder.path().join("foreign.safetensors"));
    train(&["--steps", "5", "--run-dir", text(&run)], &TINY);
    std::fs::write(&foreign, "no tensors").unwrap();
    let refusal = |args: &[&str]| {
        let (code, _, err) = said(gantop(&[&["train", "--headless"], args].concat()));
        assert_eq!(code, 2, "{err}");
        err
    };
    for (args, why) in [
        (&["--resume", text(&run)][..], "has done 5 of 5 steps: give --steps N with a larger N"),
        (&["--resume", "nowhere"], "there is no nowhere"),
        (&["--resume", text(folder.path())], "has no checkpoint that can be read"),
        (&["--resume", text(&foreign)], "is not a safetensors file"),
        (&["--resume", text(&run), "--steps", "9", "--seed", "8"], "--seed cannot change it"),
        (&["moons", "--resume", text(&run)], "a config cannot change it"),
    ] {
        let said = refusal(args);
        assert!(said.contains(why), "{args:?}: {said}");
    }
    assert_eq!(steps(&metrics(&run)), [1, 2, 3, 4, 5]);
}
