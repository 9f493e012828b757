//! The layers that networks are made of, and the builder that lays their weights out.

use rand::Rng as _;
use tch::{Device, Tensor};

use super::Params;
use crate::config::Activation;
use crate::seed::Rng;

/// The slope of the leaky ReLU below zero.
const LEAK: f32 = 0.2;

/// One layer. Its weights are views of the network's parameters, from index `first` on.
#[derive(Debug)]
pub enum Layer {
    /// x·Wᵀ + b, with W \[out, in\] and b \[out\].
    Linear { first: usize },
    /// μ + σx, coordinate by coordinate.
    Affine { first: usize },
    /// A function without a parameter, elementwise.
    Function(fn(&Tensor) -> Tensor),
    /// x for x > 0, else slope·x; the slope is a tensor because libtorch's `leaky_relu` takes none through tch.
    Leaky { slope: Tensor },
}

impl Layer {
    /// The names of its parameters, in order.
    pub fn parameters(&self) -> &'static [&'static str] {
        match self {
            Layer::Linear { .. } => &["weight", "bias"],
            Layer::Affine { .. } => &["mean", "scale"],
            Layer::Function(_) | Layer::Leaky { .. } => &[],
        }
    }

    /// The layer's output, given all the network's parameter views.
    pub fn forward(&self, x: &Tensor, views: &[Tensor]) -> Tensor {
        match self {
            Layer::Linear { first } => x.linear(&views[*first], Some(&views[first + 1])),
            Layer::Affine { first } => &views[*first] + x * &views[first + 1],
            Layer::Function(function) => function(x),
            Layer::Leaky { slope } => x.prelu(slope),
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

    /// A linear layer, initialised as PyTorch does: weights and biases uniform within ±1/√input. (tch's own bound,
    /// √(6/input), would put most weights at ±c with the first clip.)
    pub fn linear(mut self, input: usize, output: usize) -> Builder<'a> {
        let bound = 1.0 / (input as f32).sqrt();
        self.layers.push(Layer::Linear { first: self.shapes.len() });
        for _ in 0..output * (input + 1) {
            self.weights.push(self.rng.gen_range(-bound..=bound));
        }
        self.shapes.push(vec![output as i64, input as i64]);
        self.shapes.push(vec![output as i64]);
        self
    }

    /// μ + σx over `dims` coordinates, initialised to the identity.
    pub fn affine(mut self, dims: usize) -> Builder<'a> {
        self.layers.push(Layer::Affine { first: self.shapes.len() });
        self.weights.resize(self.weights.len() + dims, 0.0);
        self.weights.resize(self.weights.len() + dims, 1.0);
        self.shapes.push(vec![dims as i64]);
        self.shapes.push(vec![dims as i64]);
        self
    }

    pub fn activation(mut self, activation: Activation) -> Builder<'a> {
        self.layers.push(match activation {
            Activation::Relu => Layer::Function(Tensor::relu),
            Activation::LeakyRelu => Layer::Leaky { slope: Tensor::from_slice(&[LEAK]).to_device(self.device) },
            Activation::Tanh => Layer::Function(Tensor::tanh),
            Activation::Sigmoid => Layer::Function(Tensor::sigmoid),
            Activation::Elu => Layer::Function(Tensor::elu),
            Activation::Silu => Layer::Function(Tensor::silu),
            Activation::Softplus => Layer::Function(Tensor::softplus),
        });
        self
    }

    /// Linear layers from `input` over the widths in `hidden` to `output`, with `activation` between them.
    pub fn perceptron(mut self, input: usize, hidden: &[usize], activation: Activation, output: usize) -> Builder<'a> {
        let mut width = input;
        for &next in hidden {
            self = self.linear(width, next).activation(activation);
            width = next;
        }
        self.linear(width, output)
    }

    /// The layers, and their parameters on the device.
    pub fn build(self) -> (Params, Vec<Layer>) {
        (Params::new(&self.weights, self.shapes, self.device), self.layers)
    }
}
