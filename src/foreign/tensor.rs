//! A tensor as a summary holds one: TensorFlow's TensorProto, as far as scalars, histograms, texts and pictures go.

use super::wire::{Fields, Value};

/// The most numbers of a tensor that are looked at.
const MOST: usize = 1 << 16;

/// The values of a tensor.
#[derive(Clone, Debug, PartialEq)]
pub enum Tensor<'a> {
    Numbers { shape: Vec<u64>, values: Vec<f64> },
    Texts(Vec<&'a [u8]>),
}

/// TensorFlow's types of data.
mod dtype {
    pub const FLOAT: u64 = 1;
    pub const DOUBLE: u64 = 2;
    pub const INT32: u64 = 3;
    pub const UINT8: u64 = 4;
    pub const INT16: u64 = 5;
    pub const INT8: u64 = 6;
    pub const STRING: u64 = 7;
    pub const INT64: u64 = 9;
    pub const BOOL: u64 = 10;
    pub const BFLOAT16: u64 = 14;
    pub const HALF: u64 = 19;
}

impl Tensor<'_> {
    /// The tensor of a message; none where it is of a type that no summary has.
    pub fn decode(bytes: &[u8]) -> Option<Tensor<'_>> {
        let number = |wanted: u64| {
            Fields(bytes).find_map(|(field, value)| match value {
                Value::Varint(number) if field == wanted => Some(number),
                _ => None,
            })
        };
        let kind = number(1)?;
        if kind == dtype::STRING {
            let texts = Fields(bytes).filter_map(|(field, value)| match value {
                Value::Bytes(text) if field == 8 => Some(text),
                _ => None,
            });
            return Some(Tensor::Texts(texts.take(MOST).collect()));
        }
        let shape = Fields(bytes).bytes(2).map(shape).unwrap_or_default();
        let mut values = match Fields(bytes).bytes(4) {
            Some(content) => of_content(kind, content)?,
            None => of_fields(kind, bytes)?,
        };
        values.truncate(MOST);
        Some(Tensor::Numbers { shape, values })
    }

    /// Its only number.
    pub fn scalar(&self) -> Option<f64> {
        match self {
            Tensor::Numbers { values, .. } if values.len() == 1 => Some(values[0]),
            _ => None,
        }
    }
}

/// The sizes in a TensorShapeProto.
fn shape(bytes: &[u8]) -> Vec<u64> {
    let size = |(field, value): (u64, Value)| match value {
        Value::Bytes(dim) if field == 2 => Some(
            Fields(dim)
                .find_map(|(field, value)| match value {
                    Value::Varint(size) if field == 1 => Some(size),
                    _ => None,
                })
                .unwrap_or(0),
        ),
        _ => None,
    };
    Fields(bytes).filter_map(size).take(8).collect()
}

/// Numbers one after the other, little-endian.
fn of_content(kind: u64, content: &[u8]) -> Option<Vec<f64>> {
    fn each<const N: usize>(content: &[u8], number: impl Fn([u8; N]) -> f64) -> Vec<f64> {
        content.chunks_exact(N).take(MOST).filter_map(|chunk| Some(number(*chunk.first_chunk::<N>()?))).collect()
    }
    Some(match kind {
        dtype::FLOAT => each(content, |bytes| f32::from_le_bytes(bytes).into()),
        dtype::DOUBLE => each(content, f64::from_le_bytes),
        dtype::INT32 => each(content, |bytes| i32::from_le_bytes(bytes).into()),
        dtype::INT64 => each(content, |bytes| i64::from_le_bytes(bytes) as f64),
        dtype::INT16 => each(content, |bytes| i16::from_le_bytes(bytes).into()),
        dtype::INT8 => each(content, |bytes| i8::from_le_bytes(bytes).into()),
        dtype::UINT8 | dtype::BOOL => each(content, |bytes| u8::from_le_bytes(bytes).into()),
        dtype::HALF => each(content, |bytes| half(u16::from_le_bytes(bytes))),
        dtype::BFLOAT16 => each(content, |bytes| brain(u16::from_le_bytes(bytes))),
        _ => return None,
    })
}

/// Numbers in the field of their type, packed or one by one.
fn of_fields(kind: u64, bytes: &[u8]) -> Option<Vec<f64>> {
    let field = match kind {
        dtype::FLOAT => 5,
        dtype::DOUBLE => 6,
        dtype::INT32 | dtype::INT16 | dtype::INT8 | dtype::UINT8 => 7,
        dtype::INT64 => 10,
        dtype::BOOL => 11,
        dtype::HALF | dtype::BFLOAT16 => 13,
        _ => return None,
    };
    let whole = |number: u64| match kind {
        dtype::HALF => half(number as u16),
        dtype::BFLOAT16 => brain(number as u16),
        // Negative ones stand in two's complement.
        _ => number as i64 as f64,
    };
    let mut values = Vec::new();
    for (_, value) in Fields(bytes).filter(|(number, _)| *number == field) {
        match value {
            Value::Fixed32(bits) => values.push(f32::from_bits(bits).into()),
            Value::Fixed64(bits) => values.push(f64::from_bits(bits)),
            Value::Varint(number) => values.push(whole(number)),
            Value::Bytes(packed) if matches!(field, 5 | 6) => values.extend(of_content(kind, packed)?),
            Value::Bytes(packed) => values.extend(Fields::packed(packed).take(MOST).map(whole)),
        }
        if values.len() >= MOST {
            break;
        }
    }
    Some(values)
}

/// The number that 16 bits of IEEE 754 are.
fn half(bits: u16) -> f64 {
    let (sign, exponent, fraction) =
        (f64::from(bits >> 15), i32::from(bits >> 10 & 31), f64::from(bits & 1023) / 1024.0);
    let size = match exponent {
        0 => fraction * 2f64.powi(-14),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1.0 + fraction) * 2f64.powi(exponent - 15),
    };
    if sign > 0.0 { -size } else { size }
}

/// The number whose upper 16 bits these are.
fn brain(bits: u16) -> f64 {
    f32::from_bits(u32::from(bits) << 16).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_from_content_and_from_fields() {
        // dtype FLOAT, tensor_content of 0.5; the same in float_val, packed and alone.
        let content = [&[0x08, 1, 0x22, 4][..], &0.5f32.to_le_bytes()].concat();
        let packed = [&[0x08, 1, 0x2a, 4][..], &0.5f32.to_le_bytes()].concat();
        let alone = [&[0x08, 1, 0x2d][..], &0.5f32.to_le_bytes()].concat();
        for bytes in [content, packed, alone] {
            assert_eq!(Tensor::decode(&bytes).unwrap().scalar(), Some(0.5), "{bytes:?}");
        }
        // int64_val of -1; half_val of 1.5; a shape of 2 × 3.
        assert_eq!(
            Tensor::decode(&[0x08, 9, 0x50, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]).unwrap().scalar(),
            Some(-1.0)
        );
        assert_eq!(Tensor::decode(&[0x08, 19, 0x6a, 2, 0x80, 0x7c]).unwrap().scalar(), Some(1.5));
        assert_eq!(shape(&[0x12, 2, 0x08, 2, 0x12, 2, 0x08, 3]), [2, 3]);
        assert_eq!(Tensor::decode(&[0x08, 7, 0x42, 1, b'x', 0x42, 1, b'y']), Some(Tensor::Texts(vec![b"x", b"y"])));
        assert_eq!(Tensor::decode(&[0x08, 99]), None);
    }

    #[test]
    fn short_floats_are_what_they_say() {
        assert_eq!([0x3c00, 0xc000, 0x0001, 0x7c00].map(half), [1.0, -2.0, 2f64.powi(-24), f64::INFINITY]);
        assert!(half(0x7e00).is_nan());
        assert_eq!(brain(0x3fc0), 1.5);
    }
}
