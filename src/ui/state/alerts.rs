//! Alerts as they come, and what a person is told of trouble outside the screen.

use std::time::Duration;

use super::app::App;
use super::event_log::{Entry, Kind};
use crate::link::{Alert, Command, Report};
use crate::truth::Modes;
use crate::ui::update::{Effect, say};

/// How often a person is told of trouble outside the screen, at the most.
const NOTICE_EVERY: Duration = Duration::from_secs(10);

/// When a person was last told of trouble outside the screen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Notifies {
    last: Option<Duration>,
}

/// The part of this report that a person is told outside the screen, if they want that and have not been told just now.
pub fn notice(app: &mut App, report: &Report) -> Option<String> {
    let now = app.now;
    let told = app.notifies.as_mut()?;
    let soon = told.last.is_some_and(|last| now < last.saturating_add(NOTICE_EVERY));
    if soon || !report.is_trouble() {
        return None;
    }
    let text = match report {
        Report::Alert(alert) => alert.text.clone(),
        Report::State(change) => format!("{}: {}", change.state, change.sentence().unwrap_or_default()),
        Report::Failed(why) => format!("failed: {why}"),
        _ => return None,
    };
    told.last = Some(now);
    Some(text)
}

/// Takes in an alert: in the header, in the event list and, where a rule raises it, on the charts.
pub fn alerted(app: &mut App, alert: Alert) {
    let over = alert.sign.is_some_and(|sign| !sign.raised);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::rule::Rule;
    use crate::ui::update::update;
    use crate::ui::{Message, Options};

    #[test]
    fn a_person_who_wants_it_is_told_of_trouble_outside_the_screen_and_not_too_often() {
        let mut app = App::new(Options { notifies: true, ..Options::default() });
        let told = |app: &mut App, report: Report| {
            let notify = |effect| if let Effect::Notify(text) = effect { Some(text) } else { None };
            update(app, Message::Report(report)).into_iter().find_map(notify)
        };
        let alert = |raised| Report::Alert(Alert::of_rule(Rule::EmNegative, raised, 1, "the bound".to_owned()));
        assert_eq!(told(&mut app, alert(false)), None);
        assert_eq!(told(&mut app, alert(true)).as_deref(), Some("the bound"));
        assert_eq!(told(&mut app, Report::Failed("no memory".to_owned())), None);
        update(&mut app, Message::Tick(NOTICE_EVERY));
        assert_eq!(told(&mut app, Report::Failed("no memory".to_owned())).as_deref(), Some("failed: no memory"));
        let mut silent = App::new(Options::default());
        assert_eq!(told(&mut silent, alert(true)), None);
    }
}
