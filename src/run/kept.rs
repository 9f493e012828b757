//! What a recorder keeps besides metrics.csv: the journal and the checkpoints.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::SystemTime;

use super::checkpoints::Store;
use super::journal::Event;
use super::{Error, JOURNAL_FILE, resume};
use crate::checkpoint::Checkpoint;
use crate::config::Config;
use crate::link::Report;

/// The journal and the checkpoints of a run directory.
#[derive(Debug)]
pub struct Kept {
    journal: File,
    store: Store,
    /// Steps completed, as far as was said.
    step: u64,
}

impl Kept {
    /// Those in `dir`, which may be a new one or an old one.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub fn open(dir: &Path, config: &Config) -> Result<Kept, Error> {
        let path = dir.join(JOURNAL_FILE);
        let journal = resume::reopen(&path).map_err(|why| Error::Write { path, why })?;
        Ok(Kept { journal, store: Store::open(dir, &config.checkpoint), step: 0 })
    }

    /// Writes what was said into the journal, if it belongs there.
    pub fn say(&mut self, report: &Report) {
        if let Some(event) = Event::of(report, self.step, SystemTime::now()) {
            self.step = event.step;
            if let Ok(mut line) = serde_json::to_string(&event) {
                line.push('\n');
                let _ = self.journal.write_all(line.as_bytes());
            }
        }
    }

    /// Writes a checkpoint, when metrics.csv has so many rows. Returns what is to be said of it.
    pub fn save(&mut self, checkpoint: &Checkpoint, rows: u64) -> Report {
        let saved = Report::Saved(self.store.save(checkpoint, rows));
        self.say(&saved);
        saved
    }
}
