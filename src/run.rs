//! The run directory: the resolved config, every due step's metrics and all that happened, written as the run goes.
//!
//! A [`Recorder`] is a thread of its own, fed through a bounded channel that the trainer blocks on: what goes to disk
//! is complete, and is handed to the system at once, so that a process that dies loses nothing that came in. When the
//! disk fails, the run goes on and what is missing is counted. [`metrics`], [`journal`] and [`summary`] read the files
//! back.
//!
//! It uses `domain`, `system`, `config`, `link` and `truth`. Start reading at `keeper`, the thread, then `replayer`,
//! which reads it all back.

mod append;
pub mod branches;
pub mod checkpoints;
pub mod differences;
pub mod folder;
mod happened;
pub mod journal;
mod keeper;
pub mod labels;
mod lines;
pub mod list;
pub mod log;
pub mod metrics;
mod old_reasons;
pub mod removal;
pub mod replayer;
mod resume;
pub mod row;
pub mod summary;
mod table;
pub mod tensorboard;

use std::io;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

use crossbeam_channel::Sender;

use crate::config::Config;
use crate::domain::MetricTable;
use crate::link::{self, Entry, Report};
use crate::system::files;
use crate::truth::Analysis;

use append::Appender;
use keeper::{Keeper, Recorded, Seen};
pub use lines::{Lines, ReadError, Torn};
pub use resume::Hold;
use table::Table;
pub use table::row_every;
use tensorboard::Events;

/// The resolved config's file in a run directory.
pub const CONFIG_FILE: &str = "config.toml";
/// The metrics' file in a run directory.
pub const METRICS_FILE: &str = "metrics.csv";
/// The journal's file in a run directory.
pub const JOURNAL_FILE: &str = "journal.jsonl";
/// The file in a run directory that says how the run ended.
pub const SUMMARY_FILE: &str = "summary.json";
/// The socket in a run directory, and the file that says where it is instead.
pub const SOCKET_FILE: &str = "socket";
pub const SOCKET_SIGN_FILE: &str = "socket.json";
/// The directory of the event files in a run directory.
pub const TENSORBOARD_DIR: &str = "tensorboard";
/// The file in a run directory for standard error while the dashboard is shown, and for trouble with the disk.
pub const LOG_FILE: &str = "gantop.log";

/// The most batches of records that wait for the disk before the trainer does.
const CAPACITY: usize = 64;

/// A problem with a run directory. Each says all there is to say: it has no source.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be made.
    #[error("run directory {}: cannot be made: {why}; give another --run-dir, or --no-record", dir.display())]
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
    /// Something of the run is not on disk.
    #[error(
        "run directory {}: {missing} rows of metrics.csv are missing, {written} are written; {missing_events} lines of \
         journal.jsonl are missing{}: {why}",
        dir.display(),
        lost.map_or_else(String::new, |step| format!("; the last checkpoint, of step {step}, is missing"))
    )]
    Incomplete { dir: PathBuf, written: u64, missing: u64, missing_events: u64, lost: Option<u64>, why: String },
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
    dir: PathBuf,
    /// Dropping it tells the thread to write what waits and end, even while a feed is still held somewhere.
    end: Sender<()>,
    thread: JoinHandle<Recorded>,
}

impl Recorder {
    /// Makes the directory, writes config.toml and the header of metrics.csv, begins the journal, and starts the
    /// thread.
    ///
    /// The sender is for the trainer: it sends the exact records of every step, in order, in batches, and all that it
    /// says, and blocks while the disk does not keep up. The recorder picks the steps that are due ([`row_every`]).
    /// Trouble with the disk later on is told once through `alerts`, without waiting for room there.
    ///
    /// # Errors
    /// The directory cannot be made or written, or a file of a run is already there; then nothing is changed in it.
    pub fn start(dir: &Path, config: &Config, alerts: Sender<Report>) -> Result<(Recorder, Sender<Entry>), Error> {
        Recorder::declaring(dir, config, &MetricTable::of(config), alerts)
    }

    /// The same for a run with these metrics, which metrics.csv gets columns for.
    ///
    /// # Errors
    /// As [`Recorder::start`].
    pub fn declaring(
        dir: &Path,
        config: &Config,
        metrics: &MetricTable,
        alerts: Sender<Report>,
    ) -> Result<(Recorder, Sender<Entry>), Error> {
        let text = config.to_toml().map_err(Error::Config)?;
        folder::make(dir).map_err(|why| Error::Directory { dir: dir.to_owned(), why })?;
        let mut made = Vec::new();
        let files = begin(dir, config, metrics, &text, &mut made);
        let files = files.inspect_err(|_| {
            // Ours, new and without a step: do not leave them to be mistaken for a run.
            for path in &made {
                let _ = files::remove(path);
            }
        })?;
        Recorder::spawn(Keeper::new(dir, config, files, Seen::new(config), alerts))
    }

    /// Takes the directory of a run, which is held, up again, at a checkpoint of it: so many steps were done then, and
    /// metrics.csv had so many rows. Later rows go: they are of steps that will be done again. The summary goes too,
    /// for the run has not ended. The rest is as in [`Recorder::start`].
    ///
    /// # Errors
    /// A file in it cannot be written, or metrics.csv is of another version.
    pub fn resume(
        hold: Hold,
        config: &Config,
        at: At,
        alerts: Sender<Report>,
    ) -> Result<(Recorder, Sender<Entry>), Error> {
        let text = config.to_toml().map_err(Error::Config)?;
        let dir = hold.path.clone();
        let seen = Seen::resumed(config, at.step, resume::began(&dir));
        let files = take_up(hold, config, &text, at.rows)?;
        Recorder::spawn(Keeper::new(&dir, config, files, seen, alerts))
    }

    fn spawn(keeper: Keeper) -> Result<(Recorder, Sender<Entry>), Error> {
        let (feed, entries) = crossbeam_channel::bounded(CAPACITY);
        let (end, ended) = crossbeam_channel::bounded(0);
        let dir = keeper.dir.clone();
        let thread = thread::Builder::new()
            .name("recorder".to_owned())
            .spawn(move || keeper.work(&entries, &ended))
            .map_err(|e| Error::Thread(e.to_string()))?;
        Ok((Recorder { dir, end, thread }, feed))
    }

    /// Waits until everything sent so far is written, and the summary; says how many rows metrics.csv has.
    ///
    /// Call it when the trainer has sent its last batch: what is sent later is refused by the channel.
    ///
    /// # Errors
    /// Rows or lines or the last checkpoint are missing, with their number and the first reason.
    pub fn finish(self) -> Result<u64, Error> {
        self.settle().complete
    }

    /// The same, but the directory is still this process's own until what comes with the answer is dropped.
    pub fn settle(self) -> Settled {
        drop(self.end);
        let Ok(recorded) = self.thread.join() else {
            let complete = Err(Error::Thread("its thread broke; rows may be missing".to_owned()));
            return Settled { complete, analysis: None, held: None };
        };
        let Recorded { written, missing, missing_events, lost, why, analysis, journal } = recorded;
        let complete = match why {
            None => Ok(written),
            Some(why) => Err(Error::Incomplete { dir: self.dir, written, missing, missing_events, lost, why }),
        };
        Settled { complete, analysis, held: Some(Held { _journal: journal }) }
    }
}

/// The state of a run that has been recorded.
#[derive(Debug)]
pub struct Settled {
    /// The rows that were written, or what is missing.
    pub complete: Result<u64, Error>,
    /// The findings about the snapshot that the run ended with.
    pub analysis: Option<Analysis>,
    /// The directory is this process's own until this is dropped.
    pub held: Option<Held>,
}

/// A run's directory as one that a process still writes.
#[derive(Debug)]
pub struct Held {
    /// It bears the mark.
    _journal: Appender,
}

/// The files of a run that grow.
type Files = (Table, Appender, Option<Events>);

/// The place at which a run is taken up again.
#[derive(Clone, Copy, Debug)]
pub struct At {
    /// Steps completed.
    pub step: u64,
    /// Rows of metrics.csv then.
    pub rows: u64,
}

/// The new files of a run, of which those that were made are in `made`.
fn begin(
    dir: &Path,
    config: &Config,
    metrics: &MetricTable,
    text: &str,
    made: &mut Vec<PathBuf>,
) -> Result<Files, Error> {
    let mut create = |file: &str| {
        let path = dir.join(file);
        let appender = Appender::create(&path)?;
        made.push(path);
        Ok(appender)
    };
    let table = create(METRICS_FILE)?;
    // The config may be there alone, a person's own: it is not overwritten either.
    let mut written = create(CONFIG_FILE)?;
    let journal = create(JOURNAL_FILE)?;
    let fail = |file: &str, why| Error::Write { path: dir.join(file), why };
    folder::mark(journal.file()).map_err(|why| fail(JOURNAL_FILE, why))?;
    written.append(text.as_bytes()).map_err(|why| fail(CONFIG_FILE, why))?;
    let table = Table::start(table, metrics, row_every(config)).map_err(|why| fail(METRICS_FILE, why))?;
    let events = config.record.tensorboard.then(|| Events::create(dir, config, metrics)).transpose()?;
    Ok((table, journal, events))
}

/// The old files of a run, as they were after so many rows.
fn take_up(hold: Hold, config: &Config, text: &str, rows: u64) -> Result<Files, Error> {
    let (dir, directory) = (hold.path.clone(), &hold.directory);
    let fail = |file: &'static str| {
        let path = dir.join(file);
        move |why| Error::Write { path, why }
    };
    // Nothing is changed before it is known that all of it lies here and is this user's own.
    for folder in [checkpoints::FOLDER, TENSORBOARD_DIR] {
        match directory.folder(folder) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(fail(folder)(why)),
            _ => {}
        }
    }
    directory.check_own(Path::new(METRICS_FILE)).map_err(fail(METRICS_FILE))?;
    let metrics = MetricTable::of(config);
    let (table, rows) = resume::cut(directory, &table::header(&metrics), rows).map_err(fail(METRICS_FILE))?;
    if directory.has(Path::new(branches::BRANCHES_FILE)) {
        directory.check_own(Path::new(branches::BRANCHES_FILE)).map_err(fail(branches::BRANCHES_FILE))?;
    }
    branches::cut(directory, rows).map_err(fail(branches::BRANCHES_FILE))?;
    directory.replace(Path::new(CONFIG_FILE), text.as_bytes()).map_err(fail(CONFIG_FILE))?;
    directory.remove(Path::new(SUMMARY_FILE)).map_err(fail(SUMMARY_FILE))?;
    let journal = hold.into_journal().map_err(fail(JOURNAL_FILE))?;
    let table = Table::resume(Appender::new(table), &metrics, row_every(config), rows);
    let events = config.record.tensorboard.then(|| Events::create(&dir, config, &metrics)).transpose()?;
    Ok((table, Appender::new(journal), events))
}

/// Writes the end of a run whose process did all its steps and died before it could: as far as its last checkpoint and
/// its journal know.
///
/// # Errors
/// As [`Recorder::resume`] and [`Recorder::finish`].
pub fn close(hold: Hold, config: &Config, at: At, end: link::Summary) -> Result<(), Error> {
    let (alerts, _nobody) = crossbeam_channel::bounded(1);
    let (recorder, feed) = Recorder::resume(hold, config, at, alerts)?;
    // It takes what is sent before it is told to finish.
    let _ = feed.send(Entry::Said(Report::Finished(end)));
    recorder.finish().map(drop)
}

#[cfg(test)]
mod tests;
