//! `gantop evaluate` as a shell sees it.

use std::path::Path;
use std::process::Command;

use crate::support::idx::{self, write};
use crate::support::program::{gantop, said};

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
