//! Runs of convolutional networks on images: gone on with, trained again, exported from, refused where sizes do not fit.

use super::*;
use crate::support::idx::{many_images, squares, write};

const SMALL: [&str; 3] = ["threads=1", "batch_size=8", "generator.latent=4"];
const DCGAN: [&str; 2] = ["generator.base=4", "critic.base=4"];
/// A residual pair, whose critic is said in full.
const RESIDUAL: &str = "generator={kind='resnet', widths=[6, 4]}";

/// What a run's state is made of, differently in each.
const KINDS: &[&[&str]] = &[
    &DCGAN,
    &[RESIDUAL, "critic={kind='resnet', widths=[4, 4]}", "constraint.kind='spectral-norm'"],
    &[RESIDUAL, "critic={kind='resnet', widths=[4, 6], norm='layer', pooling='mean'}", "constraint.lambda=10"],
    &[
        "constraint.kind='gradient-penalty'",
        "critic={base=4, norm='layer', kernel=5}",
        "generator={base=4, up='nearest'}",
    ],
    &["constraint.kind='spectral-norm'", "generator.base=4", "critic={base=4, norm='none', init='orthogonal'}"],
    &[
        "constraint.kind='r1'",
        "generator={base=4, ema=100}",
        "critic={base=4, norm='instance'}",
        "update='simultaneous'",
    ],
    &["constraint={kind='clip', clip=0.05}", "generator={base=4, activation='maxout', pieces=2}", "critic.base=4"],
    &["generator={base=4, steps=2}", "critic={base=4, pack=2}", "micro_batch=4"],
    &["generator.base=4", "critic={base=4, batches='together'}"],
];

#[test]
fn a_run_of_convolutions_in_two_parts_is_the_run_in_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = format!("data.path={}", write(folder.path(), "images", &squares(30)).display());
    for (i, kind) in KINDS.iter().enumerate() {
        let (one, two) = (folder.path().join(format!("one{i}")), folder.path().join(format!("two{i}")));
        let sets = [&[path.as_str()], &SMALL[..], kind].concat();
        train(&["mnist-dcgan", "--steps", "12", "--run-dir", text(&one)], &sets);
        train(&["mnist-dcgan", "--steps", "5", "--run-dir", text(&two)], &sets);
        train(&["--resume", text(&two), "--steps", "12"], &[]);
        assert_same(&one, &two);
    }
    // What batch normalisation takes for a batch is not the same to the last as to the first.
    let [apart, together] = [0, KINDS.len() - 1].map(|i| metrics(&folder.path().join(format!("one{i}"))));
    assert_ne!(apart[1..], together[1..]);
    // Whatever the number of threads.
    let (run, threads) = (folder.path().join("one0"), folder.path().join("threads"));
    let sets = [&[path.as_str()], &SMALL[1..], KINDS[0], &["threads=2"]].concat();
    train(&["mnist-dcgan", "--steps", "12", "--run-dir", text(&threads)], &sets);
    assert_same(&run, &threads);
    let (code, out, err) = said(gantop(&["replay", text(&run)]));
    assert_eq!(code, 0, "{out}{err}");
    // 300 samples are generated in two batches.
    let out = folder.path().join("out.npy");
    let (code, _, err) = said(gantop(&["export", text(&run), "--samples", "300", "--out", text(&out)]));
    assert_eq!((code, std::fs::read(&out).unwrap().len() > 300 * 64 * 4), (0, true), "{err}");
}

#[test]
fn images_that_do_not_fit_are_told_with_what_would() {
    let folder = tempfile::tempdir().unwrap();
    let path = format!("data.path={}", write(folder.path(), "images", &many_images(20)).display());
    let refusal = |sets: &[&str]| {
        let sets = [path.as_str()].into_iter().chain(sets.iter().copied()).flat_map(|set| ["--set", set]);
        let args: Vec<&str> = ["train", "mnist-dcgan", "--headless", "--no-record"].into_iter().chain(sets).collect();
        let (code, _, err) = said(gantop(&args));
        assert_eq!(code, 2, "{err}");
        err
    };
    let err = refusal(&[]);
    assert!(err.contains("generator.kind is \"dcgan\"") && err.contains("images of 3×3"), "{err}");
    assert!(err.contains("8×8 would fit"), "{err}");
    let err = refusal(&["generator.kind=mlp"]);
    assert!(err.contains("critic.kind is \"dcgan\""), "{err}");
    let path = format!("data.path={}", write(folder.path(), "squares", &squares(20)).display());
    let args = ["train", "mnist-dcgan", "--headless", "--no-record", "--set", &path, "--set", "engine=explicit"];
    let (code, _, err) = said(gantop(&args));
    assert!(code == 2 && err.contains("does not know convolutions"), "{err}");
}
