//! `scripts/gpu-check`: its dry run on the CPU, and what it says of a program that does not start.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::program::NOBODY;

/// How the script ended with these arguments, with what it said; None where there is no Python.
fn check(args: &[&str], out: &Path) -> Option<(Output, Value, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new("python3")
        .arg(root.join("scripts/gpu-check"))
        .args(["--dry-run", "--out"])
        .arg(out)
        .args(args)
        .env("XDG_CONFIG_HOME", NOBODY)
        .output();
    let Ok(output) = output else {
        println!("skipped: there is no python3 here");
        return None;
    };
    let read = |name| std::fs::read_to_string(out.join(name)).unwrap_or_else(|why| panic!("{name}: {why}: {output:?}"));
    Some((output.clone(), serde_json::from_str(&read("gpu-check.json")).unwrap(), read("gpu-check.md")))
}

/// The titles of the parts, in their order.
const PARTS: [&str; 8] = [
    "What is there",
    "One step and ten against the CPU",
    "The guard",
    "Checkpoints across devices",
    "Orders and signals",
    "A long run, and the same run twice",
    "The dashboard's share",
    "Steps a second",
];

#[track_caller]
fn assert_all_parts(json: &Value, markdown: &str) {
    let parts = json["parts"].as_array().unwrap();
    let titles: Vec<&str> = parts.iter().map(|part| part["title"].as_str().unwrap()).collect();
    assert_eq!(titles, PARTS);
    for title in PARTS {
        assert!(markdown.contains(&format!("## {title}\n")), "{markdown}");
    }
    assert!(markdown.contains("A dry run on the CPU"), "{markdown}");
}

#[test]
fn the_dry_run_passes_with_the_built_program() {
    let folder = tempfile::tempdir().unwrap();
    // So much time that a busy machine does not end a part.
    let args = ["--gantop", env!("CARGO_BIN_EXE_gantop"), "--seconds", "2000"];
    let Some((output, json, markdown)) = check(&args, folder.path()) else { return };
    assert!(output.status.success(), "{markdown}");
    assert_all_parts(&json, &markdown);
    assert!(markdown.contains("Nothing failed."), "{markdown}");
    assert!(markdown.contains("left out: no worker was given"), "{markdown}");
    assert!(markdown.contains("not there yet"), "{markdown}");
}

#[test]
fn after_a_part_that_fails_the_next_one_begins() {
    let folder = tempfile::tempdir().unwrap();
    let Some((output, json, markdown)) = check(&["--gantop", "/bin/false"], folder.path()) else { return };
    assert_eq!(output.status.code(), Some(1), "{markdown}");
    assert_all_parts(&json, &markdown);
    assert!(markdown.contains("gantop does not start"), "{markdown}");
    assert!(markdown.contains("exit code 1"), "{markdown}");
}
