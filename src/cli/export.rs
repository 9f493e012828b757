//! `gantop export`: samples of a checkpoint's generator as files, what lies between two of them, and how they grew.

mod film;
mod form;

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;

use self::form::{Form, Frames};
use crate::config::limits::MAX_WHOLE;
use crate::domain::SampleShape;
use crate::domain::picture;
use crate::link::checkpoint::{self, Checkpoint};
use crate::run::{checkpoints, folder};
use crate::session::request::words;
use crate::train::Maker;

/// The most numbers that are generated: 1 GiB of them.
const MOST_NUMBERS: usize = 1 << 28;
/// The most frames from one sample to another.
const MOST_FRAMES: u64 = 10_000;

/// `gantop export`.
#[derive(Clone, Debug, Args)]
pub struct Export {
    /// A run's directory or the beginning of its name in `runs`: its newest checkpoint is taken. Or a checkpoint's
    /// file
    #[arg(default_value = folder::NEWEST, add = words::runs_and_files())]
    pub run: PathBuf,
    /// How many samples
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..))]
    pub samples: u64,
    /// The file to write, of the kind that its ending says. A row per sample: .npy, .csv. For images also .png, a sheet
    /// of all; .npz, bytes [n, height, width, channels] as `arr_0`; DIR/, a PNG file each. With --interpolate or
    /// --film .gif or .png, which move
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// The seed of the noise [default: the run's]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=MAX_WHOLE))]
    pub seed: Option<u64>,
    /// Take the generator's weights themselves where the run keeps an average of them
    #[arg(long)]
    pub raw: bool,
    /// Draw numbers of the noise that are further from 0 than this again: less variety, more typical samples
    #[arg(long, value_name = "LIMIT", value_parser = limit)]
    pub truncation: Option<f32>,
    /// Write what lies between two samples, which are counted from 0 among those that --samples writes
    #[arg(long, value_names = ["A", "B"], num_args = 2, conflicts_with = "samples")]
    pub interpolate: Option<Vec<u64>>,
    /// Frames of it, both ends among them
    #[arg(long, value_name = "N", default_value_t = 60, requires = "interpolate", value_parser = clap::value_parser!(u64).range(2..=MOST_FRAMES))]
    pub frames: u64,
    /// Write how the samples of the same noise grew over the run: from its recorded pictures, or from its checkpoints
    #[arg(long, conflicts_with_all = ["samples", "interpolate", "seed", "truncation"])]
    pub film: bool,
    /// Frames a second of what moves
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u16).range(1..=50))]
    pub rate: u16,
    /// Overwrite what is there
    #[arg(long)]
    pub force: bool,
}

/// Reads the limit of the noise.
fn limit(text: &str) -> Result<f32, String> {
    let limit = text.parse::<f32>().ok().filter(|limit| (0.01..=100.0).contains(limit));
    limit.ok_or_else(|| "must be a number from 0.01 to 100".to_owned())
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{}: {why}", path.display())]
    Out { path: PathBuf, why: String },
    #[error("{0}")]
    Run(String),
    #[error(transparent)]
    Unclear(#[from] folder::Unclear),
    #[error(transparent)]
    NotFound(#[from] checkpoints::NotFound),
    #[error(transparent)]
    Checkpoint(#[from] checkpoint::Error),
    #[error("{}: cannot be written: {why}", path.display())]
    Write { path: PathBuf, why: io::Error },
}

impl Error {
    /// Whether other arguments would have done.
    pub fn is_bad_input(&self) -> bool {
        !matches!(self, Error::Write { .. })
    }
}

impl Export {
    /// Writes the file, and says what is in it.
    ///
    /// # Errors
    ///
    /// No checkpoint can be read, or the file cannot be written, is there already or is of no kind for such samples.
    pub fn run(&self) -> Result<String, Error> {
        let form = Form::of(&self.out, self.interpolate.is_some() || self.film).map_err(|why| self.wrong(why))?;
        form.check(&self.out, self.force).map_err(|why| self.wrong(why))?;
        if self.film {
            return self.write_film(form);
        }
        let (file, checkpoint) = checkpoints::find(&self.run)?;
        if let (true, SampleShape::Point { .. }) = (form.is_of_images(), checkpoint.info.shape) {
            return Err(self.wrong("the samples are points, not images: write .npy or .csv".to_owned()));
        }
        let ends = match self.interpolate.as_deref() {
            Some(&[from, to]) => Some((from, to)),
            _ => None,
        };
        let count = self.count(ends.map_or(self.samples, |(from, to)| from.max(to).saturating_add(1)), &checkpoint)?;
        let maker = Maker::new(&checkpoint, self.raw)?;
        let noise = maker.noise(self.seed.unwrap_or(checkpoint.info.config.seed), count, self.truncation);
        let (values, what) = match ends {
            Some((from, to)) => (self.between(&maker, &noise, from, to, &checkpoint)?, "frames between two samples"),
            None => (maker.samples(&noise), "samples"),
        };
        let n = values.len() / checkpoint.info.shape.len().max(1);
        form.write(&self.out, checkpoint.info.shape, &values, self.rate).map_err(|why| self.failed(why))?;
        let (out, step, file) = (self.out.display(), checkpoint.info.step, file.display());
        let which = match (checkpoint.info.config.generator.ema.is_some(), self.raw) {
            (true, false) => "averaged generator",
            (true, true) => "raw generator",
            (false, _) => "generator",
        };
        Ok(format!("{out}: {n} {what} of the {which} after {step} steps, from {file}\n"))
    }

    /// A number of samples, if there is room for them, which is asked before any memory is.
    fn count(&self, samples: u64, checkpoint: &Checkpoint) -> Result<usize, Error> {
        let shape = checkpoint.info.shape;
        let numbers = shape.len().max(checkpoint.info.config.generator.latent_dims(shape)).max(1);
        let n = usize::try_from(samples).ok().filter(|n| n.saturating_mul(numbers) <= MOST_NUMBERS);
        n.ok_or_else(|| Error::Run(format!("--samples: at most {} of these", MOST_NUMBERS / numbers)))
    }

    /// The samples on the way between two rows of `noise`.
    fn between(
        &self,
        maker: &Maker,
        noise: &[f32],
        from: u64,
        to: u64,
        checkpoint: &Checkpoint,
    ) -> Result<Vec<f32>, Error> {
        let frames = self.frames as usize;
        if frames.saturating_mul(checkpoint.info.shape.len()) > MOST_NUMBERS {
            return Err(Error::Run(format!("--frames: at most {}", MOST_NUMBERS / checkpoint.info.shape.len().max(1))));
        }
        let row = |of: u64| &noise[of as usize * maker.latent()..][..maker.latent()];
        Ok(maker.samples(&maker.path(row(from), row(to), frames)))
    }

    fn write_film(&self, form: Form) -> Result<String, Error> {
        let run = folder::find(&self.run)?;
        if !run.is_dir() {
            let why = "is a single checkpoint, and a film needs a run's directory";
            return Err(Error::Run(format!("{}: {why}", run.display())));
        }
        let film = film::of(&run, self.raw).map_err(Error::Run)?;
        let (first, last) = (film.steps.first().copied().unwrap_or(0), film.steps.last().copied().unwrap_or(0));
        let (count, source) = (film.steps.len(), film.source);
        let frames = Frames { count, frames: Box::new(film.frames) };
        form.write_frames(&self.out, frames, self.rate).map_err(|why| self.failed(why))?;
        let out = self.out.display();
        Ok(format!("{out}: {count} frames from step {first} to step {last}, from {source} of {}\n", run.display()))
    }

    fn wrong(&self, why: String) -> Error {
        Error::Out { path: self.out.clone(), why }
    }

    fn failed(&self, why: io::Error) -> Error {
        Error::Write { path: self.out.clone(), why }
    }
}

/// Images of a checkpoint as one picture, whose noise depends on the run's seed alone.
fn sheet(file: &Path, raw: bool, images: usize) -> Result<picture::Picture, String> {
    let checkpoint = checkpoint::read(file).map_err(|error| error.to_string())?;
    let maker = Maker::new(&checkpoint, raw).map_err(|error| format!("{}: {error}", file.display()))?;
    let values = maker.samples(&maker.fixed_noise(checkpoint.info.config.seed, images));
    let shape = checkpoint.info.shape;
    let (low, high) = shape.pixel_range().unwrap_or_default().ends();
    picture::sheet(shape, &values, low, high)
        .ok_or_else(|| "the samples are points, not images: no film can be made of them".to_owned())
}
