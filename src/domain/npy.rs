//! NumPy's .npy: a magic number, a version, the length of a header, the header (a Python dictionary), the numbers.

/// The beginning of every .npy file.
pub const MAGIC: &[u8] = b"\x93NUMPY";
/// The most bytes before the numbers that are read: a header says what they are in a hundred.
pub const MOST_HEADER: usize = 1 << 16;

/// The contents of the header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The kind of number, such as `<f4`.
    pub descr: String,
    /// Whether the first index runs fastest.
    pub fortran: bool,
    /// Sizes, the outermost first.
    pub shape: Vec<usize>,
}

/// The header at the beginning of a file, and what comes behind it.
///
/// # Errors
/// The problem with it; a file cut short inside it among that.
pub fn split(bytes: &[u8]) -> Result<(Header, &[u8]), String> {
    let rest = bytes.strip_prefix(MAGIC).ok_or("it does not begin as a NumPy array does")?;
    let (header, data) = split_header(rest)?;
    Ok((parse(header)?, data))
}

/// A kind of number as it can be shown.
pub fn shown(descr: &str) -> String {
    descr.chars().filter(|c| c.is_ascii_graphic()).take(16).collect()
}

/// The text of the header and what comes behind it.
fn split_header(rest: &[u8]) -> Result<(&str, &[u8]), String> {
    let short = || "cut short inside its header".to_owned();
    let (length, rest) = match *rest {
        [1, _, a, b, ref rest @ ..] => (usize::from(u16::from_le_bytes([a, b])), rest),
        [2, _, a, b, c, d, ref rest @ ..] => (u32::from_le_bytes([a, b, c, d]) as usize, rest),
        [1 | 2, ..] | [] => return Err(short()),
        [version, ..] => return Err(format!("version {version} of the format; 1 and 2 are known")),
    };
    let (header, data) = rest.split_at_checked(length).ok_or_else(short)?;
    Ok((std::str::from_utf8(header).map_err(|_| "its header is not text")?, data))
}

fn parse(text: &str) -> Result<Header, String> {
    let (mut descr, mut fortran, mut shape) = (None, None, None);
    let mut reader = Reader(text);
    let wrong = || "its header is not the dictionary that NumPy writes".to_owned();
    reader.expect('{').ok_or_else(wrong)?;
    while !reader.skip('}') {
        let key = reader.string().ok_or_else(wrong)?;
        reader.expect(':').ok_or_else(wrong)?;
        match key {
            "descr" => descr = Some(reader.string().ok_or("numbers of several kinds in a row; save a plain array")?),
            "fortran_order" => fortran = Some(reader.boolean().ok_or_else(wrong)?),
            "shape" => shape = Some(reader.shape().ok_or_else(wrong)?),
            _ => return Err(wrong()),
        }
        if !reader.skip(',') {
            reader.expect('}').ok_or_else(wrong)?;
            break;
        }
    }
    let (Some(descr), Some(fortran), Some(shape), "") = (descr, fortran, shape, reader.0.trim()) else {
        return Err(wrong());
    };
    Ok(Header { descr: descr.to_owned(), fortran, shape })
}

/// Reads the little of Python's notation that a header needs; None is what does not belong there.
struct Reader<'a>(&'a str);

impl<'a> Reader<'a> {
    /// Passes this character if it comes next.
    fn skip(&mut self, c: char) -> bool {
        let rest = self.0.trim_start().strip_prefix(c);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn expect(&mut self, c: char) -> Option<()> {
        self.skip(c).then_some(())
    }

    fn string(&mut self) -> Option<&'a str> {
        let quote = if self.skip('\'') { '\'' } else { self.expect('"').map(|()| '"')? };
        let (string, rest) = self.0.split_once(quote)?;
        self.0 = rest;
        Some(string)
    }

    fn boolean(&mut self) -> Option<bool> {
        self.0 = self.0.trim_start();
        for (word, value) in [("True", true), ("False", false)] {
            if let Some(rest) = self.0.strip_prefix(word) {
                self.0 = rest;
                return Some(value);
            }
        }
        None
    }

    fn shape(&mut self) -> Option<Vec<usize>> {
        self.expect('(')?;
        let mut shape = Vec::new();
        while !self.skip(')') {
            self.0 = self.0.trim_start();
            let end = self.0.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.0.len());
            let (digits, rest) = self.0.split_at(end);
            shape.push(digits.parse().ok()?);
            self.0 = rest;
            if !self.skip(',') {
                self.expect(')')?;
                break;
            }
        }
        Some(shape)
    }
}
