//! Reading batches from disk, from a thread ahead of the step.

use std::collections::VecDeque;

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::batch::{Batch, Cursor, Turn};
use super::{Error, Source};

/// The most numbers that are read ahead, but for the two batches that always are.
const MOST_NUMBERS: usize = 1 << 24;

/// A batch on its way.
#[derive(Debug)]
struct Held {
    turn: Turn,
    samples: Vec<f32>,
    /// Empty where samples have no labels.
    labels: Vec<u16>,
    /// The batch that the thread made of it.
    read: Result<(), Error>,
}

/// A thread that reads batches, and those that it has read. The thread ends with the last request.
#[derive(Debug)]
pub struct Ahead {
    /// Asks for a batch; the buffers come along, so that none is made twice.
    requests: Sender<Held>,
    answers: Receiver<Held>,
    /// The reader that becomes the thread when the first batch is asked for.
    idle: Option<(Source, Cursor, Receiver<Held>, Sender<Held>)>,
    /// The batches that have been asked for and are not here yet, in the order in which they will come.
    asked: VecDeque<Turn>,
    /// The batches that are here, all of them before those that were asked for.
    held: VecDeque<Held>,
    spare: Vec<Held>,
    /// Updates in a step.
    updates: u64,
    /// The most batches asked for and held together.
    most: usize,
    numbers: usize,
    labels: usize,
}

impl Ahead {
    /// For batches of `batch` samples of a run with this seed.
    pub fn new(source: &Source, seed: u64, batch: usize) -> Ahead {
        let (requests, requested) = unbounded();
        let (answer, answers) = unbounded();
        let numbers = batch * source.shape().len();
        Ahead {
            requests,
            answers,
            idle: Some((source.clone(), Cursor::new(seed), requested, answer)),
            asked: VecDeque::new(),
            held: VecDeque::new(),
            spare: Vec::new(),
            updates: 1,
            most: (MOST_NUMBERS / numbers.max(1)).max(2),
            numbers,
            labels: if source.classes().is_some() { batch } else { 0 },
        }
    }

    /// See [`super::Reader::prepare`].
    pub fn prepare(&mut self, step: u64, updates: u64) -> Result<(), Error> {
        self.updates = updates;
        let first = Turn { step, update: 0 };
        self.skip_to(first)?;
        let whole = usize::try_from(updates).unwrap_or(usize::MAX).min(self.most);
        // Where a step has more updates than the one before, other batches have been asked for than are needed.
        let needed = (0..whole as u64).map(|update| Turn { step, update });
        let right = self.turns().zip(needed).take_while(|(have, need)| have == need).count();
        if right < whole && right < self.turns().count() {
            self.keep(right)?;
        }
        self.fill_up(first)?;
        while self.held.len() < whole {
            self.receive()?;
        }
        match self.held.iter().take(whole).position(|held| held.read.is_err()) {
            None => Ok(()),
            Some(at) => {
                self.keep(at + 1)?;
                // The next try reads it again.
                let failed = self.held.pop_back();
                failed.map_or(Ok(()), |failed| failed.read)
            }
        }
    }

    /// See [`super::Reader::next`].
    pub fn next(&mut self, turn: Turn, batch: Batch<'_>) -> Result<(), Error> {
        self.skip_to(turn)?;
        self.fill_up(turn)?;
        if self.held.is_empty() {
            self.receive()?;
        }
        let Some(mut held) = self.held.pop_front() else { return Err(Error::Stopped) };
        std::mem::replace(&mut held.read, Ok(()))?;
        batch.samples.copy_from_slice(&held.samples);
        if let Some(labels) = batch.labels {
            if self.labels == 0 {
                return Err(Error::Unlabelled);
            }
            labels.copy_from_slice(&held.labels);
        }
        self.spare.push(held);
        self.fill_up(turn)
    }

    /// All turns held and asked for, in order.
    fn turns(&self) -> impl Iterator<Item = Turn> {
        self.held.iter().map(|held| held.turn).chain(self.asked.iter().copied())
    }

    /// Forgets what comes before `turn`, which is everything if it is nowhere.
    fn skip_to(&mut self, turn: Turn) -> Result<(), Error> {
        while self.turns().next().is_some_and(|first| first != turn) {
            if self.held.is_empty() {
                self.receive()?;
            }
            self.spare.extend(self.held.pop_front());
        }
        Ok(())
    }

    /// Forgets all but the first `n`.
    fn keep(&mut self, n: usize) -> Result<(), Error> {
        while !self.asked.is_empty() {
            self.receive()?;
        }
        self.spare.extend(self.held.drain(n..));
        Ok(())
    }

    /// Asks for the batches that follow, or for `first` and those after it, while there is room.
    fn fill_up(&mut self, first: Turn) -> Result<(), Error> {
        // This step's and the next one's.
        let room = usize::try_from(2 * self.updates.min(MOST_NUMBERS as u64)).unwrap_or(usize::MAX).min(self.most);
        while self.held.len() + self.asked.len() < room {
            let last = self.asked.back().copied().or_else(|| self.held.back().map(|held| held.turn));
            let turn = match last {
                None => first,
                Some(Turn { step, update }) if update + 1 < self.updates => Turn { step, update: update + 1 },
                Some(Turn { step, .. }) => Turn { step: step + 1, update: 0 },
            };
            let fresh = || Held { turn, samples: vec![0.0; self.numbers], labels: vec![0; self.labels], read: Ok(()) };
            let held = Held { turn, read: Ok(()), ..self.spare.pop().unwrap_or_else(fresh) };
            self.begin()?;
            self.requests.send(held).map_err(|_| Error::Stopped)?;
            self.asked.push_back(turn);
        }
        Ok(())
    }

    /// Starts the thread, unless it has been started.
    fn begin(&mut self) -> Result<(), Error> {
        let Some((source, mut cursor, requested, answer)) = self.idle.take() else { return Ok(()) };
        let work = move || {
            for mut held in requested {
                let labels = Some(&mut held.labels[..]).filter(|labels| !labels.is_empty());
                let mut batch = Batch { samples: &mut held.samples, labels };
                held.read = cursor.draw(&source, held.turn, &mut batch);
                if answer.send(held).is_err() {
                    break;
                }
            }
        };
        std::thread::Builder::new().name("data".into()).spawn(work).map(drop).map_err(Error::Thread)
    }

    /// Waits for the next batch that was asked for.
    fn receive(&mut self) -> Result<(), Error> {
        let held = self.answers.recv().map_err(|_| Error::Stopped)?;
        self.asked.pop_front();
        self.held.push_back(held);
        Ok(())
    }
}
