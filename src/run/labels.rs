//! Labels that tell several runs apart, in few words.

use std::collections::BTreeSet;

use super::differences::{self, Keys};
use crate::config::Config;

/// The most keys of the config that a label names.
const MOST_KEYS: usize = 3;
/// Tables and keys that say nothing of what is trained.
const BESIDE: [&str; 6] = ["name", "steps", "record", "checkpoint", "threads", "device"];

/// A label for each run, of the name of its directory and its config: the run's name where no two have the same, else
/// what differs in their configs, else the directory.
pub fn labels(runs: &[(String, &Config)]) -> Vec<String> {
    let names: Vec<String> = runs.iter().map(|(_, config)| config.name.clone()).collect();
    if all_differ(&names) {
        return names;
    }
    let keys: Vec<Keys> = runs.iter().map(|(_, config)| keys(config)).collect();
    let differing = differences::differing(&keys.iter().collect::<Vec<_>>());
    // The last part of a key says enough where no other differing key ends so.
    let short = |key: &str| {
        let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
        let alone = differing.iter().filter(|other| last(other) == last(key)).count() == 1;
        if alone { last(key) } else { key.to_owned() }
    };
    let same_name = names.iter().all(|name| *name == names[0]);
    let label = |(i, name): (usize, &String)| {
        let own = differing.iter().filter_map(|key| Some(format!("{} {}", short(key), keys[i].get(key)?)));
        let words: Vec<String> = (!same_name).then(|| name.clone()).into_iter().chain(own.take(MOST_KEYS)).collect();
        words.join(", ")
    };
    let labels: Vec<String> = names.iter().enumerate().map(label).collect();
    if all_differ(&labels) && labels.iter().all(|label| !label.is_empty()) {
        return labels;
    }
    // Runs of the same config, or whose difference is too long to be told.
    let directories: Vec<String> = runs.iter().map(|(directory, _)| directory.clone()).collect();
    if all_differ(&directories) { directories } else { (1..=runs.len()).map(|i| format!("run {i}")).collect() }
}

fn all_differ(texts: &[String]) -> bool {
    texts.iter().collect::<BTreeSet<_>>().len() == texts.len()
}

/// The config's keys that say what is trained, with their values.
fn keys(config: &Config) -> Keys {
    let trained = |key: &str| !BESIDE.contains(&key.split('.').next().unwrap_or(key));
    differences::keys(config).into_iter().filter(|(key, _)| trained(key)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    fn of(runs: &[(&str, &[&str])]) -> Vec<String> {
        let load = |sets: &[&str]| {
            let sets: Vec<String> = sets.iter().map(|set| set.to_string()).collect();
            config::load(None, &sets).unwrap_or_else(|error| panic!("{error}"))
        };
        let configs: Vec<Config> = runs.iter().map(|(_, sets)| load(sets)).collect();
        let runs: Vec<(String, &Config)> =
            runs.iter().zip(&configs).map(|((directory, _), config)| (directory.to_string(), config)).collect();
        labels(&runs)
    }

    #[test]
    fn names_tell_runs_apart_where_they_differ() {
        assert_eq!(of(&[("d1", &["name=a"]), ("d2", &["name=b", "seed=5"])]), ["a", "b"]);
        assert_eq!(of(&[("d1", &[])]), ["ring"]);
    }

    #[test]
    fn else_the_keys_that_differ_do() {
        let clips = [("d1", &["constraint.clip=0.1"][..]), ("d2", &["constraint.clip=0.02"])];
        assert_eq!(of(&clips), ["clip 0.1", "clip 0.02"]);
        let rates = ["optimizer.critic.lr=2e-3", "optimizer.generator.lr=2e-3"];
        let [first, second] = &of(&[("d1", &[]), ("d2", &rates)])[..] else { panic!("two labels") };
        assert!(
            first.starts_with("optimizer.critic.lr ") && second.contains("optimizer.generator.lr 0.002"),
            "{first}"
        );
        let three = [("d1", &["seed=1"][..]), ("d2", &["seed=2"]), ("d3", &["seed=2", "name=b"])];
        assert_eq!(of(&three), ["ring, seed 1", "ring, seed 2", "b, seed 2"]);
        // Where and how a run is recorded does not count.
        let same = [("d1", &["record.every=7", "threads=1"][..]), ("d2", &["checkpoint.keep=9"])];
        assert_eq!(of(&same), ["d1", "d2"]);
        assert_eq!(of(&[("d", &[]), ("d", &[])]), ["run 1", "run 2"]);
    }
}
