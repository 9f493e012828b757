//! Changes that the trainer makes by itself.

use gantop::config::Constraint;
use gantop::domain::{Metric, ObjectiveChoice, StepRecord};
use gantop::link::{By, Change, Player, Report};

use crate::support::run::Run;

/// A ring small enough that a step takes about a millisecond.
const SMALL: [&str; 6] =
    ["threads=1", "batch_size=16", "generator.hidden=[8]", "critic.hidden=[8]", "steps=60", "critic.steps=1"];

fn values(records: &[StepRecord]) -> Vec<(u64, [u32; Metric::COUNT])> {
    records.iter().map(|record| (record.step, record.values.own.0.map(f32::to_bits))).collect()
}

#[test]
fn a_schedule_is_the_same_run_as_the_commands_at_its_steps() {
    let mut typed = Run::start(&SMALL);
    typed.advance(20);
    let kl = ObjectiveChoice { kind: "kl".into(), ..typed.info().settings.objective.clone() };
    typed.set(Change::Objective(kl)).unwrap();
    typed.set(Change::Constraint(Constraint::None)).unwrap();
    typed.advance(20);
    typed.set(Change::Rate(Player::Generator, 1e-2)).unwrap();
    typed.go_to_the_end();

    let schedule = "schedule=[{at=40, set={'optimizer.generator.lr'=1e-2}}, \
                    {at=20, set={'objective.kind'='kl', 'constraint.kind'='none'}}]";
    let mut scheduled = Run::start(&[&SMALL[..], &[schedule]].concat());
    scheduled.go_to_the_end();
    assert_eq!(values(&typed.records), values(&scheduled.records));
    assert_eq!(typed.records.len(), 60);
    let applied: Vec<_> = scheduled.applied.iter().map(|a| (a.step, a.what.as_ref(), a.by)).collect();
    let by = By::Schedule;
    assert_eq!(applied, [(20, "objective.kind", by), (20, "constraint", by), (40, "optimizer.generator.lr", by)]);
    assert!(typed.applied.iter().all(|applied| applied.by == By::Person));
}

#[test]
fn what_is_scheduled_at_a_step_comes_before_a_person_paused_there() {
    let mut run = Run::start(&[&SMALL[..], &["schedule=[{at=5, set={'critic.steps'=3}}]"]].concat());
    run.advance(5);
    let applied = run.set(Change::CriticSteps(2)).unwrap();
    assert_eq!((applied.step, applied.old.as_str()), (5, "3"));
}

#[test]
fn a_change_that_has_become_impossible_is_told_and_the_run_goes_on() {
    let mut run = Run::start(&[&SMALL[..], &["schedule=[{at=5, set={'critic.steps'=1}}]"]].concat());
    run.go_to_the_end();
    assert_eq!(run.records.len(), 60);
    let [rejected] = &run.rejected[..] else { panic!("{:?}", run.rejected) };
    assert_eq!((rejected.step, rejected.by), (5, By::Schedule));
    let alerts: Vec<_> = run.alerts.iter().map(|alert| alert.text.as_str()).collect();
    assert_eq!(alerts, ["the schedule cannot set critic.steps: it is 1 already"]);
    assert!(matches!(run.last_report(), Some(Report::Finished(_))));
}
