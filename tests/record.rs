//! What a run leaves behind, and what it does by itself at given steps.

mod directory;
mod journal;
mod schedule;
mod tensorboard;
