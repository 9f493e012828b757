//! The quality of generated samples: features of real and of generated ones, and the figures of `theory::quality` in
//! them.
//!
//! Real samples come through [`Reals`] and generated ones through [`Generate`]; the rest needs neither a run nor a
//! trainer. Whatever is costly and does not depend on the generator, the judge and the moments of the real samples, is
//! kept in a [`Cache`] by the content that it was made of. Nothing here draws from a random state that training has a
//! part in.
//!
//! It uses `domain`, `system`, `theory`, `config` and `link`. Start reading at [`Evaluator`].

mod cache;
mod digest;
mod evaluator;
mod features;
mod judge;
mod pixels;
mod reals;
mod script;

use std::ops::ControlFlow;

use crate::domain::SampleShape;
use crate::theory::quality;

pub use cache::Cache;
pub use digest::Digest;
pub use evaluator::{Evaluator, Sampled};

/// Real samples, read by their number. The same number always gives the same sample.
pub trait Reals: Send + Sync {
    /// The shape of a sample.
    fn shape(&self) -> SampleShape;

    /// The number of samples; none where they are drawn, without an end.
    fn count(&self) -> Option<usize>;

    /// Writes the sample number `index`, counted from 0.
    ///
    /// # Errors
    /// It cannot be read: why, for a person.
    fn read(&self, index: usize, sample: &mut [f32]) -> Result<(), String>;

    /// The number of classes that the labels tell apart, where there are labels.
    fn classes(&self) -> Option<usize>;

    /// The class of the sample number `index`, where there are labels.
    fn label(&self, index: usize) -> Option<usize>;

    /// The name of the samples, for a person: `train`, or a path.
    fn name(&self) -> String;
}

/// The maker of the samples to be evaluated.
pub trait Generate: Send {
    /// The next samples, some of them, row-major; none when all have been made.
    fn next(&mut self) -> Option<Vec<f32>>;
}

/// The stage that an evaluation is at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    pub stage: Stage,
    /// The share of it that is done, from 0 to 1.
    pub done: f64,
}

/// The parts of an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Training the judge, once.
    Judge,
    /// Features of the real samples, once.
    Real,
    /// Generated samples, their features and the figures.
    Generated,
}

impl Stage {
    /// The work under way, for a person.
    pub fn words(self) -> &'static str {
        match self {
            Stage::Judge => "training the judge",
            Stage::Real => "looking at the data",
            Stage::Generated => "evaluating",
        }
    }
}

/// Told how far an evaluation is; says whether to go on.
pub type Watch<'a> = &'a mut dyn FnMut(Progress) -> ControlFlow<()>;

/// Why there is no evaluation. Each is for the person who asked for it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// The features that are asked for cannot be had from these data.
    #[error("{0}")]
    Features(String),
    /// The judge is not good enough to judge.
    #[error(
        "the judge names {:.1} % of held-back images right, less than the {:.1} % of evaluate.features.accuracy: \
         its features say little of these data; accept it with a lower evaluate.features.accuracy, or use features of \
         another kind", 100.0 * accuracy, 100.0 * wanted
    )]
    Judge {
        /// The share that it names right.
        accuracy: f64,
        /// The least share that is accepted.
        wanted: f64,
    },
    /// The network in a file cannot be used.
    #[error("{path}: {why}")]
    File {
        /// The path of the file.
        path: String,
        /// Why not.
        why: String,
    },
    /// A real sample cannot be read.
    #[error("a real sample cannot be read: {0}")]
    Read(String),
    /// There is no such figure of these samples.
    #[error(transparent)]
    Quality(#[from] quality::Error),
    /// libtorch refused.
    #[error("libtorch refused: {0}")]
    Torch(String),
    /// Whoever watched has broken it off.
    #[error("the evaluation was cancelled")]
    Cancelled,
}

impl Error {
    /// Whether whoever watched has broken it off.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Error::Cancelled | Error::Quality(quality::Error::Cancelled))
    }
}

impl From<tch::TchError> for Error {
    fn from(error: tch::TchError) -> Error {
        let text = error.to_string();
        Error::Torch(first_line(&text).to_owned())
    }
}

/// The first line of what libtorch says, without the frames that it adds.
fn first_line(text: &str) -> &str {
    let text = text.split("\\nException raised").next().unwrap_or(text);
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it gives no reason")
}

/// Tells `watch` how far the evaluation is.
///
/// # Errors
/// It says to give up.
fn tell(watch: Watch<'_>, stage: Stage, done: f64) -> Result<(), Error> {
    match watch(Progress { stage, done: done.clamp(0.0, 1.0) }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(Error::Cancelled),
    }
}

#[cfg(test)]
mod tests;
