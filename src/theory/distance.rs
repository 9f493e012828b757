//! Distances between samples, usable without a trainer.
//!
//! [`em`] is the exact Earth Mover's distance, [`sliced`] its cheap relative for many points or dimensions,
//! [`histogram`] the divergences of binned samples, [`modes`] what a known mixture allows to say.
//! [`mod@compare`] takes all of them, with their times, for two sets of samples of any size.

pub mod compare;
pub mod em;
mod error;
pub mod histogram;
pub mod modes;
mod points;
pub mod sliced;

pub use error::{Error, Side};
pub use points::Points;
