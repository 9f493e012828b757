//! The plan of a command, or the problem with it.

use clap::ValueEnum;

use super::super::explain;
use super::super::prompt::{self, Prompt, Question};
use crate::config::live::{self, Assignments, Datum};
use crate::config::{Constraint, nearest};
use crate::domain::action::{Action, Argument, Entry, NUDGE_FACTOR, TABLE};
use crate::domain::{ControlValue, format};
use crate::glossary;
use crate::link::{Change, Command, swap};
use crate::ui::draw::theme::Theme;
use crate::ui::pages::Page;
use crate::ui::state::app::App;
use crate::ui::state::attached;
use crate::ui::state::subject::Subject;

/// The plan.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
    Nothing,
    Act(Action),
    Send(Vec<Command>),
    Open(Page),
    Goto(u64),
    Filter(String),
    Theme(Theme),
    Explain(Box<glossary::Entry>),
}

/// The plan of `line`.
///
/// # Errors
///
/// The problem with it, what was probably meant and what is allowed.
pub fn plan(app: &App, line: &str) -> Result<Plan, String> {
    let line = line.trim().trim_start_matches(':');
    let mut words = line.split_whitespace();
    let Some(name) = words.next() else { return Ok(Plan::Nothing) };
    let row = find(name)?;
    let words: Vec<&str> = words.collect();
    if let Some(to) = app.attached.as_ref().filter(|_| !attached::offers(app, row.action)) {
        return Err(to.capabilities.unknown(&format!("`{}`", row.long)));
    }
    match (row.argument, words.is_empty()) {
        (None, false) => Err(format!("`{}` takes no argument", row.long)),
        (Some(Argument { name, required: true }), true) => Err(format!("`{}` needs {name}: {}", row.long, row.doc)),
        (_, true) => Ok(Plan::Act(row.action)),
        (Some(_), false) => given(app, row, &words),
    }
}

/// The question that an action asks, whose answers are its argument.
pub fn question(action: Action) -> Option<Question> {
    Some(match action {
        Action::Steps => Question::Steps,
        Action::Clip => Question::Clip,
        Action::Rates => Question::Rates,
        Action::CriticSteps => Question::CriticSteps,
        _ => return None,
    })
}

/// The action that is called so; the beginning of its name is enough if no other begins so.
///
/// # Errors
///
/// There is none, or more than one.
pub fn find(name: &str) -> Result<&'static Entry, String> {
    find_in(name, Entry::is_command)
}

/// The same among some commands.
fn find_in(name: &str, among: impl Fn(&Entry) -> bool) -> Result<&'static Entry, String> {
    let name = name.to_lowercase().replace('_', "-");
    let commands = || TABLE.iter().filter(|row| among(row));
    if let Some(row) = commands().find(|row| row.long == name) {
        return Ok(row);
    }
    let begin: Vec<&Entry> = commands().filter(|row| row.long.starts_with(&name)).collect();
    // `steps` begins with `step`: the shorter one is meant by the beginning of both.
    let shortest = begin.iter().min_by_key(|row| row.long.len()).copied();
    let names = |rows: &[&Entry]| rows.iter().map(|row| row.long).collect::<Vec<_>>();
    match shortest {
        Some(row) if begin.iter().all(|other| other.long.starts_with(row.long)) => Ok(row),
        Some(_) => Err(format!("`{name}` is short for more than one: {}", names(&begin).join(", "))),
        None => Err(unknown("command", &name, &names(&commands().collect::<Vec<_>>()))),
    }
}

/// That there is no such `what` as `word`, what was probably meant, and what is allowed.
fn unknown(what: &str, word: &str, allowed: &[&str]) -> String {
    let near = nearest(word, allowed).map_or(String::new(), |near| format!(": did you mean `{near}`?"));
    format!("there is no {what} `{word}`{near}\nallowed: {}", allowed.join(", "))
}

fn given(app: &App, row: &Entry, words: &[&str]) -> Result<Plan, String> {
    match row.action {
        Action::Page => page(words),
        Action::Goto => goto(app, words),
        Action::Theme => theme(words),
        Action::Explain => explain::find(app, &words.join(" "))
            .map(|entry| Plan::Explain(Box::new(entry)))
            .map_err(|unknown| unknown.to_string()),
        Action::Filter => Ok(Plan::Filter(words.join(" "))),
        _ => of_run(Subject::of(app)?, row, words),
    }
}

/// The plan of a command to the run with an argument.
fn of_run(run: Subject, row: &Entry, words: &[&str]) -> Result<Plan, String> {
    match row.action {
        Action::Set => set(run, words),
        Action::Objective => match words {
            [kind] => {
                let set = Assignments::given(&[("objective.kind", kind)]).map_err(|error| error.to_string())?;
                let wanted = set.objective(&run.now.objective).unwrap_or_else(|| run.now.objective.clone());
                let needs = run.needs(&wanted);
                Ok(Plan::Send(vec![swap::command(wanted, needs)]))
            }
            _ => Err("give the name of one objective".into()),
        },
        Action::Constraint => constraint(run, words),
        Action::Evaluate => match words {
            ["cancel"] => Ok(Plan::Send(vec![Command::CancelEvaluation])),
            _ => Err("`evaluate` takes no argument but `cancel`".into()),
        },
        action => match question(action) {
            Some(question) => answer(Prompt::new(question, run), words),
            None => Err(format!("`{}` takes no argument", row.long)),
        },
    }
}

/// The commands of a line of a script to a run: the same words as on the dashboard, where those ask nothing back and show
/// nothing.
///
/// # Errors
///
/// What is wrong with it, what was probably meant and what is allowed.
pub fn for_run(run: Subject, name: &str, words: &[&str]) -> Result<Vec<Command>, String> {
    let row = find_in(name, |row| is_of_run(row.action))?;
    let needs = || format!("`{}` needs {}: {}", row.long, row.argument.map_or("", |argument| argument.name), row.doc);
    let command = match row.action {
        Action::Undo => Command::Undo,
        Action::NudgeUp => Command::Set(Change::ScaleConstraint(NUDGE_FACTOR)),
        Action::NudgeDown => Command::Set(Change::ScaleConstraint(1.0 / NUDGE_FACTOR)),
        _ if words.is_empty() => return Err(needs()),
        _ => {
            return match of_run(run, row, words)? {
                Plan::Send(commands) => Ok(commands),
                _ => Err(needs()),
            };
        }
    };
    if words.is_empty() { Ok(vec![command]) } else { Err(format!("`{}` takes no argument", row.long)) }
}

/// Whether an action is a command to the run that a script can give by its name.
fn is_of_run(action: Action) -> bool {
    let settings =
        [Action::Set, Action::Objective, Action::Constraint, Action::Undo, Action::NudgeUp, Action::NudgeDown];
    settings.contains(&action) || question(action).is_some()
}

/// The commands that a script can give to a run by the dashboard's names.
pub fn of_runs() -> impl Iterator<Item = &'static Entry> {
    TABLE.iter().filter(|row| is_of_run(row.action))
}

/// The words as what is typed into the fields of a prompt.
fn answer(mut prompt: Prompt, words: &[&str]) -> Result<Plan, String> {
    if words.len() > prompt.fields.len() {
        return Err(format!("too many words: {}", prompt.hint()));
    }
    for word in words {
        prompt.paste(word);
        prompt.turn(1);
    }
    prompt.commands().map(Plan::Send).map_err(|why| format!("{why}: {}", prompt.hint()))
}

/// `KEY VALUE`, or `KEY=VALUE` as often as one likes.
fn set(run: Subject, words: &[&str]) -> Result<Plan, String> {
    let pairs: Option<Vec<(&str, &str)>> = words.iter().map(|word| word.split_once('=')).collect();
    match (pairs, words) {
        (Some(pairs), _) => assign(run, &pairs),
        (None, [key, value]) => assign(run, &[(key, value)]),
        // The words of a ramp, as in `set optimizer.critic.lr to 1e-5 over 2000`.
        (None, [key, ramp @ ..]) if ramp.contains(&"to") => assign(run, &[(key, &ramp.join(" "))]),
        (None, [key]) => {
            let mut known = crate::config::live::names();
            known.extend(run.controls().iter().map(|control| control.name.as_str()));
            match run.now.controls.get(*key).map(ToString::to_string).or_else(|| run.now.keys().shown(key)) {
                Some(now) => Err(format!("`{key}` is {now}: type what it is to be")),
                None if known.contains(key) => Err(format!("type what `{key}` is to be")),
                None => Err(unknown("key that can change while a run goes on,", key, &known)),
            }
        }
        _ => Err("as in `set constraint.clip 0.02`, or `set constraint.kind=clip constraint.clip=0.02`".into()),
    }
}

/// The commands that set these keys and controls. A factor is of what is in force.
fn assign(run: Subject, pairs: &[(&str, &str)]) -> Result<Plan, String> {
    let now = run.now.keys();
    let (controls, keys): (Vec<_>, Vec<_>) = pairs.iter().partition(|(name, _)| run.control(name).is_some());
    if let Some((name, _)) = keys.iter().find(|(name, _)| live::known(name).is_none())
        && !run.controls().is_empty()
    {
        let all: Vec<&str> = run.controls().iter().map(|control| control.name.as_str()).collect();
        return Err(unknown("control", name, &all));
    }
    let typed = |(key, text): &(&str, &str)| match prompt::number_of(text, now.number(key)) {
        // Where there is no number in force, it is told as any other mistake is.
        _ if now.number(key).is_none() => Ok((*text).to_owned()),
        Ok(None) => Ok((*text).to_owned()),
        Ok(Some(number)) if matches!(now.get(key), Some(Datum::Count(_))) => Ok(number.round().max(1.0).to_string()),
        Ok(Some(number)) => Ok(format!("{number:e}")),
        Err(why) => Err(format!("{key}: {why}")),
    };
    let values = keys.iter().map(typed).collect::<Result<Vec<String>, String>>()?;
    let keys: Vec<(&str, &str)> = keys.iter().zip(&values).map(|((key, _), value)| (*key, value.as_str())).collect();
    let set = Assignments::given(&keys).map_err(|error| error.to_string())?;
    let mut commands = match Change::of_keys(run.now, &set).as_slice() {
        [] => Vec::new(),
        [change] => vec![Command::Set(change.clone())],
        // What is set at once is taken back at once.
        _ => vec![Command::Assign(set)],
    };
    for (name, text) in controls {
        if let Some(control) = run.control(name) {
            let now = run.now.controls.get(name).and_then(ControlValue::number);
            let value = prompt::control_value(control, text, now).map_err(|why| format!("{name}: {why}"))?;
            commands.push(Command::Set(Change::Control(name.to_owned(), value)));
        }
    }
    Ok(Plan::Send(commands))
}

fn constraint(run: Subject, words: &[&str]) -> Result<Plan, String> {
    let kind = words.first().copied().unwrap_or_default();
    let number = Constraint::ALL.iter().find(|row| row.kind() == kind).and_then(Constraint::number);
    match (words, number) {
        ([_], _) => assign(run, &[("constraint.kind", kind)]),
        ([_, value], Some(number)) => {
            assign(run, &[("constraint.kind", kind), (&format!("constraint.{}", number.key), value)])
        }
        ([_, _], None) => {
            // With a number or without: an unknown kind is told first.
            assign(run, &[("constraint.kind", kind)])?;
            Err(format!("{kind} has no number"))
        }
        _ => Err("give a kind of constraint and, if wanted, its number".into()),
    }
}

fn page(words: &[&str]) -> Result<Plan, String> {
    let names: Vec<String> = Page::all().map(Page::name).collect();
    let allowed: Vec<&str> = names.iter().map(String::as_str).collect();
    let word = words.join(" ").to_lowercase();
    let numbered = word.parse::<usize>().ok().and_then(|number| Page::all().nth(number.checked_sub(1)?));
    let found = numbered.or_else(|| Page::all().find(|page| page.name().starts_with(&word)));
    found.map(Plan::Open).ok_or_else(|| unknown("page", &word, &allowed))
}

fn goto(app: &App, words: &[&str]) -> Result<Plan, String> {
    let step = prompt::whole(&words.join(""))?;
    let (first, last) = app.known();
    if app.plots().history.is_empty() {
        Err("there is no step to go to yet".into())
    } else if (first..=last).contains(&step) {
        Ok(Plan::Goto(step))
    } else {
        Err(format!("the charts know the steps from {} to {}", format::count(first), format::count(last)))
    }
}

fn theme(words: &[&str]) -> Result<Plan, String> {
    let word = words.join(" ");
    Theme::from_str(&word, true).map(Plan::Theme).map_err(|_| {
        let names = themes();
        unknown("theme", &word, &names.iter().map(String::as_str).collect::<Vec<_>>())
    })
}

/// The names of all themes.
pub fn themes() -> Vec<String> {
    let names = Theme::value_variants().iter().filter_map(|theme| theme.to_possible_value());
    names.map(|value| value.get_name().to_owned()).collect()
}
