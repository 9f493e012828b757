//! `gantop man`: manual pages, from the command line's definition and the table of actions.

use std::io;

use clap::{Args, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::config;
use crate::domain::action::{Group, TABLE};
use crate::domain::keymap::Keymap;

/// `gantop man`.
#[derive(Clone, Debug, Args)]
pub struct Page {
    /// The command whose page it is to be [default: that of gantop itself]
    pub command: Option<String>,
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
            let man = Man::new(cli);
            man.render(&mut text)?;
            keys(&mut text)?;
            files(&mut text)?;
        }
        Some(name) => {
            let named = cli.find_subcommand(name).cloned();
            let names: Vec<&str> = cli.get_subcommands().map(Command::get_name).collect();
            let near = config::nearest(name, &names).map(str::to_owned);
            let unknown = || Unknown { name: name.to_owned(), near, allowed: names.join(", ") };
            let named = named.ok_or_else(unknown)?;
            Man::new(named).title(format!("gantop-{name}")).render(&mut text)?;
        }
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
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
            page.control("TP", []);
            page.text([bold(keys), roman("  "), roman(usage)]);
            page.text([roman(row.doc)]);
        }
    }
    page.to_writer(text)
}

/// The section of the files.
fn files(text: &mut Vec<u8>) -> io::Result<()> {
    let mut page = Roff::new();
    page.control("SH", ["FILES"]);
    page.control("TP", []);
    page.text([bold("$XDG_CONFIG_HOME/gantop/config.toml")]);
    let keys = config::PERSONAL.join(", ");
    page.text([roman(format!(
        "A person's own settings, below every config; ~/.config without XDG_CONFIG_HOME. {keys}."
    ))]);
    page.control("TP", []);
    page.text([bold("runs/")]);
    page.text([roman("Run directories, in the current one.")]);
    page.to_writer(text)
}
