//! The size of a network, before it is made.

use super::{Architecture, Config, Critic, Dcgan, Generator, Mlp, Norm, Resnet, Sides};
use crate::domain::SampleShape;

/// Numbers that a network has, at least. What is more than a machine can count is the most that it can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// In its weights.
    pub weights: usize,
    /// That one sample leaves behind on its way through, input and output among them.
    pub activations: usize,
    /// The key that makes it so large.
    pub key: &'static str,
}

impl Config {
    /// Samples of each kind that go through the networks at a time.
    pub fn micro_batch(&self) -> usize {
        self.micro_batch.unwrap_or(self.batch_size)
    }
}

impl Generator {
    /// Its size for samples of this shape.
    pub fn size(&self, shape: SampleShape) -> Size {
        size(&self.architecture, shape, self.latent_dims(shape), self.weights(shape))
    }
}

impl Critic {
    /// Its size for samples of this shape.
    pub fn size(&self, shape: SampleShape) -> Size {
        let of_pack = size(&self.architecture, self.packed(shape), 1, self.weights(shape));
        Size { activations: of_pack.activations.div_ceil(self.pack), ..of_pack }
    }
}

fn size(architecture: &Architecture, shape: SampleShape, ends: usize, weights: usize) -> Size {
    let (hidden, key) = match architecture {
        Architecture::Mlp(mlp) => (perceptron(mlp), "hidden"),
        Architecture::Dcgan(dcgan) => (pictures(dcgan, shape), "base"),
        Architecture::Resnet(resnet) => (blocks(resnet, shape), "widths"),
        Architecture::Affine { .. } => (0, "kind"),
    };
    Size { weights, activations: shape.len().saturating_add(ends).saturating_add(hidden), key }
}

/// The numbers that a sample leaves in hidden layers.
fn perceptron(mlp: &Mlp) -> usize {
    let width = mlp.hidden.iter().fold(0, |sum: usize, width| sum.saturating_add(*width));
    width.saturating_mul(copies(mlp.norm))
}

/// The numbers that a sample leaves in the pictures inside.
fn pictures(dcgan: &Dcgan, shape: SampleShape) -> usize {
    let Ok((pyramid, _)) = dcgan.pictures(shape) else { return 0 };
    // From the smallest to the largest, which has four times as many pixels each.
    let widths = dcgan.widths(pyramid);
    let areas = std::iter::successors(Some(pyramid.height * pyramid.width), |area| Some(area.saturating_mul(4)));
    let numbers = widths.iter().rev().zip(areas).map(|(width, area)| width.saturating_mul(area));
    numbers.fold(0, usize::saturating_add).saturating_mul(copies(dcgan.norm))
}

/// The size of the blocks of a residual network.
fn blocks(resnet: &Resnet, shape: SampleShape) -> usize {
    let Ok(Sides { height, width, .. }) = resnet.smallest(shape) else { return 0 };
    let doubled = |times: usize| (0..times).fold(height * width, |area: usize, _| area.saturating_mul(4));
    let numbers = resnet.widths.iter().enumerate().map(|(i, width)| {
        // A generator's first width is that of its smallest picture; a critic halves in its first blocks.
        let times = resnet.judge.map_or(i, |judge| judge.down.saturating_sub(i + 1));
        width.saturating_mul(doubled(times))
    });
    numbers.fold(0, usize::saturating_add).saturating_mul(copies(resnet.norm))
}

/// The numbers that a layer gives, and those of its norm.
fn copies(norm: Norm) -> usize {
    if norm == Norm::None { 1 } else { 2 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::domain::PixelRange;

    #[test]
    fn a_size_is_counted_by_hand() {
        let sets = ["data={kind='idx', path='/nowhere'}", "critic={hidden=[5, 7], norm='batch'}"];
        let dcgan = "generator={kind='dcgan', base=3, latent=10, norm='none'}";
        let sets: Vec<String> = sets.iter().chain(&[dcgan]).map(|set| (*set).to_owned()).collect();
        let config = config::load(None, &sets).unwrap();
        let shape = SampleShape::Image { width: 16, height: 16, channels: 2, range: PixelRange::Signed };
        let critic = config.critic.size(shape);
        assert_eq!((critic.activations, critic.key), (2 * (5 + 7) + 512 + 1, "hidden"));
        assert_eq!(critic.weights, 512 * 5 + 5 * 7 + 7);
        // Pictures of 8×8 and 4×4.
        let generator = config.generator.size(shape);
        assert_eq!((generator.activations, generator.key), (3 * 64 + 6 * 16 + 512 + 10, "base"));
    }
}
