//! The words that every room shares, as plain data: no tensor, no terminal, no file.
//!
//! It uses no other room. Start reading at `metric`, what a run measures, and `action`, what a person can do.

pub mod action;
pub mod choice;
pub mod control;
pub mod exit;
pub mod format;
pub mod keymap;
pub mod metric;
pub mod npy;
pub mod number;
pub mod picture;
pub mod pixels;
pub mod quality;
mod record;
pub mod rule;
pub mod seed;
mod shape;

pub use choice::{GeneratorLoss, Head, ObjectiveChoice};
pub use control::{ControlInfo, ControlKind, ControlValue, ControlValues};
pub use metric::{Better, Cadence, Metric, MetricId, MetricInfo, MetricTable};
pub use record::{Metrics, Own, Span, StepRecord, Tally};
pub use shape::{PixelRange, SampleShape};
