//! The keys of a config, a table for each of its tables.

use super::{code, escaped, table};
use crate::config::limits::MAX_WHOLE;
use crate::config::reference::{self, Default, Rule, Setting};
use crate::domain::rule;

/// Every key: what it does, what it may be, its default, whether it can change while a run goes on.
pub fn tables() -> String {
    let all = reference::settings();
    let mut titles: Vec<&str> = Vec::new();
    all.iter().map(title).for_each(|title| {
        if !titles.contains(&title) {
            titles.push(title);
        }
    });
    titles.iter().map(|title| section(title, &all)).collect()
}

/// The table that a key is in, by its path; for the keys of the two optimisers, and those of all rules, one path.
fn title(setting: &Setting) -> &str {
    let table = setting.key.rsplit_once('.').map_or("", |(table, _)| table);
    match table.split_once('.') {
        Some(("optimizer", _)) => "optimizer.NETWORK",
        Some(("health", _)) => "health.RULE",
        _ => table,
    }
}

fn section(name: &str, all: &[Setting]) -> String {
    let rows: Vec<&Setting> = all.iter().filter(|setting| title(setting) == name && !is_repeated(setting)).collect();
    let kinds = rows.iter().any(|setting| !setting.kinds.is_empty());
    let head = match name {
        "" => "## Top level\n\n".to_owned(),
        "optimizer.NETWORK" => "## [optimizer.generator], [optimizer.critic]\n\n".to_owned(),
        "health.RULE" => format!(
            "## [health.RULE]\n\nRULE is one of {}; [Health](health.md) has the usual thresholds and windows.\n\n",
            names()
        ),
        name => format!("## [{name}]\n\n"),
    };
    let cells = |setting: &&Setting| {
        let key = setting.key.rsplit('.').next().unwrap_or_default();
        let live = if setting.live { " **live**" } else { "" };
        [code(key) + live, setting.about.to_owned(), may_be(setting), default(setting)]
    };
    let body = match kinds {
        true => table(
            ["key", "of kinds", "does", "may be", "default"],
            rows.iter().map(|setting| {
                let [key, about, may_be, default] = cells(setting);
                [key, of(setting, all), about, may_be, default]
            }),
        ),
        false => table(["key", "does", "may be", "default"], rows.iter().map(cells)),
    };
    head + &body + "\n"
}

/// Whether another key of the same page says the same: the critic's optimiser, and every rule but the first with a
/// threshold.
fn is_repeated(setting: &Setting) -> bool {
    let first = rule::Rule::ALL.into_iter().find(|rule| rule.has_threshold());
    match setting.key.split('.').collect::<Vec<_>>()[..] {
        ["optimizer", network, _] => network != "generator",
        ["health", rule, _] => first.is_none_or(|first| first.name() != rule),
        _ => false,
    }
}

fn names() -> String {
    rule::Rule::ALL.map(|rule| code(rule.name())).join(", ")
}

/// The kinds that have a key; nothing where all have it.
fn of(setting: &Setting, all: &[Setting]) -> String {
    let of_all = all.iter().filter(|other| other.key == setting.key).flat_map(|other| &other.kinds).count();
    let key = setting.key.rsplit_once('.').map_or("", |(table, _)| table);
    let kind = all.iter().filter(|other| other.key == format!("{key}.kind")).flat_map(|other| &other.kinds).count();
    if setting.kinds.len() == of_all && of_all == kind {
        return "all".to_owned();
    }
    setting.kinds.join(", ")
}

fn may_be(setting: &Setting) -> String {
    if setting.key.starts_with("health.") && setting.key.ends_with(".threshold") {
        return "a number".to_owned();
    }
    match &setting.each {
        Some(each) => format!("a list, each {}", in_words(each)),
        None => in_words(&Rule { path: String::new(), must: setting.must.clone(), names: setting.names.clone() }),
    }
}

/// The bounds of a value, without the words of an error.
fn in_words(rule: &Rule) -> String {
    // A number without an upper end that a person would meet.
    let must = rule.must.replace(&format!(" to {MAX_WHOLE}"), " on");
    match &rule.names[..] {
        [] if must.is_empty() => "any text".to_owned(),
        [] => escaped(must.trim_start_matches("must be ")),
        names => names.iter().map(|name| code(&format!("\"{name}\""))).collect::<Vec<_>>().join(", "),
    }
}

fn default(setting: &Setting) -> String {
    match &setting.default {
        Default::Required => "must be said".to_owned(),
        Default::Unset => "–".to_owned(),
        Default::Value(_) if setting.key.starts_with("health.") && !setting.key.ends_with(".enabled") => {
            "of the rule".to_owned()
        }
        Default::Value(_) if setting.key == "name" => "the name of the file or preset".to_owned(),
        Default::Value(value) => code(value),
        Default::ByObjective { lipschitz, other } => format!("{} with `wgan`, else {}", code(lipschitz), code(other)),
    }
}
