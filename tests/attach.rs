//! Runs that are watched and commanded from other processes.

mod commands;
mod dashboard;
mod detach;
mod five;
mod flood;
mod hostile;
mod images;
mod left;
mod listen;
mod python;
mod strangers;
mod watchers;
