//! Watchers over the socket: what they hear, what they may do, and that the run does not notice them.

use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::program::{ended, gantop, metrics};
use crate::support::socket::{SMALL, Served};

/// The steps that these lines tell of, first and last.
pub fn steps(line: &Value) -> Vec<(u64, u64)> {
    let column = |table: &str, name: &str| {
        line[table][name].as_array().into_iter().flatten().filter_map(Value::as_u64).collect::<Vec<_>>()
    };
    let single = column("steps", "step").into_iter().map(|step| (step, step));
    column("merged", "first").into_iter().zip(column("merged", "last")).chain(single).collect()
}

#[test]
fn who_comes_late_hears_the_whole_past_first_and_a_reader_only_commands_nothing() {
    let run = Served::start(&["--steps", "0"]);
    while run.status()["step"].as_u64() < Some(60) {}
    run.ctl(&["set", "constraint.clip", "0.07"]);
    run.ctl(&["pause"]);
    let step = run.status()["step"].as_u64().unwrap();
    let mut client = run.client(true, true);
    assert_eq!(client.hello["hello"]["run"], "run");
    let started = client.wait("started");
    assert_eq!(started["config"]["name"], "ring");
    let (mut next, mut changed) = (1, false);
    // A change after the last step comes behind its record.
    while next <= step || !changed {
        let line = client.hear().expect("the whole past");
        for (first, last) in steps(&line) {
            assert_eq!(first, next, "{line}");
            next = last + 1;
        }
        changed |= line["event"]["kind"] == "applied";
    }
    client.say(&json!({"command": {"id": 1, "do": "resume"}}));
    let answer = client.wait("answer");
    assert!(answer["id"] == 1 && answer["refused"].as_str().unwrap().contains("read-only"), "{answer}");
    assert_eq!(run.status()["state"], "paused");
    client.say(&json!({"command": {"id": 2, "do": {"snapshot": {"samples": 5, "weights": false}}}}));
    assert_eq!(client.wait("snapshot")["fake"].as_array().unwrap().len(), 10);
    // What others do is told.
    run.ctl(&["resume"]);
    assert_eq!(client.wait("event")["state"], "running");
    run.ctl(&["stop"]);
    assert_eq!(client.wait("finished")["stopped"], true);
    // Only that the last checkpoint is on disk may come behind it.
    while let Some(line) = client.hear() {
        assert_eq!(line["event"]["kind"], "checkpoint", "{line}");
    }
}

/// The rows and the last checkpoint's bytes of a run of 300 steps.
fn outcome(dir: &Path) -> (Vec<(String, String)>, gantop::link::checkpoint::Checkpoint) {
    let newest = gantop::run::checkpoints::newest(dir).unwrap();
    (metrics(dir), newest.2)
}

#[test]
fn the_weights_are_the_same_with_watchers_as_without() {
    let args = ["--steps", "300", "--seed", "5"];
    let mut run = Served::start(&args);
    let mut watching = run.client(true, false);
    // One that never reads, one that leaves in the middle of a line, and one that asks for more than it hears.
    let _silent = run.client(true, false);
    run.client(true, false).write(b"{\"comm");
    for id in 0..50 {
        watching.say(&json!({"command": {"id": id, "do": {"snapshot": {"samples": 200, "weights": true}}}}));
    }
    watching.wait("finished");
    ended(&mut run.child);
    let folder = tempfile::tempdir().unwrap();
    let alone = folder.path().join("alone");
    let args = [&["ring", "--headless", "--run-dir", alone.to_str().unwrap()], &args[..], &SMALL].concat();
    assert!(gantop(&args).stdout(Stdio::null()).status().unwrap().success());
    let ((rows, last), (others, other)) = (outcome(&run.dir()), outcome(&alone));
    assert_eq!(rows, others);
    assert_eq!(last.differs_from(&other), None);
}
