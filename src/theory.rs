//! The mathematics behind the screen: objectives, distances and the quality of samples, usable
//! without a trainer.
//!
//! It uses `domain`. Start reading at [`objective`].

pub mod distance;
pub mod objective;
pub mod quality;
