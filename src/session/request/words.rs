//! The words that a shell completes on the command line: presets, runs, keys of the config and their values.
//!
//! The shell asks the program itself ([`VARIABLE`] is set then), so that what is completed is what there is now.

use std::ffi::OsStr;
use std::path::Path;

use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter};

use crate::config::{live, presets, reference};
use crate::run::folder;
use crate::run::summary::Summary;
use crate::system::{files, output};

/// The variable by which a shell asks for completions.
pub const VARIABLE: &str = "GANTOP_COMPLETE";

/// A preset, or a config's file.
pub fn configs() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let presets = presets::ALL.iter().map(|preset| (preset.name.to_owned(), preset.about().to_owned()));
        let mut found = fitting(typed, presets);
        found.extend(paths(|path| path.extension().is_some_and(|ending| ending == "toml")).complete(typed));
        found
    })
}

/// A run: a name in `runs`, or a directory.
pub fn runs() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| named_runs(typed, &paths(files::is_directory)))
}

/// A run, or whatever has files of another program's run.
pub fn runs_and_files() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| named_runs(typed, &paths(|_| true)))
}

/// Paths of such files; one that would command a terminal is left out.
fn paths(are: impl Fn(&Path) -> bool + Send + Sync + 'static) -> PathCompleter {
    PathCompleter::any()
        .filter(move |path| path.to_str().is_some_and(|path| !path.contains(output::is_unsafe)) && are(path))
}

fn named_runs(typed: &OsStr, paths: &PathCompleter) -> Vec<CompletionCandidate> {
    let runs = Path::new(folder::RUNS);
    let mut names = folder::names(runs);
    names.sort_unstable_by(|a, b| b.cmp(a));
    let newest = (!names.is_empty()).then(|| (folder::NEWEST.to_owned(), "the newest run".to_owned()));
    let about = |name: String| {
        let about = state(&runs.join(&name));
        (name, about)
    };
    let mut found = fitting(typed, newest.into_iter().chain(names.into_iter().map(about)));
    found.extend(paths.complete(typed));
    found
}

/// A word on how the run in `dir` stands.
fn state(dir: &Path) -> String {
    match (folder::is_written(dir), Summary::read(dir)) {
        (true, _) => "goes on".to_owned(),
        (false, Ok(Some(summary))) => format!("{} at step {}", summary.state, summary.steps),
        (false, _) => String::new(),
    }
}

/// `KEY=VALUE` with a key of the config; behind `=` the names that it may have.
pub fn assignments() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let Some(text) = typed.to_str() else { return Vec::new() };
        let settings = reference::settings();
        match text.split_once('=') {
            None => {
                let keys = settings.into_iter().map(|setting| (format!("{}=", setting.key), setting.about.to_owned()));
                fitting(typed, keys)
            }
            Some((key, _)) => {
                let names = settings.into_iter().filter(|setting| setting.key == key).flat_map(|setting| setting.names);
                fitting(typed, names.map(|name| (format!("{key}={name}"), String::new())))
            }
        }
    })
}

/// A key that can change while a run goes on, or a name that one may be set to: what was typed before is not told.
pub fn live() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let settings = reference::settings();
        let about = |key: &str| settings.iter().find(|setting| setting.key == key).map_or("", |setting| setting.about);
        let keys = live::names().into_iter().map(|key| (key.to_owned(), about(key).to_owned()));
        let names = live::names().into_iter().flat_map(names_of);
        fitting(typed, keys.chain(names))
    })
}

/// A name that a key which can change while a run goes on may be set to.
pub fn live_names(key: &'static str) -> ArgValueCompleter {
    ArgValueCompleter::new(move |typed: &OsStr| fitting(typed, names_of(key)))
}

fn names_of(key: &'static str) -> impl Iterator<Item = (String, String)> {
    live::values(key).into_iter().map(move |name| (name.to_owned(), format!("of {key}")))
}

/// The words that begin with what is typed, each once, with what is said of it; a name that would command a terminal is
/// left out.
pub fn fitting(typed: &OsStr, words: impl IntoIterator<Item = (String, String)>) -> Vec<CompletionCandidate> {
    let Some(typed) = typed.to_str() else { return Vec::new() };
    let mut found: Vec<(String, String)> = Vec::new();
    for (word, about) in words {
        let new = found.iter().all(|(known, _)| *known != word);
        if new && word.starts_with(typed) && !word.contains(output::is_unsafe) {
            found.push((word, output::one_line(&about)));
        }
    }
    let candidate = |(word, about): (String, String)| {
        CompletionCandidate::new(word).help((!about.is_empty()).then(|| about.into()))
    };
    found.into_iter().map(candidate).collect()
}
