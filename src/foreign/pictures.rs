//! Pictures of samples, from an event file or a folder beside the logs: decoded small enough to be kept, as snapshots.

use std::collections::HashSet;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use image::imageops::FilterType;
use image::{ImageReader, Limits};

use crate::domain::{PixelRange, SampleShape};
use crate::link::Snapshot;
use crate::system::files;

/// The most pixels across or down that are kept: as many as a terminal shows.
const SIDE: u32 = 512;
/// The largest file of a picture, and the most memory that decoding one may take: 64 MiB and 256 MiB.
const MOST_FILE: u64 = 64 << 20;
const MOST_BYTES: u64 = 256 << 20;
/// The most pixels across or down of a picture that is decoded.
const MOST_SIDE: u32 = 16_384;
/// The most pictures that wait to be shown: of more every second one goes.
const WAITING: usize = 32;
/// The most pictures of one step.
const MOST_OF_STEP: usize = 64;
/// Directories beside the logs that samples are looked for in.
const FOLDERS: [&str; 9] = ["", "samples", "sample", "images", "image", "fakes", "generated", "results", "outputs"];
/// The beginnings of the names of pictures of samples where they stand among other files.
const NAMES: [&str; 5] = ["fake", "sample", "generated", "gen_", "epoch"];
const ENDINGS: [&str; 5] = [".png", ".jpg", ".jpeg", ".webp", ".bmp"];

/// Pictures of one step, not decoded yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoded {
    pub step: u64,
    /// Where they come from.
    pub tag: String,
    pub files: Vec<Vec<u8>>,
}

/// Pictures that wait to be shown, of the tag that looks most like generated samples.
#[derive(Debug, Default)]
pub struct Waiting {
    tag: Option<String>,
    pictures: Vec<Encoded>,
    /// Of so many that come one is kept.
    every: u64,
    count: u64,
    /// Whether the last one is there only as long as it is the latest.
    for_now: bool,
}

impl Waiting {
    /// Takes in pictures of a step.
    pub fn push(&mut self, step: u64, tag: &str, files: &[&[u8]]) {
        // Several pictures of one summary are numbered.
        let (base, number) = match tag.rsplit_once('/') {
            Some((base, number)) if number.parse::<usize>().is_ok() => (base, number.parse().unwrap_or(0)),
            _ => (tag, 0),
        };
        match &self.tag {
            Some(known) if known == base => {}
            Some(known) if likeness(known) >= likeness(base) => return,
            _ => {
                self.tag = Some(base.to_owned());
                self.pictures.clear();
            }
        }
        let fits = |bytes: &&&[u8]| bytes.len() as u64 <= MOST_FILE;
        let files: Vec<Vec<u8>> = files.iter().filter(fits).take(MOST_OF_STEP).map(|bytes| bytes.to_vec()).collect();
        if let Some(last) = self.pictures.last_mut().filter(|last| last.step == step && number > 0) {
            last.files.extend(files);
            last.files.truncate(MOST_OF_STEP);
            return;
        }
        self.count += 1;
        if self.for_now {
            self.pictures.pop();
        }
        self.for_now = self.every > 1 && !self.count.is_multiple_of(self.every);
        self.pictures.push(Encoded { step, tag: base.to_owned(), files });
        if self.pictures.len() > WAITING {
            let mut at = 0;
            self.pictures.retain(|_| {
                at += 1;
                at % 2 == 1
            });
            self.every = self.every.max(1) * 2;
        }
    }

    /// The pictures that wait, in order.
    pub fn take(&mut self) -> Vec<Encoded> {
        (self.every, self.count, self.for_now) = (1, 0, false);
        std::mem::take(&mut self.pictures)
    }

    /// Forgets those of later steps.
    pub fn rewind(&mut self, step: u64) {
        self.pictures.retain(|picture| picture.step <= step);
    }
}

/// The likeness of a tag to one of generated samples.
fn likeness(tag: &str) -> u8 {
    let tag = tag.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| tag.contains(word));
    match () {
        () if has(&["real", "input", "target", "ground"]) => 0,
        () if has(&["fake", "generat", "ema"]) => 3,
        () if has(&["sample", "gen"]) => 2,
        () => 1,
    }
}

/// A snapshot with these pictures as its generated samples: those of the first one's size.
///
/// # Errors
/// None of them can be decoded: why the first cannot.
pub fn snapshot(encoded: &Encoded) -> Result<Snapshot, String> {
    let (mut shape, mut fake, mut wrong) = (None, Vec::new(), None);
    for file in &encoded.files {
        match decode(file) {
            Ok((size, pixels)) if *shape.get_or_insert(size) == size => fake.extend(pixels),
            Ok(_) => {}
            Err(why) => drop(wrong.get_or_insert(why)),
        }
    }
    let Some((width, height)) = shape else { return Err(wrong.unwrap_or_else(|| "there is no picture".to_owned())) };
    let shape = SampleShape::Image { width, height, channels: 3, range: PixelRange::Unit };
    Ok(Snapshot { fake, ..Snapshot::empty(encoded.step, shape) })
}

/// The size of a picture, made small enough, and its pixels from 0 to 1 in RGB.
fn decode(bytes: &[u8]) -> Result<((usize, usize), Vec<f32>), String> {
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(MOST_SIDE), Some(MOST_SIDE));
    limits.max_alloc = Some(MOST_BYTES);
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|error| error.to_string())?;
    reader.limits(limits);
    let picture = reader.decode().map_err(|error| error.to_string())?;
    let picture = match picture.width().max(picture.height()) {
        side if side > SIDE => picture.resize(SIDE, SIDE, FilterType::Triangle),
        _ => picture,
    };
    let picture = picture.into_rgb8();
    let size = (picture.width() as usize, picture.height() as usize);
    if size.0 == 0 || size.1 == 0 {
        return Err("there is nothing in it".to_owned());
    }
    Ok((size, picture.into_raw().into_iter().map(|byte| f32::from(byte) / 255.0).collect()))
}

/// The pictures in a folder beside a run's logs, as they come.
#[derive(Debug)]
pub struct Folder {
    dir: PathBuf,
    /// The pictures that have been told, as they were then.
    told: HashSet<(PathBuf, Option<SystemTime>)>,
}

impl Folder {
    /// The pictures beside the logs at a path: in a directory and what lies in it, or beside a file.
    pub fn new(path: &Path) -> Folder {
        let dir = if files::is_directory(path) { path } else { path.parent().unwrap_or(Path::new(".")) };
        let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
        Folder { dir: dir.to_owned(), told: HashSet::new() }
    }

    /// All that are to be shown again.
    pub fn restart(&mut self) {
        self.told.clear();
    }

    /// The new pictures, by step: of many only some, evenly.
    pub fn look(&mut self, last_step: u64) -> Vec<Encoded> {
        let mut found = Vec::new();
        for folder in FOLDERS {
            let dir = self.dir.join(folder);
            for entry in files::entries(&dir).unwrap_or_default().into_iter().filter(|entry| entry.folder.is_none()) {
                let name = entry.name.to_string_lossy().to_lowercase();
                let is_picture = ENDINGS.iter().any(|ending| name.ends_with(ending));
                let is_sample =
                    likeness(&name) > 0 && (!folder.is_empty() || NAMES.iter().any(|start| name.starts_with(start)));
                if is_picture && is_sample {
                    let path = dir.join(&entry.name);
                    let modified = files::modified(&path);
                    found.push((number(&name), modified, path));
                }
            }
        }
        found.retain(|(_, modified, path)| !self.told.contains(&(path.clone(), *modified)));
        self.told.extend(found.iter().map(|(_, modified, path)| (path.clone(), *modified)));
        found.sort();
        let every = found.len().div_ceil(WAITING).max(1);
        let last = found.len().saturating_sub(1);
        let chosen = found.into_iter().enumerate().filter(|(at, _)| at % every == 0 || *at == last);
        let encoded = |(_, (number, _, path)): (usize, (Option<u64>, Option<SystemTime>, PathBuf))| {
            let bytes = files::read(&path, MOST_FILE).ok()?;
            let tag = path.display().to_string();
            Some(Encoded { step: number.unwrap_or(last_step), tag, files: vec![bytes] })
        };
        chosen.filter_map(encoded).collect()
    }
}

/// The last number in a file's name: the step, in most.
fn number(name: &str) -> Option<u64> {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let end = stem.rfind(|c: char| c.is_ascii_digit())? + 1;
    let start = stem[..end]
        .rfind(|c: char| !c.is_ascii_digit())
        .map_or(0, |at| at + stem[at..].chars().next().map_or(1, char::len_utf8));
    stem[start..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::picture::Picture;

    fn png(width: usize, height: usize, level: u8) -> Vec<u8> {
        Picture { width, height, pixels: vec![level; width * height * 3] }.png().unwrap()
    }

    #[test]
    fn pictures_of_a_step_are_samples_of_one_size() {
        let encoded = Encoded {
            step: 7,
            tag: "x".into(),
            files: vec![png(4, 3, 255), png(4, 3, 0), png(9, 9, 0), b"no".to_vec()],
        };
        let snapshot = snapshot(&encoded).unwrap();
        assert_eq!((snapshot.step, snapshot.shape.len(), snapshot.fake.len()), (7, 36, 72));
        assert_eq!((snapshot.fake[0], snapshot.fake[71]), (1.0, 0.0));
        let large = super::snapshot(&Encoded { files: vec![png(2000, 1000, 9)], ..encoded.clone() }).unwrap();
        assert!(matches!(large.shape, SampleShape::Image { width: 512, height: 256, .. }));
        assert!(super::snapshot(&Encoded { files: vec![b"\x89PNG\r\n".to_vec()], ..encoded }).is_err());
    }

    #[test]
    fn of_many_some_wait_with_the_latest_and_the_most_generated_tag() {
        let mut waiting = Waiting::default();
        waiting.push(0, "real", &[b"r"]);
        for step in 1..=1000 {
            waiting.push(step, "fakes", &[b"f"]);
            waiting.push(step, "real", &[b"r"]);
        }
        let taken = waiting.take();
        assert!((8..=WAITING).contains(&taken.len()) && taken.iter().all(|picture| picture.tag == "fakes"));
        assert!(taken.windows(2).all(|pair| pair[0].step < pair[1].step) && taken.last().unwrap().step == 1000);
        // Numbered ones are samples of one step.
        (0..5).for_each(|i| waiting.push(2000, &format!("fakes/{i}"), &[b"f"]));
        assert_eq!(waiting.take().iter().map(|picture| picture.files.len()).collect::<Vec<_>>(), [5]);
    }

    #[test]
    fn a_folder_has_the_samples_with_the_steps_of_their_names() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("samples")).unwrap();
        for name in
            ["fakes000200.png", "fakes_init.png", "reals.png", "loss.png", "samples/a_12.png", "samples/notes.txt"]
        {
            std::fs::write(dir.path().join(name), png(2, 2, 1)).unwrap();
        }
        let mut folder = Folder::new(dir.path());
        let steps = |found: Vec<Encoded>| found.iter().map(|picture| picture.step).collect::<Vec<_>>();
        assert_eq!(steps(folder.look(5)), [5, 12, 200]);
        assert_eq!(folder.look(5), []);
        std::fs::write(dir.path().join("fakes000400.png"), png(2, 2, 1)).unwrap();
        assert_eq!(steps(folder.look(5)), [400]);
        assert_eq!(
            [number("fakes000200.png"), number("é12ü.png"), number("x.png"), number("7.jpg")],
            [Some(200), Some(12), None, Some(7)]
        );
    }
}
