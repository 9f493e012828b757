//! The fields of a protobuf message where it lies, without copies: event files are long, and most of them are scalars.

/// A field's value as it stands on the wire.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    /// A text, bytes, a message or packed numbers.
    Bytes(&'a [u8]),
}

/// The fields of a message in order, each with its number; they end where the message is none.
#[derive(Clone, Debug)]
pub struct Fields<'a>(pub &'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = (u64, Value<'a>);

    fn next(&mut self) -> Option<(u64, Value<'a>)> {
        let key = self.varint()?;
        let value = match key & 7 {
            0 => Value::Varint(self.varint()?),
            1 => Value::Fixed64(u64::from_le_bytes(self.chunk()?)),
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                let (bytes, rest) = self.0.split_at_checked(length)?;
                self.0 = rest;
                Value::Bytes(bytes)
            }
            5 => Value::Fixed32(u32::from_le_bytes(self.chunk()?)),
            // Groups, which nobody writes any more.
            _ => return None,
        };
        Some((key >> 3, value))
    }
}

impl<'a> Fields<'a> {
    /// The bytes of the last field of this number.
    pub fn bytes(&self, number: u64) -> Option<&'a [u8]> {
        let of = |(field, value): (u64, Value<'a>)| match value {
            Value::Bytes(bytes) if field == number => Some(bytes),
            _ => None,
        };
        self.clone().filter_map(of).last()
    }

    /// The text of the last field of this number.
    pub fn text(&self, number: u64) -> Option<&'a str> {
        std::str::from_utf8(self.bytes(number)?).ok()
    }

    /// A number of seven bits a byte, the lowest first.
    fn varint(&mut self) -> Option<u64> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn chunk<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (chunk, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*chunk)
    }

    /// The numbers that a packed field of varints holds.
    pub fn packed(bytes: &'a [u8]) -> impl Iterator<Item = u64> {
        let mut fields = Fields(bytes);
        std::iter::from_fn(move || fields.varint())
    }
}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::*;
    use crate::run::tensorboard::{Event, Summary, Value as Written, What};

    #[test]
    fn fields_are_those_that_were_written() {
        let summary = Summary { value: vec![Written::scalar("a/b", 0.5)] };
        let event = Event { wall_time: 1.5, step: 300, what: Some(What::Summary(summary)) };
        let bytes = event.encode_to_vec();
        let fields: Vec<_> = Fields(&bytes).collect();
        assert_eq!(fields[..2], [(1, Value::Fixed64(1.5f64.to_bits())), (2, Value::Varint(300))]);
        let value = Fields(Fields(&bytes).bytes(5).unwrap()).bytes(1).unwrap();
        assert_eq!(Fields(value).text(1), Some("a/b"));
        assert!(Fields(value).any(|field| field == (2, Value::Fixed32(0.5f32.to_bits()))));
        assert_eq!(Fields::packed(&[0xac, 0x02, 5]).collect::<Vec<_>>(), [300, 5]);
    }

    #[test]
    fn what_is_no_message_ends() {
        for bytes in [&[0xff; 20][..], &[0x0a, 0xff], &[0x0b], &[0x09, 1, 2], &[]] {
            assert_eq!(Fields(bytes).count(), 0, "{bytes:?}");
        }
    }
}
