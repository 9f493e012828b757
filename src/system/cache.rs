//! The folder of what is costly to make and can be made again, kept between runs: judges, features, decoded images. Nothing
//! is lost with it.

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::files::{self, Directory};

/// The ending of decoded images, which alone can be large.
pub const IMAGES: &str = "images";
/// The endings of what gantop keeps there, and of what it was writing when it was ended; other files are somebody else's.
const ENDINGS: [&str; 3] = [IMAGES, "safetensors", files::PARTIAL];

/// A file that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub name: PathBuf,
    pub bytes: u64,
    pub written: Option<SystemTime>,
}

/// `$XDG_CACHE_HOME/gantop`, or `~/.cache/gantop`; nowhere if neither can be said.
pub fn folder() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")));
    folder.map(|folder| folder.join("gantop"))
}

/// All that is kept in a folder, what was written first before the rest; nothing where there is no such folder.
///
/// # Errors
/// It cannot be read.
pub fn kept(folder: &Path) -> io::Result<Vec<Kept>> {
    if files::kind(folder)?.is_none() {
        return Ok(Vec::new());
    }
    let dir = Directory::open(folder)?;
    let is_ours = |name: &PathBuf| name.extension().is_some_and(|ending| ENDINGS.iter().any(|own| ending == *own));
    let names = dir.names()?.into_iter().filter(is_ours);
    let mut kept: Vec<Kept> = names
        .filter_map(|name| {
            let bytes = dir.length(&name)?;
            let written = files::modified(&folder.join(&name));
            Some(Kept { name, bytes, written })
        })
        .collect();
    kept.sort_by(|a, b| (a.written, &a.name).cmp(&(b.written, &b.name)));
    Ok(kept)
}

/// Removes these from the folder that they are in. What is gone already is no failure.
///
/// # Errors
/// One of them cannot be removed; those before it are.
pub fn remove(folder: &Path, kept: &[Kept]) -> io::Result<()> {
    let dir = Directory::open(folder)?;
    kept.iter().try_for_each(|kept| dir.remove(&kept.name))
}

/// Removes what was written first of the decoded images, until with `more` bytes they are no more than `most`.
///
/// # Errors
/// They cannot be read, or not removed.
pub fn make_room(folder: &Path, more: u64, most: u64) -> io::Result<()> {
    let is_images = |kept: &Kept| kept.name.extension().is_some_and(|ending| ending == IMAGES);
    let images: Vec<Kept> = kept(folder)?.into_iter().filter(is_images).collect();
    let mut bytes = images.iter().fold(more, |sum, kept| sum.saturating_add(kept.bytes));
    let go = images.iter().take_while(|kept| {
        let goes = bytes > most;
        bytes -= kept.bytes;
        goes
    });
    let go = go.count();
    if go > 0 { remove(folder, &images[..go]) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_images_make_room_and_nothing_of_somebody_elses_goes() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        assert_eq!(kept(&folder.join("missing")).unwrap(), []);
        let start = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
        for (age, name) in ["b.images", "a.images", "judge.safetensors", "notes.txt", "c.images"].iter().enumerate() {
            let path = folder.join(name);
            std::fs::write(&path, [0; 10]).unwrap();
            let written = start + std::time::Duration::from_secs(age as u64);
            std::fs::File::options().write(true).open(&path).unwrap().set_modified(written).unwrap();
        }
        let names = || -> Vec<String> {
            kept(folder).unwrap().iter().map(|kept| kept.name.to_str().unwrap().to_owned()).collect()
        };
        assert_eq!(names(), ["b.images", "a.images", "judge.safetensors", "c.images"]);
        make_room(folder, 5, 35).unwrap();
        assert_eq!(names().len(), 4);
        make_room(folder, 15, 30).unwrap();
        assert_eq!(names(), ["judge.safetensors", "c.images"]);
        remove(folder, &kept(folder).unwrap()).unwrap();
        assert!(names().is_empty() && folder.join("notes.txt").exists());
    }
}
