//! From a path to the kind of data that lies there.

use std::path::Path;

use crate::system::files;
use crate::train::data::idx;

/// The names that tell a folder of CIFAR's.
const CIFAR: [&str; 4] = ["data_batch_1.bin", "train.bin", "cifar-10-batches-bin", "cifar-100-binary"];

/// The kind of the images at `path`; none where there is nothing, or a config.
pub fn kind(path: &Path) -> Option<&'static str> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    if files::is_directory(path) {
        let has = |names: &[&str]| names.iter().any(|name| matches!(files::kind(&path.join(name)), Ok(Some(_))));
        return Some(match () {
            () if has(&CIFAR) => "cifar",
            () if has(&idx::NAMES) => "idx",
            () => "folder",
        });
    }
    if !files::is_file(path) {
        return None;
    }
    match ending.as_deref() {
        Some("toml") => None,
        Some("zip") => Some("zip"),
        Some("npy") => Some("npy"),
        Some("npz") => Some("npz"),
        Some("bin") => Some("cifar"),
        _ => Some("idx"),
    }
}
