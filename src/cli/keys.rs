//! `gantop keys`: what can be done on the dashboard, with the keys in force.

use clap::Args;

use crate::domain::action::{Entry, Group, TABLE};
use crate::domain::keymap::Keymap;

/// `gantop keys`.
#[derive(Clone, Debug, Args)]
pub struct Keys {
    /// The usual keys, as a table in Markdown
    #[arg(long)]
    pub markdown: bool,
}

/// The rows of a group.
fn rows(group: Group) -> impl Iterator<Item = &'static Entry> {
    TABLE.iter().filter(move |row| row.group == group)
}

/// The way to type a row on the command line, if it can be.
fn usage(row: &Entry) -> String {
    if row.is_command() { row.usage() } else { String::new() }
}

/// Every action with its keys, how it is typed and what it does.
pub fn page(keymap: &Keymap) -> String {
    let keys = |row: &Entry| if row.keys.is_empty() { String::new() } else { keymap.keys(row.action) };
    let width = |cell: &dyn Fn(&Entry) -> String| TABLE.iter().map(|row| cell(row).len()).max().unwrap_or(0);
    let (first, second) = (width(&keys), width(&usage));
    let line = |row: &Entry| format!("  {:first$}  {:second$}  {}\n", keys(row), usage(row), row.doc);
    let group = |group: Group| format!("{}\n{}\n", group.title(), rows(group).map(line).collect::<String>());
    Group::ALL.into_iter().map(group).collect::<String>().trim_end().to_owned() + "\n"
}

/// The same with the usual keys, as a table in Markdown.
pub fn markdown() -> String {
    let keymap = Keymap::default();
    let code = |text: &str| if text.is_empty() { String::new() } else { format!("`{text}`") };
    let line = |row: &Entry| {
        let keys = if row.keys.is_empty() { String::new() } else { keymap.keys(row.action) };
        let keys: Vec<String> = keys.split_whitespace().map(code).collect();
        format!("| {} | {} | {} |\n", keys.join(" "), code(&usage(row)), row.doc)
    };
    let group = |group: Group| format!("| **{}** | | |\n{}", group.title(), rows(group).map(line).collect::<String>());
    format!("| key | command | does |\n|---|---|---|\n{}", Group::ALL.into_iter().map(group).collect::<String>())
}
