//! Images in the IDX format of MNIST, plain or gzip: read once and kept as bytes, or, where they are too many for that
//! and not packed, read one by one as they are drawn.
//!
//! A header is never believed before the file has shown that it holds what the header says: nothing is allocated from
//! a claimed size alone, and decompression stops one byte after it.

mod error;
mod find;
mod format;
mod labels;
mod members;
mod stored;

use std::io::{self, BufRead, BufReader, Read, Seek};
use std::path::Path;
use std::sync::Arc;

use super::images::{self, Images, Pixels};
use super::pictures::Survey;
use crate::config::ImageData;
use crate::system::files;

use super::located::Locate;
pub use error::Error;
use error::Problem;
pub(super) use format::describe;
use format::{Header, Promise};
use members::Members;
use stored::Stored;

/// The most pixel bytes that a packed file may claim, whose length says nothing of what it holds: 4 GiB.
pub const MAX_BYTES: u64 = 1 << 32;
/// The most bytes of pixels for which room is made on the word of a packed file's header alone: 256 MiB.
const TRUSTED: u64 = 1 << 28;

/// The format as which a file has been read.
#[derive(Debug)]
enum Contents {
    Pixels(Vec<u8>),
    /// Too many to keep; the first image begins at this byte.
    Elsewhere {
        start: u64,
    },
}

/// Reads the images of an IDX file, or of MNIST's training images where the path is that of a directory.
///
/// A file that is read into memory is checked to its end, whatever the limit. Of the images kept, more than the memory
/// allows stay in the file, if it is not packed.
///
/// # Errors
/// One [`Error`] that names the file and what is wrong with it, or with the labels beside it.
pub fn read(data: &ImageData) -> Result<Images, Error> {
    let path = find::file(&data.path)?;
    let memory = images::memory(data);
    let open = || {
        let file = files::open(&path).map_err(Problem::Read)?;
        let len = file.metadata().map_err(Problem::Read)?.len();
        let from_start = || (&file).rewind().map(|()| &file);
        let (header, contents) = parse(from_start, len, named_gz(&path), data.limit, memory)?;
        Ok((header, contents, file))
    };
    let (header, contents, file) = open().map_err(|problem: Problem| problem.at(&path))?;
    let labels = if data.labels { labels::beside(&path, header.all)? } else { None };
    let labels = labels.map(|labels| labels.into_iter().take(header.images).map(u16::from).collect());
    let Header { images: count, width, height, channels, garbage, .. } = header;
    let remark = || format!("{}: garbage after the end of what is packed is passed over", path.display());
    let remarks = garbage.then(remark).into_iter().collect();
    let pixels = match contents {
        Contents::Pixels(pixels) => Pixels::Memory(pixels),
        Contents::Elsewhere { start } => Pixels::Disk(Arc::new(Stored { file, path, start, count })),
    };
    Ok(Images {
        shape: images::shape(data, width, height, channels),
        count,
        pixels,
        labels,
        flip: data.flip,
        survey: Survey { remarks, ..Survey::default() },
    })
}

/// Whether training images of MNIST's format lie at `path`, or where a directory of that name would have them.
pub fn is_there(path: &Path) -> bool {
    find::file(path).is_ok()
}

fn named_gz(path: &Path) -> bool {
    path.extension().is_some_and(|ext| ext.eq_ignore_ascii_case("gz"))
}

/// Parses an IDX file of `len` bytes, unpacking it first if it starts as gzip does. `open` opens it at its beginning.
/// Of images that take more than `memory` bytes, none is read.
fn parse<F: Read>(
    open: impl Fn() -> io::Result<F>,
    len: u64,
    named_gz: bool,
    limit: usize,
    memory: u64,
) -> Result<(Header, Contents), Problem> {
    let open = || open().map(|file| BufReader::with_capacity(1 << 16, file)).map_err(Problem::Read);
    let mut file = open()?;
    let head = format::peek(&mut file)?;
    if head.starts_with(&format::GZIP) {
        unpack(file, open, limit, memory, TRUSTED).map_err(Problem::inside_gzip)
    } else if named_gz && !format::looks_like_idx(&head) {
        Err(Problem::NotGzip(format::describe(&head)))
    } else {
        Promise::read(&mut file, u64::MAX)?.keep(&mut file, Some(len), limit, memory)
    }
}

/// Parses what is packed in a gzip file. One that promises more than `trusted` bytes is unpacked to its end first, with
/// nothing kept, and read only if it keeps its promise.
fn unpack<F: BufRead>(
    file: F,
    open: impl Fn() -> Result<F, Problem>,
    limit: usize,
    memory: u64,
    trusted: u64,
) -> Result<(Header, Contents), Problem> {
    let mut file = BufReader::new(Members::new(file));
    let promise = Promise::read(&mut file, MAX_BYTES)?;
    if promise.kept(limit) <= trusted {
        return noted(promise.keep(&mut file, None, limit, memory)?, &file);
    }
    promise.check_end(&mut file, 0)?;
    let mut file = BufReader::new(Members::new(open()?));
    noted(Promise::read(&mut file, MAX_BYTES)?.keep(&mut file, None, limit, memory)?, &file)
}

/// The contents of a packed file, with a note of what follows it.
fn noted<F: BufRead>(
    (header, contents): (Header, Contents),
    file: &BufReader<Members<F>>,
) -> Result<(Header, Contents), Problem> {
    Ok((Header { garbage: file.get_ref().has_garbage(), ..header }, contents))
}

#[cfg(test)]
mod tests;
