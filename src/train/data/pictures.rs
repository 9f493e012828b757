//! Images as files of the formats that cameras, browsers and scanners write, in a folder or a zip archive: each is
//! decoded, brought into the shape that the config says, and kept as bytes, or decoded as it is drawn where all of them
//! are too many for the memory.
//!
//! Every file is decoded once before the first step, so that one that cannot be used is known by then. Nothing is
//! allocated on the word of a header but what one image may take. Start reading at `load`.

mod decode;
mod error;
mod fit;
mod folder;
mod jpeg;
mod kept;
mod labels;
mod load;
mod note;
mod survey;
mod zipped;

use std::path::Path;

use crate::config::{Fit, ImageData, OnBad};
use crate::system::files::Stamp;

use super::images::Images;
use super::watch::Watch;
pub use error::Error;
pub use note::Note;
pub use survey::{Bad, Survey};

/// Files of images, each by its number.
trait Store: Send + Sync {
    /// All bytes of a file.
    ///
    /// # Errors
    /// It cannot be read: why, without its name.
    fn bytes(&self, index: usize) -> Result<Vec<u8>, String>;

    /// What changes when the file does; none where the system does not say.
    fn stamp(&self, index: usize) -> Option<Stamp>;
}

/// Files of images that have been found, in the order of their names.
struct Found {
    store: Box<dyn Store>,
    /// The name of each, as it is told.
    names: Vec<String>,
    labels: labels::Rule,
    survey: Survey,
}

/// The images that are wanted of a folder or an archive.
pub struct Wanted<'a> {
    pub data: &'a ImageData,
    pub fit: &'a Fit,
    pub on_bad: OnBad,
    /// The directory in which what is decoded is kept, if it is much; none keeps nothing.
    pub cache: Option<&'a Path>,
}

/// Reads the images in a folder and in the folders below it.
///
/// # Errors
/// There is no folder, there are no images in it, some cannot be used and are not to be passed over, or `watch` broke
/// it off.
pub fn folder(wanted: &Wanted<'_>, watch: Watch<'_>) -> Result<Images, Error> {
    let found = folder::find(&wanted.data.path, wanted.data.labels, watch)?;
    load::load(found, wanted, watch)
}

/// Reads the images in a zip archive, likewise.
///
/// # Errors
/// It is none, and those of `folder`.
pub fn zip(wanted: &Wanted<'_>, watch: Watch<'_>) -> Result<Images, Error> {
    let found = zipped::find(&wanted.data.path, wanted.data.labels)?;
    load::load(found, wanted, watch)
}

/// Whether a file or folder of this name is left alone: nobody put it there to be seen.
fn is_hidden(name: &str) -> bool {
    name.starts_with('.') || name == "__MACOSX"
}
