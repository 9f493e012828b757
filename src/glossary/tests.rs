use super::*;
use crate::config::{Constraint, live};
use crate::domain::action::TABLE;
use crate::domain::rule::Rule;
use crate::theory::objective;

fn called(name: &str) -> &'static Entry {
    find(name).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn everything_that_is_shown_has_an_entry() {
    for metric in Metric::ALL {
        assert!(called(metric.name()).names().any(|name| name == metric.name()), "{}", metric.name());
        let term: Term = metric.into();
        assert_eq!(term.entry(), Some(called(metric.name())));
    }
    for key in live::names() {
        assert_eq!(called(key).kind, Kind::Setting, "{key}");
    }
    for rule in Rule::ALL {
        let entry = called(&format!("health.{rule}"));
        assert_eq!(entry.kind, Kind::Rule);
        // By its name alone, or next to what has that name.
        let named = called(rule.name());
        assert!(named == entry || named.see.contains(&entry.name), "{rule}");
    }
    objective::ALL.iter().for_each(|row| assert_eq!(called(row.name()).kind, Kind::Objective));
    for constraint in Constraint::ALL {
        assert_eq!(called(constraint.kind()).kind, Kind::Constraint);
    }
    for row in &TABLE {
        let entry = called(row.long);
        assert!(entry.press.contains(&row.action), "the entry `{}` does not say how to {}", entry.name, row.long);
    }
}

#[test]
fn every_word_of_the_architecture_page_is_in_the_glossary() {
    let page = include_str!("../../ARCHITECTURE.md").split("## Words").nth(1).unwrap();
    let words: Vec<&str> =
        page.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next()).skip(1).collect();
    assert!(words.len() > 15, "{words:?}");
    words.into_iter().for_each(|word| assert!(called(word).names().any(|name| name == word), "{word}"));
}

#[test]
fn every_entry_is_whole_and_its_names_are_its_own() {
    let mut names: Vec<String> = Vec::new();
    for entry in all() {
        let Entry { name, what, good, bad, .. } = entry;
        assert!(what.ends_with('.') && !entry.in_short().is_empty(), "{name}: {what}");
        let read = matches!(entry.kind, Kind::Figure | Kind::Setting);
        assert!(!read || !(good.is_empty() || bad.is_empty() || entry.formula.is_empty()), "{name}");
        // Sentences of the objectives end with a stop, the rest are parts of one.
        if entry.kind != Kind::Objective {
            assert!(!good.ends_with('.') && !bad.ends_with('.'), "{name}");
        }
        assert!(!entry.press.is_empty() || entry.kind == Kind::Word, "{name}");
        for see in &entry.see {
            let other = called(see);
            assert!(other.names().any(|own| own == see) && other.name != *name, "{name}: see {see}");
        }
        let mut own: Vec<String> = entry.names().map(plain).collect();
        own.dedup();
        for name in own {
            assert!(!names.contains(&name), "two entries are called {name}");
            names.push(name);
        }
    }
}

#[test]
fn a_name_is_found_however_it_is_written_and_a_wrong_one_is_helped() {
    for name in ["critic loss", "critic_loss", "Critic-Loss", " critic loss "] {
        assert_eq!(called(name).name, "critic loss");
    }
    assert_eq!(called("clip_share").name, "share at ±c");
    assert_eq!(called("full b").name, "full bound");
    assert_eq!(called("optimizer.critic.lr").name, "rates");
    let error = |name| find(name).unwrap_err().to_string();
    assert!(error("health.").contains("health.em-negative, "), "{}", error("health."));
    assert_eq!(error("buond"), "the glossary has no `buond`: did you mean `bound`?");
    assert_eq!(error("xyzzy"), "the glossary has no `xyzzy`");
    assert_eq!(error(" "), "the glossary has no ``");
}

#[test]
fn a_search_finds_names_first_and_texts_after_them() {
    let names: Vec<&str> = found("bound").iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(names[..2], ["bound", "full bound"]);
    assert!(names.contains(&"critic loss") && !names.contains(&"seed"), "{names:?}");
    assert_eq!(found("xyzzy"), Vec::<&Entry>::new());
}
