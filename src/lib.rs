//! gantop: a terminal monitor and live controller for training GANs.

pub mod cli;
pub mod config;
pub mod distance;
pub mod link;
pub mod objective;
pub mod seed;
pub mod session;
pub mod terminal;
pub mod versions;
