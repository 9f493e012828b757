//! The thread that evaluates beside a run, with what the training leaves of the processor.
//!
//! It owns a copy of the generator as it was and draws from a random state of its own: the run computes the same with
//! it and without it. On a GPU its work lies between that of steps.

use std::io;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, unbounded};
use tch::Device;

use super::data::Source;
use super::generate::Sampler;
use super::reals::Kept;
use super::threads;
use crate::config::{Config, Evaluate};
use crate::evaluate::{Cache, Error, Evaluator, Progress, Reals, Sampled, Watch};
use crate::link::{self, Evaluation};
use crate::system::machine;

/// The outcome of an evaluation.
#[derive(Debug)]
pub enum News {
    Found(Box<Evaluation>),
    /// Why there is none, for a person.
    Failed(String),
}

/// Generated samples of a step, to be evaluated.
struct Job {
    step: u64,
    averaged: bool,
    sampler: Sampler,
    /// Its number: one with a lower number than the least wanted is given up.
    number: u64,
}

/// The state that both threads see.
#[derive(Debug, Default)]
struct Shared {
    /// The least number of a job that is still wanted.
    wanted: AtomicU64,
    progress: Mutex<Option<Progress>>,
}

/// The thread that evaluates. It ends with this, which waits for that.
#[derive(Debug)]
pub struct Worker {
    jobs: Option<Sender<Job>>,
    news: Receiver<(u64, News)>,
    shared: Arc<Shared>,
    /// The number of jobs so far.
    count: AtomicU64,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts the thread for a run of the config `run` on the data `source`, which evaluates as `config` says.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(
        (config, cache): (Evaluate, Cache),
        (run, source): (&Config, &Source),
        device: Device,
    ) -> io::Result<Worker> {
        let (jobs, wanted) = unbounded::<Job>();
        let (told, news) = unbounded();
        let shared = Arc::new(Shared::default());
        let (seen, run, source) = (shared.clone(), run.clone(), source.clone());
        let work = move || {
            machine::give_way();
            threads::set(1);
            let mut evaluator = None;
            for job in wanted {
                let number = job.number;
                let outcome = catch_unwind(AssertUnwindSafe(|| {
                    let open = |watch: Watch<'_>| opened(&config, &cache, (&run, &source), device, watch);
                    evaluated(&mut evaluator, open, run.seed, job, &seen)
                }));
                let news = match outcome {
                    Ok(Ok(found)) => News::Found(Box::new(found)),
                    Ok(Err(why)) => News::Failed(why),
                    Err(panic) => {
                        let text = link::panic_text(panic.as_ref());
                        News::Failed(format!("it broke, which is a defect of gantop: {text}"))
                    }
                };
                if told.send((number, news)).is_err() {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name("evaluator".into()).spawn(work)?;
        Ok(Worker { jobs: Some(jobs), news, shared, count: AtomicU64::new(0), thread: Some(thread) })
    }

    /// Has these samples of a step evaluated.
    pub fn evaluate(&self, step: u64, averaged: bool, sampler: Sampler) {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        self.shared.wanted.store(number, Ordering::Relaxed);
        self.set_progress(None);
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(Job { step, averaged, sampler, number });
        }
    }

    /// Gives up what is under way.
    pub fn cancel(&self) {
        self.shared.wanted.store(self.count.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// The progress of it.
    pub fn progress(&self) -> Option<Progress> {
        *self.shared.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The outcome of the last evaluation, if it is known; those of others, which were cancelled, are let go.
    pub fn news(&self) -> Option<News> {
        let last = self.count.load(Ordering::Relaxed).checked_sub(1)?;
        self.news.try_iter().find(|(of, _)| *of == last).map(|(_, news)| news)
    }

    fn set_progress(&self, progress: Option<Progress>) {
        *self.shared.progress.lock().unwrap_or_else(PoisonError::into_inner) = progress;
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.cancel();
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// All that does not depend on the generator.
fn opened(
    config: &Evaluate,
    cache: &Cache,
    (run, source): (&Config, &Source),
    device: Device,
    watch: Watch<'_>,
) -> Result<Evaluator, String> {
    let training = Kept::of_run(source.clone());
    let against = Kept::against(&config.against, run)?;
    let against = against.as_ref().map(|against| against as &dyn Reals);
    Evaluator::open(config, &training, against, cache, device, watch).map_err(said)
}

/// The findings of a job; opens the evaluator if it is the first.
fn evaluated(
    evaluator: &mut Option<Evaluator>,
    open: impl FnOnce(Watch<'_>) -> Result<Evaluator, String>,
    seed: u64,
    job: Job,
    shared: &Shared,
) -> Result<Evaluation, String> {
    let Job { step, averaged, mut sampler, number } = job;
    let mut watch = |progress: Progress| {
        *shared.progress.lock().unwrap_or_else(PoisonError::into_inner) = Some(progress);
        match shared.wanted.load(Ordering::Relaxed) <= number {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    };
    let opened = match evaluator {
        Some(opened) => opened,
        None => evaluator.insert(open(&mut watch)?),
    };
    opened.evaluate(Sampled { step, seed, averaged, generate: &mut sampler }, &mut watch).map_err(said)
}

fn said(error: Error) -> String {
    error.to_string()
}
