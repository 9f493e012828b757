//! Convolutional networks after DCGAN (Radford, Metz and Chintala 2015, arXiv:1511.06434): each layer halves or doubles
//! the sides of a picture.

use serde::{Deserialize, Serialize};

use super::{Init, Unfit, activation, without_blocks};
use crate::config::limits::{MAX_BASE, MAX_WIDTH};
use crate::config::section::Section;
use crate::config::{Activation, Norm, defaults as d};
use crate::domain::SampleShape;

/// A network of strided convolutions, but for the size of its pictures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Dcgan {
    /// Channels of the largest picture inside; every smaller one has twice as many as the next larger, up to
    /// `WIDEST` times as many.
    pub base: usize,
    /// The sides of the kernels, 4 or 5.
    pub kernel: usize,
    /// The way in which a generator doubles a picture; nothing for a critic, which halves it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub up: Option<Up>,
    /// Between the layers.
    pub activation: Activation,
    /// Linear functions in a unit of [`Activation::Maxout`].
    pub pieces: usize,
    /// Before each activation, but for the one after a critic's first layer.
    pub norm: Norm,
    /// The law of its initial weights.
    pub init: Init,
}

/// The way in which a picture's sides are doubled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Up {
    /// A transposed convolution with a stride of 2.
    Transposed,
    /// Every pixel four times, then a convolution, 3×3 where the kernel is 4 and 5×5 where it is 5 (Odena, Dumoulin and
    /// Olah 2016: no checkerboard).
    Nearest,
}

/// The most channels, in units of `base`.
const WIDEST: usize = 8;
/// The sides that the smallest picture inside may have.
const SMALLEST: std::ops::RangeInclusive<usize> = 4..=16;

/// The pictures between a sample and the smallest one: each has half the sides of the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pyramid {
    /// Sides of the smallest picture.
    pub height: usize,
    pub width: usize,
    /// The number of halvings of the sample's sides, at least one.
    pub halvings: usize,
}

impl Pyramid {
    /// The pyramid of pictures with these sides: they are halved while both are even and at least 4 pixels are left of
    /// each. Nothing where that is never, or leaves more than 16.
    pub fn of(height: usize, width: usize) -> Option<Pyramid> {
        let mut pyramid = Pyramid { height, width, halvings: 0 };
        while [pyramid.height, pyramid.width].iter().all(|side| side % 2 == 0 && side / 2 >= *SMALLEST.start()) {
            pyramid = Pyramid { height: pyramid.height / 2, width: pyramid.width / 2, halvings: pyramid.halvings + 1 };
        }
        let fits = pyramid.halvings > 0 && [pyramid.height, pyramid.width].iter().all(|side| SMALLEST.contains(side));
        fits.then_some(pyramid)
    }
}

impl Dcgan {
    /// The pictures inside for samples of this shape, and the samples' channels.
    ///
    /// # Errors
    ///
    /// The size that does not fit, and what would.
    pub fn pictures(&self, shape: SampleShape) -> Result<(Pyramid, usize), Unfit> {
        let (height, width, channels) = match shape {
            SampleShape::Image { height, width, channels, .. } => (height, width, channels),
            SampleShape::Point { dims } => return Err(Unfit::points("dcgan", dims)),
        };
        Pyramid::of(height, width).map(|pyramid| (pyramid, channels)).ok_or_else(|| {
            let near = near(height.saturating_add(width) / 2);
            let why = format!(
                "is \"dcgan\", which halves pictures to sides of 4 to 16 pixels, and images of {width}×{height} cannot be \
                 halved so: {near}; \"mlp\" fits any"
            );
            Unfit { key: "kind", why }
        })
    }

    /// Channels of the pictures inside, from the largest, which has half the sides of a sample, to the smallest.
    pub fn widths(&self, pyramid: Pyramid) -> Vec<usize> {
        (0..pyramid.halvings).map(|i| self.base * WIDEST.min(1 << i.min(16))).collect()
    }

    /// The side of the kernel of a convolution.
    pub fn kernel(&self) -> usize {
        match (self.up, self.kernel) {
            // One in the middle, so that the picture keeps its size.
            (Some(Up::Nearest), 4) => 3,
            (_, kernel) => kernel,
        }
    }

    /// The numbers in its weight matrices, at least, with `ends` numbers on the side of the vector: the latent
    /// dimensions of a generator, or a critic's one score; nothing where samples do not fit.
    pub fn weights(&self, shape: SampleShape, ends: usize) -> usize {
        let Ok((pyramid, channels)) = self.pictures(shape) else { return 0 };
        let widths = self.widths(pyramid);
        let kernel = self.kernel() * self.kernel();
        let pairs = std::iter::once(channels).chain(widths.iter().copied()).zip(&widths);
        let convolutions = pairs.map(|(a, b)| a.saturating_mul(*b).saturating_mul(kernel));
        let flat = widths.last().copied().unwrap_or(0) * pyramid.height * pyramid.width;
        convolutions.fold(flat.saturating_mul(ends), usize::saturating_add)
    }
}

/// The squares around `side` that would fit, for a person.
fn near(side: usize) -> String {
    let side = side.min(MAX_WIDTH);
    let fits = |side: &usize| Pyramid::of(*side, *side).is_some();
    let below = (8..=side).rev().find(fits);
    let above = (side + 1..=side.max(4) * 2).find(fits);
    let square = |side: usize| format!("{side}×{side}");
    match (below, above) {
        (Some(below), Some(above)) => format!("{} or {} would fit", square(below), square(above)),
        (Some(one), None) | (None, Some(one)) => format!("{} would fit", square(one)),
        (None, None) => "28×28 or 32×32 would fit".to_owned(),
    }
}

/// Reads a generator's layers.
pub fn generator(t: &mut Section<'_, '_>) -> Dcgan {
    let up = Some(t.variant("up", Up::Transposed));
    Dcgan { up, ..network(t, Activation::Relu) }
}

/// Reads a critic's layers, or what both have in common.
pub fn critic(t: &mut Section<'_, '_>) -> Dcgan {
    network(t, Activation::LeakyRelu)
}

fn network(t: &mut Section<'_, '_>, usual: Activation) -> Dcgan {
    let (activation, pieces) = activation(t, usual);
    Dcgan {
        base: t.count("base", d::BASE, 1..=MAX_BASE),
        kernel: t.count("kernel", d::KERNEL, 4..=5),
        up: None,
        activation,
        pieces,
        norm: t.variant("norm", Norm::Batch),
        init: t.read("init", without_blocks).unwrap_or(Init::Normal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::PixelRange;

    fn image(width: usize, height: usize) -> SampleShape {
        SampleShape::Image { width, height, channels: 3, range: PixelRange::Signed }
    }

    fn dcgan() -> Dcgan {
        let (activation, norm, init) = (Activation::Relu, Norm::Batch, Init::Normal);
        Dcgan { base: 64, kernel: 4, up: Some(Up::Transposed), activation, pieces: 1, norm, init }
    }

    #[test]
    fn pictures_are_halved_as_often_as_they_can_be() {
        for (height, width, expected) in [
            (28, 28, Some((7, 7, 2))),
            (32, 32, Some((4, 4, 3))),
            (64, 64, Some((4, 4, 4))),
            (36, 64, Some((9, 16, 2))),
            (30, 30, Some((15, 15, 1))),
            (8, 8, Some((4, 4, 1))),
            (6, 6, None),
            (4, 4, None),
            (1, 1, None),
            (0, 0, None),
            (27, 28, None),
            (100, 100, None),
            (8, 512, None),
        ] {
            let found = Pyramid::of(height, width).map(|p| (p.height, p.width, p.halvings));
            assert_eq!(found, expected, "{height}×{width}");
        }
    }

    #[test]
    fn what_does_not_fit_is_told_with_what_would() {
        let told = |width, height| dcgan().pictures(image(width, height)).unwrap_err().why;
        assert!(
            told(27, 27).contains("images of 27×27 cannot be halved so: 26×26 or 28×28 would fit"),
            "{}",
            told(27, 27)
        );
        assert!(told(100, 100).contains("96×96 or 104×104 would fit"), "{}", told(100, 100));
        assert!(told(1, 1).contains(": 8×8 would fit"), "{}", told(1, 1));
        assert!(dcgan().pictures(SampleShape::Point { dims: 2 }).unwrap_err().why.contains("use \"mlp\""));
        // What a damaged header claims is no more than refused.
        assert!(dcgan().pictures(image(usize::MAX / 2, 1)).is_err());
    }

    #[test]
    fn channels_double_where_sides_halve() {
        let widths = |side| dcgan().widths(Pyramid::of(side, side).unwrap());
        assert_eq!(widths(28), [64, 128]);
        assert_eq!(widths(64), [64, 128, 256, 512]);
        assert_eq!(widths(256), [64, 128, 256, 512, 512, 512]);
        assert_eq!(dcgan().weights(image(32, 32), 100), 16 * (3 * 64 + 64 * 128 + 128 * 256) + 100 * 256 * 16);
        assert_eq!(dcgan().weights(image(31, 32), 100), 0);
    }
}
