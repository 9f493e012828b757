//! `gantop ctl`: every command is acknowledged with what came of it.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixListener;

use serde_json::Value;

use crate::support::program::{ended, gantop, said};
use crate::support::socket::Served;

#[test]
fn commands_are_acknowledged_with_what_came_of_them() {
    let mut run = Served::start(&["--steps", "0"]);
    let (code, out, err) = run.ctl(&["pause"]);
    assert!(code == 0 && err.is_empty() && out.starts_with("paused at step "), "{out}{err}");
    let at = run.status();
    assert_eq!((at["state"].as_str(), at["name"].as_str()), (Some("paused"), Some("ring")));
    let step = at["step"].as_u64().unwrap();
    let (_, out, _) = run.ctl(&["set", "constraint.clip", "0.03"]);
    assert!(out.contains("→ clip 0.03 at step") && out.contains(&step.to_string()), "{out}");
    let (_, out, _) = run.ctl(&["set", "--json", "objective.kind", "gan"]);
    let answer: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(answer["events"][0]["settings"]["objective"]["kind"], "gan");
    // The other keys are as they were.
    assert_eq!(answer["events"][0]["settings"]["constraint"]["clip"], 0.03);
    assert!(run.ctl(&["step", "5"]).1.starts_with("running for 5 steps at step"));
    while run.status()["state"] != "paused" {}
    assert_eq!(run.status()["step"].as_u64(), Some(step + 5));
    let (_, out, _) = run.ctl(&["checkpoint"]);
    let file = out.split_whitespace().nth(1).unwrap();
    assert!(run.dir().join("checkpoints").join(file).is_file(), "{out}");
    // A second one of the same step begins with the same name, and is not meant.
    let again = run.ctl(&["checkpoint"]).1;
    assert!(again.contains(&file.replace(".safetensors", "-2.safetensors")), "{again}");
    let (code, out, err) = run.ctl(&["restore", file.trim_end_matches(".safetensors")]);
    assert!(code == 0 && out.contains(&format!("{file} ")), "{out}{err}");
    let text = run.ctl(&["status"]).1;
    assert!(text.contains("constraint.clip = 0.03") && text.contains("critic_loss"), "{text}");
    assert!(run.ctl(&["resume"]).1.starts_with("running at step"));
    let (code, out, _) = run.ctl(&["stop"]);
    assert!(code == 0 && out.starts_with("stopped at step"), "{out}");
    // It ends as it was asked to.
    assert_eq!(ended(&mut run.child).code(), Some(0));
}

#[test]
fn a_script_gives_the_commands_of_the_dashboard() {
    let run = Served::start(&["--steps", "0"]);
    run.ctl(&["pause"]);
    let step = run.status()["step"].as_u64().unwrap();
    // Several keys are one change.
    let (code, out, err) = run.ctl(&["set", "constraint.clip=0.03", "critic.steps=2"]);
    assert!(
        code == 0 && err.is_empty() && out.contains("→ clip 0.03") && out.contains("critic.steps 5 → 2"),
        "{out}{err}"
    );
    let keys = |run: &Served| {
        let settings = run.status()["settings"].clone();
        (settings["constraint"]["clip"].as_f64().unwrap(), settings["critic_steps"].as_u64().unwrap())
    };
    assert_eq!(keys(&run), (0.03, 2));
    let (_, out, _) = run.ctl(&["undo"]);
    assert_eq!(out, format!("took back the last change, at step {step} again\n"));
    assert_eq!(keys(&run), (0.1, 5));
    assert!(run.ctl(&["undo"]).2.contains("there is nothing to take back"));
    // Factors, and names of actions.
    run.ctl(&["set", "constraint.clip", "/2"]);
    run.ctl(&["updates", "x2"]);
    run.ctl(&["nudge-up"]);
    assert_eq!(keys(&run), (0.0625, 10));
    // Back to a checkpoint by its step, or the newest.
    let (_, out, _) = run.ctl(&["checkpoint"]);
    let file = out.split_whitespace().nth(1).unwrap().to_owned();
    run.ctl(&["step", "3"]);
    while run.status()["state"] != "paused" {}
    let (code, out, err) = run.ctl(&["restore", file.trim_end_matches(".safetensors")]);
    assert!(code == 0 && out.contains(&file), "{out}{err}");
    assert_eq!(run.status()["step"].as_u64(), Some(step));
    assert_eq!(run.ctl(&["restore"]).0, 0);
    let (code, _, err) = run.ctl(&["restore", "step-7777"]);
    assert!(code == 2 && err.contains("is not a checkpoint of the run; there are step-"), "{err}");
}

#[test]
fn a_swap_to_wgan_brings_what_its_critic_needs() {
    let adam = ["generator", "critic"].map(|of| format!("optimizer.{of}.kind=adam"));
    let gan = ["--set", "objective.kind=gan", "--set", "constraint.kind=none", "--set", &adam[0], "--set", &adam[1]];
    let run = Served::start(&[&["--steps", "0", "--paused"], &gan[..]].concat());
    let (code, out, err) = run.ctl(&["objective", "wgan"]);
    assert!(code == 0 && err.is_empty(), "{out}{err}");
    let settings = run.status()["settings"].clone();
    assert_eq!(settings["objective"]["kind"], "wgan");
    assert_eq!(settings["constraint"]["kind"], "gradient-penalty");
    // The ramps are of runs on points, and a client has only the run's config to tell them by.
    assert_eq!(settings["ramps"].as_array().map(Vec::len), Some(2), "{settings}");
    // A ramp by hand, in words.
    let (code, out, err) = run.ctl(&["set", "optimizer.critic.beta2", "to", "0.5", "over", "100"]);
    assert!(code == 0 && err.is_empty() && out.contains("to 0.5 over 100 steps"), "{out}{err}");
}

/// A run that is up, and whose trainer is not yet: `--detach` has just come back from it.
#[test]
fn a_run_that_has_just_been_left_to_itself_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let listener = UnixListener::bind(folder.path().join("socket")).unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        writeln!(stream, r#"{{"hello":{{"version":1,"program":"x","run":"x","commands":["set","status"]}}}}"#).unwrap();
        let mut asked = 0;
        while let Some(Ok(line)) = lines.next() {
            let line: Value = serde_json::from_str(&line).unwrap();
            let command = &line["command"];
            let mut answer = serde_json::json!({ "id": command["id"] });
            if command["do"] == "status" {
                asked += 1;
                answer["status"] = serde_json::json!({ "name": "x", "state": "paused", "step": 0, "steps": 0, "seconds": 0.0, "metrics": {}, "watchers": 0,
 "dropped": 0, "refused_connections": 0, "refused_lines": 0 });
            }
            // The third time it is up.
            if command["do"] == "status" && asked == 3 {
                answer["status"]["settings"] = serde_json::json!({
                    "objective": { "kind": "wgan" }, "constraint": { "kind": "clip", "clip": 0.03 },
                    "generator_lr": 0.1, "critic_lr": 0.1, "critic_steps": 1
                });
            }
            if !command.is_null() {
                writeln!(stream, "{}", serde_json::json!({ "answer": answer })).unwrap();
            }
            if command["do"]["set"].is_object() {
                return (asked, command["do"]["set"].clone());
            }
        }
        (asked, Value::Null)
    });
    let (code, out, err) = crate::support::socket::ctl(folder.path(), &["set", "constraint.clip", "0.1"]);
    let (asked, set) = server.join().unwrap();
    assert!(code == 0 && asked == 3 && set["constraint.clip"] == 0.1, "{code} {out}{err} {asked} {set}");
}

#[test]
fn an_unknown_verb_is_told_with_what_was_meant() {
    let run = Served::start(&["--steps", "0"]);
    for (words, why) in [
        (&["pasue"][..], "exist: 'resume', 'pause'"),
        (&["updaets", "3"], "exist: 'pause', 'updates'"),
        (&["dance"], "There are: pause, resume, step, checkpoint"),
        (&["set", "critic.lr", "1e-3"], "did you mean `optimizer.critic.lr`?"),
        (&["clip"], "`clip` needs C"),
        (&["undo", "3"], "unexpected argument '3' found"),
    ] {
        let (code, out, err) = run.ctl(words);
        assert!(code == 2 && out.is_empty() && err.contains(why), "{words:?}: {code} {out}{err}");
    }
    let (_, out, _) = said(gantop(&["ctl", "--help"]));
    assert!(
        ["undo ", "nudge-up", "objective ", "critic updates a step"].iter().all(|word| out.contains(word)),
        "{out}"
    );
}

#[test]
fn the_status_has_the_speed_and_the_alerts() {
    let run = Served::start(&[
        "--steps",
        "0",
        "--set",
        "constraint.clip=1e-4",
        "--set",
        "health.clip-share={threshold=0.1, window=4}",
    ]);
    while run.status()["alerts"].as_array().is_none_or(Vec::is_empty) {}
    let status = run.status();
    assert!(status["steps_per_second"].as_f64().unwrap() > 0.0, "{status}");
    assert!(status["alerts"][0].as_str().unwrap().starts_with("clip-share"), "{status}");
    let (_, out, _) = run.ctl(&["status"]);
    assert!(out.contains("steps/s\n") && out.contains("\nalert: clip-share"), "{out}");
}

#[test]
fn what_cannot_be_done_has_a_reason_and_an_exit_code() {
    let run = Served::start(&["--steps", "0", "--set", "engine=explicit"]);
    let (code, _, err) = run.ctl(&["set", "constraint.kind", "spectral-norm"]);
    assert!(code == 1 && err.starts_with("gantop: refused: ") && err.contains("explicit"), "{code} {err}");
    let (code, _, err) = run.ctl(&["set", "objective.knd", "gan"]);
    assert!(!err.contains("--set"), "{err}");
    assert!(code == 2 && err.contains("did you mean `objective.kind`"), "{code} {err}");
    let (code, _, err) = said(gantop(&["ctl", "no-such-run", "pause"]));
    assert!(code == 2 && err.contains("no run no-such-run"), "{code} {err}");
    let dir = run.dir();
    let folder = run.stop();
    let (code, _, err) = crate::support::socket::ctl(&folder.path().join("run"), &["pause"]);
    assert!(code == 2 && err.contains("is over") && err.contains("gantop view"), "{code} {err}");
    assert!(!dir.join("socket").exists());
}
