//! Five watchers at once, of every kind.

use std::thread;
use std::time::{Duration, Instant};

use rand::{RngCore, SeedableRng};
use serde_json::{Value, json};

use super::watchers::steps;
use crate::support::socket::{Client, Served};

/// The lines that a client hears to the end of the run.
fn hear_all(mut client: Client) -> Vec<Value> {
    std::iter::from_fn(|| client.hear()).collect()
}

/// The first step that is told of; every one from there to `last` is, once and in order.
#[track_caller]
fn first(lines: &[Value], last: u64) -> u64 {
    let told: Vec<(u64, u64)> = lines.iter().flat_map(steps).collect();
    told.windows(2).for_each(|pair| assert_eq!(pair[1].0, pair[0].1 + 1, "{pair:?}"));
    assert_eq!(told.last().unwrap().1, last);
    told[0].0
}

#[test]
fn nothing_is_lost_with_a_silent_a_noisy_and_a_commanding_one_among_them() {
    let run = Served::start(&["--steps", "0"]);
    run.ctl(&["pause"]);
    let joined = run.status()["step"].as_u64().unwrap();
    let [one, other, silent] = [0; 3].map(|_| run.client(true, false));
    let readers = [one, other].map(|client| thread::spawn(move || hear_all(client)));
    let mut noisy = run.client(true, false);
    let noise = thread::spawn(move || {
        let mut bytes = vec![0; 1_000_000];
        rand::rngs::StdRng::seed_from_u64(1).fill_bytes(&mut bytes);
        noisy.write(&bytes);
        hear_all(noisy)
    });
    let mut commander = run.client(false, false);
    let mut id = 0;
    let mut ask = |order: Value| {
        id += 1;
        commander.say(&json!({"command": {"id": id, "do": order}}));
        let answer = commander.wait("answer");
        assert_eq!(answer["id"], id, "{answer}");
        answer
    };
    // Longer than a connection holds what nobody reads.
    let (start, mut clips) = (Instant::now(), Vec::new());
    assert_eq!(ask(json!("resume"))["events"][0]["state"], "running");
    while start.elapsed() < Duration::from_secs(6) {
        let clip = 0.01 + 0.001 * clips.len() as f64;
        let answer = ask(json!({"set": {"constraint.clip": clip}}));
        assert_eq!(answer["events"][0]["settings"]["constraint"]["clip"], clip, "{answer}");
        clips.push(clip);
        assert!(ask(json!({"set": {"constraint.lambda": -1}}))["refused"].is_string());
        assert_eq!(ask(json!("status"))["status"]["state"], "running");
        thread::sleep(Duration::from_millis(100));
    }
    let silent = thread::spawn(move || hear_all(silent));
    let stopped = ask(json!("stop"));
    let last = stopped["events"][0]["step"].as_u64().unwrap();
    for reader in readers {
        let lines = reader.join().unwrap();
        assert_eq!(first(&lines, last), 1);
        // Nothing but the past is merged for who reads.
        let merged = lines.iter().filter(|line| line.get("merged").is_some()).flat_map(steps);
        merged.for_each(|(_, to)| assert!(to <= joined, "merged up to {to}, joined at {joined}"));
        let applied = lines.iter().filter(|line| line["event"]["kind"] == "applied");
        let told: Vec<f64> =
            applied.map(|line| line["event"]["settings"]["constraint"]["clip"].as_f64().unwrap()).collect();
        assert_eq!(told, clips);
        assert!(lines.iter().any(|line| line.get("finished").is_some()));
    }
    // Of the silent one nothing but detail is lost.
    let lines = silent.join().unwrap();
    assert_eq!(first(&lines, last), 1);
    let merged = lines.iter().filter(|line| line.get("merged").is_some()).flat_map(steps);
    assert!(merged.last().unwrap().1 > joined, "nothing was merged for one that did not read");
    // The noisy one is sent away.
    let lines = noise.join().unwrap();
    assert!(lines.iter().any(|line| line.get("refused").is_some()));
}
