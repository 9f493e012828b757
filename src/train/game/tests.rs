//! The properties of a game, whatever does its updates.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::link::Player;
use crate::link::checkpoint::{Checkpoint, CheckpointInfo, Reason};
use crate::train::guard::Quantity;

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
        let before = deferred.updates();
        let measured = deferred.step(step).unwrap();
        let passed = measured.passed() as u64;
        if immediate.step(step).is_ok() {
            assert_eq!(passed, 4);
            continue;
        }
        deferred.rewind(before, passed, 3);
        assert_eq!(deferred.updates(), immediate.updates());
        assert!((1..=3).contains(&passed), "step {step} failed at its first update: the test sees nothing");
        assert_eq!(deferred.critic().params.flat(), immediate.critic().params.flat());
        let vectors = |game: &Game<'_>| game.critic().spectral.as_ref().map(|kept| kept.vectors().copy());
        assert_eq!(vectors(&deferred), vectors(&immediate));
        return;
    }
    panic!("nothing broke");
}

#[test]
fn a_game_on_the_host_and_one_on_tensors_go_the_same_way_through_every_change() {
    let config = config(&["constraint={kind='clip', clip=0.1}", "batch_size=130"]);
    let source = Source::open(&config.data).unwrap();
    let course = |workers: usize| {
        let mut game = Game::new(&config, &source, Device::Cpu, Guard::Immediate).with_workers(workers);
        let mut seen = Vec::new();
        let mut step = 0;
        let mut go = |game: &mut Game<'_>, steps: u64| {
            for _ in 0..steps {
                step += 1;
                let _ = game.step(step).unwrap();
            }
            let numbers = [game.generator().params.flat(), game.critic().params.flat()];
            seen.push((game.engine(), Tensor::cat(&numbers, 0), game.tensors()));
        };
        go(&mut game, 2);
        for constraint in [
            Constraint::None,
            Constraint::GradientPenalty { lambda: 1.0 },
            Constraint::R1 { gamma: 2.0 },
            Constraint::SpectralNorm,
            Constraint::Clip { clip: 0.05 },
        ] {
            game.set(Settings { constraint, ..game.settings().clone() });
            go(&mut game, 2);
        }
        game.set(Settings { critic_lr: 1e-4, ..game.settings().clone() });
        game.set(Settings {
            objective: crate::domain::ObjectiveChoice { kind: "gan".into(), ..config.objective.clone() },
            ..game.settings().clone()
        });
        go(&mut game, 2);
        seen
    };
    let (tensors, one, three) = (course(0), course(1), course(3));
    let engines: Vec<EngineChoice> = one.iter().map(|(engine, ..)| *engine).collect();
    use EngineChoice::{Autograd, Explicit};
    assert_eq!(engines, [Explicit, Explicit, Explicit, Explicit, Autograd, Explicit, Explicit]);
    for ((a, b), c) in tensors.iter().zip(&one).zip(&three) {
        let apart = (&a.1 - &b.1).abs().mean(None).double_value(&[]);
        assert!(apart < 1e-5, "{apart} apart");
        assert!(b.1 == c.1 && b.2 == c.2, "another number of workers came out otherwise");
    }
}

#[test]
fn a_game_on_the_host_goes_on_from_a_checkpoint_as_if_nothing_had_been() {
    let config = config(&["optimizer={generator={kind='adam'}, critic={kind='adam'}}"]);
    let source = Source::open(&config.data).unwrap();
    let mut game = Game::new(&config, &source, Device::Cpu, Guard::Immediate);
    let go = |game: &mut Game<'_>, steps: std::ops::RangeInclusive<u64>| {
        steps.for_each(|step| drop(game.step(step).unwrap()));
    };
    go(&mut game, 1..=3);
    let updates = game.updates();
    let checkpoint = Checkpoint {
        info: CheckpointInfo {
            step: 3,
            seconds: 0.0,
            reason: Reason::Asked,
            config: config.clone(),
            settings: game.settings().clone(),
            shape: source.shape(),
            metrics: None,
            generator_updates: updates.generator,
            critic_updates: updates.critic,
            scheduled: 0,
        },
        tensors: game.tensors(),
    };
    go(&mut game, 4..=6);
    let after = game.tensors();
    game.restore(&checkpoint).unwrap();
    go(&mut game, 4..=6);
    assert!(game.tensors() == after);
}

#[test]
fn the_average_follows_every_step_by_its_formula_whatever_updates_the_weights() {
    for (engine, workers, deferred) in [("autograd", 0, false), ("explicit", 1, false), ("explicit", 0, true)] {
        let config = config(&["generator.ema=64", &format!("engine='{engine}'")]);
        let source = Source::open(&config.data).unwrap();
        let guard = Guard::new(Device::Cpu, deferred);
        let mut game = Game::new(&config, &source, Device::Cpu, guard).with_workers(workers);
        let weights = |network: &Network| Vec::<f32>::try_from(network.params.flat()).unwrap();
        let mut expected = vec![0.0; game.generator().params.len()];
        for step in 1..=60 {
            let half_life = if step > 50 { 20.0 } else { 64.0 };
            game.set(Settings { ema: Some(half_life), ..game.settings().clone() });
            let _ = game.step(step).unwrap();
            let seen = 32.0 * (step - 1) as f64;
            let kept = if seen == 0.0 { 0.0 } else { 0.5f64.powf(32.0 / (0.05 * seen).min(half_life)) };
            for (average, weight) in expected.iter_mut().zip(weights(game.generator())) {
                *average = kept * *average + (1.0 - kept) * f64::from(weight);
            }
        }
        assert_eq!(game.engine().name(), engine);
        let found = weights(game.averaged().unwrap());
        assert!(found.iter().zip(&expected).all(|(a, b)| (f64::from(*a) - b).abs() < 1e-5 * (1.0 + b.abs())));
        assert_ne!(found, weights(game.generator()));
        let named = game.tensors();
        let count = |player: &str| named.iter().filter(|tensor| tensor.name.starts_with(player)).count();
        assert_eq!(count("ema."), count("generator."));
    }
}

#[test]
fn an_update_that_was_not_made_leaves_the_average() {
    let config = config(&[
        "generator.ema=100",
        "objective={kind='pearson', head='paper'}",
        "constraint.kind='none'",
        "optimizer.critic={kind='sgd', lr=1e3}",
    ]);
    let source = Source::open(&config.data).unwrap();
    let game = |deferred| Game::new(&config, &source, Device::Cpu, Guard::new(Device::Cpu, deferred)).with_workers(0);
    let (mut immediate, mut deferred) = (game(false), game(true));
    let average = |game: &Game<'_>| game.averaged().unwrap().params.flat().copy();
    for step in 1..100 {
        let before = average(&immediate);
        let failed = immediate.step(step).is_err();
        let _ = deferred.step(step).unwrap();
        assert_eq!(average(&deferred), average(&immediate));
        if failed {
            assert_eq!(average(&immediate), before);
            return;
        }
    }
    panic!("nothing broke");
}

#[test]
fn a_batch_in_parts_makes_the_same_step_to_rounding_by_every_backend() {
    let sgd = "optimizer={critic={kind='sgd', lr=0.1}, generator={kind='sgd', lr=0.1}}";
    let penalty = "constraint={kind='gradient-penalty', lambda=2}";
    for (engine, workers, deferred) in GAMES {
        for (update, constraint) in [("alternating", penalty), ("simultaneous", "constraint.kind='none'")] {
            let step = |more: &[&str]| {
                let sets = [&format!("engine='{engine}'"), &format!("update='{update}'"), constraint, sgd];
                let config = config(&[&sets[..], &["generator.steps=2"], more].concat());
                let source = Source::open(&config.data).unwrap();
                let guard = Guard::new(Device::Cpu, deferred);
                let mut game = Game::new(&config, &source, Device::Cpu, guard).with_workers(workers);
                let before = game.critic().params.flat().copy();
                let figures = [1, 2].map(|step| game.step(step).unwrap().row());
                let weights = [game.generator(), game.critic()].map(|network| network.params.flat().copy());
                let moved = (&weights[1] - before).abs().max().double_value(&[]);
                assert_eq!(game.engine().name(), engine);
                (weights, moved, figures)
            };
            let (whole, moved, figures) = step(&[]);
            let (parts, _, of_parts) = step(&["micro_batch=8"]);
            let what = format!("{engine}, {workers} workers, deferred: {deferred}, {update}");
            for (a, b) in whole.iter().zip(&parts) {
                let apart = (a - b).abs().max().double_value(&[]);
                assert!(apart < 1e-6 && moved > 1e-3, "{what}: {apart} apart, {moved} moved");
            }
            for (a, b) in figures.iter().flatten().zip(of_parts.iter().flatten()) {
                assert!((a - b).abs() < 1e-5 * (1.0 + b.abs()), "{what}: {figures:?} {of_parts:?}");
            }
        }
    }
}

#[test]
fn a_critic_of_packs_has_a_score_a_pack_and_none_of_a_point_alone() {
    let config = config(&["critic={hidden=[16], pack=4}", "constraint={kind='gradient-penalty', lambda=1}"]);
    let source = Source::open(&config.data).unwrap();
    let mut game = Game::new(&config, &source, Device::Cpu, Guard::Immediate).with_workers(1);
    for step in 1..=3 {
        let _ = game.step(step).unwrap();
    }
    assert_eq!(game.engine(), EngineChoice::Autograd);
    let snapshot = crate::train::snapshot::take(&game, 1, 3, 10, true).unwrap();
    let counted: u32 = snapshot.critic.real.iter().sum();
    assert_eq!((counted, snapshot.fake.len()), (2, 20));
    assert!(snapshot.bound.is_finite() && snapshot.slope.is_none());
    assert!(snapshot.field.is_none() && snapshot.wide.is_none());
    let explicit = Config { engine: EngineChoice::Explicit, ..config };
    let refused = explicit.engine_under(&Constraint::None).unwrap_err().to_string();
    assert!(refused.contains("critic.pack"), "{refused}");
}

/// A reduction that does something else to a player's gradient than leaving it, and counts how often it is asked.
struct Tamper {
    player: Player,
    factor: f32,
    seen: Arc<AtomicUsize>,
}

impl Tamper {
    /// The factor of this player's gradient.
    fn factor(&self, player: Player) -> f32 {
        self.seen.fetch_add(1, Ordering::Relaxed);
        if player == self.player { self.factor } else { 1.0 }
    }
}

impl Reduce for Tamper {
    fn numbers(&mut self, player: Player, gradient: &mut [f32], figures: &mut dyn Iterator<Item = &mut f32>) {
        let factor = self.factor(player);
        gradient.iter_mut().for_each(|number| *number *= factor);
        assert!(figures.count() >= if player == Player::Critic { 3 } else { 1 });
    }

    fn tensors(&mut self, player: Player, gradient: &mut Tensor, figures: &mut dyn Iterator<Item = &mut Tensor>) {
        let _ = gradient.g_mul_scalar_(f64::from(self.factor(player)));
        assert!(figures.count() >= if player == Player::Critic { 3 } else { 1 });
    }
}

/// Games by every backend, under the guard that looks at once and, on tensors, under the one that does not.
const GAMES: [(&str, usize, bool); 5] = [
    ("explicit", 1, false),
    ("explicit", 0, false),
    ("explicit", 0, true),
    ("autograd", 0, false),
    ("autograd", 0, true),
];

#[test]
fn every_update_is_judged_by_what_its_gradient_is_reduced_to() {
    for (engine, workers, deferred) in GAMES {
        for update in ["alternating", "simultaneous"] {
            let sets = [&format!("engine='{engine}'"), &format!("update='{update}'"), "constraint.kind='none'"];
            let config = config(&sets);
            let source = Source::open(&config.data).unwrap();
            let guard = Guard::new(Device::Cpu, deferred);
            let mut game = Game::new(&config, &source, Device::Cpu, guard).with_workers(workers);
            let seen = Arc::new(AtomicUsize::new(0));
            game.reduce = Box::new(Tamper { player: Player::Generator, factor: f32::NAN, seen: seen.clone() });
            let weights = |game: &Game<'_>| [game.generator().params.flat().copy(), game.critic().params.flat().copy()];
            let [generator, critic] = weights(&game);
            let what = format!("{engine}, {workers} workers, deferred: {deferred}, {update}");
            match game.step(1) {
                Err(Setback::Data(error)) => panic!("{error}"),
                Err(Setback::NonFinite(number)) => {
                    assert!(!deferred, "{what}");
                    assert_eq!((number.player, number.quantity), (Player::Generator, Quantity::Gradient), "{what}");
                }
                Ok(measured) => assert_eq!((deferred, measured.passed()), (true, 3.0), "{what}"),
            }
            assert_eq!(seen.load(Ordering::Relaxed), 4, "{what}: three critic updates and one of the generator");
            assert_eq!(weights(&game)[0], generator, "{what}");
            assert_ne!(weights(&game)[1], critic, "{what}");
        }
    }
}

#[test]
fn what_a_gradient_is_reduced_to_is_what_an_update_follows() {
    for (engine, workers, deferred) in GAMES {
        let sgd = "optimizer={critic={kind='sgd', lr=0.5}, generator={kind='sgd', lr=0.5}}";
        let config = config(&[&format!("engine='{engine}'"), "constraint.kind='none'", sgd]);
        let source = Source::open(&config.data).unwrap();
        let guard = || Guard::new(Device::Cpu, deferred);
        let moved = |factor: f32| {
            let mut game = Game::new(&config, &source, Device::Cpu, guard()).with_workers(workers);
            let seen = Arc::new(AtomicUsize::new(0));
            game.reduce = Box::new(Tamper { player: Player::Generator, factor, seen });
            let before = game.generator().params.flat().copy();
            let _ = game.step(1).unwrap();
            game.generator().params.flat() - before
        };
        let (whole, half, none) = (moved(1.0), moved(0.5), moved(0.0));
        let what = format!("{engine}, {workers} workers, deferred: {deferred}");
        let length = |tensor: &Tensor| tensor.norm().double_value(&[]);
        assert!(length(&whole) > 1e-4 && length(&none) == 0.0, "{what}");
        assert!(length(&(whole.shallow_clone() - half * 2.0)) < 1e-5 * length(&whole).max(1.0), "{what}");
    }
}
