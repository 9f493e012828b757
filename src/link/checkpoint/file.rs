//! Checkpoints as files: whole or not there at all.

use std::borrow::Cow;
use std::io::{self, Read};
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, View};

use super::header::{self, Header, NOT_ONE};
use super::{Checkpoint, Error, Named};
use crate::domain::format;
use crate::system::files::{self, Directory};
use crate::system::machine;

/// The largest file that is read: 16 GiB.
const MAX_BYTES: u64 = 1 << 34;

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
/// It cannot be written; then nothing is left of it.
pub fn write(checkpoint: &Checkpoint, ordinal: u64, rows: u64, path: &Path) -> Result<(), Error> {
    let (dir, name) =
        files::parent(path).map_err(|why| Error::Write { path: path.to_owned(), why: why.to_string() })?;
    write_in(checkpoint, ordinal, rows, &dir, name)
}

/// As [`write()`], into an open directory.
///
/// # Errors
///
/// It cannot be written; then nothing is left of it.
pub fn write_in(checkpoint: &Checkpoint, ordinal: u64, rows: u64, dir: &Directory, name: &Path) -> Result<(), Error> {
    let fail = |why: String| Error::Write { path: dir.path(name), why };
    if dir.has(name) {
        return Err(fail("it exists".to_owned()));
    }
    let text = Header::of(checkpoint, ordinal, rows).to_text().map_err(fail)?;
    let tensors = checkpoint.tensors.iter().map(|tensor| (tensor.name.as_str(), tensor));
    let bytes = safetensors::serialize(tensors, &Some(text)).map_err(|error| fail(error.to_string()))?;
    dir.replace(name, &bytes).map_err(|why| fail(why.to_string()))
}

/// Reads a whole checkpoint.
///
/// # Errors
///
/// It cannot be read, is cut short, damaged, not of this program or of another version of it, or holds a number that
/// is not finite.
pub fn read(path: &Path) -> Result<Checkpoint, Error> {
    let fail = |why| Error::Read { path: path.to_owned(), why };
    let bytes = whole(path).map_err(fail)?;
    let bytes = bytes.map_err(|what| Error::Damaged { path: path.to_owned(), what })?;
    parse(&bytes).map_err(|what| Error::Damaged { path: path.to_owned(), what })
}

/// The bytes of a checkpoint's file, or what is wrong with their number: what its header promises is compared with what
/// the file holds before more than the header is read.
fn whole(path: &Path) -> io::Result<Result<Vec<u8>, String>> {
    let mut file = files::open(path)?;
    let held = file.metadata()?.len();
    let Some((mut bytes, metadata)) = header::head(&mut file)? else { return Ok(Err(NOT_ONE.to_owned())) };
    let ends = metadata.tensors().values().map(|tensor| tensor.data_offsets.1 as u64).max();
    let (head, data) = (bytes.len() as u64, ends.unwrap_or(0));
    let promised = head + data;
    if promised != held || promised > MAX_BYTES {
        return Ok(Err(format!("{NOT_ONE}: it holds {held} bytes, and its header promises {promised}")));
    }
    room_for(promised, machine::free())?;
    file.take(data).read_to_end(&mut bytes)?;
    Ok(Ok(bytes))
}

/// Whether a file of so many bytes can be read where so many are `free`: as bytes, and as numbers beside them.
fn room_for(bytes: u64, free: Option<u64>) -> io::Result<()> {
    let needed = 2 * bytes;
    match free.filter(|free| needed > *free) {
        None => Ok(()),
        Some(free) => {
            let [needed, free] = [needed, free].map(|bytes| format::bytes(bytes as f64));
            let why = format!("that takes {needed} of memory, and {free} are free");
            Err(io::Error::new(io::ErrorKind::OutOfMemory, why))
        }
    }
}

/// The checkpoint that a file's bytes are, or what is wrong with them.
pub(crate) fn parse(bytes: &[u8]) -> Result<Checkpoint, String> {
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
    Ok(Checkpoint { info: header.info, tensors })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_memory_does_not_hold_twice_is_not_read() {
        assert!(room_for(100, None).is_ok() && room_for(100, Some(200)).is_ok());
        let why = room_for(3 << 20, Some(5 << 20)).unwrap_err().to_string();
        assert_eq!(why, "that takes 6.0 MiB of memory, and 5.0 MiB are free");
    }
}
