//! The messages of an event file, one after the other, as it grows: in bounded memory, and on behind what is damaged.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::frame::{HEAD, TAIL, checksum};

/// The largest message that is read: 64 MiB. A length of more is taken for damage.
const MOST: u64 = 64 << 20;
/// Bytes that are read at once.
const CHUNK: usize = 1 << 18;

/// The next piece of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// A message: see [`Frames::message`].
    Message,
    /// Nothing whole yet.
    Wait,
    /// The damage that was passed over, for a person.
    Damaged(String),
}

/// The messages of an event file.
#[derive(Debug)]
pub struct Frames {
    path: PathBuf,
    file: File,
    buffer: Vec<u8>,
    /// Where in the buffer what has not been looked at begins, and where in the file the buffer does.
    start: usize,
    offset: u64,
    message: Range<usize>,
    /// Whether the next sound head is being looked for.
    lost: bool,
}

impl Frames {
    /// # Errors
    /// The file cannot be opened.
    pub fn open(path: &Path) -> io::Result<Frames> {
        let file = crate::system::files::open(path)?;
        let (buffer, path) = (Vec::new(), path.to_owned());
        Ok(Frames { path, file, buffer, start: 0, offset: 0, message: 0..0, lost: false })
    }

    /// Opens a file to find the messages within its last so many bytes: the first sound head there is looked for.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn open_near_end(path: &Path, bytes: u64) -> io::Result<Frames> {
        let mut frames = Frames::open(path)?;
        let start = frames.file.metadata()?.len().saturating_sub(bytes);
        if start > 0 {
            frames.skip(start)?;
            frames.lost = true;
        }
        Ok(frames)
    }

    /// The message that was found last.
    pub fn message(&self) -> &[u8] {
        &self.buffer[self.message.clone()]
    }

    /// Goes on to what stands next.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn advance(&mut self) -> io::Result<Next> {
        loop {
            if !self.has(HEAD)? {
                return Ok(Next::Wait);
            }
            let Some(length) = self.length().filter(|length| *length <= MOST) else {
                let first = !std::mem::replace(&mut self.lost, true);
                let at = self.here();
                self.find_head();
                if first {
                    let why =
                        "the checksum of a length is wrong, or it is above 64 MiB: the next sound event is looked for";
                    return Ok(self.damaged(at, why));
                }
                continue;
            };
            // It is no larger than that.
            let length = length as usize;
            if !self.has(HEAD + length + TAIL)? {
                return Ok(Next::Wait);
            }
            let begin = self.start + HEAD;
            self.message = begin..begin + length;
            self.start = begin + length + TAIL;
            self.lost = false;
            let sum = &self.buffer[begin + length..self.start];
            if checksum(self.message()).to_le_bytes() != *sum {
                let at = self.offset + begin as u64;
                return Ok(self.damaged(at, "the checksum of an event is wrong: it is passed over"));
            }
            return Ok(Next::Message);
        }
    }

    fn here(&self) -> u64 {
        self.offset + self.start as u64
    }

    fn damaged(&self, at: u64, why: &str) -> Next {
        Next::Damaged(format!("{}: byte {at}: {why}", self.path.display()))
    }

    /// The length that the head says, if its checksum is right.
    fn length(&self) -> Option<u64> {
        head(self.buffer.get(self.start..)?)
    }

    /// Goes on to the next sound head in the buffer, or to where one may begin.
    fn find_head(&mut self) {
        self.start += 1;
        while self.buffer.len() - self.start >= HEAD && self.length().is_none() {
            self.start += 1;
        }
    }

    /// Whether so many bytes are there; reads on for them.
    fn has(&mut self, bytes: usize) -> io::Result<bool> {
        while self.buffer.len() - self.start < bytes {
            if self.start > 0 {
                self.buffer.drain(..self.start);
                self.offset += self.start as u64;
                self.start = 0;
                self.message = 0..0;
            }
            // What an event claims to need is believed only as far as it is there.
            let read = self.file.by_ref().take(CHUNK as u64).read_to_end(&mut self.buffer)?;
            if read == 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Goes on so many bytes behind, without reading them.
    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        let to = self.here().saturating_add(bytes);
        self.buffer.clear();
        self.buffer.shrink_to(CHUNK);
        (self.start, self.offset, self.message) = (0, to, 0..0);
        self.file.seek(SeekFrom::Start(to))?;
        Ok(())
    }
}

/// The length that a head says, if its checksum is right.
fn head(bytes: &[u8]) -> Option<u64> {
    let (length, rest) = bytes.split_first_chunk::<8>()?;
    let sum = rest.first_chunk::<4>()?;
    (checksum(length).to_le_bytes() == *sum).then(|| u64::from_le_bytes(*length))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::frame::framed_bytes;
    use super::*;

    /// All that a file of these bytes says, damage as its text's end.
    fn read(bytes: &[u8]) -> Vec<Result<Vec<u8>, String>> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("e");
        std::fs::write(&path, bytes).unwrap();
        let (mut frames, mut found) = (Frames::open(&path).unwrap(), Vec::new());
        loop {
            match frames.advance().unwrap() {
                Next::Message => found.push(Ok(frames.message().to_vec())),
                Next::Damaged(why) => found.push(Err(why.split("/e: ").nth(1).unwrap().to_owned())),
                Next::Wait => return found,
            }
        }
    }

    fn messages() -> Vec<Vec<u8>> {
        [3usize, 0, 500, 300_000, 7].iter().map(|length| vec![*length as u8; *length]).collect()
    }

    #[test]
    fn whole_messages_are_found_and_a_part_is_waited_for() {
        let bytes: Vec<u8> = messages().iter().flat_map(|message| framed_bytes(message)).collect();
        assert_eq!(read(&bytes), messages().into_iter().map(Ok).collect::<Vec<_>>());
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("e");
        let mut file = File::create(&path).unwrap();
        let mut frames = Frames::open(&path).unwrap();
        let one = framed_bytes(b"message");
        for byte in &one[..one.len() - 1] {
            file.write_all(&[*byte]).unwrap();
            assert_eq!(frames.advance().unwrap(), Next::Wait);
        }
        file.write_all(&one[one.len() - 1..]).unwrap();
        assert_eq!((frames.advance().unwrap(), frames.message()), (Next::Message, &b"message"[..]));
        assert_eq!(frames.advance().unwrap(), Next::Wait);
    }

    #[test]
    fn what_is_behind_damage_is_found() {
        let parts: Vec<Vec<u8>> = messages().iter().map(|message| framed_bytes(message)).collect();
        // In a message: only that one is lost.
        let mut bytes = parts.concat();
        let third = parts[0].len() + parts[1].len();
        bytes[third + 50] ^= 1;
        let found = read(&bytes);
        assert_eq!(found.iter().filter(|found| found.is_ok()).count(), 4);
        assert!(found[2].as_ref().unwrap_err().starts_with(&format!("byte {}: the checksum of an event", third + 12)));
        // In a length: what follows is found by its own head.
        let mut bytes = parts.concat();
        bytes[third] ^= 1;
        let found = read(&bytes);
        assert_eq!(found.iter().filter(|found| found.is_ok()).count(), 4, "{found:?}");
        assert!(found[2].as_ref().unwrap_err().starts_with(&format!("byte {third}: the checksum of a length")));
        // Only the end of a file is looked at.
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("e"), parts.concat()).unwrap();
        let mut frames = Frames::open_near_end(&dir.path().join("e"), 30).unwrap();
        assert_eq!((frames.advance().unwrap(), frames.message().len()), (Next::Message, 7));
        assert_eq!(frames.advance().unwrap(), Next::Wait);
        // What claims to be huge is not waited for.
        let huge = u64::MAX / 2;
        let bytes = [&huge.to_le_bytes()[..], &checksum(&huge.to_le_bytes()).to_le_bytes()].concat();
        let found = read(&[bytes, framed_bytes(b"sound")].concat());
        assert!(
            found[0].as_ref().unwrap_err().contains("above 64 MiB") && found[1] == Ok(b"sound".to_vec()),
            "{found:?}"
        );
    }
}
