//! What a person should know of a run: alerts, and what a foreign run says of itself.

use serde::{Deserialize, Serialize};

use crate::domain::rule::Rule;

/// Something a person should know.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// Steps completed when it arose.
    pub step: u64,
    pub text: String,
    /// The verdict of a rule of health, where one speaks.
    pub sign: Option<Sign>,
}

/// The verdict of a rule of health: each alert is raised once, and cleared before it is raised again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sign {
    pub rule: Rule,
    /// Whether something is wrong; else it is over.
    pub raised: bool,
}

impl Alert {
    /// The word of a rule of health after `step`: it is raised, or over.
    pub fn of_rule(rule: Rule, raised: bool, step: u64, text: String) -> Alert {
        Alert { step, text, sign: Some(Sign { rule, raised }) }
    }

    /// An alert that is no rule's.
    pub fn new(step: u64, text: impl Into<String>) -> Alert {
        Alert { step, text: text.into(), sign: None }
    }
}

/// A note of a foreign run on itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// The step that it is of.
    pub step: u64,
    pub text: String,
}
