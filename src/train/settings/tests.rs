//! Which changes are possible, and what they do and say.

use super::*;
use crate::config::{Ramp, Shape};
use crate::domain::ObjectiveChoice;

fn resolve(now: &Settings, step: u64, change: &Change) -> Result<Applied, Rejected> {
    super::resolve(now, step, change, By::Person)
}

fn settings() -> Settings {
    Settings {
        objective: ObjectiveChoice::default(),
        constraint: Constraint::Clip { clip: 0.05 },
        generator_lr: 5e-5,
        critic_lr: 5e-5,
        generator_beta1: None,
        critic_beta1: Some(0.9),
        generator_beta2: None,
        critic_beta2: Some(0.99),
        ema: Some(500.0),
        critic_steps: 5,
        steps: None,
        controls: Default::default(),
        ramps: Vec::new(),
    }
}

fn under(constraint: Constraint) -> Settings {
    Settings { constraint, ..settings() }
}

fn refusal(change: Change) -> String {
    let now = settings();
    resolve(&now, 0, &change).unwrap_err().why
}

#[test]
fn possible_changes_say_old_and_new() {
    let outcome = resolve(&settings(), 0, &Change::ScaleConstraint(2.0)).unwrap();
    assert_eq!(
        (outcome.what.as_ref(), outcome.old.as_str(), outcome.new.as_str()),
        ("constraint", "clip 0.05", "clip 0.1")
    );
    assert_eq!(outcome.settings, Settings { constraint: Constraint::Clip { clip: 0.1 }, ..settings() });
    let outcome = resolve(&settings(), 0, &Change::Rate(Player::Critic, 1e-3)).unwrap();
    assert_eq!((outcome.old.as_str(), outcome.new.as_str()), ("0.00005", "0.001"));
    assert_eq!(outcome.settings, Settings { critic_lr: 1e-3, ..settings() });
}

#[test]
fn a_change_of_a_number_ends_its_ramp_and_says_so() {
    let ramp = |key, from| Change::Ramp(Ramp { key, from, to: 1e-6, over: 10, shape: Shape::Linear });
    let begun = resolve(&settings(), 100, &ramp(RampKey::CriticLr, None)).unwrap();
    assert_eq!((begun.what.as_ref(), begun.old.as_str()), ("optimizer.critic.lr", "0.00005"));
    assert_eq!(begun.new, "0.00005 to 0.000001 over 10 steps, linear");
    let both = resolve(&begun.settings, 100, &ramp(RampKey::Clip, Some(1.0))).unwrap().settings;
    assert_eq!((both.constraint, both.ramps.len()), (Constraint::Clip { clip: 1.0 }, 2));
    // The number that it is ends it too, another number's change does not.
    let now = both.after(105);
    let same = resolve(&now, 105, &Change::Rate(Player::Critic, now.critic_lr)).unwrap();
    assert_eq!(same.note.as_deref(), Some("this ends the ramp of optimizer.critic.lr"));
    assert_eq!(same.settings.ramps, [both.ramps[1]]);
    let other = resolve(&now, 105, &Change::Rate(Player::Generator, 1.0)).unwrap();
    assert_eq!((other.settings.ramps.len(), other.note), (2, None));
    for change in [Change::ScaleConstraint(2.0), Change::Constraint(Constraint::SpectralNorm)] {
        let ended = resolve(&now, 105, &change).unwrap();
        assert!(ended.note.unwrap().contains("this ends the ramp of constraint.clip"));
        assert_eq!(ended.settings.ramps, [both.ramps[0]]);
    }
    let again = resolve(&now, 105, &ramp(RampKey::CriticLr, None)).unwrap();
    assert_eq!(again.note.as_deref(), Some("in place of the ramp before it"));
    assert_eq!(again.settings.ramp(RampKey::CriticLr).unwrap().from, now.critic_lr);
    for (key, change) in [
        (RampKey::CriticBeta1, Change::Beta1(Player::Critic, 0.1)),
        (RampKey::CriticBeta2, Change::Beta2(Player::Critic, 0.1)),
        (RampKey::Ema, Change::Ema(10.0)),
    ] {
        let to = Change::Ramp(Ramp { key, from: None, to: 1.0, over: 10, shape: Shape::Linear });
        let moving = resolve(&settings(), 100, &to).unwrap().settings.after(104);
        let ended = resolve(&moving, 104, &change).unwrap();
        assert_eq!(ended.note, Some(format!("this ends the ramp of {}", key.name())));
        assert_eq!((ended.settings.ramps.len(), ended.old), (0, moving.number(key).unwrap().to_string()));
    }
    // Over, it is no loss, and the number is what it is.
    let over = both.after(200);
    let late = resolve(&over, 200, &Change::Rate(Player::Critic, 1e-3)).unwrap();
    assert_eq!((late.note, late.settings.ramps.len()), (None, 1));
    let refused = resolve(&settings(), 0, &ramp(RampKey::Lambda, None)).unwrap_err();
    assert!(refused.why.contains("clip 0.05, which has no such number"), "{}", refused.why);
    let adam = resolve(&settings(), 0, &ramp(RampKey::GeneratorBeta2, None)).unwrap_err();
    assert!(adam.why.contains("not adam"), "{}", adam.why);
    let averaged = Settings { ema: None, ..settings() };
    for change in [ramp(RampKey::Ema, None), Change::Ema(100.0)] {
        let refused = resolve(&averaged, 0, &change).unwrap_err();
        assert!(refused.why.contains("no average") && refused.what == "generator.ema", "{refused:?}");
    }
    let zero = Settings { critic_beta1: Some(0.0), ..settings() };
    let exponential = Ramp { key: RampKey::CriticBeta1, from: None, to: 0.5, over: 9, shape: Shape::Exponential };
    let refused = resolve(&zero, 0, &Change::Ramp(exponential)).unwrap_err();
    assert!(refused.why.contains("from 0"), "{}", refused.why);
}

#[test]
fn every_constraint_is_checked_and_its_number_scales() {
    for wanted in Constraint::ALL {
        let Some(number) = wanted.number() else {
            resolve(&settings(), 0, &Change::Constraint(wanted)).unwrap();
            continue;
        };
        for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e10] {
            let refused = resolve(&settings(), 7, &Change::Constraint(wanted.with(wrong))).unwrap_err();
            assert_eq!((refused.what, refused.step), (format!("constraint.{}", number.key), 7));
        }
        let scaled = resolve(&under(wanted.with(2.0)), 0, &Change::ScaleConstraint(1.25)).unwrap();
        assert_eq!(scaled.settings.constraint, wanted.with(2.5));
        assert_eq!(scaled.new, format!("{} 2.5", wanted.kind()));
    }
}

#[test]
fn a_constraint_that_changes_the_gradient_restarts_the_moments_and_says_so() {
    let note = |old, new| resolve(&under(old), 0, &Change::Constraint(new)).unwrap().note.unwrap_or_default();
    let [none, clip, penalty, spectral, r1] = Constraint::ALL;
    for (old, new, restarts) in [
        (none, clip, false),
        (clip, clip.with(0.3), false),
        (penalty, penalty.with(1.0), false),
        (clip, penalty, true),
        (penalty, r1, true),
        (r1, none, true),
        (none, spectral, true),
        (spectral, clip, true),
    ] {
        assert_eq!(note(old, new).contains("moments restart"), restarts, "{old} {new}");
    }
    assert!(note(clip, spectral).contains("divided") && note(spectral, clip).contains("as they are"));
    assert!(note(clip, none).contains("the critic of wgan needs a constraint"));
}

#[test]
fn scaling_there_and_back_is_where_it_was() {
    let there = resolve(&settings(), 0, &Change::ScaleConstraint(1.25)).unwrap().settings;
    assert_eq!(resolve(&there, 0, &Change::ScaleConstraint(1.0 / 1.25)).unwrap().settings, settings());
}

#[test]
fn what_a_non_saturating_generator_minimises_is_said() {
    let note = |kind: &str, generator_loss| {
        let wanted = ObjectiveChoice { kind: kind.into(), generator_loss, ..ObjectiveChoice::default() };
        resolve(&Settings { critic_steps: 1, ..settings() }, 0, &Change::Objective(wanted)).unwrap().note.unwrap()
    };
    assert!(note("kl", GeneratorLoss::Auto).ends_with("minimises reverse KL"));
    for (kind, loss) in [("kl", GeneratorLoss::Saturating), ("reverse-kl", GeneratorLoss::Auto)] {
        assert!(!note(kind, loss).contains("minimises"));
    }
}

#[test]
fn impossible_changes_say_why() {
    assert!(refusal(Change::Constraint(Constraint::Clip { clip: -1.0 })).contains("not between"));
    assert!(refusal(Change::Constraint(Constraint::Clip { clip: f64::NAN })).contains("not between"));
    assert!(refusal(Change::Rate(Player::Generator, f64::INFINITY)).contains("not between"));
    assert!(refusal(Change::CriticSteps(0)).contains("between 1 and 1000"));
    assert!(refusal(Change::CriticSteps(5)).contains("already"));
    assert!(refusal(Change::ScaleConstraint(1e30)).contains("not between"));
    let mut unknown = settings().objective;
    unknown.kind = "wgn".into();
    assert!(refusal(Change::Objective(unknown)).contains("there are gan, js"));
    let of = |pi, alpha| {
        Change::Objective(ObjectiveChoice { kind: "alpha".into(), pi, alpha, ..ObjectiveChoice::default() })
    };
    assert!(refusal(of(1.0, 2.0)).contains("0.999"));
    assert!(refusal(of(0.5, f64::NAN)).contains("from -4 to 5") && refusal(of(0.5, 1.0)).contains("kl"));
    assert_eq!(resolve(&settings(), 0, &of(0.5, -1.0)).unwrap().new, "alpha α = -1");
    for (constraint, why) in [(Constraint::None, "nothing constrains"), (Constraint::SpectralNorm, "no number")] {
        let refused = resolve(&under(constraint), 0, &Change::ScaleConstraint(2.0)).unwrap_err();
        assert!(refused.why.contains(why) && refused.why.contains("r1"), "{refused:?}");
    }
}
