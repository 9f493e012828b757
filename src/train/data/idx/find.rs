//! From what the config says to the file that is meant.

use std::fs::FileType;
use std::path::{Path, PathBuf};

use super::super::located::Locate;
use super::error::{Error, Problem};
use crate::system::files;

/// The names of MNIST's training images, in the order in which a directory is searched.
pub const NAMES: [&str; 4] =
    ["train-images-idx3-ubyte", "train-images-idx3-ubyte.gz", "train-images.idx3-ubyte", "train-images.idx3-ubyte.gz"];

/// The places in a directory where they are looked for: itself, and where torchvision keeps them.
pub const FOLDERS: [&str; 5] = ["", "raw", "MNIST/raw", "FashionMNIST/raw", "KMNIST/raw"];

/// The file that `path` means: itself, or the training images in the directory it names.
pub fn file(path: &Path) -> Result<PathBuf, Error> {
    if !stat(path)?.ok_or_else(|| Problem::Missing.at(path))?.is_dir() {
        return regular(path.to_owned());
    }
    for folder in FOLDERS.map(|folder| path.join(folder)) {
        for name in NAMES {
            let file = folder.join(name);
            if stat(&file)?.is_some() {
                return regular(file);
            }
        }
    }
    Err(Problem::NoneInDirectory.at(path))
}

/// The file of labels beside one of images, where there is one: `train-labels-idx1-ubyte` beside
/// `train-images-idx3-ubyte`, packed or not, whichever of the two the images are.
pub fn labels(images: &Path) -> Result<Option<PathBuf>, Error> {
    let Some(name) = images.file_name().and_then(|name| name.to_str()) else { return Ok(None) };
    let plain = name.strip_suffix(".gz").unwrap_or(name);
    let labels = plain.replace("images", "labels").replace("idx3", "idx1").replace("idx4", "idx1");
    if labels == plain || !plain.contains("images") {
        return Ok(None);
    }
    let names = [labels.clone(), format!("{labels}.gz")];
    // Of two, the one that is packed as the images are.
    let packed = plain.len() < name.len();
    for name in if packed { [&names[1], &names[0]] } else { [&names[0], &names[1]] } {
        let file = images.with_file_name(name);
        if stat(&file)?.is_some() {
            return regular(file).map(Some);
        }
    }
    Ok(None)
}

/// The entry at `path`, if there is one.
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
