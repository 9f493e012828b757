//! The growth of a run's samples: its recorded pictures, which are of the same noise at every step, or one of each
//! checkpoint.

use std::io;
use std::path::{Path, PathBuf};

use super::sheet;
use crate::domain::picture::Picture;
use crate::run::{checkpoints, tensorboard};

/// Images in a frame that is made from a checkpoint: as many as in a recorded one.
const IMAGES: usize = 64;

/// A run's samples, step by step.
pub struct Film {
    /// The steps of the frames, rising.
    pub steps: Vec<u64>,
    /// Where the frames are from, for a person.
    pub source: &'static str,
    pub frames: Box<dyn Iterator<Item = io::Result<Picture>>>,
}

/// The film of the run in a directory; `raw`: of the generator's weights themselves, where it keeps an average of them.
///
/// # Errors
/// There are no two frames, for a person.
pub fn of(run: &Path, raw: bool) -> Result<Film, String> {
    let recorded = tensorboard::pictures_of(run, raw)?;
    if recorded.len() > 1 {
        let (steps, files): (Vec<u64>, Vec<Vec<u8>>) = recorded.into_iter().unzip();
        let frames = files.into_iter().map(|file| Picture::of_png(&file).map_err(io::Error::other));
        return Ok(Film { steps, source: "the recorded pictures", frames: Box::new(frames) });
    }
    let items = checkpoints::list(run).map_err(|error| format!("{}: cannot be read: {error}", run.display()))?;
    let mut kept: Vec<(u64, PathBuf)> =
        items.into_iter().filter_map(|item| Some((item.header.ok()?.info.step, item.path))).collect();
    // The newest of a step comes first.
    kept.sort_by_key(|(step, _)| *step);
    kept.dedup_by_key(|(step, _)| *step);
    if kept.len() < 2 {
        let why = "has neither recorded pictures of images nor two checkpoints: nothing to make a film of";
        return Err(format!("{} {why}", run.display()));
    }
    if let Some((_, file)) = kept.first() {
        // What is wrong with all of them is told before a file is begun.
        sheet(file, raw, 1)?;
    }
    let (steps, files): (Vec<u64>, Vec<PathBuf>) = kept.into_iter().unzip();
    let frames = files.into_iter().map(move |file| sheet(&file, raw, IMAGES).map_err(io::Error::other));
    Ok(Film { steps, source: "the checkpoints", frames: Box::new(frames) })
}
