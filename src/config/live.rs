//! The keys that can change while a run goes on: what a schedule, and whoever names a key and a value, may set.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};
use toml::de::DeValue;

use super::Constraint;
use super::error::{Error, Problem};
use super::layers::{self, Entries, Node, Value};
use super::limits::{MAX_LIVE_CRITIC_STEPS, MAX_WHOLE};
use super::ramp::{Ramp, RampKey};
use super::resolve::CONSTRAINT;
use super::section::{Notes, Section, keys_of};
use super::source::{Origin, Source};
use super::value::{self, Bounds};
use crate::domain::{GeneratorLoss, Head, ObjectiveChoice};
use crate::theory::objective;

/// A key that can change while a run goes on.
struct Key {
    /// Its path in the config.
    name: &'static str,
    read: fn(&Value<'_>) -> Result<Datum, Problem>,
    /// The names it may have; none where it is a number.
    names: fn() -> Vec<&'static str>,
}

/// Every such key. A new number of a constraint needs no more than a row here.
const KEYS: [Key; 19] = [
    Key { name: "objective.kind", read: |v| name(v.one_of(&objective::names())), names: objective::names },
    Key { name: "objective.pi", read: |v| v.number(Bounds::Pi).map(Datum::Number), names: Vec::new },
    Key { name: "objective.alpha", read: |v| v.number(Bounds::Alpha).map(Datum::Number), names: Vec::new },
    Key { name: "objective.head", read: variant::<Head>, names: value::names::<Head> },
    Key { name: "objective.generator_loss", read: variant::<GeneratorLoss>, names: value::names::<GeneratorLoss> },
    Key { name: "constraint.kind", read: |v| name(v.one_of(&constraints())), names: constraints },
    Key { name: "constraint.clip", read: |v| number_or_ramp(v, RampKey::Clip), names: Vec::new },
    Key { name: "constraint.lambda", read: |v| number_or_ramp(v, RampKey::Lambda), names: Vec::new },
    Key { name: "constraint.gamma", read: |v| number_or_ramp(v, RampKey::Gamma), names: Vec::new },
    Key { name: GENERATOR_LR, read: |v| number_or_ramp(v, RampKey::GeneratorLr), names: Vec::new },
    Key { name: CRITIC_LR, read: |v| number_or_ramp(v, RampKey::CriticLr), names: Vec::new },
    Key { name: GENERATOR_BETA1, read: |v| number_or_ramp(v, RampKey::GeneratorBeta1), names: Vec::new },
    Key { name: CRITIC_BETA1, read: |v| number_or_ramp(v, RampKey::CriticBeta1), names: Vec::new },
    Key { name: GENERATOR_BETA2, read: |v| number_or_ramp(v, RampKey::GeneratorBeta2), names: Vec::new },
    Key { name: CRITIC_BETA2, read: |v| number_or_ramp(v, RampKey::CriticBeta2), names: Vec::new },
    Key { name: GENERATOR_EMA, read: |v| number_or_ramp(v, RampKey::Ema), names: Vec::new },
    Key { name: CRITIC_WEIGHTS, read: |v| name(v.one_of(&fresh())), names: fresh },
    Key { name: CRITIC_STEPS, read: |v| v.whole(1..=MAX_LIVE_CRITIC_STEPS).map(Datum::Count), names: Vec::new },
    Key { name: STEPS, read: |v| v.whole(0..=MAX_WHOLE).map(Datum::Count), names: Vec::new },
];

/// The key of a change of the constraint as a whole.
const CONSTRAINT_TABLE: &str = "constraint";
/// The key of the generator's learning rate.
pub const GENERATOR_LR: &str = "optimizer.generator.lr";
/// The key of the critic's learning rate.
pub const CRITIC_LR: &str = "optimizer.critic.lr";
/// The key of β1 of the generator's Adam.
pub const GENERATOR_BETA1: &str = "optimizer.generator.beta1";
/// The key of β1 of the critic's Adam.
pub const CRITIC_BETA1: &str = "optimizer.critic.beta1";
/// The key of β2 of the generator's Adam.
pub const GENERATOR_BETA2: &str = "optimizer.generator.beta2";
/// The key of β2 of the critic's Adam.
pub const CRITIC_BETA2: &str = "optimizer.critic.beta2";
/// The key of the half-life of the generator's average.
pub const GENERATOR_EMA: &str = "generator.ema";
/// The key by which the critic begins anew. It is an act, not a setting: nothing is in force by it.
pub const CRITIC_WEIGHTS: &str = "critic.weights";
/// What [`CRITIC_WEIGHTS`] may be set to.
pub const FRESH: &str = "fresh";
/// The key of the last step; 0: none.
pub const STEPS: &str = "steps";
/// The key of the critic updates a step.
pub const CRITIC_STEPS: &str = "critic.steps";

/// The value of a live key.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Datum {
    Name(String),
    Number(f64),
    Count(u64),
    /// A ramp that begins, of a number of those that can have one.
    Ramp(#[serde(serialize_with = "as_text")] Ramp),
}

/// Live keys and their new values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assignments(BTreeMap<&'static str, Datum>);

/// Changes that the trainer makes by itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scheduled {
    /// After so many completed steps.
    pub at: u64,
    /// The assignments that are made then.
    #[serde(skip_serializing_if = "Assignments::is_empty")]
    pub set: Assignments,
    /// The ramp that begins then, which sets nothing else.
    #[serde(flatten)]
    pub ramp: Option<Ramp>,
}

impl Scheduled {
    /// Keys that are set after so many completed steps.
    pub fn setting(at: u64, set: Assignments) -> Scheduled {
        Scheduled { at, set, ramp: None }
    }
}

fn constraints() -> Vec<&'static str> {
    CONSTRAINT.iter().map(|kind| kind.name).collect()
}

/// A number, or a ramp of it in words.
fn number_or_ramp(value: &Value<'_>, key: RampKey) -> Result<Datum, Problem> {
    let ramp = match &value.value {
        DeValue::String(text) => Ramp::of_text(key, text),
        _ => None,
    };
    let Some(ramp) = ramp else { return value.number(key.bounds()).map(Datum::Number) };
    if !ramp.from.into_iter().chain([ramp.to]).all(|end| key.bounds().contain(end)) {
        return Err(value.wrong(&format!("both ends {}", key.bounds().must())));
    }
    match ramp.impossible() {
        Some(why) => Err(value.spot.problem(why)),
        None => Ok(Datum::Ramp(ramp)),
    }
}

fn as_text<S: Serializer>(ramp: &Ramp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(ramp)
}

fn fresh() -> Vec<&'static str> {
    vec![FRESH]
}

fn name(read: Result<&str, Problem>) -> Result<Datum, Problem> {
    read.map(|name| Datum::Name(name.to_owned()))
}

fn variant<T: DeserializeOwned>(value: &Value<'_>) -> Result<Datum, Problem> {
    value.variant::<T>()?;
    value.text().map(|text| Datum::Name(text.into_owned()))
}

/// Every key that can change while a run goes on.
pub fn names() -> Vec<&'static str> {
    KEYS.iter().map(|key| key.name).collect()
}

/// The names that a key may be set to; none where it is a number.
pub fn values(name: &str) -> Vec<&'static str> {
    KEYS.iter().find(|key| key.name == name).map_or(Vec::new(), |key| (key.names)())
}

/// The name of a key that can change while a run goes on, or of the table that a change of the constraint is called by.
pub fn known(name: &str) -> Option<&'static str> {
    KEYS.iter().map(|key| key.name).chain([CONSTRAINT_TABLE]).find(|known| *known == name)
}

impl Assignments {
    /// The changes of `key=value` arguments, each as `--set` takes them.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn parse(arguments: &[String]) -> Result<Assignments, Error> {
        let sources = arguments.iter().enumerate().map(|(rank, argument)| Source::argument(rank, argument));
        Assignments::of(&sources.collect::<Result<Vec<_>, _>>()?)
    }

    /// The changes of these keys and values, as a person types them.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn given(pairs: &[(&str, &str)]) -> Result<Assignments, Error> {
        let source = |(rank, (key, value)): (usize, &(&str, &str))| {
            Source::assignment(rank, format!("{key} {value}"), &format!("{key}={value}"))
        };
        Assignments::of(&pairs.iter().enumerate().map(source).collect::<Result<Vec<_>, _>>()?)
    }

    fn of(sources: &[Source]) -> Result<Assignments, Error> {
        let (set, problems) = read(layers::merge(sources)?);
        if problems.is_empty() { Ok(set) } else { Err(Error::new(problems)) }
    }

    /// The keys of a table of the config, whose name is `prefix`, that are live.
    pub fn of_table(prefix: &str, table: &toml::Table) -> Assignments {
        let known = |key: &str| KEYS.iter().find(|known| known.name.strip_prefix(prefix) == Some(key));
        let mut set = Assignments::default();
        for (name, value) in table {
            let datum = match value {
                toml::Value::String(text) => Datum::Name(text.clone()),
                toml::Value::Float(number) => Datum::Number(*number),
                toml::Value::Integer(count) => Datum::Count(count.unsigned_abs()),
                _ => continue,
            };
            if let Some(key) = known(&format!(".{name}")) {
                set.0.insert(key.name, datum);
            }
        }
        set
    }

    /// Adds a key; one that is not live is passed over.
    pub fn insert(&mut self, name: &str, value: Datum) {
        if let Some(key) = KEYS.iter().find(|key| key.name == name) {
            self.0.insert(key.name, value);
        }
    }

    /// Adds these.
    pub fn extend(&mut self, more: Assignments) {
        self.0.extend(more.0);
    }

    /// The changes that are not among `others`.
    pub fn without(mut self, others: &Assignments) -> Assignments {
        self.0.retain(|key, value| others.0.get(key) != Some(value));
        self
    }

    /// Those whose keys `keep` is true of.
    pub fn that(mut self, keep: impl Fn(&str) -> bool) -> Assignments {
        self.0.retain(|key, _| keep(key));
        self
    }

    /// Takes a key away, if it is among them.
    pub fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of a key, as a person types it.
    pub fn shown(&self, name: &str) -> Option<String> {
        Some(match self.0.get(name)? {
            Datum::Name(name) => name.clone(),
            Datum::Number(number) if number.abs() < 1e-3 => format!("{number:e}"),
            Datum::Number(number) => number.to_string(),
            Datum::Count(count) => count.to_string(),
            Datum::Ramp(ramp) => ramp.to_string(),
        })
    }

    /// The value that a key is set to.
    pub fn get(&self, name: &str) -> Option<&Datum> {
        self.0.get(name)
    }

    /// The number that a key is set to.
    pub fn number(&self, name: &str) -> Option<f64> {
        match self.0.get(name)? {
            Datum::Number(number) => Some(*number),
            Datum::Count(count) => Some(*count as f64),
            Datum::Name(_) | Datum::Ramp(_) => None,
        }
    }

    /// The ramp that a key begins.
    pub fn ramp(&self, name: &str) -> Option<Ramp> {
        if let Datum::Ramp(ramp) = self.0.get(name)? { Some(*ramp) } else { None }
    }

    /// Whether a key is set.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The whole number that a key is set to.
    pub fn count(&self, name: &str) -> Option<u64> {
        if let Datum::Count(count) = self.0.get(name)? { Some(*count) } else { None }
    }

    /// The objective that these make of `now`, if they say anything of it.
    pub fn objective(&self, now: &ObjectiveChoice) -> Option<ObjectiveChoice> {
        let said = self.table("objective.");
        let mut table = toml::Table::try_from(now).ok().filter(|_| !said.is_empty())?;
        table.extend(said);
        table.try_into().ok()
    }

    /// The constraint that these make of `now`, if they say anything of it. Where they name no kind, it is the one in
    /// force, if it has the keys that are set, else one that has them.
    pub fn constraint(&self, now: Constraint) -> Option<Constraint> {
        let said = self.table("constraint.");
        let mut table = toml::Table::try_from(now).ok().filter(|_| !said.is_empty())?;
        let in_force = table.get("kind").and_then(|kind| kind.as_str()).unwrap_or_default().to_owned();
        let kind = self.constraint_kind(Some(&in_force))?;
        if kind != in_force {
            table.clear();
        }
        table.extend(said);
        table.insert("kind".to_owned(), kind.into());
        let text = toml::to_string(&table).ok()?;
        let source = Source { rank: 0, label: "constraint".into(), text: text.into(), origin: Origin::Preset };
        let notes = Notes::default();
        let constraint =
            Section::root(layers::merge(std::slice::from_ref(&source)).ok()?, &notes).kind(&CONSTRAINT, "none");
        notes.into_inner().0.is_empty().then_some(constraint)
    }

    /// The kind of constraint that has all the keys that are set, `now` before others.
    fn constraint_kind(&self, now: Option<&str>) -> Option<&'static str> {
        let said = self.table("constraint.");
        let mut kinds: Vec<_> = CONSTRAINT.iter().collect();
        kinds.sort_by_key(|kind| Some(kind.name) != now);
        let has = |keys: &[&str]| said.keys().all(|key| key == "kind" || keys.contains(&key.as_str()));
        let named = |kind: &str| said.get("kind").is_none_or(|wanted| wanted.as_str() == Some(kind));
        kinds.into_iter().find(|kind| named(kind.name) && has(&keys_of(kind))).map(|kind| kind.name)
    }

    /// The keys that begin so and are set at once, without that beginning.
    fn table(&self, prefix: &str) -> toml::Table {
        let set = self.0.iter().filter(|(_, value)| !matches!(value, Datum::Ramp(_)));
        let entries = set.filter_map(|(key, value)| Some((key.strip_prefix(prefix)?, value)));
        entries.filter_map(|(key, value)| Some((key.to_owned(), toml::Value::try_from(value).ok()?))).collect()
    }
}

impl Serialize for Assignments {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(&self.0)
    }
}

/// The assignments in a table, whose keys may be written `"objective.kind"` or `objective.kind`, and what is wrong.
pub fn read(entries: Entries<'_>) -> (Assignments, Vec<Problem>) {
    let (set, problems, foreign) = read_all(entries);
    (set, foreign.into_iter().chain(problems).collect())
}

/// The same, and apart from what is wrong the problems that keys are none that can change while a run goes on.
pub fn read_all(entries: Entries<'_>) -> (Assignments, Vec<Problem>, Vec<Problem>) {
    let (mut set, mut problems, mut foreign) = (Assignments::default(), Vec::new(), Vec::new());
    let mut constraint = None;
    let mut open: Vec<(String, Node<'_>)> = entries.into_iter().collect();
    while let Some((path, node)) = open.pop() {
        let key = KEYS.iter().find(|key| key.name == path);
        match (key, node) {
            (None, Node::Table(table)) if KEYS.iter().any(|key| key.name.starts_with(&format!("{path}."))) => {
                open.extend(table.entries.into_iter().map(|(name, node)| (layers::join(&path, &name), node)));
            }
            (None, node) => {
                let message = format!("`{path}` is not a setting that can change while a run goes on");
                foreign.push(node.key().problem(message).allowed(&path, &KEYS.map(|key| key.name)));
            }
            (Some(key), Node::Value(value)) => match (key.read)(&value) {
                Ok(_) if set.0.contains_key(key.name) => {
                    problems.push(value.key.problem(format!("`{path}` is set twice, written in two ways")));
                }
                Ok(datum) => {
                    if path.starts_with("constraint.") {
                        constraint = Some(value.key);
                    }
                    set.0.insert(key.name, datum);
                }
                Err(problem) => problems.push(problem),
            },
            (Some(_), Node::Table(table)) => {
                problems.push(table.name.problem(format!("`{path}` is a table: must be a value")));
            }
        }
    }
    if let Some(spot) = constraint.filter(|_| set.constraint_kind(None).is_none()) {
        let keys: Vec<String> = set.table("constraint.").keys().map(|key| format!("constraint.{key}")).collect();
        problems.push(spot.problem(format!("no kind of constraint has all of {}", keys.join(", "))));
    }
    (set, problems, foreign)
}
