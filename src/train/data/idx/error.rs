//! The problems of an image file, a sentence each.

use std::io;

use super::super::located::{Locate, Located};
use super::find::NAMES;

/// A problem with an image file, and which one.
pub type Error = Located<Problem>;

impl Locate for Problem {}

/// The problem with it.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    #[error("no such file or directory")]
    Missing,
    #[error(
        "the directory holds none of {}, nor does MNIST/raw in it; name the file itself; for a folder of pictures set data.kind = \"folder\", for CIFAR's files \"cifar\"",
        NAMES.join(", ")
    )]
    NoneInDirectory,
    #[error("not a regular file; give an IDX file, plain or gzip, or a directory that holds one")]
    NotAFile,
    #[error("cannot be read: {0}")]
    Read(io::Error),
    #[error("named .gz but not gzip: it is {0}")]
    NotGzip(String),
    #[error("damaged gzip: {0}")]
    BadGzip(String),
    #[error("not IDX images: it is {0}; gantop reads IDX files of bytes, magic 0x00000803 or 0x00000804")]
    NotIdx(String),
    #[error("truncated inside its header: {got} bytes of {need}")]
    ShortHeader { got: u64, need: u64 },
    #[error("truncated: its header says {images}, {need} bytes of pixels, but it holds {got}")]
    Truncated { images: String, need: u64, got: u64 },
    #[error("its header says {images}, {need} bytes of pixels, but it holds {more} more")]
    Trailing { images: String, need: u64, more: String },
    #[error("its header says {images}: there is nothing to learn from")]
    Empty { images: String },
    #[error("its header says {images}: {channels} channels, but only 1 (grey) and 3 (colour, channels last) are known")]
    Channels { images: String, channels: usize },
    #[error(
        "its header says {images}, more than any file holds, or than the 4 GiB of pixels that gantop unpacks; it is \
         damaged, or too big to be packed"
    )]
    TooBig { images: String },
    #[error(
        "{need} bytes of pixels do not fit into memory; set data.limit, or a smaller data.memory to read them as needed"
    )]
    Memory { need: u64 },
    #[error(
        "its header says {images}; {need} bytes of pixels are more than the {memory} that data.memory allows, and a \
         packed file cannot be read from its middle: unpack it, set data.limit, or a larger data.memory"
    )]
    Packed { images: String, need: u64, memory: u64 },
    #[error("no labels of the images beside it: it is {0}; gantop reads IDX labels, magic 0x00000801")]
    NotLabels(String),
    #[error(
        "its header says {labels} labels, but there are {images} images beside it: it belongs to others, or is damaged"
    )]
    LabelCount { labels: usize, images: usize },
    #[error("truncated: its header says {said} labels, but it holds {got}")]
    LabelsCut { said: usize, got: usize },
    #[error("its header says {said} labels, but it holds more")]
    LabelsLong { said: usize },
}

impl Problem {
    /// Tells damage to the packing from trouble with the disk: flate2 reports both as I/O errors.
    pub fn inside_gzip(self) -> Problem {
        match self {
            Problem::Read(e) if e.kind() == io::ErrorKind::UnexpectedEof => {
                Problem::BadGzip("it ends in the middle; get it again".to_owned())
            }
            Problem::Read(e) if matches!(e.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData) => {
                Problem::BadGzip(format!("{e}; get it again"))
            }
            Problem::NotIdx(what) => Problem::NotIdx(format!("gzip, and inside it {what}")),
            other => other,
        }
    }
}
