//! Batches of real samples, and the reader that a run gets them from.
//!
//! A batch is a function of the run seed, the step and the update within the step, however it is read: drawn on the
//! spot, copied from memory, or read from disk by a thread that is ahead of the step.

use super::ahead::Ahead;
use super::{Error, Source};
use crate::domain::seed::{self, Rng, Stream};

/// The place for the samples of a batch.
#[derive(Debug)]
pub struct Batch<'a> {
    /// Samples, one after the other, each of `shape().len()` numbers. Numbers after the last whole one stay as they
    /// are.
    pub samples: &'a mut [f32],
    /// The class of each sample, where it is asked for.
    pub labels: Option<&'a mut [u16]>,
}

impl<'a> Batch<'a> {
    /// A batch without labels.
    pub fn of(samples: &'a mut [f32]) -> Batch<'a> {
        Batch { samples, labels: None }
    }
}

/// The place of a batch in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The step, counted from 1.
    pub step: u64,
    /// The update within the step, counted from 0.
    pub update: u64,
}

/// Draws batches by their turn. Turns in order cost nothing more than the batches.
#[derive(Clone, Debug)]
pub(crate) struct Cursor {
    seed: u64,
    rng: Rng,
    /// The turn that `rng` is at.
    at: Option<Turn>,
}

impl Cursor {
    /// The cursor of a run with this seed.
    pub fn new(seed: u64) -> Cursor {
        Cursor { seed, rng: seed::rng(seed, Stream::Data, 0), at: None }
    }

    /// The batch of `turn`, of samples of `len` numbers. Nothing is allocated for data in memory.
    ///
    /// # Errors
    /// Those of [`Source::draw`].
    pub fn draw(&mut self, source: &Source, turn: Turn, batch: &mut Batch<'_>) -> Result<(), Error> {
        if self.at != Some(turn) {
            self.rng = seed::rng(self.seed, Stream::Data, turn.step);
            for _ in 0..turn.update {
                source.skip(&mut self.rng, batch.samples);
            }
        }
        self.at = None;
        source.draw(&mut self.rng, batch)?;
        self.at = Some(Turn { update: turn.update + 1, ..turn });
        Ok(())
    }
}

/// The real samples of one run.
#[derive(Debug)]
pub struct Reader<'a> {
    source: &'a Source,
    cursor: Cursor,
    /// The reader ahead, where samples come from disk.
    ahead: Option<Ahead>,
}

impl<'a> Reader<'a> {
    /// The reader of a run with this seed and batches of `batch` samples. A thread of its own starts with the first
    /// step.
    pub fn new(source: &'a Source, seed: u64, batch: usize) -> Reader<'a> {
        let ahead = source.is_streamed().then(|| Ahead::new(source, seed, batch));
        Reader { source, cursor: Cursor::new(seed), ahead }
    }

    /// Waits until the batches of `step`, of so many updates, can be had without fail, as far as they fit into memory:
    /// data that cannot be read stops a run between two steps, and not in the middle of one.
    ///
    /// # Errors
    /// One of them cannot be read. The step can be tried again.
    pub fn prepare(&mut self, step: u64, updates: u64) -> Result<(), Error> {
        match &mut self.ahead {
            Some(ahead) => ahead.prepare(step, updates),
            None => Ok(()),
        }
    }

    /// Fills `batch` with the samples of `turn`, and moves the turn on to the next update.
    ///
    /// # Errors
    /// They cannot be read; the turn stays.
    pub fn next(&mut self, turn: &mut Turn, mut batch: Batch<'_>) -> Result<(), Error> {
        match &mut self.ahead {
            Some(ahead) => ahead.next(*turn, batch)?,
            None => self.cursor.draw(self.source, *turn, &mut batch)?,
        }
        turn.update += 1;
        Ok(())
    }
}
