//! Every constraint with every objective: what the records say, what repeats to the bit, what stays bounded.

use gantop::config::Constraint;
use gantop::domain::seed::{Rng, Stream, rng};
use gantop::domain::{GeneratorLoss, Head, Metric, ObjectiveChoice};
use gantop::link::{Change, RunState};
use gantop::theory::objective;
use rand::Rng as _;

use crate::support::run::{Bits, Run, difference, values};

/// A run small enough that a step takes about a millisecond.
fn small(sets: &[&str]) -> Run {
    let small = [
        "threads=1",
        "steps=0",
        "batch_size=32",
        "generator.hidden=[16]",
        "critic={hidden=[16], steps=2}",
        "optimizer.generator={kind=\"adam\", lr=1e-3}",
        "optimizer.critic={kind=\"adam\", lr=1e-3}",
    ];
    Run::start(&[&small[..], sets].concat())
}

/// As a `--set` argument.
fn set(constraint: Constraint) -> String {
    let number = constraint.number().map_or(String::new(), |number| format!(", {}={:e}", number.key, number.value));
    format!("constraint={{kind=\"{}\"{number}}}", constraint.kind())
}

#[test]
fn every_constraint_goes_with_every_objective() {
    for constraint in Constraint::ALL {
        for (update, steps) in [("alternating", 24), ("simultaneous", 6)] {
            let mut run =
                small(&[&set(constraint), &format!("update='{update}'"), "objective.kind='gan'", "critic.steps=1"]);
            assert_eq!(run.settled().constraint, constraint);
            for row in objective::ALL {
                let wanted = ObjectiveChoice { kind: row.name().into(), ..ObjectiveChoice::default() };
                if run.settled().objective != wanted {
                    run.set(Change::Objective(wanted)).expect("an objective");
                }
                run.advance(steps);
            }
            assert_eq!(run.records.len(), steps as usize * objective::ALL.len());
            for record in &run.records {
                let of = |metric| record.values[metric];
                assert!(record.values.own.0.iter().all(|value| value.is_finite()), "{constraint} {update} {record:?}");
                assert_eq!(of(Metric::Penalty) != 0.0, constraint.is_penalty(), "{constraint} {update} {record:?}");
                assert!(of(Metric::Penalty) >= 0.0);
                let loss = of(Metric::Penalty) - of(Metric::Bound);
                assert_eq!(of(Metric::CriticLoss), loss, "{constraint} {update} {record:?}");
            }
        }
    }
}

/// A run through all constraints, 12 steps each; with a glance at it every few steps, or none.
fn steered(glances: bool, update: &str) -> Bits {
    let mut run = small(&[&set(Constraint::ALL[4]), &format!("update='{update}'")]);
    for constraint in Constraint::ALL.into_iter().cycle().take(9) {
        run.set(Change::Constraint(constraint)).expect("a constraint");
        for _ in 0..3 {
            run.advance(4);
            if glances {
                run.snapshot(33);
            }
        }
    }
    values(&run.records)
}

#[test]
fn watching_changes_nothing_under_any_constraint() {
    for update in ["alternating", "simultaneous"] {
        let unwatched = steered(false, update);
        assert_eq!(unwatched.len(), 9 * 12);
        assert_eq!(difference(&unwatched, &steered(true, update)), None);
    }
}

/// A run of WGAN between two fixed Gaussians in one dimension, 3 apart, and its mean bound over the last quarter.
fn between_two_gaussians(constraint: &str, steps: u64) -> (f64, Run) {
    let mut run = Run::start(&[
        "threads=1",
        "steps=0",
        "batch_size=256",
        "data={kind=\"mixture\", components=[{weight=1, mean=[3], std=0.5}]}",
        "generator.kind='affine'",
        "critic={hidden=[32,32], activation=\"tanh\", steps=1}",
        "objective.kind='wgan'",
        constraint,
        "optimizer.generator={kind=\"sgd\", lr=1e-12}",
        "optimizer.critic={kind=\"adam\", lr=3e-3, beta1=0.0, beta2=0.9}",
    ]);
    run.advance(steps);
    let tail = &run.records[steps as usize * 3 / 4..];
    (tail.iter().map(|record| record.values[Metric::Bound] as f64).sum::<f64>() / tail.len() as f64, run)
}

#[test]
fn with_a_gradient_penalty_the_bound_of_wgan_is_the_earth_movers_distance() {
    // W1 of N(3, 0.5²) and N(0, 1) is about 3. With slope s between the two the bound is 3s, so this is the slope too;
    // the penalty is at its least a little above slope 1: s = 1 + 3/(2λ).
    let (bound, run) = between_two_gaussians("constraint={kind=\"gradient-penalty\", lambda=100}", 800);
    assert!((bound / 3.0 - 1.0).abs() < 0.06, "slope {}", bound / 3.0);
    assert!(run.records.last().expect("one").values[Metric::Penalty] < 1.0);
}

#[test]
fn with_the_spectral_norm_no_slope_is_above_one() {
    let (bound, mut run) = between_two_gaussians("constraint.kind='spectral-norm'", 400);
    assert!(bound > 0.3 && bound < 3.1, "{bound}");
    // Critic values in a snapshot are those of the critic in use: their range is no wider than that of the samples.
    let snapshot = run.snapshot(1000);
    let all = || snapshot.real.iter().chain(&snapshot.fake);
    let wide = all().copied().fold(f32::MIN, f32::max) - all().copied().fold(f32::MAX, f32::min);
    let critic = &snapshot.critic;
    assert!(critic.high - critic.low <= 1.02 * wide, "{} {} {wide}", critic.low, critic.high);
}

#[test]
fn r1_flattens_the_critic_where_the_data_are() {
    // The mean squared slope on real samples, from what R1 adds to the loss.
    let slope = |gamma: f64| {
        let (_, run) = between_two_gaussians(&format!("constraint={{kind=\"r1\", gamma={gamma}}}"), 300);
        run.records[200..].iter().map(|record| record.values[Metric::Penalty] as f64).sum::<f64>() / 100.0 * 2.0 / gamma
    };
    let (weak, strong) = (slope(0.1), slope(100.0));
    assert!(strong < weak / 100.0 && strong > 0.0, "{weak} {strong}");
}

#[test]
fn a_penalty_that_is_not_finite_pauses_the_run_and_is_named() {
    let constraint = "constraint={kind=\"gradient-penalty\", lambda=1e9}";
    let mut run = small(&["objective.kind='wgan'", constraint, "optimizer.critic={kind=\"sgd\", lr=1e3}"]);
    run.resume();
    run.wait(|run| run.state == RunState::Paused);
    let why = run.why.clone().expect("a reason");
    assert!(why.contains("the critic's penalty is ") && why.contains("the constraint"), "{why}");
    assert!(run.records.iter().all(|record| record.values[Metric::Penalty].is_finite()));
}

/// Some change of the objective or the constraint.
fn some_change(rng: &mut Rng) -> Change {
    let mut pick = |n: usize| rng.gen_range(0..n);
    if pick(2) == 0 {
        let constraint = Constraint::ALL[pick(5)];
        return Change::Constraint(constraint.with([0.05, 0.5, 5.0][pick(3)]));
    }
    Change::Objective(ObjectiveChoice {
        kind: objective::ALL[pick(objective::ALL.len())].name().into(),
        pi: [0.05, 0.3, 0.9][pick(3)],
        alpha: [-4.0, -1.0, 0.5, 1.5, 5.0][pick(5)],
        head: [Head::LogRatio, Head::Paper][pick(2)],
        generator_loss: [GeneratorLoss::Auto, GeneratorLoss::NonSaturating, GeneratorLoss::Saturating][pick(3)],
    })
}

/// Does so many random changes, each followed by a few steps, and checks that each is acknowledged as asked for.
fn change_at_random(run: &mut Run, rng: &mut Rng, changes: usize) -> (Vec<String>, Vec<&'static str>) {
    let (mut kinds, mut constraints) = (Vec::new(), Vec::new());
    let mut done = 0;
    while done < changes {
        let change = some_change(rng);
        let now = run.settled();
        match &change {
            Change::Objective(wanted) if *wanted == now.objective => continue,
            Change::Constraint(wanted) if *wanted == now.constraint => continue,
            _ => done += 1,
        }
        let applied = run.set(change.clone()).expect("a possible change");
        assert_eq!(applied.step, run.step());
        match change {
            Change::Objective(wanted) => {
                assert_eq!(applied.settings.objective, wanted);
                kinds.push(wanted.kind);
            }
            Change::Constraint(wanted) => {
                assert_eq!(applied.settings.constraint, wanted);
                constraints.push(wanted.kind());
            }
            other => panic!("{other:?}"),
        }
        run.advance(4);
    }
    for record in run.records.drain(..) {
        assert!(record.values.own.0.iter().all(|value| value.is_finite()), "{record:?}");
    }
    (kinds, constraints)
}

#[test]
fn two_hundred_changes_in_random_order_keep_every_number_finite() {
    let mut run = small(&["objective.kind='gan'", "constraint.kind='none'"]);
    let (mut kinds, mut constraints) = change_at_random(&mut run, &mut rng(7, Stream::Data, 0), 200);
    assert_eq!(run.step(), 800);
    kinds.sort();
    kinds.dedup();
    constraints.sort();
    constraints.dedup();
    assert_eq!(
        (kinds.len(), constraints.len()),
        (objective::ALL.len(), Constraint::ALL.len()),
        "{kinds:?} {constraints:?}"
    );
}

/// The process's resident memory in bytes, where the system tells it.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}

/// Set for the process that has the memory test to itself.
const ALONE: &str = "GANTOP_TEST_ALONE";

#[test]
fn changes_leave_no_memory_behind() {
    if resident().is_none() {
        println!("skipped: this system has no /proc/self/status");
        return;
    }
    if std::env::var_os(ALONE).is_none() {
        // Other tests use memory too: the same test again, in a process of its own.
        let name = "constraints::changes_leave_no_memory_behind";
        let program = std::env::current_exe().expect("this program");
        let output =
            std::process::Command::new(program).args(["--exact", name, "--nocapture"]).env(ALONE, "1").output();
        let output = output.expect("this program runs");
        let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
        return;
    }
    // A penalty's graph holds half a megabyte here; under simultaneous updates nothing but its end frees it.
    let mut run = small(&[
        "objective.kind='gan'",
        "constraint.kind='none'",
        "batch_size=512",
        "critic={hidden=[64], steps=1}",
        "update='simultaneous'",
    ]);
    let mut rng = rng(7, Stream::Data, 0);
    let mut memory = || {
        change_at_random(&mut run, &mut rng, 60);
        resident().expect("as before")
    };
    let (warm, _, end) = (memory(), memory(), memory());
    let grown = end.saturating_sub(warm) >> 20;
    println!("{} MiB after 60 changes, {grown} more after 180", warm >> 20);
    // Some 190 of the 480 critic updates had a penalty: keeping one graph in six of those would be above this.
    assert!(grown < 16, "the process grew by {grown} MiB");
}
