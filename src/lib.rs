//! gantop: a terminal monitor and live controller for training GANs.

pub mod cli;
pub mod config;
pub mod domain;
pub mod evaluate;
pub mod foreign;
pub mod glossary;
pub mod headless;
pub mod history;
pub mod link;
pub mod reproduce;
pub mod run;
pub mod serve;
pub mod session;
pub mod system;
pub mod terminal;
pub mod theory;
pub mod train;
pub mod truth;
pub mod ui;
