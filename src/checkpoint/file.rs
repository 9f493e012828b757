//! Checkpoints as files: whole or not there at all.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, View};

use super::header::{self, Header, NOT_ONE};
use super::{Checkpoint, Error, Named};

/// The largest file that is read: 16 GiB.
const MAX_BYTES: u64 = 1 << 34;
/// How the name of a file that is being written ends: never as that of a checkpoint does.
pub(crate) const PARTIAL: &str = "partial";

impl View for &Named {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        self.values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>().into()
    }

    fn data_len(&self) -> usize {
        4 * self.values.len()
    }
}

/// Writes the checkpoint to `path`, which must not exist: under another name, flushed to the disk, then renamed. A
/// reader finds all of it or nothing, whenever the process or the machine goes down. `ordinal` and `rows` are those of
/// [`Header`].
///
/// # Errors
///
/// Where it cannot be written; then nothing is left of it.
pub fn write(checkpoint: &Checkpoint, ordinal: u64, rows: u64, path: &Path) -> Result<(), Error> {
    let fail = |why: String| Error::Write { path: path.to_owned(), why };
    if path.exists() {
        return Err(fail("it exists".to_owned()));
    }
    let text = Header::of(checkpoint, ordinal, rows).to_text().map_err(fail)?;
    let tensors = checkpoint.tensors.iter().map(|tensor| (tensor.name.as_str(), tensor));
    let bytes = safetensors::serialize(tensors, &Some(text)).map_err(|error| fail(error.to_string()))?;
    let partial = path.with_extension(PARTIAL);
    let written =
        store(&bytes, &partial).and_then(|()| fs::rename(&partial, path)).and_then(|()| match path.parent() {
            // The new name is on the disk once its directory is.
            Some(directory) => File::open(directory)?.sync_all(),
            None => Ok(()),
        });
    written.map_err(|why| {
        let _ = fs::remove_file(&partial);
        fail(why.to_string())
    })
}

fn store(bytes: &[u8], path: &Path) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Reads a whole checkpoint.
///
/// # Errors
///
/// It cannot be read, is cut short, damaged, not of this program or of another version of it, or holds a number that
/// is not finite.
pub fn read(path: &Path) -> Result<Checkpoint, Error> {
    let fail = |why| Error::Read { path: path.to_owned(), why };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(fail)?;
    file.take(MAX_BYTES).read_to_end(&mut bytes).map_err(fail)?;
    parse(&bytes).map_err(|what| Error::Damaged { path: path.to_owned(), what })
}

/// The checkpoint that a file's bytes are, or what is wrong with them.
pub(super) fn parse(bytes: &[u8]) -> Result<Checkpoint, String> {
    let header = header::of_bytes(bytes)?;
    let file = SafeTensors::deserialize(bytes).map_err(|error| format!("{NOT_ONE} ({error})"))?;
    let mut tensors = file.tensors().into_iter().map(|(name, view)| {
        if view.dtype() != Dtype::F32 {
            return Err(format!("{name} holds {:?}, not single-precision numbers", view.dtype()));
        }
        let values: Vec<f32> = view.data().as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
        match values.iter().find(|value| !value.is_finite()) {
            Some(value) => Err(format!("{name} holds {value}, which is not finite")),
            None => Ok(Named { name, shape: view.shape().to_vec(), values }),
        }
    });
    let mut tensors = tensors.by_ref().collect::<Result<Vec<_>, _>>()?;
    tensors.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Checkpoint {
        step: header.step,
        seconds: header.seconds,
        reason: header.reason,
        config: header.config,
        settings: header.settings,
        shape: header.shape,
        metrics: header.metrics,
        generator_updates: header.generator_updates,
        critic_updates: header.critic_updates,
        scheduled: header.scheduled,
        tensors,
    })
}
