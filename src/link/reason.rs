//! Why a run paused, as a type; the sentence for a person is made from it here and nowhere else.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Player, Report};
use crate::domain::format;
use crate::domain::rule::Rule;

/// Why a run paused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PauseReason {
    /// The next step met a number that is not finite: which one, where that is known.
    NonFinite(Option<NonFinite>),
    /// The next step has no real samples: they cannot be read.
    Data(DataFailure),
    /// A rule of health asks for a pause.
    Health(Rule),
    /// A person commanded it.
    Person,
    /// The steps that a person asked for are done.
    Advanced,
    /// The run was started paused.
    Start,
    /// The last step is done; more may be asked for.
    LastStep,
    /// The process of a recorded run is gone, and the run has not ended.
    Interrupted,
    /// A sentence that this program did not make: of a trainer of another program, or of an old journal.
    #[serde(skip)]
    Other(String),
}

/// Data that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataFailure {
    /// The file, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The number of the sample in it, counted from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    /// The failure, for a person, without the file and the index.
    pub why: String,
}

/// A number of a step that is not finite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NonFinite {
    /// The network whose update met it.
    pub player: Player,
    pub quantity: Quantity,
    pub value: NonFiniteValue,
}

/// A quantity that is looked at before an update is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quantity {
    Loss,
    /// The part of the critic's loss that its constraint adds.
    Penalty,
    /// The norm of the gradient.
    Gradient,
}

/// A value that is not finite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NonFiniteValue {
    NotANumber,
    Infinite,
}

impl PauseReason {
    /// Whether a person wanted the pause, who can also resume; else something is wrong.
    pub fn is_wanted(&self) -> bool {
        matches!(self, PauseReason::Person | PauseReason::Advanced | PauseReason::Start | PauseReason::LastStep)
    }

    /// The sentence for a person, of a pause after `step` completed steps; none for a pause that is wanted.
    pub fn sentence(&self, step: u64) -> Option<String> {
        Some(match self {
            PauseReason::NonFinite(number) => format!(
                "step {}: {}; no weight has been touched by it. Change the objective, the constraint or a learning \
                 rate, then resume to try the step again",
                step.saturating_add(1),
                NonFinite::described(*number)
            ),
            PauseReason::Data(failure) => format!(
                "{failure}; the run is as it was after step {step}. Mend the data, then resume to try the next step \
                 again"
            ),
            PauseReason::Health(rule) => format!("the health rule {rule} asks for it"),
            PauseReason::Interrupted => {
                "interrupted: its process ended without a word, or is one that this system cannot see".to_owned()
            }
            PauseReason::LastStep => {
                format!("step {} was the last one: set steps to a larger number, or 0, to go on", format::count(step))
            }
            PauseReason::Other(sentence) => sentence.clone(),
            PauseReason::Person | PauseReason::Advanced | PauseReason::Start => return None,
        })
    }
}

impl Report {
    /// Whether something is wrong that a person should know wherever they are: an alert that is raised, a pause that
    /// nobody wanted, the run's failure.
    pub fn is_trouble(&self) -> bool {
        match self {
            Report::Alert(alert) => alert.sign.is_none_or(|sign| sign.raised),
            Report::State(change) => change.is_trouble(),
            Report::Failed(_) => true,
            _ => false,
        }
    }
}

impl NonFinite {
    /// The number in words, even where nobody knows which one it was.
    pub fn described(number: Option<NonFinite>) -> String {
        number.map_or_else(|| "a loss or gradient is not finite".to_owned(), |number| number.to_string())
    }
}

impl fmt::Display for Player {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Player::Generator => "generator",
            Player::Critic => "critic",
        })
    }
}

impl fmt::Display for DataFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the data cannot be read: ")?;
        if let Some(file) = &self.file {
            write!(f, "{file}: ")?;
        }
        if let Some(index) = self.index {
            write!(f, "sample {index}, counted from 0: ")?;
        }
        f.write_str(&self.why)
    }
}

impl fmt::Display for NonFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {}'s {} is {}", self.player, self.quantity, self.value)
    }
}

impl Quantity {
    /// Every quantity.
    pub const ALL: [Quantity; 3] = [Quantity::Loss, Quantity::Penalty, Quantity::Gradient];
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Quantity::Loss => "loss",
            Quantity::Penalty => "penalty",
            Quantity::Gradient => "gradient",
        })
    }
}

impl fmt::Display for NonFiniteValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NonFiniteValue::NotANumber => "not a number",
            NonFiniteValue::Infinite => "infinite",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_a_structured_value_and_a_wish_needs_no_sentence() {
        let number = NonFinite { player: Player::Critic, quantity: Quantity::Loss, value: NonFiniteValue::NotANumber };
        for (reason, json, sentence) in [
            (
                PauseReason::NonFinite(Some(number)),
                r#"{"non-finite":{"player":"critic","quantity":"loss","value":"not-a-number"}}"#,
                Some("step 41: the critic's loss is not a number; no weight"),
            ),
            (
                PauseReason::NonFinite(None),
                r#"{"non-finite":null}"#,
                Some("step 41: a loss or gradient is not finite;"),
            ),
            (
                PauseReason::Data(DataFailure { file: Some("/a".into()), index: Some(3), why: "cut short".into() }),
                r#"{"data":{"file":"/a","index":3,"why":"cut short"}}"#,
                Some(
                    "the data cannot be read: /a: sample 3, counted from 0: cut short; the run is as it was after \
                     step 40",
                ),
            ),
            (PauseReason::Health(Rule::EmNegative), r#"{"health":"em-negative"}"#, Some("the health rule em-negative")),
            (PauseReason::Interrupted, r#""interrupted""#, Some("interrupted: ")),
            (PauseReason::Person, r#""person""#, None),
            (PauseReason::Advanced, r#""advanced""#, None),
            (PauseReason::Start, r#""start""#, None),
        ] {
            assert_eq!(serde_json::to_string(&reason).unwrap(), json);
            assert_eq!(serde_json::from_str::<PauseReason>(json).unwrap(), reason);
            let said = reason.sentence(40);
            assert_eq!(said.is_none(), reason.is_wanted(), "{reason:?}");
            assert!(said.unwrap_or_default().starts_with(sentence.unwrap_or_default()), "{reason:?}");
        }
    }
}
