//! Run directories with traps and damage in any combination, through every command that reads one.

use std::fs;

use proptest::prelude::*;
use proptest::sample::select;

use super::fuzz;
use super::spoil::{seeds, spoilt};
use crate::traps::{FOLDERS, GONE_ON_WITH, MADE_ANEW, Place, READ, TRAPS};

#[test]
fn directories() {
    let base = Place::new();
    let names: Vec<&str> = READ.into_iter().chain(MADE_ANEW).chain(GONE_ON_WITH).chain(FOLDERS).collect();
    let traps = prop::collection::vec((select(TRAPS.to_vec()), select(names)), 0..4);
    let damage = prop::option::of((select(READ.to_vec()), spoilt(seeds(&["journal.jsonl", "metrics.csv"]))));
    fuzz("run directories", 2, (traps, damage, 0usize..8), |(traps, damage, command)| {
        let place = base.again();
        let run = place.run();
        if let Some((name, bytes)) = &damage {
            fs::write(run.join(name), bytes).unwrap();
        }
        let mut set: Vec<&str> = Vec::new();
        for (trap, name) in &traps {
            // Folders hold something, and each place has one trap.
            if !set.contains(name) && !FOLDERS.contains(name) {
                place.set(*trap, name);
                set.push(name);
            }
        }
        let before: Vec<Vec<u8>> = set.iter().map(|name| fs::read(place.outside(name)).unwrap()).collect();
        let (run, out) = (run.to_str().unwrap(), place.folder.path().join("out.csv"));
        let commands: [&[&str]; 8] = [
            &["runs", place.folder.path().to_str().unwrap()],
            &["journal", run],
            &["journal", run, "--as-schedule"],
            &["replay", run],
            &["export", run, "--samples", "4", "--out", out.to_str().unwrap()],
            &["ctl", run, "status"],
            &["attach", run],
            &["train", "--headless", "--resume", run, "--steps", "12"],
        ];
        let (code, said) = place.call(commands[command]);
        prop_assert!((0..=2).contains(&code) && !said.contains("panicked"), "{:?}: {code} {said}", commands[command]);
        prop_assert!(!said.chars().any(|c| c != '\n' && gantop::system::output::is_unsafe(c)), "{}", said);
        for (name, before) in set.iter().zip(before) {
            prop_assert!(fs::read(place.outside(name)).unwrap() == before, "{name} outside has changed: {said}");
        }
        Ok(())
    });
}
