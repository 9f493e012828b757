//! A run that has done its last step while somebody looks on: it waits, and goes on when more is asked for.

use gantop::domain::rule::Rule;
use gantop::link::*;
use gantop::ui::Options;
use gantop::ui::draw::theme::Palette;
use gantop::ui::update::Effect;

use crate::support::records;
use crate::support::run::{Run, values};
use crate::support::runs::ring;
use crate::support::stage::Stage;

const SMALL: [&str; 3] = ["threads=1", "batch_size=16", "steps=20"];

/// Lets it go on until it waits after its last step.
fn to_the_last(run: &mut Run) {
    run.send(Command::Resume);
    run.wait(|run| run.state == RunState::Paused && run.paused == Some(PauseReason::LastStep));
}

#[test]
fn a_run_that_is_looked_on_waits_after_its_last_step_and_goes_on_with_more() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let mut run = Run::waiting(Some(&dir), &SMALL);
    to_the_last(&mut run);
    assert_eq!(run.step(), 20);
    // All that a run ends with is there.
    run.wait(|run| !run.saved.is_empty());
    assert!(run.saved[0].file.is_ok(), "{:?}", run.saved);
    // What would do a step says why it cannot.
    for command in [Command::Resume, Command::Advance(3)] {
        let before = run.rejected.len();
        run.send(command);
        run.wait(|run| run.rejected.len() > before);
        assert!(run.rejected[before].why.contains("step 20 was the last one"), "{:?}", run.rejected);
    }
    let refused = run.set(Change::LastStep(7)).unwrap_err();
    assert!(refused.why.contains("step 20 is done already"), "{refused:?}");
    // More of it, and what can be taken back.
    let moved = run.set(Change::LastStep(30)).unwrap();
    assert_eq!((moved.old.as_str(), moved.new.as_str()), ("20", "30"));
    run.wait(|run| run.step() == 30 && run.state == RunState::Paused);
    run.set(Change::CriticSteps(1)).unwrap();
    run.send(Command::Undo);
    run.wait(|run| run.restored.len() == 1);
    assert_eq!((run.step(), run.settled().critic_steps), (30, 5));
    run.send(Command::Stop);
    let summary = run.listen_to_the_end();
    assert_eq!((summary.steps, summary.stopped), (30, false));
    let long = values(&run.records);
    drop(run);
    let mut straight = Run::start(&["threads=1", "batch_size=16", "steps=30"]);
    straight.go_to_the_end();
    assert_eq!(long, values(&straight.records));
    // Its directory says so too.
    let summary = std::fs::read_to_string(dir.join("summary.json")).unwrap();
    assert!(summary.contains("\"finished\"") && summary.contains("\"steps\": 30") || summary.contains("\"steps\":30"));
}

#[test]
fn a_run_that_nobody_looks_on_any_more_ends_after_its_last_step() {
    // While it waits, and before it does.
    let mut waits = Run::waiting(None, &SMALL);
    to_the_last(&mut waits);
    waits.send(Command::Unattended);
    assert!(!waits.listen_to_the_end().stopped);
    let mut left = Run::waiting(None, &SMALL);
    left.send(Command::Unattended);
    assert_eq!(left.go_to_the_end().steps, 20);
    assert_ne!(left.paused, Some(PauseReason::LastStep));
}

/// The dashboard of a run on the ring that has done its last step.
fn done() -> Stage {
    let mut stage = Stage::new(Options { palette: Palette::Mono, detaches: true, ..Options::default() });
    let mut info = ring();
    info.config.steps = 5000;
    stage.report(Report::Started(Box::new(info))).report(Report::Steps(records::records(1, 5000)));
    stage.press("c0.0");
    let change = StateChange { step: 5000, state: RunState::Paused, why: Some(PauseReason::LastStep) };
    stage.report(Report::State(change));
    stage
}

fn sent(stage: &Stage) -> Vec<&Command> {
    let commands = stage.effects.iter().filter_map(|effect| match effect {
        Effect::Send(command) => Some(command),
        _ => None,
    });
    commands.filter(|command| !matches!(command, Command::Snapshot(_))).collect()
}

#[test]
fn every_key_acts_after_the_last_step_or_says_why_not() {
    let mut stage = done();
    // The popup that was open has stayed, with what was typed.
    let text = stage.text(120, 36);
    assert!(text.contains("─ clip range") && text.contains(" finished  step 5,000 / 5,000"), "{text}");
    stage.press("3\n");
    assert!(matches!(sent(&stage)[..], [Command::Set(Change::Constraint(_))]), "{:?}", stage.effects);
    stage.effects.clear();
    for keys in [" ", "s"] {
        let text = stage.press(keys).text(120, 36);
        assert!(text.contains("step 5,000 was the last one; S +10000 goes on"), "{text}");
    }
    assert!(sent(&stage).is_empty());
    let text = stage.press("D").text(120, 36);
    assert!(text.contains("has done its last step"), "{text}");
    stage.press("S+10000\n");
    assert_eq!(sent(&stage), [&Command::Set(Change::LastStep(15_000))]);
    stage.effects.clear();
    stage.press(":steps +1_000\n");
    assert_eq!(sent(&stage), [&Command::Set(Change::LastStep(6000))]);
    stage.effects.clear();
    // Nothing is broken off, so nothing is asked.
    stage.press("q");
    assert_eq!(sent(&stage), [&Command::Stop]);
}

#[test]
fn a_run_without_a_last_step_has_nothing_beyond_it() {
    let mut stage = Stage::new(Options::default());
    let mut info = ring();
    info.config.steps = 0;
    stage.report(Report::Started(Box::new(info)));
    let text = stage.press(":steps +5\n").text(120, 36);
    assert!(text.contains("the run has none"), "{text}");
    assert!(sent(&stage).is_empty());
}

#[test]
fn the_alerts_that_hold_are_those_that_were_raised_last() {
    let mut status = RunStatus::default();
    let alert = |raised, text: &str| Report::Alert(Alert::of_rule(Rule::ClipShare, raised, 1, text.to_owned()));
    status.take(&alert(true, "a"));
    status.take(&alert(true, "b"));
    assert_eq!(status.alerts, [(Rule::ClipShare, "b".to_owned())]);
    status.take(&alert(false, "over"));
    assert!(status.alerts.is_empty());
}
