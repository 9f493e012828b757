//! The shape of a sample.

use serde::{Deserialize, Serialize};

/// The interval that pixel bytes are mapped to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PixelRange {
    /// [−1, 1], for a generator that ends in tanh.
    #[default]
    Signed,
    /// [0, 1], for a generator that ends in a sigmoid.
    Unit,
}

impl PixelRange {
    /// The value of a black pixel and that of a white one.
    pub fn ends(self) -> (f32, f32) {
        match self {
            PixelRange::Signed => (-1.0, 1.0),
            PixelRange::Unit => (0.0, 1.0),
        }
    }
}

/// The shape of one sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SampleShape {
    /// A point with so many coordinates.
    Point { dims: usize },
    /// An image, row-major, channels interleaved last.
    Image {
        width: usize,
        height: usize,
        channels: usize,
        /// The interval that the values of its pixels span.
        #[serde(default)]
        range: PixelRange,
    },
}

impl SampleShape {
    /// Numbers in one sample.
    pub fn len(&self) -> usize {
        match *self {
            SampleShape::Point { dims } => dims,
            SampleShape::Image { width, height, channels, .. } => width * height * channels,
        }
    }

    /// The interval that the values of pixels span, where a sample has any.
    pub fn pixel_range(&self) -> Option<PixelRange> {
        match *self {
            SampleShape::Point { .. } => None,
            SampleShape::Image { range, .. } => Some(range),
        }
    }

    /// Whether a sample holds no numbers at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
