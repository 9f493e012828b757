//! `gantop man`: manual pages, from the command line's definition and the table of actions.

use std::io;

use clap::{Args, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, italic, roman};

use super::usage;
use crate::config;
use crate::domain::action::{Group, TABLE};
use crate::domain::keymap::Keymap;
use crate::glossary::{self, Kind};

/// `gantop man`.
#[derive(Clone, Debug, Args)]
pub struct Page {
    /// The command to print the page of [default: gantop itself]
    pub command: Option<String>,
    /// Print the names of the commands that have a page, a line each
    #[arg(long, conflicts_with = "command")]
    pub list: bool,
}

/// The names of the commands that have a page of their own, a line each.
pub fn names(cli: &Command) -> String {
    cli.get_subcommands().map(|command| format!("{}\n", command.get_name())).collect()
}

/// There is no such command.
#[derive(Debug, thiserror::Error)]
#[error("there is no command `{name}`{}; allowed: {allowed}", .near.as_ref().map_or(String::new(), |near| format!(": did you mean `{near}`?")))]
pub struct Unknown {
    name: String,
    near: Option<String>,
    allowed: String,
}

/// The manual page of a command of `cli`, or of `cli` itself, in roff.
///
/// # Errors
///
/// There is no such command.
pub fn page(cli: Command, command: Option<&str>) -> anyhow::Result<String> {
    let mut text = Vec::new();
    // What clap adds, `help`, is no command of its own.
    let mut cli = cli.disable_help_subcommand(true);
    cli.build();
    match command {
        None => {
            synopsis(&Man::new(cli), &mut text)?;
            keys(&mut text)?;
            glossary(&mut text)?;
            examples("", &mut text)?;
            exit_status(&mut text)?;
            list("ENVIRONMENT", usage::ENVIRONMENT, &mut text)?;
            list("FILES", usage::files(), &mut text)?;
        }
        Some(name) => {
            let named = cli.find_subcommand(name).cloned();
            let names: Vec<&str> = cli.get_subcommands().map(Command::get_name).collect();
            let near = config::nearest(name, &names).map(str::to_owned);
            let unknown = || Unknown { name: name.to_owned(), near, allowed: names.join(", ") };
            let named = named.ok_or_else(unknown)?;
            let below: Vec<String> =
                named.get_subcommands().map(|below| format!("{name} {}", below.get_name())).collect();
            synopsis(&Man::new(named).title(format!("gantop-{name}")), &mut text)?;
            examples(name, &mut text)?;
            below.iter().try_for_each(|path| lines(path, &mut text))?;
            exit_status(&mut text)?;
        }
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// The sections that the definition of a command makes.
fn synopsis(man: &Man, text: &mut Vec<u8>) -> io::Result<()> {
    man.render_title(text)?;
    man.render_name_section(text)?;
    man.render_synopsis_section(text)?;
    man.render_description_section(text)?;
    man.render_options_section(text)?;
    man.render_subcommands_section(text)
}

/// The section of the keys.
fn keys(text: &mut Vec<u8>) -> io::Result<()> {
    let mut page = Roff::new();
    let keymap = Keymap::default();
    page.control("SH", ["KEYS"]);
    page.text([roman("On the dashboard. What has a name behind a colon can be typed after "), bold(":")]);
    for group in Group::ALL {
        page.control("SS", [group.title()]);
        for row in TABLE.iter().filter(|row| row.group == group) {
            let usage = if row.is_command() { row.usage() } else { String::new() };
            let keys = if row.keys.is_empty() { String::new() } else { keymap.keys(row.action) };
            item(&mut page, [bold(keys), roman("  "), roman(usage)], row.doc);
        }
    }
    page.to_writer(text)
}

/// The section of the glossary, but for the actions, which are among the keys.
fn glossary(text: &mut Vec<u8>) -> io::Result<()> {
    let mut page = Roff::new();
    let keymap = Keymap::default();
    page.control("SH", ["GLOSSARY"]);
    for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Action) {
        page.control("SS", [kind.title()]);
        for entry in glossary::all().iter().filter(|entry| entry.kind == kind) {
            page.control("TP", []);
            page.text([bold(&entry.name)]);
            for (i, (label, said)) in entry.parts(&keymap).into_iter().enumerate() {
                if i > 0 {
                    page.control("br", []);
                }
                let said = said.replace('\n', "; ");
                page.text([roman(if i == 0 { said } else { format!("{label}: {said}") })]);
            }
        }
    }
    page.to_writer(text)
}

/// The section of the examples of a command.
fn examples(path: &str, text: &mut Vec<u8>) -> io::Result<()> {
    let mut page = Roff::new();
    page.control("SH", ["EXAMPLES"]);
    page.to_writer(text)?;
    lines(path, text)
}

fn lines(path: &str, text: &mut Vec<u8>) -> io::Result<()> {
    let mut page = Roff::new();
    usage::examples(path).iter().for_each(|[line, about]| item(&mut page, [bold(*line)], about));
    page.to_writer(text)
}

/// The section of the exit codes.
fn exit_status(text: &mut Vec<u8>) -> io::Result<()> {
    list("EXIT STATUS", usage::EXIT.map(|(code, about)| (code.to_string(), about)), text)
}

/// A section of names, each with what it is.
fn list<N: Into<String>, A: AsRef<str>>(
    title: &str,
    items: impl IntoIterator<Item = (N, A)>,
    text: &mut Vec<u8>,
) -> io::Result<()> {
    let mut page = Roff::new();
    page.control("SH", [title]);
    items.into_iter().for_each(|(name, about)| item(&mut page, [italic(name.into())], about.as_ref()));
    page.to_writer(text)
}

fn item<const N: usize>(page: &mut Roff, name: [Inline; N], about: &str) {
    page.control("TP", []);
    page.text(name);
    page.text([roman(about)]);
}
