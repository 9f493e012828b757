//! The checkpoints of a run directory: which there are, which is next, which go.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{CONFIG_FILE, folder};
use crate::config::{Checkpoints, Config, Prefer};
use crate::domain::{MetricId, MetricTable, Metrics};
use crate::link::Saved;
use crate::link::checkpoint::{self, Checkpoint, EXTENSION, Header, Reason};
use crate::system::files::{self, Directory, PARTIAL};

/// The checkpoints' folder in a run directory.
pub const FOLDER: &str = "checkpoints";

/// A file that is or should be a checkpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub path: PathBuf,
    /// Seconds since it was written, if the system knows.
    pub age: Option<f64>,
    /// Its header, or the problem with it.
    pub header: Result<Header, String>,
}

/// Writes a run's checkpoints and removes those that are not to be kept.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    config: Checkpoints,
    /// The metric that decides which is best.
    best: Option<MetricId>,
    /// The number of the next one.
    next: u64,
    /// The checkpoints that may go, by number.
    kept: BTreeMap<u64, Kept>,
}

#[derive(Debug)]
struct Kept {
    path: PathBuf,
    /// The value of the metric that decides which is best.
    value: Option<f32>,
}

impl Store {
    /// The checkpoints of the run in `directory`, which has these metrics. Makes no folder before the first one; what a
    /// process that was killed left half written is removed.
    pub fn open(directory: &Path, config: &Checkpoints, metrics: &MetricTable) -> Store {
        let folder = directory.join(FOLDER);
        if let Ok(inside) = Directory::open(directory).and_then(|dir| dir.folder(FOLDER)) {
            for name in inside.names().unwrap_or_default() {
                // What cannot be removed is in nobody's way: it is not named as a checkpoint is.
                if name.extension() == Some(OsStr::new(PARTIAL)) {
                    let _ = inside.remove(&name);
                }
            }
        }
        let mut store =
            Store { folder, config: config.clone(), best: metrics.find(&config.best), next: 1, kept: BTreeMap::new() };
        for item in list(directory).unwrap_or_default() {
            if let Ok(header) = item.header {
                store.next = store.next.max(header.ordinal.saturating_add(1));
                store.remember(header.ordinal, header.info.reason, header.info.metrics.as_ref(), item.path);
            }
        }
        store
    }

    /// Writes a checkpoint of a run whose metrics.csv has so many rows, then removes those that are not to be kept. One
    /// that the run directory has no place for goes to the directory for such, if there is one, named after the run: gives
    /// besides why.
    pub fn save(&mut self, checkpoint: &Checkpoint, rows: u64) -> (Saved, Option<String>) {
        let (ordinal, step) = (self.next, checkpoint.info.step);
        let write = |folder: &Path, inside: io::Result<Directory>, begins: &str| {
            let inside = inside.map_err(|error| format!("{}: cannot be written to: {error}", folder.display()))?;
            let name = free(&inside, begins, step);
            let written = checkpoint::write_in(checkpoint, ordinal, rows, &inside, &name);
            written.map(|()| folder.join(name)).map_err(|error| error.to_string())
        };
        let written = write(&self.folder, self.inside(true), "");
        if let Ok(path) = &written {
            self.next += 1;
            self.remember(ordinal, checkpoint.info.reason, checkpoint.info.metrics.as_ref(), path.clone());
            self.clear();
        }
        let (file, why) = match (written, self.config.fallback_dir.as_deref()) {
            (Err(why), Some(folder)) => {
                let run = self.folder.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
                let inside = files::make_all(folder).and_then(|()| Directory::open(folder));
                // What comes there stays.
                match write(folder, inside, &format!("{run}-")) {
                    Ok(path) => (Ok(path), Some(why)),
                    Err(too) => (Err(format!("{why}; {too}")), None),
                }
            }
            (written, _) => (written, None),
        };
        (Saved { step, reason: checkpoint.info.reason, file }, why)
    }

    /// The folder itself, wherever its path leads by now; made if that is asked for.
    fn inside(&self, make: bool) -> io::Result<Directory> {
        let run = Directory::open(self.folder.parent().unwrap_or(Path::new(".")))?;
        if make { run.make_folder(FOLDER) } else { run.folder(FOLDER) }
    }

    fn remember(&mut self, ordinal: u64, reason: Reason, metrics: Option<&Metrics>, path: PathBuf) {
        let value = self.best.and_then(|best| metrics?.get(best)).filter(|value| value.is_finite());
        // What a person asked for stays.
        if reason != Reason::Asked {
            self.kept.insert(ordinal, Kept { path, value });
        }
    }

    /// Removes all but the latest and the best.
    fn clear(&mut self) {
        if self.config.keep == 0 {
            return;
        }
        let sign = if self.config.prefer == Prefer::Min { 1.0 } else { -1.0 };
        let valued = self.kept.iter().filter_map(|(ordinal, kept)| Some((sign * kept.value?, *ordinal)));
        // Of equals the latest, which the person knows.
        let best = valued.min_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1))).map(|(_, ordinal)| ordinal);
        let old = self.kept.len().saturating_sub(self.config.keep);
        let go: Vec<u64> = self.kept.keys().copied().take(old).filter(|ordinal| Some(*ordinal) != best).collect();
        for ordinal in go {
            if let Some(kept) = self.kept.remove(&ordinal) {
                // One that cannot be removed is one too many, no more.
                let name = kept.path.file_name().map(Path::new);
                let _ = self.inside(false).and_then(|inside| name.map_or(Ok(()), |name| inside.remove(name)));
            }
        }
    }
}

/// A name that is not taken in the folder, and begins so. A branch comes to the same steps again.
fn free(inside: &Directory, begins: &str, step: u64) -> PathBuf {
    let named = |again: u64| match again {
        1 => PathBuf::from(format!("{begins}step-{step:09}.{EXTENSION}")),
        _ => PathBuf::from(format!("{begins}step-{step:09}-{again}.{EXTENSION}")),
    };
    (1..).map(named).find(|name| !inside.has(name)).unwrap_or_else(|| named(0))
}

/// The checkpoints in a run directory, the newest first; those that cannot be read come last.
///
/// # Errors
/// The folder cannot be read; one that is not there is empty.
pub fn list(directory: &Path) -> io::Result<Vec<Item>> {
    let now = SystemTime::now();
    let age = |path: &Path| {
        let written = crate::system::files::modified(path)?;
        Some(now.duration_since(written).unwrap_or_default().as_secs_f64())
    };
    let peek = |path: &Path| checkpoint::peek(path).map_err(|error| error.to_string());
    let paths = files(&directory.join(FOLDER), EXTENSION)?;
    let mut items: Vec<Item> =
        paths.into_iter().map(|path| Item { age: age(&path), header: peek(&path), path }).collect();
    let rank = |item: &Item| item.header.as_ref().map_or(0, |header| header.ordinal);
    items.sort_by(|a, b| rank(b).cmp(&rank(a)).then_with(|| b.path.cmp(&a.path)));
    Ok(items)
}

/// That there is no checkpoint where a person means one.
#[derive(Debug, thiserror::Error)]
pub enum NotFound {
    #[error(transparent)]
    Unclear(#[from] folder::Unclear),
    /// The run has none that can be read.
    #[error("{0}")]
    Run(String),
    #[error(transparent)]
    File(#[from] checkpoint::Error),
}

/// The checkpoint that a person means by `named`, with its file: a file itself, or the newest of a run, which is found
/// as by [`folder::find`].
///
/// # Errors
/// There is none, or more than one run may be meant.
pub fn find(named: &Path) -> Result<(PathBuf, Checkpoint), NotFound> {
    let run = folder::find(named)?;
    if run.is_dir() {
        let (_, file, checkpoint, _) = newest(&run).map_err(NotFound::Run)?;
        return Ok((file, checkpoint));
    }
    let checkpoint = checkpoint::read(&run)?;
    Ok((run, checkpoint))
}

/// The newest checkpoint in a run directory that can be read, with its file and header, and what is wrong with those
/// that should have been newer.
///
/// # Errors
/// There is none, with what is wrong with those that are there.
pub fn newest(directory: &Path) -> Result<(Header, PathBuf, Checkpoint, Vec<String>), String> {
    let items = list(directory).map_err(|error| format!("{}: cannot be read: {error}", directory.display()))?;
    // Where those would stand of which nothing is known, nobody knows: one may have been the newest.
    let mut damaged: Vec<String> = items.iter().filter_map(|item| item.header.clone().err()).collect();
    for item in items {
        let Ok(header) = item.header else { continue };
        match checkpoint::read(&item.path) {
            Ok(checkpoint) => return Ok((header, item.path, checkpoint, damaged)),
            Err(error) => damaged.push(error.to_string()),
        }
    }
    let why = if damaged.is_empty() { String::new() } else { format!(": {}", damaged.join("; ")) };
    Err(format!("{} has no checkpoint that can be read{why}", directory.display()))
}

/// The config of a run whose config.toml is empty, as a loss of power early in the run leaves it: its newest
/// checkpoint's. None if the file is not empty.
///
/// # Errors
/// No checkpoint knows the config; for a person.
pub fn lost_config(directory: &Path) -> Option<Result<Config, String>> {
    crate::system::files::read(&directory.join(CONFIG_FILE), 0).ok()?;
    let known = list(directory).unwrap_or_default().into_iter().find_map(|item| item.header.ok());
    let why = || format!("{CONFIG_FILE} is empty, and there is no checkpoint that knows the config");
    Some(known.map(|header| header.info.config).ok_or_else(why))
}

/// The name of a checkpoint's file, by which the journal knows it.
pub fn name(file: &Path) -> String {
    file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// The files in a folder whose names end so.
fn files(folder: &Path, ending: &str) -> io::Result<Vec<PathBuf>> {
    let inside = match Directory::open(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        inside => inside?,
    };
    let names = inside.names()?.into_iter().filter(|name| name.extension() == Some(OsStr::new(ending)));
    Ok(names.map(|name| folder.join(name)).collect())
}

#[cfg(test)]
mod tests;
