//! The completions of the last word of a command.

use super::super::prompt::Prompt;
use super::plan::{find, question, themes};
use crate::config::{Constraint, live};
use crate::domain::action::{Action, TABLE};
use crate::domain::{ControlInfo, ControlKind};
use crate::glossary;
use crate::theory::objective;
use crate::ui::pages::Page;
use crate::ui::state::app::App;
use crate::ui::state::attached;
use crate::ui::state::subject::Subject;

/// Something that a word may become.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    pub text: String,
    /// The description in a line.
    pub about: String,
    /// Whether more is to be typed behind it.
    pub goes_on: bool,
}

/// The place where the last word of `line` begins, and what it may become: what begins with it, or else has it in it.
pub fn candidates(app: &App, line: &str) -> (usize, Vec<Candidate>) {
    let start = line.rfind(char::is_whitespace).map_or(line.len() - line.trim_start_matches(':').len(), |at| at + 1);
    let word = line[start..].to_lowercase();
    let all = all(app, &line[..start]);
    let begin: Vec<Candidate> = all.iter().filter(|one| one.text.to_lowercase().starts_with(&word)).cloned().collect();
    let found = match begin.is_empty() {
        true => all.into_iter().filter(|one| one.text.to_lowercase().contains(&word)).collect(),
        false => begin,
    };
    (start, found)
}

/// The common beginning of all of them.
pub fn common(all: &[Candidate]) -> &str {
    let Some(first) = all.first() else { return "" };
    let same = |other: &Candidate| first.text.bytes().zip(other.text.bytes()).take_while(|(a, b)| a == b).count();
    let length = all.iter().map(same).min().unwrap_or(0);
    first.text.get(..length).unwrap_or_default()
}

/// The value in force of what is being set.
pub fn now(app: &App, line: &str) -> Option<String> {
    let settings = app.run.settings.as_ref()?;
    let mut words = line.trim_start_matches(':').split_whitespace();
    let action = find(words.next()?).ok()?.action;
    let key = match action {
        Action::Set => words.next()?,
        Action::Objective => "objective.kind",
        Action::Constraint => "constraint.kind",
        action => {
            let prompt = Prompt::new(question(action)?, Subject::of(app).ok()?);
            let now: Vec<String> =
                prompt.fields.into_iter().map(|field| field.now).filter(|now| !now.is_empty()).collect();
            return (!now.is_empty()).then(|| now.join(", "));
        }
    };
    settings.controls.get(key).map(ToString::to_string).or_else(|| settings.keys().shown(key))
}

/// The words that may stand behind these.
fn all(app: &App, before: &str) -> Vec<Candidate> {
    let one = |text: &str, about: &str| Candidate { text: text.into(), about: about.into(), goes_on: false };
    let words: Vec<&str> = before.trim_start_matches(':').split_whitespace().collect();
    let Some((name, behind)) = words.split_first() else {
        let rows = TABLE.iter().filter(|row| row.is_command() && attached::offers(app, row.action));
        let row = |row: &crate::domain::action::Entry| {
            let argument = row.argument.map_or(String::new(), |argument| format!("{}: ", argument.name));
            Candidate { goes_on: row.argument.is_some(), ..one(row.long, &format!("{argument}{}", row.doc)) }
        };
        return rows.map(row).collect();
    };
    let Ok(row) = find(name) else { return Vec::new() };
    let objectives = || objective::ALL.iter().map(|row| one(row.name(), row.about().title)).collect();
    let constraints = || Constraint::ALL.iter().map(|row| one(row.kind(), row.about())).collect();
    match (row.action, behind) {
        (Action::Set, []) => {
            let keys = app.run.settings.as_ref().map(|settings| settings.keys()).unwrap_or_default();
            let about = |name: &str| keys.shown(name).map_or(String::new(), |now| format!("now {now}"));
            let known = |name: &&str| app.attached.as_ref().is_none_or(|to| to.capabilities.sets(name));
            let names = live::names();
            let keys = names.iter().filter(|name| known(name)).map(|name| one(name, &about(name)));
            let control = |control: &ControlInfo| {
                let now = app.run.settings.as_ref().and_then(|settings| settings.controls.get(&control.name));
                let now = now.map_or(String::new(), |now| format!("now {now}; "));
                one(&control.name, &format!("{now}{}", control.range()))
            };
            let controls = app.attached.iter().flat_map(|to| &to.capabilities.controls).map(control);
            controls.chain(keys).map(|candidate| Candidate { goes_on: true, ..candidate }).collect()
        }
        (Action::Set, ["objective.kind"]) | (Action::Objective, []) => objectives(),
        (Action::Set, ["constraint.kind"]) | (Action::Constraint, []) => constraints(),
        (Action::Set, [key]) if chosen(app, key).is_some() => {
            chosen(app, key).into_iter().flatten().map(|value| one(value, "")).collect()
        }
        (Action::Set, [key]) => live::values(key).into_iter().map(|value| one(value, "")).collect(),
        (Action::Page, []) => Page::all().map(|page| one(&page.name(), "")).collect(),
        (Action::Explain, []) => {
            let entries = glossary::all().iter();
            let own = entries.flat_map(|entry| entry.names().map(|name| one(&glossary::plain(name), entry.in_short())));
            let declared = app.run.info.iter().flat_map(|run| run.metrics.declared());
            own.chain(declared.map(|info| one(&glossary::plain(&info.name), &info.label))).collect()
        }
        (Action::Theme, []) => themes().iter().map(|name| one(name, "")).collect(),
        (Action::Clip, []) => vec![one("none", "no clipping")],
        _ => Vec::new(),
    }
}

/// The values that a control may be set to, if there is one of this name that takes a few.
fn chosen<'a>(app: &'a App, name: &str) -> Option<Vec<&'a str>> {
    let control = app.attached.as_ref()?.capabilities.control(name)?;
    match control.kind {
        ControlKind::Choice => Some(control.choices.iter().map(String::as_str).collect()),
        ControlKind::Flag => Some(vec!["true", "false"]),
        ControlKind::Number | ControlKind::Whole => None,
    }
}
