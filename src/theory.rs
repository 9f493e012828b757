//! The mathematics behind the screen: objectives and distances, usable without a trainer.
//!
//! It uses `domain`. Start reading at [`objective`].

pub mod distance;
pub mod objective;
