//! From a path to the kind of data that lies there.

use std::path::Path;

use crate::system::files;
use crate::train::data::{cifar, idx};

/// The kind of the images at `path`; none where there is nothing, or a config.
pub fn kind(path: &Path) -> Option<&'static str> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    if files::is_directory(path) {
        return Some(match () {
            () if cifar::is_there(path) => "cifar",
            () if idx::is_there(path) => "idx",
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
