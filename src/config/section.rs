//! Reading the keys of a table. The call that reads a key is the only place that names it, so the list of allowed keys
//! is the list of keys that were read.

use std::cell::RefCell;
use std::ops::RangeInclusive;

use serde::de::DeserializeOwned;
use toml::de::DeValue;

use super::error::{Place, Problem};
use super::layers::{self, Entries, Node, Value, join};
use super::live::{self, Assignments};
use super::source::Spot;
use super::value::Bounds;

/// A table that is being read. Problems are gathered and a default stands in for what is wrong, so that one pass finds
/// every problem.
pub struct Section<'p, 's> {
    path: String,
    /// The place of the table's name or its kind.
    spot: Option<Spot<'s>>,
    entries: Entries<'s>,
    keys: Vec<&'static str>,
    notes: &'p Notes,
}

/// The notes that are taken while a config is read.
#[derive(Debug, Default)]
pub struct Notes {
    problems: RefCell<Vec<Problem>>,
    asked: RefCell<Vec<Asked>>,
}

/// A key that was asked for, written or not.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// Its path in the config.
    pub key: String,
    /// Whether it must be written.
    pub required: bool,
}

impl Notes {
    /// The problems, and what was asked for, in the order of reading.
    pub fn into_inner(self) -> (Vec<Problem>, Vec<Asked>) {
        (self.problems.into_inner(), self.asked.into_inner())
    }

    fn ask(&self, path: &str, key: &str, required: bool) {
        self.asked.borrow_mut().push(Asked { key: join(path, key), required });
    }
}

/// One of the kinds that a table can be of: its name, and what reads its keys.
pub struct Kind<T> {
    pub name: &'static str,
    pub read: fn(&mut Section<'_, '_>) -> T,
}

impl<'p, 's> Section<'p, 's> {
    /// The whole tree.
    pub fn root(entries: Entries<'s>, notes: &'p Notes) -> Section<'p, 's> {
        Section { path: String::new(), spot: None, entries, keys: Vec::new(), notes }
    }

    /// The table `key`, empty if it is nowhere written.
    pub fn table(&mut self, key: &'static str) -> Section<'p, 's> {
        self.keys.push(key);
        let (spot, entries) = match self.entries.remove(key) {
            Some(Node::Table(table)) => (Some(table.name), table.entries),
            Some(Node::Value(value)) => {
                self.report(value.wrong("must be a table"));
                (Some(value.key), Entries::new())
            }
            None => (None, Entries::new()),
        };
        Section { path: join(&self.path, key), spot, entries, keys: Vec::new(), notes: self.notes }
    }

    /// The value of `key` as it is written, if it is; reads nothing.
    pub fn value(&self, key: &str) -> Option<&Value<'s>> {
        match self.entries.get(key)? {
            Node::Value(value) => Some(value),
            Node::Table(_) => None,
        }
    }

    /// A table of the same name without entries, for what is to be told of it when it has been read.
    pub fn alike(&self) -> Section<'p, 's> {
        let (path, spot) = (self.path.clone(), self.spot.clone());
        Section { path, spot, entries: Entries::new(), keys: Vec::new(), notes: self.notes }
    }

    /// A problem of the table as a whole.
    pub fn problem(&self, message: String) -> Problem {
        match &self.spot {
            Some(spot) => spot.problem(message),
            None => Problem::new(Place::Nowhere, message),
        }
    }

    /// Whether `key` is written.
    pub fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// The result of `read` on the value of `key`; nothing where it is not written or wrong.
    pub fn read<T>(&mut self, key: &'static str, read: impl FnOnce(&Value<'s>) -> Result<T, Problem>) -> Option<T> {
        self.ask(key, false);
        self.take(key, read)
    }

    fn take<T>(&mut self, key: &'static str, read: impl FnOnce(&Value<'s>) -> Result<T, Problem>) -> Option<T> {
        let value = match self.entries.remove(key)? {
            Node::Value(value) => value,
            // No reader takes a table: it will say what it wants instead.
            Node::Table(table) => Value {
                path: join(&self.path, key),
                key: table.name.clone(),
                spot: table.name,
                value: DeValue::Table(Default::default()),
            },
        };
        read(&value).map_err(|problem| self.report(problem)).ok()
    }

    /// As [`Section::read`], where `key` must be written; `what` says what for and how.
    pub fn require<T>(
        &mut self,
        key: &'static str,
        what: &str,
        read: impl FnOnce(&Value<'s>) -> Result<T, Problem>,
    ) -> Option<T> {
        if !self.has(key) {
            let message = format!("`{}` is missing: {what}", join(&self.path, key));
            self.report(self.problem(message));
        }
        self.ask(key, true);
        self.take(key, read)
    }

    /// Notes that a value of this key can be written here.
    fn ask(&mut self, key: &'static str, required: bool) {
        self.keys.push(key);
        self.notes.ask(&self.path, key, required);
    }

    /// A number.
    pub fn number(&mut self, key: &'static str, default: f64, bounds: Bounds) -> f64 {
        self.read(key, |value| value.number(bounds)).unwrap_or(default)
    }

    /// A whole number.
    pub fn whole(&mut self, key: &'static str, default: u64, range: RangeInclusive<u64>) -> u64 {
        self.read(key, |value| value.whole(range)).unwrap_or(default)
    }

    /// A count of something.
    pub fn count(&mut self, key: &'static str, default: usize, range: RangeInclusive<usize>) -> usize {
        let range = *range.start() as u64..=*range.end() as u64;
        self.read(key, |value| value.whole(range)).map_or(default, |count| count as usize)
    }

    /// A unit variant of `T`.
    pub fn variant<T: DeserializeOwned>(&mut self, key: &'static str, default: T) -> T {
        self.read(key, Value::variant).unwrap_or(default)
    }

    /// The rows of a list of tables, each like `example`; there must be at least one.
    pub fn rows<T>(
        &mut self,
        key: &'static str,
        example: &str,
        max: usize,
        read: impl Fn(&mut Section<'p, 's>) -> T,
    ) -> Vec<T> {
        let notes = self.notes;
        let row = |element: Value<'s>| match element.value {
            DeValue::Table(table) => {
                let entries = layers::entries(element.spot.source, &element.path, table);
                let spot = Some(element.spot);
                let mut section = Section { path: element.path, spot, entries, keys: Vec::new(), notes };
                let row = read(&mut section);
                section.finish();
                Some(row)
            }
            _ => {
                notes.problems.borrow_mut().push(element.wrong(&format!("must be like {example}")));
                None
            }
        };
        let list = |value: &Value<'s>| match value.list(max)? {
            list if list.is_empty() => Err(value.wrong(&format!("must be a list of one or more like {example}"))),
            list => Ok(list),
        };
        let what = format!("a list of one or more like {example}");
        self.require(key, &what, list).unwrap_or_default().into_iter().filter_map(row).collect()
    }

    /// As [`Section::rows`], where `key` need not be written.
    pub fn optional_rows<T>(
        &mut self,
        key: &'static str,
        example: &str,
        max: usize,
        read: impl Fn(&mut Section<'p, 's>) -> T,
    ) -> Vec<T> {
        if self.has(key) {
            return self.rows(key, example, max, read);
        }
        self.ask(key, false);
        Vec::new()
    }

    /// The table `key` of live settings and their new values; there must be at least one.
    pub fn assignments(&mut self, key: &'static str) -> Assignments {
        const EXAMPLE: &str = "what to set, such as { \"objective.kind\" = \"wgan\", \"constraint.clip\" = 0.02 }";
        self.keys.push(key);
        let path = join(&self.path, key);
        let (set, mut problems) = match self.entries.remove(key) {
            Some(Node::Table(table)) if table.entries.is_empty() => {
                (Assignments::default(), vec![table.name.problem(format!("`{path}` is empty: must be {EXAMPLE}"))])
            }
            Some(Node::Table(table)) => live::read(table.entries),
            Some(Node::Value(value)) => {
                (Assignments::default(), vec![value.wrong(&format!("must be a table, {EXAMPLE}"))])
            }
            None => {
                let missing = self.spot.as_ref().map(|spot| spot.problem(format!("`{path}` is missing: {EXAMPLE}")));
                (Assignments::default(), missing.into_iter().collect())
            }
        };
        self.notes.problems.borrow_mut().append(&mut problems);
        set
    }

    /// Reads the table as the one of `kinds` that its key `kind` names, `default` if it names none.
    pub fn kind<T>(mut self, kinds: &[Kind<T>], default: &'static str) -> T {
        let names: Vec<&'static str> = kinds.iter().map(|kind| kind.name).collect();
        let said = self.entries.get("kind").map(|node| match node {
            Node::Value(value) => value.spot.clone(),
            Node::Table(table) => table.name.clone(),
        });
        let named = self.read("kind", |value| value.one_of(&names));
        if said.is_some() && named.is_none() {
            // The kind is wrong: nobody knows which keys are right.
            self.entries.clear();
        }
        let name = named.unwrap_or(default);
        let kind = kinds.iter().find(|kind| kind.name == name).unwrap_or(&kinds[0]);
        self.spot = said.clone().or(self.spot);
        let value = (kind.read)(&mut self);

        let replaced = said.as_ref().is_some_and(|kind| kind.source.is_argument());
        let which = format!("\"{name}\"{}", if said.is_none() { ", the default" } else { "" });
        for (key, node) in std::mem::take(&mut self.entries) {
            let owners = kinds.iter().filter(|kind| keys_of(kind).contains(&key.as_str()));
            let owners: Vec<&str> = owners.map(|kind| kind.name).collect();
            if owners.is_empty() {
                self.unknown(&key, node.key());
            } else if !replaced || node.key().source.is_argument() {
                self.misplaced(&key, node.key(), &which, &owners);
            }
            // Else it belongs to the kind that an argument replaced.
        }
        value
    }

    /// Reports every key that nothing has read.
    pub fn finish(mut self) {
        for (key, node) in std::mem::take(&mut self.entries) {
            self.unknown(&key, node.key());
        }
    }

    fn unknown(&self, key: &str, spot: &Spot<'s>) {
        let message = format!("`{}` is not a setting", join(&self.path, key));
        self.report(spot.problem(message).allowed(key, &self.keys));
    }

    /// `key` belongs to the kinds `owners`, and the kind here is `which`.
    fn misplaced(&self, key: &str, spot: &Spot<'s>, which: &str, owners: &[&str]) {
        let (path, kind) = (join(&self.path, key), join(&self.path, "kind"));
        let owners: Vec<String> = owners.iter().map(|owner| format!("{kind} = \"{owner}\"")).collect();
        let problem = spot.problem(format!("`{path}` is not a setting of {kind} = {which}"));
        let problem = problem.help(format!("it belongs to {}: set that too", owners.join(" or ")));
        self.report(problem.help(format!("allowed here: {}", self.keys.join(", "))));
    }

    /// Adds a problem.
    pub fn report(&self, problem: Problem) {
        self.notes.problems.borrow_mut().push(problem);
    }
}

/// The keys that `kind` has.
pub(super) fn keys_of<T>(kind: &Kind<T>) -> Vec<&'static str> {
    let notes = Notes::default();
    let mut section = Section::root(Entries::new(), &notes);
    (kind.read)(&mut section);
    section.keys
}
