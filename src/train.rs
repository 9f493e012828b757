//! The trainer: one thread that owns the networks, the optimisers, the data and the random state.
//!
//! It does a step at a time, takes commands between steps only, and speaks through the channels of [`crate::link`].
//! Watching changes nothing: with the same config, seed and commands by step, the weights on the CPU are the same to
//! the bit, whoever looks on.

mod clock;
mod device;
mod game;
mod guard;
mod meter;
mod outbox;
mod settings;
mod snapshot;
mod threads;
mod trainer;
mod version;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;

use crossbeam_channel::Sender;

use crate::config::Config;
use crate::data::Source;
use crate::link::{Report, StepRecord, TrainerEnd};
pub use device::Place;
pub use version::versions;

/// Everything a run needs before its thread starts. Making one reads the data and finds the device, so that bad input
/// is an error before anything starts.
#[derive(Debug)]
pub struct Setup {
    config: Config,
    source: Source,
    place: Place,
    paused: bool,
}

/// Why a run cannot start.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error(transparent)]
    Data(#[from] crate::data::Error),
    #[error(transparent)]
    Device(#[from] device::Unavailable),
}

impl Setup {
    /// Opens the data and the device that `config` names.
    pub fn new(config: Config) -> Result<Setup, SetupError> {
        let source = Source::open(&config.data)?;
        let place = device::choose(config.device)?;
        Ok(Setup { config, source, place, paused: false })
    }

    /// Has the run wait, paused, before its first step.
    pub fn paused(mut self) -> Setup {
        self.paused = true;
        self
    }

    /// Starts the trainer. It answers on `end`, and gives each step's record to `recorder`, waiting for it as long as
    /// that takes. The last report is [`Report::Finished`] or [`Report::Failed`], a panic included.
    pub fn spawn(self, end: TrainerEnd, recorder: Option<Sender<Vec<StepRecord>>>) -> std::io::Result<JoinHandle<()>> {
        std::thread::Builder::new().name("trainer".into()).spawn(move || {
            let reports = end.reports.clone();
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| trainer::run(self, end, recorder))) {
                // A watcher that has gone needs no last word.
                let _ = reports.send(Report::Failed(panic_text(panic.as_ref())));
            }
        })
    }
}

/// What a panic says, for a person.
fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    format!("the trainer broke: {}", text.unwrap_or("no message").lines().next().unwrap_or_default())
}
