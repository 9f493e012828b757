//! The figures measured with a gradient: scalars that stay where the backend has them.

use std::fmt;

use tch::Tensor;

use super::super::guard::Quantity;
use super::super::meter::{Measured, StepFigures};

/// A scalar: a number on the host, or a tensor without dimensions on the device.
pub trait Figure: fmt::Debug + Sized {
    /// The number, waiting for the device.
    fn number(&self) -> f64;

    /// Whether all of these are finite, a scalar on the device, for which nobody waits.
    fn all_finite(figures: &[&Self]) -> Tensor;

    /// The scalar that a tensor has.
    fn of(tensor: &Tensor) -> Self;

    /// A step's figures as its record's.
    fn measured(figures: StepFigures<Self>) -> Measured;
}

impl Figure for f32 {
    fn number(&self) -> f64 {
        (*self).into()
    }

    fn all_finite(figures: &[&f32]) -> Tensor {
        Tensor::from(figures.iter().all(|figure| figure.is_finite()))
    }

    fn of(tensor: &Tensor) -> f32 {
        tensor.double_value(&[]) as f32
    }

    fn measured(figures: StepFigures<f32>) -> Measured {
        Measured::on_host(figures)
    }
}

impl Figure for Tensor {
    fn number(&self) -> f64 {
        self.double_value(&[])
    }

    fn all_finite(figures: &[&Tensor]) -> Tensor {
        Tensor::stack(figures, 0).isfinite().all()
    }

    fn of(tensor: &Tensor) -> Tensor {
        tensor.shallow_clone()
    }

    fn measured(figures: StepFigures<Tensor>) -> Measured {
        Measured::on_device(figures)
    }
}

/// The figures of every critic update.
#[derive(Debug)]
pub struct CriticFigures<F> {
    pub bound: F,
    /// The constraint's penalty in the loss, if there is one.
    pub penalty: Option<F>,
    /// −bound + penalty.
    pub loss: F,
    /// The critic value of real samples.
    pub value_real: F,
}

/// The further figures of a step's last critic update.
#[derive(Debug)]
pub struct ScoreFigures<F> {
    /// The critic value of generated samples.
    pub value_fake: F,
    pub score_real: F,
    pub score_fake: F,
}

impl<F> CriticFigures<F> {
    pub fn each_mut(&mut self) -> impl Iterator<Item = &mut F> {
        let CriticFigures { bound, penalty, loss, value_real } = self;
        [bound, loss, value_real].into_iter().chain(penalty)
    }

    /// The figures that must be finite for an update, the norm of the gradient included, in the order in which they are
    /// looked at.
    pub fn verdict<'f>(&'f self, norm: &'f F) -> impl Iterator<Item = (Quantity, &'f F)> {
        let penalty = self.penalty.as_ref().map(|penalty| [(Quantity::Penalty, penalty), (Quantity::Loss, &self.loss)]);
        let last = (Quantity::Gradient, norm);
        std::iter::once((Quantity::Loss, &self.bound)).chain(penalty.into_iter().flatten()).chain([last])
    }
}

impl<F> ScoreFigures<F> {
    pub fn each_mut(&mut self) -> impl Iterator<Item = &mut F> {
        [&mut self.value_fake, &mut self.score_real, &mut self.score_fake].into_iter()
    }
}
