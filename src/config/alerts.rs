//! The ways by which alerts leave the screen: of no consequence for the run.

use serde::{Deserialize, Serialize};

use super::error::Problem;
use super::layers::Value;
use super::limits::{ALERT_EVERY, ALERT_TIME_LIMIT};
use super::section::Section;

/// The most words of a command.
const MOST_WORDS: usize = 64;

/// The ways by which alerts leave the screen. A person's own file or the command line says it, never a config: it
/// starts a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alerts {
    /// The program that is called with an alert, and its arguments; empty for none.
    pub command: Vec<String>,
    /// Seconds between two calls, at the least: what comes meanwhile is told together.
    pub every: u64,
    /// Seconds that a call may take.
    pub time_limit: u64,
    /// Whether the dashboard asks the terminal for a notification, and in which words.
    pub desktop: Desktop,
    /// Whether the dashboard rings the terminal's bell.
    pub bell: bool,
}

/// The sequence that asks a terminal for a notification on the desktop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Desktop {
    #[default]
    Off,
    /// `OSC 9`: iTerm2, kitty, WezTerm, Ghostty, Windows Terminal.
    Osc9,
    /// `OSC 777`: foot, urxvt, WezTerm, Ghostty, terminals of VTE.
    Osc777,
}

impl Default for Alerts {
    fn default() -> Alerts {
        Alerts { command: Vec::new(), every: 60, time_limit: 10, desktop: Desktop::Off, bell: false }
    }
}

impl Alerts {
    /// Whether the dashboard asks the terminal for anything.
    pub fn reaches_the_terminal(&self) -> bool {
        self.bell || self.desktop != Desktop::Off
    }
}

/// Reads the table.
pub fn read(mut t: Section<'_, '_>) -> Alerts {
    let usual = Alerts::default();
    let alerts = Alerts {
        command: t.read("command", command).unwrap_or(usual.command),
        every: t.whole("every", usual.every, ALERT_EVERY),
        time_limit: t.whole("time_limit", usual.time_limit, ALERT_TIME_LIMIT),
        desktop: t.variant("desktop", usual.desktop),
        bell: t.read("bell", Value::flag).unwrap_or(usual.bell),
    };
    t.finish();
    alerts
}

fn command(value: &Value<'_>) -> Result<Vec<String>, Problem> {
    const MUST: &str =
        "must be a program and its arguments, such as [\"notify-send\", \"gantop\"]; no shell reads them";
    let words = value.elements().ok_or_else(|| value.wrong(MUST))?;
    if words.len() > MOST_WORDS {
        return Err(value.wrong(&format!("has {} words: there may be {MOST_WORDS}", words.len())));
    }
    let words: Vec<String> = words.iter().map(|word| Ok(word.text()?.into_owned())).collect::<Result<_, Problem>>()?;
    if words.first().is_some_and(|program| program.trim().is_empty()) || words.iter().any(|word| word.contains('\0')) {
        return Err(value.wrong(MUST));
    }
    Ok(words)
}
