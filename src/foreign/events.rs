//! TensorBoard's event files: scalars, tensors of one number, pictures, texts and hyper-parameters.

use std::io;
use std::path::Path;

use super::sink::Sink;
use super::tensor::Tensor;
use super::wire::{Fields, Value};
use crate::run::tensorboard::{Frames, Next};

/// Events that are read at once.
const EVENTS: usize = 4096;
/// The state of a session that begins: see tensorflow's SessionLog.
const START: u64 = 1;
/// The most hyper-parameters that are told.
const MOST_PARAMETERS: usize = 64;

/// Reads an event file.
#[derive(Debug)]
pub struct EventReader {
    frames: Frames,
}

/// The outcome of reading some events.
#[derive(Debug, PartialEq, Eq)]
pub enum Read {
    /// There may be more at once.
    More,
    /// That is all that there is.
    Through,
    /// Something was damaged, and is passed over.
    Damaged(String),
}

impl EventReader {
    /// # Errors
    /// The file cannot be opened.
    pub fn open(path: &Path) -> io::Result<EventReader> {
        Ok(EventReader { frames: Frames::open(path)? })
    }

    /// Opens a file to read only its last events, within so many bytes.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn open_near_end(path: &Path, bytes: u64) -> io::Result<EventReader> {
        Ok(EventReader { frames: Frames::open_near_end(path, bytes)? })
    }

    /// Reads some events.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read(&mut self, sink: &mut Sink) -> io::Result<Read> {
        for _ in 0..EVENTS {
            match self.frames.advance()? {
                Next::Message => event(self.frames.message(), sink),
                Next::Wait => return Ok(Read::Through),
                Next::Damaged(why) => return Ok(Read::Damaged(why)),
            }
        }
        Ok(Read::More)
    }
}

/// Takes in an event: tensorflow's Event.
fn event(bytes: &[u8], sink: &mut Sink) {
    let (mut time, mut step, mut summary, mut session) = (None, 0, None, None);
    for field in Fields(bytes) {
        match field {
            (1, Value::Fixed64(bits)) => time = Some(f64::from_bits(bits)),
            // A step that is negative is none.
            (2, Value::Varint(number)) => step = u64::try_from(number as i64).unwrap_or(0),
            (5, Value::Bytes(bytes)) => summary = Some(bytes),
            (7, Value::Bytes(bytes)) => session = Some(bytes),
            _ => {}
        }
    }
    if let Some(session) = session
        && Fields(session).any(|field| field == (1, Value::Varint(START)))
    {
        sink.forget_from(step);
    }
    let Some(summary) = summary else { return };
    sink.begin(step, time);
    for field in Fields(summary) {
        if let (1, Value::Bytes(value)) = field {
            one(value, sink);
        }
    }
}

/// Takes in a value of a summary.
fn one(bytes: &[u8], sink: &mut Sink) {
    let (mut tag, mut number, mut image, mut tensor, mut plugin) = ("", None, None, None, None);
    for field in Fields(bytes) {
        match field {
            // What is no UTF-8 cannot be told from others.
            (1, Value::Bytes(text)) => tag = std::str::from_utf8(text).unwrap_or_default(),
            (2, Value::Fixed32(bits)) => number = Some(f32::from_bits(bits)),
            (4, Value::Bytes(bytes)) => image = Some(bytes),
            (8, Value::Bytes(bytes)) => tensor = Some(bytes),
            (9, Value::Bytes(metadata)) => plugin = Fields(metadata).bytes(1),
            _ => {}
        }
    }
    if let Some(plugin) = plugin.map(Fields)
        && plugin.text(1) == Some("hparams")
    {
        return plugin.bytes(2).map(parameters).into_iter().flatten().for_each(|text| sink.note(&text));
    }
    if let Some(number) = number {
        return sink.value(tag, number, true);
    }
    if let Some(png) = image.and_then(|image| Fields(image).bytes(4)) {
        return sink.picture(tag, &[png]);
    }
    match tensor.and_then(Tensor::decode) {
        // A picture has its width and height before it, as texts.
        Some(Tensor::Texts(texts)) => match texts.as_slice() {
            [_, _, pictures @ ..] if pictures.first().is_some_and(|bytes| image::guess_format(bytes).is_ok()) => {
                sink.picture(tag, pictures);
            }
            texts => {
                let texts: Vec<_> = texts.iter().map(|text| String::from_utf8_lossy(text)).collect();
                let tag = tag.strip_suffix("/text_summary").unwrap_or(tag);
                sink.note(&format!("{tag}: {}", texts.join("; ")));
            }
        },
        Some(numbers) => numbers.scalar().into_iter().for_each(|number| sink.value(tag, number as f32, true)),
        None => {}
    }
}

/// The hyper-parameters that a session began with: the plugin's HParamsPluginData.
fn parameters(data: &[u8]) -> Option<String> {
    let session = Fields(data).bytes(3)?;
    let entry = |(field, value): (u64, Value)| match value {
        Value::Bytes(entry) if field == 1 => {
            let entry = Fields(entry);
            Some(format!("{} = {}", entry.text(1)?, plain(entry.bytes(2)?)?))
        }
        _ => None,
    };
    let all: Vec<String> = Fields(session).filter_map(entry).take(MOST_PARAMETERS).collect();
    (!all.is_empty()).then(|| format!("hyper-parameters: {}", all.join(", ")))
}

/// A value of google.protobuf as text.
fn plain(value: &[u8]) -> Option<String> {
    Fields(value).next().and_then(|field| match field {
        (2, Value::Fixed64(bits)) => Some(f64::from_bits(bits).to_string()),
        (3, Value::Bytes(text)) => Some(String::from_utf8_lossy(text).into_owned()),
        (4, Value::Varint(flag)) => Some((flag != 0).to_string()),
        _ => None,
    })
}
