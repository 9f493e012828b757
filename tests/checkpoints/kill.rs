//! kill -9 at any moment: no checkpoint is ever half there, and the run can be gone on with.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use gantop::domain::seed::{Stream, derive};

use super::*;
use crate::support::TEST_TIMEOUT;
use crate::support::program::{ended, steps};

const STEPS: u64 = 1500;

/// Starts a run and kills it, again and again, until it has been killed so often or is done; then lets it end, and
/// compares it with one that was left alone.
fn killed(times: u64) {
    let folder = tempfile::tempdir().unwrap();
    let (whole, run) = (folder.path().join("whole"), folder.path().join("run"));
    let last = (STEPS * times.div_ceil(5)).to_string();
    let sets = [&TINY[..], &["checkpoint={every_steps=20, keep=3}"]].concat();
    train(&["--steps", &last, "--run-dir", text(&whole)], &sets);
    let (mut kills, mut kept, mut lost) = (0, 0, 0);
    for round in 0..times {
        let before = newest_ordinal(&run);
        let started = newest_step(&run).is_some();
        let start: Vec<&str> = match started {
            true => vec!["train", "--headless", "--resume", text(&run)],
            false => {
                let _ = fs::remove_dir_all(&run);
                let sets = sets.iter().flat_map(|set| ["--set", set]);
                ["train", "--headless", "--steps", &last, "--run-dir", text(&run)].into_iter().chain(sets).collect()
            }
        };
        let mut child = gantop(&start).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let random = derive(times, Stream::Noise, round);
        // Some are killed while they start, the others after they have made a checkpoint.
        let begun = Instant::now();
        while round % 4 != 3 && newest_ordinal(&run) <= before && begun.elapsed() < TEST_TIMEOUT {
            if child.try_wait().unwrap().is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(random % 150));
        child.kill().unwrap();
        let status = ended(&mut child);
        // Done already: there is nothing left to go on with.
        if status.success() {
            break;
        }
        assert_eq!(status.code(), None, "round {round} ended by itself");
        kills += 1;
        if !run.join("checkpoints").exists() {
            continue;
        }
        // Whatever is named like a checkpoint is one; metrics.csv has at most a part of a row at its end.
        kept += files(&run).len();
        let rows = fs::read_to_string(run.join("metrics.csv")).unwrap();
        let whole_rows = rows.rsplit_once('\n').map_or("", |(rows, _)| rows);
        let at = newest_step(&run).unwrap_or(0);
        let row = whole_rows.lines().last().and_then(|row| row.split(',').next()?.parse::<u64>().ok()).unwrap_or(0);
        assert!(row >= at, "round {round}: the checkpoint is of step {at}, the metrics end at {row}");
        lost = lost.max(row - at);
    }
    assert!(kills >= 2 && newest_step(&run).is_some(), "it was killed {kills} times");
    if newest(&run).info.step.to_string() != last {
        train(&["--resume", text(&run)], &[]);
    }
    eprintln!("{kills} kills, {kept} checkpoints looked at, at most {lost} steps after the last checkpoint");
    assert_eq!(steps(&metrics(&run)).len().to_string(), last);
    assert_same(&whole, &run);
    let partial = fs::read_dir(run.join("checkpoints"))
        .unwrap()
        .any(|entry| entry.unwrap().path().extension().is_some_and(|ending| ending == "partial"));
    assert!(!partial, "what was half written is still there");
}

fn newest_step(run: &Path) -> Option<u64> {
    checkpoints::newest(run).ok().map(|(header, ..)| header.info.step)
}

/// The number of a run's newest checkpoint; 0 where there is none.
fn newest_ordinal(run: &Path) -> u64 {
    let items = checkpoints::list(run).unwrap_or_default();
    items.iter().filter_map(|item| item.header.as_ref().ok()).map(|header| header.ordinal).max().unwrap_or(0)
}

#[test]
fn a_run_that_is_killed_goes_on_to_the_same_end() {
    killed(5);
}

/// By hand: `cargo test --release -- --ignored --nocapture killed_fifty_times`.
#[test]
#[ignore = "takes minutes"]
fn killed_fifty_times() {
    killed(50);
}
