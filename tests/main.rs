//! The integration tests, one crate: libtorch is linked once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

mod attach;
mod charts;
mod checkpoints;
mod cli;
mod config;
mod constraints;
mod controls;
mod cure;
mod declared;
mod distance;
mod escapes;
mod evaluate;
mod foreign;
mod fuzz;
mod gallery;
mod gpu_check;
mod graphics;
mod hands;
mod headless;
mod health;
mod hostile;
mod idx;
mod install;
mod keys;
mod look;
mod machine;
mod memory;
mod objective;
mod pages;
mod pictures;
mod program;
mod pty;
mod quality;
mod record;
mod reproduce;
mod rules;
mod screens;
mod setup;
mod storm;
mod support;
mod trainer;
mod traps;
mod tutorials;
mod view;
