//! Command, Report and the channels between: the only thing that the trainer and its watchers both know.
//!
//! * A [`Command`] takes effect only between two steps and is always answered: by [`Report::Applied`],
//!   [`Report::Rejected`], [`Report::State`] or [`Report::Snapshot`].
//! * The command channel is bounded and never drops: a watcher that finds it full keeps its command.
//! * The report channel is bounded and the trainer never waits for it: while it is full, step records are merged
//!   ([`Report::Merged`]) and everything else is kept in order.

use std::fmt;

use crate::config::{Config, Constraint, Objective};
use crate::distance::modes::Mode;

/// How many commands may wait for the trainer.
pub const COMMAND_CAPACITY: usize = 64;
/// How many reports may wait for a watcher.
pub const REPORT_CAPACITY: usize = 64;

/// What a person asks of the trainer.
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
    /// Answer with a snapshot. Never changes the run.
    Snapshot(SnapshotRequest),
    /// End the run after the current step.
    Stop,
}

/// A change of a setting.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Play for something else. Weights stay; the critic's optimiser moments restart.
    Objective(Objective),
    /// Keep the critic Lipschitz in another way.
    Constraint(Constraint),
    /// Multiply the clip range; impossible while weights are not clipped.
    ScaleClip(f64),
    /// Set the learning rate of one network.
    Rate(Player, f64),
    /// Set the critic updates a step.
    CriticSteps(u64),
}

/// One of the two networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Player {
    Generator,
    Critic,
}

/// What a snapshot should hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotRequest {
    /// Samples of each kind, real and generated.
    pub samples: usize,
}

/// Everything a command can change, as it is in force.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub objective: Objective,
    pub constraint: Constraint,
    pub generator_lr: f64,
    pub critic_lr: f64,
    /// Critic updates a step, after the warm-up.
    pub critic_steps: u64,
}

/// What the trainer says.
#[derive(Clone, Debug)]
pub enum Report {
    /// The first report: the run is ready for its first step.
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
    /// What the screen needs besides records.
    Snapshot(Box<Snapshot>),
    /// Something a person should know.
    Alert(Alert),
    /// The last report of a run that ended.
    Finished(Summary),
    /// The last report of a run that broke: what happened, for a person.
    Failed(String),
}

/// What is fixed for the whole run, and the settings it starts with.
#[derive(Clone, Debug, PartialEq)]
pub struct RunInfo {
    /// The config as resolved.
    pub config: Config,
    /// The device in use, e.g. `cpu`, `cuda:0`.
    pub device: String,
    /// libtorch's threads in use.
    pub threads: usize,
    /// How the thread count was chosen, for a person.
    pub threads_why: String,
    /// The shape of one sample.
    pub shape: SampleShape,
    /// The modes of the data, where it has known ones.
    pub modes: Vec<Mode>,
    /// Number of weights of each network.
    pub generator_weights: usize,
    pub critic_weights: usize,
    /// The settings in force at the first step.
    pub settings: Settings,
}

/// The shape of one sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleShape {
    /// A point with so many coordinates.
    Point { dims: usize },
    /// An image, row-major, channels interleaved last; pixel values span the config's `data.range`.
    Image { width: usize, height: usize, channels: usize },
}

impl SampleShape {
    /// Numbers in one sample.
    pub fn len(&self) -> usize {
        match *self {
            SampleShape::Point { dims } => dims,
            SampleShape::Image { width, height, channels } => width * height * channels,
        }
    }

    /// Whether a sample holds no numbers at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Whether the run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// Why, where it is not a person's plain command.
    pub why: Option<String>,
}

/// A change took effect: it holds from the step after `step`.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    /// Steps completed when it took effect.
    pub step: u64,
    /// The setting, by its config key, e.g. `constraint.clip`.
    pub what: &'static str,
    pub old: String,
    pub new: String,
    /// What else happened or should be known, for a person.
    pub note: Option<String>,
    /// All settings, as now in force.
    pub settings: Settings,
}

/// A command was impossible; nothing changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Rejected {
    /// Steps completed when it was refused.
    pub step: u64,
    /// What was asked for.
    pub what: String,
    /// Why not, and what to do instead.
    pub why: String,
}

/// Something a person should know.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// Steps completed when it arose.
    pub step: u64,
    pub text: String,
}

/// One scalar of a step's record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    CriticLoss,
    GeneratorLoss,
    Bound,
    CriticReal,
    CriticFake,
    ScoreReal,
    ScoreFake,
    CriticGradNorm,
    GeneratorGradNorm,
    ClipShare,
    CriticLr,
    GeneratorLr,
}

impl Metric {
    /// Every metric, in the order of a record and of metrics.csv.
    pub const ALL: [Metric; 12] = [
        Metric::CriticLoss,
        Metric::GeneratorLoss,
        Metric::Bound,
        Metric::CriticReal,
        Metric::CriticFake,
        Metric::ScoreReal,
        Metric::ScoreFake,
        Metric::CriticGradNorm,
        Metric::GeneratorGradNorm,
        Metric::ClipShare,
        Metric::CriticLr,
        Metric::GeneratorLr,
    ];
    /// How many there are.
    pub const COUNT: usize = Metric::ALL.len();

    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Metric::CriticLoss => "critic_loss",
            Metric::GeneratorLoss => "generator_loss",
            Metric::Bound => "bound",
            Metric::CriticReal => "critic_real",
            Metric::CriticFake => "critic_fake",
            Metric::ScoreReal => "score_real",
            Metric::ScoreFake => "score_fake",
            Metric::CriticGradNorm => "critic_grad_norm",
            Metric::GeneratorGradNorm => "generator_grad_norm",
            Metric::ClipShare => "clip_share",
            Metric::CriticLr => "critic_lr",
            Metric::GeneratorLr => "generator_lr",
        }
    }
}

/// The scalars of one step, indexed by [`Metric`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metrics(pub [f32; Metric::COUNT]);

impl std::ops::Index<Metric> for Metrics {
    type Output = f32;
    fn index(&self, metric: Metric) -> &f32 {
        &self.0[metric as usize]
    }
}

impl std::ops::IndexMut<Metric> for Metrics {
    fn index_mut(&mut self, metric: Metric) -> &mut f32 {
        &mut self.0[metric as usize]
    }
}

/// One step's record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepRecord {
    /// The step, counted from 1.
    pub step: u64,
    /// Seconds of training at its end, pauses left out.
    pub seconds: f64,
    pub values: Metrics,
}

/// Several consecutive steps' records as one: extremes kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// First and last step merged.
    pub first: u64,
    pub last: u64,
    /// How many records were merged.
    pub count: u64,
    /// Seconds of training at the end of the last one.
    pub seconds: f64,
    /// Smallest, largest and mean finite value of each metric; NaN where there was none.
    pub min: Metrics,
    pub max: Metrics,
    pub mean: Metrics,
    /// The last record's values.
    pub latest: Metrics,
    /// How many values of each metric were not finite.
    pub non_finite: [u64; Metric::COUNT],
}

/// What the screen needs besides per-step records.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Steps completed when it was taken.
    pub step: u64,
    pub shape: SampleShape,
    /// Samples, one after the other, each of `shape.len()` numbers.
    pub real: Vec<f32>,
    pub fake: Vec<f32>,
    /// Critic values T(x) on both kinds of sample.
    pub critic: PairedHistogram,
    /// Each coordinate of a point, or all pixel values of an image.
    pub values: Vec<PairedHistogram>,
}

/// Two histograms over the same bins of equal width.
#[derive(Clone, Debug, PartialEq)]
pub struct PairedHistogram {
    /// What is counted, e.g. `critic value`, `x`, `pixel`.
    pub label: String,
    /// The interval that the bins divide evenly; what lies outside, or is not a number, is in `outside`.
    pub low: f32,
    pub high: f32,
    pub real: Vec<u32>,
    pub fake: Vec<u32>,
    /// How many real and generated values the bins do not hold.
    pub outside: [u32; 2],
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

impl Span {
    /// The span of a single record.
    pub fn of(record: &StepRecord) -> Span {
        let finite = Metrics(record.values.0.map(|v| if v.is_finite() { v } else { f32::NAN }));
        Span {
            first: record.step,
            last: record.step,
            count: 1,
            seconds: record.seconds,
            min: finite,
            max: finite,
            mean: finite,
            latest: record.values,
            non_finite: record.values.0.map(|v| u64::from(!v.is_finite())),
        }
    }

    /// Takes in the span that follows this one.
    pub fn merge(&mut self, next: &Span) {
        for i in 0..Metric::COUNT {
            let a = self.count.saturating_sub(self.non_finite[i]) as f64;
            let b = next.count.saturating_sub(next.non_finite[i]) as f64;
            // f32::min and max leave out a NaN on either side.
            self.min.0[i] = self.min.0[i].min(next.min.0[i]);
            self.max.0[i] = self.max.0[i].max(next.max.0[i]);
            self.mean.0[i] = match (self.mean.0[i].is_nan(), next.mean.0[i].is_nan()) {
                (true, _) => next.mean.0[i],
                (_, true) => self.mean.0[i],
                _ => ((self.mean.0[i] as f64 * a + next.mean.0[i] as f64 * b) / (a + b)) as f32,
            };
            self.non_finite[i] += next.non_finite[i];
        }
        self.last = next.last;
        self.count += next.count;
        self.seconds = next.seconds;
        self.latest = next.latest;
    }
}

impl fmt::Display for Player {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Player::Generator => "generator",
            Player::Critic => "critic",
        })
    }
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RunState::Running => "running",
            RunState::Paused => "paused",
            RunState::Finished => "finished",
            RunState::Failed => "failed",
        })
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

/// Both ends of a fresh pair of channels.
pub fn pair() -> (Link, TrainerEnd) {
    let (command_tx, command_rx) = crossbeam_channel::bounded(COMMAND_CAPACITY);
    let (report_tx, report_rx) = crossbeam_channel::bounded(REPORT_CAPACITY);
    (Link { commands: command_tx, reports: report_rx }, TrainerEnd { commands: command_rx, reports: report_tx })
}
