//! The layers that the explicit backends know. One that is added here has its passes in `tape/passes.rs` and, in plain
//! numbers, in `host/plan.rs` and `host/pass.rs`; the compiler names the places.

use crate::config::{Activation, Constraint, EngineChoice, LayerKind, Unknown, Unsupported};
use crate::train::model::{Layer, Network};

/// A layer that the explicit backends know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// x·Wᵀ + b
    Linear,
    /// μ + σx, coordinate by coordinate.
    Affine,
    Function(Function),
}

/// A function without a parameter, elementwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    Relu,
    LeakyRelu,
    Tanh,
    Sigmoid,
    Elu,
    Silu,
    Softplus,
}

impl Operation {
    /// The operation of a layer of this kind.
    ///
    /// # Errors
    ///
    /// The explicit backends do not know it.
    pub fn of(kind: LayerKind) -> Result<Operation, Unsupported> {
        let function = match kind {
            LayerKind::Linear => return Ok(Operation::Linear),
            LayerKind::Affine => return Ok(Operation::Affine),
            LayerKind::BatchNorm | LayerKind::GroupNorm | LayerKind::Reshape => None,
            LayerKind::Convolution | LayerKind::TransposedConvolution | LayerKind::Upsampling => None,
            LayerKind::Pooling | LayerKind::Residual | LayerKind::Pack => None,
            LayerKind::Activation(activation) => Function::of(activation),
        };
        function.map(Operation::Function).ok_or_else(|| unsupported(Unknown::Layer(kind)))
    }
}

impl Function {
    fn of(activation: Activation) -> Option<Function> {
        match activation {
            Activation::Relu => Some(Function::Relu),
            Activation::LeakyRelu => Some(Function::LeakyRelu),
            Activation::Tanh => Some(Function::Tanh),
            Activation::Sigmoid => Some(Function::Sigmoid),
            Activation::Elu => Some(Function::Elu),
            Activation::Silu => Some(Function::Silu),
            Activation::Softplus => Some(Function::Softplus),
            // Not elementwise: it makes one number of several.
            Activation::Maxout => None,
        }
    }
}

/// The answer of an explicit backend to these layers and this constraint. It takes a weight matrix for what it
/// multiplies by, which the spectral norm does not, and works sample by sample, unit by unit.
pub fn supports(layers: &[LayerKind], constraint: &Constraint) -> Result<(), Unsupported> {
    match constraint {
        Constraint::None | Constraint::Clip { .. } | Constraint::GradientPenalty { .. } | Constraint::R1 { .. } => {}
        Constraint::SpectralNorm => return Err(unsupported(Unknown::Constraint(*constraint))),
    }
    layers.iter().try_for_each(|kind| Operation::of(*kind).map(drop))
}

fn unsupported(what: Unknown) -> Unsupported {
    Unsupported { engine: EngineChoice::Explicit, what }
}

/// The operations of a network's layers, each with the index of its first parameter.
///
/// # Errors
///
/// A layer that the explicit backends do not know.
pub fn of(network: &Network) -> Result<Vec<(Operation, usize)>, Unsupported> {
    let mut parameters = 0;
    let operation = |layer: &Layer| {
        let first = parameters;
        parameters += layer.parameters().len();
        Ok((Operation::of(kind(layer))?, first))
    };
    network.layers().iter().map(operation).collect()
}

/// The kind of a network's layer.
pub fn kind(layer: &Layer) -> LayerKind {
    match layer {
        Layer::Linear { .. } => LayerKind::Linear,
        Layer::Affine { .. } => LayerKind::Affine,
        Layer::BatchNorm { .. } => LayerKind::BatchNorm,
        Layer::GroupNorm { .. } => LayerKind::GroupNorm,
        Layer::Convolution { geometry, .. } if geometry.transposed => LayerKind::TransposedConvolution,
        Layer::Convolution { .. } => LayerKind::Convolution,
        Layer::Upsampling => LayerKind::Upsampling,
        Layer::Halving | Layer::Pooling(_) => LayerKind::Pooling,
        Layer::Residual { .. } => LayerKind::Residual,
        Layer::Pixels { .. } | Layer::Samples | Layer::Unflatten { .. } | Layer::Flatten => LayerKind::Reshape,
        Layer::Pack { .. } => LayerKind::Pack,
        Layer::Maxout { .. } => LayerKind::Activation(Activation::Maxout),
        Layer::Function(activation, _) => LayerKind::Activation(*activation),
    }
}
