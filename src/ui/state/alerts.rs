//! The alerts that hold: those that a rule of health has raised and not cleared.

use super::app::App;
use super::event_log::{Entry, Kind};
use crate::domain::rule::Rule;
use crate::link::{Alert, Command, Sign};
use crate::truth::Modes;
use crate::ui::update::{Effect, say};

/// The alerts that hold, the newest last; one a rule at most.
#[derive(Clone, Debug, Default)]
pub struct Alerts(Vec<(Rule, String)>);

impl Alerts {
    /// How many hold.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none holds.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What the newest one says.
    pub fn newest(&self) -> Option<&str> {
        self.0.last().map(|(_, text)| text.as_str())
    }

    /// Takes in what a rule says.
    fn take(&mut self, sign: Sign, text: &str) {
        self.0.retain(|(rule, _)| *rule != sign.rule);
        if sign.raised {
            self.0.push((sign.rule, text.to_owned()));
        }
    }
}

/// Takes in an alert: in the header, in the event list and, where a rule raises it, on the charts.
pub fn alerted(app: &mut App, alert: Alert) {
    let over = alert.sign.is_some_and(|sign| !sign.raised);
    if let Some(sign) = alert.sign {
        app.alerts.take(sign, &alert.text);
    }
    // A rule that speaks up has a line of its own, and that line goes when it is over: the footer stays with the keys.
    if alert.sign.is_none() {
        say(app, alert.text.clone(), true);
    }
    app.happened(Entry { step: alert.step, kind: if over { Kind::Over } else { Kind::Alert }, text: alert.text });
}

/// Asks the rule over mode coverage; what it finds goes to the trainer, which tells everyone.
pub fn covered(app: &mut App, step: u64, modes: &Modes, effects: &mut Vec<Effect>) {
    if !app.under_way() {
        return;
    }
    let found = app.coverage.as_mut().and_then(|rule| rule.take(step, modes.coverage.covered));
    effects.extend(found.map(|alert| Effect::Send(Command::Alert(alert))));
}
