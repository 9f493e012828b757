//! Distances between samples, usable without a trainer.

pub mod modes;
