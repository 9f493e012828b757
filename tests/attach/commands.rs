//! `gantop ctl`: every command is acknowledged with what came of it.

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
    let text = run.ctl(&["status"]).1;
    assert!(text.contains("constraint.clip = 0.03") && text.contains("critic_loss"), "{text}");
    assert!(run.ctl(&["resume"]).1.starts_with("running at step"));
    let (code, out, _) = run.ctl(&["stop"]);
    assert!(code == 0 && out.starts_with("stopped at step"), "{out}");
    // It ends as it was asked to.
    assert_eq!(ended(&mut run.child).code(), Some(0));
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
