//! One network's passes over a batch of a fixed size, in buffers that are made once.
//!
//! The derivative of the loss with respect to a number is here called its grad.

use std::ops::Range;

use super::plan::{Kind, Stage};
use super::product::{Matrix, narrow_product, product};
use super::table::zeros;
use super::{function, sum};

/// Results with so few columns are made by way of their transposes.
const NARROW: usize = 8;

/// The buffers of one network, row-major, a row a sample.
#[derive(Debug)]
pub struct Pass {
    /// \[rows, in\]
    pub input: Vec<f32>,
    /// The grad of the input, \[rows, in\]; empty where nobody asks for it.
    pub input_grad: Vec<f32>,
    pub(super) stages: Vec<Buffers>,
    /// Room for grads that are added to others; none before it is needed.
    pub(super) room: Vec<f32>,
}

/// The buffers that a stage writes.
#[derive(Debug)]
pub(super) struct Buffers {
    /// \[rows, outputs\]
    pub output: Vec<f32>,
    /// The grad of the output; after the way back, that of what goes into the activation.
    pub grad: Vec<f32>,
    /// The activation's input, where its derivative needs that.
    pub inner: Vec<f32>,
    /// Room for the transpose of a gradient of few columns.
    room: Vec<f32>,
    /// Room for a sum over a part of the rows, \[outputs\].
    sum: Vec<f32>,
}

impl Pass {
    /// Buffers for so many rows through `stages`. `further`: the grad of the input will be asked for.
    pub fn new(stages: &[Stage], rows: usize, further: bool) -> Pass {
        let buffers = |stage: &Stage| {
            let n = rows * stage.outputs;
            let keeps_inner = stage.activation.is_some_and(|activation| !function::forgets_input(activation));
            Buffers {
                output: zeros(n),
                grad: zeros(n),
                inner: zeros(if keeps_inner { n } else { 0 }),
                room: zeros(if is_narrow(stage) { stage.first_len() } else { 0 }),
                sum: zeros(stage.outputs),
            }
        };
        let n = rows * stages.first().map_or(0, |stage| stage.inputs);
        Pass {
            input: zeros(n),
            input_grad: zeros(if further { n } else { 0 }),
            stages: stages.iter().map(buffers).collect(),
            room: Vec::new(),
        }
    }

    /// The output, \[rows, out\].
    pub fn output(&self) -> &[f32] {
        self.stages.last().map_or(&self.input, |buffers| &buffers.output)
    }

    /// The output's grad, which whoever goes backward writes before.
    pub fn output_grad(&mut self) -> &mut [f32] {
        self.stages.last_mut().map_or(&mut self.input_grad, |buffers| &mut buffers.grad)
    }

    /// The output, and the grad of it.
    pub fn ends(&mut self) -> (&[f32], &mut [f32]) {
        match self.stages.last_mut() {
            Some(buffers) => (&buffers.output, &mut buffers.grad),
            None => (&self.input, &mut self.input_grad),
        }
    }

    /// From these rows of the input to those of the output.
    pub fn forward(&mut self, stages: &[Stage], weights: &[f32], rows: Range<usize>) {
        let mut input = &self.input;
        for (stage, buffers) in stages.iter().zip(&mut self.stages) {
            stage.forward(weights, of(input, &rows, stage.inputs), buffers, &rows);
            input = &buffers.output;
        }
    }

    /// From these rows of the output's grad to those of all stages, and to the grad of the input at the rows `further`.
    /// The grads of the activations' outputs at the rows `kept` are left in as many rows behind them.
    pub fn backward(
        &mut self,
        stages: &[Stage],
        weights: &[f32],
        rows: Range<usize>,
        further: Range<usize>,
        kept: Range<usize>,
    ) {
        for (i, stage) in stages.iter().enumerate().rev() {
            let (before, here) = self.stages.split_at_mut(i);
            let Some(buffers) = here.first_mut() else { continue };
            let width = stage.outputs;
            buffers.grad.copy_within(kept.start * width..kept.end * width, kept.end * width);
            buffers.through_activation(stage, &rows);
            let (grad, rows) = match before.last_mut() {
                Some(before) => (&mut before.grad, &rows),
                None => (&mut self.input_grad, &further),
            };
            if !rows.is_empty() {
                stage.further(weights, buffers, rows, of_mut(grad, rows, stage.inputs));
            }
        }
    }

    /// Writes the gradient of the weights from the grads of these rows. The biases' is summed over `parts`, one part
    /// after the other: what cancels between two parts of as many rows does so to the last bit.
    pub fn gradient(&mut self, stages: &[Stage], rows: Range<usize>, parts: &[Range<usize>], gradient: &mut [f32]) {
        let mut input = &self.input;
        for (stage, buffers) in stages.iter().zip(&mut self.stages) {
            stage.gradient(of(input, &rows, stage.inputs), buffers, &rows, gradient);
            stage.shift_gradient(buffers, parts, gradient);
            input = &buffers.output;
        }
    }
}

/// Whether the gradient of a stage's matrix is tall and narrow.
fn is_narrow(stage: &Stage) -> bool {
    stage.kind == Kind::Linear && stage.inputs <= NARROW && stage.inputs < stage.outputs
}

/// These rows of a matrix of so many columns.
pub(super) fn of<'a>(numbers: &'a [f32], rows: &Range<usize>, columns: usize) -> &'a [f32] {
    &numbers[rows.start * columns..rows.end * columns]
}

/// The same, to be written.
pub(super) fn of_mut<'a>(numbers: &'a mut [f32], rows: &Range<usize>, columns: usize) -> &'a mut [f32] {
    &mut numbers[rows.start * columns..rows.end * columns]
}

impl Buffers {
    /// From the grad of the activation's output to that of its input, in place.
    fn through_activation(&mut self, stage: &Stage, rows: &Range<usize>) {
        if let Some(activation) = stage.activation {
            let seen = if self.inner.is_empty() { &self.output } else { &self.inner };
            function::backward(activation, of_mut(&mut self.grad, rows, stage.outputs), of(seen, rows, stage.outputs));
        }
    }
}

impl Stage {
    fn forward(&self, weights: &[f32], input: &[f32], buffers: &mut Buffers, rows: &Range<usize>) {
        let Buffers { output, inner, .. } = buffers;
        let output = of_mut(output, rows, self.outputs);
        match self.activation {
            Some(activation) if !inner.is_empty() => {
                let inner = of_mut(inner, rows, self.outputs);
                let bias = self.unshifted(weights, input, inner);
                function::forward(None, inner, bias);
                function::apply(activation, inner, output);
            }
            activation => {
                let bias = self.unshifted(weights, input, output);
                function::forward(activation, output, bias);
            }
        }
    }

    /// Writes what is linear in the input, and returns what is to be added to each row.
    pub(super) fn unshifted<'a>(&self, weights: &'a [f32], input: &[f32], output: &mut [f32]) -> &'a [f32] {
        let (first, second) = self.parameters(weights);
        match self.kind {
            Kind::Linear => {
                let matrix = Matrix::new(first, self.outputs, self.inputs);
                product(output, Matrix::new(input, input.len() / self.inputs, self.inputs), matrix.transposed());
                second
            }
            Kind::Affine => {
                scale_columns(output, input, second);
                first
            }
        }
    }

    /// The gradient of what this stage multiplies by, from the grad of what goes into its activation.
    fn gradient(&self, input: &[f32], buffers: &mut Buffers, rows: &Range<usize>, gradient: &mut [f32]) {
        let (first, second) = self.parameters_mut(gradient);
        let grad = of(&buffers.grad, rows, self.outputs);
        match self.kind {
            Kind::Linear => {
                let grads = Matrix::new(grad, rows.len(), self.outputs).transposed();
                let input = Matrix::new(input, rows.len(), self.inputs);
                if buffers.room.is_empty() {
                    product(first, grads, input);
                } else {
                    narrow_product(first, grads, input, &mut buffers.room);
                }
            }
            Kind::Affine => {
                second.fill(0.0);
                for (grad, input) in grad.chunks_exact(self.outputs).zip(input.chunks_exact(self.inputs)) {
                    for ((sum, grad), input) in second.iter_mut().zip(grad).zip(input) {
                        *sum += grad * input;
                    }
                }
            }
        }
    }

    /// The gradient of what this stage adds.
    fn shift_gradient(&self, buffers: &mut Buffers, parts: &[Range<usize>], gradient: &mut [f32]) {
        let Buffers { grad, sum, .. } = buffers;
        let (first, second) = self.parameters_mut(gradient);
        let shift = match self.kind {
            Kind::Linear => second,
            Kind::Affine => first,
        };
        shift.fill(0.0);
        for part in parts {
            sum::rows(of(grad, part, self.outputs), sum);
            sum::add(shift, sum);
        }
    }

    /// The grad of this stage's input.
    pub(super) fn further(&self, weights: &[f32], buffers: &Buffers, rows: &Range<usize>, input_grad: &mut [f32]) {
        let (first, second) = self.parameters(weights);
        let grad = of(&buffers.grad, rows, self.outputs);
        match self.kind {
            Kind::Linear => {
                let matrix = Matrix::new(first, self.outputs, self.inputs);
                product(input_grad, Matrix::new(grad, rows.len(), self.outputs), matrix);
            }
            Kind::Affine => scale_columns(input_grad, grad, second),
        }
    }
}

/// Writes each row of `numbers` times `scale`, coordinate by coordinate.
fn scale_columns(out: &mut [f32], numbers: &[f32], scale: &[f32]) {
    for (out, numbers) in out.chunks_exact_mut(scale.len()).zip(numbers.chunks_exact(scale.len())) {
        for ((out, number), scale) in out.iter_mut().zip(numbers).zip(scale) {
            *out = number * scale;
        }
    }
}
