//! Decoded images that are kept between runs, so that many files are decoded once. A file of the cache has a name that
//! says what it was made of: the paths, sizes and times of all files, and how they are brought into shape. One that is
//! damaged is made again; that it cannot be kept is no failure.

use std::io::{self, Read, Write};
use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

use super::super::watch::{Progress, Watch};
use super::error::Problem;
use super::load::{Files, Outcome, Trouble};
use super::note::Notes;
use crate::evaluate::Digest;
use crate::system::{cache, files};

/// Fewer files are decoded in a moment.
const LEAST: usize = 256;
/// The largest file that is kept, and the most that all of them may take.
const MOST: u64 = 1 << 30;
const MOST_IN_ALL: u64 = 1 << 32;
/// What such a file begins with: raised with every change of it, or of how images are decoded.
const MAGIC: &[u8; 16] = b"gantop images 1\n";
/// Bytes between two looks at whether somebody breaks the reading off.
const PIECE: usize = 1 << 22;
const SHA: usize = 32;

/// The place of what comes of these files.
pub struct Place {
    folder: PathBuf,
    name: PathBuf,
}

impl Place {
    /// The place for the chosen files; none where nothing is to be kept of them. `pixels`: the bytes of all.
    pub fn of(folder: Option<PathBuf>, files: &Files, chosen: &[usize], pixels: u64) -> Option<Place> {
        let folder = folder.filter(|_| chosen.len() >= LEAST && pixels <= MOST / 2)?;
        let mut digest = Digest::of("images");
        digest.text(&format!("{:?} {} {} {pixels}", files.fit, files.width, files.height));
        for &index in chosen {
            digest.text(files.names.get(index)?);
            let files::Stamp { length, modified, .. } = files.store.stamp(index)?;
            digest.text(&format!("{length} {modified:?}"));
        }
        Some(Place { folder, name: PathBuf::from(digest.finish()).with_extension(cache::IMAGES) })
    }

    /// What came of the chosen files when they were decoded before, their pixels put in their places; none where that is
    /// not kept, or damaged.
    ///
    /// # Errors
    /// `watch` broke it off.
    pub fn read(&self, chosen: &[usize], pixels: &mut [u8], watch: Watch<'_>) -> Result<Option<Vec<Outcome>>, Problem> {
        let Ok(mut file) = files::open(&self.folder.join(&self.name)) else { return Ok(None) };
        let Ok(length) = file.metadata().map(|meta| meta.len()) else { return Ok(None) };
        let head = length.checked_sub((MAGIC.len() + SHA + pixels.len()) as u64).filter(|head| *head <= MOST);
        let Some(head) = head else { return Ok(None) };
        let mut begin = [0; MAGIC.len() + SHA];
        let mut table = vec![0; head as usize];
        if file.read_exact(&mut begin).and_then(|()| file.read_exact(&mut table)).is_err() || !begin.starts_with(MAGIC)
        {
            return Ok(None);
        }
        let mut sum = Sha256::new_with_prefix(&table);
        let (all, mut done) = (pixels.len().max(1), 0);
        for piece in pixels.chunks_mut(PIECE) {
            if watch(Progress { done: chosen.len() * done / all, total: chosen.len() }).is_break() {
                return Err(Problem::Interrupted);
            }
            if file.read_exact(piece).is_err() {
                return Ok(None);
            }
            sum.update(&*piece);
            done += piece.len();
        }
        let is_whole = sum.finalize()[..] == begin[MAGIC.len()..];
        Ok(if is_whole { outcomes(&table, chosen) } else { None })
    }

    /// Keeps what came of the chosen files, and their pixels.
    pub fn write(&self, outcomes: &[Outcome], pixels: &[u8]) {
        let table: Vec<u8> = outcomes.iter().flat_map(row).collect();
        let bytes = (MAGIC.len() + SHA + table.len() + pixels.len()) as u64;
        if bytes > MOST || files::make_all(&self.folder).is_err() {
            return;
        }
        let _ = self.keep(bytes, &table, pixels);
    }

    fn keep(&self, bytes: u64, table: &[u8], pixels: &[u8]) -> io::Result<()> {
        cache::make_room(&self.folder, bytes, MOST_IN_ALL)?;
        let sum = Sha256::new_with_prefix(table).chain_update(pixels).finalize();
        files::Directory::open(&self.folder)?.replace_with(&self.name, |file| {
            [&MAGIC[..], &sum[..], table, pixels].into_iter().try_for_each(|part| file.write_all(part))
        })
    }
}

/// What came of a file, as bytes: a good one's notes and size, one of another size, or why it cannot be used.
fn row(outcome: &Outcome) -> Vec<u8> {
    let (kind, notes, (width, height), why) = match &outcome.result {
        Ok((notes, size)) => (0u8, notes.bits(), *size, ""),
        Err(Trouble::Size(size)) => (1, 0, *size, ""),
        Err(Trouble::Bad(why)) => (2, 0, (0, 0), why.as_str()),
    };
    let mut row = vec![kind];
    row.extend(notes.to_le_bytes());
    row.extend([width, height, why.len() as u32].into_iter().flat_map(u32::to_le_bytes));
    row.extend(why.as_bytes());
    row
}

/// The outcomes in such a table, one for each of the chosen files.
fn outcomes(mut table: &[u8], chosen: &[usize]) -> Option<Vec<Outcome>> {
    let mut take = |n: usize| {
        let now = table;
        let (part, rest) = now.split_at_checked(n)?;
        table = rest;
        Some(part)
    };
    let mut outcomes = Vec::with_capacity(chosen.len());
    for &index in chosen {
        let kind = take(1)?[0];
        let notes = Notes::of_bits(u16::from_le_bytes(take(2)?.try_into().ok()?));
        let mut number = || Some(u32::from_le_bytes(take(4)?.try_into().ok()?));
        let (size, why) = ((number()?, number()?), number()?);
        let why = std::str::from_utf8(take(why as usize)?).ok()?;
        let result = match kind {
            0 => Ok((notes, size)),
            1 => Err(Trouble::Size(size)),
            _ => Err(Trouble::Bad(why.to_owned())),
        };
        outcomes.push(Outcome { index, result });
    }
    table.is_empty().then_some(outcomes)
}

#[cfg(test)]
mod tests {
    use super::super::super::watch::unwatched;
    use super::*;

    #[test]
    fn what_is_kept_is_read_again_and_what_is_damaged_is_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place { folder: folder.path().join("not there"), name: "x.images".into() };
        let chosen = [3, 5, 9];
        let results = [Ok((Notes::of_bits(5), (7, 8))), Err(Trouble::Bad("cut".into())), Err(Trouble::Size((1, 2)))];
        let outcomes: Vec<Outcome> =
            chosen.iter().zip(results).map(|(&index, result)| Outcome { index, result }).collect();
        let pixels: Vec<u8> = (0..60).collect();
        let read = |room: usize| {
            let mut pixels = vec![0; room];
            let found = place.read(&chosen, &mut pixels, &mut unwatched).unwrap();
            found.map(|found| (found.iter().flat_map(row).collect::<Vec<u8>>(), pixels))
        };
        assert!(read(60).is_none());
        place.write(&outcomes, &pixels);
        let rows: Vec<u8> = outcomes.iter().flat_map(row).collect();
        assert_eq!(read(60), Some((rows, pixels)));
        assert!(read(59).is_none() && read(61).is_none());
        let file = place.folder.join("x.images");
        let bytes = std::fs::read(&file).unwrap();
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            std::fs::write(&file, &damaged).unwrap();
            assert!(read(60).is_none(), "byte {at}");
            std::fs::write(&file, &bytes[..at]).unwrap();
            assert!(read(60).is_none(), "{at} bytes");
        }
        let mut stop = |_: Progress| std::ops::ControlFlow::Break(());
        std::fs::write(&file, &bytes).unwrap();
        assert!(matches!(place.read(&chosen, &mut [0; 60], &mut stop), Err(Problem::Interrupted)));
    }
}
