//! Prompts: one or two fields to type into, checked while the person types.

mod control;
mod edit;
mod number;

use crossterm::event::KeyEvent;
use tui_input::Input;

use crate::config::Constraint;
use crate::config::live::{CRITIC_WEIGHTS, FRESH};
use crate::domain::action::NUDGE_FACTOR;
use crate::domain::{ControlInfo, ControlValue, format};
use crate::link::{Change, Command, Player, Settings};
use crate::ui::state::subject::Subject;
pub use control::value as control_value;
pub use edit::{edit_field, paste_into};
use number::positive;
pub use number::{count, number, number_of, steps, whole};

/// What may be said of the critic where a clip range begins.
const FRESH_OR_NOTHING: &str = "fresh, or nothing to keep its weights";
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
    /// The same as a number, which a factor is of.
    in_force: Option<f64>,
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
    pub fn new(question: Question, run: Subject) -> Prompt {
        let settings = run.now;
        let field = |label: &str, now, in_force| Field { label: label.to_owned(), now, in_force, ..Field::default() };
        let fields = match question {
            Question::Clip => {
                let now =
                    settings.constraint.clip().map_or("none".into(), |clip| format!("±{}", format::setting(clip)));
                let mut fields = vec![field("clip range", now, settings.constraint.clip())];
                if settings.constraint.clip().is_none() && run.sets(CRITIC_WEIGHTS) {
                    // Clamped at once, a critic that was trained without a range saturates or dies.
                    fields.push(Field {
                        label: "critic".to_owned(),
                        input: Input::new(FRESH.to_owned()),
                        ..Field::default()
                    });
                }
                fields
            }
            Question::Constraint(wanted) => {
                let number = wanted.number();
                let value = number.as_ref().map_or(String::new(), |number| number.value.to_string());
                let now = if settings.constraint.kind() == wanted.kind() { settings.constraint.number() } else { None };
                vec![Field {
                    label: number.map_or("", |number| number.symbol).to_owned(),
                    in_force: now.as_ref().map(|number| number.value),
                    now: now.map_or(String::new(), |number| format::setting(number.value)),
                    input: Input::new(value),
                    control: None,
                }]
            }
            Question::Rates => vec![
                field("critic", format::setting(settings.critic_lr), Some(settings.critic_lr)),
                field("generator", format::setting(settings.generator_lr), Some(settings.generator_lr)),
            ],
            Question::CriticSteps => {
                let now = settings.critic_steps;
                vec![field("critic updates", now.to_string(), Some(now as f64))]
            }
            Question::Steps => vec![field("steps", String::new(), run.last.map(|last| last as f64))],
            Question::Controls => Vec::new(),
        };
        Prompt { question, fields, focus: 0 }
    }

    /// A prompt for the values of these controls, a field each.
    pub fn of_controls(controls: Vec<ControlInfo>, settings: &Settings) -> Prompt {
        let field = |control: ControlInfo| {
            let now = settings.controls.get(&control.name);
            Field {
                label: control.shown().to_owned(),
                now: now.map(ControlValue::to_string).unwrap_or_default(),
                in_force: now.and_then(ControlValue::number),
                input: Input::default(),
                control: Some(control),
            }
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
            Question::Clip if self.focus == 1 => FRESH_OR_NOTHING,
            Question::Clip => "a number above 0, or none to stop clipping; x2, /2",
            Question::Constraint(wanted) => wanted.about(),
            Question::Rates => "above 0, or x10, /2; an empty field changes nothing",
            Question::CriticSteps => "a whole number from 1, or x2, /2",
            Question::Steps => "from 1, then it pauses; +10000: beyond the last step",
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
            if let Some(next) = control::nudged(control, text, up) {
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
        if self.question == Question::Clip && self.fields.len() == 2 {
            return self.clip_from_anew();
        }
        for (i, field) in self.fields.iter().enumerate() {
            let text = field.input.value().trim();
            if text.is_empty() {
                continue;
            }
            commands.push(match self.question {
                Question::Clip if text.eq_ignore_ascii_case("none") => {
                    Command::Set(Change::Constraint(Constraint::None))
                }
                Question::Clip => {
                    Command::Set(Change::Constraint(Constraint::Clip { clip: number(text, field.in_force)? }))
                }
                Question::Constraint(wanted) => {
                    Command::Set(Change::Constraint(wanted.with(number(text, field.in_force)?)))
                }
                Question::Rates => {
                    let player = if i == 0 { Player::Critic } else { Player::Generator };
                    Command::Set(Change::Rate(player, number(text, field.in_force)?))
                }
                Question::CriticSteps => Command::Set(Change::CriticSteps(count(text, field.in_force)?)),
                Question::Steps => steps(text, field.in_force)?,
                Question::Controls => match &field.control {
                    Some(control) => {
                        let value = control::value(control, text, field.in_force)
                            .map_err(|why| format!("{}: {why}", control.shown()))?;
                        Command::Set(Change::Control(control.name.clone(), value))
                    }
                    None => continue,
                },
            });
        }
        Ok(commands)
    }
}

impl Prompt {
    /// The command of a clip range where none was in force: with a fresh critic, unless that is taken out.
    fn clip_from_anew(&self) -> Result<Vec<Command>, String> {
        let [clip, critic] = [0, 1].map(|i| self.fields.get(i).map_or("", |field| field.input.value().trim()));
        let fresh = match critic {
            "" => false,
            word if word.eq_ignore_ascii_case(FRESH) => true,
            word => return Err(format!("“{word}” is not {FRESH_OR_NOTHING}")),
        };
        if clip.is_empty() {
            return Ok(Vec::new());
        }
        if clip.eq_ignore_ascii_case("none") {
            return Ok(vec![Command::Set(Change::Constraint(Constraint::None))]);
        }
        let change = Change::Constraint(Constraint::Clip { clip: number(clip, None)? });
        if !fresh {
            return Ok(vec![Command::Set(change)]);
        }
        let mut set = change.keys();
        set.extend(Change::FreshCritic.keys());
        Ok(vec![Command::Assign(set)])
    }
}

#[cfg(test)]
mod tests;
