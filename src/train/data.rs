//! The sources of real samples: mixtures and curves drawn on the spot, and images, in memory or read from disk ahead of
//! the step.
//!
//! Everything here is plain `f32` on the host. A run has a [`Reader`], which gives batches by step and update; whoever
//! else draws from a [`Source`] owns the random state, so that samples are a function of that state alone.

mod ahead;
mod archive;
mod batch;
pub mod cifar;
mod curve;
pub mod idx;
mod images;
mod located;
mod mixture;
pub mod numpy;
mod overview;
pub mod pictures;
mod watch;

use std::f64::consts::TAU;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::{self, Component};
use crate::domain::SampleShape;
use crate::domain::seed::Rng;
use crate::link::DataFailure;
use crate::system::cache;
use crate::theory::distance::modes::Mode;

pub use batch::{Batch, Reader, Turn};
use curve::Curve;
use images::Images;
use mixture::Mixture;
pub use overview::{Overview, overview};
use pictures::Wanted;
pub use watch::{Progress, Watch, unwatched};

/// Why there are no real samples, before a run or in the middle of one. Each is for the person who wrote the config,
/// and says all there is to say: it has no source.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The mixture, ring or grid cannot be drawn from.
    #[error("data: {0}")]
    Mixture(String),
    /// The image file cannot be used.
    #[error("data.path: {0}")]
    Idx(idx::Error),
    /// CIFAR's files cannot be used.
    #[error("data.path: {0}")]
    Cifar(cifar::Error),
    /// The array of images cannot be used.
    #[error("data.path: {0}")]
    Numpy(numpy::Error),
    /// The files of images cannot be used.
    #[error("data.path: {0}")]
    Pictures(pictures::Error),
    /// One sample of a file cannot be read.
    #[error("data.path: {}: image {index} of {count}, counted from 0, cannot be read: {why}", path.display())]
    Sample { path: PathBuf, index: usize, count: usize, why: String },
    /// Whoever watched broke it off.
    #[error("interrupted while the images were read")]
    Interrupted,
    /// Labels are asked for, and there are none.
    #[error("data: the samples have no labels")]
    Unlabelled,
    /// There is no thread to read on.
    #[error("data: no thread to read ahead: {0}")]
    Thread(io::Error),
    /// The thread that reads is gone.
    #[error("data: the thread that reads ahead has ended")]
    Stopped,
}

impl Error {
    /// Whether whoever watched the reading broke it off.
    pub fn is_interruption(&self) -> bool {
        match self {
            Error::Interrupted => true,
            Error::Pictures(error) => error.is_interruption(),
            _ => false,
        }
    }

    /// Whether images are of several sizes, and the config does not say which one they are to have.
    pub fn wants_size(&self) -> bool {
        matches!(self, Error::Pictures(error) if error.wants_size())
    }

    /// The message of a run that cannot go on.
    pub fn failure(&self) -> DataFailure {
        match self {
            Error::Sample { path, index, why, .. } => {
                DataFailure { file: Some(path.display().to_string()), index: Some(*index as u64), why: why.clone() }
            }
            Error::Mixture(_)
            | Error::Pictures(_)
            | Error::Numpy(_)
            | Error::Idx(_)
            | Error::Cifar(_)
            | Error::Unlabelled
            | Error::Interrupted
            | Error::Thread(_)
            | Error::Stopped => DataFailure { file: None, index: None, why: self.to_string() },
        }
    }
}

/// A source of real samples, ready to draw from.
#[derive(Clone, Debug)]
pub struct Source(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Mixture(Mixture),
    Curve(Curve),
    Images(Arc<Images>),
}

impl Source {
    /// Makes what `data` describes ready; reads its file, if it has one.
    ///
    /// # Errors
    /// A mixture that is no distribution; an image file that is missing, malformed or empty.
    pub fn open(data: &config::Data) -> Result<Source, Error> {
        Source::read(data, None, &mut unwatched)
    }

    /// The same, where `watch` is told how far the reading has come, and may break it off. What it takes long to decode is
    /// kept in the cache, and taken from there.
    ///
    /// # Errors
    /// Those of [`Source::open`]; it was broken off, which is an [`Error::is_interruption`].
    pub fn open_watched(data: &config::Data, watch: Watch<'_>) -> Result<Source, Error> {
        Source::read(data, cache::folder().as_deref(), watch)
    }

    fn read(data: &config::Data, cache: Option<&Path>, watch: Watch<'_>) -> Result<Source, Error> {
        let kind = match data {
            &config::Data::Ring { modes, radius, std } => {
                let angle = |i: usize| TAU * i as f64 / modes as f64;
                let mean = |i| vec![radius * angle(i).cos(), radius * angle(i).sin()];
                Kind::Mixture(equal(modes, mean, std)?)
            }
            &config::Data::Grid { side, spacing, std } => {
                let at = |i: usize| spacing * (i as f64 - (side as f64 - 1.0) / 2.0);
                let mean = |i| vec![at(i % side), at(i / side)];
                Kind::Mixture(equal(side.saturating_mul(side), mean, std)?)
            }
            config::Data::Mixture { components } => Kind::Mixture(Mixture::new(components)?),
            &config::Data::SwissRoll { noise } => Kind::Curve(Curve::SwissRoll { noise }),
            &config::Data::Moons { noise } => Kind::Curve(Curve::Moons { noise }),
            config::Data::Checkerboard => Kind::Curve(Curve::Checkerboard),
            &config::Data::Lines { theta } => Kind::Curve(Curve::Line { x: theta as f32 }),
            config::Data::Idx(data) => Kind::Images(Arc::new(idx::read(data).map_err(Error::Idx)?)),
            config::Data::Cifar { images, coarse } => {
                Kind::Images(Arc::new(cifar::read(images, *coarse).map_err(Error::Cifar)?))
            }
            config::Data::Folder { images, fit, on_bad } => {
                let read = pictures::folder(&Wanted { data: images, fit, on_bad: *on_bad, cache }, watch);
                Kind::Images(Arc::new(read.map_err(Error::Pictures)?))
            }
            config::Data::Zip { images, fit, on_bad } => {
                let read = pictures::zip(&Wanted { data: images, fit, on_bad: *on_bad, cache }, watch);
                Kind::Images(Arc::new(read.map_err(Error::Pictures)?))
            }
            config::Data::Npy(data) => Kind::Images(Arc::new(numpy::npy(data).map_err(Error::Numpy)?)),
            config::Data::Npz { images, array } => {
                Kind::Images(Arc::new(numpy::npz(images, array).map_err(Error::Numpy)?))
            }
        };
        Ok(Source(kind))
    }

    /// The shape of one sample.
    pub fn shape(&self) -> SampleShape {
        match &self.0 {
            Kind::Mixture(mixture) => SampleShape::Point { dims: mixture.dims() },
            Kind::Curve(_) => SampleShape::Point { dims: 2 },
            Kind::Images(images) => images.shape,
        }
    }

    /// The notes about images that are files: what was done to them and what was left out, a line each.
    pub fn lines(&self) -> Vec<String> {
        match &self.0 {
            Kind::Mixture(_) | Kind::Curve(_) => Vec::new(),
            Kind::Images(images) => images.survey.lines(),
        }
    }

    /// The modes of the data: the Gaussians of a ring, a grid or a mixture; none for anything else.
    pub fn modes(&self) -> Vec<Mode> {
        match &self.0 {
            Kind::Mixture(mixture) => mixture.modes(),
            Kind::Curve(_) | Kind::Images(_) => Vec::new(),
        }
    }

    /// The number of classes that the labels tell apart, where the samples have labels: one more than the largest
    /// label, or as many as have names.
    pub fn classes(&self) -> Option<usize> {
        match &self.0 {
            Kind::Mixture(_) | Kind::Curve(_) => None,
            Kind::Images(images) => images.classes(),
        }
    }

    /// The names of the classes, by their numbers; nothing where they have no names.
    pub fn class_names(&self) -> &[String] {
        match &self.0 {
            Kind::Mixture(_) | Kind::Curve(_) => &[],
            Kind::Images(images) => &images.survey.classes,
        }
    }

    /// Whether samples stay on disk until they are drawn.
    pub fn is_streamed(&self) -> bool {
        match &self.0 {
            Kind::Mixture(_) | Kind::Curve(_) => false,
            Kind::Images(images) => images.is_streamed(),
        }
    }

    /// Fills `out` with independent samples, as [`Source::draw`] does.
    ///
    /// # Errors
    /// A sample cannot be read.
    pub fn fill(&self, rng: &mut Rng, out: &mut [f32]) -> Result<(), Error> {
        self.draw(rng, &mut Batch::of(out))
    }

    /// Fills a batch with independent samples. They depend on nothing but `rng`, which moves on by as much whether or
    /// not labels are asked for. Allocates nothing where samples are in memory or drawn on the spot.
    ///
    /// # Errors
    /// A sample cannot be read; labels are asked for, and there are none.
    pub fn draw(&self, rng: &mut Rng, batch: &mut Batch<'_>) -> Result<(), Error> {
        match &self.0 {
            Kind::Mixture(_) | Kind::Curve(_) if batch.labels.is_some() => return Err(Error::Unlabelled),
            Kind::Mixture(mixture) => mixture.fill(rng, batch.samples),
            Kind::Curve(curve) => curve.fill(rng, batch.samples),
            Kind::Images(images) => images.draw(rng, batch)?,
        }
        Ok(())
    }

    /// The number of samples there are; none where they are drawn, without an end.
    pub fn count(&self) -> Option<usize> {
        match &self.0 {
            Kind::Mixture(_) | Kind::Curve(_) => None,
            Kind::Images(images) => Some(images.count),
        }
    }

    /// Writes the sample number `index`, counted from 0, and as the file has it, not mirrored. Of samples that are
    /// drawn it is the one that `rng` makes.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn sample(&self, index: usize, rng: &mut Rng, out: &mut [f32]) -> Result<(), Error> {
        match &self.0 {
            Kind::Mixture(_) | Kind::Curve(_) => self.fill(rng, out),
            Kind::Images(images) => {
                let mut bytes = vec![0; images.shape.len()];
                images.read(index, &mut bytes)?;
                images.convert(&bytes, false, out);
                Ok(())
            }
        }
    }

    /// The class of the sample number `index`, where samples have labels.
    pub fn label(&self, index: usize) -> Option<usize> {
        match &self.0 {
            Kind::Mixture(_) | Kind::Curve(_) => None,
            Kind::Images(images) => images.labels.as_ref()?.get(index).map(|&label| label.into()),
        }
    }

    /// Moves `rng` on as [`Source::draw`] would, for a batch as large as `scratch`, which is overwritten or not.
    fn skip(&self, rng: &mut Rng, scratch: &mut [f32]) {
        match &self.0 {
            Kind::Mixture(mixture) => mixture.fill(rng, scratch),
            Kind::Curve(curve) => curve.fill(rng, scratch),
            Kind::Images(images) => images.skip(rng, scratch.len() / images.shape.len()),
        }
    }
}

/// `count` Gaussians of the same weight and deviation, the i-th at `mean(i)`.
fn equal(count: usize, mean: impl Fn(usize) -> Vec<f64>, std: f64) -> Result<Mixture, Error> {
    mixture::check_count(count)?;
    let components: Vec<Component> = (0..count).map(|i| Component { weight: 1.0, mean: mean(i), std }).collect();
    Mixture::new(&components)
}

#[cfg(test)]
mod tests;
