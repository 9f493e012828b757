//! Amounts of memory, as a config says them.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::error::Problem;
use super::layers::Value;

/// A number of bytes. Written as text with the largest unit that divides them: `512 MiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

/// The units, the largest binary one last.
const UNITS: [(&str, u64); 9] = [
    ("B", 1),
    ("kB", 1000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];

/// The allowed values, in words.
const BYTES_MUST: &str =
    "must be bytes, a whole number or text with a unit: B, kB, MB, GB, TB, KiB, MiB, GiB or TiB, such as \"2 GiB\"";

impl FromStr for Bytes {
    /// The allowed values.
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Bytes, &'static str> {
        let digits = text.trim().find(|c: char| !c.is_ascii_digit()).unwrap_or(text.trim().len());
        let (number, unit) = text.trim().split_at(digits);
        let unit = unit.trim_start();
        let size = match UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)) {
            Some((_, size)) => *size,
            None if unit.is_empty() => 1,
            None => return Err(BYTES_MUST),
        };
        let bytes = number.parse::<u64>().ok().and_then(|number| number.checked_mul(size));
        bytes.map(Bytes).ok_or(BYTES_MUST)
    }
}

/// An amount of memory: a whole number, or text with a unit.
pub(super) fn read(value: &Value<'_>) -> Result<Bytes, Problem> {
    match value.deserialize::<u64>() {
        Some(bytes) => Ok(Bytes(bytes)),
        None => value.text().ok().and_then(|text| text.parse().ok()).ok_or_else(|| value.wrong(BYTES_MUST)),
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let binary = UNITS[5..].iter().rev().find(|(_, size)| self.0 >= *size && self.0.is_multiple_of(*size));
        let (unit, size) = binary.unwrap_or(&UNITS[0]);
        write!(f, "{} {unit}", self.0 / size)
    }
}

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_with_and_without_a_unit_and_read_back() {
        for (text, bytes) in [
            ("0", 0),
            ("17", 17),
            (" 3 B", 3),
            ("2kB", 2000),
            ("1 gib", 1 << 30),
            ("512 MiB", 512 << 20),
            ("5 TB", 5_000_000_000_000),
        ] {
            assert_eq!(text.parse(), Ok(Bytes(bytes)), "{text}");
            assert_eq!(Bytes(bytes).to_string().parse(), Ok(Bytes(bytes)), "{text}");
        }
        assert_eq!(Bytes(3 << 29).to_string(), "1536 MiB");
        for text in ["", "B", "-1", "1.5 GiB", "1 GiBs", "99999999 TiB", "18446744073709551616", "½", "1 MiB 2"] {
            assert_eq!(text.parse::<Bytes>(), Err(BYTES_MUST), "{text}");
        }
    }
}
