//! The command line: what can be asked of the program, and the commands that are quickly done.
//!
//! It uses every room that it prints something of. Start reading at [`Cli`].

pub mod book;
mod cache;
pub mod completions;
mod data;
pub mod distance;
mod evaluate;
mod explain;
mod export;
mod health;
pub mod keys;
mod man;
mod objectives;
mod reproduce;
pub mod runs;
pub mod samples;
pub mod usage;

use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::config::{self, presets};
use crate::domain::exit;
use crate::run;
use crate::session::request::words;
use crate::session::{self, ConfigArgs, Train};
use crate::system::output;
use crate::train::SetupError;

/// Train GANs and watch them: a monitor and live controller in the terminal.
///
/// Without a command it trains: `gantop ring` is `gantop train ring`.
#[derive(Debug, Parser)]
#[command(name = "gantop", args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Print the versions of gantop, tch and libtorch, and the devices seen
    #[arg(short = 'V', long)]
    pub version: bool,
    #[command(flatten)]
    pub train: Train,
}

/// The commands of the program.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train a GAN; what gantop does without a command
    Train(Train),
    /// List the presets
    Presets,
    /// List the objectives, or explain one
    Objectives {
        /// The objective to explain
        #[arg(add = completions::objectives())]
        name: Option<String>,
    },
    /// List the health rules that watch a run
    Health,
    /// Check a config and print it with everything filled in
    Check(Check),
    /// Look through images before training on them: count, sizes, classes, bad files, mean, a sheet
    Data(data::Look),
    /// Compare two files of samples by every distance
    Distance(distance::Compare),
    /// List recorded runs: on a terminal to open, compare or remove them, else as a table
    Runs(runs::Runs),
    /// Show recorded runs on the dashboard, and follow live ones
    View(session::View),
    /// Open the dashboard of a live run of another process
    Attach(session::Attach),
    /// Command a live run of another process from a script
    Ctl(session::Ctl),
    /// Print what happened in a recorded run
    Journal(runs::Journal),
    /// Run a published experiment again, or list them
    Reproduce(reproduce::Reproduce),
    /// Train a recorded run again, and say whether it comes out the same to the bit
    Replay {
        /// The run's directory, or the beginning of its name in `runs`
        #[arg(default_value = run::folder::NEWEST, add = words::runs())]
        run: PathBuf,
    },
    /// Write samples that a checkpoint's generator makes
    Export(export::Export),
    /// Measure how good the samples are that a checkpoint's generator makes: FID and the like
    Evaluate(evaluate::Evaluate),
    /// List what is kept between runs because it is costly to make, or remove it
    Cache(cache::Cache),
    /// Explain what is on the dashboard: a figure, a panel, a metric, a setting
    Explain(explain::Explain),
    /// List what can be done on the dashboard, with the keys in force
    Keys(keys::Keys),
    /// Print a manual page
    Man(man::Page),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// `gantop check`.
#[derive(Clone, Debug, Args)]
pub struct Check {
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Print where each key comes from instead
    #[arg(long)]
    pub sources: bool,
}

impl Check {
    fn text(&self) -> anyhow::Result<String> {
        let config = self.config.load()?;
        if let Some(note) = config.note(config.record.enabled) {
            let _ = writeln!(output::err(), "gantop: note: {note}");
        }
        session::memory::ensure_ever(&config, &self.config)?;
        if !self.sources {
            return config.to_toml().context("the config cannot be written");
        }
        let (sources, said) =
            config::origins(config::own_file().as_deref(), self.config.config.as_deref(), &self.config.set)?;
        let layers = sources.iter().map(|source| format!(" < {source}"));
        let mut text = format!("# later ones win: defaults{}\n", layers.collect::<String>());
        let cell = |origin: &config::Origin| format!("{} = {}", origin.key, origin.value);
        let width = said.iter().map(|origin| cell(origin).chars().count()).max().unwrap_or(0).min(60);
        said.iter().for_each(|origin| text += &format!("{:width$}  # {}\n", cell(origin), origin.place));
        Ok(text)
    }
}

/// Does what was asked for.
///
/// # Errors
///
/// Whatever keeps it from being done; [`exit_code`] tells what to end with.
pub fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    crate::system::files::outlive_size_limit();
    if cli.version {
        return print(&format!("{}\n", crate::train::versions()));
    }
    match &cli.command {
        None => train(&cli.train),
        Some(Command::Train(args)) => train(args),
        Some(Command::Presets) => print(&list_presets()),
        Some(Command::Objectives { name: None }) => print(&objectives::table(width())),
        Some(Command::Objectives { name: Some(name) }) => print(&objectives::page(name)?),
        Some(Command::Health) => print(&health::page()),
        Some(Command::Check(args)) => print(&args.text()?),
        Some(Command::Data(args)) => print(&args.run()?),
        Some(Command::Distance(args)) => print(&args.text()?),
        Some(Command::Runs(args)) => args.run(),
        Some(Command::View(args)) => session::view::view(args),
        Some(Command::Attach(args)) => session::attach::attach(args),
        Some(Command::Ctl(args)) => session::ctl::ctl(args),
        Some(Command::Journal(args)) => {
            let (text, note) = args.text()?;
            if let Some(note) = note {
                let _ = writeln!(output::err(), "gantop: {note}");
            }
            print(&text)
        }
        Some(Command::Reproduce(args)) => args.run(),
        Some(Command::Replay { run }) => {
            let outcome = session::replay::replay(&run::folder::find(run)?)?;
            print(&outcome.to_string())?;
            Ok(ExitCode::from(if outcome.is_identical() { exit::DONE } else { exit::FAILED }))
        }
        Some(Command::Export(args)) => print(&args.run()?),
        Some(Command::Evaluate(args)) => print(&args.text()?),
        Some(Command::Cache(args)) => print(&args.text()?),
        Some(Command::Explain(args)) => print(&args.text()?),
        Some(Command::Keys(keys::Keys { markdown: true })) => print(&keys::markdown()),
        Some(Command::Keys(_)) => print(&keys::page(&config::own()?.keys.keymap())),
        Some(Command::Man(man::Page { list: true, .. })) => print(&man::names(&usage::command())),
        Some(Command::Man(page)) => print(&man::page(usage::command(), page.command.as_deref())?),
        Some(Command::Completions { shell }) => print(&completions::script(*shell)?),
    }
}

/// The exit code of a program that ends with this error.
pub fn exit_code(error: &anyhow::Error) -> u8 {
    if let Some(broken_off) = error.downcast_ref::<session::BrokenOff>() {
        return broken_off.code();
    }
    let bad_input = |cause: &(dyn std::error::Error + 'static)| {
        cause.is::<config::Error>()
            || cause.is::<BadCommand>()
            || cause.is::<objectives::Unknown>()
            || cause.is::<man::Unknown>()
            || cause.is::<crate::glossary::Unknown>()
            || cause.is::<distance::Error>()
            || cause.is::<evaluate::Error>()
            || cause.is::<runs::Error>()
            || cause.is::<run::folder::Unclear>()
            || cause.is::<session::view::Error>()
            || cause.downcast_ref::<crate::reproduce::Error>().is_some_and(crate::reproduce::Error::is_bad_input)
            || cause.is::<SetupError>()
            || cause.is::<session::NobodyResumes>()
            || cause.is::<session::attach::Error>()
            || cause.is::<session::detach::Error>()
            || cause.is::<session::BadResume>()
            || cause.is::<session::replay::BadRun>()
            || cause.downcast_ref::<data::Error>().is_some_and(data::Error::is_bad_input)
            || cause.downcast_ref::<export::Error>().is_some_and(export::Error::is_bad_input)
            || cause.downcast_ref::<run::Error>().is_some_and(run::Error::is_bad_input)
    };
    if error.chain().any(bad_input) { exit::BAD_INPUT } else { exit::FAILED }
}

/// Says what is wrong with the arguments, which the text quotes, or prints the help that was asked for.
pub fn misused(error: &clap::Error) -> ExitCode {
    if error.use_stderr() {
        // In plain text: what the person typed must not come back as a terminal's commands.
        let verbs = usage::verbs_meant(error).map(|verbs| format!("\nThere are: {}\n", verbs.join(", ")));
        let _ = write!(output::err(), "{}{}", error.render(), verbs.unwrap_or_default());
    } else {
        let _ = error.print();
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(exit::BAD_INPUT))
}

fn train(args: &Train) -> anyhow::Result<ExitCode> {
    if let Some(name) = &args.config.config
        && let Some(error) = misplaced_command(name)
    {
        return Err(error.into());
    }
    match &args.resume {
        Some(run) => session::resume(run, args),
        None => session::train(args.config.load()?, args),
    }
}

/// A command where a config should be.
#[derive(Debug, thiserror::Error)]
#[error("`{name}` is not a config; the command `{command}` must come first: gantop {command} …")]
struct BadCommand {
    name: String,
    command: String,
}

/// The error that `name` is neither a preset nor a file, but a command, misspelt or behind an option.
fn misplaced_command(name: &str) -> Option<BadCommand> {
    let cli = Cli::command();
    let commands: Vec<&str> = cli.get_subcommands().map(|command| command.get_name()).collect();
    let configs: Vec<&str> = presets::ALL.iter().map(|preset| preset.name).collect();
    let command = config::nearest(name, &commands)?;
    let is_config = config::nearest(name, &configs).is_some() || std::path::Path::new(name).exists();
    (!is_config).then(|| BadCommand { name: name.to_owned(), command: command.to_owned() })
}

fn list_presets() -> String {
    let width = presets::ALL.iter().map(|preset| preset.name.len()).max().unwrap_or(0);
    presets::ALL.iter().map(|preset| format!("{:width$}  {}\n", preset.name, preset.about())).collect()
}

/// The columns of the terminal that stdout is, if it is one.
fn width() -> Option<usize> {
    let size = output::out().is_terminal().then(crossterm::terminal::size);
    size.and_then(Result::ok).map(|(columns, _)| columns.into()).filter(|&columns| columns > 0)
}

/// Writes to stdout. A reader that has gone away has all it wanted: that is no failure.
fn print(text: &str) -> anyhow::Result<ExitCode> {
    let mut out = output::out();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("cannot write to standard output"),
        _ => Ok(ExitCode::from(exit::DONE)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{DeviceChoice, Theme};

    fn parse(args: &[&str]) -> Cli {
        Cli::try_parse_from(std::iter::once(&"gantop").chain(args)).unwrap()
    }

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn train_is_the_default_command() {
        let args = ["moons", "--seed", "3", "--set", "data.noise=0.2", "--headless", "--theme", "256"];
        let Cli { train: bare, command: None, .. } = parse(&args) else { panic!("no command was named") };
        let Cli { command: Some(Command::Train(named)), .. } = parse(&[&["train"], &args[..]].concat()) else {
            panic!("train was named")
        };
        assert_eq!(format!("{bare:?}"), format!("{named:?}"));
        let config = bare.config.load().unwrap();
        assert_eq!((config.name.as_str(), config.seed), ("moons", 3));
        assert_eq!(bare.display.theme, Some(Theme::Ansi256));
    }

    #[test]
    fn options_lie_on_top_of_set() {
        let Cli { train, .. } = parse(&["--set", "steps=5", "--steps", "7", "--device", "cuda:1"]);
        let config = train.config.load().unwrap();
        assert_eq!((config.steps, config.device), (7, DeviceChoice::Cuda(1)));
    }

    #[test]
    fn bad_config_is_bad_input() {
        let error = parse(&["--set", "seed=x"]).train.config.load().unwrap_err();
        assert_eq!(exit_code(&anyhow::Error::from(error).context("while starting")), exit::BAD_INPUT);
        assert_eq!(exit_code(&anyhow::anyhow!("anything else")), exit::FAILED);
    }
}
