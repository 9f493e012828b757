//! The trainer: one thread that owns the networks, the optimisers, the data and the random state.
//!
//! It does a step at a time, takes commands between steps only, and speaks through the channels of [`crate::link`].
//! Watching changes nothing: with the same config, seed and commands by step, the weights on the CPU are the same to
//! the bit, whoever looks on.
//!
//! It uses `domain`, `system`, `theory`, `config`, `link` and `evaluate`. Start reading at `trainer`, the command loop,
//! then `step`.

mod average;
mod backend;
mod checkpoint_policy;
mod checkpoint_snapshot;
mod clock;
pub mod data;
mod device;
mod draw;
pub mod evaluation;
mod evaluator;
mod field;
mod game;
mod generate;
mod guard;
pub mod health;
pub mod memory;
mod meter;
pub mod model;
pub mod optim;
mod outbox;
mod parts;
mod penalty;
mod reals;
mod setback;
mod settings;
mod snapshot;
mod step;
mod threads;
mod trainer;
mod version;
mod weights;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::thread::JoinHandle;

use crossbeam_channel::Sender;

use crate::config::live::Assignments;
use crate::config::{self, Config, Misfit};
use crate::evaluate::Cache;
use crate::link::checkpoint::{self, Checkpoint};
use crate::link::{self, By, Change, Entry, Rejected, Report, Settings, TrainerEnd};
use crate::theory::objective;
use crate::train::data::{Source, Watch};
pub use checkpoint_snapshot::checkpoint_snapshot;
pub use device::Place;
use game::Game;
pub use generate::{Maker, Sampler};
use guard::Guard;
use memory::{Need, Shortage};
pub use reals::Kept as RealSamples;
pub use version::versions;

/// Everything a run needs before its thread starts. Making one reads the data and finds the device, so that bad input
/// is an error before anything starts.
#[derive(Debug)]
pub struct Setup {
    config: Config,
    source: Source,
    place: Place,
    paused: bool,
    /// Whether the run waits for more after its last step.
    waits: bool,
    /// The checkpoint that the run goes on from, and its file.
    from: Option<(Box<Checkpoint>, PathBuf)>,
    /// Where evaluations keep what is costly.
    cache: Cache,
    /// Settings that a person wants in force from there.
    set: Assignments,
    /// Whether a step must not wait for the device to learn whether its loss is finite.
    deferred_guard: bool,
}

/// Why a run cannot start.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error(transparent)]
    Data(#[from] crate::train::data::Error),
    #[error(transparent)]
    Device(#[from] device::Unavailable),
    #[error(transparent)]
    Engine(#[from] config::Unsupported),
    #[error(transparent)]
    Misfit(#[from] Misfit),
    #[error("objective.kind: {0}")]
    Objective(#[from] objective::Unknown),
    #[error(transparent)]
    Checkpoint(#[from] checkpoint::Error),
    #[error(transparent)]
    Memory(#[from] Shortage),
    #[error("evaluate: {0}")]
    Evaluate(#[from] crate::evaluate::Error),
    /// A setting that the run is to go on with.
    #[error("`{what}` cannot be changed: {why}")]
    Change { what: String, why: String },
}

impl SetupError {
    /// Whether whoever watched the reading of the data broke it off.
    pub fn is_interruption(&self) -> bool {
        matches!(self, SetupError::Data(error) if error.is_interruption())
    }
}

impl Setup {
    /// Opens the data and the device that `config` names.
    pub fn new(config: Config) -> Result<Setup, SetupError> {
        Setup::watched(config, &mut data::unwatched)
    }

    /// The same, where `watch` is told how far the reading of the data has come, and may break it off.
    ///
    /// # Errors
    /// Those of [`Setup::new`]; [`SetupError::is_interruption`] tells where it was broken off.
    pub fn watched(config: Config, watch: Watch<'_>) -> Result<Setup, SetupError> {
        let source = Source::open_watched(&config.data, watch)?;
        config.generator.fits(source.shape())?;
        config.critic.fits(source.shape())?;
        objective::of(&config.objective)?;
        let place = device::choose(config.device)?;
        config.engine_under(&config.constraint)?;
        if let Some(wanted) = &config.evaluate {
            evaluation::check(wanted, &source)?;
        }
        Ok(Setup {
            config,
            source,
            place,
            paused: false,
            waits: false,
            from: None,
            cache: Cache::usual(),
            set: Assignments::default(),
            deferred_guard: !place.is_cpu(),
        })
    }

    /// The notes about the data: what was done to them and what was left out, a line each.
    pub fn said_of_data(&self) -> Vec<String> {
        self.source.lines()
    }

    /// Has the run wait, paused, before its first step.
    pub fn paused(mut self) -> Setup {
        self.paused = true;
        self
    }

    /// Has the run wait, paused, after its last step, until more steps are asked for or it is stopped.
    pub fn waiting_for_more(mut self) -> Setup {
        self.waits = true;
        self
    }

    /// Has evaluations keep what is costly here, instead of where they usually do.
    pub fn keeping_in(mut self, cache: Cache) -> Setup {
        self.cache = cache;
        self
    }

    /// Has the run go on from a checkpoint, which was read from `file`.
    ///
    /// # Errors
    /// The checkpoint does not fit the networks of the config.
    pub fn resumed(mut self, checkpoint: Checkpoint, file: PathBuf) -> Result<Setup, SetupError> {
        checkpoint.check_size()?;
        Game::new(&self.config, &self.source, tch::Device::Cpu, Guard::Immediate).restore(&checkpoint)?;
        self.from = Some((Box::new(checkpoint), file));
        Ok(self)
    }

    /// Has the run put these settings in force before its first step, as a person's command would, and keep a
    /// checkpoint of that. Those that are in force already are left out.
    ///
    /// # Errors
    /// One of them cannot be in force.
    pub fn changed(mut self, set: Assignments) -> Result<Setup, SetupError> {
        let info = self.from.as_ref().map(|(checkpoint, _)| &checkpoint.info);
        let now = info.map_or_else(|| Settings::of(&self.config), |info| info.settings.clone());
        let step = info.map_or(0, |info| info.step);
        self.set = set.without(&now.keys());
        let changed = Change::of_keys(&now, &self.set).iter().try_fold(now, |now, change| {
            settings::resolve(&now, step, change, By::Person).map(|applied| applied.settings)
        });
        let changed = changed.map_err(|Rejected { what, why, .. }| SetupError::Change { what, why })?;
        self.config.engine_under(&changed.constraint)?;
        Ok(self)
    }

    /// The memory that the run needs; `recorded`: whether it keeps checkpoints.
    pub fn need(&self, recorded: bool) -> Need {
        Need::of(&self.config, self.source.shape(), self.place, recorded)
    }

    /// Starts the trainer. It answers on `end`, and gives each step's record to `recorder`, waiting for it as long as
    /// that takes. The last report is [`Report::Finished`] or [`Report::Failed`], a panic included.
    pub fn spawn(self, end: TrainerEnd, recorder: Option<Sender<Entry>>) -> std::io::Result<JoinHandle<()>> {
        std::thread::Builder::new().name("trainer".into()).spawn(move || {
            let (reports, journal) = (end.reports.clone(), recorder.clone());
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| trainer::run(self, end, recorder))) {
                let failed = Report::Failed(panic_text(panic.as_ref()));
                // Who has gone needs no last word.
                if let Some(journal) = journal {
                    let _ = journal.send(Entry::Said(failed.clone()));
                }
                let _ = reports.send(failed);
            }
        })
    }
}

/// The message of a panic, for a person: without the frames that libtorch adds, which tch passes on escaped.
fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = link::panic_text(panic);
    format!("the trainer broke: {}", text.split_once("\\nframe #").map_or(text, |(said, _)| said))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Constraint;
    use crate::link::{Command, Player, RunState};

    /// The course of a run that met a number that is not finite, and was mended and done ten steps more.
    #[derive(Debug, PartialEq)]
    struct Course {
        /// The step that met it.
        step: u64,
        /// The records, without their times.
        records: Vec<(u64, Vec<u32>)>,
        /// The reports about it.
        why: String,
    }

    /// The course of a run that a huge learning rate breaks.
    fn course(engine: &str, constraint: Constraint, deferred_guard: bool) -> Course {
        let constraint = format!("constraint.kind='{}'", constraint.kind());
        let sets = [
            "threads=1",
            &format!("engine='{engine}'"),
            "steps=0",
            "batch_size=32",
            "generator.hidden=[16]",
            "critic={hidden=[16], steps=1}",
            "objective={kind='pearson', head='paper'}",
            &constraint,
            "optimizer.critic={kind='sgd', lr=1e3}",
            "optimizer.generator={kind='adam', lr=1e-3}",
        ];
        let config = config::load(None, &sets.map(str::to_owned)).unwrap();
        let setup = Setup { deferred_guard, ..Setup::new(config).unwrap() };
        let (link, end) = link::pair();
        let thread = setup.spawn(end, None).unwrap();
        let mut course = Course { step: 0, records: Vec::new(), why: String::new() };
        for report in &link.reports {
            match report {
                Report::Steps(records) => course.records.extend(
                    records
                        .iter()
                        .map(|r| (r.step, r.values.own.0.iter().map(|value| value.to_bits()).collect::<Vec<_>>())),
                ),
                Report::State(change) if change.state == RunState::Paused && course.step == 0 => {
                    course.step = change.step + 1;
                    course.why = change.sentence().unwrap();
                    let mend = [Change::Constraint(Constraint::Clip { clip: 0.1 }), Change::Rate(Player::Critic, 1e-4)];
                    for change in mend {
                        link.commands.send(Command::Set(change)).unwrap();
                    }
                    link.commands.send(Command::Advance(10)).unwrap();
                }
                Report::State(change) if change.state == RunState::Paused => link.commands.send(Command::Stop).unwrap(),
                Report::Failed(why) => panic!("{why}"),
                _ => {}
            }
        }
        thread.join().unwrap();
        course
    }

    #[test]
    fn a_guard_that_never_reads_the_device_ends_where_one_that_does_ends() {
        for constraint in Constraint::ALL.into_iter().filter(|constraint| constraint.clip().is_none()) {
            ends_the_same(constraint);
        }
    }

    #[test]
    fn the_explicit_engine_tries_a_refused_step_again_under_both_guards() {
        // Not the same steps: under the guard that looks at once it works on the host, and rounds otherwise.
        for deferred in [false, true] {
            let course = course("explicit", Constraint::None, deferred);
            assert!(course.why.contains(&format!("step {}", course.step)), "{}", course.why);
            let steps: Vec<u64> = course.records.iter().map(|(step, _)| *step).collect();
            assert_eq!(steps, (1..=course.step + 9).collect::<Vec<_>>(), "{}", course.why);
        }
    }

    fn ends_the_same(constraint: Constraint) {
        let (immediate, deferred) = (course("autograd", constraint, false), course("autograd", constraint, true));
        assert_eq!(immediate.records.len() as u64, immediate.step + 9, "each step once, the failed one tried again");
        assert!(immediate.why.contains(&format!("step {}", immediate.step)), "{}", immediate.why);
        assert_eq!(immediate.step, deferred.step);
        // Up to the failure both are the same to the bit. The immediate guard stops in the middle of the step, the
        // deferred one after it, with the same weights.
        assert!(immediate.records == deferred.records, "{} {}", immediate.why, deferred.why);
    }
}
