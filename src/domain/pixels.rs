//! Samples in JSON: numbers one after the other, or, of images, a byte each in base64 with the interval that they span.
//! Use it as `#[serde(with = "pixels")]`. Numbers are written; both are read.

use base64ct::{Base64, Encoding};
use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::Serializer;

use super::number::{Numbers, Plain};

/// Samples as they are read.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Samples {
    Numbers(Vec<Plain<f32>>),
    Bytes(Bytes),
}

/// Numbers of a byte each.
#[derive(serde::Deserialize)]
struct Bytes {
    /// In base64.
    bytes: String,
    /// The values that the bytes 0 and 255 stand for.
    low: f32,
    high: f32,
}

/// Writes numbers.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(value: &Vec<f32>, serializer: S) -> Result<S::Ok, S::Error> {
    value.write(serializer)
}

/// Reads numbers, or bytes as the numbers that they stand for.
///
/// # Errors
/// There is something else.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f32>, D::Error> {
    match Samples::deserialize(deserializer)? {
        Samples::Numbers(numbers) => Ok(numbers.into_iter().map(|number| number.0).collect()),
        Samples::Bytes(Bytes { bytes, low, high }) => {
            if !(low.is_finite() && high.is_finite() && low < high) {
                return Err(D::Error::custom(format!("bytes from {low} to {high}: `low` must be below `high`")));
            }
            let bytes = Base64::decode_vec(&bytes).map_err(|_| D::Error::custom("`bytes` must be base64"))?;
            Ok(bytes.into_iter().map(|byte| low + (high - low) * f32::from(byte) / 255.0).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    #[derive(Debug, serde::Serialize, serde::Deserialize)]
    struct Held(#[serde(with = "crate::domain::pixels")] Vec<f32>);

    #[test]
    fn numbers_and_bytes_are_read() {
        let read = |text: &str| serde_json::from_str::<Held>(text).map(|held| held.0);
        assert_eq!(read("[1,0.5]").unwrap(), [1.0, 0.5]);
        assert!(read(r#"["NaN"]"#).unwrap()[0].is_nan());
        assert_eq!(read(r#"{"bytes":"AP8z","low":-1,"high":1}"#).unwrap(), [-1.0, 1.0, -0.6]);
        for wrong in [
            r#"{"bytes":"AP8z","low":1,"high":1}"#,
            r#"{"bytes":"AP8z","low":-1e39,"high":1}"#,
            r#"{"bytes":"?","low":0,"high":1}"#,
            r#"{"bytes":"AP8z"}"#,
            "1",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert_eq!(serde_json::to_string(&Held(vec![0.5, f32::NAN])).unwrap(), r#"[0.5,"NaN"]"#);
    }
}
