//! Runs that are watched and commanded from other processes.

mod commands;
mod dashboard;
mod detach;
mod five;
mod hostile;
mod left;
mod listen;
mod strangers;
mod watchers;
