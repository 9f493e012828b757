//! Runs that are watched and commanded from other processes.

mod commands;
mod dashboard;
mod detach;
mod hostile;
mod listen;
mod watchers;
