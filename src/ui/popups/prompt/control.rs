//! Values of controls that a trainer of another program has declared, as they are typed and nudged.

use super::number::number_of;
use crate::domain::action::NUDGE_FACTOR;
use crate::domain::{ControlInfo, ControlKind, ControlValue};

/// The value of a control that is typed: plain, or as a factor of the number in force.
///
/// # Errors
/// Why it is none of this control's.
pub fn value(control: &ControlInfo, text: &str, in_force: Option<f64>) -> Result<ControlValue, String> {
    let typed = match control.kind {
        ControlKind::Number => number_of(text, in_force)?,
        ControlKind::Whole => number_of(text, in_force)?.map(f64::round),
        ControlKind::Flag | ControlKind::Choice => None,
    };
    typed.map_or_else(|| control.read(text), |number| control.read(&number.to_string()))
}

/// The value after this one of a control; none where there is none, or this is no value.
pub fn nudged(control: &ControlInfo, text: &str, up: bool) -> Option<String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_is_of_the_number_in_force() {
        let control =
            |kind| ControlInfo { name: "rate".into(), kind, low: Some(0.0), high: Some(9.0), ..Default::default() };
        let read = |kind, text: &str| value(&control(kind), text, Some(3.0));
        assert_eq!(read(ControlKind::Number, "/2"), Ok(ControlValue::Number(1.5)));
        assert_eq!(read(ControlKind::Whole, "/2"), Ok(ControlValue::Number(2.0)));
        assert_eq!(read(ControlKind::Number, "0"), Ok(ControlValue::Number(0.0)));
        assert!(read(ControlKind::Number, "x10").unwrap_err().contains("“30”: must be a number from 0 to 9"));
        assert!(value(&control(ControlKind::Number), "x2", None).unwrap_err().contains("no number is in force"));
        let choice = ControlInfo { kind: ControlKind::Choice, choices: vec!["x2".into()], ..Default::default() };
        assert_eq!(value(&choice, "x2", None), Ok(ControlValue::Name("x2".into())));
    }
}
