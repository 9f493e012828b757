//! The source of samples' features, whichever it is.

use tch::{Device, Kind, Tensor};

use super::judge::Judge;
use super::pixels::Projection;
use super::reals::Content;
use super::script::Script;
use super::{Cache, Error, Reals, Watch};
use crate::config;
use crate::domain::SampleShape;
use crate::domain::quality::FeatureKind;

/// The source of samples' features.
#[derive(Debug)]
pub enum Extractor {
    Pixels(Projection),
    Judge(Judge),
    File(Script),
}

/// The features and classes that were seen in samples.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Their features, one sample after the other.
    pub features: Vec<f32>,
    /// The logits of their classes, one sample after the other; none where classes are not known.
    pub logits: Vec<f32>,
}

impl Extractor {
    /// The features that `wanted` asks for, for samples like those of `training`, whose content this is: on them a
    /// judge is trained, if the cache has none.
    ///
    /// # Errors
    /// These samples have none such; a judge that is not good enough; a file that cannot be used; cancelled.
    pub fn open(
        wanted: &config::Features,
        training: &dyn Reals,
        content: &Content,
        cache: &Cache,
        device: Device,
        watch: Watch<'_>,
    ) -> Result<Extractor, Error> {
        Ok(match wanted {
            config::Features::Pixels => Extractor::Pixels(Projection::new(training.shape(), device)),
            config::Features::Judge { accuracy } => {
                Extractor::Judge(Judge::open(*accuracy, training, content, cache, device, watch)?)
            }
            config::Features::File(file) => Extractor::File(Script::open(file, training.shape(), device)?),
        })
    }

    /// The kind of features.
    pub fn kind(&self) -> FeatureKind {
        match self {
            Extractor::Pixels(_) => FeatureKind::Pixels,
            Extractor::Judge(_) => FeatureKind::Judge,
            Extractor::File(script) if script.is_inception() => FeatureKind::Inception,
            Extractor::File(_) => FeatureKind::File,
        }
    }

    /// Features of a sample.
    pub fn dims(&self) -> usize {
        match self {
            Extractor::Pixels(projection) => projection.dims(),
            Extractor::Judge(_) => Judge::DIMS,
            Extractor::File(script) => script.dims(),
        }
    }

    /// The number of classes that it knows.
    pub fn classes(&self) -> Option<usize> {
        match self {
            Extractor::Judge(judge) => Some(judge.classes()),
            Extractor::Pixels(_) | Extractor::File(_) => None,
        }
    }

    /// The identity of it: no other one has the same.
    pub fn digest(&self) -> String {
        match self {
            Extractor::Pixels(projection) => projection.digest(),
            Extractor::Judge(judge) => judge.digest().to_owned(),
            Extractor::File(script) => script.digest().to_owned(),
        }
    }

    /// The name of it, for a person.
    pub fn which(&self) -> String {
        match self {
            Extractor::Pixels(projection) => projection.which(),
            Extractor::Judge(judge) => judge.which(),
            Extractor::File(script) => script.which(),
        }
    }

    /// The number of samples it looks at at once.
    pub fn batch(&self) -> usize {
        match self {
            Extractor::Pixels(_) => 1024,
            Extractor::Judge(_) => 128,
            Extractor::File(_) => 32,
        }
    }

    /// The sight of samples, as many as `batch` says, or fewer.
    ///
    /// # Errors
    /// libtorch refuses, or what comes back are no features of so many samples.
    pub fn see(&self, samples: &[f32]) -> Result<Seen, Error> {
        tch::no_grad(|| match self {
            Extractor::Pixels(projection) => projection.see(samples),
            Extractor::Judge(judge) => judge.see(samples),
            Extractor::File(script) => script.see(samples),
        })
    }
}

/// Samples as pictures, \[n, channels, height, width\], from −1 to 1; none of points.
pub fn pictures(samples: &[f32], shape: SampleShape, device: Device) -> Option<Tensor> {
    let SampleShape::Image { width, height, channels, range } = shape else { return None };
    let size = [height, width, channels].map(|side| side as i64);
    let pictures = Tensor::from_slice(samples).view([-1, size[0], size[1], size[2]]).permute([0, 3, 1, 2]).contiguous();
    let (low, high) = range.ends();
    let (low, high) = (f64::from(low), f64::from(high));
    // Nothing is done to what spans −1 to 1 already, not even rounding.
    let pictures = if (low, high) == (-1.0, 1.0) { pictures } else { (pictures - low) * (2.0 / (high - low)) - 1.0 };
    Some(pictures.to_device(device))
}

/// A tensor's numbers on the host, in single precision.
pub fn numbers(tensor: &Tensor) -> Result<Vec<f32>, Error> {
    let tensor = tensor.to_device(Device::Cpu).to_kind(Kind::Float).contiguous();
    let mut numbers = vec![0f32; tensor.numel()];
    tensor.f_copy_data(&mut numbers, tensor.numel())?;
    Ok(numbers)
}
