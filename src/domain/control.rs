//! Controls that a trainer of another program declares: what of it a person may change while the run goes on.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The most controls that a trainer may declare.
pub const MOST_CONTROLS: usize = 64;
/// The most bytes of a control's name, label, unit or choice.
const MOST_BYTES: usize = 64;

/// Controls by name, each with the value in force.
pub type ControlValues = BTreeMap<String, ControlValue>;

/// The value of a control.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ControlValue {
    Flag(bool),
    Number(f64),
    Name(String),
}

/// The values that a control takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ControlKind {
    #[default]
    Number,
    /// Whole numbers.
    Whole,
    /// On or off.
    Flag,
    /// One of a few names.
    Choice,
}

/// The description of a control.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ControlInfo {
    /// Its name in commands and lines.
    pub name: String,
    /// Its name for a person, where it has another one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// The unit; empty for a plain number.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub unit: String,
    pub kind: ControlKind,
    /// The least and the largest value of a number, both allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// The names of a choice.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
}

impl ControlInfo {
    /// Its name for a person.
    pub fn shown(&self) -> &str {
        if self.label.is_empty() { &self.name } else { &self.label }
    }

    /// Whether it may be declared so.
    pub fn is_fit(&self) -> bool {
        let text = |text: &String| text.len() <= MOST_BYTES && !text.chars().any(char::is_control);
        let ends = [self.low, self.high].into_iter().flatten();
        let chooses = (self.kind == ControlKind::Choice) != self.choices.is_empty();
        is_name(&self.name)
            && [&self.label, &self.unit].into_iter().chain(&self.choices).all(text)
            && self.choices.len() <= MOST_CONTROLS
            && chooses
            && ends.clone().all(f64::is_finite)
            && ends.is_sorted()
    }

    /// The value that a person has typed.
    ///
    /// # Errors
    /// Why it is none of this control's.
    pub fn read(&self, text: &str) -> Result<ControlValue, String> {
        let must = || format!("“{text}”: must be {}", self.range());
        match self.kind {
            ControlKind::Flag => match text {
                "true" | "on" | "yes" => Ok(ControlValue::Flag(true)),
                "false" | "off" | "no" => Ok(ControlValue::Flag(false)),
                _ => Err(must()),
            },
            ControlKind::Choice => match self.choices.iter().find(|choice| *choice == text) {
                Some(choice) => Ok(ControlValue::Name(choice.clone())),
                None => Err(must()),
            },
            ControlKind::Number | ControlKind::Whole => {
                let value: f64 = text.parse().map_err(|_| must())?;
                let whole = self.kind == ControlKind::Number || value.fract() == 0.0;
                let within = self.low.is_none_or(|low| value >= low) && self.high.is_none_or(|high| value <= high);
                if value.is_finite() && whole && within { Ok(ControlValue::Number(value)) } else { Err(must()) }
            }
        }
    }

    /// The values that it takes, in words.
    pub fn range(&self) -> String {
        let what = if self.kind == ControlKind::Whole { "a whole number" } else { "a number" };
        let unit = if self.unit.is_empty() { String::new() } else { format!(" {}", self.unit) };
        match (self.kind, self.low, self.high) {
            (ControlKind::Flag, ..) => "true or false".to_owned(),
            (ControlKind::Choice, ..) => format!("one of {}", self.choices.join(", ")),
            (_, None, None) => format!("{what}{unit}"),
            (_, Some(low), None) => format!("{what} from {low}{unit}"),
            (_, None, Some(high)) => format!("{what} up to {high}{unit}"),
            (_, Some(low), Some(high)) => format!("{what} from {low} to {high}{unit}"),
        }
    }
}

/// Whether a control may have this name.
pub fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./@".contains(c);
    (1..=MOST_BYTES).contains(&name.len()) && name.chars().all(plain)
}

/// Of the controls that are declared those that may be, each name once.
pub fn fit(declared: Vec<ControlInfo>) -> Vec<ControlInfo> {
    let mut known: Vec<ControlInfo> = Vec::new();
    for control in declared {
        if known.len() < MOST_CONTROLS && control.is_fit() && known.iter().all(|other| other.name != control.name) {
            known.push(control);
        }
    }
    known
}

impl ControlValue {
    /// The number that it is, if it is one.
    pub fn number(&self) -> Option<f64> {
        if let ControlValue::Number(value) = self { Some(*value) } else { None }
    }
}

impl fmt::Display for ControlValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ControlValue::Flag(value) => write!(f, "{value}"),
            ControlValue::Number(value) if *value != 0.0 && !(1e-3..1e7).contains(&value.abs()) => {
                write!(f, "{value:e}")
            }
            ControlValue::Number(value) => write!(f, "{value}"),
            ControlValue::Name(name) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn control(json: &str) -> ControlInfo {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_control_takes_what_it_says() {
        let rate = control(r#"{"name":"lr","low":0,"high":1,"unit":"1/s"}"#);
        assert!(rate.is_fit());
        assert_eq!(rate.read("1e-3"), Ok(ControlValue::Number(1e-3)));
        for text in ["", "x", "-1", "1.5", "nan", "inf"] {
            assert_eq!(rate.read(text).unwrap_err(), format!("“{text}”: must be a number from 0 to 1 1/s"));
        }
        let count = control(r#"{"name":"n","kind":"whole","low":1}"#);
        assert_eq!(count.read("7"), Ok(ControlValue::Number(7.0)));
        assert!(count.read("1.5").unwrap_err().contains("a whole number from 1"));
        assert_eq!(control(r#"{"name":"n","kind":"flag"}"#).read("off"), Ok(ControlValue::Flag(false)));
        let choice = control(r#"{"name":"n","kind":"choice","choices":["a","b"]}"#);
        assert_eq!(choice.read("b"), Ok(ControlValue::Name("b".to_owned())));
        assert_eq!(choice.read("c").unwrap_err(), "“c”: must be one of a, b");
    }

    #[test]
    fn what_cannot_be_declared_is_passed_over() {
        for json in [
            r#"{"name":""}"#,
            r#"{"name":"a b"}"#,
            r#"{"name":"\u001b[31m"}"#,
            r#"{"name":"a","label":"\u001b[31m"}"#,
            r#"{"name":"a","kind":"choice"}"#,
            r#"{"name":"a","choices":["b"]}"#,
            r#"{"name":"a","low":2,"high":1}"#,
        ] {
            assert!(!control(json).is_fit(), "{json}");
        }
        let many = (0..1000).map(|at| ControlInfo { name: format!("c{}", at / 2), ..ControlInfo::default() }).collect();
        assert_eq!(fit(many).len(), MOST_CONTROLS);
    }

    #[test]
    fn a_value_is_shown_as_it_is_typed() {
        for (value, text) in [
            (ControlValue::Number(0.0002), "2e-4"),
            (ControlValue::Number(0.5), "0.5"),
            (ControlValue::Number(0.0), "0"),
            (ControlValue::Number(64.0), "64"),
            (ControlValue::Flag(true), "true"),
        ] {
            assert_eq!(value.to_string(), text);
        }
    }
}
