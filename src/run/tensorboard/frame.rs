//! The order of messages in an event file, the framing of TFRecord: a length of 8 bytes, its checksum, the
//! message, its checksum, all little-endian. A checksum is a CRC-32C, rotated by 15 bits and shifted by a constant.

use std::path::{Path, PathBuf};

use prost::Message;

use super::message::Event;

/// Bytes before a message and behind it.
pub(super) const HEAD: usize = 12;
pub(super) const TAIL: usize = 4;

/// A problem with an event file.
#[derive(Debug, thiserror::Error)]
#[error("{}: byte {at}: {why}", path.display())]
pub struct Damaged {
    path: PathBuf,
    /// Counted from 0.
    at: usize,
    why: String,
}

pub(super) fn checksum(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// An event as it stands in a file.
pub fn framed(event: &Event) -> Vec<u8> {
    framed_bytes(&event.encode_to_vec())
}

/// A message as it stands in a file.
pub(super) fn framed_bytes(message: &[u8]) -> Vec<u8> {
    let length = (message.len() as u64).to_le_bytes();
    let mut bytes = Vec::with_capacity(HEAD + message.len() + TAIL);
    bytes.extend(length);
    bytes.extend(checksum(&length).to_le_bytes());
    bytes.extend(message);
    bytes.extend(checksum(message).to_le_bytes());
    bytes
}

/// The largest event file that is read back: 1 GiB.
const MOST_BYTES: u64 = 1 << 30;

/// The events of the file at `path`, in order, and how many bytes at its end are a part of another one and were
/// skipped.
///
/// # Errors
/// The file cannot be read, a checksum is wrong, or a message is no event.
pub fn read(path: &Path) -> Result<(Vec<Event>, usize), Damaged> {
    let fail = |at: usize, why: String| Damaged { path: path.to_owned(), at, why };
    let bytes =
        crate::system::files::read(path, MOST_BYTES).map_err(|error| fail(0, format!("cannot be read: {error}")))?;
    let (mut events, mut at) = (Vec::new(), 0);
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let Some((head, rest)) = rest.split_first_chunk::<HEAD>() else { break };
        let (length, sum) = head.split_at(8);
        if checksum(length).to_le_bytes() != sum {
            return Err(fail(at, "the checksum of a length is wrong".to_owned()));
        }
        let length = length.iter().rev().fold(0u64, |length, &byte| length << 8 | u64::from(byte));
        let Some(message) = usize::try_from(length).ok().and_then(|length| rest.get(..length)) else { break };
        let Some(sum) = rest[message.len()..].first_chunk::<TAIL>() else { break };
        if checksum(message).to_le_bytes() != *sum {
            return Err(fail(at, "the checksum of an event is wrong".to_owned()));
        }
        events.push(Event::decode(message).map_err(|error| fail(at, format!("no event: {error}")))?);
        at += HEAD + message.len() + TAIL;
    }
    Ok((events, bytes.len() - at))
}
