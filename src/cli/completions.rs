//! Completions of the command line: the script that a shell reads once, and the answers that the program gives it from
//! then on.

use std::ffi::OsStr;

use anyhow::Context;
use clap::CommandFactory;
use clap_complete::CompleteEnv;
use clap_complete::engine::ArgValueCompleter;
use clap_complete::env::Shells;

use super::Cli;
use crate::glossary;
use crate::session::request::words::{VARIABLE, fitting};
use crate::theory::objective;

/// The end of the script for zsh, where it lies on the path of functions: there it is run for the first completion,
/// too.
const AUTOLOADED: &str = "if [ \"$funcstack[1]\" = _gantop ]; then _clap_dynamic_completer_gantop \"$@\"; fi\n";

/// The script for a shell.
///
/// # Errors
/// There is none for it.
pub fn script(shell: clap_complete::Shell) -> anyhow::Result<String> {
    let mut script = Vec::new();
    let name = shell.to_string();
    let shells = Shells::builtins();
    let completer = shells.completer(&name).with_context(|| format!("there are no completions for {name}"))?;
    completer.write_registration(VARIABLE, "gantop", "gantop", "gantop", &mut script)?;
    let script = String::from_utf8(script).context("the script is not UTF-8")?;
    Ok(if name == "zsh" { script + AUTOLOADED } else { script })
}

/// Answers a shell that asks for completions, and ends the program; does nothing where none asks.
pub fn answer() {
    CompleteEnv::with_factory(Cli::command).var(VARIABLE).complete();
}

/// The name of an objective.
pub fn objectives() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let about =
            |objective: &&dyn objective::Objective| (objective.name().to_owned(), objective.about().title.to_owned());
        fitting(typed, objective::ALL.iter().map(about))
    })
}

/// The name of an entry of the glossary.
pub fn terms() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        fitting(typed, glossary::all().iter().map(|entry| (entry.name.replace(' ', "-"), entry.in_short().to_owned())))
    })
}
