//! From what the config says to the files that are meant.

use std::path::{Path, PathBuf};

use super::super::located::Locate;
use super::error::{Error, Problem};
use super::records::Form;
use crate::system::files;

/// The directories that archives of the binary version unpack to.
const FOLDERS: [&str; 2] = ["cifar-10-batches-bin", "cifar-100-binary"];
/// The largest list of names that is read.
const MOST_NAMES: u64 = 1 << 16;
/// The most files of a training set, of which CIFAR-10 has five.
const MOST: usize = 1000;

/// The files that `path` means: itself, or the training set in the directory it names, in the order of their numbers.
///
/// # Errors
/// There is nothing, or nothing of CIFAR's.
pub fn files(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let kind = files::kind(path).map_err(|why| Problem::Read(why).at(path))?;
    if !kind.ok_or_else(|| Problem::Missing.at(path))?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let found = inside(path);
    if !found.is_empty() {
        return Ok(found);
    }
    if let Some(found) = FOLDERS.map(|name| inside(&path.join(name))).into_iter().find(|found| !found.is_empty()) {
        return Ok(found);
    }
    match ["data_batch_1", "train"].into_iter().find(|name| files::is_file(&path.join(name))) {
        Some(name) => Err(Problem::Python(name.to_owned()).at(path)),
        None => Err(Problem::NoneInDirectory.at(path)),
    }
}

/// The files of a training set in this directory. CIFAR-10's test set has a name of its own, which is not looked for.
fn inside(dir: &Path) -> Vec<PathBuf> {
    let there = |path: &PathBuf| files::kind(path).is_ok_and(|kind| kind.is_some());
    let batches = (1..=MOST).map(|i| dir.join(format!("data_batch_{i}.bin"))).take_while(there);
    let batches: Vec<PathBuf> = batches.collect();
    if batches.is_empty() { Some(dir.join("train.bin")).filter(there).into_iter().collect() } else { batches }
}

/// The names of the classes, from the list beside the images; none where there is no such list, or one of others.
pub fn names(images: &Path, form: Form, coarse: bool) -> Vec<String> {
    let (list, count) = match (form, coarse) {
        (Form::Ten, _) => ("batches.meta.txt", 10),
        (Form::Hundred, false) => ("fine_label_names.txt", 100),
        (Form::Hundred, true) => ("coarse_label_names.txt", 20),
    };
    let text = files::read_text(&images.with_file_name(list), MOST_NAMES).unwrap_or_default();
    let names: Vec<String> = text.lines().map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    if names.len() == count { names } else { Vec::new() }
}
