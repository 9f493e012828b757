//! The engine that computes the gradients, and what it must know for that.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Activation, Architecture, Config, Constraint, Norm, Output, Up};

/// The engine that computes the gradients. The engines agree to rounding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EngineChoice {
    /// The explicit engine where it knows all that the run needs, else autograd.
    Auto,
    /// libtorch's autograd.
    Autograd,
    /// Forward and backward passes written out, without a graph.
    Explicit,
}

impl EngineChoice {
    /// Its name in configs.
    pub fn name(self) -> &'static str {
        match self {
            EngineChoice::Auto => "auto",
            EngineChoice::Autograd => "autograd",
            EngineChoice::Explicit => "explicit",
        }
    }
}

/// The parts of a network: kinds of layers, without their weights and sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayerKind {
    /// x·Wᵀ + b
    Linear,
    /// μ + σx, coordinate by coordinate.
    Affine,
    BatchNorm,
    /// Layer and instance normalisation.
    GroupNorm,
    Convolution,
    TransposedConvolution,
    /// Every pixel four times.
    Upsampling,
    /// The mean or the sum of pixels.
    Pooling,
    /// A path of layers beside another one.
    Residual,
    /// The same numbers in another order or shape.
    Reshape,
    /// Several samples as one.
    Pack,
    Activation(Activation),
}

/// Why an engine cannot train a run.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("engine = \"{}\" does not know {what}; start with engine = \"auto\" or \"autograd\"", engine.name())]
pub struct Unsupported {
    pub engine: EngineChoice,
    pub what: Unknown,
}

/// The part that an engine does not know.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unknown {
    Layer(LayerKind),
    Constraint(Constraint),
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unknown::Layer(LayerKind::Linear) => f.write_str("linear layers"),
            Unknown::Layer(LayerKind::Affine) => f.write_str("affine layers"),
            Unknown::Layer(LayerKind::BatchNorm) => f.write_str("batch normalisation"),
            Unknown::Layer(LayerKind::GroupNorm) => f.write_str("layer and instance normalisation"),
            Unknown::Layer(LayerKind::Convolution) => f.write_str("convolutions"),
            Unknown::Layer(LayerKind::TransposedConvolution) => f.write_str("transposed convolutions"),
            Unknown::Layer(LayerKind::Upsampling) => f.write_str("nearest upsampling"),
            Unknown::Layer(LayerKind::Pooling) => f.write_str("pooling"),
            Unknown::Layer(LayerKind::Residual) => f.write_str("residual blocks"),
            Unknown::Layer(LayerKind::Reshape) => f.write_str("reshaping"),
            Unknown::Layer(LayerKind::Pack) => f.write_str("critic.pack"),
            Unknown::Layer(LayerKind::Activation(Activation::Maxout)) => f.write_str("maxout units"),
            Unknown::Layer(LayerKind::Activation(activation)) => write!(f, "the activation {activation:?}"),
            Unknown::Constraint(constraint) => write!(f, "the constraint {constraint}"),
        }
    }
}

impl Config {
    /// The kinds of layers that the descriptions of the critic and of the generator name, whether or not they come to
    /// be: what normalises the hidden layers of a network that has none is named too.
    pub fn layers(&self) -> Vec<LayerKind> {
        let networks = [&self.critic.architecture, &self.generator.architecture];
        let mut layers: Vec<LayerKind> = networks.into_iter().flat_map(Architecture::layers).collect();
        layers.extend((self.critic.pack > 1).then_some(LayerKind::Pack));
        if let Some(ends) = self.generator.ends {
            layers.extend(match ends.output {
                Output::Linear => None,
                Output::Tanh => Some(LayerKind::Activation(Activation::Tanh)),
                Output::Sigmoid => Some(LayerKind::Activation(Activation::Sigmoid)),
            });
        }
        layers
    }
}

impl Architecture {
    /// The kinds of layers that it names.
    fn layers(&self) -> Vec<LayerKind> {
        match self {
            Architecture::Mlp(mlp) => {
                let kinds = [Some(LayerKind::Linear), mlp.norm.layer(), Some(LayerKind::Activation(mlp.activation))];
                kinds.into_iter().flatten().collect()
            }
            Architecture::Dcgan(dcgan) => {
                let pictures: &[LayerKind] = match dcgan.up {
                    None => &[LayerKind::Convolution],
                    Some(Up::Transposed) => &[LayerKind::TransposedConvolution],
                    Some(Up::Nearest) => &[LayerKind::Upsampling, LayerKind::Convolution],
                };
                // What is to be told first where an engine does not know it comes first.
                let kinds = pictures.iter().copied().chain([LayerKind::Reshape, LayerKind::Linear]);
                kinds.chain(dcgan.norm.layer()).chain([LayerKind::Activation(dcgan.activation)]).collect()
            }
            Architecture::Resnet(resnet) => {
                let pictures: &[LayerKind] = match resnet.judge {
                    Some(_) => &[LayerKind::Residual, LayerKind::Convolution, LayerKind::Pooling],
                    None => &[LayerKind::Residual, LayerKind::Convolution, LayerKind::Upsampling],
                };
                let kinds = pictures.iter().copied().chain([LayerKind::Reshape, LayerKind::Linear]);
                kinds.chain(resnet.norm.layer()).chain([LayerKind::Activation(resnet.activation)]).collect()
            }
            Architecture::Affine { .. } => vec![LayerKind::Affine],
        }
    }
}

impl Norm {
    /// The kind of layer that it is.
    fn layer(self) -> Option<LayerKind> {
        match self {
            Norm::None => None,
            Norm::Batch => Some(LayerKind::BatchNorm),
            Norm::Layer | Norm::Instance => Some(LayerKind::GroupNorm),
        }
    }
}
