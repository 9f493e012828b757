//! Decoding all images once, on as many threads as there are cores: into memory, or to learn that each can be used.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, Sender, unbounded};

use super::super::Error as DataError;
use super::super::images::{self, Images, Pixels, Shelf};
use super::super::located::Locate;
use super::super::watch::{Progress, Watch};
use super::decode::{Decoded, MOST_BYTES, decode};
use super::error::{BadFiles, Error, Problem};
use super::kept::Place;
use super::note::Notes;
use super::survey::MOST_TOLD;
use super::{Found, Store, Wanted};
use crate::config::{Fit, OnBad};

/// The time that the watcher goes without being asked while a large image is decoded.
const TICK: Duration = Duration::from_millis(50);

/// The most threads that decode at once.
const MOST_THREADS: usize = 16;

/// The files, with how they become samples.
pub struct Files {
    pub store: Box<dyn Store>,
    pub names: Vec<String>,
    pub fit: Fit,
    pub width: usize,
    pub height: usize,
}

/// The outcome of a file.
pub struct Outcome {
    pub index: usize,
    pub result: Result<(Notes, (u32, u32)), Trouble>,
}

/// Why a file gave no sample.
pub enum Trouble {
    Bad(String),
    /// It is of another size, and all are to be as they are.
    Size((u32, u32)),
}

impl Files {
    /// Decodes a file whole into `pixels`.
    fn read(&self, index: usize, pixels: &mut [u8]) -> Result<(Notes, (u32, u32)), Trouble> {
        let name = self.names.get(index).map_or("", String::as_str);
        let bytes = self.store.bytes(index).map_err(Trouble::Bad)?;
        let Decoded { pixels: decoded, width, height, found, notes } =
            decode(&bytes, name, &self.fit).map_err(Trouble::Bad)?;
        if (width, height) != (self.width, self.height) || decoded.len() != pixels.len() {
            return Err(Trouble::Size(found));
        }
        pixels.copy_from_slice(&decoded);
        Ok((notes, found))
    }

    fn len(&self) -> usize {
        self.width * self.height * self.fit.channels
    }
}

/// Makes images of the files that were found: `limit` of them, evenly over all.
///
/// # Errors
/// Some cannot be used, and are not to be passed over; they differ in size, and none is set; `watch` broke it off.
pub fn load(found: Found, wanted: &Wanted<'_>, watch: Watch<'_>) -> Result<Images, Error> {
    let &Wanted { data, fit, on_bad, cache } = wanted;
    let Found { store, names, labels, mut survey } = found;
    let at = |problem: Problem| problem.at(&data.path);
    let all = names.len();
    let limit = if data.limit == 0 { all } else { data.limit.min(all) };
    let mut chosen: Vec<usize> = (0..limit).map(|i| (i as u128 * all as u128 / limit as u128) as usize).collect();
    let (width, height) = match fit.size {
        0 => match first_size(&*store, &names, &chosen, fit, watch).map_err(at)? {
            Some((first, width, height)) if (width * height * fit.channels) as u64 > MOST_BYTES => {
                return Err(at(Problem::Large { first, width, height }));
            }
            // Where there is none, all that follows is told of each file.
            first => first.map_or((1, 1), |(_, width, height)| (width, height)),
        },
        size => (size, size),
    };
    let files = Arc::new(Files { store, names, fit: fit.clone(), width, height });
    let len = files.len();
    let need = limit as u64 * len as u64;
    let in_memory = need <= images::memory(data);
    let mut pixels = Vec::new();
    if in_memory {
        let size = usize::try_from(need).map_err(|_| at(Problem::Memory { need }))?;
        pixels.try_reserve_exact(size).map_err(|_| at(Problem::Memory { need }))?;
        pixels.resize(size, 0);
    }
    let place = Place::of(cache.map(Path::to_owned), &files, &chosen, pixels.len() as u64);
    let kept = place.as_ref().map(|place| place.read(&chosen, &mut pixels, watch)).transpose().map_err(at)?;
    let outcomes = match kept.flatten() {
        Some(kept) => {
            survey.remarks.push("decoded before, and taken from the cache".to_owned());
            kept
        }
        None => {
            let outcomes = decode_all(&files, &chosen, &mut pixels, watch).map_err(at)?;
            place.iter().for_each(|place| place.write(&outcomes, &pixels));
            outcomes
        }
    };

    let mut is_good = vec![true; limit];
    let mut different = Vec::new();
    for (place, outcome) in outcomes.into_iter().enumerate() {
        let name = &files.names[outcome.index];
        match outcome.result {
            Ok((notes, size)) => survey.add(notes, size),
            Err(Trouble::Bad(why)) => {
                survey.add_bad(name.clone(), why);
                is_good[place] = false;
            }
            Err(Trouble::Size(size)) => different.push((outcome.index, size)),
        }
    }
    let good = is_good.iter().filter(|good| **good).count();
    if survey.bad_count > 0 && (on_bad == OnBad::Error || good == 0) {
        let first = survey.bad.iter().take(MOST_TOLD).cloned().collect();
        return Err(at(Problem::Bad(BadFiles { first, bad: survey.bad_count, all: limit.max(survey.bad_count) })));
    }
    if let Some(&(other, of)) = different.first() {
        let same = chosen.iter().zip(&is_good).find(|(index, good)| **good && different.iter().all(|d| d.0 != **index));
        let name = |index: usize| files.names[index].clone();
        let first = same.map_or_else(String::new, |(index, _)| name(*index));
        let (different, other) = (different.len(), name(other));
        return Err(at(Problem::Sizes { different, count: good, width, height, first, other, of }));
    }
    // A file that cannot be used has no say in what the classes are.
    let bad: HashSet<usize> =
        chosen.iter().zip(&is_good).filter(|(_, good)| !**good).map(|(index, _)| *index).collect();
    let used: Vec<usize> = (0..all).filter(|index| !bad.contains(index)).collect();
    if good < limit {
        let mut to = 0;
        for from in (0..limit).filter(|place| is_good[*place]) {
            if in_memory {
                pixels.copy_within(from * len..(from + 1) * len, to * len);
            }
            chosen[to] = chosen[from];
            to += 1;
        }
        pixels.truncate(to * len);
        chosen.truncate(to);
    }
    let names: Vec<&str> = used.iter().map(|&index| files.names[index].as_str()).collect();
    let labels = labels.of(&names, &mut survey).and_then(|labels| {
        // What is chosen is among what is used, in the same order.
        chosen.iter().map(|index| used.binary_search(index).ok().map(|at| labels[at])).collect()
    });
    let shape = images::shape(data, width, height, fit.channels);
    let pixels = match in_memory {
        true => Pixels::Memory(pixels),
        false => Pixels::Disk(Arc::new(Streamed { files, chosen, root: data.path.clone() })),
    };
    Ok(Images { shape, count: good, pixels, labels, flip: data.flip, survey })
}

/// The name and the size of the first image that can be used, if any can.
fn first_size(
    store: &dyn Store,
    names: &[String],
    chosen: &[usize],
    fit: &Fit,
    watch: Watch<'_>,
) -> Result<Option<(String, usize, usize)>, Problem> {
    for &index in chosen {
        if watch(Progress { done: 0, total: chosen.len() }).is_break() {
            return Err(Problem::Interrupted);
        }
        let decoded = store.bytes(index).and_then(|bytes| decode(&bytes, &names[index], fit));
        if let Ok(Decoded { width, height, .. }) = decoded {
            return Ok(Some((names[index].clone(), width, height)));
        }
    }
    Ok(None)
}

/// Decodes the chosen files, into their places of `pixels` if that is not empty. What came of each comes in their
/// order.
fn decode_all(files: &Files, chosen: &[usize], pixels: &mut [u8], watch: Watch<'_>) -> Result<Vec<Outcome>, Problem> {
    let keep = !pixels.is_empty();
    let (stop, left) = (AtomicBool::new(false), Mutex::new(chosen.iter().enumerate().zip(places(pixels, files.len()))));
    let work = |done: Sender<(usize, Outcome)>| {
        let mut scratch = vec![0; if keep { 0 } else { files.len() }];
        while !stop.load(Ordering::Relaxed) {
            let next = left.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some(((place, &index), own)) = next else { break };
            let result = files.read(index, own.unwrap_or(&mut scratch));
            if done.send((place, Outcome { index, result })).is_err() {
                break;
            }
        }
    };
    let mut outcomes: Vec<Option<Outcome>> = chosen.iter().map(|_| None).collect();
    let total = chosen.len();
    let is_whole = thread::scope(|scope| {
        let (done, news) = unbounded();
        for _ in 0..threads().min(total) {
            let (work, done) = (&work, done.clone());
            // Where there is no thread to be had, this one does the work below.
            if thread::Builder::new().name("decode".into()).spawn_scoped(scope, move || work(done)).is_err() {
                break;
            }
        }
        drop(done);
        let mut count = 0;
        loop {
            match news.recv_timeout(TICK) {
                Ok((place, outcome)) => {
                    outcomes[place] = Some(outcome);
                    count += 1;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break true,
            }
            if watch(Progress { done: count, total }).is_break() {
                stop.store(true, Ordering::Relaxed);
                break false;
            }
        }
    });
    if !is_whole {
        return Err(Problem::Interrupted);
    }
    let (done, news) = unbounded();
    // What no thread has taken, which is nothing but where there were none.
    work(done);
    news.into_iter().for_each(|(place, outcome)| outcomes[place] = Some(outcome));
    Ok(outcomes.into_iter().flatten().collect())
}

/// The places of images among the pixels, one after the other; none, for ever, where no pixels are kept.
fn places(pixels: &mut [u8], len: usize) -> impl Iterator<Item = Option<&mut [u8]>> {
    let keep = !pixels.is_empty();
    pixels.chunks_exact_mut(len.max(1)).map(Some).chain(std::iter::repeat_with(|| None).take_while(move |_| !keep))
}

/// The number of threads that decode: as many as there are cores, but each may need memory for an image of any size.
fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS)
}

/// Files that are decoded as their images are drawn.
struct Streamed {
    files: Arc<Files>,
    /// The number of the file of each image.
    chosen: Vec<usize>,
    root: PathBuf,
}

impl Shelf for Streamed {
    fn read(&self, index: usize, pixels: &mut [u8]) -> Result<(), DataError> {
        let file = self.chosen.get(index).copied().unwrap_or(index);
        let why = match self.files.read(file, pixels) {
            Ok(_) => return Ok(()),
            Err(Trouble::Bad(why)) => why,
            Err(Trouble::Size((width, height))) => format!("it is now of another size, {width} × {height}"),
        };
        let path = self.root.join(self.files.names.get(file).map_or("", String::as_str));
        Err(DataError::Sample { path, index, count: self.chosen.len(), why })
    }

    fn threads(&self) -> usize {
        threads()
    }
}
