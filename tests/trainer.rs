//! The trainer through its channels: what is acknowledged where, what is recorded, what repeats to the bit, and whether
//! training finds what the mathematics says.

use gantop::config::Constraint;
use gantop::domain::{Metric, ObjectiveChoice, StepRecord};
use gantop::link::{Change, Command, LayerWeights, Player, Report, RunState, SnapshotRequest};
use gantop::theory::distance::modes::coverage;

use crate::support::run::{Bits, Run, difference, values};

fn objective(kind: &str) -> Change {
    Change::Objective(ObjectiveChoice { kind: kind.into(), ..ObjectiveChoice::default() })
}

/// A ring small enough that a step takes about a millisecond.
const SMALL: [&str; 5] = [
    "threads=1",
    "batch_size=32",
    "generator.hidden=[16]",
    "critic.hidden=[16]",
    "optimizer.critic={kind=\"adam\", lr=1e-3}",
];

fn small(sets: &[&str]) -> Run {
    Run::start(&[&SMALL[..], sets].concat())
}

#[test]
fn every_step_is_recorded_once_and_in_order() {
    let mut run = small(&["steps=700"]);
    let summary = run.go_to_the_end();
    let steps: Vec<u64> = run.records.iter().map(|record| record.step).collect();
    assert_eq!(steps, (1..=700).collect::<Vec<_>>());
    assert!(run.records.windows(2).all(|pair| pair[0].seconds <= pair[1].seconds));
    assert_eq!((summary.steps, summary.stopped), (700, false));
    assert_eq!(summary.metrics, Some(run.records[699].values.clone()));
}

#[test]
fn swapping_objectives_and_clips_in_one_run_keeps_every_number_finite() {
    let mut run = small(&["objective.kind='gan'", "constraint.kind='none'", "steps=0"]);
    let mut applied_at = Vec::new();
    for kind in ["wgan", "kl", "gan", "reverse-kl", "pearson", "hellinger", "js", "wgan", "gan"] {
        for clip in [0.1, 0.02] {
            run.advance(20);
            let applied = run.set(Change::Constraint(Constraint::Clip { clip })).expect("a clip range");
            assert_eq!(applied.step, run.step());
            assert_eq!(applied.new, format!("clip {clip}"));
        }
        run.advance(20);
        let applied = run.set(objective(kind)).expect("an objective");
        assert_eq!((applied.what.as_ref(), applied.new.as_str(), applied.step), ("objective.kind", kind, run.step()));
        assert!(applied.note.expect("what happens to the moments").contains("moments restart"));
        assert_eq!(applied.settings.objective.kind, kind);
        applied_at.push(applied.step);
    }
    run.advance(20);
    assert_eq!(applied_at, (1..=9).map(|i| 60 * i).collect::<Vec<_>>());
    assert_eq!(run.records.len(), 560);
    for record in &run.records {
        assert!(record.values.own.0.iter().all(|value| value.is_finite()), "{record:?}");
    }
}

/// A run of 120 steps with a change after 40 and one after 80; with a glance at it every few steps, or none.
fn steered(glances: bool) -> Bits {
    let mut run = small(&["steps=120"]);
    for change in [objective("kl"), Change::Rate(Player::Critic, 2e-3)] {
        for _ in 0..if glances { 8 } else { 1 } {
            run.advance(if glances { 5 } else { 40 });
            if glances {
                run.snapshot(300);
                run.snapshot(77);
                run.weights();
            }
        }
        run.set(change).expect("possible");
    }
    run.go_to_the_end();
    values(&run.records)
}

#[test]
fn watching_changes_nothing() {
    let unwatched = steered(false);
    assert_eq!(unwatched.len(), 120);
    assert_eq!(difference(&unwatched, &steered(true)), None);
}

#[test]
fn the_weights_layer_by_layer() {
    let mut run = small(&["steps=0", "constraint={kind=\"clip\", clip=0.05}", "data.kind='ring'"]);
    run.advance(30);
    let weights = run.weights();
    let networks = [(&weights.critic, run.info().critic_weights), (&weights.generator, run.info().generator_weights)];
    for (layers, whole) in networks {
        assert_eq!(layers.iter().map(|layer| layer.weights).sum::<usize>(), whole);
        for layer in layers {
            assert_eq!(layer.histogram.counts.iter().sum::<u32>() as usize, layer.weights, "{}", layer.name);
            assert!(layer.norm.is_none_or(|norm| norm > 0.0 && norm.is_finite()), "{layer:?}");
        }
    }
    assert!(weights.critic.iter().all(|layer| layer.histogram.low >= -0.0501 && layer.histogram.high <= 0.0501));
    // Together the layers have the share at the clip range that the record of the last step has.
    let at = |layer: &LayerWeights| layer.share_at_clip.unwrap() * layer.weights as f32;
    let share = weights.critic.iter().map(at).sum::<f32>() / run.info().critic_weights as f32;
    let recorded = run.records.last().unwrap().values[Metric::ClipShare];
    assert!((share - recorded).abs() < 1e-3, "{share} {recorded}");
    assert!(weights.generator.iter().all(|layer| layer.share_at_clip.is_none()));
    run.set(Change::Constraint(Constraint::None)).expect("possible");
    assert!(run.weights().critic.iter().all(|layer| layer.share_at_clip.is_none()));
}

#[test]
fn another_seed_is_another_run() {
    let of = |seed: &str| {
        let mut run = small(&["steps=20", seed]);
        run.go_to_the_end();
        values(&run.records)
    };
    assert_eq!(difference(&of("seed=3"), &of("seed=3")), None);
    assert_eq!(difference(&of("seed=3"), &of("seed=4")), Some(1));
}

#[test]
fn a_thread_count_chosen_by_measurement_does_not_change_the_run() {
    let of = |threads: &str| {
        let mut run = small(&["steps=30", threads]);
        run.go_to_the_end();
        values(&run.records)
    };
    assert_eq!(difference(&of("threads=0"), &of("threads=1")), None);
}

#[test]
fn advancing_does_so_many_steps_and_pauses() {
    let mut run = small(&["steps=0"]);
    run.advance(3);
    assert_eq!((run.step(), run.state), (3, RunState::Paused));
    run.send(Command::Advance(2));
    run.send(Command::Advance(4));
    run.wait(|run| run.step() == 9 && run.state == RunState::Paused);
    run.resume();
    run.wait(|run| run.step() > 30);
    run.send(Command::Pause);
    run.wait(|run| run.state == RunState::Paused);
    let (step, first) = (run.step(), run.snapshot(10));
    assert_eq!((first.step, run.snapshot(10)), (step, first), "nothing moves while paused");
}

#[test]
fn the_last_step_ends_the_run_even_when_it_was_stepped_to() {
    let mut run = small(&["steps=4"]);
    run.send(Command::Advance(4));
    let summary = run.listen_to_the_end();
    assert_eq!((summary.steps, summary.stopped), (4, false));
}

#[test]
fn stopping_ends_the_run_with_a_summary_even_while_paused() {
    let mut run = small(&["steps=0"]);
    run.advance(5);
    run.send(Command::Stop);
    let summary = run.listen_to_the_end();
    assert_eq!((summary.steps, summary.stopped), (5, true));
    assert_eq!(run.snapshots.last().expect("the last look").step, 5);
}

#[test]
fn a_change_that_comes_too_late_is_told_so() {
    let mut run = small(&["steps=0", "critic.steps=500"]);
    run.resume();
    // Both wait when the step is done.
    run.send(Command::Stop);
    let rejected = run.set(Change::CriticSteps(3)).expect_err("the run has ended");
    assert!(rejected.why.contains("ended"), "{rejected:?}");
}

#[test]
fn a_change_of_the_critics_updates_in_the_warm_up_says_from_when_on() {
    let mut run = small(&["steps=0", "critic.warmup_steps=3", "critic.warmup_updates=2"]);
    run.advance(1);
    let applied = run.set(Change::CriticSteps(7)).expect("possible");
    assert_eq!(applied.note.as_deref(), Some("from step 4 on, after the warm-up"));
    run.advance(2);
    assert_eq!(run.set(Change::CriticSteps(3)).expect("possible").note, None);
}

#[test]
fn a_critic_with_batch_norm_is_the_same_in_updates_records_and_snapshots() {
    // Weights that do not move; batches so large that a mean over one is nearly that over another.
    let still = ["optimizer.critic={kind='sgd', lr=1e-12}", "optimizer.generator={kind='sgd', lr=1e-12}"];
    let net = ["critic={hidden=[16], steps=1, norm='batch'}", "generator.hidden=[16]", "constraint.kind='none'"];
    let bounds = ["apart", "together"].map(|batches| {
        let batches = format!("critic.batches='{batches}'");
        let data = "data={kind='mixture', components=[{weight=1.0, mean=[5.0, 0.0], std=0.5}]}";
        let sets = [&["threads=1", "steps=0", "batch_size=4096", data, &batches][..], &net, &still].concat();
        let mut run = Run::start(&sets);
        run.advance(2);
        let record = run.records.last().unwrap().values.clone();
        let snapshot = run.snapshot(16);
        assert_eq!(snapshot.real.len(), 32, "what passes besides is not shown");
        let snapshot = run.snapshot(4096);
        let snapshot = [snapshot.bound, snapshot.scores[1]];
        // The generator's loss is minus the mean score of what it makes, as its own update sees it.
        for (found, wanted) in snapshot.into_iter().zip([record[Metric::Bound], -record[Metric::GeneratorLoss]]) {
            assert!((found - wanted).abs() < 0.02, "{batches}: {found}, not {wanted}");
        }
        snapshot[0]
    });
    // The data lie far from what the generator makes at first: one batch of both tells them apart, two do less.
    assert!((bounds[0] - bounds[1]).abs() > 0.06, "{bounds:?}");
}

#[test]
fn a_wide_field_is_the_critic_where_the_data_and_the_generator_have_mass() {
    let mut run = Run::start(&["two-gaussians", "threads=1", "batch_size=16", "critic.hidden=[8]"]);
    run.advance(3);
    let snapshot = run.snapshot(50);
    let (near, wide) = (snapshot.field.unwrap(), snapshot.wide.unwrap());
    assert!(wide.low[0] < near.low[0] && wide.high[0] > near.high[0], "{near:?} {wide:?}");
    // The same function where both know it, but for what lies between points.
    let at = |field: &gantop::link::Field, x: f32| {
        let scaled = (x - field.low[0]) / (field.high[0] - field.low[0]) * (field.columns - 1) as f32;
        let i = (scaled as usize).min(field.columns - 2);
        field.scores[i] + (field.scores[i + 1] - field.scores[i]) * (scaled - i as f32)
    };
    for share in [0.1, 0.4, 0.7] {
        let x = near.low[0] + share * (near.high[0] - near.low[0]);
        let (a, b) = (at(&near, x), at(&wide, x));
        assert!((a - b).abs() < 0.02 * (1.0 + a.abs()), "{x}: {a} {b}");
    }
}

#[test]
fn a_run_that_nobody_can_command_any_more_ends() {
    small(&["steps=0"]).abandon();
    let mut run = small(&["steps=0"]);
    run.resume();
    run.abandon();
}

#[test]
fn an_impossible_command_is_rejected_and_changes_nothing() {
    let mut run = small(&["steps=0", "objective.kind='gan'", "constraint.kind='none'"]);
    run.advance(2);
    let before = run.info().settings.clone();
    for (change, why) in [
        (Change::ScaleConstraint(2.0), "nothing constrains"),
        (Change::Constraint(Constraint::Clip { clip: 0.0 }), "not between"),
        (Change::Rate(Player::Generator, -1.0), "not between"),
        (Change::CriticSteps(0), "not between"),
        (objective("wgn"), "there is no"),
        (objective("gan"), "already"),
    ] {
        let rejected = run.set(change).expect_err("impossible");
        assert_eq!(rejected.step, 2);
        assert!(rejected.why.contains(why), "{rejected:?}");
    }
    let applied = run.set(Change::CriticSteps(7)).expect("possible");
    let mut expected = before;
    expected.critic_steps = 7;
    assert_eq!(applied.settings, expected);
}

#[test]
fn a_non_finite_loss_pauses_the_run_at_its_step_and_can_be_mended() {
    let mut run = small(&[
        "steps=0",
        "objective={kind=\"pearson\", head=\"paper\"}",
        "constraint.kind=\"none\"",
        "optimizer.critic={kind=\"sgd\", lr=1e3}",
    ]);
    run.resume();
    run.wait(|run| run.state == RunState::Paused);
    let why = run.why.clone().expect("a reason");
    assert!(why.starts_with(&format!("step {}: the ", run.step() + 1)), "{why}");
    assert!(why.contains("infinite") || why.contains("not a number"), "{why}");
    assert!(run.records.iter().all(|record| record.values[Metric::CriticLoss].is_finite()));
    // Without a change the same step meets the same number, or its kin.
    let step = run.step();
    run.resume();
    run.wait(|run| run.state == RunState::Paused);
    assert_eq!(run.step(), step);
    // Smaller weights and a smaller rate mend it, for no weight has become infinite or no number.
    run.set(Change::Rate(Player::Critic, 1e-3)).expect("possible");
    run.set(Change::Constraint(Constraint::Clip { clip: 0.1 })).expect("possible");
    run.advance(10);
    assert_eq!(run.step(), step + 10);
}

#[test]
fn clipped_weights_stay_in_their_box_and_their_share_is_told() {
    let mut run =
        small(&["steps=60", "constraint={kind=\"clip\", clip=0.05}", "optimizer.critic={kind=\"rmsprop\", lr=0.01}"]);
    run.go_to_the_end();
    let last = run.records.last().expect("a record");
    // With such a learning rate most weights hit the bound; their scores are small with them.
    assert!(last.values[Metric::ClipShare] > 0.2 && last.values[Metric::ClipShare] <= 1.0, "{last:?}");
    assert!(last.values[Metric::ScoreReal].abs() < 16.0 * 0.05 * 4.0);
    let mut free = small(&["steps=60", "objective.kind='gan'", "constraint.kind='none'"]);
    free.go_to_the_end();
    assert_eq!(free.records.last().expect("a record").values[Metric::ClipShare], 0.0);
}

#[test]
fn snapshots_hold_what_was_asked_for() {
    let mut run = small(&["steps=0", "data={kind=\"mixture\", components=[{weight=1, mean=[3], std=0.5}]}"]);
    run.advance(1);
    let snapshot = run.snapshot(400);
    assert_eq!((snapshot.real.len(), snapshot.fake.len(), snapshot.values.len()), (400, 400, 1));
    for histogram in snapshot.values.iter().chain([&snapshot.critic]) {
        assert_eq!(histogram.real.iter().sum::<u32>() + histogram.outside[0], 400);
        assert_eq!(histogram.fake.iter().sum::<u32>() + histogram.outside[1], 400);
    }
    let mean = snapshot.real.iter().sum::<f32>() / 400.0;
    assert!((mean - 3.0).abs() < 0.1, "{mean}");
    run.send(Command::Snapshot(SnapshotRequest { samples: usize::MAX, weights: false, fixed: false }));
    run.wait(|run| run.snapshots.last().is_some_and(|last| last.real.len() > 400));
    assert!(run.snapshots.last().expect("one").real.len() <= 10_000, "the size is bounded");
}

/// For runs of thousands of steps: our own loops are not optimised in a build for tests, libtorch always is.
const BY_LIBTORCH: &str = "engine='autograd'";

/// The mean bound over the last `n` steps of a critic that learns while the generator, N(0, 1), stands still against
/// data N(1, 1.5²).
fn learned_bound(kind: &str, head: &str, n: usize) -> f64 {
    let mut run = Run::start(&[
        "threads=1",
        BY_LIBTORCH,
        "batch_size=1024",
        "steps=1500",
        "data={kind=\"mixture\", components=[{weight=1, mean=[1], std=1.5}]}",
        "generator.kind='affine'",
        "critic={hidden=[32,32], activation=\"tanh\", steps=1}",
        &format!("objective={{kind=\"{kind}\", head=\"{head}\"}}"),
        "constraint.kind='none'",
        "optimizer.generator={kind=\"sgd\", lr=1e-12}",
        "optimizer.critic={kind=\"adam\", lr=3e-3, beta1=0.9, beta2=0.999}",
    ]);
    run.go_to_the_end();
    let tail = &run.records[run.records.len() - n..];
    tail.iter().map(|record| record.values[Metric::Bound] as f64).sum::<f64>() / n as f64
}

#[test]
fn the_bound_rises_to_the_true_divergence() {
    // D_f(N(1,1.5²) ‖ N(0,1)): the values of N(0,1) against N(1,1.5²) with the two sides swapped.
    for (kind, head, divergence, tolerance) in [
        ("kl", "log-ratio", 0.7195348919, 0.05),
        ("reverse-kl", "log-ratio", 0.3499095526, 0.02),
        ("hellinger", "log-ratio", 0.2207307438, 0.01),
        ("js", "log-ratio", 0.1985801932, 0.01),
        ("gan", "log-ratio", -1.1877141679, 0.01),
        ("neyman", "log-ratio", 0.6004150753, 0.05),
        ("js-weighted", "log-ratio", 0.0922213432, 0.01),
        ("total-variation", "log-ratio", 0.3461230840, 0.01),
        ("kl", "paper", 0.7195348919, 0.05),
        ("neyman", "paper", 0.6004150753, 0.05),
        ("js-weighted", "paper", 0.0922213432, 0.01),
        ("hellinger", "paper", 0.2207307438, 0.01),
    ] {
        let bound = learned_bound(kind, head, 500);
        assert!((bound - divergence).abs() < tolerance, "{kind}, {head} head: {bound} should be near {divergence}");
    }
}

/// μ and σ of the affine generator after training on the mixture of the f-GAN paper's univariate experiment.
fn fitted(generator_loss: &str) -> (f64, f64) {
    let mut run = Run::start(&[
        "two-gaussians",
        "threads=1",
        BY_LIBTORCH,
        "steps=2500",
        &format!("objective.generator_loss='{generator_loss}'"),
        "optimizer.generator={kind=\"adam\", lr=5e-3}",
        "optimizer.critic={kind=\"adam\", lr=5e-3}",
    ]);
    run.go_to_the_end();
    let samples = &run.snapshots.last().expect("the last look").fake;
    let n = samples.len() as f64;
    let mean = samples.iter().map(|&x| x as f64).sum::<f64>() / n;
    (mean, (samples.iter().map(|&x| (x as f64 - mean).powi(2)).sum::<f64>() / n).sqrt())
}

#[test]
fn each_form_of_the_generators_loss_finds_its_own_optimum() {
    // The minimax game under KL ends at the optimum of KL; the non-saturating form minimises reverse KL instead. 2,500
    // samples know μ to ±.04 and σ to ±.03.
    for (form, mu, sigma) in [("saturating", 1.0100, 1.8304), ("non-saturating", 1.5841, 1.6294)] {
        let (mean, deviation) = fitted(form);
        assert!((mean - mu).abs() < 0.15 && (deviation - sigma).abs() < 0.12, "{form}: μ {mean}, σ {deviation}");
    }
}

#[test]
fn the_default_preset_covers_its_ring_while_its_bound_falls() {
    let mut run = Run::start(&["ring", "threads=1", BY_LIBTORCH, "steps=2500"]);
    run.go_to_the_end();
    let coverage = coverage(&run.snapshots.last().expect("the last look").fake, 2, &run.info().modes);
    // A mode counts when one of 2,500 samples is within 3σ; here each must have its share.
    let reached = coverage.counts.iter().filter(|&&count| count >= 50).count();
    assert!(reached >= 7 && coverage.good_share > 0.5, "{coverage:?}");
    let mean = |records: &[StepRecord]| {
        records.iter().map(|record| record.values[Metric::Bound] as f64).sum::<f64>() / records.len() as f64
    };
    let (early, late) = (mean(&run.records[..100]), mean(&run.records[2400..]));
    assert!(late < early / 5.0 && late > 0.0, "the bound went from {early} to {late}");
}

#[test]
fn a_trainer_that_breaks_says_so_instead_of_vanishing() {
    // Every report must come from a thread that still runs, or be the last word of one that broke.
    let mut run = small(&["steps=3"]);
    run.go_to_the_end();
    assert!(matches!(run.last_report(), Some(Report::Finished(_))));
}

#[test]
fn snapshots_tell_the_critic_and_the_law_of_the_generator() {
    let sets = ["two-gaussians", "threads=1", "batch_size=64", "critic.hidden=[8]", "objective.head=\"paper\""];
    let mut run = Run::start(&sets);
    run.advance(3);
    let snapshot = run.snapshot(200);
    let field = snapshot.field.as_ref().expect("a field");
    assert_eq!((field.columns, field.rows, field.scores.len()), (256, 1, 256));
    assert!(field.low[0] < -1.5 && field.high[0] > 4.0, "{field:?}");
    // Between two points of the field the score rises no faster than the steepest slope that was found, or nearly.
    let apart = (field.high[0] - field.low[0]) / 255.0;
    let rise = field.scores.windows(2).map(|pair| (pair[1] - pair[0]).abs() / apart).fold(0.0, f32::max);
    let slope = snapshot.slope.expect("a slope");
    assert!(slope > 0.0 && slope < 1.5 * rise && rise < 1.5 * slope, "{slope} {rise}");
    let law = snapshot.law.as_ref().expect("an affine generator");
    assert_eq!((law.mean.len(), law.scale.len()), (1, 1));
    let mean = snapshot.fake.iter().sum::<f32>() / 200.0;
    assert!((f64::from(mean) - law.mean[0]).abs() < 0.4, "{mean} {law:?}");
    // KL with the paper's head: T = v, f* = e^(v−1) = p/q.
    let ratio = snapshot.ratio.expect("a ratio");
    assert!((snapshot.bound - (snapshot.scores[0] - ratio)).abs() < 1e-4, "{} {ratio}", snapshot.bound);
    let analysis = gantop::truth::analyse(&snapshot, &run.info().modes);
    let (em, truth) = (analysis.em.expect("finite samples"), analysis.truth.expect("known densities"));
    assert!(em.samples == 200 && em.exact > 0.0 && em.critic.is_some());
    assert!(truth.gap().expect("a finite divergence") > -1e-3, "{:?}", truth.gap());

    let mut run = Run::start(&["threads=1", "batch_size=32", "generator.hidden=[8]", "critic.hidden=[8]"]);
    run.advance(1);
    let snapshot = run.snapshot(50);
    let field = snapshot.field.expect("a field");
    assert_eq!((field.columns, field.rows, field.scores.len()), (48, 48, 48 * 48));
    assert_eq!((snapshot.law, snapshot.ratio), (None, None), "a perceptron and the Earth Mover's distance");
    assert!((snapshot.bound - (snapshot.scores[0] - snapshot.scores[1])).abs() < 1e-5);
}

#[test]
fn a_generator_is_updated_so_many_times_a_step_whatever_computes_it() {
    let run = |engine: &str, update: &str, steps: &str| {
        let sets = [engine, update, steps, "threads=1", "steps=6", "batch_size=16", "generator.hidden=[8]"];
        let more = ["critic.hidden=[8]", "critic.steps=2", "constraint={kind='clip', clip=0.1}"];
        let mut run = Run::start(&[&sets[..], &more].concat());
        run.go_to_the_end();
        run.records.iter().map(|record| record.values[Metric::GeneratorLoss]).collect::<Vec<f32>>()
    };
    for update in ["update='alternating'", "update='simultaneous'"] {
        let by = |engine, steps| run(engine, update, steps);
        let (once, thrice) =
            (by("engine='autograd'", "generator.steps=1"), by("engine='autograd'", "generator.steps=3"));
        assert_ne!(once, thrice);
        let explicit = by("engine='explicit'", "generator.steps=3");
        assert!(thrice.iter().zip(&explicit).all(|(a, b)| (a - b).abs() < 1e-4), "{thrice:?} {explicit:?}");
    }
}
