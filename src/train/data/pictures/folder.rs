//! Finding the files of images in a folder and below it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::super::located::Locate;
use super::super::watch::{Progress, Watch};
use super::decode::{MOST_FILE, promised};
use super::error::{Error, Problem};
use super::labels::{self, Rule};
use super::survey::Survey;
use super::{Found, Store, is_hidden};
use crate::system::files::{self, Entry, Stamp};

/// Files by their paths.
struct Files(Vec<PathBuf>);

impl Store for Files {
    fn bytes(&self, index: usize) -> Result<Vec<u8>, String> {
        // Every number asked for is that of a file that was found.
        let path = self.0.get(index).ok_or("no such file")?;
        files::read(path, MOST_FILE).map_err(|why| why.to_string())
    }

    fn stamp(&self, index: usize) -> Option<Stamp> {
        files::stamp(self.0.get(index)?).ok()
    }
}

/// Finds all files below `root` whose names end as those of images. Links are followed, but no folder is looked into
/// twice. Hidden files and folders are left alone. Where `labelled`, the folders in `root` are classes.
///
/// # Errors
/// There is no such folder, it cannot be read, or holds no images.
pub fn find(root: &Path, labelled: bool, watch: Watch<'_>) -> Result<Found, Error> {
    let kind = files::kind(root).map_err(|why| Problem::Read(why).at(root))?;
    if !kind.ok_or_else(|| Problem::Missing.at(root))?.is_dir() {
        return Err(Problem::NotADirectory.at(root));
    }
    let mut survey = Survey::default();
    let mut paths = Vec::new();
    let mut seen = HashSet::new();
    seen.extend(files::identity(root).ok());
    let mut open = vec![PathBuf::new()];
    while let Some(below) = open.pop() {
        if watch(Progress { done: paths.len(), total: 0 }).is_break() {
            return Err(Problem::Interrupted.at(root));
        }
        let entries = match files::entries(&root.join(&below)) {
            Ok(entries) => entries,
            Err(why) if below.as_os_str().is_empty() => return Err(Problem::Read(why).at(root)),
            Err(why) => {
                survey.add_bad(below.display().to_string(), format!("a folder that cannot be read: {why}"));
                continue;
            }
        };
        let mut folders = Vec::new();
        for Entry { name, folder } in entries {
            let path = below.join(&name);
            let name = name.to_string_lossy();
            match folder {
                _ if is_hidden(&name) => survey.hidden += 1,
                Some(identity) if seen.insert(identity) => folders.push(path),
                Some(_) => survey.circles += 1,
                None if promised(&name).is_some() => paths.push(path),
                None if below.as_os_str().is_empty() && name == labels::FILE => {}
                None => survey.add_other(path.display().to_string()),
            }
        }
        // The first name is looked into first.
        open.extend(folders.into_iter().rev());
    }
    paths.sort();
    if paths.is_empty() {
        return Err(Problem::None { others: survey.others, hidden: survey.hidden }.at(root));
    }
    let names = paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>();
    let json = root.join(labels::FILE);
    let json = match labelled && files::is_file(&json) {
        true => Some(files::read(&json, labels::MOST_BYTES).map_err(|why| Problem::Json(why.to_string()).at(root))?),
        false => None,
    };
    let labels = if labelled { Rule::new(json.as_deref()).map_err(|why| why.at(root))? } else { Rule::Nothing };
    let store = Files(paths.into_iter().map(|path| root.join(path)).collect());
    Ok(Found { store: Box::new(store), names, labels, survey })
}
