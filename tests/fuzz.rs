//! Everything that comes from outside, spoilt in every way: errors and never a panic, never without bound.
//!
//! `cargo test` tries a few dozen cases of each target. `scripts/fuzz` runs them for minutes: `GANTOP_FUZZ_SECONDS` says for
//! how long each, `GANTOP_FUZZ_CASES` how many cases instead. Files are spoilt copies of those in `tests/fuzz/seeds`: one that
//! showed a defect is put there.
//!
//! What the library keeps to itself has tests of this kind beside it (the bytes of a terminal in `terminal/stream`, those of
//! checkpoints and images in `link/checkpoint` and `train/data/idx`): `PROPTEST_CASES` is their number of cases.

mod directory;
mod files;
mod pictures;
mod spoil;
mod talk;

use std::fmt::Debug;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{TestCaseResult, TestRunner};

/// Cases between two looks at the time.
const ROUND: u32 = 16;

fn said(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} must be a whole number")))
}

/// Tries inputs until the time is over, or `usual` of them where nobody says how many, and tells how many there were.
fn fuzz<S: Strategy>(target: &str, usual: u32, inputs: S, check: impl Fn(S::Value) -> TestCaseResult)
where
    S::Value: Debug,
{
    let (start, seconds) = (Instant::now(), said("GANTOP_FUZZ_SECONDS").map(Duration::from_secs));
    let most = said("GANTOP_FUZZ_CASES").unwrap_or(if seconds.is_some() { u64::MAX } else { usual.into() });
    let mut done = 0;
    while done < most && seconds.is_none_or(|seconds| start.elapsed() < seconds) {
        let cases = u64::from(ROUND).min(most - done) as u32;
        let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
        if let Err(failed) = TestRunner::new(config).run(&inputs, &check) {
            panic!("{target}, after {done} cases: {failed}");
        }
        done += u64::from(cases);
    }
    println!("fuzz: {target}: {done} cases in {:.0} s", start.elapsed().as_secs_f64());
}
