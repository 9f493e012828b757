//! Threads that do the shards of a batch.
//!
//! The worker of a shard does not matter for what comes out: shards are cut by the batch's size alone and summed in
//! their order. A worker waits for the next round spinning, for it comes within microseconds while a run goes on, and
//! sleeps when it does not come.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::shard::Shard;
use super::table::Table;

/// The time that a worker spins before it sleeps.
const SPIN_TIME: Duration = Duration::from_micros(200);
/// Looks at the round between two looks at the clock.
const LOOKS: usize = 256;

/// The workers, the caller of [`Pool::run`] among them.
#[derive(Debug)]
pub struct Pool {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    table: RwLock<Table>,
    shards: Vec<Mutex<Shard>>,
    workers: usize,
    /// Counts the rounds that have begun.
    round: AtomicU64,
    /// Threads that have not done their part of the round.
    left: AtomicUsize,
    /// A thread ended that should not have.
    broken: AtomicBool,
    end: AtomicBool,
}

impl Pool {
    /// A pool of workers, at least the caller and at most one a shard. Where the system gives fewer threads, fewer.
    pub fn new(table: Table, shards: Vec<Shard>, workers: usize) -> Pool {
        let workers = workers.clamp(1, shards.len().max(1));
        let shared = Arc::new(Shared {
            table: RwLock::new(table),
            shards: shards.into_iter().map(Mutex::new).collect(),
            workers,
            round: AtomicU64::new(0),
            left: AtomicUsize::new(0),
            broken: AtomicBool::new(false),
            end: AtomicBool::new(false),
        });
        let spawn = |worker: usize| {
            let shared = shared.clone();
            thread::Builder::new().name(format!("worker {worker}")).spawn(move || shared.work(worker)).ok()
        };
        let threads = (1..workers).map_while(spawn).collect();
        Pool { shared, threads }
    }

    /// The data that the shards read.
    pub fn table(&self) -> RwLockReadGuard<'_, Table> {
        self.shared.table.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same, to be written between two rounds.
    pub fn table_mut(&self) -> RwLockWriteGuard<'_, Table> {
        self.shared.table.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The shards, in their order.
    pub fn shards(&self) -> impl Iterator<Item = MutexGuard<'_, Shard>> {
        self.shared.shards.iter().map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Has every shard do what the table asks for.
    ///
    /// # Panics
    /// When a worker has: the trainer ends with it.
    pub fn run(&self) {
        let shared = &*self.shared;
        shared.left.store(self.threads.len(), Ordering::Relaxed);
        shared.round.fetch_add(1, Ordering::Release);
        for thread in &self.threads {
            thread.thread().unpark();
        }
        shared.share(0);
        // Parts of threads that the system did not give.
        (self.threads.len() + 1..shared.workers).for_each(|worker| shared.share(worker));
        let mut looks = 0;
        while shared.left.load(Ordering::Acquire) > 0 {
            assert!(!shared.broken.load(Ordering::Acquire), "a worker thread of the trainer broke");
            looks += 1;
            if looks % LOOKS == 0 { thread::yield_now() } else { spin_loop() }
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.end.store(true, Ordering::Release);
        for thread in self.threads.drain(..) {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

/// Says that a thread broke, unless it is forgotten before.
struct Alarm<'a>(&'a AtomicBool);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

impl Shared {
    /// The loop of a thread until the pool ends.
    fn work(&self, worker: usize) {
        let alarm = Alarm(&self.broken);
        let mut done = 0;
        while self.wait(done) {
            done += 1;
            self.share(worker);
            self.left.fetch_sub(1, Ordering::AcqRel);
        }
        std::mem::forget(alarm);
    }

    /// Does a worker's part of a round.
    fn share(&self, worker: usize) {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        for shard in self.shards.iter().skip(worker).step_by(self.workers) {
            shard.lock().unwrap_or_else(PoisonError::into_inner).run(&table);
        }
    }

    /// Waits until more than `done` rounds have begun; false at the end.
    fn wait(&self, done: u64) -> bool {
        let mut start = Instant::now();
        loop {
            for _ in 0..LOOKS {
                if self.end.load(Ordering::Acquire) {
                    return false;
                }
                if self.round.load(Ordering::Acquire) > done {
                    return true;
                }
                spin_loop();
            }
            if start.elapsed() > SPIN_TIME {
                thread::park();
                start = Instant::now();
            }
        }
    }
}
