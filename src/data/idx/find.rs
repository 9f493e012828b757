//! From what the config says to the file that is meant.

use std::fs::FileType;
use std::path::{Path, PathBuf};

use super::error::{Error, Problem};
use crate::files;

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
fn stat(path: &Path) -> Result<Option<FileType>, Error> {
    files::kind(path).map_err(|e| Problem::Read(e).at(path))
}

/// Refuses pipes and devices: opening one can wait for ever, and none has a length to check a header against.
fn regular(path: PathBuf) -> Result<PathBuf, Error> {
    match stat(&path)? {
        Some(kind) if kind.is_file() => Ok(path),
        Some(_) => Err(Problem::NotAFile.at(&path)),
        None => Err(Problem::Missing.at(&path)),
    }
}
