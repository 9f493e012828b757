//! Why images as files cannot be used, for the person who named them.

use std::fmt;
use std::io;

use super::super::located::{Locate, Located};
use super::decode::MOST_BYTES;
use super::survey::{Bad, MOST_TOLD};

/// The problem with the images, and where they are.
pub type Error = Located<Problem>;

impl Locate for Problem {}

/// The problem with them.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    #[error("no such file or directory")]
    Missing,
    #[error("not a directory; name the folder that holds the images, or set data.kind = \"zip\" for a zip archive")]
    NotADirectory,
    #[error("cannot be read: {0}")]
    Read(io::Error),
    #[error(
        "no images in it, nor below it, among {others} other files and {hidden} hidden ones; gantop reads PNG, JPEG, WebP, \
         BMP, GIF and TIFF, and knows them by their endings"
    )]
    None { others: usize, hidden: usize },
    #[error("{0}")]
    Bad(BadFiles),
    #[error(
        "{different} of {count} images are not {width} × {height} as {first} is; {other} is {} × {}: set data.size, to \
         which all are cropped and scaled", of.0, of.1
    )]
    Sizes { different: usize, count: usize, width: usize, height: usize, first: String, other: String, of: (u32, u32) },
    #[error("{first} is {width} × {height}: more than the {} MiB that one sample may take; set data.size", MOST_BYTES >> 20)]
    Large { first: String, width: usize, height: usize },
    #[error("{need} bytes of pixels do not fit into memory; set data.limit, data.size, or a smaller data.memory")]
    Memory { need: u64 },
    #[error("dataset.json, its list of labels, cannot be used: {0}; mend it, or set data.labels = false")]
    Json(String),
    #[error("cannot be read as a zip archive: {0}")]
    Zip(String),
    #[error("a directory, not a zip archive; set data.kind = \"folder\"")]
    NotAFile,
    #[error("interrupted while its images were read")]
    Interrupted,
}

/// Files that cannot be used.
#[derive(Debug)]
pub struct BadFiles {
    /// The first of them.
    pub first: Vec<Bad>,
    pub bad: usize,
    pub all: usize,
}

impl fmt::Display for BadFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} of {} images cannot be used:", self.bad, self.all)?;
        for bad in self.first.iter().take(MOST_TOLD) {
            writeln!(f, "  {bad}")?;
        }
        if self.bad > MOST_TOLD {
            writeln!(f, "  and {} more", self.bad - MOST_TOLD)?;
        }
        f.write_str("mend them or take them away, or pass them over with data.on_bad = \"skip\"")
    }
}

impl Error {
    /// Whether images differ in size, and none is set.
    pub fn wants_size(&self) -> bool {
        matches!(self.problem(), Problem::Sizes { .. })
    }

    /// Whether whoever watched broke the reading off.
    pub fn is_interruption(&self) -> bool {
        matches!(self.problem(), Problem::Interrupted)
    }
}
