//! Numbers as they are typed: plain, or as a factor of the one in force.

use crate::config::limits::MAX_WHOLE;
use crate::link::{Change, Command};

/// A number above 0: as it is typed, or the one in force times or divided by what is typed behind `x`, `*` or `/`.
pub fn number(text: &str, in_force: Option<f64>) -> Result<f64, String> {
    match number_of(text, in_force)? {
        None => positive(text),
        Some(value) => positive(&value.to_string()),
    }
}

/// The number in force times the factor that is typed; none where no factor is typed.
pub fn number_of(text: &str, in_force: Option<f64>) -> Result<Option<f64>, String> {
    let Some(factor) = factor(text) else { return Ok(None) };
    let now = in_force.ok_or_else(|| format!("“{text}” is a factor, but no number is in force to multiply"))?;
    // Six digits: what is left of a rounding is nobody's wish.
    let value = now * factor?;
    Ok(Some(format!("{value:.5e}").parse().unwrap_or(value)))
}

/// A whole number from 1, likewise.
pub fn count(text: &str, in_force: Option<f64>) -> Result<u64, String> {
    match factor(text) {
        None => whole(text),
        Some(_) => whole(&number(text, in_force)?.round().max(1.0).to_string()),
    }
}

/// The command that so many steps amount to: behind `+` so many beyond `last`, else so many and then a pause.
pub fn steps(text: &str, last: Option<f64>) -> Result<Command, String> {
    let Some(more) = text.strip_prefix('+') else { return whole(text).map(Command::Advance) };
    let last =
        last.ok_or_else(|| format!("“{text}” adds to the last step, but the run has none: it goes on by itself"))?;
    Ok(Command::Set(Change::LastStep((last as u64).saturating_add(whole(more.trim())?).min(MAX_WHOLE))))
}

/// The factor that `text` is, such as `x10`, `*10` or `/2`, if it is one.
fn factor(text: &str) -> Option<Result<f64, String>> {
    let (sign, typed) = (text.chars().next()?, text.get(text.chars().next()?.len_utf8()..)?);
    let times = match sign {
        'x' | 'X' | '*' | '×' => true,
        '/' | '÷' => false,
        _ => return None,
    };
    Some(
        positive(typed.trim())
            .map(|typed| if times { typed } else { 1.0 / typed })
            .map_err(|why| format!("“{text}” is not a factor such as x10 or /2: {why}")),
    )
}

/// A number above 0.
pub fn positive(text: &str) -> Result<f64, String> {
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
