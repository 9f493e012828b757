//! `gantop export`: samples of a checkpoint's generator in a file.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::Args;

use super::samples;
use crate::config::limits::MAX_WHOLE;
use crate::domain::SampleShape;
use crate::link::checkpoint::{self, Checkpoint};
use crate::run::{checkpoints, folder};
use crate::system::files;
use crate::train;

/// The most numbers that are generated: 1 GiB of them.
const MOST_NUMBERS: usize = 1 << 28;

/// `gantop export`.
#[derive(Clone, Debug, Args)]
pub struct Export {
    /// A run's directory, of which the newest checkpoint is taken, or a checkpoint's file
    pub run: PathBuf,
    /// How many samples
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..))]
    pub samples: u64,
    /// The file: .npy or .csv, a row a sample; .png, a sheet of images
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// The seed of the noise [default: the run's]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=MAX_WHOLE))]
    pub seed: Option<u64>,
    /// Of the generator's weights themselves, where the run keeps an average of them
    #[arg(long)]
    pub raw: bool,
    /// Write over a file that is there
    #[arg(long)]
    pub force: bool,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{}: {why}", path.display())]
    Out { path: PathBuf, why: String },
    #[error("{0}")]
    Run(String),
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

/// The kinds of file that can be written.
#[derive(Clone, Copy)]
enum Form {
    Npy,
    Csv,
    Png,
}

impl Export {
    /// Writes the file, and says what is in it.
    ///
    /// # Errors
    ///
    /// No checkpoint can be read, or the file cannot be written, is there already or is of no kind for such samples.
    pub fn run(&self) -> Result<String, Error> {
        let wrong = |why: String| Error::Out { path: self.out.clone(), why };
        let ending = self.out.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
        let form = match ending.as_deref() {
            Some("npy") => Form::Npy,
            Some("csv") => Form::Csv,
            Some("png") => Form::Png,
            _ => return Err(wrong("must end in .npy, .csv or .png".to_owned())),
        };
        if self.out.exists() && !self.force {
            return Err(wrong("exists; --force writes over it".to_owned()));
        }
        let (file, checkpoint) = self.checkpoint()?;
        let sample = checkpoint.info.shape.len();
        let n = usize::try_from(self.samples).ok().filter(|n| n.saturating_mul(sample) <= MOST_NUMBERS);
        let n = n.ok_or_else(|| Error::Run(format!("--samples: at most {} of these", MOST_NUMBERS / sample)))?;
        if let (Form::Png, SampleShape::Point { .. }) = (form, checkpoint.info.shape) {
            return Err(wrong("the samples are points, no images: write .npy or .csv".to_owned()));
        }
        let values = train::generate(&checkpoint, self.seed.unwrap_or(checkpoint.info.config.seed), n, self.raw)?;
        // Written under another name, so that nothing is lost of a file that is there if this fails.
        let write = |out: &mut dyn Write| match form {
            Form::Npy => samples::write_npy(out, &values, sample),
            Form::Csv => samples::write_csv(out, &values, sample),
            Form::Png => sheet(out, &values, &checkpoint),
        };
        let fail = |why| Error::Write { path: self.out.clone(), why };
        let (dir, name) = files::parent(&self.out).map_err(fail)?;
        let written = dir.replace_with(name, |file| {
            let mut out = BufWriter::new(file);
            write(&mut out)?;
            out.flush()
        });
        written.map_err(fail)?;
        let (out, step, file) = (self.out.display(), checkpoint.info.step, file.display());
        let which = match (checkpoint.info.config.generator.ema.is_some(), self.raw) {
            (true, false) => "averaged generator",
            (true, true) => "raw generator",
            (false, _) => "generator",
        };
        Ok(format!("{out}: {n} samples of the {which} after {step} steps, from {file}\n"))
    }

    fn checkpoint(&self) -> Result<(PathBuf, Checkpoint), Error> {
        let run = folder::find(&self.run);
        if run.is_dir() {
            let (_, file, checkpoint, _) = checkpoints::newest(&run).map_err(Error::Run)?;
            return Ok((file, checkpoint));
        }
        let checkpoint = checkpoint::read(&run)?;
        Ok((run, checkpoint))
    }
}

/// Images side by side in a square sheet, a pixel apart.
fn sheet(out: &mut dyn Write, values: &[f32], checkpoint: &Checkpoint) -> io::Result<()> {
    let SampleShape::Image { width, height, channels, range } = checkpoint.info.shape else {
        return Err(io::Error::other("the samples are no images"));
    };
    let colour = match channels {
        1 => png::ColorType::Grayscale,
        3 => png::ColorType::Rgb,
        _ => return Err(io::Error::other(format!("images of {channels} channels; 1 and 3 are known"))),
    };
    let (low, high) = range.ends();
    let n = values.len() / checkpoint.info.shape.len();
    let columns = (1..).find(|side| side * side >= n).unwrap_or(n);
    let rows = n.div_ceil(columns);
    let (across, down) = (columns * (width + 1) - 1, rows * (height + 1) - 1);
    let mut pixels = vec![0u8; across * down * channels];
    for (i, image) in values.chunks_exact(checkpoint.info.shape.len()).enumerate() {
        let (left, top) = (i % columns * (width + 1), i / columns * (height + 1));
        for (y, line) in image.chunks_exact(width * channels).enumerate() {
            let at = ((top + y) * across + left) * channels;
            for (pixel, value) in pixels[at..].iter_mut().zip(line) {
                // A cast to u8 stays within it.
                *pixel = ((value - low) / (high - low) * 255.0).round() as u8;
            }
        }
    }
    let side = |side: usize| u32::try_from(side).map_err(io::Error::other);
    let mut encoder = png::Encoder::new(out, side(across)?, side(down)?);
    encoder.set_color(colour);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&pixels)?;
    Ok(())
}
