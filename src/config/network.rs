//! The two networks: the architectures that both may have, and what each of the two adds.

mod batches;
mod dcgan;
mod misfit;
mod resnet;

use serde::{Deserialize, Serialize};

use super::error::Problem;
use super::layers::Value;
use super::limits::{
    DISTANCE, EMA, MAX_CRITIC_STEPS, MAX_LAYERS, MAX_LIVE_CRITIC_STEPS, MAX_PACK, MAX_PIECES, MAX_WHOLE, MAX_WIDTH,
};
use super::section::{Kind, Section};
use super::value::Bounds;
use super::{Activation, Data, Norm, Output, Prior, defaults as d};
use crate::domain::SampleShape;
pub use batches::Batches;
pub use dcgan::{Dcgan, Pyramid, Up};
use misfit::fitting;
pub use misfit::{Misfit, Unfit};
pub use resnet::{Judge, Pooling, Resnet, Sides};

/// The layers of a network.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Architecture {
    /// A multilayer perceptron, from any number of values to any other.
    Mlp(Mlp),
    /// Strided convolutions, between images of many sizes and a vector.
    Dcgan(Dcgan),
    /// Residual blocks of convolutions, between images of many sizes and a vector.
    Resnet(Resnet),
    /// μ + σx, coordinate by coordinate: as many values come out as go in.
    Affine {
        /// The initial μ, a coordinate each; 0 where nothing is said.
        mean: Vec<f64>,
        /// The initial σ, a coordinate each; 1 where nothing is said.
        scale: Vec<f64>,
    },
}

/// A multilayer perceptron but for its numbers of inputs and outputs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mlp {
    /// Widths of the hidden layers.
    pub hidden: Vec<usize>,
    /// Between the layers.
    pub activation: Activation,
    /// Linear functions in a unit of [`Activation::Maxout`].
    pub pieces: usize,
    /// Before each activation.
    pub norm: Norm,
    /// The law of its initial weights.
    pub init: Init,
}

/// The law of the initial weights of a layer that multiplies by a matrix W \[out, in\] and adds b; a convolution's is
/// \[out, in·height·width\]. Normalisation starts with γ = 1 and β = 0 under each of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Init {
    /// W and b uniform within ±1/√in: what PyTorch's `Linear` and `Conv2d` do; of a transposed convolution within
    /// ±1/√(out·height·width), as its `ConvTranspose2d`.
    #[default]
    Pytorch,
    /// W from N(0, 0.02²), b = 0 (DCGAN: Radford, Metz and Chintala 2015, arXiv:1511.06434).
    Normal,
    /// W uniform within ±√(6/(in + out)), of a convolution ±√(6/((in + out)·height·width)), b = 0 (Glorot and Bengio
    /// 2010, equation 16).
    Xavier,
    /// W with orthonormal rows, or orthonormal columns where out > in, uniformly distributed among such; b = 0 (Saxe,
    /// McClelland and Ganguli 2013, arXiv:1312.6120).
    Orthogonal,
    /// Of residual networks alone: W from N(0, 2/in), b = 0, but for the blocks, of which there are L: there the first
    /// convolution's divided by √L, and the last one's 0, so that a block adds nothing at first (Zhang, Dauphin and Ma
    /// 2019, arXiv:1901.09321, for blocks of two convolutions).
    Fixup,
}

/// The first network.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Generator {
    #[serde(flatten)]
    pub architecture: Architecture,
    /// The law of the latent noise.
    pub prior: Prior,
    /// Keeps an exponential moving average of the weights besides: its half-life in images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ema: Option<f64>,
    /// Updates a step, each against the critic that the step's critic updates left; of simultaneous updates the first
    /// one goes with the critic's last.
    #[serde(skip_serializing_if = "is_once")]
    pub steps: u64,
    /// None for an architecture whose latent space is that of the samples, and that ends in its last layer.
    #[serde(flatten)]
    pub ends: Option<Ends>,
}

fn is_once(steps: &u64) -> bool {
    *steps == d::GENERATOR_STEPS
}

/// The ends of a generator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Ends {
    /// Dimensions of the latent space.
    pub latent: usize,
    /// After the last layer.
    pub output: Output,
}

/// The second network, and how often it is updated.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Critic {
    #[serde(flatten)]
    pub architecture: Architecture,
    /// Critic updates a step.
    pub steps: u64,
    /// The number of the first steps that are warm-up steps.
    pub warmup_steps: u64,
    /// Critic updates in a warm-up step.
    pub warmup_updates: u64,
    /// What a critic with `norm = "batch"` takes for a batch; none where nothing depends on that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batches: Option<Batches>,
    /// Samples of one kind that it judges together by one score, stacked along their channels, or point beside point
    /// (PacGAN: Lin and others 2018, arXiv:1712.04086).
    #[serde(skip_serializing_if = "is_alone")]
    pub pack: usize,
}

fn is_alone(pack: &usize) -> bool {
    *pack == d::PACK
}

impl Architecture {
    /// The perceptron, if it is one.
    pub fn mlp(&self) -> Option<&Mlp> {
        match self {
            Architecture::Mlp(mlp) => Some(mlp),
            Architecture::Dcgan(_) | Architecture::Resnet(_) | Architecture::Affine { .. } => None,
        }
    }

    /// Whether its layers are convolutions: what it takes and gives are pictures.
    pub fn is_convolutional(&self) -> bool {
        match self {
            Architecture::Mlp(_) | Architecture::Affine { .. } => false,
            Architecture::Dcgan(_) | Architecture::Resnet(_) => true,
        }
    }

    /// The numbers in the weight matrices of such a network between samples of this shape and `ends` numbers, the
    /// latent dimensions or the score, at least; what it has besides, biases above all, is left out. `down`: from the
    /// samples on.
    fn weights(&self, shape: SampleShape, ends: usize, down: bool) -> usize {
        match self {
            Architecture::Mlp(mlp) if down => mlp.weights(shape.len(), ends),
            Architecture::Mlp(mlp) => mlp.weights(ends, shape.len()),
            Architecture::Dcgan(dcgan) => dcgan.weights(shape, ends),
            Architecture::Resnet(resnet) => resnet.weights(shape, ends),
            Architecture::Affine { .. } => shape.len(),
        }
    }
}

impl Mlp {
    /// The numbers in its weight matrices from `input` numbers to `output`.
    fn weights(&self, input: usize, output: usize) -> usize {
        let pieces = if self.activation == Activation::Maxout { self.pieces } else { 1 };
        let widths = [input].into_iter().chain(self.hidden.iter().copied());
        let units = self.hidden.iter().map(|width| width.saturating_mul(pieces)).chain([output]);
        let products = widths.zip(units).map(|(width, units)| width.saturating_mul(units));
        products.fold(0, usize::saturating_add)
    }
}

impl Generator {
    /// Dimensions of its latent space, for samples of this shape.
    pub fn latent_dims(&self, shape: SampleShape) -> usize {
        self.ends.map_or(shape.len(), |ends| ends.latent)
    }

    /// The numbers in its weight matrices, at least, for samples of this shape.
    pub fn weights(&self, shape: SampleShape) -> usize {
        self.architecture.weights(shape, self.latent_dims(shape), false)
    }

    /// Whether it can make samples of this shape.
    ///
    /// # Errors
    /// The key that stands in the way, and what would fit.
    pub fn fits(&self, shape: SampleShape) -> Result<(), Misfit> {
        let (mean, scale) = match &self.architecture {
            Architecture::Mlp(_) => return Ok(()),
            Architecture::Dcgan(dcgan) => return fitting("generator", dcgan.pictures(shape)),
            Architecture::Resnet(resnet) => return fitting("generator", resnet.smallest(shape)),
            Architecture::Affine { mean, scale } => (mean, scale),
        };
        let coordinates = shape.len();
        match [("mean", mean.len()), ("scale", scale.len())].into_iter().find(|(_, n)| *n > coordinates) {
            None => Ok(()),
            Some((key, numbers)) => {
                let why = format!(
                    "has {numbers} numbers, but a sample has {coordinates}: give one for each coordinate, or \
                         fewer"
                );
                Err(Misfit { table: "generator", key, why })
            }
        }
    }
}

impl Critic {
    /// The numbers in its weight matrices, at least, for samples of this shape.
    pub fn weights(&self, shape: SampleShape) -> usize {
        self.architecture.weights(self.packed(shape), 1, true)
    }

    /// The shape of what it judges by one score: samples of this shape, packed.
    pub fn packed(&self, shape: SampleShape) -> SampleShape {
        match shape {
            SampleShape::Point { dims } => SampleShape::Point { dims: dims.saturating_mul(self.pack) },
            SampleShape::Image { width, height, channels, range } => {
                SampleShape::Image { width, height, channels: channels.saturating_mul(self.pack), range }
            }
        }
    }

    /// Whether it can tell samples of this shape apart by one score.
    ///
    /// # Errors
    /// The key that stands in the way, and what would fit.
    pub fn fits(&self, shape: SampleShape) -> Result<(), Misfit> {
        match &self.architecture {
            Architecture::Mlp(_) => Ok(()),
            Architecture::Dcgan(dcgan) => fitting("critic", dcgan.pictures(shape)),
            Architecture::Resnet(resnet) => fitting("critic", resnet.smallest(shape)),
            Architecture::Affine { .. } => {
                let why =
                    "is \"affine\", which gives one number per coordinate, but a critic gives one score: use \"mlp\"";
                Err(Misfit { table: "critic", key: "kind", why: why.to_owned() })
            }
        }
    }
}

pub(super) const KINDS: [Kind<Architecture>; 4] = [
    Kind { name: "mlp", read: mlp },
    Kind { name: "dcgan", read: |t| Architecture::Dcgan(dcgan::critic(t)) },
    Kind { name: "resnet", read: |t| Architecture::Resnet(resnet::critic(t)) },
    Kind { name: "affine", read: affine },
];

pub(super) const GENERATOR: [Kind<(Architecture, Option<Ends>)>; 4] = [
    Kind { name: "mlp", read: |t| (mlp(t), Some(ends(t, d::LATENT, Output::Linear))) },
    Kind {
        name: "dcgan",
        read: |t| (Architecture::Dcgan(dcgan::generator(t)), Some(ends(t, d::DCGAN_LATENT, Output::Tanh))),
    },
    Kind {
        name: "resnet",
        read: |t| (Architecture::Resnet(resnet::generator(t)), Some(ends(t, d::RESNET_LATENT, Output::Tanh))),
    },
    Kind { name: "affine", read: |t| (affine(t), None) },
];

/// Reads the generator of samples that `data` gives.
pub fn generator(mut t: Section<'_, '_>, data: &Data) -> Generator {
    let prior = t.variant("prior", Prior::Normal);
    let ema = t.read("ema", |value| value.number(Bounds::within(&EMA)));
    let steps = t.whole("steps", d::GENERATOR_STEPS, 1..=MAX_LIVE_CRITIC_STEPS);
    let check = Check::of(&t);
    let (architecture, ends) = t.kind(&GENERATOR, "mlp");
    let generator = Generator { architecture, prior, ema, steps, ends };
    check.report(data.known_shape().map_or(Ok(()), |shape| generator.fits(shape)));
    generator
}

/// Reads the critic of samples that `data` gives; it has so many updates a step if it does not say otherwise.
pub fn critic(mut t: Section<'_, '_>, data: &Data, steps: u64) -> Critic {
    let steps = t.whole("steps", steps, 1..=MAX_CRITIC_STEPS);
    let warmup_steps = t.whole("warmup_steps", d::WARMUP_STEPS, 0..=MAX_WHOLE);
    let warmup_updates = t.whole("warmup_updates", d::WARMUP_UPDATES, 1..=MAX_CRITIC_STEPS);
    let asked = batches::Asked::of(&mut t);
    let pack = t.count("pack", d::PACK, 1..=MAX_PACK);
    let check = Check::of(&t);
    let architecture = t.kind(&KINDS, "mlp");
    let batches = asked.of_critic(&architecture);
    let critic = Critic { architecture, steps, warmup_steps, warmup_updates, batches, pack };
    check.report(match data.known_shape() {
        // Images have no known shape yet; what does not fit a point and is not for images does not fit them either.
        None if critic.architecture.is_convolutional() => Ok(()),
        shape => critic.fits(shape.unwrap_or(SampleShape::Point { dims: 1 })),
    });
    critic
}

/// The places at which a misfit is told: the values that may be to blame.
struct Check<'p, 's> {
    table: Section<'p, 's>,
    values: Vec<(&'static str, Value<'s>)>,
}

impl<'p, 's> Check<'p, 's> {
    /// Of a table that is about to be read.
    fn of(t: &Section<'p, 's>) -> Check<'p, 's> {
        let value = |key| Some((key, t.value(key)?.clone()));
        let values = ["kind", "mean", "scale", "widths", "down"].into_iter().filter_map(value).collect();
        Check { table: t.alike(), values }
    }

    fn report(self, fits: Result<(), Misfit>) {
        let Err(misfit) = fits else { return };
        let blamed = self.values.iter().find(|(key, _)| *key == misfit.key);
        self.table.report(match blamed {
            Some((_, value)) => value.spot.problem(format!("`{}.{}` {}", misfit.table, misfit.key, misfit.why)),
            // A default that does not fit.
            None => self.table.problem(misfit.to_string()),
        });
    }
}

fn mlp(t: &mut Section<'_, '_>) -> Architecture {
    let hidden = hidden(t);
    let (activation, pieces) = activation(t, Activation::Relu);
    Architecture::Mlp(Mlp {
        hidden,
        activation,
        pieces,
        norm: t.read("norm", of_units).unwrap_or(Norm::None),
        init: t.read("init", without_blocks).unwrap_or(Init::Pytorch),
    })
}

fn affine(t: &mut Section<'_, '_>) -> Architecture {
    Architecture::Affine { mean: coordinates(t, "mean"), scale: coordinates(t, "scale") }
}

/// The function between layers, and the pieces of a maxout unit.
fn activation(t: &mut Section<'_, '_>, usual: Activation) -> (Activation, usize) {
    (t.variant("activation", usual), t.count("pieces", d::PIECES, 1..=MAX_PIECES))
}

/// The initial weights of a network without residual blocks.
fn without_blocks(value: &Value<'_>) -> Result<Init, Problem> {
    match value.variant()? {
        Init::Fixup => Err(value.wrong("must be another here: it is for the blocks of kind = \"resnet\"")),
        init => Ok(init),
    }
}

/// The norms of the units of a perceptron.
fn of_units(value: &Value<'_>) -> Result<Norm, Problem> {
    match value.variant()? {
        Norm::Instance => {
            Err(value.wrong("must be \"none\", \"batch\" or \"layer\" in a perceptron: its units are not pictures"))
        }
        norm => Ok(norm),
    }
}

/// The ends of a generator, with what is usual for its kind.
fn ends(t: &mut Section<'_, '_>, latent: usize, output: Output) -> Ends {
    Ends { latent: t.count("latent", latent, 1..=MAX_WIDTH), output: t.variant("output", output) }
}

fn hidden(t: &mut Section<'_, '_>) -> Vec<usize> {
    let widths = |value: &Value<'_>| {
        let width = |element: &Value<'_>| element.whole(1..=MAX_WIDTH as u64).map(|width| width as usize);
        value.list(MAX_LAYERS)?.iter().map(width).collect()
    };
    t.read("hidden", widths).unwrap_or_else(|| d::HIDDEN.to_vec())
}

/// A number for each of the first coordinates; how many there are the data decides.
fn coordinates(t: &mut Section<'_, '_>, key: &'static str) -> Vec<f64> {
    let numbers =
        |value: &Value<'_>| value.list(MAX_WIDTH)?.iter().map(|v| v.number(Bounds::within(&DISTANCE))).collect();
    t.read(key, numbers).unwrap_or_default()
}
