//! The labels beside images, in the IDX format: a magic number, how many, and a byte each.

use std::io::{BufReader, Read};
use std::path::Path;

use super::super::located::Locate;
use super::error::{Error, Problem};
use super::members::Members;
use super::{MAX_BYTES, find, format};
use crate::system::files;

/// Two zero bytes, 8 for unsigned bytes, then the number of sizes.
const MAGIC: [u8; 4] = [0, 0, 8, 1];
/// The magic number and the size.
const HEADER: usize = 8;

/// The labels of so many images, from the file of labels beside that of the images, if there is one.
///
/// # Errors
/// There is one, and it is no file of labels or one of other images.
pub fn beside(images: &Path, count: usize) -> Result<Option<Vec<u8>>, Error> {
    let Some(path) = find::labels(images)? else { return Ok(None) };
    let read = files::open(&path).map_err(Problem::Read).and_then(|file| parse(file, count));
    read.map(Some).map_err(|problem| problem.at(&path))
}

/// Parses a file of labels, unpacking it first if it starts as gzip does.
pub(crate) fn parse(file: impl Read, count: usize) -> Result<Vec<u8>, Problem> {
    let mut file = BufReader::with_capacity(1 << 16, file);
    if format::peek(&mut file)?.starts_with(&format::GZIP) {
        read(Members::new(file), count).map_err(Problem::inside_gzip)
    } else {
        read(file, count)
    }
}

fn read(file: impl Read, count: usize) -> Result<Vec<u8>, Problem> {
    // One byte more than there should be shows a longer file; no label takes memory that no image does.
    let most = (count as u64).min(MAX_BYTES) + HEADER as u64 + 1;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes).map_err(Problem::Read)?;
    let Some((header, labels)) = bytes.split_at_checked(HEADER).filter(|(header, _)| header.starts_with(&MAGIC)) else {
        return Err(Problem::NotLabels(format::describe(&bytes[..bytes.len().min(HEADER)])));
    };
    let said = u32::from_be_bytes([header[4], header[5], header[6], header[7]]) as usize;
    if said != count {
        return Err(Problem::LabelCount { labels: said, images: count });
    }
    match labels.len() {
        len if len < count => Err(Problem::LabelsCut { said, got: len }),
        len if len > count => Err(Problem::LabelsLong { said }),
        _ => Ok(labels.to_vec()),
    }
}
