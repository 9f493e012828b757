//! From features to figures.

use std::ops::ControlFlow;
use std::time::Instant;

use tch::Device;

use super::features::Extractor;
use super::reals::{Content, RealSide};
use super::{Cache, Error, Generate, Progress, Reals, Stage, Watch, tell};
use crate::config::Evaluate;
use crate::domain::quality::Quality;
use crate::domain::seed::{self, Stream};
use crate::link::{Evaluation, Figured};
use crate::theory::quality::classes::{self, Classes};
use crate::theory::quality::gaussian::Gaussian;
use crate::theory::quality::{Features, frechet, kernel, neighbours};

/// The share of an evaluation's time that its samples and their features are taken to need; the rest is the figures'.
const SAMPLES_SHARE: f64 = 0.75;

/// All that does not depend on the generator: the network that gives features, and the real side.
#[derive(Debug)]
pub struct Evaluator {
    config: Evaluate,
    extractor: Extractor,
    real: RealSide,
    against: String,
    /// Numbers of a sample.
    len: usize,
}

/// Whose samples are evaluated.
pub struct Sampled<'a> {
    /// Steps completed when the generator was as it is here.
    pub step: u64,
    /// The seed of the run.
    pub seed: u64,
    /// Whether it is the average of the generator's weights.
    pub averaged: bool,
    pub generate: &'a mut dyn Generate,
}

impl Evaluator {
    /// The evaluator that `config` asks for, for samples like those of `training`, compared with those of `against`,
    /// where these are not the same. Trains a judge and takes features of the real samples where the cache has none:
    /// that may take minutes.
    ///
    /// # Errors
    /// These features cannot be had; a real sample cannot be read; cancelled.
    pub fn open(
        config: &Evaluate,
        training: &dyn Reals,
        against: Option<&dyn Reals>,
        cache: &Cache,
        device: Device,
        watch: Watch<'_>,
    ) -> Result<Evaluator, Error> {
        let against = against.unwrap_or(training);
        if against.shape() != training.shape() {
            return Err(Error::Features(format!(
                "{}: its samples are {:?}, but the run trains on {:?}; both must have one shape",
                against.name(),
                against.shape(),
                training.shape()
            )));
        }
        let content = Content::of(training, watch)?;
        let extractor = Extractor::open(&config.features, training, &content, cache, device, watch)?;
        let real = match against.name() == training.name() {
            true => RealSide::open(training, &content, &extractor, cache, watch)?,
            false => RealSide::open(against, &Content::of(against, watch)?, &extractor, cache, watch)?,
        };
        Ok(Evaluator { config: config.clone(), extractor, real, against: against.name(), len: training.shape().len() })
    }

    /// The figures of samples that are generated now.
    ///
    /// # Errors
    /// Features that are not finite, too few samples, or cancelled.
    pub fn evaluate(&self, sampled: Sampled<'_>, watch: Watch<'_>) -> Result<Evaluation, Error> {
        let (start, dims, n) = (Instant::now(), self.extractor.dims(), self.config.samples);
        let Sampled { step, seed, averaged, generate } = sampled;
        let mut features = Features::new(Vec::new(), dims)?;
        let mut logits = Vec::new();
        // Generated in the generator's batches, seen in the extractor's.
        while let Some(samples) = generate.next() {
            for batch in samples.chunks(self.extractor.batch() * self.len) {
                tell(watch, Stage::Generated, SAMPLES_SHARE * features.len() as f64 / n as f64)?;
                let seen = self.extractor.see(batch)?;
                features.append(&Features::new(seen.features, dims)?)?;
                logits.extend(seen.logits);
            }
        }
        let mut progress = |share: f64| -> ControlFlow<()> {
            watch(Progress { stage: Stage::Generated, done: SAMPLES_SHARE + (1.0 - SAMPLES_SHARE) * share })
        };
        let (figures, notes) = self.figures(&features, &logits, (seed, step), &mut progress)?;
        Ok(Evaluation {
            step,
            samples: features.len(),
            real_samples: self.real.gaussian.count(),
            against: self.against.clone(),
            features: self.extractor.kind(),
            which: self.extractor.which(),
            dims,
            averaged,
            figures,
            seconds: start.elapsed().as_secs_f64(),
            notes,
        })
    }

    /// The figures that are wanted, and what is to be known of them.
    fn figures(
        &self,
        generated: &Features,
        logits: &[f32],
        (seed, step): (u64, u64),
        progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
    ) -> Result<(Vec<Figured>, Vec<String>), Error> {
        let wanted = self.config.figures();
        let wants = |figures: &[Quality]| figures.iter().any(|figure| wanted.contains(figure));
        // As many of each kind.
        let (n, m) = (generated.len().min(self.real.features.len()), generated.len());
        let (mut found, mut notes) = (Vec::new(), Vec::new());
        let part = |from: f64, to: f64| move |done: f64| from + (to - from) * done;
        if wants(&[Quality::Frechet]) {
            let share = part(0.0, 0.4);
            let moments = Gaussian::of(generated);
            let frechet = frechet::distance(&self.real.gaussian, &moments, &mut |done| progress(share(done)))?;
            found.push((Quality::Frechet, frechet.value));
            if frechet.is_singular {
                notes.push(format!(
                    "no more than {} samples of a kind and {} features: the covariance is singular, and the Fréchet \
                     distance says more about the number of samples than about their quality",
                    m.min(self.real.gaussian.count()),
                    generated.dims()
                ));
            }
        }
        let real = self.real.features.first(n);
        if wants(&[Quality::Kernel]) {
            let (share, mut rng) = (part(0.4, 0.6), seed::rng(seed, Stream::Distance, step));
            let subsets = (kernel::SUBSETS, kernel::SUBSET_SIZE);
            let kernel = kernel::distance(&real, generated, subsets, &mut rng, &mut |done| progress(share(done)))?;
            found.push((Quality::Kernel, kernel.mean));
            found.push((Quality::KernelDeviation, kernel.deviation));
            if kernel.deviation == 0.0 {
                notes.push(format!("one subset of all {} samples: the kernel distance has no deviation", kernel.size));
            }
        }
        if wants(&[Quality::Precision, Quality::Recall, Quality::Density, Quality::Coverage]) {
            let (share, nearest) = (part(0.6, 1.0), [neighbours::NEAREST, neighbours::NEAREST_COVERED]);
            let few = generated.first(n);
            let near = neighbours::compare(&real, &few, nearest, &mut |done| progress(share(done)))?;
            found.push((Quality::Precision, near.precision));
            found.push((Quality::Recall, near.recall));
            found.push((Quality::Density, near.density));
            found.push((Quality::Coverage, near.coverage));
            if n < m {
                notes.push(format!("neighbours among {n} samples of each kind, as many as there are real ones"));
            }
        }
        if let Some(count) = self.extractor.classes().filter(|_| wants(&[Quality::Score, Quality::Classes])) {
            let classes = Classes::of(logits, count, classes::SPLITS)?;
            found.push((Quality::Score, classes.score));
            found.push((Quality::ScoreDeviation, classes.score_deviation));
            found.push((Quality::Classes, classes.covered() as f64));
            found.push((Quality::ClassEntropy, classes.entropy()));
            found.push((Quality::ClassDivergence, classes.divergence(&self.real.classes)));
        }
        found.retain(|(figure, _)| wanted.contains(figure));
        Ok((found.into_iter().map(|(figure, value)| Figured { figure, value }).collect(), notes))
    }
}
