//! The built program as a whole: without the dashboard, with it in a real pseudo-terminal, on bad input, and twice the
//! same.

pub mod dashboard;
mod ends;
mod hang_up;
mod headless;
mod images;
mod keyboard;
mod output;
mod reading;
mod repeat;
mod rest;
mod signals;
mod stall;

/// Networks so small that a step takes a moment even without optimisation, and no record but where a test names a
/// directory. Nothing that the analyst finds is an alert: it comes when it comes.
const SMALL: [&str; 12] = [
    "--set",
    "health.coverage-falling.enabled=false",
    "--set",
    "record.enabled=false",
    "--set",
    "threads=1",
    "--set",
    "batch_size=16",
    "--set",
    "generator.hidden=[8]",
    "--set",
    "critic.hidden=[8]",
];

/// These arguments and those that make the run small.
fn small<'a>(args: &[&'a str]) -> Vec<&'a str> {
    [args, &SMALL].concat()
}
