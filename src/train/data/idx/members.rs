//! The members of a gzip file, unpacked one after the other as if they were one, as gzip does.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

/// The most members of a file. Each costs some microseconds, even an empty one of twenty bytes; the largest images that
/// are read, packed in blocks of 64 KiB as bgzip does, have two thirds as many.
const MOST: u32 = 100_000;

/// What a gzip file holds.
#[derive(Debug)]
pub struct Members<R> {
    /// None once there is no more.
    now: Option<GzDecoder<R>>,
    /// How many there were before this one.
    before: u32,
    most: u32,
}

impl<R: BufRead> Members<R> {
    /// Unpacks this file.
    pub fn new(file: R) -> Members<R> {
        Members::at_most(MOST, file)
    }

    /// The same with so many members at most.
    fn at_most(most: u32, file: R) -> Members<R> {
        Members { now: Some(GzDecoder::new(file)), before: 0, most }
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.now {
            let got = member.read(buffer)?;
            if got > 0 || buffer.is_empty() {
                return Ok(got);
            }
            if member.get_mut().fill_buf()?.is_empty() {
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
}
