//! What is said while a run goes on: by a trainer, and by the keyboard.

use proptest::prelude::*;

use super::fuzz;
use crate::{hostile, storm};

#[test]
fn trainers() {
    fuzz("a trainer's lines to frames", 4, hostile::talk(), hostile::is_drawn_or_refused);
}

#[test]
fn keyboards() {
    fuzz("keys, sizes and pastes to actions", 2, any::<u64>(), |seed| {
        storm::storm(seed, 30);
        Ok(())
    });
}
