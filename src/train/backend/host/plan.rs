//! A network as the stages that a pass goes through.

use crate::config::Unsupported;
use crate::train::backend::layers::{self, Function, Operation};
use crate::train::model::Network;

/// A layer with weights, and the function behind it.
#[derive(Clone, Debug)]
pub struct Stage {
    pub kind: Kind,
    pub inputs: usize,
    pub outputs: usize,
    /// The place at which its parameters begin in the flat vector: a linear stage's W, \[outputs, inputs\], and b; an
    /// affine one's μ and σ.
    pub first: usize,
    pub activation: Option<Function>,
}

/// The operation of a stage before its activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// x·Wᵀ + b
    Linear,
    /// μ + σx
    Affine,
}

impl Stage {
    /// Numbers in its first parameter, W or μ; the second begins behind them.
    pub fn first_len(&self) -> usize {
        match self.kind {
            Kind::Linear => self.inputs * self.outputs,
            Kind::Affine => self.outputs,
        }
    }

    /// Numbers in both parameters.
    pub fn len(&self) -> usize {
        self.first_len() + self.outputs
    }

    /// Both parameters in a flat vector.
    pub fn parameters<'a>(&self, flat: &'a [f32]) -> (&'a [f32], &'a [f32]) {
        flat[self.first..self.first + self.len()].split_at(self.first_len())
    }

    /// Both parameters' places in a flat vector that is written.
    pub fn parameters_mut<'a>(&self, flat: &'a mut [f32]) -> (&'a mut [f32], &'a mut [f32]) {
        flat[self.first..self.first + self.len()].split_at_mut(self.first_len())
    }
}

/// The stages of a network.
///
/// # Errors
///
/// A layer that is no part of a stage.
pub fn stages(network: &Network) -> Result<Vec<Stage>, Unsupported> {
    let views = network.params.views();
    let mut stages: Vec<Stage> = Vec::new();
    let mut first = 0;
    let mut parameters = |kind, index: usize| {
        let size: Vec<usize> = views[index].size().iter().map(|&side| side as usize).collect();
        let (outputs, inputs) = (size[0], size[size.len() - 1]);
        let stage = Stage { kind, inputs, outputs, first, activation: None };
        first += stage.len();
        stage
    };
    for (operation, index) in layers::of(network)? {
        match operation {
            Operation::Linear => stages.push(parameters(Kind::Linear, index)),
            Operation::Affine => stages.push(parameters(Kind::Affine, index)),
            Operation::Function(function) => follow(&mut stages, function),
        }
    }
    Ok(stages)
}

/// An activation belongs to the stage before it: networks begin with weights.
fn follow(stages: &mut [Stage], function: Function) {
    if let Some(stage) = stages.last_mut() {
        stage.activation = Some(function);
    }
}
