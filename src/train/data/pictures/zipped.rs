//! The files of images in a zip archive, unpacked one by one.

use std::path::Path;

use super::super::archive::{self, Archive};
use super::super::located::Locate;
use super::decode::{MOST_FILE, promised};
use super::error::{Error, Problem};
use super::labels::{self, Rule};
use super::survey::Survey;
use super::{Found, Store, is_hidden};
use crate::system::files::{self, Stamp};

/// An archive, and the names of the files in it.
struct Zip {
    archive: Archive,
    names: Vec<String>,
    /// The archive's, as it was when it was opened.
    stamp: Option<Stamp>,
}

impl Store for Zip {
    fn bytes(&self, index: usize) -> Result<Vec<u8>, String> {
        archive::unpack(&self.archive, self.names.get(index).map_or("", String::as_str), MOST_FILE)
    }

    fn stamp(&self, _: usize) -> Option<Stamp> {
        self.stamp
    }
}

/// Finds all files in the archive `path` whose names end as those of images. What lies in hidden folders is left alone.
///
/// # Errors
/// It is no archive that can be read, or holds no images.
pub fn find(path: &Path, labelled: bool) -> Result<Found, Error> {
    let at = |problem: Problem| problem.at(path);
    let kind = files::kind(path).map_err(|why| at(Problem::Read(why)))?;
    match kind {
        None => return Err(at(Problem::Missing)),
        Some(kind) if kind.is_dir() => return Err(at(Problem::NotAFile)),
        Some(_) => {}
    }
    let stamp = files::stamp(path).ok();
    let archive = archive::open(path).map_err(|why| at(Problem::Zip(why)))?;
    let mut survey = Survey::default();
    let (mut names, mut has_list) = (Vec::new(), false);
    let mut all: Vec<&str> = archive.file_names().filter(|name| !name.ends_with('/')).collect();
    all.sort_unstable();
    for name in all {
        match () {
            () if name.split('/').any(is_hidden) => survey.hidden += 1,
            () if promised(name).is_some() => names.push(name.to_owned()),
            () if name == labels::FILE => has_list = true,
            () => survey.add_other(name.to_owned()),
        }
    }
    if names.is_empty() {
        return Err(at(Problem::None { others: survey.others, hidden: survey.hidden }));
    }
    let labels = if labelled {
        let list = has_list.then(|| archive::unpack(&archive, labels::FILE, labels::MOST_BYTES)).transpose();
        let list = list.map_err(|why| at(Problem::Json(why)))?;
        Rule::new(list.as_deref()).map_err(at)?
    } else {
        Rule::Nothing
    };
    Ok(Found { store: Box::new(Zip { archive, names: names.clone(), stamp }), names, labels, survey })
}
