//! The members of a gzip file, unpacked one after the other as if they were one, as gzip does; like gzip it takes what
//! follows the last one, and does not look at it.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

/// The most members of a file. Each costs some microseconds, even an empty one of twenty bytes; the largest images that
/// are read, packed in blocks of 64 KiB as bgzip does, have two thirds as many.
const MOST: u32 = 100_000;

/// The contents of a gzip file.
#[derive(Debug)]
pub struct Members<R> {
    /// None once there is no more.
    now: Option<GzDecoder<R>>,
    /// The number of members before this one.
    before: u32,
    most: u32,
    /// Whether something follows the last member that is neither another one nor zeros.
    garbage: bool,
}

/// The beginning of a member.
const START: u8 = 0x1f;

impl<R: BufRead> Members<R> {
    /// Unpacks this file.
    pub fn new(file: R) -> Members<R> {
        Members::at_most(MOST, file)
    }

    /// The same with so many members at most.
    fn at_most(most: u32, file: R) -> Members<R> {
        Members { now: Some(GzDecoder::new(file)), before: 0, most, garbage: false }
    }

    /// Whether something follows that is no part of what was packed; known once all of that has been read.
    pub fn has_garbage(&self) -> bool {
        self.garbage
    }
}

/// Passes zeros, with which some programs fill a file up, and gives the byte behind them.
fn after_zeros(file: &mut impl BufRead) -> io::Result<Option<u8>> {
    loop {
        let bytes = file.fill_buf()?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        if let Some(byte) = bytes.get(zeros) {
            return Ok(Some(*byte));
        }
        file.consume(zeros);
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.now {
            let got = member.read(buffer)?;
            if got > 0 || buffer.is_empty() {
                return Ok(got);
            }
            let next = member.get_mut().fill_buf()?.first().copied();
            if next != Some(START) {
                self.garbage = after_zeros(member.get_mut())?.is_some();
                self.now = None;
                break;
            }
            self.before += 1;
            if self.before >= self.most {
                let why = format!("it has more than {} members; pack it anew as one", self.most);
                return Err(io::Error::other(why));
            }
            self.now = self.now.take().map(|member| GzDecoder::new(member.into_inner()));
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packed = Vec::new();
        flate2::bufread::GzEncoder::new(bytes, flate2::Compression::fast()).read_to_end(&mut packed).unwrap();
        packed
    }

    #[test]
    fn members_follow_each_other_until_there_are_too_many() {
        let file = [gzip(b""), gzip(b"one, "), gzip(b""), gzip(b""), gzip(b"two")].concat();
        let mut text = String::new();
        Members::at_most(5, &file[..]).read_to_string(&mut text).unwrap();
        assert_eq!(text, "one, two");
        let error = Members::at_most(4, &file[..]).read_to_string(&mut text).unwrap_err().to_string();
        assert_eq!(error, "it has more than 4 members; pack it anew as one");
    }

    #[test]
    fn what_follows_the_last_member_is_passed_over() {
        let whole = [gzip(b"one, "), gzip(b"two")].concat();
        for (rest, garbage) in [(&b""[..], false), (&[0; 9], false), (b"\0\0x", true), (b"spoilt", true)] {
            let file = [&whole[..], rest].concat();
            let (mut members, mut text) = (Members::new(&file[..]), String::new());
            members.read_to_string(&mut text).unwrap();
            assert_eq!((text.as_str(), members.has_garbage()), ("one, two", garbage), "{rest:?}");
        }
        // What begins as a member must be one.
        let file = [&whole[..], &[START, 0x8b, 8, 0]].concat();
        assert!(Members::new(&file[..]).read_to_string(&mut String::new()).is_err());
    }
}
