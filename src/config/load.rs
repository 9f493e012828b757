//! From what was asked for to a config.

use std::path::{Path, PathBuf};

use super::error::{Error, Place, Problem};
use super::source::{Origin, Source};
use super::{Config, layers, presets, resolve};

/// The config called `name`, with the `--set` arguments `set` on top, later ones over earlier ones.
///
/// `name` is a file if it contains a slash or ends in `.toml`, else a preset if there is one of that name, else a file;
/// without a name it is the default preset. Where an argument changes the `kind` of a table, what the file says about
/// the old kind alone falls away.
///
/// # Errors
///
/// Everything that is wrong: with the file, its syntax, its keys, its values, or an argument.
pub fn load(name: Option<&str>, set: &[String]) -> Result<Config, Error> {
    load_over(None, name, set)
}

/// As [`load`], over what the person's own file at `user` says. That may speak of [`PERSONAL`] keys alone: what is
/// trained depends on the config, not on who trains it.
///
/// # Errors
///
/// As [`load`]; and whatever is wrong with the person's file.
pub fn load_over(user: Option<&Path>, name: Option<&str>, set: &[String]) -> Result<Config, Error> {
    let (sources, called) = sources(user, name, set)?;
    resolve::resolve(layers::merge(&sources)?, &called)
}

/// The tables that a person's own file may have.
pub const PERSONAL: [&str; 8] = ["device", "threads", "record", "checkpoint", "health", "alerts", "ui", "keys"];

/// The table that a config may not hold: it starts a program on the machine of whoever trains it.
const OF_A_PERSON_ALONE: &str = "alerts";

/// The path of a person's own file, if there is one, given a way to look up environment variables:
/// `$XDG_CONFIG_HOME/gantop/config.toml`, or the same in `~/.config`.
pub fn user_file(env: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let set = |name| env(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let directory = set("XDG_CONFIG_HOME").or_else(|| Some(set("HOME")?.join(".config")))?;
    let file = directory.join("gantop").join("config.toml");
    // One that cannot be looked at is an error to tell, not one that is not there.
    file.try_exists().unwrap_or(true).then_some(file)
}

/// The person's file, the config and the arguments, later ones on top, and what the config is called.
pub(super) fn sources(user: Option<&Path>, name: Option<&str>, set: &[String]) -> Result<(Vec<Source>, String), Error> {
    let name = name.unwrap_or(presets::DEFAULT);
    let base = find(name)?;
    refuse_alerts(&base)?;
    let called = match base.origin {
        Origin::File(_) => Path::new(name).file_stem().map_or(name.into(), |stem| stem.to_string_lossy()),
        _ => name.into(),
    };
    let mut sources: Vec<Source> = user.map(personal).transpose()?.into_iter().collect();
    sources.push(Source { rank: sources.len(), ..base });
    for argument in set {
        sources.push(Source::argument(sources.len(), argument)?);
    }
    Ok((sources, called.into_owned()))
}

/// A person's own file.
fn personal(path: &Path) -> Result<Source, Error> {
    let source = Source::file(path)?;
    let tree = layers::merge(std::slice::from_ref(&source))?;
    let foreign = tree.iter().filter(|(key, _)| !PERSONAL.contains(&key.as_str()));
    let problems: Vec<Problem> = foreign
        .map(|(key, node)| {
            let problem = node.key().problem(format!("`{key}` cannot stand in your own settings"));
            problem.help("say what to train in a config or on the command line").allowed(key, &PERSONAL)
        })
        .collect();
    if problems.is_empty() { Ok(source) } else { Err(Error::new(problems)) }
}

/// Says that a config has what only a person may say, if that is so.
pub(super) fn refuse_alerts(config: &Source) -> Result<(), Error> {
    // What else is wrong is told with all other sources.
    let Ok(tree) = layers::merge(std::slice::from_ref(config)) else { return Ok(()) };
    let Some(node) = tree.get(OF_A_PERSON_ALONE) else { return Ok(()) };
    let problem = node.key().problem(format!(
        "`{OF_A_PERSON_ALONE}` cannot stand in a config, because a config may \
         come from anybody"
    ));
    let help = "it starts a program: set it in your own file, ~/.config/gantop/config.toml, or with --set";
    Err(Error::new(vec![problem.help(help)]))
}

/// The config that `text`, which errors call `label`, is: one that [`Config::to_toml`] wrote.
///
/// # Errors
///
/// Everything that is wrong in it, or what only a person may say: it may come with a stranger's checkpoint.
pub fn parse(text: &str, label: &str) -> Result<Config, Error> {
    let source = Source::preset(label, text);
    refuse_alerts(&source)?;
    resolve::resolve(layers::merge(&[source])?, label)
}

fn find(name: &str) -> Result<Source, Problem> {
    let path = Path::new(name);
    let is_path = name.contains(std::path::is_separator) || name.ends_with(".toml");
    match presets::find(name) {
        Some(preset) if !is_path => Ok(Source::preset(preset.name, preset.text)),
        _ if is_path || path.exists() => Source::file(path).map_err(|problem| {
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            match stem.and_then(presets::find) {
                Some(preset) if !path.exists() => problem.help(format!("the preset is called `{}`", preset.name)),
                _ => problem,
            }
        }),
        _ => {
            let names: Vec<&str> = presets::ALL.iter().map(|preset| preset.name).collect();
            let problem = Problem::new(Place::Nowhere, format!("there is no preset and no file called `{name}`"));
            Err(problem.allowed(name, &names).help("a config file has a slash in its name or ends in .toml"))
        }
    }
}

/// The person's own config file, if there is one.
pub fn own_file() -> Option<PathBuf> {
    user_file(|name| std::env::var(name).ok())
}

/// The person's own config file, with everything else as usual.
///
/// # Errors
///
/// Everything in it that is wrong.
pub fn own() -> Result<Config, Error> {
    own_with(&[])
}

/// The person's own config file, with those of the `key=value` arguments on top that say how alerts leave the screen:
/// nobody but a person says that, so a run that is gone on with has none of its own.
///
/// # Errors
///
/// Everything in it, and in these arguments, that is wrong.
pub fn own_with(arguments: &[String]) -> Result<Config, Error> {
    let of_alerts = |argument: &&String| {
        let key = argument.split_once('=').map_or("", |(key, _)| key);
        key.split('.').next().is_some_and(|table| table.trim() == OF_A_PERSON_ALONE)
    };
    let arguments: Vec<String> = arguments.iter().filter(of_alerts).cloned().collect();
    load_over(own_file().as_deref(), None, &arguments)
}
