//! What the parts cost: a step and a snapshot of the trainer; records, reports and frames of the dashboard.
//!
//!     cargo bench --bench parts
//!     cargo bench --bench parts -- full_draw

#![allow(clippy::expect_used, clippy::panic)]

mod dashboard;
mod run;
mod training;

fn main() {
    divan::main();
}
