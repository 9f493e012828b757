//! Run directories through the program: where they are, and what `gantop runs` says of them.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use gantop::domain::MetricTable;
use gantop::run::journal::Outcome;
use gantop::run::{folder, metrics, summary::Summary};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::TEST_TIMEOUT;
use crate::support::program::{ended, gantop, said};

const SMALL: [&str; 9] = [
    "ring",
    "--set",
    "threads=1",
    "--set",
    "batch_size=16",
    "--set",
    "generator.hidden=[8]",
    "--set",
    "critic.hidden=[8]",
];

fn listed(dir: &Path) -> Vec<Value> {
    let (code, text, err) = said(gantop(&["runs", dir.to_str().unwrap(), "--json"]));
    assert_eq!((code, err.as_str()), (0, ""));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_run_has_a_directory_of_its_own_unless_told_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| {
        let mut command = gantop(&[&SMALL[..], &["--steps", "3"], args].concat());
        command.current_dir(folder.path());
        let (code, _, err) = said(command);
        assert_eq!((code, err.as_str()), (0, ""));
    };
    run(&["--no-record"]);
    run(&["--set", "record.enabled=false"]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    run(&[]);
    run(&["--set", "name=A b"]);
    run(&["--set", "record.dir=else"]);
    let names = |dir: &str| {
        let entries = fs::read_dir(folder.path().join(dir)).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort_by_key(|name| name[15..].to_owned());
        names
    };
    let (here, there) = (names("runs"), names("else"));
    assert_eq!((&here[0][15..], &here[1][15..], &there[0][15..]), ("-A-b", "-ring", "-ring"));
    assert_eq!((here.len(), there.len()), (2, 1));
    let (code, text, _) = said(gantop(&["runs", folder.path().join("runs").to_str().unwrap()]));
    assert_eq!((code, text.lines().count()), (0, 3), "{text}");
    assert!(text.lines().nth(1).unwrap().contains("  wgan       finished  "), "{text}");

    let summary = Summary::read(&folder.path().join("runs").join(&here[0])).unwrap().unwrap();
    assert_eq!((summary.name.as_str(), summary.steps, summary.rows), ("A b", 3, 3));
    assert_eq!((summary.state, summary.missing_rows, summary.missing_events), (Outcome::Finished, 0, 0));
    assert!(summary.versions["libtorch"].starts_with("2.") && summary.metrics["bound"].is_some());
}

#[test]
fn a_killed_run_is_interrupted_and_what_was_shown_is_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let mut child = gantop(&[&SMALL[..], &["--steps", "0", "--run-dir", dir.to_str().unwrap()]].concat())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let start = std::time::Instant::now();
    let steps =
        || metrics::last(&dir.join("metrics.csv"), &MetricTable::own()).ok().flatten().map_or(0, |record| record.step);
    while steps() < 20 {
        assert!(start.elapsed() < TEST_TIMEOUT, "nothing is recorded");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(folder::is_written(&dir));
    let [run] = &listed(folder.path())[..] else { panic!("one run") };
    assert_eq!((&run["state"], &run["name"], &run["objective"]), (&"running".into(), &"ring".into(), &"wgan".into()));
    kill_process(Pid::from_child(&child), Signal::KILL).unwrap();
    ended(&mut child);
    let [run] = &listed(folder.path())[..] else { panic!("one run") };
    assert_eq!(run["state"], "interrupted");
    assert!(run["steps"].as_u64().unwrap() >= 20 && run["metrics"]["bound"].is_f64(), "{run}");
    assert!(!dir.join("summary.json").exists());
}

#[test]
fn foreign_and_damaged_directories_are_listed_with_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let make = |name: &str, files: &[(&str, &str)]| {
        let dir = folder.path().join(name);
        fs::create_dir(&dir).unwrap();
        for (file, text) in files {
            fs::write(dir.join(file), text).unwrap();
        }
    };
    make("empty", &[]);
    make(".hidden", &[]);
    fs::write(folder.path().join("file"), "").unwrap();
    make("config", &[("config.toml", "seed = -1\n"), ("journal.jsonl", ""), ("metrics.csv", "step,seconds\n")]);
    make("summary", &[("config.toml", ""), ("summary.json", "{\n 1")]);
    make("journal", &[("config.toml", "seed = 1\n"), ("journal.jsonl", "?\n")]);
    make("metrics", &[("config.toml", "seed = 1\n"), ("journal.jsonl", ""), ("metrics.csv", "a,b\n")]);
    make("lost", &[("config.toml", ""), ("journal.jsonl", ""), ("metrics.csv", "")]);
    make("bare", &[("config.toml", "name = 'x'\n"), ("journal.jsonl", ""), ("metrics.csv", "step,sec")]);
    let runs = listed(folder.path());
    assert_eq!(runs.len(), 7);
    let of = |name: &str| {
        let run = runs.iter().find(|run| run["dir"].as_str().unwrap().ends_with(&format!("/{name}")));
        run.unwrap_or_else(|| panic!("{name} is not listed"))
    };
    for (name, why) in [
        ("empty", "not a run: it has no config.toml"),
        ("config", "config.toml:1:8: `seed` is -1"),
        ("lost", "config.toml is empty, and there is no checkpoint that knows the config"),
        ("summary", "summary.json:2:2: not a summary of a run"),
        ("journal", "journal.jsonl:1:1: not an event of a journal"),
        ("metrics", "metrics.csv:1:1: not the header of a metrics.csv"),
    ] {
        let wrong = of(name)["wrong"].as_str().unwrap_or_else(|| panic!("{name}: {}", of(name)));
        assert!(wrong.contains(why), "{name}: {wrong}");
    }
    assert_eq!((&of("bare")["state"], &of("bare")["steps"]), (&"interrupted".into(), &0.into()));
    let (code, text, err) = said(gantop(&["runs", folder.path().to_str().unwrap()]));
    assert_eq!((code, err.as_str(), text.lines().count()), (0, "", 8));
    let (code, text, err) = said(gantop(&["runs", "/no/such"]));
    assert_eq!((code, text.as_str()), (2, ""));
    assert!(err.contains("/no/such: cannot be read"), "{err}");
}
