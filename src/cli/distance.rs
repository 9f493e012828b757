//! `gantop distance`: how far apart two files of samples are.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use super::samples;
use crate::config::limits::MAX_WHOLE;
use crate::theory::distance::compare::{self, Distance, Options};
use crate::theory::distance::histogram::MOST_CELLS;
use crate::theory::distance::{self, Points};

/// `gantop distance`.
#[derive(Clone, Debug, Args)]
pub struct Compare {
    /// A file of samples, a row each: CSV, or NumPy's .npy
    pub a: PathBuf,
    /// The file to compare it with
    pub b: PathBuf,
    /// Print CSV, a row for each distance
    #[arg(long)]
    pub csv: bool,
    /// The seed of subsamples and of the sliced distance's directions
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=MAX_WHOLE))]
    pub seed: u64,
    /// How many samples of a file to use at most for the exact Earth Mover's distance in more than one dimension, from 1
    /// to 8192
    #[arg(long, value_name = "N", default_value_t = 2048, value_parser = clap::value_parser!(u16).range(1..=8192))]
    pub em_samples: u16,
    /// Directions of the sliced distance, from 1 to 4096
    #[arg(long, value_name = "N", default_value_t = 128, value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub directions: u16,
    /// Cells of the histograms along each coordinate [default: by the number of samples]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=MOST_CELLS as i64))]
    pub cells: Option<u32>,
}

/// Why two files cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// One of them cannot be used.
    #[error(transparent)]
    Samples(#[from] samples::Error),
    /// Each can, but not together.
    #[error("{} and {}: {error}", a.display(), b.display())]
    Together {
        /// The first.
        a: PathBuf,
        /// The second.
        b: PathBuf,
        /// The problem.
        error: distance::Error,
    },
}

impl Compare {
    /// The text to print.
    ///
    /// # Errors
    /// A file that cannot be used, or two that do not go together.
    pub fn text(&self) -> Result<String, Error> {
        let (a, b) = (samples::read(&self.a)?, samples::read(&self.b)?);
        let options = Options {
            seed: self.seed,
            em_limit: usize::from(self.em_samples),
            directions: usize::from(self.directions),
            cells: self.cells.map(|cells| cells as usize),
        };
        let together = |error| Error::Together { a: self.a.clone(), b: self.b.clone(), error };
        let distances = compare::compare(&a, &b, &options).map_err(together)?;
        Ok(if self.csv { rows(&self.a, &self.b, &distances) } else { table((&self.a, &a), (&self.b, &b), &distances) })
    }
}

/// A row for each distance, with the files, so that the outputs for many pairs can be put together.
fn rows(a: &Path, b: &Path, distances: &[Distance]) -> String {
    let mut out = String::from("a,b,distance,value,samples_a,samples_b,seconds,note\n");
    let (a, b) = (quoted(&a.to_string_lossy()), quoted(&b.to_string_lossy()));
    for Distance { name, value, samples, seconds, note, .. } in distances {
        let note = quoted(note);
        let _ = writeln!(out, "{a},{b},{name},{value},{},{},{seconds:.6},{note}", samples.0, samples.1);
    }
    out
}

/// A field of a CSV file, in quotes where it needs them.
fn quoted(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

fn table(a: (&Path, &Points), b: (&Path, &Points), distances: &[Distance]) -> String {
    let mut out = String::new();
    for (name, (path, points)) in [("A", a), ("B", b)] {
        let (n, dims) = (points.len(), points.dims());
        let plural = |n: usize| if n == 1 { "" } else { "s" };
        let what = format!("{n} sample{} of {dims} number{}", plural(n), plural(dims));
        let _ = writeln!(out, "{name}  {}  {what}", path.display());
    }
    let _ = writeln!(out, "\n{:22} {:>12} {:>17} {:>10}  how", "distance", "value", "samples A, B", "time");
    for Distance { label, value, samples, seconds, note, .. } in distances {
        let value = number(*value);
        let samples = format!("{}, {}", samples.0, samples.1);
        let _ = writeln!(out, "{label:22} {value:>12} {samples:>17} {:>10}  {note}", time(*seconds));
    }
    out
}

/// Six significant digits or so.
fn number(value: f64) -> String {
    match value.abs() {
        size if size == 0.0 || (1e-3..1e6).contains(&size) => format!("{value:.6}"),
        size if size.is_finite() => format!("{value:.5e}"),
        _ => value.to_string(),
    }
}

fn time(seconds: f64) -> String {
    if seconds < 1.0 { format!("{:.2} ms", 1e3 * seconds) } else { format!("{seconds:.2} s") }
}
