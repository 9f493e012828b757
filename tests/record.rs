//! What a run leaves behind, and what it does by itself at given steps.

mod schedule;
