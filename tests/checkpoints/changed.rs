//! Going on with something changed: by `--set`, or by an edit of the run's config.toml.

use std::fs;

use gantop::run::journal::{self, What};

use super::*;
use crate::support::program::steps;

/// A run of twenty steps with a schedule, in a directory of this name.
fn twenty(folder: &Path, name: &str) -> PathBuf {
    let run = folder.join(name);
    let sets = [&TINY[..], &[LINE, "schedule=[{at=5, set={'constraint.clip'=0.02}}]", "checkpoint.keep=0"]].concat();
    train(&["--steps", "20", "--run-dir", text(&run)], &sets);
    run
}

/// Goes on with a run; its exit code and standard error.
fn go_on(run: &Path, args: &[&str]) -> (i32, String) {
    let (code, _, err) = said(gantop(&[&["train", "--headless", "--resume", text(run)], args].concat()));
    (code, err)
}

/// Replaces a text in the run's config.toml, which must be there.
#[track_caller]
fn edit(run: &Path, old: &str, new: &str) {
    let file = run.join("config.toml");
    let config = fs::read_to_string(&file).unwrap();
    assert!(config.contains(old), "{config}");
    fs::write(&file, config.replacen(old, new, 1)).unwrap();
}

/// The changes that a journal has, by step.
fn applied(run: &Path) -> Vec<(u64, String, String)> {
    let (events, _) = journal::read(&run.join("journal.jsonl")).unwrap();
    let changes = events.into_iter().filter_map(|event| match event.what {
        What::Applied { what, new, .. } => Some((event.step, what, new)),
        _ => None,
    });
    changes.collect()
}

#[test]
fn settings_change_at_the_step_that_a_run_goes_on_from() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one"), twenty(folder.path(), "two"));
    let schedule = "schedule=[{at=5, set={'constraint.clip'=0.02}}, {at=20, set={'optimizer.critic.lr'=2e-3, \
                    'critic.steps'=2}}]";
    train(&["--steps", "30", "--run-dir", text(&one)], &[&TINY[..], &[LINE, schedule]].concat());
    let changes = ["optimizer.critic.lr=2e-3", "critic.steps=2", "checkpoint.every_steps=4", "constraint.clip=0.02"];
    let sets: Vec<&str> = changes.iter().flat_map(|set| ["--set", set]).collect();
    let (code, err) = go_on(&two, &[&["--steps", "30"], &sets[..]].concat());
    assert_eq!((code, err.as_str()), (0, "gantop: --set: checkpoint.every_steps: 0 → 4\n"));
    assert_eq!(metrics(&two), metrics(&one));
    let changed: Vec<String> =
        applied(&two).into_iter().map(|(step, what, new)| format!("{step} {what} {new}")).collect();
    assert_eq!(changed, ["5 constraint clip 0.02", "20 optimizer.critic.lr 0.002", "20 critic.steps 2"]);
    let config = fs::read_to_string(two.join("config.toml")).unwrap();
    assert!(config.contains("every_steps = 4") && !config.contains("lr = 0.002"), "it says what the run began with");
    let (code, out, _) = said(gantop(&["replay", text(&two)]));
    assert!(code == 0 && out.contains("metrics: 30 rows, identical"), "{out}");
    // As a crash soon after leaves it: the change has been kept.
    let names = files(&two);
    assert!(names.iter().any(|name| name.ends_with("step-000000020-2.safetensors")), "{names:?}");
    names.iter().filter(|name| !text(name).contains("step-000000020")).for_each(|name| fs::remove_file(name).unwrap());
    assert_eq!(go_on(&two, &["--steps", "30"]), (0, String::new()));
    assert_eq!(metrics(&two), metrics(&one));
}

#[test]
fn an_edited_config_is_named_key_by_key_and_holds_as_far_as_it_can() {
    let folder = tempfile::tempdir().unwrap();
    let run = twenty(folder.path(), "run");
    edit(&run, "batch_size = 16", "batch_size = 17");
    edit(&run, "lr = 0.0005", "lr = 0.002");
    let (code, err) = go_on(&run, &["--steps", "30"]);
    assert_eq!(code, 2, "{err}");
    let line = fs::read_to_string(run.join("config.toml")).unwrap();
    let line = line.lines().position(|line| line.starts_with("batch_size")).unwrap() + 1;
    assert!(err.contains(&format!("{}:{line}:1: batch_size: 16 → 17", run.join("config.toml").display())), "{err}");
    assert!(err.contains("cannot change while a run goes on"), "{err}");
    assert_eq!((steps(&metrics(&run)).len(), files(&run).len(), applied(&run).len()), (20, 1, 1));
    edit(&run, "batch_size = 17", "batch_size = 16");
    edit(&run, "steps = 20", "steps = 25");
    let (code, err) = go_on(&run, &[]);
    assert_eq!(code, 0, "{err}");
    for said in ["steps: 20 → 25", "from step 20 on: optimizer.generator.lr: 0.0005 → 0.002"] {
        assert!(err.contains(said), "{said}: {err}");
    }
    assert_eq!(applied(&run)[1..], [(20, "optimizer.generator.lr".to_owned(), "0.002".to_owned())]);
    assert_eq!(steps(&metrics(&run)), (1..=25).collect::<Vec<_>>());
    assert!(fs::read_to_string(run.join("config.toml")).unwrap().contains("lr = 0.0005"), "replay begins with it");
    let (code, out, _) = said(gantop(&["replay", text(&run)]));
    assert!(code == 0, "{out}");
    // What is no config is no edit that could be passed over.
    edit(&run, "steps = 25", "steps = ");
    let (code, err) = go_on(&run, &["--steps", "30"]);
    assert!(code == 2 && err.contains("config.toml:") && err.contains("not valid TOML"), "{err}");
}

#[test]
fn what_cannot_change_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let run = twenty(folder.path(), "run");
    for (set, why) in [
        ("batch_size=8", "the run's steps were computed with it"),
        ("seed=3", "random numbers"),
        ("generator.hidden=[9]", "built and trained this way"),
        ("optimizer.critic={lr=1e-3, kind='sgd'}", "optimizer.critic.kind: \"rmsprop\" → \"sgd\""),
        ("schedule=[{at=6, set={'constraint.clip'=0.02}}]", "its first 1 entries have taken effect already"),
        ("record.every=7", "--run-dir NEW"),
        ("optimizer.critic.lr=-1", "must be from"),
        ("optimizer.critic.rate=1", "is not a setting"),
    ] {
        let (code, err) = go_on(&run, &["--steps", "30", "--set", set]);
        assert!(code == 2 && err.matches(why).count() == 1, "{set}: {code} {err}");
    }
    assert_eq!(steps(&metrics(&run)).len(), 20);
}

#[test]
fn a_run_cannot_name_a_program_for_alerts() {
    let folder = tempfile::tempdir().unwrap();
    let run = twenty(folder.path(), "run");
    let file = run.join("config.toml");
    let config = fs::read_to_string(&file).unwrap();
    fs::write(&file, config + "\n[alerts]\ncommand = ['true']\n").unwrap();
    let (code, err) = go_on(&run, &["--steps", "30"]);
    assert!(code == 2 && err.contains("config.toml") && err.contains("`alerts` cannot stand in a config"), "{err}");
    // Nor can the config that a checkpoint holds.
    let error = gantop::config::parse("[alerts]\ncommand = ['true']", "a checkpoint").unwrap_err().to_string();
    assert!(error.contains("`alerts` cannot stand in a config"), "{error}");
}
