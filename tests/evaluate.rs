//! `gantop evaluate` as a shell sees it.

use std::path::Path;
use std::process::Command;

use gantop::config::Constraint;
use gantop::domain::StepRecord;
use gantop::link::{self, Change, EvaluationNews, RunState};

use crate::support::idx::{self, write};
use crate::support::program::{gantop, said};
use crate::support::run::{Run, difference, values};

/// Trains headless, and must end well.
#[track_caller]
fn train(preset: &str, run: &Path, sets: &[&str]) {
    let sets = sets.iter().flat_map(|set| ["--set", set]);
    let args: Vec<&str> =
        ["train", preset, "--headless", "--run-dir", run.to_str().unwrap()].into_iter().chain(sets).collect();
    let (code, _, err) = said(gantop(&args));
    assert_eq!((code, err.as_str()), (0, ""), "{args:?}");
}

/// `gantop evaluate` with what it keeps in this folder: exit code, standard output and error.
fn evaluate(cache: &Path, args: &[&str]) -> (i32, String, String) {
    let mut command: Command = gantop(&[&["evaluate"], args].concat());
    command.env("XDG_CACHE_HOME", cache);
    said(command)
}

#[track_caller]
fn json(cache: &Path, args: &[&str]) -> serde_json::Value {
    let (code, out, err) = evaluate(cache, &[args, &["--json"]].concat());
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    serde_json::from_str(&out).unwrap()
}

#[test]
fn points_are_evaluated_by_their_own_numbers_and_by_the_seed() {
    let folder = tempfile::tempdir().unwrap();
    let (run, cache) = (folder.path().join("run"), folder.path().join("cache"));
    train("ring", &run, &["steps=20", "threads=1", "generator={hidden=[8], ema=500}", "critic.hidden=[8]"]);
    let path = run.to_str().unwrap();
    let one = json(&cache, &[path, "--samples", "200"]);
    assert_eq!((&one["features"], &one["samples"], &one["step"]), (&"pixels".into(), &200.into(), &20.into()));
    assert_eq!((&one["dims"], &one["averaged"]), (&2.into(), &true.into()));
    let names: Vec<&str> = one["metrics"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["coverage", "density", "fd_pixels", "kd_pixels", "kd_pixels_std", "precision", "recall"]);
    let figures = |told: &serde_json::Value| told["metrics"].clone();
    // The second time the real side comes from the cache.
    assert_eq!(figures(&json(&cache, &[path, "--samples", "200"])), figures(&one));
    assert_ne!(figures(&json(&cache, &[path, "--samples", "200", "--seed", "5"])), figures(&one));
    assert_ne!(figures(&json(&cache, &[path, "--samples", "200", "--raw"])), figures(&one));
    let (code, out, _) = evaluate(&cache, &[path, "--samples", "200"]);
    assert_eq!(code, 0);
    for part in
        ["FD(pixels)", "200 of the averaged generator after 20 steps", "lower is better", "the samples' own numbers"]
    {
        assert!(out.contains(part), "{part}: {out}");
    }
    // Nobody can judge points, nor are there other ones of their kind; each is one line and exit code 2.
    for (args, why) in [
        (&["--features", "judge"][..], "the samples are points"),
        (&["--features", "none.pt"], "none.pt: cannot be read"),
        (&["--against", "elsewhere"], "evaluate against \"train\""),
        (&["--samples", "3"], "must be from 10 to"),
    ] {
        let (code, _, err) = evaluate(&cache, &[&[path], args].concat());
        assert!(code == 2 && err.contains(why), "{args:?}: {err}");
    }
}

/// Squares and their labels: which of two halves they begin in.
fn labelled(folder: &Path, name: &str, count: u32) -> String {
    let data = folder.join(name);
    std::fs::create_dir(&data).unwrap();
    write(&data, "train-images-idx3-ubyte", &idx::squares(count));
    let labels: Vec<u8> = (0..count).map(|i| u8::from(i % 5 > 2)).collect();
    write(&data, "train-labels-idx1-ubyte", &idx::labels(&labels));
    data.to_str().unwrap().to_owned()
}

#[test]
fn images_with_labels_are_judged_and_compared_with_others() {
    let folder = tempfile::tempdir().unwrap();
    let (run, cache) = (folder.path().join("run"), folder.path().join("cache"));
    let data = labelled(folder.path(), "data", 400);
    let others = labelled(folder.path(), "others", 200);
    let path = format!("data.path={data}");
    let sets = [&path, "steps=4", "threads=1", "batch_size=8", "generator={latent=4, base=4}", "critic.base=4"];
    train("mnist-dcgan", &run, &sets);
    let run = run.to_str().unwrap();
    let one = json(&cache, &[run, "--samples", "100"]);
    assert_eq!((&one["features"], &one["dims"], &one["against"]), (&"judge".into(), &64.into(), &"train".into()));
    let names: Vec<&str> = one["metrics"].as_object().unwrap().keys().map(String::as_str).collect();
    for name in ["fd_judge", "kd_judge", "is_judge", "classes", "class_entropy", "class_kl", "recall"] {
        assert!(names.contains(&name), "{names:?}");
    }
    let kept = || std::fs::read_dir(cache.join("gantop")).unwrap().count();
    assert_eq!(kept(), 2, "the judge and the real side");
    let other = json(&cache, &[run, "--samples", "100", "--against", &others]);
    assert_eq!((&other["which"], &other["real_samples"]), (&one["which"], &200.into()), "another judge");
    assert_ne!(other["metrics"]["fd_judge"], one["metrics"]["fd_judge"]);
    assert_eq!(kept(), 3);
    let (code, _, err) = evaluate(&cache, &[run, "--against", "/path/to/nothing"]);
    assert!(code == 2 && err.contains("evaluate.against") && !err.contains("data.path"), "{err}");
}

/// A ring whose steps take about a millisecond.
const SMALL: [&str; 4] = ["threads=1", "batch_size=32", "generator={hidden=[16], ema=1000}", "critic.hidden=[16]"];

fn metric(run: &Run, record: &StepRecord, name: &str) -> Option<f32> {
    record.values.get(run.info().metrics.find(name).expect(name))
}

/// How evaluations ended.
fn ends(run: &Run) -> Vec<Result<u64, String>> {
    let end = |news: &EvaluationNews| match news {
        EvaluationNews::Found(found) => Some(Ok(found.step)),
        EvaluationNews::Ended(why) => Some(Err(why.clone())),
        EvaluationNews::Begun | EvaluationNews::Progress { .. } => None,
    };
    run.evaluations.iter().filter_map(|report| end(&report.news)).collect()
}

#[test]
fn a_run_computes_the_same_with_evaluations_and_without_and_has_their_figures() {
    let mut plain = Run::start(&[&SMALL[..], &["steps=120"]].concat());
    let without = plain.go_to_the_end();
    let evaluating = ["steps=120", "evaluate={every_steps=50, samples=200, metrics=['fd', 'coverage']}"];
    let mut run = Run::start(&[&SMALL[..], &evaluating].concat());
    let with = run.go_to_the_end();
    assert_eq!(difference(&values(&plain.records), &values(&run.records)), None);
    // What the last weights make of the same noise, to the bit.
    let made = |run: &Run| run.snapshots.last().map(|last| last.fake.iter().map(|x| x.to_bits()).collect::<Vec<_>>());
    assert!(made(&plain).is_some() && made(&plain) == made(&run));
    assert_eq!((without.steps, with.steps, run.records.len()), (120, 120, 120));
    // How many of the steps 50 and 100 were evaluated is the machine's affair; the last one always is, and comes last.
    let (last, earlier) = run.records.split_last().unwrap();
    assert_eq!(metric(&run, last, "evaluated_step"), Some(120.0));
    assert_eq!(metric(&run, last, "evaluated_samples"), Some(200.0));
    assert!(metric(&run, last, "fd_pixels").is_some_and(|value| value > 0.0 && value.is_finite()));
    assert!(metric(&run, last, "coverage").is_some() && run.info().metrics.find("recall").is_none());
    assert!(earlier.iter().filter_map(|record| metric(&run, record, "evaluated_step")).all(|step| step < 120.0));
    assert_eq!(ends(&run).last(), Some(&Ok(120)));
    let metrics = with.metrics.unwrap();
    assert_eq!(metrics.get(run.info().metrics.find("fd_pixels").unwrap()), metric(&run, last, "fd_pixels"));
    // The same figures as afterwards: noise comes from the run's seed and the step.
    let found = run.evaluations.iter().find_map(|report| match &report.news {
        EvaluationNews::Found(found) if found.step == 120 => Some(found.clone()),
        _ => None,
    });
    assert!(found.unwrap().averaged);
}

#[test]
fn an_evaluation_that_is_asked_for_holds_up_nothing_and_can_be_cancelled() {
    // So many samples that it is still under way when all else has been said.
    let mut run = Run::start(&[&SMALL[..], &["steps=0", "evaluate.samples=1000000"]].concat());
    run.advance(3);
    run.send(link::Command::Evaluate);
    run.wait(|run| run.evaluations.iter().any(|report| report.news == EvaluationNews::Begun));
    run.send(link::Command::Evaluate);
    run.wait(|run| !run.rejected.is_empty());
    let applied = run.set(Change::Constraint(Constraint::Clip { clip: 0.03 })).unwrap();
    assert_eq!(applied.new, "clip 0.03");
    assert!(run.rejected.last().is_some_and(|refused| refused.why.contains("the evaluation of step 3 is under way")));
    run.advance(5);
    assert_eq!((run.snapshot(10).step, run.state), (8, RunState::Paused));
    assert_eq!(ends(&run), []);
    run.send(link::Command::CancelEvaluation);
    run.wait(|run| !ends(run).is_empty());
    assert_eq!(ends(&run), [Err("the evaluation of step 3 was cancelled".to_owned())]);
    run.send(link::Command::CancelEvaluation);
    run.wait(|run| run.rejected.last().is_some_and(|refused| refused.why.contains("none is under way")));
    // A stop waits for none.
    run.send(link::Command::Evaluate);
    run.wait(|run| run.evaluations.last().is_some_and(|report| report.news == EvaluationNews::Begun));
    run.send(link::Command::Stop);
    let summary = run.listen_to_the_end();
    assert_eq!((summary.steps, summary.stopped), (8, true));
    assert_eq!(ends(&run).last(), Some(&Err("the evaluation of step 8 was cancelled: the run has ended".to_owned())));
}

#[test]
fn an_evaluation_that_is_asked_for_in_a_pause_is_found_in_the_pause() {
    let mut run = Run::start(&[&SMALL[..], &["steps=0", "evaluate.samples=100"]].concat());
    run.advance(2);
    run.send(link::Command::Evaluate);
    run.wait(|run| !ends(run).is_empty());
    assert_eq!((ends(&run), run.state), (vec![Ok(2)], RunState::Paused));
    // Its figures come with the next record.
    run.advance(1);
    assert_eq!(metric(&run, run.records.last().unwrap(), "evaluated_step"), Some(2.0));
}

#[test]
fn what_a_program_records_of_evaluations() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let evaluate = "evaluate={every_steps=30, samples=100, metrics=['fd', 'recall']}";
    let sets = ["steps=30", "threads=1", "record.every=1", evaluate, "checkpoint={best='fd_pixels'}"];
    train("ring", &run, &[&sets[..], &["generator.hidden=[8]", "critic.hidden=[8]"]].concat());
    let csv = std::fs::read_to_string(run.join("metrics.csv")).unwrap();
    let header: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
    let last: Vec<&str> = csv.lines().last().unwrap().split(',').collect();
    let cell = |name: &str| last[header.iter().position(|column| *column == name).expect(name)].parse::<f64>();
    assert_eq!((cell("step"), cell("evaluated_step")), (Ok(30.0), Ok(30.0)));
    assert!(cell("fd_pixels").unwrap() > 0.0 && cell("recall").is_ok());
    let (code, journal, _) = said(gantop(&["journal", run.to_str().unwrap()]));
    assert!(
        code == 0 && journal.contains("an evaluation begins") && journal.contains("evaluated step 30: FD(pixels)"),
        "{journal}"
    );
    let (code, told, err) = said(gantop(&["replay", run.to_str().unwrap()]));
    assert_eq!(code, 0, "{told}{err}");
    // What cannot be evaluated is told before the first step.
    let judged = ["train", "ring", "--headless", "--no-record", "--set", "evaluate.features.kind='judge'"];
    let (code, _, err) = said(gantop(&judged));
    assert!(code == 2 && err.contains("features.kind must be \"pixels\""), "{err}");
}
