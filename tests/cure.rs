//! A swap to WGAN in the middle of a run: what it brings along, and that it helps a run that has lost modes.

use gantop::config::Constraint;
use gantop::config::live::Assignments;
use gantop::domain::{Metric, ObjectiveChoice};
use gantop::link::{Change, Command, Player, swap};
use gantop::truth;

use crate::support::run::Run;

fn wgan() -> ObjectiveChoice {
    ObjectiveChoice { kind: "wgan".into(), ..ObjectiveChoice::default() }
}

/// Swaps to WGAN as the popup does, with what its critic needs, and waits until that is done.
fn cure(run: &mut Run) {
    let command = swap::command(wgan(), swap::needs(&run.settled(), &wgan(), true));
    let Command::Assign(set) = &command else { panic!("{command:?}") };
    let (changes, before) = (Change::of_keys(&run.settled(), set).len(), run.applied.len());
    run.send(command);
    run.wait(|run| run.applied.len() == before + changes);
}

#[test]
fn a_swap_to_wgan_is_one_change_and_its_critic_learns() {
    let mut run = Run::start(&["ring-gan", "threads=1", "batch_size=32"]);
    run.advance(60);
    let (before, weights) = (run.settled(), run.weights());
    cure(&mut run);
    let now = run.settled();
    assert_eq!((now.objective.kind.as_str(), now.critic_steps), ("wgan", 5));
    assert_eq!((now.critic_beta1, now.generator_beta1), (Some(0.0), Some(0.0)));
    assert!(matches!(now.constraint, Constraint::GradientPenalty { .. }), "{now:?}");
    let after = run.weights();
    assert_eq!(after.generator, weights.generator);
    assert!(after.critic.iter().zip(&weights.critic).all(|(fresh, old)| fresh.histogram != old.histogram));
    run.advance(20);
    let last = run.records.last().unwrap();
    assert!(last.values[Metric::CriticGradNorm] > 0.0 && last.values[Metric::GeneratorGradNorm] > 0.0, "{last:?}");
    // The learning rates are on their way down from eight times what they were.
    assert!(now.is_moving(last.step) && now.critic_lr == 8.0 * before.critic_lr, "{now:?}");
    assert!(last.values[Metric::CriticLr] < now.critic_lr as f32, "{last:?}");
    // One undo takes all of it back.
    run.send(Command::Undo);
    run.wait(|run| !run.restored.is_empty());
    assert_eq!((run.settled(), run.weights()), (before, weights));
}

#[test]
fn a_fresh_critic_is_within_the_clip_range_and_another_at_each_step() {
    let mut run = Run::start(&["ring-gan", "threads=1", "batch_size=32"]);
    let fresh = |run: &mut Run| {
        run.set(Change::FreshCritic).unwrap();
        run.weights().critic
    };
    let first = fresh(&mut run);
    run.advance(3);
    let second = fresh(&mut run);
    assert_ne!(first, second);
    assert_eq!(fresh(&mut run), second);
    let keys = ["constraint.clip=0.05".to_owned(), "critic.weights=fresh".to_owned()];
    run.send(Command::Assign(Assignments::parse(&keys).unwrap()));
    let before = run.applied.len();
    run.wait(|run| run.applied.len() == before + 2);
    for layer in run.weights().critic {
        assert!(layer.histogram.low >= -0.05 && layer.histogram.high <= 0.05, "{layer:?}");
    }
}

#[test]
fn an_optimiser_without_beta1_says_so() {
    let mut run = Run::start(&["ring", "threads=1"]);
    let refused = run.set(Change::Beta1(Player::Critic, 0.0)).unwrap_err();
    assert!(refused.why.contains("the critic's optimiser is not adam"), "{refused:?}");
}

/// What docs/cure.md says of ring-gan, over five seeds. Some minutes in a release build:
/// `cargo test --release --test gantop -- --ignored --nocapture cure`.
#[test]
#[ignore = "some minutes of training in a release build"]
fn a_ring_that_has_lost_modes_has_them_back_after_a_swap_to_wgan() {
    for seed in 1..=5 {
        let mut run = Run::start(&["ring-gan", "threads=1", &format!("seed={seed}"), "steps=0"]);
        run.advance(3000);
        let found = |run: &mut Run| {
            let modes = run.info().modes.clone();
            let coverage = truth::covered(&run.snapshot(2500), &modes).unwrap().coverage;
            (coverage.covered, coverage.good_share)
        };
        let before = found(&mut run);
        cure(&mut run);
        let mut last = before;
        for thousand in 1..=10 {
            run.advance(1000);
            last = found(&mut run);
            let (modes, good) = last;
            eprintln!("seed {seed}: {before:?} before, after {thousand},000 steps {modes} modes, {good:.3} good");
        }
        assert!(last.0 >= 7 && last.1 >= 0.8, "seed {seed}: {last:?}");
    }
}
