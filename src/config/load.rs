//! From what was asked for to a config.

use std::path::Path;

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
    let name = name.unwrap_or(presets::DEFAULT);
    let base = find(name)?;
    let called = match base.origin {
        Origin::File(_) => Path::new(name).file_stem().map_or(name.into(), |stem| stem.to_string_lossy()),
        _ => name.into(),
    };
    let mut sources = vec![base];
    for argument in set {
        sources.push(Source::argument(sources.len(), argument)?);
    }
    resolve::resolve(layers::merge(&sources)?, &called)
}

/// The config that `text`, which errors call `label`, is: one that [`Config::to_toml`] wrote.
///
/// # Errors
///
/// Everything that is wrong in it.
pub fn parse(text: &str, label: &str) -> Result<Config, Error> {
    let source = [Source::preset(label, text)];
    resolve::resolve(layers::merge(&source)?, label)
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
