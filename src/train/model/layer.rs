//! The layers that networks are made of, and the builder that lays their weights out.

use tch::{Device, Tensor};

use super::{Params, init};
use crate::config::{Activation, Architecture, Init, Mlp, Norm};
use crate::domain::seed::Rng;

/// The slope of the leaky ReLU below zero.
pub const LEAK: f32 = 0.2;

/// What batch normalisation adds to a variance before it divides by its root.
const EPS: f64 = 1e-5;

/// One layer. Its weights are views of the network's parameters, from index `first` on.
#[derive(Debug)]
pub enum Layer {
    /// x·Wᵀ + b, with W \[out, in\] and b \[out\].
    Linear { first: usize },
    /// μ + σx, coordinate by coordinate.
    Affine { first: usize },
    /// γ(x − m)/√(s² + ε) + β in each feature, m and s² the mean and the variance of the batch.
    BatchNorm { first: usize },
    /// The largest of each group of neighbours: \[n, width · pieces\] to \[n, width\].
    Maxout { pieces: i64 },
    /// A function without a parameter, elementwise.
    Function(Activation, fn(&Tensor) -> Tensor),
    /// x for x > 0, else slope·x; the slope is a tensor because libtorch's `leaky_relu` takes none through tch.
    Leaky { slope: Tensor },
}

impl Layer {
    /// The names of its parameters, in order.
    pub fn parameters(&self) -> &'static [&'static str] {
        match self {
            Layer::Linear { .. } | Layer::BatchNorm { .. } => &["weight", "bias"],
            Layer::Affine { .. } => &["mean", "scale"],
            Layer::Maxout { .. } | Layer::Function(..) | Layer::Leaky { .. } => &[],
        }
    }

    /// The index of its weight matrix among the network's parameters, if it has one.
    pub fn matrix(&self) -> Option<usize> {
        match self {
            Layer::Linear { first } => Some(*first),
            Layer::Affine { .. }
            | Layer::BatchNorm { .. }
            | Layer::Maxout { .. }
            | Layer::Function(..)
            | Layer::Leaky { .. } => None,
        }
    }

    /// The layer's output, given all the network's parameter views.
    pub fn forward(&self, x: &Tensor, views: &[Tensor]) -> Tensor {
        match self {
            Layer::Linear { first } => x.linear(&views[*first], Some(&views[first + 1])),
            Layer::Affine { first } => &views[*first] + x * &views[first + 1],
            Layer::BatchNorm { first } => {
                let (scale, shift) = (Some(&views[*first]), Some(&views[first + 1]));
                x.batch_norm(scale, shift, None, None, true, 0.0, EPS, false)
            }
            Layer::Maxout { pieces } => x.unflatten(1, [-1, *pieces]).max_dim(2, false).0,
            Layer::Function(_, function) => function(x),
            Layer::Leaky { slope } => x.prelu(slope),
        }
    }

    /// The same layer for weights in double precision.
    #[cfg(test)]
    pub fn doubled(&self) -> Layer {
        match self {
            Layer::Linear { first } => Layer::Linear { first: *first },
            Layer::Affine { first } => Layer::Affine { first: *first },
            Layer::BatchNorm { first } => Layer::BatchNorm { first: *first },
            Layer::Maxout { pieces } => Layer::Maxout { pieces: *pieces },
            Layer::Function(activation, function) => Layer::Function(*activation, *function),
            Layer::Leaky { slope } => Layer::Leaky { slope: slope.to_kind(tch::Kind::Double) },
        }
    }
}

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
    fn linear(mut self, input: usize, output: usize, init: Init) -> Builder<'a> {
        self.layers.push(Layer::Linear { first: self.shapes.len() });
        init::linear(init, input, output, self.rng, &mut self.weights);
        self.shapes.push(vec![output as i64, input as i64]);
        self.shapes.push(vec![output as i64]);
        self
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
            Activation::LeakyRelu => Layer::Leaky { slope: Tensor::from_slice(&[LEAK]).to_device(self.device) },
            Activation::Tanh => Layer::Function(activation, Tensor::tanh),
            Activation::Sigmoid => Layer::Function(activation, Tensor::sigmoid),
            Activation::Elu => Layer::Function(activation, Tensor::elu),
            Activation::Silu => Layer::Function(activation, Tensor::silu),
            Activation::Softplus => Layer::Function(activation, Tensor::softplus),
            Activation::Maxout => Layer::Maxout { pieces: pieces as i64 },
        });
        self
    }

    /// Batch normalisation of so many features, which starts with γ = 1 and β = 0.
    pub fn batch_norm(mut self, features: usize) -> Builder<'a> {
        self.layers.push(Layer::BatchNorm { first: self.shapes.len() });
        for initial in [1.0, 0.0] {
            self.weights.resize(self.weights.len() + features, initial);
            self.shapes.push(vec![features as i64]);
        }
        self
    }

    /// The layers of an architecture that fits, from `input` numbers to `output`.
    pub fn architecture(self, architecture: &Architecture, input: usize, output: usize) -> Builder<'a> {
        match architecture {
            Architecture::Mlp(mlp) => self.perceptron(input, mlp, output),
            Architecture::Affine { mean, scale } => self.affine(output, mean, scale),
        }
    }

    /// Linear layers from `input` over the hidden widths to `output`, with normalisation and activation between them.
    fn perceptron(mut self, input: usize, mlp: &Mlp, output: usize) -> Builder<'a> {
        let mut width = input;
        for &next in &mlp.hidden {
            let units = if mlp.activation == Activation::Maxout { next * mlp.pieces } else { next };
            self = self.linear(width, units, mlp.init);
            if mlp.norm == Norm::Batch {
                self = self.batch_norm(units);
            }
            self = self.activation(mlp.activation, mlp.pieces);
            width = next;
        }
        self.linear(width, output, mlp.init)
    }

    /// The layers, and their parameters on the device.
    pub fn build(self) -> (Params, Vec<Layer>) {
        (Params::new(&self.weights, self.shapes, self.device), self.layers)
    }
}
