//! What differs between the configs of several runs.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::Config;

/// The keys of a config, each with its value as text.
pub type Keys = BTreeMap<String, String>;

/// Tables that are the person's own, and not the run's.
const PERSONAL: [&str; 3] = ["ui", "keys", "alerts"];

/// The keys of the run's config, as `optimizer.critic.lr`.
pub fn keys(config: &Config) -> Keys {
    let of_run = |key: &str| !PERSONAL.contains(&key.split('.').next().unwrap_or(key));
    let leaves = config.leaves().into_iter().filter(|(key, _)| of_run(key));
    leaves.map(|(key, value)| (key, text(value))).collect()
}

fn text(value: toml::Value) -> String {
    match value {
        toml::Value::String(text) => text,
        // A list of tables, as a schedule is, would be longer than any label.
        toml::Value::Array(list) if list.iter().any(toml::Value::is_table) => format!("of {}", list.len()),
        other => other.to_string(),
    }
}

/// The keys whose values are not the same in all of these, in order; one that only some have is among them.
pub fn differing(runs: &[&Keys]) -> Vec<String> {
    let Some((first, others)) = runs.split_first() else { return Vec::new() };
    let every: BTreeSet<&String> = runs.iter().flat_map(|keys| keys.keys()).collect();
    let differs = |key: &&String| others.iter().any(|other| other.get(*key) != first.get(*key));
    every.into_iter().filter(differs).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    #[test]
    fn keys_that_differ_or_are_of_some_runs_alone_are_told() {
        let keys = |sets: &[&str]| {
            let sets: Vec<String> = sets.iter().map(|set| set.to_string()).collect();
            keys(&config::load(Some("ring"), &sets).unwrap_or_else(|error| panic!("{error}")))
        };
        let (plain, other) = (keys(&[]), keys(&["seed=9", "constraint={kind=\"none\"}", "ui.theme=\"light\""]));
        assert_eq!(differing(&[&plain, &plain]), [""; 0]);
        assert_eq!(differing(&[]), [""; 0]);
        let found = differing(&[&plain, &other, &plain]);
        assert!(found.contains(&"seed".to_owned()) && !found.iter().any(|key| key.starts_with("ui")), "{found:?}");
        // The whole table of a constraint goes with its kind.
        assert!(found.contains(&"constraint.kind".to_owned()), "{found:?}");
        assert_eq!(other["seed"], "9");
    }
}
