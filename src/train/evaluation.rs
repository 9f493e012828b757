//! Evaluation of a checkpoint, without a run.

use super::data::{self, Source, Watch as ReadingWatch};
use super::device;
use super::generate::Sampler;
use super::reals::Kept;
use crate::config::{Against, DeviceChoice, Evaluate, Features};
use crate::domain::SampleShape;
use crate::domain::seed::{self, Stream};
use crate::evaluate::{self, Cache, Evaluator, Sampled, Watch};
use crate::link::Evaluation;
use crate::link::checkpoint::{self, Checkpoint};
use crate::system::files;

/// The wishes for an evaluation that is to be otherwise than the run's config says.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The number of samples.
    pub samples: Option<usize>,
    /// The real samples to compare with.
    pub against: Option<Against>,
    /// The source of their features.
    pub features: Option<Features>,
    /// The seed of the noise, else the run's.
    pub seed: Option<u64>,
    /// Whether the weights themselves are meant where the run keeps an average of them.
    pub raw: bool,
    /// Where it is computed.
    pub device: DeviceChoice,
}

/// Why there is no evaluation of a checkpoint.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Data(#[from] data::Error),
    #[error("{0}")]
    Against(String),
    #[error(transparent)]
    Device(#[from] device::Unavailable),
    #[error(transparent)]
    Checkpoint(#[from] checkpoint::Error),
    #[error(transparent)]
    Evaluate(#[from] evaluate::Error),
}

/// The measuring of samples where a config says nothing of it: by a judge where there are labels to train one on.
pub fn usual(source: &Source) -> Evaluate {
    let features =
        if source.classes().is_some_and(|classes| classes > 1) { Features::judge() } else { Features::Pixels };
    Evaluate { features, ..Evaluate::default() }
}

/// Whether samples of these data can be measured as `wanted` says, as far as that can be told at once: a run of days is
/// not to find out at its first evaluation.
///
/// # Errors
/// They cannot.
pub fn check(wanted: &Evaluate, source: &Source) -> Result<(), evaluate::Error> {
    let is_image = matches!(source.shape(), SampleShape::Image { .. });
    let refuse = |why: String| Err(evaluate::Error::Features(why));
    match &wanted.features {
        Features::Pixels => Ok(()),
        Features::Judge { .. } | Features::File(_) if !is_image => refuse(
            "features.kind must be \"pixels\": the samples are points, and judges and files take pictures".to_owned(),
        ),
        Features::Judge { .. } if source.classes().is_none_or(|classes| classes < 2) => refuse(
            "features.kind = \"judge\" needs labels of two classes at least, and the data have none: use \"pixels\", or \
             data with labels"
                .to_owned(),
        ),
        Features::File(file) if !files::is_file(&file.path) => {
            refuse(format!("features.path: {}: there is no such file", file.path.display()))
        }
        Features::Judge { .. } | Features::File(_) => Ok(()),
    }
}

/// The figures of what a checkpoint's generator makes, as its run's config says, or as `wanted`. Reads the data of the
/// run. `reading` is told of that, `watch` of the rest.
///
/// # Errors
/// The data cannot be read, the device or the features cannot be had, or it was broken off.
pub fn evaluate(
    checkpoint: &Checkpoint,
    wanted: &Wanted,
    cache: &Cache,
    reading: ReadingWatch<'_>,
    watch: Watch<'_>,
) -> Result<Evaluation, Error> {
    let config = &checkpoint.info.config;
    let place = device::choose(wanted.device)?;
    let source = Source::open_watched(&config.data, reading)?;
    let mut asked = config.evaluate.clone().unwrap_or_else(|| usual(&source));
    asked.samples = wanted.samples.unwrap_or(asked.samples);
    asked.against = wanted.against.clone().unwrap_or(asked.against);
    asked.features = wanted.features.clone().unwrap_or(asked.features);
    let against = Kept::against(&asked.against, config).map_err(Error::Against)?;
    let training = Kept::of_run(source);
    let seed = wanted.seed.unwrap_or(config.seed);
    let step = checkpoint.info.step;
    let rng = seed::rng(seed, Stream::Evaluate, step);
    let mut sampler = Sampler::of_checkpoint(checkpoint, asked.samples, rng, wanted.raw, place.0)?;
    let against = against.as_ref().map(|against| against as &dyn evaluate::Reals);
    let evaluator = Evaluator::open(&asked, &training, against, cache, place.0, watch)?;
    let averaged = config.generator.ema.is_some() && !wanted.raw;
    Ok(evaluator.evaluate(Sampled { step, seed, averaged, generate: &mut sampler }, watch)?)
}
