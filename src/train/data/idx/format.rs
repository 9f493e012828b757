//! The IDX format: a magic number, big-endian sizes, then bytes.

use std::io::{self, BufRead, Read};

use super::Contents;
use super::error::Problem;

/// The beginning of a gzip file.
pub const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Two zero bytes, 8 for unsigned bytes, then the number of sizes.
const GREY: [u8; 4] = [0, 0, 8, 3];
const WITH_CHANNELS: [u8; 4] = [0, 0, 8, 4];

/// The header of an image file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Images to draw from.
    pub images: usize,
    /// Images in the file.
    pub all: usize,
    pub height: usize,
    pub width: usize,
    pub channels: usize,
    /// Whether something follows what was packed that is no part of it.
    pub garbage: bool,
}

/// The first bytes of a file, without taking them; fewer than eight only at its end.
pub fn peek(file: &mut impl BufRead) -> Result<Vec<u8>, Problem> {
    let buffered = file.fill_buf().map_err(Problem::Read)?;
    Ok(buffered[..buffered.len().min(8)].to_vec())
}

/// Whether these are the first bytes of images in IDX.
pub fn looks_like_idx(head: &[u8]) -> bool {
    head.starts_with(&GREY) || head.starts_with(&WITH_CHANNELS)
}

/// A header that has been read, and what it says comes behind it.
#[derive(Debug)]
pub struct Promise {
    header: Header,
    /// The same in words.
    images: String,
    /// The bytes of the header, and of all pixels.
    start: u64,
    need: u64,
}

impl Promise {
    /// Reads a header that may promise so many bytes of pixels at most.
    pub fn read(file: &mut impl Read, most: u64) -> Result<Promise, Problem> {
        let (sizes, start) = read_sizes(file)?;
        let (header, need) = check(&sizes, most)?;
        Ok(Promise { header, images: words(&sizes), start, need })
    }

    /// The bytes of pixels of the first `limit` images, or of all for 0.
    pub fn kept(&self, limit: usize) -> u64 {
        // Cannot overflow: need is the product over all images.
        self.need / self.header.all as u64 * self.count(limit) as u64
    }

    fn count(&self, limit: usize) -> usize {
        if limit == 0 { self.header.all } else { limit.min(self.header.all) }
    }

    /// Reads the images and checks that the file ends with them.
    ///
    /// `len` is the length of the whole file where it is known, which lets a lie be told before anything is read. The
    /// pixels returned are those of the first `limit` images, or of all for 0; none where they take more than `memory`
    /// bytes.
    pub fn keep(
        &self,
        file: &mut impl BufRead,
        len: Option<u64>,
        limit: usize,
        memory: u64,
    ) -> Result<(Header, Contents), Problem> {
        let (need, kept) = (self.need, self.kept(limit));
        let header = Header { images: self.count(limit), ..self.header };
        let mut pixels = Vec::new();
        if let Some(len) = len {
            let got = len.saturating_sub(self.start);
            if got < need {
                return Err(self.truncated(got));
            } else if got > need {
                return Err(self.trailing((got - need).to_string()));
            } else if kept > memory {
                return Ok((header, Contents::Elsewhere { start: self.start }));
            }
            let size = usize::try_from(kept).map_err(|_| Problem::Memory { need: kept })?;
            pixels.try_reserve_exact(size).map_err(|_| Problem::Memory { need: kept })?;
        } else if kept > memory {
            return Err(Problem::Packed { images: self.images.clone(), need: kept, memory });
        }
        let got = file.take(kept).read_to_end(&mut pixels).map_err(|e| out_of_memory(e, kept))? as u64;
        self.check_end(file, got)?;
        Ok((header, Contents::Pixels(pixels)))
    }

    /// Reads to the end of a file whose first `got` bytes of pixels have been read, and keeps nothing.
    pub fn check_end(&self, file: &mut impl BufRead, got: u64) -> Result<(), Problem> {
        let rest = io::copy(&mut file.take(self.need - got), &mut io::sink()).map_err(Problem::Read)?;
        if got + rest < self.need {
            return Err(self.truncated(got + rest));
        }
        // Also makes a gzip stream check its checksum.
        let ends = file.fill_buf().map_err(Problem::Read)?.is_empty();
        if ends { Ok(()) } else { Err(self.trailing("some".to_owned())) }
    }

    fn truncated(&self, got: u64) -> Problem {
        Problem::Truncated { images: self.images.clone(), need: self.need, got }
    }

    fn trailing(&self, more: String) -> Problem {
        Problem::Trailing { images: self.images.clone(), need: self.need, more }
    }
}

fn out_of_memory(e: io::Error, need: u64) -> Problem {
    if e.kind() == io::ErrorKind::OutOfMemory { Problem::Memory { need } } else { Problem::Read(e) }
}

/// The sizes in a header, and the header's length.
fn read_sizes(file: &mut impl Read) -> Result<(Vec<u32>, u64), Problem> {
    let mut magic = [0; 8];
    let got = fill(file, &mut magic[..4])?;
    let dims = match magic[..got] {
        [0, 0, 8, dims @ (3 | 4)] => dims as usize,
        [0] | [0, 0] | [0, 0, 8] => return Err(Problem::ShortHeader { got: got as u64, need: 16 }),
        _ => {
            let more = fill(file, &mut magic[4..])?;
            return Err(Problem::NotIdx(advise(&magic[..got + more])));
        }
    };
    let mut bytes = [0; 16];
    let bytes = &mut bytes[..4 * dims];
    let got = fill(file, bytes)?;
    let need = 4 + bytes.len() as u64;
    if got < bytes.len() {
        return Err(Problem::ShortHeader { got: 4 + got as u64, need });
    }
    Ok((bytes.chunks_exact(4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]])).collect(), need))
}

/// Reads until `buffer` is full or the file ends; says how many bytes it got.
fn fill(file: &mut impl Read, buffer: &mut [u8]) -> Result<usize, Problem> {
    let mut unread = &mut buffer[..];
    let room = unread.len() as u64;
    io::copy(&mut file.take(room), &mut unread).map(|n| n as usize).map_err(Problem::Read)
}

/// The sizes as a header, with the bytes of pixels they claim, at most so many.
fn check(sizes: &[u32], most: u64) -> Result<(Header, u64), Problem> {
    let images = || words(sizes);
    if sizes.contains(&0) {
        return Err(Problem::Empty { images: images() });
    }
    let need = sizes.iter().try_fold(1u64, |n, &size| n.checked_mul(u64::from(size)));
    let need = need.filter(|&n| n <= most).ok_or_else(|| Problem::TooBig { images: images() })?;
    // A usize has at least 32 bits wherever libtorch runs.
    let size = |i: usize| sizes.get(i).map_or(1, |&size| size as usize);
    let header =
        Header { images: size(0), all: size(0), height: size(1), width: size(2), channels: size(3), garbage: false };
    if !matches!(header.channels, 1 | 3) {
        return Err(Problem::Channels { images: images(), channels: header.channels });
    }
    Ok((header, need))
}

/// The sizes in words, e.g. `9000 images of 28 × 28`.
fn words(sizes: &[u32]) -> String {
    let one: Vec<String> = sizes[1..].iter().map(u32::to_string).collect();
    format!("{} images of {}", sizes[0], one.join(" × "))
}

/// The beginnings of files that are not what they are taken for, and what they are.
const KNOWN: [(&[u8], &str); 17] = [
    (&[0, 0, 8, 1], "a list of labels (IDX with one size, magic 0x00000801)"),
    (&[3, 8, 0, 0], "IDX with its magic number in the wrong byte order"),
    (&GREY, "images in plain IDX"),
    (&WITH_CHANNELS, "images in plain IDX"),
    (&GZIP, "gzip"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"PK\x03\x04", "a zip archive; unpack it"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\xfd7zXZ", "xz-compressed; unpack it"),
    (b"BZh", "bzip2-compressed; unpack it"),
    (b"\x28\xb5\x2f\xfd", "zstd-compressed; unpack it"),
    (b"\x89HDF", "an HDF5 file"),
    (b"version ", "a Git LFS pointer; fetch the file itself"),
    (b"<", "an HTML or XML page; the download may have failed"),
    (b"{", "JSON"),
];

/// The format that a file that is no IDX image file seems to have, and which kind of data would read it.
fn advise(head: &[u8]) -> String {
    let starts = |starts: &[&[u8]]| starts.iter().any(|start| head.starts_with(start));
    let kind = match () {
        () if starts(&[b"\x93NUMPY"]) => "data.kind = \"npy\" reads it",
        () if starts(&[b"PK\x03\x04"]) => "data.kind = \"zip\" reads one of images, \"npz\" one of NumPy",
        () if starts(&[b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"RIFF", b"II*\0", b"MM\0*"]) => {
            "data.kind = \"folder\" reads a folder of such"
        }
        // CIFAR's files begin with a label, and say nothing of what they are.
        () if matches!(head, [1..=99, ..]) && !starts(&KNOWN.map(|(start, _)| start)) => {
            "data.kind = \"cifar\" reads CIFAR's binary files"
        }
        () => return describe(head),
    };
    format!("{} ({kind})", describe(head))
}

/// The format that a file that is no IDX image file seems to have, by its first bytes.
pub fn describe(head: &[u8]) -> String {
    if let Some((_, what)) = KNOWN.iter().find(|(start, _)| head.starts_with(start)) {
        return (*what).to_owned();
    }
    match head {
        [] => "empty".to_owned(),
        [0, 0, kind @ (8 | 9 | 0xb..=0xe), dims @ 1..=8, ..] => {
            let kind = match kind {
                8 => "bytes",
                9 => "signed bytes",
                0xb => "16-bit integers",
                0xc => "32-bit integers",
                0xd => "32-bit floats",
                _ => "64-bit floats",
            };
            format!("IDX of {kind} with {dims} sizes, magic 0x0000{:02x}{dims:02x}", head[2])
        }
        _ => {
            let bytes: Vec<String> = head.iter().take(4).map(|b| format!("{b:02x}")).collect();
            format!("unknown, starting with the bytes {}", bytes.join(" "))
        }
    }
}
