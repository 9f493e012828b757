//! `gantop explain`: what everything on the dashboard means, from the glossary.

use clap::Args;

use crate::config;
use crate::domain::keymap::Keymap;
use crate::glossary::{self, Entry, Kind};
use crate::ui::draw::pen::{width, wrap};

/// `gantop explain`.
#[derive(Clone, Debug, Args)]
pub struct Explain {
    /// What to explain: a figure, a panel, a metric, a setting, a rule, an objective, an action [default: list them
    /// all]
    #[arg(add = super::completions::terms())]
    pub name: Option<String>,
    /// Print the whole glossary as the Markdown of docs/glossary.md
    #[arg(long, conflicts_with = "name")]
    pub markdown: bool,
}

/// Columns of a page.
const PAGE: usize = 100;
/// Columns of a page's labels.
const LABEL: usize = 12;
/// Columns of names in the list, at most.
const NAMES: usize = 26;

impl Explain {
    /// The page that was asked for.
    ///
    /// # Errors
    ///
    /// There is no such entry, or the person's own keys cannot be read.
    pub fn text(&self) -> anyhow::Result<String> {
        match &self.name {
            _ if self.markdown => Ok(markdown()),
            None => Ok(list()),
            Some(name) => Ok(page(glossary::find(name)?, &config::own()?.keys.keymap())),
        }
    }
}

/// Every entry in a line, by kind.
fn list() -> String {
    let names = glossary::all().iter().map(|entry| width(&entry.name)).max().unwrap_or(0).min(NAMES);
    let line = |entry: &Entry| {
        let gap = " ".repeat(names.saturating_sub(width(&entry.name)) + 2);
        format!("  {}{gap}{}\n", entry.name, entry.in_short())
    };
    let kinds = Kind::ALL.map(|kind| format!("{}\n{}\n", kind.title(), of(kind).map(line).collect::<String>()));
    kinds.concat() + "`gantop explain NAME` explains one; on the dashboard ? and :explain NAME do.\n"
}

fn of(kind: Kind) -> impl Iterator<Item = &'static Entry> {
    glossary::all().iter().filter(move |entry| entry.kind == kind)
}

/// An entry with its parts behind their labels.
fn page(entry: &Entry, keymap: &Keymap) -> String {
    let part = |(label, text): (&str, String)| -> String {
        let lines = wrap(&text, PAGE - LABEL);
        let label = |at| if at == 0 { label } else { "" };
        lines.iter().enumerate().map(|(at, line)| format!("  {:room$}{line}\n", label(at), room = LABEL - 2)).collect()
    };
    let parts: String = entry.parts(keymap).into_iter().map(part).collect();
    format!("{}\n{parts}", entry.name)
}

/// The whole glossary but for the actions, which the README lists, with the usual keys.
fn markdown() -> String {
    let head = "# Glossary\n\nWhat everything on the dashboard means. On the dashboard `?` says it of what the page shows and \
                `:explain NAME` of\nanything; in a shell `gantop explain NAME` does. This page is what `gantop explain \
                --markdown` prints.\n";
    let keymap = Keymap::default();
    let entry = |entry: &Entry| -> String {
        let part = |(label, text): (&str, String)| match label {
            "what" => format!("\n{}\n\n", text.replace('*', "\\*")),
            "formula" => format!("* formula: `{text}`\n"),
            "press" => {
                let keys = text.lines().map(|line| {
                    let (key, does) = line.split_once(": ").unwrap_or((line, ""));
                    format!("`{key}` {does}")
                });
                format!("* press: {}\n", keys.collect::<Vec<_>>().join("; "))
            }
            label => format!("* {label}: {}\n", text.replace('*', "\\*")),
        };
        let parts: String = entry.parts(&keymap).into_iter().map(part).collect();
        format!("\n### {}\n{}", entry.name.replace('*', "\\*"), parts.trim_end().to_owned() + "\n")
    };
    let kinds = Kind::ALL.into_iter().filter(|kind| *kind != Kind::Action);
    let kind = |kind: Kind| format!("\n## {}\n{}", kind.title(), of(kind).map(entry).collect::<String>());
    head.to_owned() + &kinds.map(kind).collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_in_docs_is_what_is_printed() {
        let docs = include_str!("../../docs/glossary.md");
        assert_eq!(docs, markdown(), "write it anew: gantop explain --markdown > docs/glossary.md");
    }

    #[test]
    fn the_list_names_every_entry_and_a_page_has_all_its_parts() {
        let list = list();
        for entry in glossary::all() {
            assert!(list.contains(&format!("\n  {} ", entry.name)), "{}", entry.name);
            let page = page(entry, &Keymap::default());
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            for (label, text) in entry.parts(&Keymap::default()) {
                assert!(
                    page.contains(label) && words(&page).windows(words(&text).len()).any(|found| found == words(&text))
                );
            }
            page.lines().for_each(|line| assert!(width(line) <= PAGE, "{line}"));
        }
        let wrong = Explain { name: Some("buond".into()), markdown: false }.text().unwrap_err();
        assert!(wrong.to_string().contains("did you mean `bound`?") && wrong.is::<glossary::Unknown>());
    }
}
