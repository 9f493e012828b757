//! One network's passes over a batch of a fixed size, in buffers that are made once.
//!
//! A stage is a layer with the buffers around it: its input and output, and the loss's derivatives with respect to
//! both, here called grads. An activation works in place on both where its derivative can be told from its output, so
//! most layers of a perceptron are one buffer of activations and one of grads.

use tch::{Kind, Tensor};

use crate::config::Unsupported;
use crate::train::backend::layers::{self, Function};
use crate::train::model::{LEAK, Network};

/// A network's stages over so many rows. Rows of one tape may be rows of another.
#[derive(Debug)]
pub struct Tape {
    stages: Vec<Stage>,
    ends: Ends,
}

/// The buffers at both ends of a network.
#[derive(Debug)]
pub struct Ends {
    /// \[rows, in\]
    pub input: Tensor,
    /// The grad of the input, \[rows, in\]: written only where it is asked for.
    pub input_grad: Tensor,
    /// \[rows, out\]
    pub output: Tensor,
    /// The grad of the output, \[rows, out\]: whoever goes backward writes it before.
    pub output_grad: Tensor,
}

#[derive(Debug)]
struct Stage {
    operation: Operation,
    ends: Ends,
    /// The output's grad seen as \[out, rows\].
    transposed_grad: Tensor,
}

impl Stage {
    fn new(operation: Operation, ends: Ends) -> Stage {
        Stage { operation, transposed_grad: ends.output_grad.tr(), ends }
    }
}

/// The operation of a stage. Weights and their gradients are views of the network's flat vectors.
#[derive(Debug)]
enum Operation {
    /// x·Wᵀ + b; Wᵀ is a view of W.
    Linear { weight: Tensor, transposed: Tensor, bias: Tensor, weight_gradient: Tensor, bias_gradient: Tensor },
    /// μ + σx
    Affine { shift: Tensor, scale: Tensor, shift_gradient: Tensor, scale_gradient: Tensor },
    /// An activation, elementwise.
    Function(Function),
}

/// Whether the derivative of a function can be told from its output alone.
fn in_place(function: Function) -> bool {
    match function {
        Function::Relu | Function::LeakyRelu | Function::Tanh | Function::Sigmoid | Function::Elu => true,
        Function::Silu | Function::Softplus => false,
    }
}

/// Whether a layer works in place on the buffers before it.
fn stays(layer: layers::Operation) -> bool {
    matches!(layer, layers::Operation::Function(function) if in_place(function))
}

/// The views of a flat vector that have the shapes of a network's parameters, in order.
pub fn cut(flat: &Tensor, like: &[Tensor]) -> Vec<Tensor> {
    let mut offset = 0;
    like.iter()
        .map(|parameter| {
            let n = parameter.numel() as i64;
            offset += n;
            flat.narrow(0, offset - n, n).view(parameter.size().as_slice())
        })
        .collect()
}

impl Ends {
    fn narrow(&self, first: i64, rows: i64) -> Ends {
        let narrow = |tensor: &Tensor| tensor.narrow(0, first, rows);
        Ends {
            input: narrow(&self.input),
            input_grad: narrow(&self.input_grad),
            output: narrow(&self.output),
            output_grad: narrow(&self.output_grad),
        }
    }
}

impl Tape {
    /// The stages of `network` between an input and its grad, both \[rows, in\], and an output and its grad, both
    /// \[rows, out\], which they write: new ones where none are given.
    ///
    /// # Errors
    ///
    /// A layer that no stage is made for.
    pub fn new(
        network: &Network,
        input: (Tensor, Tensor),
        output: Option<(Tensor, Tensor)>,
    ) -> Result<Tape, Unsupported> {
        let flat = network.params.flat();
        let weights = cut(flat, network.params.views());
        let gradients = cut(network.params.gradient(), network.params.views());
        let rows = input.0.size()[0];
        let buffer = |width: i64| Tensor::zeros([rows, width], (flat.kind(), flat.device()));
        let shared = |pair: &(Tensor, Tensor)| (pair.0.shallow_clone(), pair.1.shallow_clone());
        let layers = layers::of(network)?;
        let view = |tensors: &[Tensor], at: usize| tensors[at].shallow_clone();
        let mut stages: Vec<Stage> = Vec::new();
        let mut at = shared(&input);
        for (i, (layer, first)) in layers.iter().copied().enumerate() {
            let operation = match layer {
                layers::Operation::Linear => Operation::Linear {
                    weight: view(&weights, first),
                    transposed: weights[first].tr(),
                    bias: view(&weights, first + 1),
                    weight_gradient: view(&gradients, first),
                    bias_gradient: view(&gradients, first + 1),
                },
                layers::Operation::Affine => Operation::Affine {
                    shift: view(&weights, first),
                    scale: view(&weights, first + 1),
                    shift_gradient: view(&gradients, first),
                    scale_gradient: view(&gradients, first + 1),
                },
                layers::Operation::Function(function) => Operation::Function(function),
            };
            let next = match (&operation, &output) {
                _ if stays(layer) => shared(&at),
                // The last buffer there is.
                (_, Some(output)) if layers[i + 1..].iter().all(|(layer, _)| stays(*layer)) => shared(output),
                (Operation::Linear { bias, .. }, _) => (buffer(bias.size()[0]), buffer(bias.size()[0])),
                _ => (at.0.zeros_like(), at.1.zeros_like()),
            };
            let ((input, input_grad), (output, output_grad)) = (at, shared(&next));
            stages.push(Stage::new(operation, Ends { input, input_grad, output, output_grad }));
            at = next;
        }
        let ((input, input_grad), (output, output_grad)) = (input, at);
        Ok(Tape { stages, ends: Ends { input, input_grad, output, output_grad } })
    }

    /// The same stages over some of the rows: what is written to the one is written to the other.
    pub fn narrow(&self, first: i64, rows: i64) -> Tape {
        let stage = |stage: &Stage| Stage::new(stage.operation.same(), stage.ends.narrow(first, rows));
        Tape { stages: self.stages.iter().map(stage).collect(), ends: self.ends.narrow(first, rows) }
    }

    /// The buffers at both ends.
    pub fn ends(&self) -> &Ends {
        &self.ends
    }

    /// From the input to the output.
    pub fn forward(&self) {
        for stage in &self.stages {
            stage.forward();
        }
    }

    /// From the output's grad to the gradient of the weights, written over the last one. The biases' is summed over so
    /// many equal parts of the rows, one after the other: what cancels between two parts, as for WGAN, cancels to the
    /// last bit, and the optimiser does not make steps of a residue.
    pub fn weights_backward(&self, parts: i64) {
        for (i, stage) in self.stages.iter().enumerate().rev() {
            stage.backward(Some(parts), i > 0);
        }
    }

    /// From the output's grad to the input's.
    pub fn input_backward(&self) {
        for stage in self.stages.iter().rev() {
            stage.backward(None, true);
        }
    }
}

impl Operation {
    fn same(&self) -> Operation {
        match self {
            Operation::Linear { weight, transposed, bias, weight_gradient, bias_gradient } => Operation::Linear {
                weight: weight.shallow_clone(),
                transposed: transposed.shallow_clone(),
                bias: bias.shallow_clone(),
                weight_gradient: weight_gradient.shallow_clone(),
                bias_gradient: bias_gradient.shallow_clone(),
            },
            Operation::Affine { shift, scale, shift_gradient, scale_gradient } => Operation::Affine {
                shift: shift.shallow_clone(),
                scale: scale.shallow_clone(),
                shift_gradient: shift_gradient.shallow_clone(),
                scale_gradient: scale_gradient.shallow_clone(),
            },
            Operation::Function(function) => Operation::Function(*function),
        }
    }
}

impl Stage {
    fn forward(&self) {
        let Ends { input, output, output_grad, .. } = &self.ends;
        let _ = match &self.operation {
            Operation::Linear { transposed, bias, .. } => bias.addmm_out(output, input, transposed),
            Operation::Affine { shift, scale, .. } => shift.addcmul_out(output, input, scale),
            Operation::Function(function) => match function {
                Function::Relu => input.relu_out(output),
                // libtorch's own takes no slope through tch. The grad is free until the way back.
                Function::LeakyRelu => input.maximum_out(output, &input.mul_scalar_out(output_grad, LEAK as f64)),
                Function::Tanh => input.tanh_out(output),
                Function::Sigmoid => input.sigmoid_out(output),
                Function::Elu => input.elu_out(output),
                Function::Silu => input.silu_out(output),
                Function::Softplus => input.softplus_out(output),
            },
        };
    }

    /// From the output's grad to the gradients of this stage's weights, and to the input's grad, where they are wanted.
    /// The output's grad is spent afterwards.
    fn backward(&self, weights: Option<i64>, further: bool) {
        let Ends { input, input_grad, output, output_grad } = &self.ends;
        match &self.operation {
            Operation::Linear { weight, weight_gradient, bias_gradient, .. } => {
                if let Some(parts) = weights {
                    let _ = self.transposed_grad.mm_out(weight_gradient, input);
                    sum_rows(output_grad, parts, bias_gradient);
                }
                if further {
                    let _ = output_grad.mm_out(input_grad, weight);
                }
            }
            Operation::Affine { scale, shift_gradient, scale_gradient, .. } => {
                if further {
                    let _ = output_grad.multiply_out(input_grad, scale);
                }
                if let Some(parts) = weights {
                    sum_rows(output_grad, parts, shift_gradient);
                    sum_rows(&output_grad.shallow_clone().g_mul_(input), parts, scale_gradient);
                }
            }
            Operation::Function(function) => {
                let (from, to) = (output_grad, input_grad);
                let _ = match function {
                    Function::Relu => output.threshold_backward_grad_input(to, from, 0.0),
                    Function::LeakyRelu => output.leaky_relu_backward_grad_input(to, from, LEAK as f64, true),
                    Function::Tanh => Tensor::tanh_backward_grad_input(to, from, output),
                    Function::Sigmoid => Tensor::sigmoid_backward_grad_input(to, from, output),
                    Function::Elu => Tensor::elu_backward_grad_input(to, from, 1.0, 1.0, 1.0, true, output),
                    Function::Silu => input.silu_backward_grad_input(to, from),
                    // The constants are those of libtorch's softplus.
                    Function::Softplus => input.softplus_backward_grad_input(to, from, 1.0, 20.0),
                };
            }
        }
    }
}

/// Sums a matrix, \[rows, n\], over so many equal parts of its rows, and these sums into `out`, \[n\].
fn sum_rows(matrix: &Tensor, parts: i64, out: &Tensor) {
    let sums =
        (parts > 1).then(|| matrix.view([parts, -1, matrix.size()[1]]).sum_dim_intlist(1i64, false, None::<Kind>));
    let _ = sums.as_ref().unwrap_or(matrix).sum_intlist_out(out, 0i64, false, None::<Kind>);
}
