//! Where each key of a config is said.

use std::path::Path;

use super::error::Error;
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

/// What the sources are called, the lowest first, and every key that one of them says, with the highest that does; what
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
