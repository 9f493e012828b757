//! The sources of a config as one tree: what a later source says lies on top of what an earlier one says.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{Error, Problem};
use super::source::{Source, Spot};

/// The keys of a table and what they hold.
pub type Entries<'s> = BTreeMap<String, Node<'s>>;

/// The value of a key.
#[derive(Clone, Debug)]
pub enum Node<'s> {
    Value(Value<'s>),
    Table(Table<'s>),
}

/// A table, perhaps from several sources.
#[derive(Clone, Debug)]
pub struct Table<'s> {
    /// The place at which its name was first written.
    pub name: Spot<'s>,
    pub entries: Entries<'s>,
}

/// A value that is no table.
#[derive(Clone, Debug)]
pub struct Value<'s> {
    /// The keys that lead to it, e.g. `data.radius` or `data.components[0].mean`.
    pub path: String,
    /// The place of the key.
    pub key: Spot<'s>,
    /// The place of the value.
    pub spot: Spot<'s>,
    pub value: DeValue<'s>,
}

/// All sources as one tree. Tables are merged key by key, everything else is replaced.
///
/// # Errors
///
/// A source is not TOML.
pub fn merge(sources: &[Source]) -> Result<Entries<'_>, Error> {
    let mut tree = Entries::new();
    for source in sources {
        let table = DeTable::parse(&source.text).map_err(|error| {
            let end = source.text.len();
            let spot = Spot { source, span: error.span().unwrap_or(end..end) };
            Error::from(spot.problem(format!("not valid TOML: {}", error.message())))
        })?;
        overlay(&mut tree, entries(source, "", table.into_inner()));
    }
    Ok(tree)
}

/// The entries of a parsed table, whose keys lead on from `path`.
pub fn entries<'s>(source: &'s Source, path: &str, table: DeTable<'s>) -> Entries<'s> {
    let node = |(key, value): (Spanned<std::borrow::Cow<'s, str>>, Spanned<DeValue<'s>>)| {
        let path = join(path, key.get_ref());
        let name = Spot { source, span: key.span() };
        let spot = Spot { source, span: value.span() };
        let node = match value.into_inner() {
            DeValue::Table(table) => Node::Table(Table { name, entries: entries(source, &path, table) }),
            value => Node::Value(Value { path, key: name, spot, value }),
        };
        (key.into_inner().into_owned(), node)
    };
    table.into_iter().map(node).collect()
}

/// `key` in the table that `path` leads to.
pub fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn overlay<'s>(below: &mut Entries<'s>, above: Entries<'s>) {
    for (key, node) in above {
        match (below.get_mut(&key), node) {
            (Some(Node::Table(lower)), Node::Table(upper)) => overlay(&mut lower.entries, upper.entries),
            (_, node) => {
                below.insert(key, node);
            }
        }
    }
}

impl<'s> Node<'s> {
    /// The place of its key.
    pub fn key(&self) -> &Spot<'s> {
        match self {
            Node::Value(value) => &value.key,
            Node::Table(table) => &table.name,
        }
    }
}

impl<'s> Value<'s> {
    /// Its elements, if it is an array.
    pub fn elements(&self) -> Option<Vec<Value<'s>>> {
        let DeValue::Array(array) = &self.value else { return None };
        let element = |(i, element): (usize, &Spanned<DeValue<'s>>)| {
            let spot = Spot { source: self.spot.source, span: element.span() };
            Value { path: format!("{}[{i}]", self.path), key: spot.clone(), spot, value: element.get_ref().clone() }
        };
        Some(array.iter().enumerate().map(element).collect())
    }

    /// It as a plain Rust value, if it is of that type.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Option<T> {
        let spanned = Spanned::new(self.spot.span.clone(), self.value.clone());
        T::deserialize(toml::de::ValueDeserializer::from(spanned)).ok()
    }

    /// The problem that it is wrong, with `why`: what it must be.
    pub fn wrong(&self, why: &str) -> Problem {
        const MAX_SHOWN: usize = 40;
        let value = match &self.value {
            DeValue::Table(_) => "a table".to_owned(),
            _ => {
                let first = self.spot.text().lines().next().unwrap_or_default();
                let cut = first.chars().count() > MAX_SHOWN || self.spot.text().lines().nth(1).is_some();
                first.chars().take(MAX_SHOWN).chain(cut.then_some('…')).collect()
            }
        };
        self.spot.problem(format!("`{}` is {value}: {why}", self.path)).must(&self.path, why)
    }
}
