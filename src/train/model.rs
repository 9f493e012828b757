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
        let network = Network::build(Builder::new(rng, device).critic(&config.architecture, shape));
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

    /// The scores, \[n, 1\], of n real samples and of n generated ones, \[n, sample\]: from one pass, but where each
    /// kind passes by itself.
    pub fn scores(&self, real: &Tensor, fake: &Tensor) -> [Tensor; 2] {
        if self.kinds_apart {
            return [real, fake].map(|samples| self.forward(samples));
        }
        let (n, m) = (real.size()[0], fake.size()[0]);
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
    let config = Critic { architecture, steps: 1, warmup_steps: 0, warmup_updates: 1, batches: None };
    let mut rng = crate::domain::seed::rng(3, crate::domain::seed::Stream::Weights, 0);
    Network::critic(&config, shape, &mut rng, Device::Cpu).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Architecture, Init, Mlp, Norm};
    use crate::domain::seed::{Stream, rng};

    const PLANE: SampleShape = SampleShape::Point { dims: 2 };

    fn mlp(hidden: Vec<usize>, activation: Activation) -> Network {
        normalised(hidden, activation, Norm::None)
    }

    fn normalised(hidden: Vec<usize>, activation: Activation, norm: Norm) -> Network {
        let mlp = Mlp { hidden, activation, pieces: 3, norm, init: Init::Pytorch };
        test_critic(mlp, PLANE)
    }

    #[test]
    fn a_perceptron_is_its_formula() {
        let network = mlp(vec![3], Activation::Tanh);
        assert_eq!(network.params.len(), 2 * 3 + 3 + 3 + 1);
        let w: Vec<f32> = Vec::try_from(network.params.flat()).unwrap();
        let x = [0.4f32, -1.3];
        let mut score = w[12];
        for unit in 0..3 {
            score += w[9 + unit] * (w[2 * unit] * x[0] + w[2 * unit + 1] * x[1] + w[6 + unit]).tanh();
        }
        let out = tch::no_grad(|| network.forward(&Tensor::from_slice(&x).view([1, 2])));
        assert!((out.double_value(&[0, 0]) - score as f64).abs() < 1e-6);
    }

    #[test]
    fn initial_weights_are_within_pytorchs_bound() {
        let network = mlp(vec![64], Activation::Relu);
        let w: Vec<f32> = Vec::try_from(network.params.flat()).unwrap();
        let (first, second) = (1.0 / 2f32.sqrt(), 1.0 / 64f32.sqrt());
        assert!(w[..64 * 3].iter().all(|x| x.abs() <= first));
        assert!(w[64 * 3..].iter().all(|x| x.abs() <= second));
        assert!(w[..64 * 3].iter().any(|x| x.abs() > second));
    }

    #[test]
    fn the_gradient_is_that_of_a_finite_difference() {
        for (activation, norm) in [
            Activation::Relu,
            Activation::LeakyRelu,
            Activation::Tanh,
            Activation::Sigmoid,
            Activation::Elu,
            Activation::Silu,
            Activation::Softplus,
            Activation::Maxout,
        ]
        .into_iter()
        .flat_map(|activation| [(activation, Norm::None), (activation, Norm::Batch)])
        {
            let mut network = normalised(vec![5, 4], activation, norm);
            let x = Tensor::from_slice(&[0.3f32, -0.8, 1.2, 0.5, -0.4, 0.9, 0.1, -1.1]).view([4, 2]);
            let loss = network.forward(&x).square().sum(None);
            network.params.backward(&loss, false);
            let gradient: Vec<f32> = Vec::try_from(network.params.gradient()).unwrap();
            for (i, expected) in gradient.iter().enumerate() {
                let h = 1e-3;
                let at = |delta: f64| {
                    tch::no_grad(|| {
                        let _ = network.params.flat().get(i as i64).g_add_scalar_(delta);
                        let value = network.forward(&x).square().sum(None).double_value(&[]);
                        let _ = network.params.flat().get(i as i64).g_add_scalar_(-delta);
                        value
                    })
                };
                let slope = (at(h) - at(-h)) / (2.0 * h);
                assert!(
                    (slope - *expected as f64).abs() < 2e-3 * (1.0 + slope.abs()),
                    "{activation:?} {norm:?} {i}: {slope} {expected}"
                );
            }
        }
    }

    #[test]
    fn a_maxout_unit_is_the_largest_of_its_pieces() {
        let network = mlp(vec![2], Activation::Maxout);
        // Six linear functions of two numbers, then one of two units.
        assert_eq!(network.params.len(), 6 * 3 + 3);
        let w: Vec<f32> = Vec::try_from(network.params.flat()).unwrap();
        let x = [0.7f32, -0.2];
        let piece = |i: usize| w[2 * i] * x[0] + w[2 * i + 1] * x[1] + w[12 + i];
        let unit = |j: usize| (3 * j..3 * j + 3).map(piece).fold(f32::NEG_INFINITY, f32::max);
        let expected = w[18] * unit(0) + w[19] * unit(1) + w[20];
        let out = tch::no_grad(|| network.forward(&Tensor::from_slice(&x).view([1, 2])));
        assert!((out.double_value(&[0, 0]) - expected as f64).abs() < 1e-6);
    }

    #[test]
    fn batch_normalisation_is_its_formula_and_stands_one_sample() {
        let network = normalised(vec![1], Activation::Relu, Norm::Batch);
        let w: Vec<f32> = Vec::try_from(network.params.flat()).unwrap();
        assert_eq!((w.len(), w[3], w[4]), (7, 1.0, 0.0));
        let xs = [[0.4f32, 1.0], [-0.9, 0.3], [1.5, -2.0]];
        let inner = xs.map(|x| w[0] * x[0] + w[1] * x[1] + w[2]);
        let mean = inner.iter().sum::<f32>() / 3.0;
        let variance = inner.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / 3.0;
        let out = tch::no_grad(|| network.forward(&Tensor::from_slice(&xs.concat()).view([3, 2])));
        for (i, v) in inner.iter().enumerate() {
            let expected = w[5] * ((v - mean) / (variance + 1e-5).sqrt()).max(0.0) + w[6];
            assert!((out.double_value(&[i as i64, 0]) - expected as f64).abs() < 1e-5);
        }
        let alone = tch::no_grad(|| network.forward(&Tensor::from_slice(&xs[0]).view([1, 2])));
        assert!((alone.double_value(&[0, 0]) - w[6] as f64).abs() < 1e-6);
    }

    #[test]
    fn noise_has_the_moments_of_its_law() {
        for (prior, variance) in [(Prior::Normal, 1.0), (Prior::Uniform, 1.0 / 3.0)] {
            let mut out = vec![0f32; 100_000];
            fill_noise(prior, &mut rng(5, Stream::Noise, 1), &mut out);
            let mean = out.iter().map(|&x| x as f64).sum::<f64>() / 1e5;
            let square = out.iter().map(|&x| (x as f64).powi(2)).sum::<f64>() / 1e5;
            assert!(mean.abs() < 0.015 && (square - variance).abs() < 0.02, "{prior:?} {mean} {square}");
        }
    }

    fn affine(mean: Vec<f64>, scale: Vec<f64>) -> Generator {
        Generator {
            architecture: Architecture::Affine { mean, scale },
            prior: Prior::Normal,
            ema: None,
            steps: 1,
            ends: None,
        }
    }

    #[test]
    fn an_affine_generator_starts_where_it_is_told_or_as_the_identity() {
        let config = affine(vec![], vec![]);
        let network = Network::generator(&config, PLANE, &mut rng(1, Stream::Weights, 0), Device::Cpu).unwrap();
        assert_eq!(network.params.len(), 4);
        let z = Tensor::from_slice(&[0.5f32, -2.0]).view([1, 2]);
        assert_eq!(tch::no_grad(|| network.forward(&z)), z);
        assert_eq!(network.affine(), Some((vec![0.0; 2], vec![1.0; 2])));
        assert_eq!(mlp(vec![], Activation::Relu).affine(), None);
        let config = affine(vec![3.0], vec![0.0, 0.5]);
        let network = Network::generator(&config, PLANE, &mut rng(1, Stream::Weights, 0), Device::Cpu).unwrap();
        assert_eq!(network.affine(), Some((vec![3.0, 0.0], vec![0.0, 0.5])));
    }
}
