//! gantop: a terminal monitor and live controller for training GANs.

pub mod action;
pub mod analyst;
pub mod checkpoint;
pub mod cli;
pub mod config;
pub mod data;
pub mod distance;
pub mod exit;
pub mod headless;
pub mod health;
pub mod history;
pub mod hub;
pub mod keymap;
pub mod link;
pub mod machine;
pub mod model;
pub mod objective;
pub mod optim;
pub mod reproduce;
pub mod run;
pub mod samples;
pub mod seed;
pub mod session;
pub mod terminal;
pub mod train;
pub mod ui;
