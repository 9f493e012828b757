//! The run directory: the resolved config and every due step's metrics, written as the run goes.
//!
//! A [`Recorder`] is a thread of its own, fed through a bounded channel that the trainer blocks on: what goes to disk is
//! complete. When the disk fails, the run goes on and the rows that are missing are counted.

pub mod checkpoints;
pub mod journal;
mod kept;
mod lines;
pub mod metrics;
mod resume;
mod table;

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, TrySendError};

use crate::config::Config;
use crate::link::{Alert, Entry, Report};

use kept::Kept;
pub use lines::{ReadError, Torn};
use table::Table;
pub use table::row_every;

/// The resolved config's file in a run directory.
pub const CONFIG_FILE: &str = "config.toml";
/// The metrics' file in a run directory.
pub const METRICS_FILE: &str = "metrics.csv";

/// The journal's file in a run directory.
pub const JOURNAL_FILE: &str = "journal.jsonl";

/// How many batches of records may wait for the disk before the trainer does.
const CAPACITY: usize = 64;

/// What is wrong with a run directory. Each says all there is to say: it has no source.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be made.
    #[error("run directory {}: cannot be made: {why}", dir.display())]
    Directory { dir: PathBuf, why: io::Error },
    /// It already holds a run, which is never overwritten.
    #[error("{} exists: it may be another run's; give another --run-dir, or move it away", path.display())]
    Exists { path: PathBuf },
    /// A file in it cannot be written.
    #[error("{}: cannot be written: {why}", path.display())]
    Write { path: PathBuf, why: io::Error },
    /// The config has no form in TOML, e.g. a seed beyond its integers.
    #[error("the config cannot be written as TOML: {0}")]
    Config(toml::ser::Error),
    /// Rows are missing from metrics.csv.
    #[error("{}: {missing} rows are missing, {written} are written: {why}", path.display())]
    Incomplete { path: PathBuf, written: u64, missing: u64, why: String },
    /// The recorder's thread could not be started, or broke.
    #[error("the recorder: {0}")]
    Thread(String),
}

impl Error {
    /// Whether another directory would have done: nothing has been lost.
    pub fn is_bad_input(&self) -> bool {
        matches!(self, Error::Directory { .. } | Error::Exists { .. } | Error::Write { .. })
    }
}

/// Writes a run's directory from a thread of its own.
#[derive(Debug)]
pub struct Recorder {
    path: PathBuf,
    /// Dropping it tells the thread to write what waits and end, even while a feed is still held somewhere.
    end: Sender<()>,
    thread: JoinHandle<Recorded>,
}

/// What became of the rows.
#[derive(Debug)]
struct Recorded {
    written: u64,
    missing: u64,
    /// The first thing that went wrong.
    why: Option<String>,
}

impl Recorder {
    /// Makes the directory, writes config.toml and the header of metrics.csv, and starts the thread.
    ///
    /// The sender is for the trainer: it sends the exact records of every step, in order, in batches, and blocks while
    /// the disk does not keep up. The recorder picks the steps that are due ([`row_every`]). Trouble with the disk
    /// later on is told once through `alerts`, without waiting for room there.
    ///
    /// # Errors
    /// The directory cannot be made or written, or a file of a run is already there; then nothing is changed in it.
    pub fn start(dir: &Path, config: &Config, alerts: Sender<Report>) -> Result<(Recorder, Sender<Entry>), Error> {
        let text = config.to_toml().map_err(Error::Config)?;
        fs::create_dir_all(dir).map_err(|why| Error::Directory { dir: dir.to_owned(), why })?;
        let path = dir.join(METRICS_FILE);
        let metrics = create(&path)?;
        resume::lock(&metrics).map_err(|why| Error::Write { path: path.clone(), why })?;
        // The config may be there alone, a person's own: it is not overwritten either.
        let config_path = dir.join(CONFIG_FILE);
        let written = create(&config_path).and_then(|mut file| {
            file.write_all(text.as_bytes()).map_err(|why| {
                // Half a config would be taken for another run's the next time.
                let _ = fs::remove_file(&config_path);
                Error::Write { path: config_path.clone(), why }
            })
        });
        let table = written.and_then(|()| {
            Table::start(metrics, row_every(config)).map_err(|why| Error::Write { path: path.clone(), why })
        });
        match table {
            Ok(table) => Recorder::spawn(path, table, Some(Kept::open(dir, config)?), alerts),
            Err(error) => {
                // Ours, new and without a row: do not leave it to be mistaken for a run.
                let _ = fs::remove_file(&path);
                Err(error)
            }
        }
    }

    /// Takes the directory of a run up again, at a checkpoint of it that was made when metrics.csv had so many rows.
    /// Later rows go: they are of steps that will be done again. The rest is as in [`Recorder::start`].
    ///
    /// # Errors
    /// config.toml or metrics.csv cannot be written, or metrics.csv is of another version.
    pub fn resume(
        dir: &Path,
        config: &Config,
        rows: u64,
        alerts: Sender<Report>,
    ) -> Result<(Recorder, Sender<Entry>), Error> {
        let text = config.to_toml().map_err(Error::Config)?;
        let (config_path, path) = (dir.join(CONFIG_FILE), dir.join(METRICS_FILE));
        resume::replace(&config_path, &text).map_err(|why| Error::Write { path: config_path, why })?;
        let file = resume::cut(&path, &table::header(), rows);
        let file = file.map_err(|why| Error::Write { path: path.clone(), why })?;
        let table = Table::resume(file, row_every(config), rows);
        Recorder::spawn(path, table, Some(Kept::open(dir, config)?), alerts)
    }

    fn spawn(
        path: PathBuf,
        table: Table,
        kept: Option<Kept>,
        alerts: Sender<Report>,
    ) -> Result<(Recorder, Sender<Entry>), Error> {
        let (feed, entries) = crossbeam_channel::bounded(CAPACITY);
        let (end, ended) = crossbeam_channel::bounded(0);
        let name = path.display().to_string();
        let thread = thread::Builder::new()
            .name("recorder".to_owned())
            .spawn(move || work(table, kept, &name, &entries, &ended, &alerts))
            .map_err(|e| Error::Thread(e.to_string()))?;
        Ok((Recorder { path, end, thread }, feed))
    }

    /// Waits until everything sent so far is written, and says how many rows metrics.csv has.
    ///
    /// Call it when the trainer has sent its last batch: what is sent later is refused by the channel.
    ///
    /// # Errors
    /// Rows are missing, with their number and the first reason.
    pub fn finish(self) -> Result<u64, Error> {
        drop(self.end);
        let recorded =
            self.thread.join().map_err(|_| Error::Thread("its thread broke; rows may be missing".to_owned()))?;
        match recorded {
            Recorded { written, missing: 0, .. } => Ok(written),
            Recorded { written, missing, why } => {
                Err(Error::Incomplete { path: self.path, written, missing, why: why.unwrap_or_default() })
            }
        }
    }
}

/// A new file that is only appended to.
fn create(path: &Path) -> Result<File, Error> {
    OpenOptions::new().append(true).create_new(true).open(path).map_err(|why| match why.kind() {
        io::ErrorKind::AlreadyExists => Error::Exists { path: path.to_owned() },
        _ => Error::Write { path: path.to_owned(), why },
    })
}

fn work(
    mut table: Table,
    mut kept: Option<Kept>,
    name: &str,
    entries: &Receiver<Entry>,
    ended: &Receiver<()>,
    alerts: &Sender<Report>,
) -> Recorded {
    let mut why = None;
    // What is kept while there is no room to tell it. Trouble with the table is told once.
    let mut untold = VecDeque::new();
    let mut take = |entry: Entry| {
        let batch = match entry {
            Entry::Steps(batch) => batch,
            Entry::Said(report) => {
                kept.iter_mut().for_each(|kept| kept.say(&report));
                return;
            }
            Entry::Checkpoint(checkpoint) => {
                let saved = |kept: &mut Kept| kept.save(&checkpoint, table.written());
                untold.extend(kept.as_mut().map(saved));
                Vec::new()
            }
        };
        if let Err(e) = table.append(&batch)
            && why.is_none()
        {
            why = Some(e.to_string());
            let text = format!("{name}: cannot be written: {e}; the run goes on, rows are missing from here");
            untold.push_back(Report::Alert(Alert { step: batch.last().map_or(0, |r| r.step), text }));
        }
        while let Some(report) = untold.pop_front() {
            if let Err(TrySendError::Full(report)) = alerts.try_send(report) {
                untold.push_front(report);
                break;
            }
        }
    };
    loop {
        crossbeam_channel::select! {
            recv(entries) -> entry => match entry {
                Ok(entry) => take(entry),
                Err(_) => break,
            },
            recv(ended) -> _ => {
                entries.try_iter().for_each(&mut take);
                break;
            }
        }
    }
    Recorded { written: table.written(), missing: table.missing(), why }
}

#[cfg(test)]
mod tests;
