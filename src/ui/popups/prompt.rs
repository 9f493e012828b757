//! Prompts: one or two fields to type into, checked while the person types.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::{Input, InputRequest};

use crate::config::Constraint;
use crate::domain::action::NUDGE_FACTOR;
use crate::domain::{ControlInfo, ControlKind, ControlValue, format};
use crate::link::{Change, Command, Player, Settings};

/// A field holds a number: whatever is longer is a mistake, such as a held key.
const LONGEST: usize = 32;

/// The request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Question {
    Clip,
    /// The number of this constraint, which is typed in already.
    Constraint(Constraint),
    Rates,
    CriticSteps,
    Steps,
    /// The controls that a trainer of another program has declared.
    Controls,
}

/// One line to type into.
#[derive(Clone, Debug, Default)]
pub struct Field {
    /// Its name, e.g. `critic`.
    pub label: String,
    /// The value in force.
    pub now: String,
    pub input: Input,
    /// The control whose value it is, where it is one.
    pub control: Option<ControlInfo>,
}

/// A prompt that is open.
#[derive(Clone, Debug)]
pub struct Prompt {
    pub question: Question,
    pub fields: Vec<Field>,
    /// The field that is typed into.
    pub focus: usize,
}

impl Prompt {
    /// A prompt with empty fields that shows the values in force.
    pub fn new(question: Question, settings: &Settings) -> Prompt {
        let field = |label: &str, now| Field { label: label.to_owned(), now, ..Field::default() };
        let fields = match question {
            Question::Clip => {
                let now =
                    settings.constraint.clip().map_or("none".into(), |clip| format!("±{}", format::setting(clip)));
                vec![field("clip range", now)]
            }
            Question::Constraint(wanted) => {
                let number = wanted.number();
                let value = number.as_ref().map_or(String::new(), |number| number.value.to_string());
                let now = if settings.constraint.kind() == wanted.kind() { settings.constraint.number() } else { None };
                vec![Field {
                    label: number.map_or("", |number| number.symbol).to_owned(),
                    now: now.map_or(String::new(), |number| format::setting(number.value)),
                    input: Input::new(value),
                    control: None,
                }]
            }
            Question::Rates => vec![
                field("critic", format::setting(settings.critic_lr)),
                field("generator", format::setting(settings.generator_lr)),
            ],
            Question::CriticSteps => vec![field("critic updates", settings.critic_steps.to_string())],
            Question::Steps => vec![field("steps", String::new())],
            Question::Controls => Vec::new(),
        };
        Prompt { question, fields, focus: 0 }
    }

    /// A prompt for the values of these controls, a field each.
    pub fn of_controls(controls: Vec<ControlInfo>, settings: &Settings) -> Prompt {
        let field = |control: ControlInfo| Field {
            label: control.shown().to_owned(),
            now: settings.controls.get(&control.name).map(ControlValue::to_string).unwrap_or_default(),
            input: Input::default(),
            control: Some(control),
        };
        Prompt { question: Question::Controls, fields: controls.into_iter().map(field).collect(), focus: 0 }
    }

    /// Its heading.
    pub fn title(&self) -> &'static str {
        match self.question {
            Question::Clip => "clip range",
            Question::Constraint(wanted) => wanted.kind(),
            Question::Rates => "learning rates",
            Question::CriticSteps => "critic updates a step",
            Question::Steps => "do a number of steps",
            Question::Controls => "controls",
        }
    }

    /// The characters that may be typed.
    pub fn hint(&self) -> String {
        if let Some(control) = self.fields.get(self.focus).and_then(|field| field.control.as_ref()) {
            return control.range();
        }
        let hint = match self.question {
            Question::Clip => "a number above 0, or none to stop clipping",
            Question::Constraint(wanted) => wanted.about(),
            Question::Rates => "numbers above 0; an empty field changes nothing",
            Question::CriticSteps => "a whole number from 1",
            Question::Steps => "a whole number from 1; then the run pauses",
            Question::Controls => "",
        };
        hint.to_owned()
    }

    /// Whether anything has been typed.
    pub fn is_empty(&self) -> bool {
        self.fields.iter().all(|field| field.input.value().trim().is_empty())
    }

    /// Goes to the next (1) or previous (-1) field.
    pub fn turn(&mut self, by: isize) {
        self.focus = (self.focus as isize + by).rem_euclid(self.fields.len().max(1) as isize) as usize;
    }

    /// Makes the value that is typed, or else the one in force, a little more or less. What is no number stays.
    pub fn nudge(&mut self, up: bool) {
        let counts = matches!(self.question, Question::CriticSteps | Question::Steps);
        let Some(field) = self.fields.get_mut(self.focus) else { return };
        let typed = field.input.value().trim().to_owned();
        let text = if typed.is_empty() { field.now.trim_start_matches('±') } else { &typed };
        if let Some(control) = &field.control {
            if let Some(next) = nudged(control, text, up) {
                field.input = Input::new(next);
            }
            return;
        }
        let next = if counts {
            // Nothing is in force where steps are asked for: they begin at 1.
            let now = if text.is_empty() { 0 } else { whole(text).unwrap_or(0) };
            (now > 0 || text.is_empty())
                .then(|| if up { now.saturating_add(1) } else { now.saturating_sub(1).max(1) }.to_string())
        } else {
            let factor = if up { NUDGE_FACTOR } else { 1.0 / NUDGE_FACTOR };
            // Four digits: what is left of a rounding is nobody's wish.
            let rounded = |value: f64| format!("{:.3e}", value * factor).parse().ok().filter(|next: &f64| *next > 0.0);
            positive(text)
                .ok()
                .and_then(rounded)
                .map(|next| if next < 1e-3 { format!("{next:e}") } else { next.to_string() })
        };
        if let Some(next) = next {
            field.input = Input::new(next);
        }
    }

    /// Takes an editing key; others are left alone.
    pub fn key(&mut self, key: &KeyEvent) {
        if let Some(field) = self.fields.get_mut(self.focus) {
            edit_field(&mut field.input, key, LONGEST);
        }
    }

    /// Takes pasted text.
    pub fn paste(&mut self, text: &str) {
        if let Some(field) = self.fields.get_mut(self.focus) {
            paste_into(&mut field.input, text, LONGEST);
        }
    }

    /// The commands that the fields amount to, or what is wrong with them.
    pub fn commands(&self) -> Result<Vec<Command>, String> {
        let mut commands = Vec::new();
        for (i, field) in self.fields.iter().enumerate() {
            let text = field.input.value().trim();
            if text.is_empty() {
                continue;
            }
            commands.push(match self.question {
                Question::Clip if text.eq_ignore_ascii_case("none") => {
                    Command::Set(Change::Constraint(Constraint::None))
                }
                Question::Clip => Command::Set(Change::Constraint(Constraint::Clip { clip: positive(text)? })),
                Question::Constraint(wanted) => Command::Set(Change::Constraint(wanted.with(positive(text)?))),
                Question::Rates => {
                    let player = if i == 0 { Player::Critic } else { Player::Generator };
                    Command::Set(Change::Rate(player, positive(text)?))
                }
                Question::CriticSteps => Command::Set(Change::CriticSteps(whole(text)?)),
                Question::Steps => Command::Advance(whole(text)?),
                Question::Controls => match &field.control {
                    Some(control) => {
                        let value = control.read(text).map_err(|why| format!("{}: {why}", control.shown()))?;
                        Command::Set(Change::Control(control.name.clone(), value))
                    }
                    None => continue,
                },
            });
        }
        Ok(commands)
    }
}

/// The value after this one of a control; none where there is none, or this is no value.
fn nudged(control: &ControlInfo, text: &str, up: bool) -> Option<String> {
    let next = |names: &[String]| {
        let at =
            names.iter().position(|name| name == text).map_or(0, |at| if up { at + 1 } else { at + names.len() - 1 });
        names.get(at % names.len().max(1)).cloned()
    };
    let value = || text.parse::<f64>().ok().filter(|value| value.is_finite());
    let within = |value: f64| {
        let value = control.high.map_or(value, |high| value.min(high));
        ControlValue::Number(control.low.map_or(value, |low| value.max(low))).to_string()
    };
    match control.kind {
        ControlKind::Choice => next(&control.choices),
        ControlKind::Flag => next(&["true".to_owned(), "false".to_owned()]),
        ControlKind::Whole => Some(within(value()? + if up { 1.0 } else { -1.0 })),
        ControlKind::Number => {
            let factor = if up { NUDGE_FACTOR } else { 1.0 / NUDGE_FACTOR };
            format!("{:.3e}", value()? * factor).parse().ok().map(within)
        }
    }
}

fn positive(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| format!("“{text}” is not a number"))?;
    match value {
        v if !v.is_finite() => Err("it must be finite".into()),
        v if v <= 0.0 => Err("it must be above 0".into()),
        v => Ok(v),
    }
}

/// A whole number from 1, with or without marks between the thousands.
pub fn whole(text: &str) -> Result<u64, String> {
    let plain: String = text.chars().filter(|c| *c != '_' && *c != ',').collect();
    match plain.parse() {
        Ok(0) => Err("it must be at least 1".into()),
        Ok(value) => Ok(value),
        Err(_) => Err(format!("“{text}” is not a whole number from 1")),
    }
}

/// Lets an editing key change a line of at most `longest` bytes; others are left alone.
pub fn edit_field(input: &mut Input, key: &KeyEvent, longest: usize) {
    if let Some(request) = edit(key)
        && (!matches!(request, InputRequest::InsertChar(_)) || input.value().len() < longest)
    {
        input.handle(request);
    }
}

/// Puts pasted text into a line of at most `longest` bytes.
pub fn paste_into(input: &mut Input, text: &str, longest: usize) {
    for c in text.trim().chars().filter(|c| !c.is_control()).take(longest) {
        edit_field(input, &KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE), longest);
    }
}

/// The editing request of a key.
fn edit(key: &KeyEvent) -> Option<InputRequest> {
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    Some(match key.code {
        KeyCode::Char('a') if ctrl => InputRequest::GoToStart,
        KeyCode::Char('e') if ctrl => InputRequest::GoToEnd,
        KeyCode::Char('b') if ctrl => InputRequest::GoToPrevChar,
        KeyCode::Char('f') if ctrl => InputRequest::GoToNextChar,
        KeyCode::Char('h') if ctrl => InputRequest::DeletePrevChar,
        KeyCode::Char('d') if ctrl => InputRequest::DeleteNextChar,
        KeyCode::Char('w') if ctrl => InputRequest::DeletePrevWord,
        KeyCode::Char('u') if ctrl => InputRequest::DeleteLine,
        KeyCode::Char('k') if ctrl => InputRequest::DeleteTillEnd,
        KeyCode::Char(c) if !ctrl && !alt => InputRequest::InsertChar(c),
        KeyCode::Backspace => InputRequest::DeletePrevChar,
        KeyCode::Delete => InputRequest::DeleteNextChar,
        KeyCode::Left => InputRequest::GoToPrevChar,
        KeyCode::Right => InputRequest::GoToNextChar,
        KeyCode::Home => InputRequest::GoToStart,
        KeyCode::End => InputRequest::GoToEnd,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ObjectiveChoice;

    fn typed(question: Question, texts: &[&str]) -> Result<Vec<Command>, String> {
        let settings = Settings {
            objective: ObjectiveChoice::default(),
            constraint: Constraint::Clip { clip: 0.01 },
            generator_lr: 5e-5,
            critic_lr: 5e-5,
            critic_steps: 5,
            controls: Default::default(),
            ramps: Vec::new(),
        };
        let mut prompt = Prompt::new(question, &settings);
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
    fn counts() {
        assert_eq!(typed(Question::Steps, &["1,000"]), Ok(vec![Command::Advance(1000)]));
        assert_eq!(typed(Question::CriticSteps, &["5"]), Ok(vec![Command::Set(Change::CriticSteps(5))]));
        for wrong in ["0", "-1", "1.5", "99999999999999999999999"] {
            assert!(typed(Question::CriticSteps, &[wrong]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn values_are_nudged() {
        let settings = Settings {
            objective: ObjectiveChoice::default(),
            constraint: Constraint::Clip { clip: 0.01 },
            generator_lr: 5e-5,
            critic_lr: 5e-5,
            critic_steps: 2,
            controls: Default::default(),
            ramps: Vec::new(),
        };
        let nudged = |question, typed: &str, ups: &[bool]| {
            let mut prompt = Prompt::new(question, &settings);
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
}
