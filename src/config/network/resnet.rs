//! Residual networks of convolutions, as Gulrajani and others (2017, arXiv:1704.00028) and Miyato and others (2018,
//! arXiv:1802.05957) have them.

use serde::{Deserialize, Serialize};

use super::{Init, Unfit};
use crate::config::error::Problem;
use crate::config::layers::Value;
use crate::config::limits::{MAX_BLOCKS, MAX_CHANNELS};
use crate::config::section::Section;
use crate::config::{Activation, Norm, defaults as d};
use crate::domain::SampleShape;

/// A residual network, but for the size of its pictures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Resnet {
    /// Channels of pictures inside. A generator's: of the smallest picture, then of what each block makes, with sides
    /// twice as long. A critic's: of what each block makes.
    pub widths: Vec<usize>,
    /// The part that makes it a critic, from pictures to a score; nothing for a generator.
    #[serde(flatten)]
    pub judge: Option<Judge>,
    /// Between the layers.
    pub activation: Activation,
    /// Before each activation, but in a critic's first block and after its last.
    pub norm: Norm,
    /// The law of its initial weights.
    pub init: Init,
}

/// The keys that a residual critic has and a generator has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Judge {
    /// The number of the first blocks that halve the sides of a picture.
    pub down: usize,
    /// The pooling of the last picture.
    pub pooling: Pooling,
}

/// The pooling of the pixels of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pooling {
    /// Their sum (Miyato and others).
    Sum,
    /// Their mean (Gulrajani and others).
    Mean,
}

/// The sides that a generator's smallest picture may have.
const SMALLEST: std::ops::RangeInclusive<usize> = 3..=16;

/// Pictures as a network meets them: the samples' channels, and the sides of the smallest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sides {
    pub channels: usize,
    pub height: usize,
    pub width: usize,
}

impl Resnet {
    /// The number of halvings of a sample's sides on the way to the smallest picture.
    fn halvings(&self) -> usize {
        self.judge.map_or(self.widths.len().saturating_sub(1), |judge| judge.down)
    }

    /// The smallest picture inside for samples of this shape.
    ///
    /// # Errors
    ///
    /// The size that does not fit, and what would.
    pub fn smallest(&self, shape: SampleShape) -> Result<Sides, Unfit> {
        let (height, width, channels) = match shape {
            SampleShape::Image { height, width, channels, .. } => (height, width, channels),
            SampleShape::Point { dims } => return Err(Unfit::points("resnet", dims)),
        };
        let halvings = self.halvings();
        let factor = 1usize.checked_shl(halvings as u32).unwrap_or(0);
        let whole = |side: usize| factor > 0 && side > 0 && side.is_multiple_of(factor);
        let fits = |side: usize| whole(side) && (self.judge.is_some() || SMALLEST.contains(&(side / factor)));
        if fits(height) && fits(width) {
            return Ok(Sides { channels, height: height / factor, width: width / factor });
        }
        let images = format!("images of {width}×{height}");
        Err(match self.judge {
            Some(_) => {
                let most = (0..=self.widths.len())
                    .rev()
                    .find(|&down| [height, width].iter().all(|side| side % (1 << down) == 0));
                Unfit {
                    key: "down",
                    why: format!("halves {images} {halvings} times, which is {} at the most", most.unwrap_or(0)),
                }
            }
            None => Unfit {
                key: "widths",
                why: format!(
                    "has {} widths, which double a small picture {halvings} times, and {images} {}",
                    self.widths.len(),
                    lengths(height, width)
                ),
            },
        })
    }

    /// The channels that go into each block and come out of it. A critic's first takes the samples'.
    pub fn blocks(&self, channels: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
        let first = self.judge.map(|_| channels);
        first
            .into_iter()
            .chain(self.widths.iter().copied())
            .zip(self.widths.iter().copied().skip(usize::from(self.judge.is_none())))
    }

    /// The numbers in its weight matrices, at least, with `ends` numbers on the side of the vector; nothing where
    /// samples do not fit.
    pub fn weights(&self, shape: SampleShape, ends: usize) -> usize {
        let Ok(Sides { channels, height, width }) = self.smallest(shape) else { return 0 };
        let convolutions =
            self.blocks(channels).map(|(input, output)| 9 * input * output + 9 * output.min(input) * output);
        let last = self.widths.last().copied().unwrap_or(0);
        let vector = match self.judge {
            Some(_) => last * ends,
            None => self.widths.first().copied().unwrap_or(0) * height * width * ends + 9 * last * channels,
        };
        convolutions.fold(vector, usize::saturating_add)
    }
}

/// The number of widths that a generator of such pictures could have, as the end of a sentence, for a person.
fn lengths(height: usize, width: usize) -> String {
    let fits = |halvings: &usize| {
        [height, width].iter().all(|side| side % (1 << halvings) == 0 && SMALLEST.contains(&(side >> halvings)))
    };
    match ((1..MAX_BLOCKS).find(fits), (1..MAX_BLOCKS).rev().find(fits)) {
        (Some(least), Some(most)) if least < most => format!("need {} to {}", least + 1, most + 1),
        (Some(halvings), _) => format!("need {}", halvings + 1),
        (None, _) => "fit none: their sides must be 3 to 16 pixels, doubled once or more".to_owned(),
    }
}

/// Reads a generator's layers.
pub fn generator(t: &mut Section<'_, '_>) -> Resnet {
    let widths = widths(t, 2, &d::RESNET_WIDTHS);
    network(t, widths, None)
}

/// Reads a critic's layers.
pub fn critic(t: &mut Section<'_, '_>) -> Resnet {
    let widths = widths(t, 1, &d::RESNET_CRITIC_WIDTHS);
    let judge = Judge {
        down: t.count("down", d::DOWN.min(widths.len()), 0..=widths.len()),
        pooling: t.variant("pooling", Pooling::Sum),
    };
    network(t, widths, Some(judge))
}

/// Reads at least so many widths.
fn widths(t: &mut Section<'_, '_>, least: usize, usual: &[usize]) -> Vec<usize> {
    let list = |value: &Value<'_>| {
        let width = |element: &Value<'_>| element.whole(1..=MAX_CHANNELS as u64).map(|width| width as usize);
        match value.list(MAX_BLOCKS)? {
            list if list.len() < least => {
                Err(value.wrong(&format!("must be a list of {least} or more, such as {usual:?}")))
            }
            list => list.iter().map(width).collect(),
        }
    };
    t.read("widths", list).unwrap_or_else(|| usual.to_vec())
}

fn network(t: &mut Section<'_, '_>, widths: Vec<usize>, judge: Option<Judge>) -> Resnet {
    Resnet {
        widths,
        judge,
        activation: t.read("activation", elementwise).unwrap_or(Activation::Relu),
        norm: t.variant("norm", if judge.is_some() { Norm::None } else { Norm::Batch }),
        init: t.variant("init", Init::Xavier),
    }
}

/// The layers of a block, which keeps the number of channels.
fn elementwise(value: &Value<'_>) -> Result<Activation, Problem> {
    match value.variant()? {
        Activation::Maxout => {
            Err(value.wrong("must be one that keeps the number of channels, such as \"relu\": maxout does not"))
        }
        activation => Ok(activation),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::PixelRange;

    fn image(width: usize, height: usize) -> SampleShape {
        SampleShape::Image { width, height, channels: 3, range: PixelRange::Signed }
    }

    fn resnet(widths: &[usize], judge: Option<Judge>) -> Resnet {
        let (activation, norm, init) = (Activation::Relu, Norm::Batch, Init::Xavier);
        Resnet { widths: widths.to_vec(), judge, activation, norm, init }
    }

    #[test]
    fn the_widths_of_a_generator_say_how_large_its_pictures_are() {
        for (widths, width, height, expected) in [
            (4, 32, 32, Some((4, 4))),
            (3, 28, 28, Some((7, 7))),
            (3, 64, 36, Some((9, 16))),
            (2, 6, 6, Some((3, 3))),
            (5, 32, 32, None),
            (3, 27, 28, None),
        ] {
            let found = resnet(&[8; 16][..widths], None).smallest(image(width, height)).ok();
            assert_eq!(found.map(|sides| (sides.height, sides.width)), expected, "{width}×{height}");
        }
        let why = |width, height| resnet(&[8; 4], None).smallest(image(width, height)).unwrap_err().why;
        assert!(why(16, 16).starts_with("has 4 widths"), "{}", why(16, 16));
        assert!(why(16, 16).ends_with("images of 16×16 need 2 to 3"), "{}", why(16, 16));
        assert!(why(27, 27).contains("images of 27×27 fit none"), "{}", why(27, 27));
    }

    #[test]
    fn a_critic_halves_what_can_be_halved() {
        let critic = |down| resnet(&[8; 4], Some(Judge { down, pooling: Pooling::Sum }));
        assert_eq!(critic(2).smallest(image(28, 20)).unwrap(), Sides { channels: 3, height: 5, width: 7 });
        let unfit = critic(3).smallest(image(28, 28)).unwrap_err();
        assert_eq!((unfit.key, unfit.why.as_str()), ("down", "halves images of 28×28 3 times, which is 2 at the most"));
        assert!(critic(0).smallest(image(7, 5)).is_ok());
    }

    #[test]
    fn blocks_go_from_width_to_width() {
        let generator = resnet(&[16, 8, 4], None);
        assert_eq!(generator.blocks(3).collect::<Vec<_>>(), [(16, 8), (8, 4)]);
        let critic = resnet(&[4, 8], Some(Judge { down: 1, pooling: Pooling::Mean }));
        assert_eq!(critic.blocks(3).collect::<Vec<_>>(), [(3, 4), (4, 8)]);
    }
}
