//! The origin of each key of a config.

use std::path::Path;

use super::error::{Error, Place, Problem};
use super::layers::{self, Entries, Node};
use super::load::sources;

/// A key that is said, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    /// Its path, such as `data.radius`.
    pub key: String,
    /// Its value as it is written.
    pub value: String,
    /// As errors name places: file:line:column, or the argument.
    pub place: String,
}

/// The names of the sources, the lowest first, and every key that one of them says, with the highest that does; what
/// else a config has are defaults. See [`super::load_over`].
///
/// # Errors
///
/// A source cannot be read or is not TOML.
pub fn origins(user: Option<&Path>, name: Option<&str>, set: &[String]) -> Result<(Vec<String>, Vec<Origin>), Error> {
    let (sources, _) = sources(user, name, set)?;
    let mut found = Vec::new();
    gather(&layers::merge(&sources)?, &mut found);
    Ok((sources.iter().map(|source| source.label.to_string()).collect(), found))
}

/// A config that these arguments name, which is right but cannot be used here.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    /// The person's own file, the config's name and the `--set` arguments, as in [`super::load_over`].
    pub user: Option<&'a Path>,
    pub name: Option<&'a str>,
    pub set: &'a [String],
}

impl Named<'_> {
    /// The error that `message` is wrong with its key of this path, told where that is said if it is; `help` are
    /// further lines.
    pub fn error(&self, key: &str, message: &str, help: &[String]) -> Error {
        let told = |problem: Problem| Error::from(help.iter().fold(problem, |problem, line| problem.help(line)));
        let message = format!("`{key}`: {message}");
        let nowhere = || told(Problem::new(Place::Nowhere, &message));
        let Ok((sources, _)) = sources(self.user, self.name, self.set) else { return nowhere() };
        let Ok(tree) = layers::merge(&sources) else { return nowhere() };
        match find(&tree, key) {
            Some(Node::Value(value)) => told(value.spot.problem(message)),
            Some(Node::Table(table)) => told(table.name.problem(message)),
            None => nowhere(),
        }
    }
}

/// The value of the key of this path.
pub(super) fn find<'t, 's>(entries: &'t Entries<'s>, path: &str) -> Option<&'t Node<'s>> {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let node = entries.get(first)?;
    match (node, rest) {
        (_, None) => Some(node),
        (Node::Table(table), Some(rest)) => find(&table.entries, rest),
        (Node::Value(_), Some(_)) => None,
    }
}

fn gather(entries: &Entries<'_>, found: &mut Vec<Origin>) {
    for node in entries.values() {
        match node {
            Node::Table(table) => gather(&table.entries, found),
            Node::Value(value) => {
                let lines: Vec<&str> = value.spot.text().lines().map(str::trim).collect();
                found.push(Origin { key: value.path.clone(), value: lines.join(" "), place: value.key.place() });
            }
        }
    }
}
