//! Command, Report and the channels between: the only thing that the trainer and its watchers both know.
//!
//! * A [`Command`] takes effect only between two steps and is always answered: by [`Report::Applied`],
//!   [`Report::Rejected`], [`Report::State`] or [`Report::Snapshot`].
//! * The command channel is bounded and never drops: a watcher that finds it full keeps its command.
//! * The report channel is bounded and the trainer never waits for it: while it is full, step records are merged
//!   ([`Report::Merged`]) and everything else is kept in order.
//!
//! It uses `domain`, `system`, `theory` and `config`. Start reading at [`Command`] and [`Report`].

mod alert;
mod answer;
mod change;
pub mod checkpoint;
mod evaluation;
mod kept;
mod metrics;
mod names;
pub mod queue;
mod ramp;
mod reason;
mod run_status;
mod settings;
mod snapshot;
pub mod swap;
pub mod undo;

use std::any::Any;
use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::config::live::Assignments;
use crate::config::{Config, Constraint, EngineChoice, Ramp};
use crate::domain::ObjectiveChoice;
use crate::link::checkpoint::Checkpoint;
use crate::theory::distance::modes::Mode;

use crate::domain::{ControlValue, ControlValues, MetricTable, Metrics, SampleShape, Span, StepRecord};
pub use alert::{Alert, Note, Sign};
pub use answer::{Answer, Status};
pub use evaluation::{Evaluating, Evaluation, EvaluationNews, EvaluationReport, Figured};
pub use kept::{Restored, Saved, StateSource};
pub use queue::Queue;
pub use ramp::BegunRamp;
pub use reason::{DataFailure, NonFinite, NonFiniteValue, PauseReason, Quantity};
pub use run_status::{RunEnd, RunStatus};
pub use snapshot::{
    Field, Filters, Histogram, Law, LayerWeights, Moments, PairedHistogram, RecordedSnapshot, Snapshot,
    SnapshotRequest, Weights,
};

/// The most commands that may wait for the trainer.
pub const COMMAND_CAPACITY: usize = 64;
/// The most reports that may wait for a watcher.
pub const REPORT_CAPACITY: usize = 64;

/// A person's request to the trainer.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Stop before the next step and wait.
    Pause,
    /// Go on.
    Resume,
    /// Do so many steps, then pause. While steps are still owed, they add up.
    Advance(u64),
    /// Change a setting.
    Set(Change),
    /// Change what these keys say, whatever is in force when the command is obeyed.
    Assign(Assignments),
    /// Answer with a snapshot. Never changes the run.
    Snapshot(SnapshotRequest),
    /// A rule on the watcher's side has found something: answered by [`Report::Alert`], and by what the rule asks for.
    Alert(Alert),
    /// Keep the run's state in a checkpoint; answered by [`Report::Saved`] once that is on disk.
    Save,
    /// Go back to a checkpoint of this run, which was read from `file`; answered by [`Report::Restored`].
    Restore { checkpoint: Arc<Checkpoint>, file: PathBuf },
    /// Take the last change that a person made back, together with the steps since; answered by [`Report::Restored`].
    Undo,
    /// Measure how good the generator's samples are now, beside the training; answered by [`Report::Evaluation`] that
    /// it has begun. One at a time.
    Evaluate,
    /// Give up the evaluation that is under way; answered by [`Report::Evaluation`].
    CancelEvaluation,
    /// End the run after the current step.
    Stop,
    /// Nobody looks on any more: end after the last step, where a run that is looked on waits for more. Nothing says so.
    Unattended,
    /// A command with a number, which [`Report::Answered`] says after everything else that answers it. Of a stop and of
    /// what the end of the run leaves undone, nothing is said.
    Numbered(u64, Box<Command>),
}

/// A change of a setting.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Play for something else. Weights stay; the critic's optimiser moments restart.
    Objective(ObjectiveChoice),
    /// Keep the critic Lipschitz in another way.
    Constraint(Constraint),
    /// Multiply the constraint's number: the clip range, λ or γ; impossible where it has none.
    ScaleConstraint(f64),
    /// Set the learning rate of one network.
    Rate(Player, f64),
    /// Set β1 of one network's Adam.
    Beta1(Player, f64),
    /// Set β2 of one network's Adam.
    Beta2(Player, f64),
    /// Set the half-life of the generator's average, in images.
    Ema(f64),
    /// Set the critic updates a step.
    CriticSteps(u64),
    /// End after this step, or, where it is 0, not by itself.
    LastStep(u64),
    /// Begin anew with the critic: other initial weights, drawn for this step, and no moments.
    FreshCritic,
    /// Set a control that a trainer of another program has declared.
    Control(String, ControlValue),
    /// Begin a ramp.
    Ramp(Ramp),
}

/// One of the two networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Player {
    Generator,
    Critic,
}

/// Everything a command can change, as it is in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    pub objective: ObjectiveChoice,
    pub constraint: Constraint,
    pub generator_lr: f64,
    pub critic_lr: f64,
    /// β1 of the generator's Adam; none of another optimiser, or where it was not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generator_beta1: Option<f64>,
    /// β1 of the critic's Adam, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub critic_beta1: Option<f64>,
    /// β2 of both, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generator_beta2: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub critic_beta2: Option<f64>,
    /// The half-life of the generator's average, in images; none where there is no average, or where it was not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ema: Option<f64>,
    /// Critic updates a step, after the warm-up.
    pub critic_steps: u64,
    /// The last step, where it is another than the config's; 0: there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<u64>,
    /// The values of the controls that a trainer of another program has declared.
    #[serde(default, skip_serializing_if = "ControlValues::is_empty")]
    pub controls: ControlValues,
    /// The ramps that have begun, one of a number at the most. The numbers above are as they make them after the last
    /// step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ramps: Vec<BegunRamp>,
}

/// A report of the trainer.
#[derive(Clone, Debug)]
pub enum Report {
    /// The first report: the run is ready for its first step. Of a foreign run again, whenever it turns out to have
    /// more metrics, behind those that it had.
    Started(Box<RunInfo>),
    /// Step records, each step once, in order.
    Steps(Vec<StepRecord>),
    /// Step records that were merged because the watcher did not keep up.
    Merged(Vec<Span>),
    /// The run pauses, resumes, ends.
    State(StateChange),
    /// A change took effect.
    Applied(Applied),
    /// A command was impossible; nothing changed.
    Rejected(Rejected),
    /// A checkpoint was written, or could not be.
    Saved(Saved),
    /// The run went on from a checkpoint, or from the state before a change.
    Restored(Restored),
    /// A look at the run at one step, for the screen.
    Snapshot(Box<Snapshot>),
    /// Something a person should know.
    Alert(Alert),
    /// An evaluation begins, goes on, ends.
    Evaluation(EvaluationReport),
    /// A note of a foreign run on itself: its hyper-parameters, a text.
    Noted(Note),
    /// A command with a number has been answered.
    Answered(Answer),
    /// The last report of a run that ended.
    Finished(Summary),
    /// The last report of a run that broke: what happened, for a person.
    Failed(String),
}

/// A message to the recorder: complete, in order, and waited for.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a run says little beside its steps, and few entries wait at once")]
pub enum Entry {
    /// The exact records of consecutive steps.
    Steps(Vec<StepRecord>),
    /// Anything else that was said, but for step records and snapshots.
    Said(Report),
    /// A snapshot for the recorder alone, and the weights.
    RecordedSnapshot(Box<RecordedSnapshot>),
    /// The run's state, to be written.
    Checkpoint(Box<Checkpoint>),
    /// The snapshot that the run ends with, to be analysed.
    LastSnapshot(Box<Snapshot>),
}

/// The facts that are fixed for the whole run, and the settings it starts with.
#[derive(Clone, Debug, PartialEq)]
pub struct RunInfo {
    /// The config as resolved.
    pub config: Config,
    /// The device in use, e.g. `cpu`, `cuda:0`.
    pub device: String,
    /// libtorch's threads in use.
    pub threads: usize,
    /// The way in which the thread count was chosen, for a person.
    pub threads_why: String,
    /// The engine at the first step: never `Auto`.
    pub engine: EngineChoice,
    /// The shape of one sample.
    pub shape: SampleShape,
    /// The modes of the data, where it has known ones.
    pub modes: Vec<Mode>,
    /// The metrics that it has.
    pub metrics: MetricTable,
    /// Number of weights of each network.
    pub generator_weights: usize,
    pub critic_weights: usize,
    /// The settings in force at the first step.
    pub settings: Settings,
}

/// Whether the run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    Running,
    Paused,
    Finished,
    Failed,
}

/// The run pauses, resumes, ends.
#[derive(Clone, Debug, PartialEq)]
pub struct StateChange {
    /// Steps completed so far.
    pub step: u64,
    pub state: RunState,
    /// Why it paused; none where it did not, or was paused before.
    pub why: Option<PauseReason>,
}

impl StateChange {
    /// Whether the run paused because the next step met a number that is not finite.
    pub fn is_refused_step(&self) -> bool {
        self.state == RunState::Paused && matches!(self.why, Some(PauseReason::NonFinite(_)))
    }

    /// Whether the run paused without anybody wanting it to.
    pub fn is_trouble(&self) -> bool {
        self.why.as_ref().is_some_and(|why| !why.is_wanted())
    }

    /// The reason as a sentence for a person; none for a pause that is wanted.
    pub fn sentence(&self) -> Option<String> {
        self.why.as_ref().and_then(|why| why.sentence(self.step))
    }
}

/// The one who asked for a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// A person, now.
    Person,
    /// The config's schedule.
    Schedule,
    /// A rule over the records.
    Health,
    /// The journal of a run that is trained again.
    Replay,
}

/// A change took effect: it holds from the step after `step`.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    /// Steps completed when it took effect.
    pub step: u64,
    /// The setting, by its config key, e.g. `constraint.clip`, or the control by its name.
    pub what: Cow<'static, str>,
    pub old: String,
    pub new: String,
    /// Further effects, and what should be known, for a person.
    pub note: Option<String>,
    /// All settings, as now in force.
    pub settings: Settings,
    /// The one who asked for it.
    pub by: By,
    /// Whether it is taken back together with the change before it: both came by one command, or are nudges of a
    /// number.
    pub joins: bool,
}

/// A command was impossible; nothing changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Rejected {
    /// Steps completed when it was refused.
    pub step: u64,
    /// The request.
    pub what: String,
    /// Why not, and what to do instead.
    pub why: String,
    /// The one who asked for it.
    pub by: By,
}

/// The figures a run ends with.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Steps completed.
    pub steps: u64,
    /// Seconds of training, pauses left out.
    pub seconds: f64,
    /// The last record's values, if a step was completed.
    pub metrics: Option<Metrics>,
    /// Whether the run was stopped before its last step.
    pub stopped: bool,
    pub device: String,
    pub threads: usize,
}

impl Summary {
    /// Steps a second over the whole run, pauses left out.
    pub fn steps_per_second(&self) -> f64 {
        if self.seconds > 0.0 { self.steps as f64 / self.seconds } else { 0.0 }
    }
}

/// The watcher's ends of the channels to one trainer.
#[derive(Clone, Debug)]
pub struct Link {
    pub commands: crossbeam_channel::Sender<Command>,
    pub reports: crossbeam_channel::Receiver<Report>,
}

/// The trainer's ends of the channels.
#[derive(Clone, Debug)]
pub struct TrainerEnd {
    pub commands: crossbeam_channel::Receiver<Command>,
    pub reports: crossbeam_channel::Sender<Report>,
}

/// A number of threads in words.
pub fn threads(count: usize) -> String {
    format!("{count} thread{}", if count == 1 { "" } else { "s" })
}

/// The first line of what a panic says.
pub fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    text.unwrap_or("no message").lines().next().unwrap_or_default()
}

/// Both ends of a fresh pair of channels.
pub fn pair() -> (Link, TrainerEnd) {
    let (command_tx, command_rx) = crossbeam_channel::bounded(COMMAND_CAPACITY);
    let (report_tx, report_rx) = crossbeam_channel::bounded(REPORT_CAPACITY);
    (Link { commands: command_tx, reports: report_rx }, TrainerEnd { commands: command_rx, reports: report_tx })
}
