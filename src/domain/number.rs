//! Numbers in JSON, which has no word for those that are not finite: they are the texts `"NaN"`, `"inf"` and `"-inf"`.
//! Reading, `null` is NaN too. Use it as `#[serde(with = "number")]`.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

/// Writes a number, or several.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<T: Numbers, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    value.write(serializer)
}

/// Reads a number, or several.
///
/// # Errors
/// There is something else.
pub fn deserialize<'de, T: Numbers, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::read(deserializer)
}

/// A number, or several.
pub trait Numbers: Sized {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

/// A number as it is written: `f32` or `f64`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plain<T>(pub T);

macro_rules! plain {
    ($($float:ty)*) => {$(
        impl Serialize for Plain<$float> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self.0 {
                    value if value.is_finite() => value.serialize(serializer),
                    value if value.is_nan() => serializer.serialize_str("NaN"),
                    value => serializer.serialize_str(if value > 0.0 { "inf" } else { "-inf" }),
                }
            }
        }

        impl<'de> Deserialize<'de> for Plain<$float> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(AnyNumber).map(|value| Plain(value as $float))
            }
        }

        impl Numbers for $float {
            fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Plain(*self).serialize(serializer)
            }

            fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Plain::<$float>::deserialize(deserializer).map(|value| value.0)
            }
        }

        impl Numbers for Vec<$float> {
            fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_seq(self.iter().map(|value| Plain(*value)))
            }

            fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let values = Vec::<Plain<$float>>::deserialize(deserializer)?;
                Ok(values.into_iter().map(|value| value.0).collect())
            }
        }

        impl Numbers for Option<$float> {
            fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.map(Plain).serialize(serializer)
            }

            fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Ok(Option::<Plain<$float>>::deserialize(deserializer)?.map(|value| value.0))
            }
        }
    )*};
}

plain! { f32 f64 }

impl<const N: usize> Numbers for [f32; N] {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.map(Plain))
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let values = Vec::<f32>::read(deserializer)?;
        values
            .try_into()
            .map_err(|values: Vec<f32>| de::Error::invalid_length(values.len(), &"as many as there must be"))
    }
}

/// Reads a number or one of the words for it.
struct AnyNumber;

impl Visitor<'_> for AnyNumber {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a number, or \"NaN\", \"inf\" or \"-inf\"")
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<f64, E> {
        Ok(value)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_unit<E: de::Error>(self) -> Result<f64, E> {
        Ok(f64::NAN)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<f64, E> {
        match text {
            "NaN" => Ok(f64::NAN),
            "inf" => Ok(f64::INFINITY),
            "-inf" => Ok(f64::NEG_INFINITY),
            _ => Err(de::Error::invalid_value(de::Unexpected::Str(text), &self)),
        }
    }
}
