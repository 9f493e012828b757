//! Commands of the dashboard's command line as verbs of `gantop ctl`.

use clap::{Arg, ArgMatches, Error, FromArgMatches, Subcommand};

use super::words;
use crate::domain::action::Action;
use crate::ui::popups::command::of_runs;

const WORDS: &str = "words";

/// A command as it is typed behind `:` on the dashboard.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    /// The name of the action.
    pub name: String,
    /// The words behind it.
    pub words: Vec<String>,
}

impl FromArgMatches for Typed {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Typed, Error> {
        let mut typed = Typed::default();
        typed.update_from_arg_matches(matches)?;
        Ok(typed)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        if let Some((name, behind)) = matches.subcommand() {
            let words = behind.try_get_many::<String>(WORDS).ok().flatten();
            *self = Typed { name: name.to_owned(), words: words.into_iter().flatten().cloned().collect() };
        }
        Ok(())
    }
}

impl Subcommand for Typed {
    fn augment_subcommands(command: clap::Command) -> clap::Command {
        command.subcommands(of_runs().map(|row| {
            let verb = clap::Command::new(row.long).about(row.doc);
            let Some(argument) = row.argument else { return verb };
            // What is missing is told like what is wrong.
            let arg = Arg::new(WORDS).value_name(argument.name).num_args(0..).allow_negative_numbers(true);
            verb.arg(match row.action {
                Action::Set => arg.add(words::live()),
                Action::Objective => arg.add(words::live_names("objective.kind")),
                Action::Constraint => arg.add(words::live_names("constraint.kind")),
                _ => arg,
            })
        }))
    }

    fn augment_subcommands_for_update(command: clap::Command) -> clap::Command {
        Typed::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        of_runs().any(|row| row.long == name)
    }
}
