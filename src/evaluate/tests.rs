//! Evaluations of data that a test makes up: pictures of squares, whose place in one of four corners is their class.

use std::cell::RefCell;

use rand::Rng as _;
use tch::{CModule, Device};

use super::*;
use crate::config::{Evaluate, EvaluatedMetric, FeatureFile, FeatureRange, Features};
use crate::domain::PixelRange;
use crate::domain::quality::{FeatureKind, Quality};
use crate::domain::seed::{self, Stream};
use crate::link::Evaluation;

const SIDE: usize = 8;
const CORNERS: usize = 4;

/// Noisy squares.
#[derive(Clone)]
struct Squares {
    count: usize,
    labelled: bool,
    range: PixelRange,
}

const SQUARES: Squares = Squares { count: 300, labelled: true, range: PixelRange::Signed };

impl Squares {
    fn draw(&self, corner: usize, seed: u64, sample: &mut [f32]) {
        let mut rng = seed::rng(seed, Stream::Data, 0);
        let (left, top) = (corner % 2 * 4, corner / 2 * 4);
        let (low, high) = self.range.ends();
        for (at, value) in sample.iter_mut().enumerate() {
            let (x, y) = (at % SIDE, at / SIDE);
            let inside = (left..left + 4).contains(&x) && (top..top + 4).contains(&y);
            let bright = if inside { 0.9 } else { 0.1 };
            *value = low + (high - low) * (bright + rng.gen_range(-0.1..0.1));
        }
    }
}

impl Reals for Squares {
    fn shape(&self) -> SampleShape {
        SampleShape::Image { width: SIDE, height: SIDE, channels: 1, range: self.range }
    }

    fn count(&self) -> Option<usize> {
        Some(self.count)
    }

    fn read(&self, index: usize, sample: &mut [f32]) -> Result<(), String> {
        self.draw(index * 7 % CORNERS, index as u64, sample);
        Ok(())
    }

    fn classes(&self) -> Option<usize> {
        self.labelled.then_some(CORNERS)
    }

    fn label(&self, index: usize) -> Option<usize> {
        self.labelled.then_some(index * 7 % CORNERS)
    }

    fn name(&self) -> String {
        "train".to_owned()
    }
}

/// Squares in the first so many corners, which no training has seen.
struct Generated {
    corners: usize,
    left: usize,
}

impl Generate for Generated {
    fn next(&mut self) -> Option<Vec<f32>> {
        let n = self.left.min(100);
        self.left -= n;
        let mut samples = vec![0f32; n * SIDE * SIDE];
        for (i, sample) in samples.chunks_exact_mut(SIDE * SIDE).enumerate() {
            SQUARES.draw(i % self.corners, 1_000_000 + (self.left + i) as u64, sample);
        }
        (n > 0).then_some(samples)
    }
}

fn watched(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn config(features: Features) -> Evaluate {
    Evaluate { samples: 250, features, ..Evaluate::default() }
}

fn open(config: &Evaluate, data: &Squares, cache: &Cache) -> Result<Evaluator, Error> {
    tch::set_num_threads(1);
    Evaluator::open(config, data, None, cache, Device::Cpu, &mut watched)
}

fn evaluated(evaluator: &Evaluator, corners: usize) -> Evaluation {
    let mut generated = Generated { corners, left: 250 };
    let sampled = Sampled { step: 5, seed: 1, averaged: false, generate: &mut generated };
    evaluator.evaluate(sampled, &mut watched).unwrap()
}

/// The files of a cache's folder, in order.
fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn a_judge_learns_once_and_tells_good_samples_from_collapsed_ones() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::at(folder.path());
    let stages = RefCell::new(Vec::new());
    let mut watch = |Progress { stage, done }: Progress| {
        assert!((0.0..=1.0).contains(&done));
        stages.borrow_mut().push(stage);
        ControlFlow::Continue(())
    };
    tch::set_num_threads(1);
    let asked = config(Features::judge());
    let first = Evaluator::open(&asked, &SQUARES, None, &cache, Device::Cpu, &mut watch).unwrap();
    assert!(stages.borrow().contains(&Stage::Judge));
    let (good, collapsed) = (evaluated(&first, CORNERS), evaluated(&first, 1));
    assert_eq!((good.features, good.samples, good.real_samples, good.dims), (FeatureKind::Judge, 250, 300, 64));
    assert!(good.which.contains("100.0 % of held-back"), "{}", good.which);
    let values = |figure| (good.get(figure).unwrap(), collapsed.get(figure).unwrap());
    for lower in [Quality::Frechet, Quality::Kernel, Quality::ClassDivergence] {
        let (good, collapsed) = values(lower);
        assert!(good < 0.2 * collapsed, "{lower:?}: {good} {collapsed}");
    }
    for higher in [Quality::Recall, Quality::Coverage, Quality::Classes, Quality::ClassEntropy, Quality::Score] {
        let (good, collapsed) = values(higher);
        assert!(good > 1.3 * collapsed, "{higher:?}: {good} {collapsed}");
    }
    assert_eq!(values(Quality::Classes), (4.0, 1.0));
    // The next time nobody learns, and the figures are the same to the bit.
    stages.borrow_mut().clear();
    let kept = files(folder.path());
    assert_eq!(kept.len(), 2, "{kept:?}");
    let again = Evaluator::open(&asked, &SQUARES, None, &cache, Device::Cpu, &mut watch).unwrap();
    assert!(!stages.borrow().contains(&Stage::Judge));
    let told = |evaluation: &Evaluation| (evaluation.which.clone(), evaluation.figures.clone());
    assert_eq!(told(&evaluated(&again, CORNERS)), told(&good));
    // What is damaged is made again, the same.
    for file in &kept {
        std::fs::write(file, b"damaged").unwrap();
    }
    assert_eq!(told(&evaluated(&open(&asked, &SQUARES, &cache).unwrap(), CORNERS)), told(&good));
    // Other data have another judge.
    open(&asked, &Squares { count: 290, ..SQUARES }, &cache).unwrap();
    assert_eq!(files(folder.path()).len(), 4);
    // One that is not good enough is told, with what to do.
    let strict = config(Features::Judge { accuracy: 1.1 });
    let error = open(&strict, &SQUARES, &cache).unwrap_err().to_string();
    assert!(error.contains("names 100.0 %") && error.contains("lower evaluate.features.accuracy"), "{error}");
}

#[test]
fn what_no_judge_can_be_trained_on_is_told() {
    for (data, why) in [
        (Squares { labelled: false, ..SQUARES }, "the data have no labels"),
        (Squares { count: 40, ..SQUARES }, "40 images are too few"),
    ] {
        let error = open(&config(Features::judge()), &data, &Cache::default()).unwrap_err().to_string();
        assert!(error.contains(why) && error.contains("features of another kind"), "{error}");
    }
}

#[test]
fn pixels_need_nothing_and_are_the_same_whatever_pixels_span() {
    let config = config(Features::Pixels);
    let evaluator = open(&config, &SQUARES, &Cache::default()).unwrap();
    let found = evaluated(&evaluator, CORNERS);
    assert_eq!((found.features, found.dims), (FeatureKind::Pixels, 64));
    let names: Vec<String> = found.figures.iter().map(|of| of.figure.name(found.features)).collect();
    assert_eq!(names, ["fd_pixels", "kd_pixels", "kd_pixels_std", "precision", "recall", "density", "coverage"]);
    assert!(found.get(Quality::Coverage) > Some(0.8) && found.notes.iter().any(|note| note.contains("one subset")));
    let unit = Squares { range: PixelRange::Unit, ..SQUARES };
    let other = open(&config, &unit, &Cache::default()).unwrap();
    // Another range of the same pictures has the same features but for rounding: generated ones of this range are far off.
    assert!(evaluated(&other, CORNERS).get(Quality::Frechet) > Some(10.0 * found.get(Quality::Frechet).unwrap()));
}

#[test]
fn only_the_figures_that_are_asked_for_are_taken() {
    let asked = Evaluate { metrics: vec![EvaluatedMetric::Kd, EvaluatedMetric::Coverage], ..config(Features::Pixels) };
    let found = evaluated(&open(&asked, &SQUARES, &Cache::default()).unwrap(), CORNERS);
    let taken: Vec<Quality> = found.figures.iter().map(|of| of.figure).collect();
    assert_eq!(taken, [Quality::Kernel, Quality::KernelDeviation, Quality::Coverage]);
    let declared: Vec<String> = asked.declared().iter().map(|info| info.name.to_string()).collect();
    assert_eq!(declared[..3], ["kd_pixels", "kd_pixels_std", "coverage"]);
}

#[test]
fn few_samples_are_said_to_be_few() {
    let few = Evaluate { samples: 40, ..config(Features::Pixels) };
    let evaluator = open(&few, &SQUARES, &Cache::default()).unwrap();
    let mut generated = Generated { corners: CORNERS, left: 40 };
    let sampled = Sampled { step: 5, seed: 1, averaged: false, generate: &mut generated };
    let found = evaluator.evaluate(sampled, &mut watched).unwrap();
    assert!(found.notes.iter().any(|note| note.contains("the covariance is singular")), "{:?}", found.notes);
    assert!(!evaluated(&evaluator, CORNERS).notes.iter().any(|note| note.contains("singular")));
}

#[test]
fn every_stage_can_be_broken_off() {
    let cache = Cache::default();
    for stop in [Stage::Judge, Stage::Real, Stage::Generated] {
        let mut watch = |progress: Progress| match progress.stage == stop {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        let asked = config(if stop == Stage::Judge { Features::judge() } else { Features::Pixels });
        let opened = Evaluator::open(&asked, &SQUARES, None, &cache, Device::Cpu, &mut watch);
        let error = match opened {
            Err(error) => error,
            Ok(evaluator) => {
                let mut generated = Generated { corners: CORNERS, left: 250 };
                let sampled = Sampled { step: 5, seed: 1, averaged: false, generate: &mut generated };
                evaluator.evaluate(sampled, &mut watch).unwrap_err()
            }
        };
        // The content is read before a judge is trained, and told as looking at the data.
        assert!(error.is_cancelled(), "{stop:?}: {error}");
    }
}

#[test]
fn a_torchscript_module_gives_features() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mean.pt");
    let input = [tch::Tensor::zeros([2, 3, 16, 16], (tch::Kind::Float, Device::Cpu))];
    let mut forward =
        |inputs: &[tch::Tensor]| vec![inputs[0].avg_pool2d([8, 8], [8, 8], [0, 0], false, true, None::<i64>)];
    CModule::create_by_tracing("Means", "forward", &input, &mut forward).unwrap().save(&path).unwrap();
    let file = FeatureFile {
        path: path.clone(),
        channels: 3,
        range: FeatureRange::Byte,
        size: 16,
        flags: Vec::new(),
        inception: false,
    };
    let asked = config(Features::File(file.clone()));
    let found = evaluated(&open(&asked, &SQUARES, &Cache::default()).unwrap(), CORNERS);
    // The mean of each quarter of each channel: 12 numbers of the same order as bytes.
    assert_eq!((found.features, found.dims), (FeatureKind::File, 12));
    assert!(found.which.starts_with("mean.pt "), "{}", found.which);
    assert!(found.get(Quality::Coverage) > Some(0.8), "{found:?}");
    let inception = Features::File(FeatureFile { inception: true, ..file.clone() });
    let found = evaluated(&open(&config(inception), &SQUARES, &Cache::default()).unwrap(), 1);
    assert_eq!(found.figures[0].figure.label(found.features), "FID");
    // A square is 204 bytes brighter than its ground: corners alone are that far off.
    assert!(found.get(Quality::Frechet) > Some(1e4), "{found:?}");

    std::fs::write(&path, b"no module").unwrap();
    let error = open(&asked, &SQUARES, &Cache::default()).unwrap_err().to_string();
    assert!(error.contains("mean.pt: is not a TorchScript module"), "{error}");
    assert!(error.lines().count() == 1 && !error.contains("frame #"), "{error}");
    let gone = Features::file(folder.path().join("none.pt"));
    let error = open(&config(gone), &SQUARES, &Cache::default()).unwrap_err().to_string();
    assert!(error.contains("none.pt: cannot be read"), "{error}");
}
