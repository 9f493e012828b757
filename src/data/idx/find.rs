//! From what the config says to the file that is meant.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::error::{Error, Problem};

/// What MNIST's training images are called, in the order in which a directory is searched.
pub const NAMES: [&str; 4] =
    ["train-images-idx3-ubyte", "train-images-idx3-ubyte.gz", "train-images.idx3-ubyte", "train-images.idx3-ubyte.gz"];

/// The file that `path` means: itself, or the training images in the directory it names.
pub fn file(path: &Path) -> Result<PathBuf, Error> {
    if !stat(path)?.ok_or_else(|| Problem::Missing.at(path))?.is_dir() {
        return regular(path.to_owned());
    }
    for name in NAMES {
        let file = path.join(name);
        if stat(&file)?.is_some() {
            return regular(file);
        }
    }
    Err(Problem::NoneInDirectory.at(path))
}

/// What is at `path`, if anything is.
fn stat(path: &Path) -> Result<Option<fs::Metadata>, Error> {
    match fs::metadata(path) {
        Ok(meta) => Ok(Some(meta)),
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(e) => Err(Problem::Read(e).at(path)),
    }
}

/// Refuses pipes and devices: opening one can wait for ever, and none has a length to check a header against.
fn regular(path: PathBuf) -> Result<PathBuf, Error> {
    match stat(&path)? {
        Some(meta) if meta.is_file() => Ok(path),
        Some(_) => Err(Problem::NotAFile.at(&path)),
        None => Err(Problem::Missing.at(&path)),
    }
}
