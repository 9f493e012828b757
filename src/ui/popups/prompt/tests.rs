//! What prompts make of what is typed.

use crossterm::event::{KeyCode, KeyModifiers};

use super::*;
use crate::domain::ObjectiveChoice;

fn settings(critic_steps: u64) -> Settings {
    Settings {
        objective: ObjectiveChoice::default(),
        constraint: Constraint::Clip { clip: 0.01 },
        generator_lr: 5e-5,
        critic_lr: 5e-5,
        generator_beta1: None,
        critic_beta1: None,
        generator_beta2: None,
        critic_beta2: None,
        ema: None,
        critic_steps,
        steps: None,
        controls: Default::default(),
        ramps: Vec::new(),
    }
}

/// A run of gantop's own with these settings.
fn of(now: &Settings) -> Subject<'_> {
    Subject { now, capabilities: None, last: Some(2000), points: true }
}

fn typed(question: Question, texts: &[&str]) -> Result<Vec<Command>, String> {
    let settings = settings(5);
    let mut prompt = Prompt::new(question, of(&settings));
    for text in texts {
        prompt.paste(text);
        prompt.turn(1);
    }
    prompt.commands()
}

#[test]
fn clip_ranges() {
    let clip = |clip| Ok(vec![Command::Set(Change::Constraint(Constraint::Clip { clip }))]);
    assert_eq!(typed(Question::Clip, &["0.05"]), clip(0.05));
    assert_eq!(typed(Question::Clip, &[" 1e-2 "]), clip(0.01));
    assert_eq!(typed(Question::Clip, &["None"]), Ok(vec![Command::Set(Change::Constraint(Constraint::None))]));
    assert_eq!(typed(Question::Clip, &[""]), Ok(vec![]));
    for wrong in ["0", "-1", "inf", "nan", "1..2", "abc"] {
        assert!(typed(Question::Clip, &[wrong]).is_err(), "{wrong}");
    }
}

#[test]
fn a_clip_range_where_there_was_none_comes_with_a_fresh_critic() {
    let settings = Settings { constraint: Constraint::None, ..settings(5) };
    let typed = |clip: &str, critic: Option<&str>| {
        let mut prompt = Prompt::new(Question::Clip, of(&settings));
        prompt.paste(clip);
        if let Some(critic) = critic {
            prompt.turn(1);
            prompt.fields[1].input = Input::default();
            prompt.paste(critic);
        }
        prompt.commands()
    };
    let clip = Change::Constraint(Constraint::Clip { clip: 0.1 });
    let commands = typed("0.1", None).unwrap();
    let [Command::Assign(set)] = commands.as_slice() else { panic!("{commands:?}") };
    assert_eq!(Change::of_keys(&settings, set), [clip.clone(), Change::FreshCritic]);
    assert_eq!(typed("0.1", Some("")), Ok(vec![Command::Set(clip)]));
    assert_eq!(typed("", None), Ok(vec![]));
    assert!(typed("0.1", Some("old")).unwrap_err().contains("fresh, or nothing"));
}

#[test]
fn the_number_of_a_constraint_is_typed_in_already() {
    let wanted = |lambda| Constraint::GradientPenalty { lambda };
    let set = |lambda| Ok(vec![Command::Set(Change::Constraint(wanted(lambda)))]);
    assert_eq!(typed(Question::Constraint(wanted(10.0)), &[]), set(10.0));
    assert_eq!(typed(Question::Constraint(wanted(1.0)), &["25"]), set(125.0));
    assert!(typed(Question::Constraint(wanted(1.0)), &["x"]).is_err());
}

#[test]
fn rates_go_to_their_players() {
    let rate = |player, lr| Command::Set(Change::Rate(player, lr));
    assert_eq!(
        typed(Question::Rates, &["1e-4", "2e-4"]),
        Ok(vec![rate(Player::Critic, 1e-4), rate(Player::Generator, 2e-4)])
    );
    assert_eq!(typed(Question::Rates, &["", "2e-4"]), Ok(vec![rate(Player::Generator, 2e-4)]));
    assert!(typed(Question::Rates, &["1e-4", "x"]).is_err());
}

#[test]
fn a_factor_is_of_what_is_in_force() {
    let rate = |player, lr| Command::Set(Change::Rate(player, lr));
    let both = Ok(vec![rate(Player::Critic, 5e-4), rate(Player::Generator, 2.5e-5)]);
    assert_eq!(typed(Question::Rates, &["x10", "/2"]), both);
    assert_eq!(typed(Question::Rates, &["*10", "/ 2"]), both);
    let clip = |clip| Ok(vec![Command::Set(Change::Constraint(Constraint::Clip { clip }))]);
    assert_eq!(typed(Question::Clip, &["/3"]), clip(0.00333333));
    assert_eq!(typed(Question::CriticSteps, &["x1.5"]), Ok(vec![Command::Set(Change::CriticSteps(8))]));
    assert_eq!(typed(Question::CriticSteps, &["/100"]), Ok(vec![Command::Set(Change::CriticSteps(1))]));
    for (wrong, why) in
        [("x", "not a factor such as x10"), ("/0", "above 0"), ("xx2", "not a factor"), ("x-1", "above 0")]
    {
        let said = typed(Question::Rates, &[wrong]).unwrap_err();
        assert!(said.contains(why), "{wrong}: {said}");
    }
    assert!(typed(Question::Steps, &["x2"]).is_err());
}

#[test]
fn counts() {
    assert_eq!(typed(Question::Steps, &["1,000"]), Ok(vec![Command::Advance(1000)]));
    assert_eq!(typed(Question::CriticSteps, &["5"]), Ok(vec![Command::Set(Change::CriticSteps(5))]));
    for wrong in ["0", "-1", "1.5", "99999999999999999999999"] {
        assert!(typed(Question::CriticSteps, &[wrong]).is_err(), "{wrong}");
    }
}

#[test]
fn values_are_nudged() {
    let settings = settings(2);
    let nudged = |question, typed: &str, ups: &[bool]| {
        let mut prompt = Prompt::new(question, of(&settings));
        prompt.paste(typed);
        ups.iter().for_each(|up| prompt.nudge(*up));
        prompt.fields[0].input.value().to_owned()
    };
    assert_eq!(nudged(Question::Clip, "", &[true]), "0.0125");
    assert_eq!(nudged(Question::Clip, "", &[true, false, false]), "0.008");
    assert_eq!(nudged(Question::Clip, "2", &[true]), "2.5");
    assert_eq!(nudged(Question::Clip, "none", &[true]), "none");
    assert_eq!(nudged(Question::Rates, "", &[true]), "6.25e-5");
    assert_eq!(nudged(Question::CriticSteps, "", &[true]), "3");
    assert_eq!(nudged(Question::CriticSteps, "", &[false, false, false]), "1");
    assert_eq!(nudged(Question::Steps, "", &[true, true]), "2");
    assert_eq!(nudged(Question::Steps, "x", &[true]), "x");
    // So small that nothing is left of it.
    assert_eq!(nudged(Question::Clip, "5e-324", &[false]), "5e-324");
}

#[test]
fn editing_keys() {
    let mut prompt = Prompt { question: Question::Steps, fields: vec![Field::default()], focus: 0 };
    prompt.paste("123");
    prompt.key(&KeyEvent::new(KeyCode::Backspace, KeyModifiers::NONE));
    prompt.key(&KeyEvent::new(KeyCode::Home, KeyModifiers::NONE));
    prompt.key(&KeyEvent::new(KeyCode::Char('9'), KeyModifiers::NONE));
    assert_eq!(prompt.fields[0].input.value(), "912");
    prompt.key(&KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL));
    assert!(prompt.is_empty());
    prompt.paste(&"7".repeat(1000));
    assert!(prompt.fields[0].input.value().len() <= 32);
}
