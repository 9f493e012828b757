//! The problems of images in arrays, a sentence each.

use std::io;

use super::super::located::{Locate, Located};

/// A problem with a file of arrays, and which one.
pub type Error = Located<Problem>;

impl Locate for Problem {}

/// The problem with it.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    #[error("no such file or directory")]
    Missing,
    #[error("cannot be read: {0}")]
    Read(io::Error),
    #[error("{0}")]
    Format(String),
    #[error("its numbers are `{0}`; save bytes, with x.astype('u1'), or floats, with x.astype('<f4')")]
    Numbers(String),
    #[error("its numbers are in Fortran order; save numpy.ascontiguousarray(x)")]
    Fortran,
    #[error(
        "its header says {0}: not images; give them as [n, height, width], [n, height, width, channels] or [n, channels, \
         height, width], with 1 channel or 3"
    )]
    Shape(String),
    #[error("its header says {says}{}, but {got} bytes follow; it is cut short or damaged", need.map_or(String::new(), |need| format!(", {need} bytes")))]
    Length { says: String, need: Option<u64>, got: u64 },
    #[error(
        "its header says {says}, but it ends within image {image}, counted from 0; it is cut short or damaged: {why}"
    )]
    Cut { says: String, image: usize, why: io::Error },
    #[error("its header says {says}, but it holds more")]
    Long { says: String },
    #[error("image {image}, counted from 0, holds numbers that are not finite")]
    NotFinite { image: usize },
    #[error("its values go from {low} to {high}; floats must lie within [0, 1], [-1, 1] or [0, 255]")]
    Levels { low: f32, high: f32 },
    #[error(
        "{need} bytes of pixels do not fit into memory; set data.limit, or a smaller data.memory to read them as needed"
    )]
    Memory { need: u64 },
    #[error(
        "{need} bytes of pixels are more than the {memory} that data.memory allows, and an archive cannot be read from its \
         middle: save the images alone as .npy, set data.limit, or a larger data.memory"
    )]
    Packed { need: u64, memory: u64 },
    #[error("not an archive of arrays: {0}")]
    Archive(String),
    #[error("it has no array `{name}`; it has {}", there.join(", "))]
    NoArray { name: String, there: Vec<String> },
    #[error("no array in it is one of images; it has {}", there.join(", "))]
    NoImages { there: Vec<String> },
    #[error("several arrays in it may be images: set data.array to one of {}", there.join(", "))]
    Several { there: Vec<String> },
    #[error("array `{array}`: {problem}")]
    Array { array: String, problem: Box<Problem> },
    #[error("array `{array}` of labels: {why}; mend it, or set data.labels = false")]
    Labels { array: String, why: String },
}

impl Problem {
    /// This problem, of an array in it.
    pub fn of(self, array: &str) -> Problem {
        Problem::Array { array: array.to_owned(), problem: Box::new(self) }
    }
}
