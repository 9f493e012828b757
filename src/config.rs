//! The typed config of a run: what it is once it has been read, checked and completed with defaults.
//!
//! The types here are plain data that every other room may name. [`load()`] makes one from a file or a preset and
//! `--set` arguments; the files of `config/` are its steps:
//!
//! * `source`: a text that settings come from, and where in it something stands;
//! * `layers`: the sources as one tree, later ones on top;
//! * `section` and `value`: reading keys and values from that tree, and what is wrong with them;
//! * `resolve`: every key, its default and its range, once; [`defaults`] and [`limits`] have the numbers;
//! * [`live`]: the keys that can change while a run goes on; `ramp`: numbers that change with every step;
//! * `going_on`: what of it may change when a run is gone on with;
//! * `keys`: which keys do what on the dashboard; `origins`: where each key of a config is said;
//! * `data`: where real samples come from; `network`: the two networks, `size`: how large they are; `constraint`: what
//!   keeps the critic Lipschitz; `evaluate`: how samples are measured; `health`: what is watched for; `alerts`: how
//!   that leaves the screen; `run`: hang-ups;
//! * [`mod@reference`]: every key with what it may be, as the readers know it, and what it does;
//! * `error`: how a problem is told;
//! * [`presets`]: the configs that are built in.
//!
//! It uses `domain`, `system` and `theory`. Start reading at [`Config`].

mod alerts;
mod bytes;
mod checkpoints;
mod constraint;
mod data;
pub mod defaults;
mod device;
mod display;
mod engine;
mod error;
mod evaluate;
mod going_on;
mod health;
mod keys;
mod layers;
pub mod limits;
pub mod live;
mod load;
mod network;
mod optimizer;
mod origins;
pub mod presets;
mod ramp;
mod record;
pub mod reference;
mod resolve;
mod run;
mod section;
mod size;
mod source;
mod value;

use serde::{Deserialize, Serialize};

use crate::domain::ObjectiveChoice;

pub use alerts::{Alerts, Desktop};
pub use bytes::Bytes;
pub use checkpoints::{Checkpoints, Prefer};
pub use constraint::{Constraint, Number};
pub use data::{Component, Data, Filter, Fit, ImageData, OnBad};
pub use device::DeviceChoice;
pub use display::{Glyphs, Images, Theme, Ui};
pub use engine::{EngineChoice, LayerKind, Unknown, Unsupported};
pub use error::Error;
pub(crate) use error::nearest;
pub use evaluate::{Against, Evaluate, FeatureFile, FeatureRange, Features, Metric as EvaluatedMetric};
pub use going_on::{Difference, Revised, with_arguments, with_file};
pub use health::{Health, Watch};
pub use keys::{KeyPreset, Keys};
pub use live::Scheduled;
pub use load::{PERSONAL, load, load_over, own, own_file, own_with, parse, user_file};
pub use network::{
    Architecture, Batches, Critic, Dcgan, Ends, Generator, Init, Judge, Misfit, Mlp, Pooling, Pyramid, Resnet, Sides,
    Up,
};
pub use optimizer::{Optimizer, Optimizers};
pub use origins::{Named, Origin, origins};
pub use ramp::{Ramp, RampKey, Shape};
pub use record::Record;
pub use run::{OnHangup, Run};
pub use size::Size;

/// A whole, valid config. Serialized as TOML it reads back as the same config.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Config {
    /// The name of the run on screen and on disk.
    pub name: String,
    /// The run seed: every random number of the run derives from it.
    pub seed: u64,
    /// Steps to train; 0 trains until stopped.
    pub steps: u64,
    /// The device to train on.
    pub device: DeviceChoice,
    /// Samples of each kind, real and generated, in one update.
    pub batch_size: usize,
    /// Samples of each kind that go through the networks at a time, where that is not all of a batch: divides it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub micro_batch: Option<usize>,
    /// Threads of a step on the CPU, libtorch's or the explicit engine's workers; 0 chooses by measurement.
    pub threads: usize,
    /// The engine that computes the gradients.
    pub engine: EngineChoice,
    /// The order of the two updates of a step.
    pub update: Update,
    /// The source of real samples.
    pub data: Data,
    /// The first network.
    pub generator: Generator,
    /// The second network.
    pub critic: Critic,
    /// The objective.
    pub objective: ObjectiveChoice,
    /// The constraint that keeps the critic Lipschitz.
    pub constraint: Constraint,
    /// The optimiser of each network.
    pub optimizer: Optimizers,
    /// The choice of what goes to the run directory.
    pub record: Record,
    /// When the run's state is kept.
    pub checkpoint: Checkpoints,
    /// The behaviour where nobody is there to say.
    pub run: Run,
    /// The measuring of the quality of samples, and how often; none where nothing is said of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evaluate: Option<Evaluate>,
    /// The rules of health, and what happens when one speaks.
    pub health: Health,
    /// The ways by which alerts leave the screen: a person's, and never part of what a config is written as.
    #[serde(skip)]
    pub alerts: Alerts,
    /// The look of the dashboard.
    pub ui: Ui,
    /// The keys and their actions.
    #[serde(skip_serializing_if = "Keys::is_usual")]
    pub keys: Keys,
    /// The schedule of changes, in the order of the steps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub schedule: Vec<live::Scheduled>,
}

/// The order of the two updates of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Update {
    /// The generator answers the critic that has just been updated.
    Alternating,
    /// The step's last critic update and the generator's are computed from the same point (f-GAN's single-step method).
    Simultaneous,
}

/// The law of the latent noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Prior {
    /// N(0, 1) in each coordinate.
    Normal,
    /// U[−1, 1] in each coordinate.
    Uniform,
}

/// The functions between the layers of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// max(x, 0)
    Relu,
    /// x for x > 0, else 0.2·x
    LeakyRelu,
    /// tanh x
    Tanh,
    /// 1/(1 + e^−x)
    Sigmoid,
    /// x for x > 0, else e^x − 1
    Elu,
    /// x·σ(x)
    Silu,
    /// log(1 + e^x)
    Softplus,
    /// The largest of `pieces` linear functions: a layer of width n is one of n·pieces linear units, of which each
    /// group of neighbours gives its maximum (Goodfellow et al. 2013, arXiv:1302.4389).
    Maxout,
}

/// The normalisation of the inputs of the activations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Norm {
    /// Nothing.
    None,
    /// γ(x − m)/√(s² + 1e−5) + β in each feature, with the mean m and the variance s² of the samples that pass together
    /// and learned γ and β (Ioffe and Szegedy 2015, arXiv:1502.03167). No average over batches is kept: snapshots pass
    /// batches as large as a training batch at least. A feature of a picture is a channel, over all its pixels. What a
    /// critic takes for a batch [`Batches`] says.
    Batch,
    /// The same with the mean and the variance of a sample's features, for pictures of all their channels and pixels
    /// (Ba, Kiros and Hinton 2016, arXiv:1607.06450); γ and β are a feature's.
    Layer,
    /// The same with those of each channel of each sample's picture (Ulyanov, Vedaldi and Lempitsky 2016,
    /// arXiv:1607.08022).
    Instance,
}

/// The function after the generator's last layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// Nothing.
    Linear,
    /// tanh, onto (−1, 1)
    Tanh,
    /// the logistic function, onto (0, 1)
    Sigmoid,
}

impl Config {
    /// The config as TOML, every key written out; [`load()`] reads the same config back from it.
    ///
    /// # Errors
    ///
    /// TOML cannot say it, which [`load()`] lets nobody ask for: an integer above `i64::MAX`, a path that is not
    /// UTF-8.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(self)
    }

    /// The parts of it that cannot be done as it stands, for a person; `recorded`: whether the run has a directory.
    pub fn note(&self, recorded: bool) -> Option<&'static str> {
        (self.run.on_hangup == OnHangup::Checkpoint && !recorded).then_some(
            "run.on_hangup is \"checkpoint\", but a run that is not recorded has no directory to keep one in: when the \
             terminal goes away it ends, and nothing of it is kept",
        )
    }
}

impl Config {
    /// The action when the terminal of such a run goes away; `recorded`: whether it has a directory. Where it has none
    /// nobody could find it again, and one without a last step would go on for ever.
    pub fn on_hangup(&self, recorded: bool) -> OnHangup {
        if self.steps == 0 && !recorded { OnHangup::Checkpoint } else { self.run.on_hangup }
    }
}
