//! The parts of the documentation that are made from the program, so that they say what it does.
//!
//! A page of docs/ has them between `<!-- made: NAME -->` and `<!-- end of NAME -->`; a test compares, and writes them
//! anew where it is asked to.

mod objective;
mod settings;

use clap::Command;

use super::{keys, usage};
use crate::config::{Constraint, presets};
use crate::domain::rule::Rule;
use crate::theory::objective::ALL;

/// The part of this name, in Markdown, with a line feed at its end.
pub fn part(name: &str) -> Option<String> {
    let page = name.strip_prefix("objective ");
    Some(match (name, page) {
        (_, Some(name)) => objective::page(*ALL.iter().find(|objective| objective.name() == name)?),
        ("keys", _) => keys::markdown(),
        ("config", _) => settings::tables(),
        ("commands", _) => commands(),
        ("presets", _) => {
            table(["preset", "what it shows"], presets::ALL.iter().map(|p| [code(p.name), escaped(p.about())]))
        }
        ("objectives", _) => objective::table(),
        ("constraints", _) => table(
            ["kind", "what it does", "its number", "source"],
            Constraint::ALL.iter().map(|kind| {
                let number = kind.number().map(|n| format!("{}, {}; usually {}", code(n.key), n.symbol, n.value));
                [code(kind.kind()), escaped(kind.about()), number.unwrap_or_default(), kind.paper().to_owned()]
            }),
        ),
        ("health", _) => table(["rule", "raised by", "means", "in"], Rule::ALL.map(health)),
        ("exit codes", _) => {
            table(["code", "means"], usage::EXIT.map(|(code, about)| [code.to_string(), escaped(about)]))
        }
        ("environment", _) => {
            table(["variable", "decides"], usage::ENVIRONMENT.map(|(name, about)| [code(name), escaped(about)]))
        }
        _ => return None,
    })
}

fn health(rule: Rule) -> [String; 4] {
    let about = rule.about();
    let when = match rule.has_threshold() {
        true => format!("{}, over {} steps", about.when(about.threshold), about.window),
        false => "at once".to_owned(),
    };
    [code(rule.name()), escaped(&when), escaped(about.means), escaped(about.of)]
}

/// Every command with its help.
fn commands() -> String {
    let mut cli = usage::command().disable_help_subcommand(true).term_width(100);
    cli.build();
    let mut text = String::new();
    help(&mut cli, &mut text);
    text
}

fn help(command: &mut Command, text: &mut String) {
    let name = command.get_bin_name().unwrap_or(command.get_name()).to_owned();
    let page = command.render_long_help().to_string();
    // clap pads lines; an editor, and a diff, should see none of it.
    let lines: Vec<&str> = page.lines().map(str::trim_end).collect();
    *text += &format!("## {name}\n\n```text\n{}\n```\n\n", lines.join("\n").trim_end());
    command.get_subcommands_mut().for_each(|below| help(below, text));
}

/// A table with these headings.
fn table<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rule = format!("|{}\n", "---|".repeat(N));
    let rows: String = rows.into_iter().map(|row| line(&row.map(|cell| cell.replace('|', "\\|")))).collect();
    line(&head.map(str::to_owned)) + &rule + &rows
}

/// Text as code.
fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("`{text}`") }
}

/// Plain text, which Markdown must not read as its own.
fn escaped(text: &str) -> String {
    let special = |c: char| "*_[]<>".contains(c);
    text.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}
