//! The keys for checkpoints, without a loop: messages in, effects and text out.

use std::path::PathBuf;

use gantop::link::checkpoint::{CheckpointInfo, Header, Reason};
use gantop::link::{Command, PauseReason, Report, Restored, RunState, Saved, Settings, StateChange, StateSource};
use gantop::run::checkpoints::Item;
use gantop::ui::update::Effect;
use gantop::ui::{Message, Options};

use super::*;
use crate::support::records::{applied, records, state};
use crate::support::runs::{info, ring};
use crate::support::stage::Stage;

fn stage(keeps: bool) -> Stage {
    let mut stage = Stage::new(Options::default());
    stage.app.keeps = keeps;
    stage.report(Report::Started(Box::new(ring()))).report(Report::Steps(records(1, 100)));
    stage
}

fn of_step(step: u64, reason: Reason) -> Checkpoint {
    let config = info(ring().config).config;
    Checkpoint {
        info: CheckpointInfo {
            step,
            seconds: 1.0,
            reason,
            settings: Settings::of(&config),
            config,
            shape: ring().shape,
            metrics: records(step, step).first().map(|record| record.values.clone()),
            generator_updates: 0,
            critic_updates: 0,
            scheduled: 0,
        },
        tensors: vec![],
    }
}

fn item(step: u64, reason: Reason) -> Item {
    let header = Ok(Header::of(&of_step(step, reason), step, step));
    Item { path: PathBuf::from(format!("step-{step}.safetensors")), age: Some(75.0), header }
}

fn damaged() -> Item {
    Item { path: "step-7.safetensors".into(), age: None, header: Err("step-7: is cut short".into()) }
}

/// What was asked of the loop but for snapshots.
fn effects(stage: &mut Stage) -> Vec<Effect> {
    let all = std::mem::take(&mut stage.effects);
    all.into_iter().filter(|effect| !matches!(effect, Effect::Send(Command::Snapshot(_)))).collect()
}

#[test]
fn w_saves_and_the_answer_is_shown_when_it_is_on_disk() {
    let mut stage = stage(true);
    stage.press("w");
    assert_eq!(effects(&mut stage), [Effect::Send(Command::Save)]);
    assert!(stage.text(120, 36).contains("saving…"));
    // What is answered in order does not wait for the disk.
    stage.press(" ").report(state(100, RunState::Paused, None));
    assert_eq!(stage.app.run.state, RunState::Paused);
    assert_eq!(stage.app.pending, [Command::Save]);
    let file = Ok(PathBuf::from("run/checkpoints/step-000000100.safetensors"));
    let text = stage.report(Report::Saved(Saved { step: 100, reason: Reason::Asked, file })).text(120, 36);
    assert!(text.contains("checkpoint (asked): run/checkpoints/step-000000100.safetensors"), "{text}");
    assert!(stage.app.pending.is_empty());
}

#[test]
fn b_lists_the_checkpoints_and_goes_back_to_one() {
    let mut stage = stage(true);
    stage.press("b");
    assert_eq!(effects(&mut stage), [Effect::List { newest: false }]);
    let items = Ok(vec![item(100, Reason::Alert), item(80, Reason::Due), damaged()]);
    let text = stage.message(Message::Listed { newest: false, items }).text(120, 36);
    for part in ["checkpoints", "80  due", "1:15 ago", "damaged: step-7", "Enter go back to it"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(stage.press("↓↓\n").text(120, 36).contains("is cut short"));
    let text = stage.press("↑\n").text(120, 36);
    assert!(text.contains("Go from step 100 back to step 80, kept 1:15 ago?"), "{text}");
    stage.press("y");
    assert_eq!(effects(&mut stage), [Effect::Load("step-80.safetensors".into())]);
    let checkpoint = Ok(Box::new(of_step(80, Reason::Due)));
    stage.message(Message::Loaded { file: "step-80.safetensors".into(), checkpoint });
    let sent = effects(&mut stage);
    assert!(matches!(&sent[..], [Effect::Send(Command::Restore { checkpoint, .. })] if checkpoint.info.step == 80));
    let settings = Settings { critic_lr: 0.25, ..Settings::of(&ring().config) };
    let restored =
        Restored { from: Some(100), to: 80, source: StateSource::File("step-80.safetensors".into()), settings };
    let text = stage.report(Report::Restored(restored)).text(120, 36);
    assert!(text.contains("step 80 ") && text.contains("went back from step 100"), "{text}");
    let marks: Vec<u64> = stage.app.live.marks.iter().map(|mark| mark.step).collect();
    assert_eq!((stage.app.live.history.steps(), marks), (Some((1, 80)), vec![80]));
    assert!(stage.app.pending.is_empty() && stage.app.run.settings.as_ref().unwrap().critic_lr == 0.25);
    stage.report(Report::Steps(records(81, 90)));
    assert_eq!(stage.app.live.history.steps(), Some((1, 90)));
}

#[test]
fn the_newest_is_one_keypress_away_and_offered_when_a_step_breaks() {
    let mut stage = stage(true);
    let why = Some(PauseReason::NonFinite(None));
    stage.report(Report::State(StateChange { step: 100, state: RunState::Paused, why }));
    let text = stage.app.status.as_ref().unwrap().text.clone();
    assert!(text.contains("b or U goes back to a checkpoint; paused: step 101"), "{text}");
    stage.press("U");
    assert_eq!(effects(&mut stage), [Effect::List { newest: true }]);
    let items = Ok(vec![item(100, Reason::Alert), item(80, Reason::Due)]);
    let text = stage.message(Message::Listed { newest: true, items }).text(120, 36);
    assert!(text.contains("back to step 80"), "{text}");
    assert!(!stage.press("n").text(120, 36).contains("back to step 80"));
    assert_eq!(effects(&mut stage), []);
    let text = stage.message(Message::Listed { newest: true, items: Ok(vec![]) }).text(160, 36);
    assert!(text.contains("there is no checkpoint to go back to yet"), "{text}");
}

#[test]
fn a_run_without_a_directory_says_so() {
    let mut stage = stage(false);
    for key in ["b", "U"] {
        let text = stage.press(key).text(120, 36);
        assert!(text.contains("this run has no directory"), "{text}");
        assert_eq!(effects(&mut stage), []);
    }
}

#[test]
fn u_asks_and_takes_the_last_change_back() {
    let mut stage = stage(false);
    assert!(stage.press("u").text(120, 36).contains("there is no change to take back"));
    stage.report(applied(80, "critic.steps", "5", "3", None));
    stage.report(applied(100, "constraint", "clip 0.1", "clip 0.2", None));
    stage.report(Report::Steps(records(101, 140)));
    let text = stage.press("u").text(120, 36);
    assert!(text.contains("step 100  constraint clip 0.1 → clip 0.2"), "{text}");
    assert!(text.contains("Take it back, and with it steps 101 to 140?"), "{text}");
    stage.press("n");
    assert_eq!(effects(&mut stage), []);
    // By its name it asks too.
    assert!(stage.press(":undo\n").text(80, 24).contains("Take it back"));
    stage.press("\n");
    assert_eq!(effects(&mut stage), [Effect::Send(Command::Undo)]);
    let settings = Settings { critic_lr: 0.25, ..Settings::of(&ring().config) };
    let restored = Restored { from: Some(140), to: 100, source: StateSource::Undo, settings };
    let text = stage.report(Report::Restored(restored)).text(120, 36);
    assert!(text.contains("took back the last change, and the 40 steps since"), "{text}");
    assert_eq!(stage.app.live.history.steps(), Some((1, 100)));
    // It is marked where it happened.
    let marks: Vec<&str> = stage.app.live.marks.iter().filter(|mark| mark.step == 100).map(|m| &*m.text).collect();
    assert!(marks.iter().any(|text| text.starts_with("took back")), "{marks:?}");
    assert!(stage.app.pending.is_empty() && stage.app.run.settings.as_ref().unwrap().critic_lr == 0.25);
    // The one before is next.
    assert!(stage.press("u").text(120, 36).contains("step 80  critic.steps 5 → 3"));
    // Who comes first takes it back; the question goes.
    let settings = Settings::of(&ring().config);
    let restored = Restored { from: Some(100), to: 80, source: StateSource::Undo, settings };
    assert!(!stage.report(Report::Restored(restored)).text(120, 36).contains("Take it back"));
}
