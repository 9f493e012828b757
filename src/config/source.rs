//! A text that settings come from, and where in it something stands.

use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::{Place, Problem};
use crate::system::files;

/// The largest config file that is read, in bytes.
pub const MAX_BYTES: u64 = 1 << 20;

/// A text that settings come from.
#[derive(Debug)]
pub struct Source {
    /// Its place among the sources of one config: later ones win.
    pub rank: usize,
    /// Its name in an error.
    pub label: Arc<str>,
    /// TOML.
    pub text: Arc<str>,
    /// The source.
    pub origin: Origin,
}

/// The origin of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A file in this directory; relative paths in it are relative to that directory.
    File(PathBuf),
    /// A preset.
    Preset,
    /// A `--set` argument.
    Argument,
}

/// A stretch of bytes of a source.
#[derive(Clone, Debug)]
pub struct Spot<'s> {
    pub source: &'s Source,
    pub span: Range<usize>,
}

impl Source {
    /// The config file at `path`.
    ///
    /// # Errors
    ///
    /// It cannot be read, is a directory, is larger than [`MAX_BYTES`] or is not UTF-8.
    pub fn file(path: &Path) -> Result<Source, Problem> {
        let label = path.display().to_string();
        let fail = |why: String| Problem::new(Place::Whole(label.clone()), why);
        if path.is_dir() {
            return Err(fail("is a directory: name a config file in it".into()));
        }
        let bytes = files::read(path, MAX_BYTES).map_err(|error| match error.kind() {
            ErrorKind::FileTooLarge => fail("is larger than 1 MiB: that is not a config file".into()),
            _ => fail(format!("cannot be read: {error}")),
        })?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let good = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]).into_owned();
            let (line, column) = end_of(&good);
            let place = Place::Whole(format!("{label}:{line}:{column}"));
            Problem::new(place, "is not UTF-8, which TOML must be")
        })?;
        // Some editors begin a file with a byte order mark; it is no part of the first line.
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let directory = path.parent().map(Path::to_owned).unwrap_or_default();
        Ok(Source { rank: 0, label: label.into(), text: text.into(), origin: Origin::File(directory) })
    }

    /// The preset called `name`.
    pub fn preset(name: &str, text: &str) -> Source {
        Source { rank: 0, label: format!("preset {name}").into(), text: text.into(), origin: Origin::Preset }
    }

    /// A `--set` argument, `key=value`. What is not a TOML value is taken as text: `data.kind=grid`.
    ///
    /// # Errors
    ///
    /// There is no `=`, the key is not one, or the value begins like TOML (`[`, `{`, `"`, `'`) and is not.
    pub fn argument(rank: usize, argument: &str) -> Result<Source, Problem> {
        Source::assignment(rank, format!("--set {argument}"), argument)
    }

    /// As [`Source::argument`], called `label` in an error.
    pub fn assignment(rank: usize, label: String, argument: &str) -> Result<Source, Problem> {
        let source =
            |text: &str| Source { rank, label: label.as_str().into(), text: text.into(), origin: Origin::Argument };
        let fail = |why: String| Err(Problem::new(Place::Whole(label.clone()), why));
        let Some((key, value)) = argument.split_once('=') else {
            return fail("must be key=value, as in --set data.radius=3".into());
        };
        let (key, value) = (key.trim(), value.trim());
        if !toml::de::DeTable::parse(&format!("{key}=0")).is_ok_and(|table| table.get_ref().len() == 1) {
            return fail(format!("`{key}` is not a key: must be like `seed` or `data.radius`"));
        }
        match toml::de::DeTable::parse(argument) {
            Ok(_) => Ok(source(argument)),
            Err(error) if value.starts_with(['[', '{', '"', '\'']) => {
                fail(format!("the value is not TOML: {error}", error = error.message()))
            }
            Err(_) => Ok(source(&format!("{key} = {}", toml::Value::from(value)))),
        }
    }

    /// Whether it is a `--set` argument.
    pub fn is_argument(&self) -> bool {
        self.origin == Origin::Argument
    }
}

/// The line and the column behind the last character of a text, counted from 1.
fn end_of(text: &str) -> (usize, usize) {
    (text.matches('\n').count() + 1, text.chars().rev().take_while(|&c| c != '\n').count() + 1)
}

impl Spot<'_> {
    /// Its text.
    pub fn text(&self) -> &str {
        self.source.text.get(self.span.clone()).unwrap_or_default()
    }

    /// It as errors name it: file:line:column, or the argument.
    pub fn place(&self) -> String {
        if self.source.is_argument() {
            return self.source.label.to_string();
        }
        let before = self.source.text.get(..self.span.start).unwrap_or_default();
        let (line, column) = end_of(before);
        format!("{}:{line}:{column}", self.source.label)
    }

    /// A problem at this spot.
    pub fn problem(&self, message: impl Into<String>) -> Problem {
        let place = match self.source.origin {
            // One argument is short and stands in the label: line and column say nothing more.
            Origin::Argument => Place::Whole(self.source.label.to_string()),
            _ => Place::Span {
                label: self.source.label.clone(),
                text: self.source.text.clone(),
                span: self.span.clone(),
            },
        };
        Problem::new(place, message).at((self.source.rank, self.span.start))
    }
}
