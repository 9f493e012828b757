//! The keys of the dashboard, by context: what a person has them do instead of the usual.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::error::Problem;
use super::layers::Value;
use super::section::Section;
use crate::domain::action::{Action, Context, Key, TABLE};
use crate::domain::keymap::Keymap;

/// The most keys of one action.
const MOST: usize = 16;
/// The table of what holds in every context that an action has.
const EVERYWHERE: &str = "everywhere";

/// The keys of an action by its long name.
type Table = BTreeMap<&'static str, Vec<String>>;

/// The keys and their actions: of no consequence for the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Keys {
    /// The keys to which the changes are made.
    pub preset: KeyPreset,
    /// By the name of the context, the keys of actions there.
    #[serde(flatten)]
    changes: BTreeMap<&'static str, Table>,
}

/// Keys to begin with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyPreset {
    /// The usual keys: those of the table of actions.
    #[default]
    Usual,
    /// The keys that a person who is used to vi finds.
    Vim,
}

/// The keys of one action in a config.
struct KeyChange<'s> {
    contexts: Vec<Context>,
    action: Action,
    keys: Vec<Key>,
    value: Value<'s>,
}

impl Keys {
    /// Whether they are the usual ones.
    pub fn is_usual(&self) -> bool {
        *self == Keys::default()
    }

    /// Them all.
    pub fn keymap(&self) -> Keymap {
        let mut keymap = match self.preset {
            KeyPreset::Usual => Keymap::default(),
            KeyPreset::Vim => Keymap::vim(),
        };
        let said = |(table, contexts): &(&'static str, Vec<Context>), keymap: &mut Keymap| {
            for row in &TABLE {
                let Some(keys) = self.changes.get(table).and_then(|table| table.get(row.long)) else { continue };
                // They were read from text, so they can be read again.
                let keys: Vec<Key> = keys.iter().filter_map(|key| key.parse().ok()).collect();
                contexts.iter().for_each(|context| keymap.set(*context, row.action, keys.clone()));
            }
        };
        tables().iter().for_each(|table| said(table, &mut keymap));
        keymap
    }
}

/// The tables of `[keys]` and the contexts that each is for; a later one wins.
fn tables() -> Vec<(&'static str, Vec<Context>)> {
    let one = |context: &Context| (context.name(), vec![*context]);
    [(EVERYWHERE, Context::ALL.to_vec())].into_iter().chain(Context::ALL.iter().map(one)).collect()
}

/// Reads `[keys]`.
pub(super) fn read(mut section: Section<'_, '_>) -> Keys {
    let mut keys = Keys { preset: section.variant("preset", KeyPreset::Usual), ..Keys::default() };
    let mut all = Vec::new();
    for (name, contexts) in tables() {
        let mut table = section.table(name);
        let mut changes = Table::new();
        for row in TABLE.iter().filter(|row| row.contexts.iter().any(|context| contexts.contains(context))) {
            let contexts: Vec<Context> = row.contexts.iter().copied().filter(|c| contexts.contains(c)).collect();
            if let Some((list, value)) = table.read(row.long, |value| Ok((list(value, &contexts)?, value.clone()))) {
                changes.insert(row.long, list.iter().map(Key::to_string).collect());
                all.push(KeyChange { contexts, action: row.action, keys: list, value });
            }
        }
        if !changes.is_empty() {
            keys.changes.insert(name, changes);
        }
        table.finish();
    }
    check(&keys.keymap(), &all).into_iter().for_each(|problem| section.report(problem));
    section.finish();
    keys
}

/// The keys that a value lists.
fn list(value: &Value<'_>, contexts: &[Context]) -> Result<Vec<Key>, Problem> {
    const MUST: &str = "must be a key or a list of keys, such as \"x\" or [\"Space\", \"Ctrl-X\"]";
    let one = |value: &Value<'_>| -> Result<Key, Problem> {
        let text = value.text().map_err(|_| value.wrong(MUST))?;
        let key: Key = text.parse().map_err(|why: String| value.wrong("must be a key").help(why))?;
        match contexts.iter().find(|context| context.is_typed_in() && key.types()) {
            None => Ok(key),
            Some(context) => Err(value.wrong(&format!(
                "in the context {} text is typed, and a character stands for itself: must be a key with Ctrl or a name",
                context.name()
            ))),
        }
    };
    match value.elements() {
        Some(_) => value.list(MOST)?.iter().map(one).collect(),
        None => Ok(vec![one(value)?]),
    }
}

/// Keys that mean two things, and actions that cannot be reached any more.
fn check(keymap: &Keymap, all: &[KeyChange<'_>]) -> Vec<Problem> {
    let mut problems = Vec::new();
    // What is said for every context clashes in each of them: once is enough.
    let mut told = Vec::new();
    for clash in keymap.clashes() {
        // The last of the two that was said is where the mistake is.
        let said = all.iter().enumerate().rev().find(|(_, said)| {
            clash.actions.contains(&said.action)
                && said.contexts.contains(&clash.context)
                && said.keys.contains(&clash.key)
        });
        let Some((place, said)) = said.filter(|(place, _)| !told.contains(&(*place, clash.key))) else { continue };
        told.push((place, clash.key));
        let [a, b] = clash.actions.map(|action| action.entry().long);
        let other = if clash.actions[0] == said.action { b } else { a };
        let context = clash.context.name();
        let problem = said.value.wrong(&format!("in the context {context} {} is the key of `{other}`", clash.key));
        problems.push(problem.help(format!("choose another key, or give `{other}` another one in [keys.{context}]")));
    }
    for said in all.iter().filter(|said| said.keys.is_empty()) {
        let lost = |context: &&Context| {
            // What has no key on the dashboard can still be typed, as long as there is a key for that, and one to leave.
            let typed = **context == Context::Main && !matches!(said.action, Action::Command | Action::Interrupt);
            keymap.of(**context, said.action).is_empty() && !typed
        };
        if let Some(context) = said.contexts.iter().find(lost) {
            let name = context.name();
            problems.push(said.value.wrong(&format!("without a key it cannot be reached in the context {name}")));
        }
    }
    problems
}
