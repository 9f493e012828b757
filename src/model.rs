//! Networks over one flat parameter vector.
//!
//! The parameters of a network are views into one contiguous tensor, and its gradient is one tensor of the same
//! length. So the optimiser, the weight clip, norms, the share of weights at the bound and checkpoints are each a
//! handful of operations on one tensor, on any device.

mod layer;
mod params;

use rand::Rng as _;
use rand_distr::{Distribution, StandardNormal};
use tch::{Device, Tensor};

use crate::config::{Activation, Critic, Generator, Output, Prior};
use crate::seed::Rng;
use layer::{Builder, Layer};
pub use params::Params;

/// A network: layers over a flat parameter vector.
#[derive(Debug)]
pub struct Network {
    /// Its weights and their gradient.
    pub params: Params,
    layers: Vec<Layer>,
}

impl Network {
    /// The generator that `config` describes, from its latent space to samples of `sample` numbers.
    pub fn generator(config: &Generator, sample: usize, rng: &mut Rng, device: Device) -> Network {
        let builder = Builder::new(rng, device);
        Network::build(match config {
            Generator::Affine { .. } => builder.affine(sample),
            Generator::Mlp { latent, hidden, activation, output, .. } => {
                let builder = builder.perceptron(*latent, hidden, *activation, sample);
                match output {
                    Output::Linear => builder,
                    Output::Tanh => builder.activation(Activation::Tanh),
                    Output::Sigmoid => builder.activation(Activation::Sigmoid),
                }
            }
        })
    }

    /// The critic that `config` describes, from samples of `sample` numbers to one score.
    pub fn critic(config: &Critic, sample: usize, rng: &mut Rng, device: Device) -> Network {
        Network::build(Builder::new(rng, device).perceptron(sample, &config.hidden, config.activation, 1))
    }

    fn build(builder: Builder) -> Network {
        let (params, layers) = builder.build();
        Network { params, layers }
    }

    /// Its parameters by the names that PyTorch gives those of a `Sequential` of these layers, e.g. `2.weight`. They
    /// share their storage with the flat vector.
    pub fn named(&self) -> Vec<(String, Tensor)> {
        let layers = self.layers.iter().enumerate();
        let names = layers.flat_map(|(i, layer)| layer.parameters().iter().map(move |name| format!("{i}.{name}")));
        names.zip(self.params.views()).map(|(name, view)| (name, view.detach())).collect()
    }

    /// The outputs, \[n, out\], of the inputs, \[n, in\].
    pub fn forward(&self, input: &Tensor) -> Tensor {
        self.layers.iter().fold(input.shallow_clone(), |x, layer| layer.forward(&x, self.params.views()))
    }
}

/// Dimensions of the generator's latent space, for samples of `sample` numbers.
pub fn latent_dims(config: &Generator, sample: usize) -> usize {
    match config {
        Generator::Mlp { latent, .. } => *latent,
        Generator::Affine { .. } => sample,
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
    match config {
        Generator::Mlp { prior, .. } | Generator::Affine { prior } => *prior,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::{Stream, rng};

    fn mlp(hidden: Vec<usize>, activation: Activation) -> Network {
        let critic = crate::config::Critic {
            kind: crate::config::CriticKind::Mlp,
            hidden,
            activation,
            steps: 1,
            warmup_steps: 0,
            warmup_updates: 1,
        };
        Network::critic(&critic, 2, &mut rng(3, Stream::Weights, 0), Device::Cpu)
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
        for activation in [
            Activation::Relu,
            Activation::LeakyRelu,
            Activation::Tanh,
            Activation::Sigmoid,
            Activation::Elu,
            Activation::Silu,
            Activation::Softplus,
        ] {
            let mut network = mlp(vec![5, 4], activation);
            let x = Tensor::from_slice(&[0.3f32, -0.8, 1.2, 0.5, -0.4, 0.9]).view([3, 2]);
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
                    "{activation:?} {i}: {slope} {expected}"
                );
            }
        }
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

    #[test]
    fn an_affine_generator_starts_as_the_identity() {
        let config = Generator::Affine { prior: Prior::Normal };
        let network = Network::generator(&config, 2, &mut rng(1, Stream::Weights, 0), Device::Cpu);
        assert_eq!(network.params.len(), 4);
        let z = Tensor::from_slice(&[0.5f32, -2.0]).view([1, 2]);
        assert_eq!(tch::no_grad(|| network.forward(&z)), z);
    }
}
