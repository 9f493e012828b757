//! Networks over one flat parameter vector.
//!
//! The parameters of a network are views into one contiguous tensor, and its gradient is one tensor of the same
//! length. So the optimiser, the weight clip, norms, the share of weights at the bound and checkpoints are each a
//! handful of operations on one tensor, on any device.

mod builder;
mod dcgan;
mod init;
mod layer;
mod params;
#[cfg(test)]
mod pictures;
mod resnet;
mod spectral;
mod still;

use rand::Rng as _;
use rand_distr::{Distribution, StandardNormal};
use tch::{Device, Kind, Tensor};

use crate::config::{Activation, Batches, Critic, Generator, Misfit, Output, Prior};
use crate::domain::SampleShape;
use crate::domain::seed::Rng;
use builder::Builder;
pub use layer::{LEAK, Layer};
pub use params::Params;
pub use spectral::Spectral;
pub use still::Still;

/// A network: layers over a flat parameter vector.
#[derive(Debug)]
pub struct Network {
    /// Its weights and their gradient.
    pub params: Params,
    layers: Vec<Layer>,
    /// Of a critic: whether real and generated samples pass each kind by itself.
    kinds_apart: bool,
    /// Of a critic: whether a score depends on the samples of the other kind.
    mixes_kinds: bool,
    /// The spectral norms, where its weight matrices are used divided by them.
    pub spectral: Option<Spectral>,
}

impl Network {
    /// The generator that `config` describes, from its latent space to samples of this shape.
    ///
    /// # Errors
    /// It cannot make such samples.
    pub fn generator(config: &Generator, shape: SampleShape, rng: &mut Rng, device: Device) -> Result<Network, Misfit> {
        config.fits(shape)?;
        let builder = Builder::new(rng, device);
        let builder = builder.generator(&config.architecture, config.latent_dims(shape), shape);
        let builder = match config.ends.map(|ends| ends.output) {
            None | Some(Output::Linear) => builder,
            Some(Output::Tanh) => builder.activation(Activation::Tanh, 1),
            Some(Output::Sigmoid) => builder.activation(Activation::Sigmoid, 1),
        };
        let pictures = config.architecture.is_convolutional();
        Ok(Network::build(if pictures { builder.weightless(Layer::Samples) } else { builder }))
    }

    /// The critic that `config` describes, from samples of this shape to one score.
    ///
    /// # Errors
    /// It does not end in one score.
    pub fn critic(config: &Critic, shape: SampleShape, rng: &mut Rng, device: Device) -> Result<Network, Misfit> {
        config.fits(shape)?;
        let network = Network::build(Builder::new(rng, device).critic(&config.architecture, shape, config.pack));
        let kinds_apart = match config.batches {
            Some(batches) => batches == Batches::Apart,
            None => config.architecture.is_convolutional(),
        };
        Ok(Network { kinds_apart, mixes_kinds: config.batches == Some(Batches::Together), ..network })
    }

    /// μ and σ of a network that is μ + σz, coordinate by coordinate.
    pub fn affine(&self) -> Option<(Vec<f64>, Vec<f64>)> {
        let [Layer::Affine { first }] = self.layers[..] else { return None };
        let host = |view: &Tensor| (0..view.numel() as i64).map(|i| view.double_value(&[i])).collect();
        let views = self.params.views();
        Some((host(&views[first]), host(&views[first + 1])))
    }

    fn build(builder: Builder) -> Network {
        let (params, layers) = builder.build();
        Network { params, layers, kinds_apart: false, mixes_kinds: false, spectral: None }
    }

    /// Its layers, from the input on.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Its parameters by the names that PyTorch gives those of a `Sequential` of these layers, e.g. `2.weight`. They
    /// share their storage with the flat vector.
    pub fn named(&self) -> Vec<(String, Tensor)> {
        layer::names(&self.layers)
            .into_iter()
            .zip(self.params.views())
            .map(|(name, view)| (name, view.detach()))
            .collect()
    }

    /// The outputs, \[n, out\], of the inputs, \[n, in\].
    pub fn forward(&self, input: &Tensor) -> Tensor {
        self.with_views(|views| layer::pass(&self.layers, input, views))
    }

    /// What `pass` makes of the weights in use.
    fn with_views<T>(&self, pass: impl FnOnce(&[Tensor]) -> T) -> T {
        let normalised = self.spectral.as_ref().map(|spectral| spectral.normalised(&self.params));
        pass(normalised.as_deref().unwrap_or(self.params.views()))
    }

    /// Whether what becomes of a sample depends on those that pass with it.
    pub fn normalises_batches(&self) -> bool {
        self.layers.iter().flat_map(Layer::each).any(|layer| matches!(layer, Layer::BatchNorm { .. }))
    }

    /// Whether real and generated samples pass each kind by itself: for a batch normalisation as DCGAN has it, and so
    /// that the two can pass at the same time.
    pub fn sees_kinds_apart(&self) -> bool {
        self.kinds_apart
    }

    /// Whether the score of a generated sample depends on the real ones that pass with it.
    pub fn mixes_kinds(&self) -> bool {
        self.mixes_kinds
    }

    /// Samples that it judges together by one score.
    pub fn pack(&self) -> i64 {
        let pack = |layer: &Layer| if let Layer::Pack { size } = layer { Some(*size) } else { None };
        self.layers.iter().find_map(pack).unwrap_or(1)
    }

    /// The same network for another thread: what is written to the weights of the one is written to the other's.
    pub fn shared(&self) -> Network {
        Network {
            params: self.params.shared(),
            layers: self.layers.clone(),
            kinds_apart: self.kinds_apart,
            mixes_kinds: self.mixes_kinds,
            spectral: self.spectral.as_ref().map(Spectral::shared),
        }
    }

    /// The scores, \[n, 1\], of n real samples and of n generated ones, \[n, sample\], or of their packs: from one pass,
    /// but where each kind passes by itself.
    pub fn scores(&self, real: &Tensor, fake: &Tensor) -> [Tensor; 2] {
        if self.kinds_apart {
            return [real, fake].map(|samples| self.forward(samples));
        }
        let [n, m] = [real, fake].map(|samples| samples.size()[0] / self.pack());
        let scores = self.forward(&Tensor::cat(&[real, fake], 0));
        [scores.narrow(0, 0, n), scores.narrow(0, n, m)]
    }

    /// From now on uses every weight matrix divided by its spectral norm, after so many power iterations from vectors
    /// that `rng` draws.
    pub fn normalise_spectrum(&mut self, rng: &mut Rng, iterations: usize) {
        let matrices: Vec<usize> = self.layers.iter().flat_map(Layer::each).filter_map(Layer::matrix).collect();
        let device = self.params.flat().device();
        self.spectral = Some(Spectral::new(&self.params, &matrices, rng, device));
        (0..iterations).for_each(|_| self.iterate_spectrum());
    }

    /// One power iteration towards the spectral norms, where they are in use: for after a change of the weights.
    pub fn iterate_spectrum(&mut self) {
        if let Some(spectral) = &mut self.spectral {
            spectral.iterate(&self.params);
        }
    }

    /// The same network with weights of its own, which start as these are.
    pub fn twin(&self) -> Network {
        self.of_kind(self.params.flat().kind())
    }

    fn of_kind(&self, kind: Kind) -> Network {
        Network {
            params: self.params.of_kind(kind),
            layers: self.layers.clone(),
            kinds_apart: self.kinds_apart,
            mixes_kinds: self.mixes_kinds,
            spectral: None,
        }
    }

    /// The same network in double precision, for a test of what rounding hides.
    #[cfg(test)]
    pub fn doubled(&self) -> Network {
        self.of_kind(Kind::Double)
    }
}

/// Fills `out` with independent numbers of the law `prior`. The host draws them, from a random state that the caller
/// owns: libtorch's own is one for the whole process and cannot be read back. So a run starts from the same noise on
/// every device.
pub fn fill_noise(prior: Prior, rng: &mut Rng, out: &mut [f32]) {
    match prior {
        Prior::Normal => out.fill_with(|| StandardNormal.sample(rng)),
        Prior::Uniform => out.fill_with(|| rng.gen_range(-1.0..=1.0)),
    }
}

/// The law of the generator's latent noise.
pub fn prior(config: &Generator) -> Prior {
    config.prior
}

/// A critic of one update a step, for tests.
#[cfg(test)]
pub fn test_critic(mlp: crate::config::Mlp, shape: SampleShape) -> Network {
    let architecture = crate::config::Architecture::Mlp(mlp);
    let config = Critic { architecture, steps: 1, warmup_steps: 0, warmup_updates: 1, batches: None, pack: 1 };
    let mut rng = crate::domain::seed::rng(3, crate::domain::seed::Stream::Weights, 0);
    Network::critic(&config, shape, &mut rng, Device::Cpu).unwrap()
}

#[cfg(test)]
mod tests;
