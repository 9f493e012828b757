//! A run of convolutions on images that is steered over its socket: every command is answered at the step where it is made,
//! the numbers stay finite, and all of it is trained again.

use serde_json::{Value, json};

use crate::support::idx::{squares, write};
use crate::support::program::{gantop, metrics, said};
use crate::support::socket::{Client, Served};

/// A tiny DCGAN on mirrored images that stay on disk, with an average and a ramp; its critic may have any constraint.
const DCGAN: [&str; 8] = [
    "threads=1",
    "batch_size=8",
    "record.every=1",
    "data.flip=true",
    "data.memory=0",
    "generator={latent=4, base=4, ema=60}",
    "critic={base=4, norm='layer'}",
    "schedule=[{key='optimizer.critic.beta2', from=0.9, to=0.99, over=1000}]",
];

/// Places among the settings, and what stands there.
type Wanted = &'static [(&'static str, &'static str)];

/// What is set by hand, one after the other, and what is then in force.
const BY_HAND: [(&[&str], Wanted); 5] = [
    // A swap, with the constraint that its critic needs.
    (
        &["objective.kind=wgan", "constraint.kind=clip", "constraint.clip=0.1"],
        &[("/objective/kind", "\"wgan\""), ("/constraint/kind", "\"clip\""), ("/constraint/clip", "0.1")],
    ),
    (&["constraint.clip=0.03"], &[("/constraint/clip", "0.03")]),
    (
        &["constraint.kind=gradient-penalty", "constraint.lambda=10"],
        &[("/constraint/kind", "\"gradient-penalty\""), ("/constraint/lambda", "10.0")],
    ),
    (
        &["optimizer.critic.lr=1e-3", "optimizer.generator.lr=5e-4", "critic.steps=2"],
        &[("/critic_lr", "0.001"), ("/generator_lr", "0.0005"), ("/critic_steps", "2")],
    ),
    (&["objective.kind=hinge"], &[("/objective/kind", "\"hinge\""), ("/constraint/kind", "\"gradient-penalty\"")]),
];

/// The answer to a command.
#[track_caller]
fn answer(client: &mut Client, id: u64, command: &Value) -> Value {
    client.say(&json!({"command": {"id": id, "do": command}}));
    loop {
        let answer = client.wait("answer");
        if answer["id"] == id {
            return answer;
        }
    }
}

/// Does steps until this one, and gives how the run stands then.
#[track_caller]
fn go_to(client: &mut Client, from: u64, to: u64) -> Value {
    let answered = answer(client, to, &json!({"advance": to - from}));
    assert_eq!(answered["events"][0]["step"], from, "{answered}");
    loop {
        let event = client.wait("event");
        if event["state"] == "paused" && event["step"] == to {
            return answer(client, to + 1, &json!("status"))["status"].clone();
        }
    }
}

#[track_caller]
fn assert_settings(settings: &Value, wanted: Wanted) {
    for (place, value) in wanted {
        assert_eq!(settings.pointer(place).map(Value::to_string).as_deref(), Some(*value), "{place} of {settings}");
    }
}

/// Every number is finite: one that is not is said in words.
#[track_caller]
fn assert_finite(status: &Value) {
    let metrics = status["metrics"].as_object().unwrap();
    assert!(metrics.contains_key("critic_loss") && metrics.contains_key("generator_grad_norm"), "{status}");
    assert!(metrics.values().all(Value::is_number), "{status}");
}

#[test]
fn commands_to_a_run_on_images_are_answered_at_their_step_and_trained_again_to_the_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = format!("data.path={}", write(folder.path(), "images", &squares(30)).display());
    let sets = [path.as_str()].into_iter().chain(DCGAN).flat_map(|set| ["--set", set]);
    let args: Vec<&str> = ["mnist-dcgan", "--steps", "0"].into_iter().chain(sets).collect();
    let run = Served::on(folder, &args);
    // While it trains: it stands where the answer says, with no step after it.
    let (code, out, err) = run.ctl(&["pause"]);
    let mut client = run.client(true, false);
    let status = answer(&mut client, 0, &json!("status"))["status"].clone();
    let mut step = status["step"].as_u64().unwrap();
    assert_eq!((code, out, err), (0, format!("paused at step {step}\n"), String::new()));
    assert_eq!(status["state"], "paused");

    for (keys, wanted) in BY_HAND {
        let (code, out, err) = run.ctl(&[&["set", "--json"], keys].concat());
        assert_eq!((code, err.as_str()), (0, ""), "{keys:?}: {out}");
        let answer: Value = serde_json::from_str(&out).unwrap();
        let events = answer["events"].as_array().unwrap();
        for event in events {
            assert_eq!((event["kind"].as_str(), event["step"].as_u64()), (Some("applied"), Some(step)), "{keys:?}");
        }
        assert_settings(&events.last().unwrap()["settings"], wanted);
        let status = go_to(&mut client, step, step + 3);
        step += 3;
        assert_settings(&status["settings"], wanted);
        assert_finite(&status);
    }
    let folder = run.stop();
    let dir = folder.path().join("run");
    assert_eq!(metrics(&dir).len() as u64, step + 1);
    let (code, out, err) = said(gantop(&["replay", dir.to_str().unwrap()]));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains(&format!("metrics: {step} rows, identical")), "{out}");
    assert!(out.contains(&format!("the last at step {step}")), "{out}");
    let interventions: usize = out.split(" with ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!(interventions >= BY_HAND.len(), "{out}");
}
