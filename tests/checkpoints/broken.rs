//! A trainer that breaks.

use std::sync::Arc;

use gantop::checkpoint::Reason;
use gantop::link::{self, Change, Command, Player, Report};
use gantop::run::Recorder;
use gantop::train::Setup;

use super::{TINY, newest, train};
use crate::support::PATIENCE;
use crate::support::runs;

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
        match link.reports.recv_timeout(PATIENCE).expect("a last word and two checkpoints") {
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
