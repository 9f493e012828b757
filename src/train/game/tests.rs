//! What a game keeps to, whatever does its updates.

use super::*;

fn config(sets: &[&str]) -> Config {
    let small = ["threads=1", "batch_size=32", "generator.hidden=[16]", "critic={hidden=[16], steps=3}"];
    config::load(None, &[&small[..], sets].concat().iter().map(|set| set.to_string()).collect::<Vec<_>>()).unwrap()
}

#[test]
fn only_another_clip_range_touches_the_weights() {
    let config = config(&["constraint={kind='clip', clip=0.01}"]);
    let source = Source::open(&config.data).unwrap();
    let mut game = Game::new(&config, &source, Device::Cpu, Guard::Immediate);
    let initial = game.critic().params.flat().copy();
    game.set(Settings { critic_lr: 1e-3, ..game.settings().clone() });
    assert_eq!(game.critic().params.flat(), &initial);
    game.set(Settings { constraint: Constraint::Clip { clip: 0.02 }, ..game.settings().clone() });
    assert_eq!(game.critic().params.flat(), &initial.clamp(-0.02, 0.02));
}

#[test]
fn a_step_refused_half_way_counts_the_updates_before() {
    for constraint in Constraint::ALL.into_iter().filter(|constraint| constraint.clip().is_none()) {
        refused_half_way(constraint);
    }
}

fn refused_half_way(constraint: Constraint) {
    let constraint = format!("constraint.kind='{}'", constraint.kind());
    let config =
        config(&["objective={kind='pearson', head='paper'}", &constraint, "optimizer.critic={kind='sgd', lr=1e3}"]);
    let source = Source::open(&config.data).unwrap();
    // On tensors both: the host looks at its numbers at once, and rounds otherwise.
    let game = |deferred| Game::new(&config, &source, Device::Cpu, Guard::new(Device::Cpu, deferred)).with_workers(0);
    let (mut immediate, mut deferred) = (game(false), game(true));
    for step in 1..100 {
        let before = deferred.mark();
        let measured = deferred.step(step).unwrap();
        let passed = measured.passed() as u64;
        if immediate.step(step).is_ok() {
            assert_eq!(passed, 4);
            continue;
        }
        deferred.rewind(before, passed);
        assert_eq!(deferred.mark(), immediate.mark());
        assert!((1..=3).contains(&passed), "step {step} failed at its first update: the test sees nothing");
        assert_eq!(deferred.critic().params.flat(), immediate.critic().params.flat());
        let vectors = |game: &Game<'_>| game.critic().spectral.as_ref().map(|kept| kept.vectors().copy());
        assert_eq!(vectors(&deferred), vectors(&immediate));
        return;
    }
    panic!("nothing broke");
}
