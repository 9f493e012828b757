//! The words that every room shares, as plain data: no tensor, no terminal, no file.

pub mod action;
pub mod exit;
pub mod format;
pub mod keymap;
pub mod metric;
pub mod number;
pub mod picture;
mod record;
pub mod rule;
pub mod seed;
mod shape;

pub use metric::{Better, Cadence, Metric, MetricId, MetricInfo, MetricTable};
pub use record::{Metrics, Own, Span, StepRecord, Tally};
pub use shape::{PixelRange, SampleShape};
