//! The problems of CIFAR's files, a sentence each.

use std::io;
use std::path::PathBuf;

use super::super::located::{Locate, Located};
use super::records::Form;

/// A problem with a file of CIFAR's, and which one.
pub type Error = Located<Problem>;

impl Locate for Problem {}

/// The problem with it.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    #[error("no such file or directory")]
    Missing,
    #[error(
        "the directory holds neither data_batch_1.bin (CIFAR-10) nor train.bin (CIFAR-100); name the directory of the \
         unpacked binary version, or a .bin file"
    )]
    NoneInDirectory,
    #[error(
        "the directory holds the Python version ({0}), which is pickled; gantop reads the binary version, whose files end \
         in .bin"
    )]
    Python(String),
    #[error("cannot be read: {0}")]
    Read(io::Error),
    #[error("empty: there is nothing to learn from")]
    Empty,
    #[error(
        "{len} bytes: not a whole number of records, which have {} bytes in CIFAR-10 and {} in CIFAR-100; it is cut short, or not a file of CIFAR's binary version (it is {like})",
        Form::Ten.record(), Form::Hundred.record()
    )]
    Length { len: u64, like: String },
    #[error("records of {} bytes, as in {form}, but {} has others; keep one set in a directory", form.record(), other.display())]
    Mixed { form: Form, other: PathBuf },
    #[error(
        "image {index}, counted from 0: its label is {label}, but {form} has labels from 0 to {most}; the file is damaged, or not one of CIFAR's"
    )]
    Label { index: u64, label: u8, most: u8, form: Form },
    #[error("CIFAR-10 has no superclasses: set data.coarse = false")]
    NotCoarse,
    #[error("the file has been cut short since it was opened")]
    Cut,
    #[error(
        "{need} bytes of pixels do not fit into memory; set data.limit, or a smaller data.memory to read them as needed"
    )]
    Memory { need: u64 },
}
