//! JSON that may be read in a terminal: what [`super::is_unsafe`] names is written as `\u001b`, which every reader of
//! JSON takes for the character itself.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};

/// A value on one line.
///
/// # Errors
/// It has no form in JSON.
pub fn to_vec(value: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    write(value, CompactFormatter)
}

/// A value on one line, with the line's end.
///
/// # Errors
/// It has no form in JSON.
pub fn to_line(value: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut text = to_vec(value)?;
    text.push(b'\n');
    Ok(text)
}

/// A value over several lines, for a person.
///
/// # Errors
/// It has no form in JSON.
pub fn to_vec_pretty(value: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    write(value, PrettyFormatter::new())
}

fn write(value: &impl Serialize, formatter: impl Formatter) -> serde_json::Result<Vec<u8>> {
    let mut text = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut text, Safe(formatter)))?;
    Ok(text)
}

/// A formatter whose strings hold no unsafe character.
struct Safe<F>(F);

/// Hands these calls on to the formatter within.
macro_rules! hand_on {
    ($($call:ident($($name:ident: $kind:ty),*);)*) => {
        $(fn $call<W: ?Sized + Write>(&mut self, out: &mut W $(, $name: $kind)*) -> io::Result<()> {
            self.0.$call(out $(, $name)*)
        })*
    };
}

impl<F: Formatter> Formatter for Safe<F> {
    // The serializer has already escaped C0, quotes and backslashes; the rest comes here.
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        let mut plain = 0;
        for (at, c) in fragment.char_indices().filter(|(_, c)| super::is_unsafe(*c)) {
            out.write_all(&fragment.as_bytes()[plain..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            plain = at + c.len_utf8();
        }
        out.write_all(&fragment.as_bytes()[plain..])
    }

    hand_on! {
        begin_array();
        end_array();
        begin_array_value(first: bool);
        end_array_value();
        begin_object();
        end_object();
        begin_object_key(first: bool);
        end_object_key();
        begin_object_value();
        end_object_value();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn unsafe_characters_are_escaped_and_read_back() {
        let text = "\x1b]0;\x07 \x7f \u{9b}31m \u{202e} \u{e0041} \"é\\\n 日本";
        let value = json!({ text: [text, {"b": text}, 1.5, null, true] });
        let line = String::from_utf8(to_line(&value).unwrap()).unwrap();
        assert!(line.ends_with('\n') && !line.trim_end().chars().any(crate::system::output::is_unsafe), "{line:?}");
        assert!(line.contains(r"\u007f \u009b31m \u202e \udb40\udc41") && line.contains("日本"), "{line}");
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), value);
        let pretty = to_vec_pretty(&value).unwrap();
        assert!(pretty.iter().filter(|byte| **byte == b'\n').count() > 5);
        assert_eq!(serde_json::from_slice::<Value>(&pretty).unwrap(), value);
    }

    #[test]
    fn what_is_safe_is_written_as_serde_json_writes_it() {
        let value = json!({"a": [1, 2.5, {"b": "c – é"}], "d": {}, "e": []});
        assert_eq!(to_vec(&value).unwrap(), serde_json::to_vec(&value).unwrap());
        assert_eq!(to_vec_pretty(&value).unwrap(), serde_json::to_vec_pretty(&value).unwrap());
    }
}
