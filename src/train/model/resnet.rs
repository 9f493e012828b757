//! The layers of residual networks.
//!
//! The convolution of a shortcut has kernels of 1×1, which commutes with the mean of squares and with the repetition of
//! pixels: it stands where the picture is smaller, a quarter of the work for the same function.

use super::Layer;
use super::builder::{Builder, has_bias};
use super::layer::Geometry;
use crate::config::{Init, Norm, Resnet, Sides};
use crate::domain::SampleShape;

impl<'a> Builder<'a> {
    /// From `latent` numbers over the smallest picture to samples, each block's picture with twice the sides; as it is
    /// where samples do not fit, which has been refused.
    pub fn residual_upward(mut self, resnet: &Resnet, latent: usize, shape: SampleShape) -> Builder<'a> {
        let Ok(Sides { channels, height, width }) = resnet.smallest(shape) else { return self };
        let first = resnet.widths.first().copied().unwrap_or(channels);
        let last = resnet.widths.last().copied().unwrap_or(channels);
        self = self.linear(latent, first * height * width, resnet.init);
        self = self.weightless(Layer::Unflatten { size: [first, height, width].map(|side| side as i64) });
        let (first_share, last_share) = shares(resnet);
        for (input, output) in resnet.blocks(channels) {
            let body = |builder: Builder<'a>| {
                let builder = builder.norm(resnet.norm, input).activation(resnet.activation, 1);
                let builder = builder.weightless(Layer::Upsampling);
                let builder = builder.kept(3, input, output, resnet.norm, resnet.init).scaled(first_share);
                let builder = builder.norm(resnet.norm, output).activation(resnet.activation, 1);
                builder.kept(3, output, output, Norm::None, resnet.init).scaled(last_share)
            };
            let shortcut = |builder: Builder<'a>| {
                builder.kept(1, input, output, Norm::None, resnet.init).weightless(Layer::Upsampling)
            };
            self = self.residual(body, shortcut);
        }
        self = self.norm(resnet.norm, last).activation(resnet.activation, 1);
        self.kept(3, last, channels, Norm::None, resnet.init)
    }

    /// From packs of so many samples to a score, over blocks of which the first halve the picture; as it is where samples do
    /// not fit.
    pub fn residual_downward(mut self, resnet: &Resnet, shape: SampleShape, pack: usize) -> Builder<'a> {
        let (Ok(Sides { channels, height, width }), Some(judge)) = (resnet.smallest(shape), resnet.judge) else {
            return self;
        };
        let size = [channels, height << judge.down, width << judge.down].map(|side| side as i64);
        self = self.weightless(Layer::Pixels { size }).packed(pack);
        let (first_share, last_share) = shares(resnet);
        for (i, (input, output)) in resnet.blocks(channels * pack).enumerate() {
            let halves = i < judge.down;
            // The first has the samples themselves before it: nothing is taken off them.
            let (first, norm) = (i == 0, if i == 0 { Norm::None } else { resnet.norm });
            let inner = if first { output } else { input };
            let body = |mut builder: Builder<'a>| {
                if !first {
                    builder = builder.norm(norm, input).activation(resnet.activation, 1);
                }
                builder = builder.kept(3, input, inner, norm, resnet.init).scaled(first_share);
                builder = builder.norm(norm, inner).activation(resnet.activation, 1);
                builder = builder.kept(3, inner, output, Norm::None, resnet.init).scaled(last_share);
                if halves { builder.weightless(Layer::Halving) } else { builder }
            };
            let shortcut = |mut builder: Builder<'a>| {
                if halves {
                    builder = builder.weightless(Layer::Halving);
                }
                if !halves && input == output {
                    builder
                } else {
                    builder.kept(1, input, output, Norm::None, resnet.init)
                }
            };
            self = self.residual(body, shortcut);
        }
        self = self.activation(resnet.activation, 1).weightless(Layer::Pooling(judge.pooling));
        self.linear(resnet.widths.last().copied().unwrap_or(channels), 1, resnet.init)
    }

    /// A convolution that keeps the sides of a picture, before this normalisation.
    fn kept(self, kernel: usize, input: usize, output: usize, before: Norm, init: Init) -> Builder<'a> {
        self.convolution(input, output, Geometry::keeping(kernel).biased(has_bias(before)), init)
    }
}

/// By how much the weights of a block's first convolution and of its last are multiplied at the start.
fn shares(resnet: &Resnet) -> (f32, f32) {
    match resnet.init {
        Init::Fixup => (1.0 / (resnet.blocks(1).count().max(1) as f32).sqrt(), 0.0),
        Init::Pytorch | Init::Normal | Init::Xavier | Init::Orthogonal => (1.0, 1.0),
    }
}
