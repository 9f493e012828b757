//! gantop: a terminal monitor and live controller for training GANs.

pub mod action;
pub mod config;
pub mod distance;
pub mod history;
pub mod keymap;
pub mod link;
pub mod objective;
pub mod seed;
pub mod terminal;
pub mod ui;
