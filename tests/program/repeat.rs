//! The same config, seed and commands at the same steps give the same metrics, to the byte and but for the seconds,
//! whoever watches.

use std::path::Path;

use gantop::config::Constraint;
use gantop::link::{Change, Player};
use gantop::theory::objective;

use super::dashboard::{dashboard, press, wait_for_state};
use super::{SMALL, small};
use crate::support::program::{gantop, metrics, said, steps};
use crate::support::run::Run;

type Metrics = Vec<(String, String)>;

/// Runs without the dashboard.
fn headless(dir: &Path, args: &[&str]) -> Metrics {
    let args = [&["ring", "--run-dir", dir.to_str().unwrap()], args].concat();
    let (code, _, err) = said(gantop(&small(&args)));
    assert_eq!((code, err.as_str()), (0, ""));
    metrics(dir)
}

#[test]
fn two_runs_are_the_same_with_and_without_the_dashboard() {
    let folder = tempfile::tempdir().unwrap();
    let dir = |name: &str| folder.path().join(name);
    let args = ["--steps", "150", "--seed", "11"];
    let first = headless(&dir("first"), &args);
    assert_eq!(steps(&first), (1..=150).collect::<Vec<_>>());
    assert_eq!(headless(&dir("second"), &args), first);
    let other = headless(&dir("other"), &["--steps", "150", "--seed", "12"]);
    assert!(other.iter().zip(&first).skip(1).all(|(a, b)| a != b), "the seed does not matter");

    let shown = dir("shown");
    let Some(mut pty) = dashboard(&[&["ring", "--run-dir", shown.to_str().unwrap()], &args[..]].concat()) else {
        return;
    };
    wait_for_state(&mut pty, "finished", 150);
    pty.type_keys(b"q");
    assert_eq!(pty.end().exit_code(), 0);
    assert_eq!(metrics(&shown), first);
    let config = |name: &str| std::fs::read_to_string(dir(name).join("config.toml")).unwrap();
    assert_eq!(config("shown"), config("first"));
}

#[test]
fn keys_and_commands_at_the_same_steps_give_the_same_run() {
    let folder = tempfile::tempdir().unwrap();
    let (typed, sent) = (folder.path().join("typed"), folder.path().join("sent"));
    let args = ["ring", "--steps", "120", "--seed", "4", "--paused", "--run-dir", typed.to_str().unwrap()];
    let Some(mut pty) = dashboard(&args) else { return };
    wait_for_state(&mut pty, "paused", 0);
    press(&mut pty, "S40\r");
    wait_for_state(&mut pty, "paused", 40);
    // The objective after wgan in the list, which is the first one.
    press(&mut pty, "oj\r");
    pty.wait_for_text("objective.kind wgan → gan");
    press(&mut pty, "c0.03\r");
    pty.wait_for_text("±0.03 ");
    press(&mut pty, "S25\r");
    wait_for_state(&mut pty, "paused", 65);
    press(&mut pty, "n2\r");
    pty.wait_for_text("2 critic, 1 generator a step");
    press(&mut pty, "l\t1e-4\r");
    pty.wait_for_text("gen 1e-4");
    press(&mut pty, "]");
    pty.wait_for_text("±0.0375 ");
    press(&mut pty, " ");
    wait_for_state(&mut pty, "finished", 120);
    press(&mut pty, "q");
    assert_eq!(pty.end().exit_code(), 0);

    let sets = SMALL.iter().copied().filter(|arg| *arg != "--set");
    let sets: Vec<&str> = ["steps=120", "seed=4"].into_iter().chain(sets).collect();
    let mut run = Run::recorded(&sent, &sets);
    run.advance(40);
    let mut to = run.info().settings.objective.clone();
    to.kind = objective::ALL[0].name().to_owned();
    for change in [Change::Objective(to), Change::Constraint(Constraint::Clip { clip: 0.03 })] {
        assert_eq!(run.set(change).unwrap().step, 40);
    }
    run.advance(25);
    for change in [Change::CriticSteps(2), Change::Rate(Player::Generator, 1e-4), Change::ScaleConstraint(1.25)] {
        assert_eq!(run.set(change).unwrap().step, 65);
    }
    run.go_to_the_end();
    run.abandon();
    let (typed, sent) = (metrics(&typed), metrics(&sent));
    assert_eq!(steps(&sent), (1..=120).collect::<Vec<_>>());
    assert_eq!(typed, sent);
    let untouched = headless(&folder.path().join("untouched"), &["--steps", "120", "--seed", "4"]);
    assert_eq!(untouched[..=40], sent[..=40]);
    assert!(untouched[41..].iter().zip(&sent[41..]).all(|(a, b)| a != b), "the commands change nothing");
}
