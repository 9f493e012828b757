//! The shape of a sample.

use serde::{Deserialize, Serialize};

use crate::config::PixelRange;

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
