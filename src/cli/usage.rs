//! The parts of help and manual pages besides the options: examples, exit codes, the environment, files.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory, FromArgMatches};

use super::Cli;
use crate::domain::exit;

/// A command line, and what it does.
pub type Example = [&'static str; 2];

/// Examples of a command, by the path of its name below `gantop`.
const EXAMPLES: &[(&str, &[Example])] = &[
    (
        "",
        &[
            ["gantop", "train the default preset, a ring of eight Gaussians, on the dashboard"],
            [
                "gantop moons --set objective.kind=kl --steps 5000",
                "another preset, with another objective, for 5000 steps",
            ],
            ["gantop attach", "open the dashboard of the newest live run"],
            ["gantop view", "look at the newest recorded run"],
            ["gantop objectives wgan", "read about an objective"],
        ],
    ),
    (
        "train",
        &[
            ["gantop train ring", "train a preset on the dashboard"],
            ["gantop train my.toml --set constraint.clip=0.02 --seed 7", "your own config, with one key changed"],
            ["gantop train --detach ring --steps 20000", "start a run without a terminal, and return"],
            ["gantop train ring --headless --log-every 30s > log.jsonl", "JSON, a line each half a minute"],
            ["gantop train --resume runs/last --steps 40000", "go on with a run, up to step 40,000"],
            [
                "gantop train --resume runs/last/checkpoints/step-000010000.safetensors --run-dir runs/other",
                "begin another run at a checkpoint",
            ],
        ],
    ),
    ("presets", &[["gantop presets", "the name of each, and what it shows"]]),
    (
        "objectives",
        &[
            ["gantop objectives", "all of them in a table"],
            ["gantop objectives reverse-kl", "its formula, its optimal critic, when to use it, what goes wrong"],
        ],
    ),
    ("health", &[["gantop health", "each rule, its usual threshold and window, and what helps"]]),
    (
        "check",
        &[
            ["gantop check my.toml", "say what is wrong with it, or print it whole"],
            ["gantop check ring --set critic.hidden=[256,256] > my.toml", "begin a config of your own from a preset"],
            ["gantop check my.toml --sources", "say which file or argument each key comes from"],
        ],
    ),
    (
        "data",
        &[
            ["gantop data photos --sheet sheet.png", "what the images in a folder are, and a sheet of them"],
            [
                "gantop data folder-dcgan --set data.path=photos --set data.size=64",
                "the same images as that config reads them",
            ],
        ],
    ),
    (
        "distance",
        &[
            ["gantop distance real.npy generated.npy", "every distance between two files of samples"],
            ["gantop distance real.csv generated.csv --csv", "the same as CSV, for another program"],
        ],
    ),
    (
        "evaluate",
        &[
            ["gantop evaluate runs/night", "how good the samples of its newest checkpoint are"],
            ["gantop evaluate runs/night --samples 10000 --features judge --json", "more of them, by a judge, as JSON"],
        ],
    ),
    (
        "cache",
        &[
            ["gantop cache", "the decoded images and the parts of evaluations that are kept, with their sizes"],
            ["gantop cache clear", "remove them: they are made again when they are needed"],
        ],
    ),
    ("cache clear", &[["gantop cache clear", "all of it"]]),
    (
        "explain",
        &[
            ["gantop explain bound", "what a figure is, what is good, what is bad, what to press"],
            ["gantop explain", "everything that has an entry"],
        ],
    ),
    (
        "runs",
        &[
            ["gantop runs", "the runs in `runs`, the newest first: open, compare or remove them"],
            ["gantop runs --plain", "the same as a table, as where there is no terminal"],
            ["gantop runs /data/runs --json", "the runs of another directory, a JSON object a line"],
        ],
    ),
    (
        "view",
        &[
            ["gantop view", "the newest run in `runs`"],
            ["gantop view runs/a runs/b", "two runs, the charts of the second over those of the first"],
        ],
    ),
    (
        "attach",
        &[
            ["gantop attach", "the newest live run in `runs`"],
            ["gantop attach runs/night --read-only", "watch a run without being able to change it"],
            ["gantop attach --listen run.sock", "wait for a trainer of your own at this socket"],
        ],
    ),
    (
        "ctl",
        &[
            ["gantop ctl runs/night status --json", "how a run stands, for a script"],
            ["gantop ctl runs/night set optimizer.critic.lr 1e-4", "change a learning rate"],
        ],
    ),
    ("ctl pause", &[["gantop ctl runs/night pause", "stop before the next step; the run waits"]]),
    ("ctl resume", &[["gantop ctl runs/night resume", "go on with a run that waits"]]),
    ("ctl step", &[["gantop ctl runs/night step 100", "do 100 steps, then wait"]]),
    (
        "ctl set",
        &[["gantop ctl runs/night set objective.kind wgan", "play for another objective from the next step on"]],
    ),
    ("ctl restore", &[["gantop ctl runs/night restore step-000001000", "go back to a checkpoint"]]),
    ("ctl undo", &[["gantop ctl runs/night undo", "take the last change back, with the steps since"]]),
    ("ctl objective", &[["gantop ctl runs/night objective wgan", "swap the objective, with what its critic needs"]]),
    (
        "ctl constraint",
        &[["gantop ctl runs/night constraint gradient-penalty 10", "another constraint, with its number"]],
    ),
    ("ctl clip", &[["gantop ctl runs/night clip 0.02", "another clip range"]]),
    ("ctl nudge-down", &[["gantop ctl runs/night nudge-down", "a slightly smaller clip range, λ or γ"]]),
    ("ctl nudge-up", &[["gantop ctl runs/night nudge-up", "a slightly larger one"]]),
    ("ctl rates", &[["gantop ctl runs/night rates /2 x2", "half the critic's learning rate, twice the generator's"]]),
    ("ctl updates", &[["gantop ctl runs/night updates 5", "five critic updates a step"]]),
    ("ctl steps", &[["gantop ctl runs/night steps 100", "do 100 steps, then wait"]]),
    ("ctl checkpoint", &[["gantop ctl runs/night checkpoint", "keep the run's state now"]]),
    ("ctl evaluate", &[["gantop ctl runs/night evaluate", "measure how good its samples are, while it goes on"]]),
    ("ctl stop", &[["gantop ctl runs/night stop", "end the run, with a checkpoint"]]),
    ("ctl status", &[["gantop ctl runs/night status", "its step, its state and its last metrics"]]),
    (
        "journal",
        &[
            ["gantop journal runs/night", "all that happened in a run, by step"],
            ["gantop journal runs/night --as-schedule >> again.toml", "its changes as a schedule, to make them again"],
        ],
    ),
    (
        "reproduce",
        &[
            ["gantop reproduce", "the experiments, a line each"],
            ["gantop reproduce disjoint", "one of them: its table, as Markdown"],
            ["gantop reproduce modes --objectives gan,wgan --seeds 3 --csv", "a part of one, as CSV"],
        ],
    ),
    ("replay", &[["gantop replay runs/night", "train it again from its config and journal, and compare every row"]]),
    (
        "export",
        &[
            ["gantop export runs/night --samples 5000 --out samples.npy", "5000 samples as a NumPy array"],
            ["gantop export runs/night --samples 64 --out sheet.png", "a sheet of 64 images"],
            ["gantop export runs/night --film --out film.gif", "how the samples of the same noise grew over the run"],
        ],
    ),
    (
        "keys",
        &[
            ["gantop keys", "every key and command of the dashboard, with your own keys"],
            ["gantop keys --markdown", "the usual ones, as a table in Markdown"],
        ],
    ),
    (
        "man",
        &[
            ["gantop man | man -l -", "read the manual page of gantop"],
            ["gantop man train > gantop-train.1", "write the page of a command to a file"],
            ["gantop man --list", "the commands that have a page"],
        ],
    ),
    (
        "completions",
        &[[
            "gantop completions bash > ~/.local/share/bash-completion/completions/gantop",
            "let bash complete gantop's words",
        ]],
    ),
];

/// Exit codes, and what each means.
pub const EXIT: [(u8, &str); 6] = [
    (exit::DONE, "what was asked for is done; a run that somebody quits or stops is done too"),
    (exit::FAILED, "something broke, a command was refused, or a headless run was stopped by a rule of health"),
    (exit::BAD_INPUT, "nothing was started: a wrong argument, config, data file or run directory"),
    (exit::HUNG_UP, "the terminal went away, and run.on_hangup was \"checkpoint\""),
    (exit::INTERRUPTED, "ended by Ctrl-C or SIGINT, with a checkpoint"),
    (exit::TERMINATED, "ended by SIGTERM, with a checkpoint"),
];

/// Environment variables that gantop reads, and what each decides.
pub const ENVIRONMENT: [(&str, &str); 9] = [
    ("XDG_CONFIG_HOME", "where your own settings are: gantop/config.toml below it, or below ~/.config"),
    (
        "XDG_CACHE_HOME",
        "where decoded images, judges and features of real samples are kept: gantop below it, or below ~/.cache",
    ),
    (
        "XDG_RUNTIME_DIR",
        "where the socket of a run lies if its own directory can have none: gantop below it, or in the directory for temporary \
         files",
    ),
    ("TERM", "with TERM=dumb there is no dashboard"),
    ("NO_COLOR, COLORTERM, TERM, COLORFGBG", "the colours that the terminal has, unless --theme or ui.theme says"),
    ("LC_ALL, LC_CTYPE, LANG", "whether charts may use more than ASCII, unless --glyphs says"),
    ("TMUX, STY", "whether images may be drawn in pixels, unless --images or ui.images says"),
    ("CUDA_VISIBLE_DEVICES", "which GPUs there are, as in every CUDA program"),
    ("LD_LIBRARY_PATH", "nothing about libtorch, which gantop finds where it was at the build"),
];

/// Files, and what is in them.
pub fn files() -> [(&'static str, String); 3] {
    let own = crate::config::PERSONAL.join(", ");
    [
        ("$XDG_CONFIG_HOME/gantop/config.toml", format!("your own settings, below every config; it may have: {own}")),
        (
            "runs/",
            "run directories, in the current one: config.toml, metrics.csv, journal.jsonl, checkpoints/, tensorboard/, \
             summary.json, gantop.log, and a socket while the run goes on"
                .to_owned(),
        ),
        (
            "$XDG_CACHE_HOME/gantop/",
            "decoded images, judges and features of real samples; what is removed there is made again when it is needed".to_owned(),
        ),
    ]
}

/// The command line with its examples.
pub fn command() -> Command {
    with_examples(Cli::command(), "")
}

/// The command that the arguments of this process ask for.
///
/// # Errors
///
/// What is wrong with them; or it is the help that they ask for.
pub fn parse() -> Result<Cli, clap::Error> {
    Cli::from_arg_matches(&command().try_get_matches()?)
}

/// The verbs that there are where the error is a word that is like none of them.
pub fn verbs_meant(error: &clap::Error) -> Option<Vec<String>> {
    // Behind a RUN that may be left out clap takes the word for an argument too many.
    let wrong = match error.kind() {
        ErrorKind::InvalidSubcommand => error.get(ContextKind::InvalidSubcommand),
        ErrorKind::UnknownArgument => error.get(ContextKind::InvalidArg),
        _ => None,
    };
    let near = [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg];
    let Some(ContextValue::String(wrong)) = wrong.filter(|_| near.iter().all(|near| error.get(*near).is_none())) else {
        return None;
    };
    let before = std::env::args().skip(1).take_while(|word| word != wrong);
    let asked = before.fold(command(), |command, word| command.find_subcommand(word).cloned().unwrap_or(command));
    let is_verb = asked.is_subcommand_required_set() && !wrong.starts_with('-');
    is_verb.then(|| asked.get_subcommands().map(|verb| verb.get_name().to_owned()).collect())
}

/// Examples of the command with this path below `gantop`, such as `ctl pause`.
pub fn examples(path: &str) -> &'static [Example] {
    EXAMPLES.iter().find(|(name, _)| *name == path).map_or(&[], |(_, examples)| examples)
}

fn with_examples(command: Command, path: &str) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|below| below.get_name().to_owned()).collect();
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path} {name}") };
    let command = names.iter().fold(command, |command, name| {
        let path = below(name);
        command.mut_subcommand(name, |below| with_examples(below, &path))
    });
    let lines = examples(path).iter().map(|[line, about]| format!("\n  {line}\n      {about}"));
    // What the command itself says after its options stays before them.
    let own = command.get_after_help().map(|text| format!("{text}\n\n")).unwrap_or_default();
    command.after_help(format!("{own}Examples:{}", lines.collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every command below this one, by its path.
    fn all(command: &Command, path: &str, found: &mut Vec<String>) {
        found.push(path.to_owned());
        for below in command.get_subcommands() {
            all(below, format!("{path} {}", below.get_name()).trim(), found);
        }
    }

    /// The path of the command that was asked for.
    fn named(matches: &clap::ArgMatches) -> String {
        let Some((name, below)) = matches.subcommand() else { return String::new() };
        format!("{name} {}", named(below)).trim().to_owned()
    }

    #[test]
    fn every_command_has_examples_that_it_takes() {
        let mut commands = Vec::new();
        all(&Cli::command(), "", &mut commands);
        for path in &commands {
            assert!(!examples(path).is_empty(), "gantop {path}: add an example to src/cli/usage.rs");
        }
        for (path, examples) in EXAMPLES {
            assert!(commands.iter().any(|command| command == path), "there is no command gantop {path}");
            for [line, _] in *examples {
                let words: Vec<&str> =
                    line.split_whitespace().take_while(|word| !["|", ">", ">>"].contains(word)).collect();
                let parsed = command().try_get_matches_from(&words).unwrap_or_else(|error| panic!("{line}: {error}"));
                assert!(path.is_empty() || named(&parsed).starts_with(path), "{line} is no example of gantop {path}");
            }
        }
    }
}
