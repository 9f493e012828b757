//! The tutorials of the documentation, run as a reader would, with fewer steps: every fence of `sh`, in turn.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::idx;
use crate::support::program::NOBODY;

/// How many times fewer steps a run does here than in the tutorial, so that a longer run is still the longer one.
const FEWER: u64 = 50;

/// A line of a tutorial with fewer steps. A run that is detached is stopped by the tutorial itself, so it may be long.
fn shortened(line: &str) -> String {
    let fewer = |steps: &str| (steps.parse::<u64>().unwrap() / FEWER).max(1).to_string();
    // The step of a change in a schedule.
    if let Some(step) = line.strip_prefix("at = ") {
        return format!("at = {}", fewer(step));
    }
    let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
    let detached = words.iter().any(|word| word == "--detach");
    for at in (1..words.len()).filter(|_| !detached) {
        if words[at - 1] == "--steps" {
            words[at] = fewer(&words[at]);
        }
    }
    words.join(" ")
}

/// What a reader types: the fences of `sh` of a page.
fn scripts(page: &str) -> Vec<String> {
    let parts = page.split("\n```sh\n").skip(1);
    parts
        .map(|part| part.split("\n```").next().unwrap().lines().map(shortened).collect::<Vec<_>>().join("\n"))
        .collect()
}

/// Runs the tutorial of this name below docs in `dir`.
fn follow(name: &str, dir: &Path) {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/{name}.md"))).unwrap();
    let scripts = scripts(&page);
    assert!(scripts.len() > 2, "{name} has {} fences of sh", scripts.len());
    let program = Path::new(env!("CARGO_BIN_EXE_gantop")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    for script in scripts {
        let mut shell = Command::new("bash");
        shell.args(["-euo", "pipefail", "-c", &script]).current_dir(dir).stdin(Stdio::null());
        let output = shell.env("PATH", &path).env("XDG_CONFIG_HOME", NOBODY).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(
            output.status.success(),
            "{name}: {}\n{script}\n{}\n{}",
            output.status,
            text(&output.stdout),
            text(&output.stderr)
        );
    }
}

#[test]
fn the_tutorial_on_theory_runs() {
    let dir = tempfile::tempdir().unwrap();
    follow("tutorials/theory", dir.path());
    for run in ["kl", "reverse-kl", "em", "js"] {
        assert!(dir.path().join("runs").join(run).join("summary.json").exists(), "{run}");
    }
}

#[test]
fn the_tutorial_on_digits_runs() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("mnist");
    fs::create_dir(&data).unwrap();
    idx::write(&data, "train-images-idx3-ubyte.gz", &idx::gzip(&idx::squares(200)));
    follow("tutorials/ssh", dir.path());
    for made in ["sheet.png", "digits.png", "digits.npy", "runs/digits/summary.json"] {
        assert!(dir.path().join(made).exists(), "{made}");
    }
}

#[test]
fn the_tutorial_on_a_rescue_runs_and_swaps_the_objective() {
    let dir = tempfile::tempdir().unwrap();
    follow("cure", dir.path());
    let journal = fs::read_to_string(dir.path().join("runs/rescued/journal.jsonl")).unwrap();
    for changed in ["\"what\":\"objective.kind\"", "critic.weights", "0.008 to 0.00005 over 10000 steps, cosine"] {
        assert!(journal.contains(changed), "{changed}: {journal}");
    }
}

#[test]
fn longer_runs_stay_longer() {
    assert_eq!(shortened("gantop ring --steps 1000 > a"), "gantop ring --steps 20 > a");
    assert_eq!(shortened("gantop train --detach ring --steps 1000"), "gantop train --detach ring --steps 1000");
    assert_eq!(scripts("a\n```sh\nx\ny --steps 9\n```\n```text\nz\n```\n"), ["x\ny --steps 1"]);
}
