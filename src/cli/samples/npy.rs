//! NumPy's .npy: a magic number, a version, the length of a header, the header (a Python dictionary), the numbers.

use super::Problem;
use crate::theory::distance::Points;

/// How every .npy file begins.
pub const MAGIC: &[u8] = b"\x93NUMPY";

/// What the header says.
struct Header {
    shape: Vec<usize>,
    width: usize,
}

pub fn parse(bytes: &[u8]) -> Result<Points, Problem> {
    points(bytes).map_err(Problem::Npy)?.map_err(Problem::Points)
}

/// The error is what is wrong with the format; inside, what is wrong with the numbers.
fn points(bytes: &[u8]) -> Result<Result<Points, crate::theory::distance::Error>, String> {
    let rest = bytes.strip_prefix(MAGIC).ok_or("named .npy, but does not begin as one does; CSV needs another name")?;
    let (header, data) = split_header(rest)?;
    let Header { shape, width } = parse_header(header)?;
    let (rows, columns) = match shape[..] {
        [rows] => (rows, 1),
        [rows, columns] => (rows, columns),
        _ => {
            let advice = "1 or 2 are needed, a row a sample; reshape it with x.reshape(len(x), -1)";
            return Err(format!("its header says {} dimensions; {advice}", shape.len()));
        }
    };
    if rows == 0 || columns == 0 {
        return Err(format!("its header says {rows} × {columns} numbers: it holds no samples"));
    }
    let need = rows.checked_mul(columns).and_then(|count| count.checked_mul(width));
    if need != Some(data.len()) {
        let need = need.map_or_else(|| "more bytes than there can be".to_owned(), |need| format!("{need} bytes"));
        let says = format!("its header says {rows} × {columns} numbers, {need}");
        return Err(format!("{says}, but {} follow; the file is cut short or damaged", data.len()));
    }
    let values = match width {
        4 => numbers(data, |bytes| f64::from(f32::from_le_bytes(bytes))),
        _ => numbers(data, f64::from_le_bytes),
    };
    Ok(Points::new(values, columns))
}

fn numbers<const N: usize>(data: &[u8], number: impl Fn([u8; N]) -> f64) -> Vec<f64> {
    data.as_chunks::<N>().0.iter().map(|bytes| number(*bytes)).collect()
}

/// The header and what comes behind it.
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

fn parse_header(text: &str) -> Result<Header, String> {
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
    let width = match descr {
        "<f4" => 4,
        "<f8" => 8,
        _ => {
            let shown: String = descr.chars().filter(|c| !crate::system::output::is_unsafe(*c)).take(16).collect();
            return Err(format!("its numbers are `{shown}`; save them as '<f4' or '<f8', with x.astype('<f8')"));
        }
    };
    if fortran && shape.len() > 1 {
        return Err("its numbers are in Fortran order; save numpy.ascontiguousarray(x)".to_owned());
    }
    Ok(Header { shape, width })
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
