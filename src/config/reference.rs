//! Every key of a config, for a person who looks one up: what it does, what it may be, what it is where nothing is
//! said.
//!
//! All but the sentence on what a key does (`about`) is asked of the readers themselves: which keys there are, by
//! reading an empty config of each kind; what each may be, by giving it a value that none takes and keeping what is
//! said of that; its default, from the config that comes out.

mod about;

pub use super::error::Rule;
use super::section::Kind;
use super::source::Source;
use super::{Config, data, evaluate, layers, live, network, resolve};

/// A key, as one or more kinds of its table have it.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// Its path, such as `data.radius`.
    pub key: String,
    /// The kinds of its table that have it; none where the table has no kinds.
    pub kinds: Vec<&'static str>,
    /// The rule for its value, in the words of the error that says so; empty where any text will do.
    pub must: String,
    /// The names that it may have, if it is one of some.
    pub names: Vec<String>,
    /// The rule for each element, if it is a list.
    pub each: Option<Rule>,
    /// The value where nothing is said, as TOML.
    pub default: Default,
    /// Whether it can change while a run goes on.
    pub live: bool,
    /// The effect of the key.
    pub about: &'static str,
}

/// The value of a key where nothing is said.
#[derive(Clone, Debug, PartialEq)]
pub enum Default {
    /// It must be said.
    Required,
    /// Nothing.
    Unset,
    /// This.
    Value(String),
    /// This for objectives that want a Lipschitz critic, that for the others.
    ByObjective { lipschitz: String, other: String },
}

/// A value that no key takes but one of free text: not a number to any reader of numbers, and no name.
const NOBODYS: &str = "nan";
/// A list of such a value.
const LIST: &str = "[nan]";
/// Text that only free text takes.
const EMPTY: &str = "''";
/// The tables of keys that are described elsewhere, because actions and contexts name them.
const ELSEWHERE: &str = "keys";

/// Every key, in the order of reading; one line for all kinds that have it alike.
pub fn settings() -> Vec<Setting> {
    let mut found: Vec<Setting> = Vec::new();
    let none = vec![(String::new(), "")];
    let all = [none, kinds("data", &data::KINDS), kinds("evaluate.features", &evaluate::KINDS)].into_iter();
    let all = all.chain([kinds("generator", &network::GENERATOR)]);
    let all = all.chain([kinds("critic", &network::KINDS), kinds("constraint", &resolve::CONSTRAINT)]);
    let all = all.chain(["generator", "critic"].map(|of| kinds(&format!("optimizer.{of}"), &resolve::OPTIMIZER)));
    for (table, kind) in all.flatten() {
        for setting in of_kind(&table, kind) {
            let same = |known: &&mut Setting| Setting { kinds: setting.kinds.clone(), ..(**known).clone() } == setting;
            match found.iter_mut().find(same) {
                Some(known) => known.kinds.extend(&setting.kinds),
                None => found.push(setting),
            }
        }
    }
    found
}

/// The kinds of a table.
fn kinds<T>(table: &str, kinds: &[Kind<T>]) -> Vec<(String, &'static str)> {
    kinds.iter().map(|kind| (table.to_owned(), kind.name)).collect()
}

/// The keys of a table that is of this kind; with no table those of all tables that have no kinds.
fn of_kind(table: &str, kind: &'static str) -> Vec<Setting> {
    let said: Vec<String> = if table.is_empty() { vec![] } else { vec![format!("{table}.kind={kind}")] };
    let (config, _, asked) = read(&said);
    let other = read(&[&said[..], &["objective.kind=gan".to_owned()]].concat()).0;
    // The usual kind is what a config has that names none.
    let (usual, usual_of_others) = (read(&[]).0, read(&["objective.kind=gan".to_owned()]).0);
    let has_kinds = |key: &str| WITH_KINDS.iter().any(|table| parent(key) == Some(table));
    let here = |key: &str| if table.is_empty() { !has_kinds(key) } else { parent(key) == Some(table) };
    let asked = asked.into_iter().filter(|asked| here(&asked.key) && !asked.key.starts_with(&format!("{ELSEWHERE}.")));
    asked
        .map(|asked| {
            let Rule { must, names, .. } = rule(&asked.key, &said);
            let each = probe(&asked.key, &said, LIST).filter(|rule| rule.path != asked.key && !rule.path.is_empty());
            // What is set to tell defaults apart is no default itself.
            let other = if asked.key == "objective.kind" { &config } else { &other };
            let [first, second] =
                if asked.key == format!("{table}.kind") { [&usual, &usual_of_others] } else { [&config, other] };
            let default = match (asked.required, value(first, &asked.key), value(second, &asked.key)) {
                (true, ..) => Default::Required,
                (false, Some(lipschitz), Some(other)) if lipschitz != other => {
                    Default::ByObjective { lipschitz, other }
                }
                (false, Some(value), _) => Default::Value(value),
                (false, None, _) => Default::Unset,
            };
            Setting {
                kinds: if table.is_empty() { vec![] } else { vec![kind] },
                must,
                names,
                each,
                default,
                live: live::names().contains(&asked.key.as_str()),
                about: about::of(&asked.key).unwrap_or(""),
                key: asked.key,
            }
        })
        .collect()
}

/// The tables that are of one of several kinds.
const WITH_KINDS: [&str; 7] =
    ["data", "evaluate.features", "generator", "critic", "constraint", "optimizer.generator", "optimizer.critic"];

/// The table that a key is in, if it is in one.
fn parent(key: &str) -> Option<&str> {
    key.rsplit_once('.').map(|(table, _)| table)
}

/// The config of these arguments alone, what is wrong with them, and the keys it was asked for.
fn read(arguments: &[String]) -> (Config, Vec<super::error::Problem>, Vec<super::section::Asked>) {
    let sources: Vec<Source> =
        arguments.iter().enumerate().filter_map(|(rank, said)| Source::argument(rank, said).ok()).collect();
    // Arguments that TOML can read make a tree.
    resolve::read(layers::merge(&sources).unwrap_or_default(), "")
}

/// The rule that is told of a value that this key cannot have.
fn rule(key: &str, said: &[String]) -> Rule {
    let mut rule = probe(key, said, NOBODYS).or_else(|| probe(key, said, EMPTY)).unwrap_or_default();
    // Some names are those of a type, of which not every kind takes all.
    rule.names.retain(|name| probe(key, said, &format!("'{name}'")).is_none());
    rule
}

/// The rule that refuses this value of a key.
fn probe(key: &str, said: &[String], value: &str) -> Option<Rule> {
    let (_, problems, _) = read(&[said, &[format!("{key}={value}")]].concat());
    problems.iter().map(|problem| problem.rule()).find(|rule| rule.path.starts_with(key)).cloned()
}

/// The value of a key in a config, as TOML.
fn value(config: &Config, key: &str) -> Option<String> {
    let mut at = toml::Value::try_from(config).ok()?;
    for name in key.split('.') {
        at = at.get(name)?.clone();
    }
    Some(match at {
        toml::Value::Float(number) if number != 0.0 && number.abs() < 1e-3 => format!("{number:e}"),
        other => other.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn the<'a>(all: &'a [Setting], key: &str, kind: &str) -> &'a Setting {
        all.iter()
            .find(|s| s.key == key && (kind.is_empty() || s.kinds.contains(&kind)))
            .unwrap_or_else(|| panic!("{key}"))
    }

    #[test]
    fn a_key_is_described_as_its_reader_reads_it() {
        let all = settings();
        let modes = the(&all, "data.modes", "ring");
        assert_eq!((modes.kinds.as_slice(), modes.default.clone()), (&["ring"][..], Default::Value("8".into())));
        assert!(modes.must.starts_with("must be a whole number from 1 to "), "{}", modes.must);
        assert_eq!(the(&all, "data.path", "folder").default, Default::Required);
        let steps = &the(&all, "critic.steps", "mlp").default;
        assert_eq!(*steps, Default::ByObjective { lipschitz: "5".into(), other: "1".into() });
        assert!(the(&all, "critic.steps", "mlp").live && the(&all, "constraint.clip", "clip").live);
        assert!(!the(&all, "batch_size", "").live);
        assert!(the(&all, "objective.kind", "").names.contains(&"reverse-kl".to_owned()));
        assert_eq!(the(&all, "critic.down", "resnet").kinds, ["resnet"]);
        assert_eq!(the(&all, "data.memory", "idx").default, Default::Unset);
        assert_eq!(the(&all, "objective.kind", "").default, Default::Value("\"wgan\"".into()));
        let hidden = the(&all, "critic.hidden", "mlp").each.clone().unwrap();
        assert!(hidden.must.starts_with("must be a whole number"), "{hidden:?}");
        assert!(!the(&all, "critic.norm", "mlp").names.contains(&"instance".to_owned()));
        assert!(the(&all, "critic.norm", "dcgan").names.contains(&"instance".to_owned()));
        assert_eq!(the(&all, "name", "").each, None);
        let adam = the(&all, "optimizer.critic.lr", "adam");
        assert!(adam.must.starts_with("must be from 1e-12"), "{}", adam.must);
    }

    #[test]
    fn the_kind_of_a_table_is_one_key_for_all_kinds() {
        let all = settings();
        let kinds: Vec<_> = all.iter().filter(|setting| setting.key == "constraint.kind").collect();
        assert_eq!(kinds.len(), 1);
        assert_eq!(kinds[0].kinds.len(), resolve::CONSTRAINT.len());
        let lipschitz = "\"clip\"".to_owned();
        assert_eq!(kinds[0].default, Default::ByObjective { lipschitz, other: "\"none\"".into() });
    }

    #[test]
    fn every_key_says_what_it_does_and_what_it_may_be() {
        let all = settings();
        for setting in &all {
            let Setting { key, must, about, .. } = setting;
            assert!(!about.is_empty(), "`{key}` has no line in src/config/reference/about.rs: add one");
            // Free text: the name of an array in an archive.
            assert!(!must.is_empty() || key == "data.array", "{key} takes anything");
        }
        for pattern in about::patterns() {
            assert!(
                all.iter().any(|setting| about::matches(pattern, &setting.key)),
                "src/config/reference/about.rs speaks of `{pattern}`, which is no key"
            );
        }
    }
}
