//! Distances between samples, usable without a trainer.
//!
//! [`em`] is the exact Earth Mover's distance, [`modes`] what a known mixture allows to say.

pub mod em;
mod error;
pub mod modes;
mod points;

pub use error::{Error, Side};
pub use points::Points;
