//! What a checkpoint says of itself besides its tensors: text in the file's metadata.

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;
use std::str::FromStr;

use safetensors::SafeTensors;
use safetensors::tensor::Metadata;

use super::{Checkpoint, Error, Reason, VERSION};
use crate::config::{self, Config};
use crate::link::{MetricTable, Metrics, SampleShape, Settings};

/// The largest header that is read, in bytes: one of this program's has a few thousand.
pub(super) const MAX_HEADER: u64 = 1 << 24;

/// A checkpoint without its tensors, and where it stands among those of its run.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    pub step: u64,
    pub seconds: f64,
    pub reason: Reason,
    pub config: Config,
    pub settings: Settings,
    pub shape: SampleShape,
    pub metrics: Option<Metrics>,
    pub generator_updates: i64,
    pub critic_updates: i64,
    pub scheduled: usize,
    /// Its number among the checkpoints of the run, in the order in which they were made.
    pub ordinal: u64,
    /// Rows of metrics.csv when it was made.
    pub rows: u64,
}

impl Header {
    /// Of a checkpoint.
    pub fn of(checkpoint: &Checkpoint, ordinal: u64, rows: u64) -> Header {
        Header {
            step: checkpoint.step,
            seconds: checkpoint.seconds,
            reason: checkpoint.reason,
            config: checkpoint.config.clone(),
            settings: checkpoint.settings.clone(),
            shape: checkpoint.shape,
            metrics: checkpoint.metrics.clone(),
            generator_updates: checkpoint.generator_updates,
            critic_updates: checkpoint.critic_updates,
            scheduled: checkpoint.scheduled,
            ordinal,
            rows,
        }
    }

    /// As the text of a file's metadata.
    pub(super) fn to_text(&self) -> Result<HashMap<String, String>, String> {
        let toml = |config: &Config| config.to_toml().map_err(|error| error.to_string());
        let mut text: HashMap<String, String> = [
            ("gantop", VERSION.to_string()),
            ("step", self.step.to_string()),
            ("seconds", self.seconds.to_string()),
            ("reason", self.reason.to_string()),
            ("seed", self.config.seed.to_string()),
            ("objective", self.settings.objective.kind.clone()),
            ("constraint", self.settings.constraint.to_string()),
            ("config", toml(&self.config)?),
            // The settings in force, as the config of a run that would start with them.
            ("config.now", toml(&self.settings.on(&self.config))?),
            ("shape", shape_text(self.shape)),
            ("generator_updates", self.generator_updates.to_string()),
            ("critic_updates", self.critic_updates.to_string()),
            ("scheduled", self.scheduled.to_string()),
            ("ordinal", self.ordinal.to_string()),
            ("rows", self.rows.to_string()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into();
        for (metric, info) in MetricTable::of(&self.config).iter() {
            if let Some(value) = self.metrics.as_ref().and_then(|metrics| metrics.get(metric)) {
                text.insert(format!("metric.{}", info.name), value.to_string());
            }
        }
        Ok(text)
    }

    /// From the text of a file's metadata.
    pub(super) fn from_text(text: Option<&HashMap<String, String>>) -> Result<Header, String> {
        let text = text.filter(|text| text.contains_key("gantop"));
        let text = text.ok_or("is not a checkpoint of gantop: its metadata says nothing of one")?;
        let get = |key: &str| text.get(key).ok_or_else(|| format!("its metadata lacks `{key}`"));
        let version: String = get("gantop")?.chars().filter(|c| !crate::output::is_unsafe(*c)).take(16).collect();
        if version != VERSION.to_string() {
            return Err(format!("has version {version} of the format; this gantop reads version {VERSION}"));
        }
        let config = |key: &str| {
            config::parse(get(key)?, key).map_err(|error| format!("its `{key}` is no valid config: {error}"))
        };
        let seconds: f64 = number(get("seconds")?, "seconds")?;
        if !(seconds.is_finite() && seconds >= 0.0) {
            return Err(format!("its `seconds` is {seconds}"));
        }
        let updates = |key: &str| match number::<i64>(get(key)?, key)? {
            updates @ 0.. => Ok(updates),
            updates => Err(format!("its `{key}` is {updates}")),
        };
        let of_start = config("config")?;
        let metrics = text.contains_key("metric.bound").then(|| metrics(text, &MetricTable::of(&of_start)));
        let shape = shape(get("shape")?).ok_or("its `shape` is none of a sample")?;
        Ok(Header {
            step: number(get("step")?, "step")?,
            seconds,
            reason: get("reason")?.parse()?,
            settings: Settings::of(&config("config.now")?),
            config: of_start,
            shape,
            metrics,
            generator_updates: updates("generator_updates")?,
            critic_updates: updates("critic_updates")?,
            scheduled: number(get("scheduled")?, "scheduled")?,
            ordinal: number(get("ordinal")?, "ordinal")?,
            rows: number(get("rows")?, "rows")?,
        })
    }
}

/// The metrics that the metadata has.
fn metrics(text: &HashMap<String, String>, table: &MetricTable) -> Metrics {
    let mut metrics = Metrics::none();
    for (metric, info) in table.iter() {
        if let Some(value) = text.get(&format!("metric.{}", info.name)).and_then(|value| value.parse().ok()) {
            metrics.set(metric, value);
        }
    }
    metrics
}

/// Reads what a file says of itself; its tensors are not looked at.
///
/// # Errors
///
/// It cannot be read, or does not begin as a checkpoint of this program does.
pub fn peek(path: &Path) -> Result<Header, Error> {
    let mut bytes = Vec::new();
    let mut length = [0; 8];
    let read = crate::files::open(path).and_then(|mut file| {
        file.read_exact(&mut length)?;
        file.take(u64::from_le_bytes(length).min(MAX_HEADER)).read_to_end(&mut bytes)
    });
    match read {
        Err(why) if why.kind() == std::io::ErrorKind::UnexpectedEof => {}
        Err(why) => return Err(Error::Read { path: path.to_owned(), why }),
        Ok(_) => {}
    }
    let damaged = |what: String| Error::Damaged { path: path.to_owned(), what };
    let header = serde_json::from_slice::<Metadata>(&bytes).map_err(|_| damaged(NOT_ONE.to_owned()))?;
    Header::from_text(header.metadata().as_ref()).map_err(damaged)
}

/// What is said of a file that safetensors cannot read.
pub(super) const NOT_ONE: &str = "is no safetensors file, or is cut short or damaged";

/// The metadata of a whole file.
pub(super) fn of_bytes(bytes: &[u8]) -> Result<Header, String> {
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|error| format!("{NOT_ONE} ({error})"))?;
    Header::from_text(metadata.metadata().as_ref())
}

fn number<T: FromStr>(text: &str, key: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("its `{key}` is no number that fits"))
}

fn shape_text(shape: SampleShape) -> String {
    match shape {
        SampleShape::Point { dims } => format!("point {dims}"),
        SampleShape::Image { width, height, channels } => format!("image {width} {height} {channels}"),
    }
}

fn shape(text: &str) -> Option<SampleShape> {
    // Wider than anything that can be trained on; their product fits.
    let side = |text: &str| text.parse().ok().filter(|side| (1..=1 << 16).contains(side));
    match text.split(' ').collect::<Vec<_>>()[..] {
        ["point", dims] => Some(SampleShape::Point { dims: side(dims)? }),
        ["image", width, height, channels] => {
            Some(SampleShape::Image { width: side(width)?, height: side(height)?, channels: side(channels)? })
        }
        _ => None,
    }
}
