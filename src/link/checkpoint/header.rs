//! The header of a checkpoint, besides its tensors: text in the file's metadata.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::str::FromStr;

use safetensors::SafeTensors;
use safetensors::tensor::Metadata;

use super::{Checkpoint, CheckpointInfo, Error, VERSION};
use crate::config::{self, Config, Data};
use crate::domain::{MetricTable, Metrics, PixelRange, SampleShape};
use crate::link::Settings;

/// The largest header that is read, in bytes: one of this program's has a few thousand.
const MAX_HEADER: u64 = 1 << 24;

/// A checkpoint without its tensors, and where it stands among those of its run.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    pub info: CheckpointInfo,
    /// Its number among the checkpoints of the run, in the order in which they were made.
    pub ordinal: u64,
    /// Rows of metrics.csv when it was made.
    pub rows: u64,
}

impl Header {
    /// Of a checkpoint.
    pub fn of(checkpoint: &Checkpoint, ordinal: u64, rows: u64) -> Header {
        Header { info: checkpoint.info.clone(), ordinal, rows }
    }

    /// As the text of a file's metadata.
    pub(crate) fn to_text(&self) -> Result<HashMap<String, String>, String> {
        let toml = |config: &Config| config.to_toml().map_err(|error| error.to_string());
        let mut text: HashMap<String, String> = [
            ("gantop", VERSION.to_string()),
            ("step", self.info.step.to_string()),
            ("seconds", self.info.seconds.to_string()),
            ("reason", self.info.reason.to_string()),
            ("seed", self.info.config.seed.to_string()),
            ("objective", self.info.settings.objective.kind.clone()),
            ("constraint", self.info.settings.constraint.to_string()),
            ("config", toml(&self.info.config)?),
            // The settings in force, as the config of a run that would start with them.
            ("config.now", toml(&self.info.settings.on(&self.info.config))?),
            ("shape", shape_text(self.info.shape)),
            ("generator_updates", self.info.generator_updates.to_string()),
            ("critic_updates", self.info.critic_updates.to_string()),
            ("scheduled", self.info.scheduled.to_string()),
            ("ordinal", self.ordinal.to_string()),
            ("rows", self.rows.to_string()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into();
        for (metric, info) in MetricTable::of(&self.info.config).iter() {
            if let Some(value) = self.info.metrics.as_ref().and_then(|metrics| metrics.get(metric)) {
                text.insert(format!("metric.{}", info.name), value.to_string());
            }
        }
        if !self.info.settings.ramps.is_empty() {
            let ramps = serde_json::to_string(&self.info.settings.ramps).map_err(|error| error.to_string())?;
            text.insert("ramps".to_owned(), ramps);
        }
        Ok(text)
    }

    /// From the text of a file's metadata.
    pub(crate) fn from_text(text: Option<&HashMap<String, String>>) -> Result<Header, String> {
        let text = text.filter(|text| text.contains_key("gantop"));
        let text = text.ok_or("is not a checkpoint of gantop: its metadata says nothing of one")?;
        let get = |key: &str| text.get(key).ok_or_else(|| format!("its metadata lacks `{key}`"));
        let version: String =
            get("gantop")?.chars().filter(|c| !crate::system::output::is_unsafe(*c)).take(16).collect();
        if version != VERSION.to_string() {
            return Err(format!("has version {version} of the format; this gantop reads version {VERSION}"));
        }
        let config = |key: &str| {
            config::parse(get(key)?, key).map_err(|error| format!("its `{key}` is not a valid config: {error}"))
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
        let shape = shape(get("shape")?, &of_start.data).ok_or("its `shape` is not that of a sample")?;
        let ramps = text.get("ramps").map_or(Ok(Vec::new()), |ramps| serde_json::from_str(ramps));
        let ramps = ramps.map_err(|error| format!("its `ramps`: {error}"))?;
        let info = CheckpointInfo {
            step: number(get("step")?, "step")?,
            seconds,
            reason: get("reason")?.parse()?,
            settings: Settings { ramps, ..Settings::of(&config("config.now")?) },
            config: of_start,
            shape,
            metrics,
            generator_updates: updates("generator_updates")?,
            critic_updates: updates("critic_updates")?,
            scheduled: number(get("scheduled")?, "scheduled")?,
        };
        Ok(Header { info, ordinal: number(get("ordinal")?, "ordinal")?, rows: number(get("rows")?, "rows")? })
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
    let damaged = |what: String| Error::Damaged { path: path.to_owned(), what };
    let head = crate::system::files::open(path).and_then(|mut file| head(&mut file));
    let head = head.map_err(|why| Error::Read { path: path.to_owned(), why })?;
    let (_, metadata) = head.ok_or_else(|| damaged(NOT_ONE.to_owned()))?;
    Header::from_text(metadata.metadata().as_ref()).map_err(damaged)
}

/// The first bytes of a safetensors file, up to where its tensors begin, and what they say; none where it is no such
/// file, or says more than [`MAX_HEADER`].
///
/// # Errors
///
/// It cannot be read.
pub(crate) fn head(file: &mut File) -> io::Result<Option<(Vec<u8>, Metadata)>> {
    let mut bytes = Vec::new();
    file.take(8).read_to_end(&mut bytes)?;
    let Ok(length) = <[u8; 8]>::try_from(&bytes[..]) else { return Ok(None) };
    let length = u64::from_le_bytes(length);
    if length > MAX_HEADER {
        return Ok(None);
    }
    file.take(length).read_to_end(&mut bytes)?;
    let metadata = serde_json::from_slice(&bytes[8..]).ok();
    Ok(metadata.map(|metadata| (bytes, metadata)))
}

/// The message about a file that safetensors cannot read.
pub(crate) const NOT_ONE: &str = "is not a safetensors file, or it is cut short or damaged";

/// The metadata of a whole file.
pub(crate) fn of_bytes(bytes: &[u8]) -> Result<Header, String> {
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|error| format!("{NOT_ONE} ({error})"))?;
    Header::from_text(metadata.metadata().as_ref())
}

fn number<T: FromStr>(text: &str, key: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("its `{key}` is not a number that fits"))
}

fn shape_text(shape: SampleShape) -> String {
    match shape {
        SampleShape::Point { dims } => format!("point {dims}"),
        SampleShape::Image { width, height, channels, range } => {
            let range = match range {
                PixelRange::Signed => "signed",
                PixelRange::Unit => "unit",
            };
            format!("image {width} {height} {channels} {range}")
        }
    }
}

/// The shape that `text` says. Of images, files of former versions leave the range to the config, whose data `data` is.
fn shape(text: &str, data: &Data) -> Option<SampleShape> {
    // Wider than anything that can be trained on; their product fits.
    let side = |text: &str| text.parse().ok().filter(|side| (1..=1 << 16).contains(side));
    match text.split(' ').collect::<Vec<_>>()[..] {
        ["point", dims] => Some(SampleShape::Point { dims: side(dims)? }),
        ["image", width, height, channels, ref range @ ..] => {
            let range = match range {
                [] => data.pixel_range(),
                ["signed"] => PixelRange::Signed,
                ["unit"] => PixelRange::Unit,
                _ => return None,
            };
            Some(SampleShape::Image { width: side(width)?, height: side(height)?, channels: side(channels)?, range })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_reads_back_and_one_of_a_former_version_takes_its_range_from_the_config() {
        let data = |range| Data::Idx(config::ImageData { range, ..config::ImageData::of("/x") });
        for range in [PixelRange::Signed, PixelRange::Unit] {
            let image = SampleShape::Image { width: 3, height: 2, channels: 1, range };
            let other = data(if range == PixelRange::Unit { PixelRange::Signed } else { PixelRange::Unit });
            assert_eq!(shape(&shape_text(image), &other), Some(image));
            assert_eq!(shape("image 3 2 1", &data(range)), Some(image));
        }
        let point = SampleShape::Point { dims: 2 };
        assert_eq!(shape(&shape_text(point), &Data::Checkerboard), Some(point));
        for text in ["image 3 2", "image 3 2 1 wide", "image 3 2 1 unit unit", "point", "cube 3"] {
            assert_eq!(shape(text, &Data::Checkerboard), None, "{text}");
        }
    }

    #[test]
    fn an_image_without_a_range_spans_the_usual_one() {
        let image: SampleShape = serde_json::from_str(r#"{"image":{"width":3,"height":2,"channels":1}}"#).unwrap();
        assert_eq!(image, SampleShape::Image { width: 3, height: 2, channels: 1, range: PixelRange::Signed });
        let unit = SampleShape::Image { width: 3, height: 2, channels: 1, range: PixelRange::Unit };
        assert_eq!(serde_json::from_str::<SampleShape>(&serde_json::to_string(&unit).unwrap()).unwrap(), unit);
    }
}
