//! The keys of a run's config that may change when a new process goes on with the run, and the differences of two
//! configs.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use super::error::{Error, Place, Problem};
use super::layers::{self, Entries};
use super::live::{self, Assignments};
use super::origins::find;
use super::source::Source;
use super::{Config, load, resolve};

/// A key that two configs do not have the same value for.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Its path, such as `data.radius`.
    pub key: String,
    /// As TOML; none where the config has no such key.
    pub old: Option<String>,
    pub new: Option<String>,
}

/// A run's config with what a person changes about it when the run goes on.
#[derive(Clone, Debug)]
pub struct Revised {
    /// The run's own, but for the keys that have no say in what a step does: those hold at once.
    pub config: Config,
    /// The config as it is wished for: its live keys are to be in force from the step that the run goes on from. Those
    /// of `config` say what the run began with.
    pub wanted: Config,
    /// Live keys that were named one by one, to be put in force there even if the run began with these values.
    pub set: Assignments,
    /// The differences from the run's own config.
    pub differences: Vec<Difference>,
}

/// The parts that have no say in what a step does, by table or key: see [`Config::trains_as`].
const BESIDE: [&str; 10] =
    ["name", "steps", "device", "threads", "record", "checkpoint", "run", "health", "alerts", "ui"];
/// The same, below another table.
const BESIDE_OF_DATA: &str = "data.memory";
/// The key of how far the rows of metrics.csv are apart.
const ROWS: &str = "record.every";
/// The changes by step.
const SCHEDULE: &str = "schedule";

impl Config {
    /// Whether a run of this config does the same steps as one of `other`, on the same device: everything is equal but
    /// what they are called, how long they go on, where and what they record, how they look, and how much memory their
    /// data may take.
    pub fn trains_as(&self, other: &Config) -> bool {
        let mut alike = Config {
            name: other.name.clone(),
            steps: other.steps,
            device: other.device,
            threads: other.threads,
            record: other.record.clone(),
            checkpoint: other.checkpoint.clone(),
            run: other.run,
            health: other.health.clone(),
            alerts: other.alerts.clone(),
            ui: other.ui,
            schedule: other.schedule.clone(),
            evaluate: other.evaluate.clone(),
            ..self.clone()
        };
        if let (Some(ours), Some(theirs)) = (alike.data.images_mut(), other.data.images()) {
            ours.memory = theirs.memory;
        }
        alike == *other
    }

    /// Every key that is no table, such as `optimizer.critic.lr`, with its value.
    pub fn leaves(&self) -> BTreeMap<String, toml::Value> {
        fn gather(path: &str, table: toml::Table, found: &mut BTreeMap<String, toml::Value>) {
            for (key, value) in table {
                let path = layers::join(path, &key);
                match value {
                    toml::Value::Table(table) => gather(&path, table, found),
                    value => drop(found.insert(path, value)),
                }
            }
        }
        let mut found = BTreeMap::new();
        gather("", toml::Table::try_from(self).unwrap_or_default(), &mut found);
        found
    }

    /// The keys that `new` has other values for, in the order of their names.
    pub fn differences(&self, new: &Config) -> Vec<Difference> {
        let (old, mut new) = (values(self), values(new));
        let changed = old.into_iter().filter_map(|(key, old)| {
            let new = new.remove(&key);
            (new.as_ref() != Some(&old)).then_some(Difference { key, old: Some(old), new })
        });
        let mut all: Vec<Difference> = changed.collect();
        all.extend(new.into_iter().map(|(key, new)| Difference { key, old: None, new: Some(new) }));
        all.sort_by(|a, b| a.key.cmp(&b.key));
        all
    }
}

/// Every key of a config that is no table, with its value as TOML.
fn values(config: &Config) -> BTreeMap<String, String> {
    config.leaves().into_iter().map(|(key, value)| (key, value.to_string())).collect()
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
        write!(f, "{}: {} → {}", self.key, shown(&self.old), shown(&self.new))
    }
}

/// The config `run` of a run that has kept the first `done` entries of its schedule, with `key=value` arguments on top.
///
/// # Errors
///
/// Everything that is wrong with them, and the keys that cannot change any more.
pub fn with_arguments(run: &Config, done: usize, arguments: &[String]) -> Result<Revised, Error> {
    let (mut set, mut others) = (Assignments::default(), Vec::new());
    for argument in arguments {
        let source = Source::argument(1, argument)?;
        let (found, problems, foreign) = live::read_all(layers::merge(std::slice::from_ref(&source))?);
        match (problems.is_empty(), foreign.is_empty()) {
            (false, _) => return Err(Error::new(problems)),
            (true, true) => set.extend(found),
            // A table that holds live keys and others is read as the config's, and so is what is no live key at all.
            (true, false) => others.push(argument),
        }
    }
    let text = run.to_toml().map_err(|error| Problem::new(Place::Nowhere, error.to_string()))?;
    let mut sources = vec![Source::preset("of the run", &text)];
    for (rank, argument) in others.into_iter().enumerate() {
        sources.push(Source::argument(rank + 1, argument)?);
    }
    let mut revised = revise(run, done, &sources)?;
    revised.set.extend(set);
    Ok(revised)
}

/// The config `run` of a run that has kept the first `done` entries of its schedule, as the file at `path` has it by
/// now.
///
/// # Errors
///
/// Everything that is wrong with the file, and the keys that cannot change any more.
pub fn with_file(run: &Config, done: usize, path: &Path) -> Result<Revised, Error> {
    let source = Source::file(path)?;
    // A run's directory may be a stranger's.
    load::refuse_alerts(&source)?;
    revise(run, done, &[source])
}

fn revise(run: &Config, done: usize, sources: &[Source]) -> Result<Revised, Error> {
    let tree = layers::merge(sources)?;
    let mut wanted = resolve::resolve(tree.clone(), &run.name)?;
    if wanted.record.every == 0 {
        // It was chosen when the run began.
        wanted.record.every = run.record.every;
    }
    let differences = run.differences(&wanted);
    let live = live::names();
    let firm = |Difference { key, old, new }: &&Difference| {
        // An average is kept from the first step on, or never.
        !live.contains(&key.as_str()) || key == live::GENERATOR_EMA && (old.is_none() || new.is_none())
    };
    let problems: Vec<Problem> = differences
        .iter()
        .filter(firm)
        .filter_map(|difference| {
            let kept = run.schedule.iter().zip(&wanted.schedule).take_while(|(old, new)| old == new).count();
            let why = match difference.key.as_str() {
                SCHEDULE if kept >= done => return None,
                SCHEDULE => format!("its first {done} entries have taken effect already and must stay as they are"),
                key => why_not(key)?.to_owned(),
            };
            Some(refused(&tree, difference, &why))
        })
        .collect();
    if !problems.is_empty() {
        return Err(Error::new(problems));
    }
    let Config { objective, constraint, optimizer, critic, generator, .. } = run.clone();
    let config = Config { objective, constraint, optimizer, critic, generator, ..wanted.clone() };
    Ok(Revised { config, wanted, set: Assignments::default(), differences })
}

/// Why a key cannot change while a run goes on; none where it may.
fn why_not(key: &str) -> Option<&'static str> {
    let table = key.split('.').next().unwrap_or_default();
    match table {
        _ if key == ROWS => Some("the rows of a metrics.csv are all equally far apart; --run-dir NEW begins a new one"),
        _ if BESIDE.contains(&table) || key == BESIDE_OF_DATA => None,
        "data" => Some("the run has learned from the data that it began with"),
        "generator" | "critic" => Some("the run's networks were built and trained this way"),
        "optimizer" => Some("the optimiser's moments belong to it"),
        "seed" => Some("the run's random numbers come from it"),
        "keys" => Some("keys belong to a person, not to a run: set them in your own config file"),
        _ => Some("the run's steps were computed with it"),
    }
}

/// The problem that a key differs which cannot, told where the new value stands, if it is said.
fn refused(tree: &Entries<'_>, difference: &Difference, why: &str) -> Problem {
    let message = format!("{difference}: cannot change while a run goes on: {why}");
    let problem = match find(tree, &difference.key) {
        Some(node) => node.key().problem(message),
        None => Problem::new(Place::Nowhere, message),
    };
    problem.help("put the old value back, or begin a run of its own from this config").help(format!(
        "what may change: {}, and {}",
        live::names().join(", "),
        BESIDE.join(", ")
    ))
}
