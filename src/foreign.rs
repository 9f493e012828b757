//! Foreign runs: those of other programs' trainers, known by the files that they write, and followed as these grow.
//!
//! [`find`](mod@find) says which files belong to a run. A reader of each kind of file (`events`, `lines`, `document`,
//! `table`) hands what it finds to a `sink`, which gives every tag its metric and notices where the run went back;
//! `player` makes reports of it, as the trainer of a run of gantop's would have made them. Nothing is written, and
//! nothing is trusted.
//!
//! It uses `domain`, `system`, `config`, `link` and `run`. Start reading at [`play`].

mod axis;
mod document;
mod events;
pub mod find;
mod follow;
mod lines;
pub mod list;
mod object;
mod pictures;
mod player;
mod recognise;
mod sink;
mod table;
mod tensor;
mod wire;

pub use player::{describe, play};
pub use recognise::{Assigned, Place};
pub use sink::Reading;
