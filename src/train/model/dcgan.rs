//! The layers of DCGANs, in the order of PyTorch's modules.

use super::Layer;
use super::builder::{Builder, has_bias, units};
use super::layer::Geometry;
use crate::config::{Dcgan, Norm, Up};
use crate::domain::SampleShape;

impl<'a> Builder<'a> {
    /// From `latent` numbers over the smallest picture to samples, each picture with twice the sides of the one before;
    /// as it is where samples do not fit, which has been refused.
    pub fn upward(mut self, dcgan: &Dcgan, latent: usize, shape: SampleShape) -> Builder<'a> {
        let Ok((pyramid, channels)) = dcgan.pictures(shape) else { return self };
        let mut widths = dcgan.widths(pyramid).into_iter().rev();
        let units = |width| units(width, dcgan.activation, dcgan.pieces);
        let mut width = widths.next().unwrap_or(dcgan.base);
        let size = [units(width), pyramid.height, pyramid.width].map(|side| side as i64);
        self = self.linear(latent, size.iter().product::<i64>() as usize, dcgan.init);
        self = self.weightless(Layer::Unflatten { size });
        for next in widths {
            self = self.norm(dcgan.norm, units(width)).activation(dcgan.activation, dcgan.pieces);
            self = self.doubling(dcgan, width, units(next), has_bias(dcgan.norm));
            width = next;
        }
        self = self.norm(dcgan.norm, units(width)).activation(dcgan.activation, dcgan.pieces);
        self.doubling(dcgan, width, channels, true)
    }

    /// From pictures to pictures of twice their sides.
    fn doubling(self, dcgan: &Dcgan, input: usize, output: usize, bias: bool) -> Builder<'a> {
        let kernel = dcgan.kernel();
        let (builder, geometry) = match dcgan.up {
            Some(Up::Nearest) => (self.weightless(Layer::Upsampling), Geometry::keeping(kernel)),
            Some(Up::Transposed) | None => (self, Geometry::halving(kernel, true)),
        };
        builder.convolution(input, output, geometry.biased(bias), dcgan.init)
    }

    /// From packs of so many samples over pictures, each with half the sides of the one before, to a score; as it is where
    /// samples do not fit.
    pub fn downward(mut self, dcgan: &Dcgan, shape: SampleShape, pack: usize) -> Builder<'a> {
        let Ok((pyramid, channels)) = dcgan.pictures(shape) else { return self };
        let (height, side) = match shape {
            SampleShape::Image { height, width, .. } => (height, width),
            SampleShape::Point { .. } => return self,
        };
        self = self.weightless(Layer::Pixels { size: [channels, height, side].map(|side| side as i64) });
        self = self.packed(pack);
        let mut width = channels * pack;
        for (i, next) in dcgan.widths(pyramid).into_iter().enumerate() {
            // DCGAN's does not normalise what comes of the samples themselves.
            let norm = if i == 0 { Norm::None } else { dcgan.norm };
            let units = units(next, dcgan.activation, dcgan.pieces);
            let geometry = Geometry::halving(dcgan.kernel(), false).biased(has_bias(norm));
            self = self.convolution(width, units, geometry, dcgan.init);
            self = self.norm(norm, units).activation(dcgan.activation, dcgan.pieces);
            width = next;
        }
        self.weightless(Layer::Flatten).linear(width * pyramid.height * pyramid.width, 1, dcgan.init)
    }
}
