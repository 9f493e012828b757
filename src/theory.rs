//! The mathematics behind the screen: objectives and distances, usable without a trainer.

pub mod distance;
pub mod objective;
