//! A trainer that breaks.

use std::sync::Arc;

use gantop::config::{Architecture, Mlp};
use gantop::domain::SampleShape;
use gantop::link::checkpoint::{self, Reason};
use gantop::link::{self, Change, Command, Player, Report};
use gantop::run::Recorder;
use gantop::train::Setup;

use super::{TINY, metrics, newest, said, text, train};
use crate::program::dashboard::{WIDE, in_terminal, press};
use crate::support::program::gantop;
use crate::support::pty::Pty;
use crate::support::{TEST_TIMEOUT, runs};

#[test]
fn a_trainer_that_breaks_between_two_steps_keeps_its_state_first() {
    if !cfg!(debug_assertions) {
        println!("skipped: a count that overflows breaks nothing without its check");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (old, dir) = (folder.path().join("old"), folder.path().join("new"));
    train(&["ring", "--steps", "5", "--run-dir", old.to_str().unwrap()], &TINY);
    // The step after this one cannot be counted.
    let mut last = newest(&old);
    last.info.step = u64::MAX;
    let config = runs::config("ring", &TINY);
    let (link, end) = link::pair();
    let (recorder, feed) = Recorder::start(&dir, &config, end.reports.clone()).unwrap();
    let trainer = Setup::new(config).unwrap().paused().spawn(end, Some(feed)).unwrap();
    let restore = Command::Restore { checkpoint: Arc::new(last), file: "old".into() };
    for command in [restore, Command::Set(Change::Rate(Player::Critic, 0.25)), Command::Resume] {
        link.commands.send(command).unwrap();
    }
    let (mut why, mut saved) = (None, Vec::new());
    while why.is_none() || saved.len() < 2 {
        match link.reports.recv_timeout(TEST_TIMEOUT).expect("a last word and two checkpoints") {
            Report::Failed(text) => why = Some(text),
            Report::Saved(kept) => saved.push(kept.reason),
            _ => {}
        }
    }
    trainer.join().unwrap();
    recorder.finish().unwrap();
    assert!(why.unwrap().starts_with("the trainer broke: "));
    assert_eq!(saved, [Reason::Branch, Reason::End]);
    // As it stood when it broke, with what had been changed.
    assert_eq!(newest(&dir).info.settings.critic_lr, 0.25);
}

#[test]
fn the_largest_size_of_a_file_is_a_full_disk() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let sets = TINY.iter().chain(&["record.tensorboard=false", "record.every=1"]).flat_map(|set| ["--set", set]);
    let limited = "ulimit -f 40; exec \"$0\" \"$@\"";
    let mut command = std::process::Command::new("sh");
    command.args(["-c", limited, env!("CARGO_BIN_EXE_gantop"), "train", "--headless", "--steps", "400"]);
    command.args(["--run-dir", text(&run)]).args(sets).env("XDG_CONFIG_HOME", crate::support::program::NOBODY);
    let (code, _, err) = said(command);
    assert_eq!(code, 1, "{err}");
    assert!(err.contains("rows of metrics.csv are missing") && err.contains("File too large"), "{err}");
    let summary = gantop::run::summary::Summary::read(&run).unwrap().unwrap();
    assert_eq!((summary.steps, summary.rows + summary.missing_rows), (400, 400));
    assert!(summary.missing_rows > 0);
    assert_eq!(metrics(&run).len() as u64, summary.rows + 1);
}

/// The same perceptron with other hidden layers.
fn perceptron(like: &Architecture, hidden: &[usize]) -> Architecture {
    Architecture::Mlp(Mlp { hidden: hidden.to_vec(), ..like.mlp().expect("a perceptron").clone() })
}

#[test]
fn no_memory_is_asked_for_what_a_checkpoint_cannot_hold() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    train(&["ring", "--steps", "5", "--run-dir", text(&run)], &TINY);
    // As damage to a few digits makes it: 16 GiB of weights, 200 GiB, and the most that there can be.
    let whole = newest(&run);
    let mut wide = whole.clone();
    wide.info.config.generator.architecture = perceptron(&wide.info.config.generator.architecture, &[65_536; 2]);
    let mut many = whole.clone();
    many.info.config.critic.architecture = perceptron(&many.info.config.critic.architecture, &[30_000; 60]);
    let mut large = whole;
    large.info.shape =
        SampleShape::Image { width: 65_536, height: 65_536, channels: 3, range: gantop::domain::PixelRange::Signed };
    let out = folder.path().join("out.npy");
    for (ordinal, (damaged, what)) in [(wide, "generator"), (many, "critic"), (large, "generator")].iter().enumerate() {
        let file = run.join(format!("checkpoints/step-00000009{ordinal}.safetensors"));
        checkpoint::write(damaged, 90 + ordinal as u64, 5, &file).unwrap();
        let (code, _, err) = said(gantop(&["train", "--headless", "--resume", text(&run), "--steps", "9"]));
        assert_eq!((code, err.contains(&format!("a {what} of"))), (2, true), "{err}");
        let (code, _, err) = said(gantop(&["export", text(&run), "--samples", "4", "--out", text(&out)]));
        let why = ["does not fit its config", "at most 0"][usize::from(damaged.info.shape.len() > 2)];
        assert_eq!((code, err.contains(why)), (2, true), "{err}");
    }
    let command = portable_pty::CommandBuilder::new(env!("CARGO_BIN_EXE_gantop"));
    let Some(mut pty) = Pty::start(in_terminal(command, &["view", text(&run)]), WIDE) else { return };
    pty.wait_for_text("no samples");
    press(&mut pty, "q");
    assert_eq!(pty.end().exit_code(), 0);
    pty.assert_restored();
}

#[test]
fn a_checkpoint_that_plays_for_what_gantop_has_not_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    train(&["ring", "--steps", "5", "--run-dir", text(&run)], &TINY);
    let mut foreign = newest(&run);
    foreign.info.settings.objective.kind = "mine".to_owned();
    checkpoint::write(&foreign, 90, 5, &run.join("checkpoints/step-000000090.safetensors")).unwrap();
    let (code, _, err) = said(gantop(&["train", "--headless", "--resume", text(&run), "--steps", "9"]));
    assert_eq!((code, err.contains("`objective.kind` is \"mine\": must be one of")), (0, true), "{err}");
}
