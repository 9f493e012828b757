//! The builder that lays out the layers of a network and draws their initial weights.

use tch::{Device, Tensor};

use super::layer::Geometry;
use super::layer::leaky;
use super::{Layer, Params, init};
use crate::config::{Activation, Architecture, Init, Mlp, Norm};
use crate::domain::SampleShape;
use crate::domain::seed::Rng;

/// Lays out the layers of one network and draws their initial weights.
pub struct Builder<'a> {
    rng: &'a mut Rng,
    device: Device,
    layers: Vec<Layer>,
    weights: Vec<f32>,
    shapes: Vec<Vec<i64>>,
}

impl<'a> Builder<'a> {
    pub fn new(rng: &'a mut Rng, device: Device) -> Builder<'a> {
        Builder { rng, device, layers: Vec::new(), weights: Vec::new(), shapes: Vec::new() }
    }

    /// A linear layer whose weights start as `init` says.
    pub fn linear(mut self, input: usize, output: usize, init: Init) -> Builder<'a> {
        self.layers.push(Layer::Linear { first: self.shapes.len() });
        // Grown by doubling they would take twice the room.
        self.weights.reserve_exact(output * input + output);
        init::linear(init, input, output, self.rng, &mut self.weights);
        self.shapes.push(vec![output as i64, input as i64]);
        self.shapes.push(vec![output as i64]);
        self
    }

    /// A convolution, or the transpose of one, whose weights start as `init` says.
    pub fn convolution(mut self, input: usize, output: usize, geometry: Geometry, init: Init) -> Builder<'a> {
        self.layers.push(Layer::Convolution { first: self.shapes.len(), geometry });
        init::convolution(init, input, output, geometry, self.rng, &mut self.weights);
        let (rows, columns) = if geometry.transposed { (input, output) } else { (output, input) };
        self.shapes.push(vec![rows as i64, columns as i64, geometry.kernel, geometry.kernel]);
        self.shapes.extend(geometry.bias.then(|| vec![output as i64]));
        self
    }

    /// A residual block of the layers that the two add.
    pub fn residual(
        mut self,
        body: impl FnOnce(Builder<'a>) -> Builder<'a>,
        shortcut: impl FnOnce(Builder<'a>) -> Builder<'a>,
    ) -> Builder<'a> {
        let outer = std::mem::take(&mut self.layers);
        self = body(self);
        let body = std::mem::take(&mut self.layers);
        self = shortcut(self);
        let shortcut = std::mem::replace(&mut self.layers, outer);
        self.weightless(Layer::Residual { body, shortcut })
    }

    /// Multiplies the weights of the layer that was added last by a factor.
    pub fn scaled(mut self, factor: f32) -> Builder<'a> {
        let names = self.layers.last().map_or(0, |layer| layer.parameters().len());
        let own = &self.shapes[self.shapes.len().saturating_sub(names)..];
        let count: i64 = own.iter().map(|shape| shape.iter().product::<i64>()).sum();
        let start = self.weights.len().saturating_sub(count as usize);
        self.weights[start..].iter_mut().for_each(|weight| *weight *= factor);
        self
    }

    /// A layer without weights of its own.
    pub fn weightless(mut self, layer: Layer) -> Builder<'a> {
        self.layers.push(layer);
        self
    }

    /// Samples in packs, where there is more than one in each.
    pub fn packed(self, pack: usize) -> Builder<'a> {
        if pack > 1 { self.weightless(Layer::Pack { size: pack as i64 }) } else { self }
    }

    /// μ + σx over `dims` coordinates, initialised to these μ and σ, and to the identity where they end.
    fn affine(mut self, dims: usize, mean: &[f64], scale: &[f64]) -> Builder<'a> {
        self.layers.push(Layer::Affine { first: self.shapes.len() });
        for (told, usual) in [(mean, 0.0), (scale, 1.0)] {
            self.weights.extend((0..dims).map(|k| told.get(k).copied().unwrap_or(usual) as f32));
            self.shapes.push(vec![dims as i64]);
        }
        self
    }

    /// A function between layers; `pieces` are those of a maxout unit.
    pub fn activation(mut self, activation: Activation, pieces: usize) -> Builder<'a> {
        self.layers.push(match activation {
            Activation::Relu => Layer::Function(activation, Tensor::relu),
            Activation::LeakyRelu => Layer::Function(activation, leaky),
            Activation::Tanh => Layer::Function(activation, Tensor::tanh),
            Activation::Sigmoid => Layer::Function(activation, Tensor::sigmoid),
            Activation::Elu => Layer::Function(activation, Tensor::elu),
            Activation::Silu => Layer::Function(activation, Tensor::silu),
            Activation::Softplus => Layer::Function(activation, Tensor::softplus),
            Activation::Maxout => Layer::Maxout { pieces: pieces as i64 },
        });
        self
    }

    /// Normalisation of so many features or channels, which starts with γ = 1 and β = 0.
    pub fn norm(mut self, norm: Norm, features: usize) -> Builder<'a> {
        let first = self.shapes.len();
        self.layers.push(match norm {
            Norm::None => return self,
            Norm::Batch => Layer::BatchNorm { first },
            Norm::Layer => Layer::GroupNorm { first, groups: 1 },
            Norm::Instance => Layer::GroupNorm { first, groups: features as i64 },
        });
        for initial in [1.0, 0.0] {
            self.weights.resize(self.weights.len() + features, initial);
            self.shapes.push(vec![features as i64]);
        }
        self
    }

    /// A generator's layers of an architecture that fits, from `latent` numbers to samples.
    pub fn generator(self, architecture: &Architecture, latent: usize, shape: SampleShape) -> Builder<'a> {
        match architecture {
            Architecture::Mlp(mlp) => self.perceptron(latent, mlp, shape.len()),
            Architecture::Dcgan(dcgan) => self.upward(dcgan, latent, shape),
            Architecture::Resnet(resnet) => self.residual_upward(resnet, latent, shape),
            Architecture::Affine { mean, scale } => self.affine(shape.len(), mean, scale),
        }
    }

    /// A critic's layers of an architecture that fits, from packs of so many samples to a score each.
    pub fn critic(self, architecture: &Architecture, shape: SampleShape, pack: usize) -> Builder<'a> {
        match architecture {
            Architecture::Mlp(mlp) => self.packed(pack).perceptron(shape.len() * pack, mlp, 1),
            Architecture::Dcgan(dcgan) => self.downward(dcgan, shape, pack),
            Architecture::Resnet(resnet) => self.residual_downward(resnet, shape, pack),
            Architecture::Affine { mean, scale } => self.affine(shape.len(), mean, scale),
        }
    }

    /// Linear layers from `input` over the hidden widths to `output`, with normalisation and activation between them.
    fn perceptron(mut self, input: usize, mlp: &Mlp, output: usize) -> Builder<'a> {
        let mut width = input;
        for &next in &mlp.hidden {
            let units = units(next, mlp.activation, mlp.pieces);
            self = self.linear(width, units, mlp.init);
            self = self.norm(mlp.norm, units).activation(mlp.activation, mlp.pieces);
            width = next;
        }
        self.linear(width, output, mlp.init)
    }

    /// The layers, and their parameters on the device.
    pub fn build(self) -> (Params, Vec<Layer>) {
        (Params::new(&self.weights, self.shapes, self.device), self.layers)
    }
}

/// Linear functions or channels that an activation makes `width` of.
pub fn units(width: usize, activation: Activation, pieces: usize) -> usize {
    if activation == Activation::Maxout { width * pieces } else { width }
}

/// Whether a convolution before this normalisation has a bias: one that is taken off again with each channel's mean
/// would have no gradient but what rounding leaves of it, of which an optimiser makes steps.
pub fn has_bias(norm: Norm) -> bool {
    match norm {
        Norm::None | Norm::Layer => true,
        Norm::Batch | Norm::Instance => false,
    }
}
