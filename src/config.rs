//! The typed config of a run: what it is once it has been read, checked and completed with defaults.
//!
//! The types here are plain data that every other room may name. [`load()`] makes one from a file or a preset and
//! `--set` arguments; the files of `config/` are its steps:
//!
//! * `source`: a text that settings come from, and where in it something stands;
//! * `layers`: the sources as one tree, later ones on top;
//! * `section` and `value`: reading keys and values from that tree, and what is wrong with them;
//! * `resolve`: every key, its default and its range, once; [`defaults`] and [`limits`] have the numbers;
//! * [`live`]: the keys that can change while a run goes on;
//! * `keys`: which keys do what on the dashboard; `origins`: where each key of a config is said;
//! * `constraint`: what keeps the critic Lipschitz; `health`: what is watched for; `run`: hang-ups;
//! * `error`: how a problem is told;
//! * [`presets`]: the configs that are built in.

mod checkpoints;
mod constraint;
pub mod defaults;
mod device;
mod engine;
mod error;
mod health;
mod keys;
mod layers;
pub mod limits;
pub mod live;
mod load;
mod look;
mod optimizer;
mod origins;
pub mod presets;
mod record;
mod resolve;
mod run;
mod section;
mod source;
mod value;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use checkpoints::{Checkpoints, Prefer};
pub use constraint::{Constraint, Number};
pub use device::DeviceChoice;
pub use engine::{EngineChoice, LayerKind, Unknown, Unsupported};
pub use error::Error;
pub(crate) use error::nearest;
pub use health::{AlertAction, Health, Watch};
pub use keys::{KeyPreset, Keys};
pub use live::Scheduled;
pub use load::{PERSONAL, load, load_over, parse, user_file};
pub use look::{Images, Theme, Ui};
pub use optimizer::{Optimizer, Optimizers};
pub use origins::{Origin, origins};
pub use record::Record;
pub use run::{OnHangup, Run};

/// A whole, valid config. Serialized as TOML it reads back as the same config.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Config {
    /// What the run is called on screen and on disk.
    pub name: String,
    /// The run seed: every random number of the run derives from it.
    pub seed: u64,
    /// Steps to train; 0 trains until stopped.
    pub steps: u64,
    /// Where to train.
    pub device: DeviceChoice,
    /// Samples of each kind, real and generated, in one update.
    pub batch_size: usize,
    /// Threads of a step on the CPU, libtorch's or the explicit engine's workers; 0 chooses by measurement.
    pub threads: usize,
    /// What computes the gradients.
    pub engine: EngineChoice,
    /// How the two updates of a step follow each other.
    pub update: Update,
    /// Where real samples come from.
    pub data: Data,
    /// The first network.
    pub generator: Generator,
    /// The second network.
    pub critic: Critic,
    /// What the two play for.
    pub objective: Objective,
    /// What keeps the critic Lipschitz.
    pub constraint: Constraint,
    /// The optimiser of each network.
    pub optimizer: Optimizers,
    /// What goes to the run directory.
    pub record: Record,
    /// When the run's state is kept.
    pub checkpoint: Checkpoints,
    /// How it goes on where nobody is there to say.
    pub run: Run,
    /// What is watched for, and what happens then.
    pub health: Health,
    /// What the dashboard looks like.
    pub ui: Ui,
    /// Which keys do what.
    #[serde(skip_serializing_if = "Keys::is_usual")]
    pub keys: Keys,
    /// What changes at which step, in the order of the steps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub schedule: Vec<live::Scheduled>,
}

/// How the two updates of a step follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Update {
    /// The generator answers the critic that has just been updated.
    Alternating,
    /// The step's last critic update and the generator's are computed from the same point (f-GAN's single-step method).
    Simultaneous,
}

/// Where real samples come from.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Data {
    /// Gaussians evenly spaced on a circle around the origin, in 2-D.
    Ring { modes: usize, radius: f64, std: f64 },
    /// side × side Gaussians on a square lattice centred at the origin, `spacing` apart, in 2-D.
    Grid { side: usize, spacing: f64, std: f64 },
    /// (t cos t, t sin t) + noise, all ÷ 7.5, t = 1.5π(1 + 2u); `noise` is the deviation before the division.
    SwissRoll { noise: f64 },
    /// (cos θ, sin θ) and (1 − cos θ, ½ − sin θ), θ in [0, π], with noise of this deviation.
    Moons { noise: f64 },
    /// Uniform on the dark fields of a 4 × 4 checkerboard over [−4, 4]².
    Checkerboard,
    /// (θ, U[0, 1]): a vertical segment at x = θ.
    Lines { theta: f64 },
    /// A Gaussian mixture in one or two dimensions.
    Mixture { components: Vec<Component> },
    /// Images in the IDX format of MNIST.
    Idx {
        /// An IDX file, plain or gzip, or a directory with `train-images-idx3-ubyte` in it.
        path: PathBuf,
        /// Use the first so many images; 0 uses all.
        limit: usize,
        /// The interval that bytes 0..=255 are mapped to.
        range: PixelRange,
    },
}

/// The interval that pixel bytes are mapped to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PixelRange {
    /// [−1, 1], for a generator that ends in tanh.
    Signed,
    /// [0, 1], for a generator that ends in a sigmoid.
    Unit,
}

/// One Gaussian of a mixture.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Component {
    /// Its share; weights need not sum to 1.
    pub weight: f64,
    /// Its mean: one or two numbers.
    pub mean: Vec<f64>,
    /// Its standard deviation, the same in every direction.
    pub std: f64,
}

/// The first network.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Generator {
    /// A multilayer perceptron from the latent space to the sample space.
    Mlp {
        /// Dimensions of the latent space.
        latent: usize,
        /// The law of the latent noise.
        prior: Prior,
        /// Widths of the hidden layers.
        hidden: Vec<usize>,
        /// Between the layers.
        activation: Activation,
        /// Linear functions in a unit of [`Activation::Maxout`].
        pieces: usize,
        /// Before each activation.
        norm: Norm,
        /// After the last layer.
        output: Output,
    },
    /// μ + σz, coordinate by coordinate; the latent space has the dimensions of the sample space.
    Affine {
        /// The law of z.
        prior: Prior,
        /// What μ starts from, a coordinate each; 0 where nothing is said.
        mean: Vec<f64>,
        /// What σ starts from, a coordinate each; 1 where nothing is said.
        scale: Vec<f64>,
    },
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

/// What stands between the layers of a network.
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
    /// The largest of `pieces` linear functions: a layer of width n is one of n·pieces linear units, of which each group
    /// of neighbours gives its maximum (Goodfellow et al. 2013, arXiv:1302.4389).
    Maxout,
}

/// What normalises the inputs of the activations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Norm {
    /// Nothing.
    None,
    /// γ(x − m)/√(s² + 1e−5) + β in each feature, with the mean m and the variance s² of the samples that pass together
    /// and learned γ and β (Ioffe and Szegedy 2015, arXiv:1502.03167). No average over batches is kept: a snapshot
    /// normalises by its own samples, and the critic's update sees real and generated samples as one batch.
    Batch,
}

/// What stands after the generator's last layer.
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

/// The second network, and how often it is updated.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Critic {
    /// Its architecture.
    pub kind: CriticKind,
    /// Widths of the hidden layers.
    pub hidden: Vec<usize>,
    /// Between the layers.
    pub activation: Activation,
    /// Linear functions in a unit of [`Activation::Maxout`].
    pub pieces: usize,
    /// Before each activation.
    pub norm: Norm,
    /// Critic updates a step.
    pub steps: u64,
    /// How many of the first steps are warm-up steps.
    pub warmup_steps: u64,
    /// Critic updates in a warm-up step.
    pub warmup_updates: u64,
}

/// The critic's architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CriticKind {
    /// A multilayer perceptron from the sample space to one score.
    Mlp,
}

/// What the two play for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Objective {
    /// The name of a row of [`crate::objective::ALL`].
    pub kind: String,
    /// The weight π of `js-weighted`, in [`limits::PI`]; kept while another objective is in force.
    pub pi: f64,
    /// The α of `alpha`, which [`limits::alpha`] allows; kept while another objective is in force.
    pub alpha: f64,
    /// How a score becomes a critic value.
    pub head: Head,
    /// What the generator descends.
    pub generator_loss: GeneratorLoss,
}

/// How a score becomes a critic value, T = g(v).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Head {
    /// The score estimates log(p/q): T = f'(e^v).
    LogRatio,
    /// The output activation of the f-GAN paper's table.
    Paper,
}

/// What the generator descends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GeneratorLoss {
    /// What suits the objective.
    Auto,
    /// −E_Q[g(v)].
    NonSaturating,
    /// −E_Q[f*(T)]: the minimax game itself.
    Saturating,
}

impl Config {
    /// The config as TOML, every key written out; [`load()`] reads the same config back from it.
    ///
    /// # Errors
    ///
    /// Where TOML cannot say it, which [`load()`] lets nobody ask for: an integer above `i64::MAX`, a path that is not
    /// UTF-8.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(self)
    }

    /// What of it cannot be done as it stands, for a person; `recorded`: whether the run has a directory.
    pub fn note(&self, recorded: bool) -> Option<&'static str> {
        (self.run.on_hangup == OnHangup::Checkpoint && !recorded).then_some(
            "run.on_hangup is \"checkpoint\", but a run that is not recorded has no directory to keep one in: when the \
             terminal goes away it ends, and nothing of it is kept",
        )
    }
}

impl Config {
    /// Whether a run of this config does the same steps as one of `other`, on the same device: everything is equal but
    /// what they are called, how long they go on, where and what they record.
    pub fn trains_as(&self, other: &Config) -> bool {
        let Config { name, steps, device, threads, record, checkpoint, run, health, schedule, .. } = other.clone();
        Config { name, steps, device, threads, record, checkpoint, run, health, schedule, ..self.clone() } == *other
    }
}

impl Default for Objective {
    fn default() -> Objective {
        Objective {
            kind: defaults::OBJECTIVE.into(),
            pi: defaults::OBJECTIVE_PI,
            alpha: defaults::OBJECTIVE_ALPHA,
            head: Head::LogRatio,
            generator_loss: GeneratorLoss::Auto,
        }
    }
}
