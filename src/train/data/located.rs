//! The problems of images that a person named, and where they are.

use std::path::{Path, PathBuf};

/// A problem of what lies at a path.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct Located<P> {
    path: PathBuf,
    problem: P,
}

impl<P> Located<P> {
    /// The problem there.
    pub fn problem(&self) -> &P {
        &self.problem
    }
}

/// A problem that can be told only with its place.
pub trait Locate: std::error::Error + Sized {
    /// This problem, of what lies there.
    fn at(self, path: &Path) -> Located<Self> {
        Located { path: path.to_owned(), problem: self }
    }
}
