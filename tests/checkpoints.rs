//! Checkpoints through the program: going on, going back, training again, being killed, and what others read of them.

mod broken;
mod changed;
mod convolutions;
mod export;
mod keys;
mod kill;
mod python;
mod pytorch;
mod ramps;
mod replay;
mod resume;
mod streamed;
mod taken_up;
mod undo;

use std::path::{Path, PathBuf};

use gantop::link::checkpoint::{self, Checkpoint};
use gantop::run::checkpoints;

use crate::support::program::{gantop, metrics, said};

/// Networks so small that a step takes a moment even without optimisation.
const TINY: [&str; 4] = ["threads=1", "batch_size=16", "generator.hidden=[8]", "critic.hidden=[8]"];

/// Data on a line, of which the analysis at the end of a run takes the least time.
const LINE: &str = "data={kind='mixture', components=[{weight=1.0, mean=[0.5], std=0.2}]}";

/// Trains headless, with these arguments and settings, and must end well.
#[track_caller]
fn train(args: &[&str], sets: &[&str]) {
    let sets = sets.iter().flat_map(|set| ["--set", set]);
    let args: Vec<&str> = ["train", "--headless"].into_iter().chain(args.iter().copied()).chain(sets).collect();
    let (code, _, err) = said(gantop(&args));
    assert_eq!((code, err.as_str()), (0, ""), "{args:?}");
}

/// The newest checkpoint of a run.
#[track_caller]
fn newest(run: &Path) -> Checkpoint {
    checkpoints::newest(run).unwrap().2
}

/// The files of a run's checkpoints, the newest first. Each can be read.
#[track_caller]
fn files(run: &Path) -> Vec<PathBuf> {
    let items = checkpoints::list(run).unwrap();
    let sound = |item: checkpoints::Item| {
        checkpoint::read(&item.path).unwrap_or_else(|error| panic!("{error}"));
        item.path
    };
    items.into_iter().map(sound).collect()
}

/// Two runs have the same metrics but for the seconds, and the same state at the end, to the bit.
#[track_caller]
fn assert_same(one: &Path, other: &Path) {
    let (a, b) = (metrics(one), metrics(other));
    let differ = a.iter().zip(&b).find(|(a, b)| a != b);
    assert_eq!((differ, a.len()), (None, b.len()));
    assert_eq!(newest(one).differs_from(&newest(other)), None);
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
