//! Health: when each rule speaks up and when it is over, and what follows from it in a run.

use std::os::unix::fs::PermissionsExt;

use gantop::config::{Constraint, Health, Watch};
use gantop::domain::rule::{AlertAction, Rule};
use gantop::domain::{Metric, Metrics, ObjectiveChoice, SampleShape, StepRecord};
use gantop::link::checkpoint::Reason;
use gantop::link::{
    Alert, Change, Command, NonFinite, NonFiniteValue, PauseReason, Player, Quantity, Report, RunState, Settings, Sign,
    Snapshot, StateChange,
};
use gantop::run::journal::{self, What};
use gantop::train::health::Monitor;
use gantop::truth::CoverageRule;
use gantop::ui::Options;
use gantop::ui::update::Effect;
use proptest::prelude::*;
use serde_json::Value;

use crate::support::program::{gantop, metrics, said};
use crate::support::run::{Run, difference, values};
use crate::support::stage::Stage;
use crate::support::{records, runs, socket};

fn settings(objective: &str) -> Settings {
    let objective = ObjectiveChoice { kind: objective.into(), ..ObjectiveChoice::default() };
    Settings { objective, ..runs::settings() }
}

/// A record of a run that is well, with some metrics otherwise.
fn record(step: u64, set: &[(Metric, f32)]) -> StepRecord {
    let mut values = Metrics::of([0.0; Metric::COUNT]);
    // A bound that moves.
    values[Metric::Bound] = 1.0 + (step / 5) as f32;
    (values[Metric::CriticGradNorm], values[Metric::GeneratorGradNorm]) = (0.5, 0.2);
    for (metric, value) in set {
        values[*metric] = *value;
    }
    StepRecord { step, seconds: step as f64, values }
}

/// Every rule with a window of so many steps.
fn quick(window: u64) -> Health {
    Rule::ALL
        .into_iter()
        .filter(|rule| rule.has_threshold())
        .fold(Health::default(), |health, rule| health.with(rule, Watch { window, ..Watch::of(rule) }))
}

/// One rule alone, with a window of so many steps.
fn only(rule: Rule, window: u64) -> Health {
    Health::default().off().with(rule, Watch { window, ..Watch::of(rule) })
}

fn signs(alerts: &[Alert]) -> Vec<(Rule, bool, u64)> {
    alerts
        .iter()
        .map(|alert| {
            let sign = alert.sign.expect("a rule's");
            assert!(alert.text.starts_with(sign.rule.name()), "{}", alert.text);
            (sign.rule, sign.raised, alert.step)
        })
        .collect()
}

#[test]
fn each_rule_speaks_up_once_and_says_when_it_is_over() {
    use Metric::*;
    let flat: &[(Metric, f32)] = &[(Bound, 0.7)];
    for (rule, objective, wrong, said) in [
        (Rule::EmNegative, "wgan", &[(Bound, -0.25)][..], "the mean bound over 20 steps is -0.2500, below 0"),
        (Rule::CriticSaturated, "gan", &[(ScoreReal, 9.0), (ScoreFake, -5.0)], "above 4.000: D is near 1"),
        (Rule::GradientsVanishing, "kl", &[(GeneratorGradNorm, 1e-7)], "the generator's mean gradient norm"),
        (Rule::GradientsVanishing, "kl", &[(CriticGradNorm, 0.0)], "the critic's mean gradient norm"),
        (Rule::GradientsExploding, "kl", &[(CriticGradNorm, 1e5)], "the critic's mean gradient norm"),
        (Rule::ClipShare, "wgan", &[(ClipShare, 0.75)], "weights at ±c over 20 steps is 0.5250, above 0.5000"),
        (Rule::CriticDead, "kl", &[(CriticGradNorm, 0.0)], "a critic's gradient of exactly 0 over 20 steps is"),
        (Rule::NoProgress, "kl", flat, "relative to its size, over 20 steps is"),
    ] {
        let mut monitor = Monitor::new(&only(rule, 20), &settings(objective));
        let mut alerts = Vec::new();
        for step in 1..=400 {
            // Wrong from step 101 to 200; what is not finite says nothing.
            let mut now = record(step, if (101..=200).contains(&step) { wrong } else { &[] });
            if step == 150 {
                now.values = Metrics::of([f32::NAN; Metric::COUNT]);
            }
            alerts.extend(monitor.record(&now));
        }
        let found = signs(&alerts);
        let [(first, true, raised), (second, false, cleared)] = found[..] else { panic!("{rule}: {alerts:?}") };
        assert_eq!((first, second), (rule, rule));
        assert!((101..=122).contains(&raised) && (201..=242).contains(&cleared), "{rule}: {found:?}");
        assert!(alerts[0].text.contains(said), "{}", alerts[0].text);
        assert!(alerts[0].text.contains(rule.about().means) && alerts[1].text.contains("is over"));
    }
}

#[test]
fn a_rule_is_silent_where_it_does_not_apply_or_is_turned_off() {
    let wrong = |step| {
        let set =
            [(Metric::Bound, -9.0), (Metric::ScoreReal, 50.0), (Metric::ScoreFake, -50.0), (Metric::ClipShare, 1.0)];
        record(step, &set)
    };
    let clipping = |kind: &str, clips: bool| {
        let constraint = if clips { Constraint::Clip { clip: 0.1 } } else { Constraint::None };
        Settings { constraint, ..settings(kind) }
    };
    let heard = |health: Health, settings: &Settings| {
        let mut monitor = Monitor::new(&health, settings);
        let alerts: Vec<Alert> = (1..=100).flat_map(|step| monitor.record(&wrong(step))).collect();
        signs(&alerts).into_iter().map(|sign| sign.0).collect::<Vec<_>>()
    };
    assert_eq!(heard(quick(8), &clipping("wgan", true)), [Rule::EmNegative, Rule::ClipShare, Rule::NoProgress]);
    assert_eq!(heard(quick(8), &clipping("gan", false)), [Rule::CriticSaturated, Rule::NoProgress]);
    assert_eq!(heard(quick(8), &clipping("pearson", false)), [Rule::NoProgress]);
    assert_eq!(heard(quick(8).off(), &clipping("wgan", true)), []);
}

#[test]
fn a_bound_that_is_rounding_is_neither_negative_nor_progress() {
    // A critic that gives every sample the score −0.1: its bound is a unit in the last place, of either sign.
    let idle = |step: u64| {
        let bound = if step.is_multiple_of(7) { 7.45e-9 } else { -7.45e-9 };
        record(step, &[(Metric::Bound, bound), (Metric::ScoreReal, -0.1), (Metric::ScoreFake, -0.1)])
    };
    let heard = |rule| {
        let mut monitor = Monitor::new(&only(rule, 20), &settings("wgan"));
        (1..=400).flat_map(|step| monitor.record(&idle(step))).map(|alert| alert.sign.map(|sign| sign.raised)).collect()
    };
    let negative: Vec<Option<bool>> = heard(Rule::EmNegative);
    let still: Vec<Option<bool>> = heard(Rule::NoProgress);
    assert_eq!((&negative[..], &still[..]), (&[][..], &[Some(true)][..]));
}

#[test]
fn a_change_of_settings_begins_anew_and_clears_what_no_longer_applies() {
    let mut monitor = Monitor::new(&quick(10), &settings("wgan"));
    let bad = |step| record(step, &[(Metric::Bound, -1.0 - step as f32)]);
    let mut alerts: Vec<Alert> = (1..=9).flat_map(|step| monitor.record(&bad(step))).collect();
    alerts.extend(monitor.settle(&settings("wgan"), 9));
    alerts.extend((10..=19).flat_map(|step| monitor.record(&bad(step))));
    assert_eq!(signs(&alerts), [(Rule::EmNegative, true, 19)]);
    let over = monitor.settle(&settings("gan"), 19);
    assert_eq!(signs(&over), [(Rule::EmNegative, false, 19)]);
    assert_eq!(signs(&monitor.settle(&settings("wgan"), 19)), []);
}

#[test]
fn a_refused_step_is_told_once_until_it_is_made() {
    let mut monitor = Monitor::new(&quick(10), &settings("wgan"));
    let (player, quantity) = (Player::Critic, Quantity::Loss);
    let number = NonFinite { player, quantity, value: NonFiniteValue::Infinite };
    let alert = monitor.refuse(8, Some(number)).expect("news");
    assert_eq!((alert.step, alert.text.as_str()), (7, "non-finite: step 8: the critic's loss is infinite"));
    assert_eq!(monitor.refuse(8, None), None);
    assert_eq!(signs(&monitor.record(&record(7, &[]))), []);
    assert_eq!(signs(&monitor.record(&record(8, &[]))), [(Rule::NonFinite, false, 8)]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_recorded_an_alert_is_raised_then_cleared_a_window_apart(
        window in 4u64..40,
        wgan: bool,
        stretches in proptest::collection::vec((1u64..60, proptest::collection::vec(any::<f32>(), Metric::COUNT)), 1..20),
    ) {
        let mut monitor = Monitor::new(&quick(window), &settings(if wgan { "wgan" } else { "gan" }));
        let mut last: Vec<(Rule, bool, u64)> = Vec::new();
        let mut step = 0;
        for (length, values) in stretches {
            for _ in 0..length {
                step += 1;
                let values = Metrics::of(std::array::from_fn(|i| values[i]));
                for (rule, raised, at) in signs(&monitor.record(&StepRecord { step, seconds: 0.0, values })) {
                    prop_assert_eq!(at, step);
                    let before = last.iter().rev().find(|sign| sign.0 == rule);
                    prop_assert_eq!(raised, !before.is_some_and(|sign| sign.1), "{}", rule);
                    prop_assert!(at - before.map_or(0, |sign| sign.2) >= window);
                    last.push((rule, raised, at));
                }
            }
        }
    }
}

#[test]
fn modes_that_are_lost_for_a_window_are_told() {
    let mut rule = CoverageRule::new(&quick(100)).expect("enabled");
    let heard: Vec<Alert> = [
        (50, 5),
        (100, 8),
        (150, 6),
        (200, 7), // a dip
        (250, 6),
        (300, 5),
        (350, 6), // raised
        (400, 8),
        (450, 6),
        (500, 8),
        (550, 8),
        (600, 8), // cleared
        (300, 3),
        (400, 3),
        (500, 3), // back on another branch, whose best is another
    ]
    .into_iter()
    .filter_map(|(step, covered)| rule.take(step, covered))
    .collect();
    assert_eq!(signs(&heard), [(Rule::CoverageFalling, true, 350), (Rule::CoverageFalling, false, 600)]);
    assert!(heard[0].text.contains("6 modes are covered, 8 at best"), "{}", heard[0].text);
    assert!(CoverageRule::new(&quick(100).off()).is_none());
}

/// A run whose steps take no time.
const SMALL: [&str; 6] =
    ["threads=1", "batch_size=8", "generator.hidden=[4]", "critic.hidden=[4]", "critic.steps=1", "constraint.clip=1"];

/// A mean bound that is below any.
const ALWAYS: &str = "health.em-negative={threshold=1e9, window=16, action=[\"checkpoint\", \"pause\"]}";

#[test]
fn a_rule_pauses_a_run_with_a_checkpoint_and_changes_no_weight() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let mut run = Run::recorded(&dir, &[&SMALL[..], &["steps=300", ALWAYS]].concat());
    run.resume();
    run.wait(|run| run.state == RunState::Paused);
    assert_eq!(run.why.as_deref(), Some("the health rule em-negative asks for it"));
    assert_eq!(signs(&run.alerts), [(Rule::EmNegative, true, 16)]);
    let paused = run.step();
    assert!(paused >= 16);
    run.go_to_the_end();
    let through = values(&run.records);
    drop(run);

    let (events, _) = journal::read(&dir.join("journal.jsonl")).unwrap();
    let at = |found: &dyn Fn(&What) -> bool| events.iter().position(|event| found(&event.what)).expect("a line");
    let raised =
        at(&|what| matches!(what, What::Alert { sign: Some(Sign { rule: Rule::EmNegative, raised: true }), .. }));
    let kept = at(&|what| matches!(what, What::Checkpoint { file: Some(_), reason: Reason::Health, .. }));
    assert_eq!((events[raised].step, events[kept].step), (16, paused));
    assert!(raised < kept);

    let mut plain = Run::start(&[&SMALL[..], &["steps=300"]].concat());
    plain.go_to_the_end();
    assert_eq!(difference(&through, &values(&plain.records)), None);
    assert_eq!(signs(&plain.alerts), []);

    // The checkpoint that the rule asked for is made again, and the same to the bit.
    let (code, out, err) = said(gantop(&["replay", dir.to_str().unwrap()]));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("identical in 2 checkpoints"), "{out}");
}

#[test]
fn an_alert_is_cleared_by_a_change_that_makes_it_void_and_told_in_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let sets = ["steps=80", "constraint.clip=1e-3", "health.clip-share={threshold=0.5, window=8}"];
    let mut run = Run::recorded(&dir, &[&SMALL[..], &sets].concat());
    run.advance(40);
    assert!(signs(&run.alerts).contains(&(Rule::ClipShare, true, 8)), "{:?}", run.alerts);
    run.set(Change::Constraint(Constraint::None)).expect("possible");
    run.go_to_the_end();
    assert!(signs(&run.alerts).contains(&(Rule::ClipShare, false, 40)), "{:?}", run.alerts);
    drop(run);
    let text = std::fs::read_to_string(dir.join("journal.jsonl")).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<&Value> = lines.iter().filter(|line| line["rule"] == "clip-share").collect();
    assert_eq!(told.len(), 2);
    assert_eq!((&told[0]["kind"], &told[0]["raised"], &told[0]["step"]), (&"alert".into(), &true.into(), &8.into()));
    assert_eq!((&told[1]["raised"], &told[1]["step"]), (&false.into(), &40.into()));
}

#[test]
fn what_a_watcher_finds_is_told_to_all_and_obeyed() {
    let mut run = Run::start(&[&SMALL[..], &["steps=0", "health.coverage-falling.action=[\"pause\"]"]].concat());
    run.resume();
    run.wait(|run| run.step() > 3);
    let sign = Some(Sign { rule: Rule::CoverageFalling, raised: true });
    let found = Alert { step: 3, text: "coverage-falling: two modes are lost".into(), sign };
    run.send(Command::Alert(found.clone()));
    run.wait(|run| run.state == RunState::Paused);
    assert_eq!(run.alerts, [found]);
    assert_eq!(run.why.as_deref(), Some("the health rule coverage-falling asks for it"));
}

#[test]
fn a_headless_run_that_is_to_pause_stops_with_a_checkpoint_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let sets = SMALL.iter().chain([&ALWAYS, &"steps=100000"]).flat_map(|set| ["--set", set]);
    let args: Vec<&str> = ["ring", "--headless", "--run-dir", dir.to_str().unwrap()].into_iter().chain(sets).collect();
    let (code, out, err) = said(gantop(&args));
    assert_eq!(code, 1, "{out}");
    assert!(err.contains("the health rule em-negative asks for it; nobody can resume a headless run"), "{err}");
    let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let raised = lines.iter().find(|line| line["rule"] == "em-negative").expect("an alert");
    assert_eq!((&raised["kind"], &raised["step"], &raised["raised"]), (&"alert".into(), &16.into(), &true.into()));
    assert_eq!(lines.last().unwrap()["outcome"], "failed");
    assert!(std::fs::read_dir(dir.join("checkpoints")).unwrap().count() > 0);
}

#[test]
fn a_step_that_is_not_finite_has_its_rule() {
    let sets = [
        "objective={kind=\"pearson\", head=\"paper\"}",
        "constraint.kind='none'",
        "optimizer.critic={kind=\"sgd\", lr=1000}",
    ];
    let mut run = Run::start(&[&SMALL[..5], &sets, &["steps=0"]].concat());
    run.resume();
    run.wait(|run| run.state == RunState::Paused);
    let alert = run.alerts.iter().find(|alert| alert.text.starts_with("non-finite")).expect("an alert");
    assert_eq!((alert.step, alert.sign.map(|sign| sign.raised)), (run.step(), Some(true)));
    assert!(run.why.clone().unwrap().starts_with(&format!("step {}: ", run.step() + 1)));
}

fn alert(rule: Rule, raised: bool, step: u64, text: &str) -> Report {
    Report::Alert(Alert { step, text: text.into(), sign: Some(Sign { rule, raised }) })
}

#[test]
fn the_dashboard_shows_what_holds_lists_what_happened_and_marks_it() {
    let mut stage = Stage::new(Options::default());
    stage.report(Report::Started(Box::new(runs::ring()))).report(Report::Steps(records::records(1, 200)));
    stage.report(alert(Rule::EmNegative, true, 100, "em-negative: the mean bound is -1"));
    stage.report(alert(Rule::ClipShare, true, 150, "clip-share: all weights are at ±c"));
    stage.report(records::applied(120, "constraint.clip", "0.01", "0.02", None));
    let marks: Vec<u64> = stage.app.live.marks.iter().map(|mark| mark.step).collect();
    assert_eq!(marks, [100, 120, 150]);
    // A key takes the last word away; what holds stays.
    stage.press("f").press("f");
    let header = stage.text(140, 40).lines().nth(2).unwrap().to_owned();
    assert!(header.contains("2 alerts: clip-share: all weights"), "{header}");
    stage.report(alert(Rule::ClipShare, false, 180, "clip-share is over"));
    // Rules leave the footer to the keys.
    let text = stage.text(140, 40);
    assert!(text.lines().last().unwrap().contains("? help"), "{text}");
    assert!(text.lines().nth(2).unwrap().contains("1 alert: em-negative: the mean bound is -1"), "{text}");
    assert!(
        text.contains("100  em-negative: the mean bound is -1") && text.contains("180  clip-share is over"),
        "{text}"
    );
    stage.report(alert(Rule::EmNegative, false, 190, "em-negative is over"));
    stage.press("f").press("f");
    assert!(!stage.text(140, 40).lines().nth(2).unwrap().contains("alert"));
}

#[test]
fn the_dashboard_tells_the_trainer_that_modes_are_lost_once() {
    let mut stage = Stage::new(Options::default());
    let (info, shape) = (runs::ring(), SampleShape::Point { dims: 2 });
    let means: Vec<f32> = info.modes.iter().flat_map(|mode| &mode.mean).map(|&x| x as f32).collect();
    stage.report(Report::Started(Box::new(info))).report(Report::Steps(records::records(1, 5000)));
    for (step, covered) in [(100, 8), (1000, 4), (1500, 4), (2000, 4), (2500, 4)] {
        let fake = means[..2 * covered].to_vec();
        stage.report(Report::Snapshot(Box::new(Snapshot { fake, ..Snapshot::empty(step, shape) })));
    }
    let told: Vec<&Alert> = stage
        .effects
        .iter()
        .filter_map(|effect| if let Effect::Send(Command::Alert(alert)) = effect { Some(alert) } else { None })
        .collect();
    let [told] = told[..] else { panic!("{told:?}") };
    assert_eq!((told.step, told.sign), (1500, Some(Sign { rule: Rule::CoverageFalling, raised: true })));
    // It is shown when the trainer has said it.
    assert!(stage.app.run.alerts.is_empty());
    stage.report(Report::Alert(told.clone()));
    assert_eq!(stage.app.run.alerts.len(), 1);
    let change =
        StateChange { step: 1600, state: RunState::Paused, why: Some(PauseReason::Health(Rule::CoverageFalling)) };
    stage.report(Report::State(change));
    assert_eq!(stage.app.run.state, RunState::Paused);
}

#[test]
fn the_rules_are_listed_with_their_defaults() {
    let (code, page, err) = said(gantop(&["health"]));
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(page.lines().all(|line| line.chars().count() <= 100), "{page}");
    assert!(Rule::ALL.iter().all(|rule| page.lines().any(|line| line == rule.name())), "{page}");
    assert_eq!(Watch::of(Rule::NonFinite).action, [AlertAction::Pause, AlertAction::Checkpoint]);
    insta::assert_snapshot!(page);
}

#[test]
fn an_alert_calls_the_persons_program_and_the_run_is_as_without() {
    let folder = tempfile::tempdir().unwrap();
    let (program, out) = (folder.path().join("tell"), folder.path().join("out"));
    std::fs::write(
        &program,
        "#!/bin/sh\n{ printf '%s at %s of %s: ' \"$GANTOP_RULE\" \"$GANTOP_STEP\" \"$GANTOP_DIR\"; cat; } >> \"$1\"\n",
    )
    .unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
    let train = |name: &str, more: &[&str]| {
        let dir = folder.path().join(name);
        let rule = ["threshold=1e-12", "window=5"].map(|set| format!("health.gradients-exploding.{set}"));
        let args = ["ring", "--headless", "--steps", "40", "--seed", "3", "--run-dir", dir.to_str().unwrap()];
        let sets = ["--set", &rule[0], "--set", &rule[1]];
        let (code, _, err) = said(gantop(&[&args[..], &sets, &socket::SMALL, more].concat()));
        assert_eq!(code, 0, "{err}");
        dir
    };
    let command = format!("alerts.command=[{:?}, {:?}]", program.display().to_string(), out.display().to_string());
    let called = train("called", &["--set", &command, "--set", "alerts.every=0"]);
    let told = std::fs::read_to_string(out).unwrap();
    assert!(
        told.starts_with(&format!("gradients-exploding at 5 of {}: {{\"kind\":\"alert\"", called.display())),
        "{told}"
    );
    assert_eq!(metrics(&called), metrics(&train("alone", &[])));
    // Whom to call is a person's affair, and not the run's.
    assert!(!std::fs::read_to_string(called.join("config.toml")).unwrap().contains("alerts"));
    // Also where it is said when the run goes on.
    let later = folder.path().join("later");
    let command = command.replace("/out\"", "/later\"");
    let resume = ["--headless", "--resume", called.to_str().unwrap(), "--steps", "80"];
    let (code, _, err) = said(gantop(&[&["train"], &resume[..], &["--set", &command]].concat()));
    assert_eq!(code, 0, "{err}");
    assert!(std::fs::read_to_string(later).is_ok_and(|told| told.starts_with("gradients-exploding at 45 of")));
}
