//! Event files as TensorBoard reads them: scalars of every metric, histograms of critic values, samples and weights,
//! and a picture of the samples.
//!
//! `message` has the few protobuf messages of it, `frame` how one follows the other in a file, `frames` finds them in
//! one that grows.

mod frame;
mod frames;
mod message;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::append::Appender;
use super::table::{ENDLESS_STEPS, row_every};
use super::{Error, TENSORBOARD_DIR};
use crate::config::Config;
use crate::domain::picture::{self, Picture};
use crate::domain::{Cadence, MetricId, MetricInfo, MetricTable, PixelRange, StepRecord};
use crate::link::{Histogram, Moments, PairedHistogram, RecordedSnapshot, Snapshot};
use crate::system::files::Directory;

pub use frame::{Damaged, read};
pub use frames::{Frames, Next};
pub use message::{Event, HistogramProto, Image, SessionLog, SessionStatus, Summary, Value, What};

/// The most scalars of one metric that a run gets, or an endless one in its first million steps.
const SCALARS: u64 = 10_000;

/// Every how many steps the event file gets the metrics: every row of metrics.csv, or one in so many that there are not
/// too many.
pub fn scalars_every(config: &Config) -> u64 {
    let (steps, rows) = (if config.steps == 0 { ENDLESS_STEPS } else { config.steps }, row_every(config));
    rows.saturating_mul((steps / rows).div_ceil(SCALARS).max(1))
}

/// The beginning and the end of an event file's name.
const BEGINNING: &str = "events.out.tfevents.";
const ENDING: &str = ".gantop";

/// Whether a file is called as the event files that gantop writes.
pub fn is_events(name: &Path) -> bool {
    name.to_str().is_some_and(|name| name.starts_with(BEGINNING) && name.ends_with(ENDING))
}

/// An event file as it grows.
#[derive(Debug)]
pub struct Events {
    file: Appender,
    metrics: MetricTable,
    every: u64,
}

impl Events {
    /// A new event file in a directory of its own in the run directory.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn create(dir: &Path, config: &Config, metrics: &MetricTable) -> Result<Events, Error> {
        let folder = dir.join(TENSORBOARD_DIR);
        let fail = |why| Error::Directory { dir: folder.clone(), why };
        let inside = Directory::open(dir).and_then(|dir| dir.make_folder(TENSORBOARD_DIR)).map_err(fail)?;
        let now = seconds();
        let name = |number: u32| PathBuf::from(format!("{BEGINNING}{}.{number}{ENDING}", now as u64));
        // Where a run is taken up again within the second there is one already. TensorBoard reads them by name.
        let name = (0..1000).map(name).find(|name| !inside.has(name)).unwrap_or_else(|| name(1000));
        let path = inside.path(&name);
        let mut file = Appender::create_in(&inside, &name)?;
        let first = Event { wall_time: now, step: 0, what: Some(What::FileVersion("brain.Event:2".to_owned())) };
        file.append(&frame::framed(&first)).map_err(|why| Error::Write { path, why })?;
        Ok(Events { file, metrics: metrics.clone(), every: scalars_every(config) })
    }

    /// Adds the metrics of the records that are due, and what comes now and then whenever it comes.
    ///
    /// # Errors
    /// None of them is in the file.
    pub fn records(&mut self, batch: &[StepRecord]) -> io::Result<()> {
        let mut bytes = Vec::new();
        for record in batch {
            let due = record.step % self.every == 0;
            if !due && record.values.others().is_empty() {
                continue;
            }
            let shown = self.metrics.iter().filter(|(_, info)| due || info.cadence == Cadence::Occasional);
            let scalar = |(metric, info): (MetricId, &MetricInfo)| {
                record.values.get(metric).map(|value| Value::scalar(&info.name, value))
            };
            let values: Vec<Value> = shown.filter_map(scalar).collect();
            if !values.is_empty() {
                bytes.extend(frame::framed(&event(record.step, summary(values))));
            }
        }
        if bytes.is_empty() { Ok(()) } else { self.file.append(&bytes) }
    }

    /// Has readers forget the steps after `step`, which will be done again: without it TensorBoard would draw both
    /// branches as one zigzag.
    ///
    /// # Errors
    /// It is not in the file.
    pub fn go_back_to(&mut self, step: u64) -> io::Result<()> {
        let start = SessionLog { status: SessionStatus::Start.into() };
        self.file.append(&frame::framed(&event(step.saturating_add(1), What::Session(start))))
    }

    /// Adds histograms and pictures.
    ///
    /// # Errors
    /// None of them is in the file.
    pub fn record_snapshot(&mut self, recorded: &RecordedSnapshot) -> io::Result<()> {
        let RecordedSnapshot { snapshot, generator, critic, weights: of_weights, values: of_critic } = recorded;
        let mut values = vec![
            weights("weights/generator", generator, of_weights[0]),
            weights("weights/critic", critic, of_weights[1]),
        ];
        // A histogram for each coordinate of a point, or one for all pixels.
        let apart = snapshot.values.len().max(1);
        let coordinates = snapshot.values.iter().enumerate().map(|(k, paired)| {
            let of = |samples: &[f32]| Moments::of(samples.iter().copied().skip(k).step_by(apart));
            (paired, [of(&snapshot.real), of(&snapshot.fake)])
        });
        for (paired, [of_real, of_fake]) in std::iter::once((&snapshot.critic, *of_critic)).chain(coordinates) {
            let PairedHistogram { label, low, high, real, fake, .. } = paired;
            let tag = label.replace(' ', "_");
            for (kind, counts, moments) in [("real", real, of_real), ("generated", fake, of_fake)] {
                values.push(Value::histogram(&format!("{tag}/{kind}"), histogram(*low, *high, counts, moments)));
            }
        }
        for (kind, picture) in pictures(snapshot) {
            // A picture that cannot be made is no reason to lose the rest.
            if let Ok(png) = picture.png() {
                values.push(Value::image(&format!("samples/{kind}"), picture.width, picture.height, png));
            }
        }
        self.file.append(&frame::framed(&event(snapshot.step, summary(values))))
    }
}

fn seconds() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

fn event(step: u64, what: What) -> Event {
    Event { wall_time: seconds(), step: i64::try_from(step).unwrap_or(i64::MAX), what: Some(what) }
}

fn summary(value: Vec<Value>) -> What {
    What::Summary(Summary { value })
}

fn weights(tag: &str, weights: &Histogram, moments: Moments) -> Value {
    Value::histogram(tag, histogram(weights.low, weights.high, &weights.counts, moments))
}

/// Counts over bins of equal width, with the extremes and sums of the numbers themselves.
fn histogram(low: f32, high: f32, counts: &[u32], moments: Moments) -> HistogramProto {
    let (low, high) = (f64::from(low), f64::from(high));
    let width = (high - low) / counts.len().max(1) as f64;
    let edge = |bin: usize| low + bin as f64 * width;
    let Moments { min, max, sum, sum_squares } = moments;
    let (min, max) = if min <= max { (min, max) } else { (low, high) };
    HistogramProto {
        min,
        max,
        num: counts.iter().map(|&n| f64::from(n)).sum(),
        sum,
        sum_squares,
        bucket_limit: (1..=counts.len()).map(edge).collect(),
        bucket: counts.iter().map(|&n| f64::from(n)).collect(),
    }
}

/// The pictures of the samples.
fn pictures(snapshot: &Snapshot) -> Vec<(&'static str, Picture)> {
    let range = snapshot.shape.pixel_range().map(PixelRange::ends);
    let of = |samples: &[f32]| range.and_then(|(low, high)| picture::sheet(snapshot.shape, samples, low, high));
    let all = [
        ("generated", of(&snapshot.fake)),
        ("averaged", of(&snapshot.averaged)),
        ("real", of(&snapshot.real)),
        ("plane", picture::plane(snapshot.shape, &snapshot.real, &snapshot.fake)),
    ];
    all.into_iter().filter_map(|(kind, picture)| Some((kind, picture?))).collect()
}

/// The recorded pictures of generated images of the run in a directory, as PNG files with their steps, rising: of the
/// average where there is one, unless `raw` asks for the others. What the run has gone back from is left out.
///
/// # Errors
/// There are files, and none of them can be read: for a person.
pub fn pictures_of(run: &Path, raw: bool) -> Result<Vec<(u64, Vec<u8>)>, String> {
    let folder = run.join(TENSORBOARD_DIR);
    let Ok(names) = Directory::open(&folder).and_then(|folder| folder.names()) else { return Ok(Vec::new()) };
    let mut names: Vec<PathBuf> =
        names.into_iter().filter(|name| name.to_string_lossy().contains(".tfevents.")).collect();
    names.sort();
    let (mut found, mut damaged) = (BTreeMap::<u64, Vec<u8>>::new(), None);
    for name in names {
        let events = match frame::read(&folder.join(name)) {
            Ok((events, _)) => events,
            Err(error) => {
                damaged = Some(error.to_string());
                continue;
            }
        };
        for event in events {
            let step = u64::try_from(event.step).unwrap_or(0);
            match event.what {
                Some(What::Session(session)) if session.status == i32::from(SessionStatus::Start) => {
                    found.split_off(&step);
                }
                Some(What::Summary(summary)) => {
                    if let Some(png) = generated(summary.value, raw) {
                        found.insert(step, png);
                    }
                }
                _ => {}
            }
        }
    }
    match damaged {
        Some(error) if found.is_empty() => Err(error),
        _ => Ok(found.into_iter().collect()),
    }
}

/// The picture of generated images among the values of a step.
fn generated(values: Vec<Value>, raw: bool) -> Option<Vec<u8>> {
    let mut images: Vec<(String, Image)> =
        values.into_iter().filter_map(|value| Some((value.tag, value.image?))).collect();
    let find = |images: &[(String, Image)], tag: &str| images.iter().position(|(name, _)| name == tag);
    let averaged = if raw { None } else { find(&images, "samples/averaged") };
    let at = averaged.or_else(|| find(&images, "samples/generated"))?;
    Some(images.swap_remove(at).1.encoded_image_string)
}

#[cfg(test)]
mod tests;
