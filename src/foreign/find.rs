//! The files that belong to a run: where a person names a directory, its event files, else its JSON, else its tables.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::axis::rank_of_step;
use super::sink::Origin;
use crate::run::{CONFIG_FILE, JOURNAL_FILE, METRICS_FILE, ReadError};
use crate::system::files::{self, Entry, Identity};

/// The most files of a run that are read.
pub const MOST_FILES: usize = 256;
/// The depth below a directory to which runs, and files of a run, are looked for.
const DEPTH: usize = 5;
/// The most directories that are looked into.
const MOST_DIRECTORIES: usize = 2000;
/// Bytes at a file's beginning that tell what it is.
const BEGINNING: usize = 1 << 14;

/// The kind of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// TensorBoard's event file.
    Events,
    /// An object of JSON a line.
    Lines,
    /// A document of JSON.
    Document,
    /// A table of text.
    Table,
}

/// A file of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct LogFile {
    pub path: PathBuf,
    pub kind: Kind,
    pub origin: Origin,
}

impl LogFile {
    /// The error that it cannot be read.
    pub fn unreadable(&self, why: io::Error) -> ReadError {
        ReadError::File { path: self.path.clone(), why }
    }
}

impl Kind {
    /// The name of such files, for a person.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Events => "TensorBoard event files",
            Kind::Lines => "JSON lines",
            Kind::Document => "JSON",
            Kind::Table => "a table of text",
        }
    }

    /// The kind of a file by its name, if that says so.
    fn of_name(path: &Path) -> Option<Kind> {
        let name = path.file_name()?.to_string_lossy().to_lowercase();
        let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
        match () {
            () if name.contains("tfevents") => Some(Kind::Events),
            () if ends(&[".jsonl", ".ndjson", ".log.json"]) => Some(Kind::Lines),
            () if ends(&[".json"]) => Some(Kind::Document),
            () if ends(&[".csv", ".tsv"]) => Some(Kind::Table),
            () => None,
        }
    }

    /// The kind of a file that a person names, whatever its name.
    fn of_file(path: &Path) -> Kind {
        let beginning = || files::beginning(path, BEGINNING).unwrap_or_default();
        match Kind::of_name(path) {
            // Many a log of lines is called so.
            Some(Kind::Document) if has_object_in_first_line(&beginning()) => Kind::Lines,
            Some(kind) => kind,
            None => match beginning() {
                bytes if bytes.starts_with(b"{") => Kind::Lines,
                // The length of the first event: a small number.
                bytes if bytes.get(1..8).is_some_and(|high| high.iter().all(|byte| *byte == 0)) => Kind::Events,
                _ => Kind::Table,
            },
        }
    }
}

/// Whether the first line is an object by itself, and more follows.
fn has_object_in_first_line(bytes: &[u8]) -> bool {
    let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else { return false };
    let rest = bytes[end..].iter().any(|byte| !byte.is_ascii_whitespace());
    rest && super::object::parse(&bytes[..end]).is_ok_and(|value| value.is_object())
}

/// Whether gantop itself has recorded a run here.
pub fn is_own(dir: &Path) -> bool {
    let is_there = |name: &str| matches!(files::kind(&dir.join(name)), Ok(Some(_)));
    let own_table = || files::beginning(&dir.join(METRICS_FILE), 13).is_ok_and(|header| header == b"step,seconds,");
    is_there(CONFIG_FILE) && (is_there(JOURNAL_FILE) || own_table() || files_of(dir).is_empty())
}

/// The runs at a path: the path itself where it is one, else those below it, the one that was written last first.
pub fn runs(path: &Path) -> Vec<PathBuf> {
    if !files_of(path).is_empty() {
        return vec![path.to_owned()];
    }
    let mut found: Vec<(Option<SystemTime>, PathBuf)> = Vec::new();
    let mut visited = HashSet::new();
    let mut open = vec![(path.to_owned(), 0)];
    while let Some((dir, depth)) = open.pop() {
        for (inner, identity) in folders(&dir) {
            if visited.len() == MOST_DIRECTORIES || !visited.insert(identity) || is_own(&inner) {
                continue;
            }
            let own = files_of(&inner);
            match own.is_empty() {
                false => {
                    let written = own.iter().filter_map(|file| files::modified(&file.path)).max();
                    found.push((written, inner));
                }
                true if depth < DEPTH => open.push((inner, depth + 1)),
                true => {}
            }
        }
    }
    found.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    found.into_iter().map(|(_, dir)| dir).collect()
}

/// The advice where there is no run, to stand behind a sentence.
pub fn advice(dir: &Path) -> &'static str {
    let wandb = |path: &Path| {
        files::entries(path).unwrap_or_default().iter().any(|entry| entry.name.as_encoded_bytes().ends_with(b".wandb"))
    };
    let has = wandb(dir) || folders(dir).iter().any(|(inner, _)| wandb(inner));
    if has {
        "; Weights & Biases' own .wandb files cannot be read: log to TensorBoard beside it, or export a CSV"
    } else {
        ""
    }
}

/// The files of the run at a path, in the order in which they are read; none where there is no run.
pub fn files_of(path: &Path) -> Vec<LogFile> {
    if files::is_file(path) {
        let origin = Origin { leads: true, ..Origin::default() };
        return vec![LogFile { path: path.to_owned(), kind: Kind::of_file(path), origin }];
    }
    let Ok(entries) = files::entries(path) else { return Vec::new() };
    let plain = |entry: &&Entry| entry.folder.is_none() && !is_hidden(entry);
    let names = entries.iter().filter(plain).map(|entry| path.join(&entry.name));
    // A pipe or a device is nobody's log.
    let names: Vec<PathBuf> = names.filter(|name| files::is_file(name)).collect();
    let of = |kind: Kind| names.iter().filter(move |name| Kind::of_name(name) == Some(kind)).cloned();
    let mut found: Vec<LogFile> =
        of(Kind::Events).map(|path| log_file(path, Kind::Events, String::new(), true)).collect();
    if !found.is_empty() {
        beside(path, "", 0, &mut HashSet::new(), &mut found);
    } else {
        let own = |path: &PathBuf| path.file_name().is_some_and(|name| name == JOURNAL_FILE);
        let lines: Vec<PathBuf> = of(Kind::Lines).filter(|path| !own(path) && begins_with_object(path)).collect();
        let documents: Vec<PathBuf> =
            of(Kind::Document).filter(|path| is_history(path)).chain(checkpoint_state(path)).collect();
        found.extend(prefixed(lines, Kind::Lines));
        found.extend(documents.into_iter().take(1).map(|path| log_file(path, Kind::Document, String::new(), true)));
        if found.is_empty() {
            found.extend(prefixed(tables(of(Kind::Table).collect()), Kind::Table));
        }
    }
    found.truncate(MOST_FILES);
    for (at, file) in found.iter_mut().enumerate() {
        file.origin.file = at;
    }
    found
}

fn log_file(path: PathBuf, kind: Kind, prefix: String, leads: bool) -> LogFile {
    LogFile { path, kind, origin: Origin { prefix, file: 0, leads } }
}

fn is_hidden(entry: &Entry) -> bool {
    entry.name.as_encoded_bytes().starts_with(b".")
}

/// The directories in a directory that are not hidden, and what tells them from others.
fn folders(dir: &Path) -> Vec<(PathBuf, Identity)> {
    let entries = files::entries(dir).unwrap_or_default();
    let folder = |entry: Entry| Some((dir.join(&entry.name), entry.folder?)).filter(|_| !is_hidden(&entry));
    entries.into_iter().filter_map(folder).collect()
}

/// The event files in the directories below a run's own, as `add_scalars` and `add_hparams` make them: the path to each
/// stands before its tags.
fn beside(dir: &Path, prefix: &str, depth: usize, visited: &mut HashSet<Identity>, found: &mut Vec<LogFile>) {
    for (inner, identity) in folders(dir) {
        if found.len() >= MOST_FILES || depth >= DEPTH || visited.len() == MOST_DIRECTORIES || !visited.insert(identity)
        {
            return;
        }
        let name = inner.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let prefix = format!("{prefix}{name}/");
        let entries = files::entries(&inner).unwrap_or_default();
        let events = entries.iter().filter(|entry| entry.folder.is_none()).map(|entry| inner.join(&entry.name));
        let events = events.filter(|path| Kind::of_name(path) == Some(Kind::Events));
        found.extend(events.map(|path| log_file(path, Kind::Events, prefix.clone(), false)));
        beside(&inner, &prefix, depth + 1, visited, found);
    }
}

fn begins_with_object(path: &Path) -> bool {
    // One that is empty may become one.
    files::beginning(path, 1).is_ok_and(|byte| byte.is_empty() || byte == b"{")
}

fn is_history(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    name == "trainer_state.json" || name == "history.json"
}

/// The state that a Hugging Face trainer has left with its newest checkpoint: it holds the whole past.
fn checkpoint_state(dir: &Path) -> Option<PathBuf> {
    let number = |path: &Path| path.file_name()?.to_str()?.strip_prefix("checkpoint-")?.parse::<u64>().ok();
    let checkpoints =
        folders(dir).into_iter().filter_map(|(path, _)| Some((number(&path)?, path.join("trainer_state.json"))));
    Some(checkpoints.filter(|(_, state)| files::is_file(state)).max()?.1)
}

/// Of several tables those that have a step: others are hardly logs.
fn tables(mut tables: Vec<PathBuf>) -> Vec<PathBuf> {
    if tables.len() > 1 {
        tables.truncate(MOST_FILES);
        let has_step = |path: &PathBuf| {
            let beginning = files::beginning(path, BEGINNING).unwrap_or_default();
            let header = beginning.split(|byte| *byte == b'\n').next().unwrap_or_default();
            String::from_utf8_lossy(header)
                .split([',', ';', '\t'])
                .any(|name| rank_of_step(name.trim_matches(['"', '\r', ' '])).is_some())
        };
        tables.retain(has_step);
    }
    tables
}

/// Files of a kind; of several, those whose names are no usual ones have them before their tags.
fn prefixed(paths: Vec<PathBuf>, kind: Kind) -> Vec<LogFile> {
    const USUAL: [&str; 6] = ["metrics", "stats", "log", "logs", "history", "progress"];
    let several = paths.len() > 1;
    let file = |path: PathBuf| {
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let usual = !several || USUAL.contains(&stem.as_str()) || stem.starts_with("metric-");
        log_file(path, kind, if usual { String::new() } else { format!("{stem}/") }, usual)
    };
    paths.into_iter().map(file).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes files with these contents below a new directory.
    fn made(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, content) in files {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        dir
    }

    /// The files of the run in a directory, by their names, with their kinds and prefixes.
    fn found(dir: &Path) -> Vec<(String, Kind, String)> {
        let name = |file: LogFile| {
            let path = file.path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
            (path, file.kind, file.origin.prefix)
        };
        files_of(dir).into_iter().map(name).collect()
    }

    #[test]
    fn event_files_come_before_json_and_json_before_tables() {
        let dir = made(&[
            ("stats.jsonl", "{}"),
            ("metrics.csv", "step,a\n"),
            ("events.out.tfevents.2.host", ""),
            ("events.out.tfevents.1.host", ""),
            ("loss_D/events.out.tfevents.3.host", ""),
            ("notes.txt", ""),
        ]);
        let names: Vec<_> = found(dir.path()).into_iter().map(|(name, _, prefix)| (name, prefix)).collect();
        let wanted = [
            ("events.out.tfevents.1.host", ""),
            ("events.out.tfevents.2.host", ""),
            ("loss_D/events.out.tfevents.3.host", "loss_D/"),
        ];
        assert_eq!(names, wanted.map(|(name, prefix)| (name.to_owned(), prefix.to_owned())));
        let dir = made(&[
            ("stats.jsonl", "{}"),
            ("metric-fid50k.jsonl", "{}"),
            ("other.jsonl", "{}"),
            ("list.jsonl", "[]"),
            ("metrics.csv", "step,a\n"),
        ]);
        let prefixes = found(dir.path());
        let of = |name: &str, prefix: &str| (name.to_owned(), Kind::Lines, prefix.to_owned());
        assert_eq!(prefixes, [of("metric-fid50k.jsonl", ""), of("other.jsonl", "other/"), of("stats.jsonl", "")]);
    }

    #[test]
    fn the_newest_checkpoint_of_a_trainer_holds_its_past() {
        let dir = made(&[
            ("checkpoint-9/trainer_state.json", "{}"),
            ("checkpoint-100/trainer_state.json", "{}"),
            ("config.json", "{}"),
        ]);
        assert_eq!(
            found(dir.path()),
            [("checkpoint-100/trainer_state.json".to_owned(), Kind::Document, String::new())]
        );
    }

    #[test]
    fn of_several_tables_those_with_a_step_are_logs() {
        let dir = made(&[("train.csv", "epoch,loss\n"), ("val.csv", "\"Epoch\",loss\n"), ("data.csv", "x,y\n")]);
        let prefixes: Vec<String> = found(dir.path()).into_iter().map(|(_, _, prefix)| prefix).collect();
        assert_eq!(prefixes, ["train/", "val/"]);
        assert_eq!(found(made(&[("data.csv", "x,y\n")]).path()).len(), 1);
    }

    #[test]
    fn runs_are_found_below_a_directory_and_gantops_own_are_not_foreign() {
        let dir = made(&[
            ("a/version_0/metrics.csv", "step,x\n"),
            ("b/events.out.tfevents.1.h", ""),
            ("b/sub/events.out.tfevents.1.h", ""),
            ("own/config.toml", ""),
            ("own/journal.jsonl", "{}"),
            ("own/metrics.csv", "step,seconds,bound\n"),
            (".hidden/metrics.csv", "step,x\n"),
            ("config/config.toml", ""),
            ("config/metrics.csv", "epoch,step,x\n"),
        ]);
        let mut names: Vec<_> =
            runs(dir.path()).into_iter().map(|run| run.strip_prefix(dir.path()).unwrap().to_owned()).collect();
        names.sort();
        assert_eq!(names, ["a/version_0", "b", "config"].map(PathBuf::from));
        assert!(is_own(&dir.path().join("own")) && !is_own(&dir.path().join("config")));
        assert_eq!(runs(&dir.path().join("b")).len(), 1);
        assert!(runs(&dir.path().join("none")).is_empty());
    }

    #[test]
    fn a_file_that_is_named_is_known_by_its_content() {
        let dir = made(&[
            ("x.log.json", "{}\n"),
            ("a.json", "{\"a\":1}\n{\"a\":2}\n"),
            ("b.json", "{\n\"a\": [1]}"),
            ("log", "{\"a\":1}\n"),
            ("t.txt", "a,b\n"),
        ]);
        let kind = |name: &str| Kind::of_file(&dir.path().join(name));
        assert_eq!([kind("x.log.json"), kind("a.json"), kind("log")], [Kind::Lines; 3]);
        assert_eq!((kind("b.json"), kind("t.txt")), (Kind::Document, Kind::Table));
        std::fs::write(dir.path().join("e"), [24, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]).unwrap();
        assert_eq!(kind("e"), Kind::Events);
    }
}
